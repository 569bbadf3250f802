/* How much of a history there is before a day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/census.h"

static void count_rows(const churn_history *history, churn_day before, churn_census *census)
{
  for (size_t i = 0; i < history->rows; i++)
    if (history->days[i] < before) {
      census->rows++;
      if (history->days[i] > census->newest)
        census->newest = history->days[i];
    }
}

static void find_waits(const churn_history *history, churn_census *census)
{
  bool seen[CHURN_CENSUS_DAYS + 1] = {false};
  int32_t last = 0;
  churn_day newest = census->newest;
  for (size_t i = 0; i < history->rows; i++)
    if (history->days[i] <= newest && history->days[i] >= newest - CHURN_CENSUS_DAYS)
      seen[newest - history->days[i]] = true;
  for (int32_t back = 1; back <= CHURN_CENSUS_DAYS; back++)
    if (seen[back]) {
      census->longest_wait =
          back - last > census->longest_wait ? back - last : census->longest_wait;
      census->waits++;
      last = back;
    }
}

churn_census churn_history_census(const churn_history *history, churn_day before)
{
  churn_census census = {.unmatched = history->rows_unmatched_before, .newest = CHURN_DAY_MISSING};
  if (!history->loaded)
    return census;
  count_rows(history, before, &census);
  if (census.newest != CHURN_DAY_MISSING)
    find_waits(history, &census);
  return census;
}
