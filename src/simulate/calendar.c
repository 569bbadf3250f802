/* Settings checked and completed, and the days that follow from them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/calendar.h"

#include "base/error.h"

enum {
  CUSTOMERS_MOST = 10000000,
  MONTHS_MOST = 1200,
  ENGAGEMENTS_MOST = 100,
  CONTINUATIONS_LEAST = 200,
  CONTINUATIONS_MOST = 100000,
  WINDOW_MOST = 3660,
  BEFORE_SNAPSHOTS_MONTHS = 12,
  TEST_SNAPSHOTS = 6,
  WINDOWS_FILL_DAYS = 90
};

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
  return value == 0 ? otherwise : value;
}

static churn_simulate_settings complete(const churn_simulate_settings *given)
{
  churn_simulate_settings s = {0};
  if (given != NULL)
    s = *given;
  s.customers = or_default(s.customers, 2000);
  s.months = or_default(s.months, 36);
  s.first_day = s.first_day == 0 ? churn_day_from_civil(2023, 1, 1) : s.first_day;
  s.seed = s.seed == 0 ? 1 : s.seed;
  if (s.engagements_a_day == 0)
    s.engagements_a_day = s.world == CHURN_WORLD_WHOLESALE ? 0.05 : 0.14;
  s.truth_customers = or_default(s.truth_customers, 2000);
  if (s.truth_customers > s.customers)
    s.truth_customers = s.customers;
  s.continuations = or_default(s.continuations, CONTINUATIONS_LEAST);
  s.horizon_days = or_default(s.horizon_days, 90);
  s.gap_days = or_default(s.gap_days, 14);
  return s;
}

static churn_status check(const churn_simulate_settings *s, churn_error *error)
{
  if (s->customers > CUSTOMERS_MOST)
    return churn_error_set(error, CHURN_USAGE, "%u customers; a world holds at most %d",
                           s->customers, CUSTOMERS_MOST);
  if (s->months > MONTHS_MOST)
    return churn_error_set(error, CHURN_USAGE, "%u months; a world lasts at most %d", s->months,
                           MONTHS_MOST);
  if (!(s->engagements_a_day > 0 && s->engagements_a_day <= ENGAGEMENTS_MOST))
    return churn_error_set(error, CHURN_USAGE,
                           "%g engagements a day; accepted is more than 0 and at most %d",
                           s->engagements_a_day, ENGAGEMENTS_MOST);
  if (s->continuations < CONTINUATIONS_LEAST || s->continuations > CONTINUATIONS_MOST)
    return churn_error_set(error, CHURN_USAGE, "%u continuations; accepted is %d to %d",
                           s->continuations, CONTINUATIONS_LEAST, CONTINUATIONS_MOST);
  if (s->horizon_days > WINDOW_MOST || s->gap_days > WINDOW_MOST)
    return churn_error_set(error, CHURN_USAGE,
                           "a horizon of %u days and a gap of %u; each may be at most %d days",
                           s->horizon_days, s->gap_days, WINDOW_MOST);
  if (s->first_day < CHURN_DAY_FIRST + CHURN_JOINED_BEFORE_DAYS ||
      s->first_day > CHURN_DAY_LAST - 31 * (churn_day)s->months - 1)
    return churn_error_set(error, CHURN_USAGE,
                           "the first day leaves the calendar (0001-01-01 to 9999-12-31, with "
                           "five years before it and %u months after)",
                           s->months);
  return CHURN_OK;
}

/* Whether the label window of a snapshot on `day` ends before `end`. */
static bool closes_before(const churn_world *w, churn_day day, churn_day end)
{
  return day + (churn_day)(w->settings.gap_days + w->settings.horizon_days) <= end;
}

/* Places first, last and test_from; false when the world is too short. */
static bool place_snapshots(churn_world *w)
{
  uint32_t third = w->settings.months / 3;
  int before = third < BEFORE_SNAPSHOTS_MONTHS ? (int)third : BEFORE_SNAPSHOTS_MONTHS;
  w->snapshot_first = churn_day_add_months(w->first_day, before);
  int last = -1, earliest_test = -1;
  for (int i = 0; closes_before(w, churn_day_add_months(w->snapshot_first, i), w->last_day + 1);
       i++)
    last = i;
  for (int i = 0; i <= last && earliest_test < 0; i++)
    if (closes_before(w, w->snapshot_first, churn_day_add_months(w->snapshot_first, i)))
      earliest_test = i;
  if (earliest_test < 0)
    return false;
  int test = last - (TEST_SNAPSHOTS - 1);
  if (test < earliest_test)
    test = earliest_test;
  w->snapshot_last = churn_day_add_months(w->snapshot_first, last);
  w->test_from = churn_day_add_months(w->snapshot_first, test);
  for (int i = last < CHURN_TRUTH_DAYS ? 0 : last - CHURN_TRUTH_DAYS + 1; i <= last; i++)
    w->truth_days[w->truth_day_count++] = churn_day_add_months(w->snapshot_first, i);
  return true;
}

churn_status churn_calendar_make(const churn_simulate_settings *settings, churn_world *world,
                                 churn_error *error)
{
  churn_simulate_settings s = complete(settings);
  churn_status status = check(&s, error);
  if (status != CHURN_OK)
    return status;
  world->settings = s;
  world->first_day = s.first_day;
  world->last_day = churn_day_add_months(s.first_day, (int)s.months) - 1;
  world->leaving_from = s.first_day + WINDOWS_FILL_DAYS;
  if (!place_snapshots(world))
    return churn_error_set(error, CHURN_USAGE,
                           "%u months are too short for training and test with a horizon of %u "
                           "days and a gap of %u; ask for more months",
                           s.months, s.horizon_days, s.gap_days);
  return CHURN_OK;
}
