/* How much of a history there is before a day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/census.h"

#include <stdlib.h>

static void count_rows(const churn_history *history, churn_day before, churn_census *census)
{
  for (size_t i = 0; i < history->rows; i++)
    if (history->days[i] < before) {
      census->rows++;
      if (history->days[i] > census->newest)
        census->newest = history->days[i];
    }
}

static int compare_descending(const void *left, const void *right)
{
  int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
  return (b > a) - (b < a);
}

static void find_waits(const churn_history *history, churn_census *census)
{
  bool seen[CHURN_CENSUS_DAYS + 1] = {false};
  int32_t waits[CHURN_CENSUS_DAYS], last = 0;
  churn_day newest = census->newest;
  for (size_t i = 0; i < history->rows; i++)
    if (history->days[i] <= newest && history->days[i] >= newest - CHURN_CENSUS_DAYS)
      seen[newest - history->days[i]] = true;
  for (int32_t back = 1; back <= CHURN_CENSUS_DAYS; back++)
    if (seen[back]) {
      waits[census->waits++] = back - last;
      last = back;
    }
  uint32_t odd = census->waits < 2 * CHURN_CENSUS_ODD ? 1 : census->waits / CHURN_CENSUS_ODD;
  qsort(waits, census->waits, sizeof *waits, compare_descending);
  if (census->waits > odd)
    census->usual_wait = waits[odd];
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
