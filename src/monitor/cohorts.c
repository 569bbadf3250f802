/* Who joined in the same month, and how many are still there k months on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/cohorts.h"

#include "base/memory.h"

#include <stdlib.h>

churn_day churn_month_of(churn_day day)
{
  int year, month, day_of_month;
  churn_day_to_civil(day, &year, &month, &day_of_month);
  return churn_day_from_civil(year, month, 1);
}

void churn_cohorts_free(churn_cohort *cohorts, size_t count)
{
  for (size_t i = 0; cohorts != NULL && i < count; i++)
    free(cohorts[i].staying);
  free(cohorts);
}

static bool joined_within(const churn_stay *stay, churn_day first, churn_day end)
{
  return stay->joined != CHURN_DAY_MISSING && stay->joined >= first && stay->joined < end;
}

static bool stays_on(const churn_stay *stay, uint32_t months)
{
  return stay->left == CHURN_DAY_MISSING ||
         stay->left >= churn_day_add_months(stay->joined, (int)months);
}

/* One month's cohort, of those who joined in [from, to). */
static churn_status measure(const churn_stay *stays, size_t count, churn_day from, churn_day to,
                            churn_day end, churn_cohort *cohort, churn_error *error)
{
  churn_day newest = from;
  for (size_t i = 0; i < count; i++)
    if (joined_within(&stays[i], from, to)) {
      cohort->customers++;
      newest = stays[i].joined > newest ? stays[i].joined : newest;
    }
  if (cohort->customers == 0)
    return CHURN_OK;
  while (churn_day_add_months(newest, (int)cohort->months + 1) <= end)
    cohort->months++;
  cohort->staying = churn_array_new(cohort->months + 1, sizeof *cohort->staying);
  if (cohort->staying == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++)
    for (uint32_t k = 0; joined_within(&stays[i], from, to) && k <= cohort->months; k++)
      cohort->staying[k] += stays_on(&stays[i], k);
  for (uint32_t k = 0; k <= cohort->months; k++)
    cohort->staying[k] /= (double)cohort->customers;
  return CHURN_OK;
}

churn_status churn_cohorts_of(const churn_stay *stays, size_t count, churn_day first, churn_day end,
                              churn_cohort **cohorts, size_t *cohort_count, churn_error *error)
{
  churn_cohort *made = churn_array_new((size_t)(end - first) / 28 + 2, sizeof *made);
  churn_status status = made == NULL ? churn_error_no_memory(error) : CHURN_OK;
  size_t found = 0;
  churn_day month = churn_month_of(first);
  while (status == CHURN_OK && month < end) {
    churn_day next = churn_day_add_months(month, 1);
    made[found].month = month;
    status = measure(stays, count, month < first ? first : month, next < end ? next : end, end,
                     &made[found], error);
    found += status == CHURN_OK && made[found].customers > 0;
    month = next;
  }
  if (status == CHURN_OK) {
    *cohorts = made;
    *cohort_count = found;
  } else
    churn_cohorts_free(made, found);
  return status;
}
