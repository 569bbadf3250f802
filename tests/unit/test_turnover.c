/* The arithmetic of churn, from published figures and by hand; stays by end date and by silence;
 * cohorts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/cohorts.h"
#include "monitor/stays.h"
#include "monitor/turnover.h"
#include "opened.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>

static churn_rate rate_of(uint64_t customers, uint64_t lost)
{
  churn_rate r = {
      .customers = customers, .lost = lost, .days = 31, .periods = 1, .periods_per_year = 12};
  churn_rate_finish(&r, 0.95);
  return r;
}

/* "A firm that has 400 customers at the start of a month and 380 at its end churned 5 %": only if
 * none joined. With 30 joiners, 50 were lost: 12.5 %. */
static void from_400_to_380_customers_is_5_percent_only_if_none_joined(void **state)
{
  (void)state;
  assert_close(rate_of(400, 400 - 380).rate, 0.05, 1e-15, 0);
  assert_close(rate_of(400, 400 + 30 - 380).rate, 0.125, 1e-15, 0);
}

/* 28 million customers, 2.5 % a month, 200 dollars each: 1.68 billion dollars a year. */
static void the_loss_of_28_million_customers_is_1_68_billion_a_year(void **state)
{
  (void)state;
  churn_loss loss = churn_loss_of(28e6, 0.025, 12, 200, NAN);
  assert_close(loss.customers_a_year, 8.4e6, 1e-14, 0);
  assert_close(loss.value_a_year, 1.68e9, 1e-14, 0);
  assert_close(loss.replacement_a_year, NAN, 0, 0);
  assert_close(churn_loss_of(28e6, 0.025, 12, 200, 350).replacement_a_year, 2.94e9, 1e-14, 0);
}

/* 12 x 2.385 % = 28.62 %; 1 - 0.97615^12 = 0.2514803… (bc: 1 - .97615^12). */
static void a_months_rate_becomes_a_years_added_up_and_compounded(void **state)
{
  (void)state;
  assert_close(churn_rate_added(0.02385, 12), 0.2862, 1e-14, 0);
  assert_close(churn_rate_compounded(0.02385, 12), 1 - pow(0.97615, 12), 1e-13, 0);
  assert_close(churn_rate_compounded(0.02385, 12), 0.2515, 0, 5e-5);
  assert_close(churn_rate_compounded(1, 12), 1, 0, 0);
}

/* 5 % a period: half is gone after ln 2 / -ln 0.95 = 13.5134 periods, here of 31 days. */
static void the_half_life_follows_from_the_rate(void **state)
{
  (void)state;
  assert_close(churn_half_life(0.05), 13.513407333964874, 1e-13, 0);
  assert_close(rate_of(400, 20).half_life_days, 13.513407333964874 * 31, 1e-13, 0);
  assert_close(churn_half_life(0), NAN, 0, 0);
  assert_close(churn_half_life(1), 0, 0, 0);
}

static void whole_calendar_months_are_twelfths_of_a_year(void **state)
{
  (void)state;
  assert_close(churn_periods_per_year(day("2024-02-01"), day("2024-03-01")), 12, 0, 0);
  assert_close(churn_periods_per_year(day("2023-11-15"), day("2024-02-15")), 4, 0, 0);
  assert_close(churn_periods_per_year(day("2023-01-01"), day("2025-01-01")), 0.5, 0, 0);
  assert_close(churn_periods_per_year(day("2024-01-01"), day("2024-01-31")), 365.25 / 30, 0, 0);
}

/* 31 of 500 lost in two periods of 250, values added up. */
static void several_periods_add_up(void **state)
{
  (void)state;
  churn_rate sum = {0}, first = rate_of(240, 12), second = rate_of(260, 19);
  first.value = first.value_kept_of = 2385.5;
  first.value_lost = 100.25;
  first.value_net = 2300;
  first.value_gross = 2200;
  churn_rate_add(&sum, &first);
  churn_rate_add(&sum, &second);
  sum.periods_per_year = 12;
  churn_rate_finish(&sum, 0.95);
  assert_close(sum.rate, 31.0 / 500, 1e-15, 0);
  assert_int_equal(sum.days, 62);
  assert_close(sum.half_life_days, churn_half_life(31.0 / 500) * 31, 1e-14, 0);
  assert_close(sum.value_share_lost, 100.25 / 2385.5, 1e-15, 0);
  assert_close(sum.net_retention, 2300 / 2385.5, 1e-15, 0);
  assert_close(sum.gross_retention, 2200 / 2385.5, 1e-15, 0);
}

typedef struct wanted_stay {
  uint32_t customer;
  churn_day joined, left;
  bool returned;
} wanted_stay;

static void check_stays(const char *text, churn_silence silence, churn_day until,
                        const wanted_stay *wanted, size_t wanted_count)
{
  world *w = world_read(text);
  churn_stay *stays = NULL;
  size_t count = 0;
  churn_error error = {0};
  assert_ok(churn_stays_find(&w->data, silence, until, &stays, &count, &error), &error);
  assert_int_equal(count, wanted_count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(stays[i].customer, wanted[i].customer);
    assert_int_equal(stays[i].joined, wanted[i].joined);
    assert_int_equal(stays[i].left, wanted[i].left);
    assert_int_equal(stays[i].returned, wanted[i].returned);
  }
  free(stays);
  world_free(w);
}

static void stays_by_end_date_are_the_spells(void **state)
{
  (void)state;
  static const wanted_stay wanted[] = {
      {0, 100, 140, false}, {0, 150, CHURN_DAY_MISSING, true}, {1, CHURN_DAY_MISSING, 120, false}};
  check_stays("source customers\nsource calls day=on\n"
              "row customers anna 150 -\nrow customers anna 100 140\nrow customers bob - 120\n",
              (churn_silence){0, 0}, 200, wanted, 3);
}

/* 30 days of silence. anna: rows on 100, 130 (the last day that counts), 161 (one too late: lost on
 * 160, back on 161), then silent, lost on 191. bob has no row: silent since joining on 120. carl's
 * silence is complete on 201, a day after the data: still there. dora, since ever, begins with her
 * first row and leaves on 125. emil, since ever, was never seen. */
static void silence_ends_a_stay_on_the_day_it_is_complete(void **state)
{
  (void)state;
  static const wanted_stay wanted[] = {{0, 100, 160, false},
                                       {0, 161, 191, true},
                                       {1, 120, 150, false},
                                       {2, 171, CHURN_DAY_MISSING, false},
                                       {3, 110, 125, false}};
  check_stays("source customers\nsource calls day=on\n"
              "row customers anna 100 -\nrow customers bob 120 -\nrow customers carl 171 -\n"
              "row customers dora - 125\nrow customers emil - -\n"
              "row calls anna 100\nrow calls anna 130\nrow calls anna 161\nrow calls anna 90\n"
              "row calls dora 110\nrow calls dora 126\n",
              (churn_silence){0, 30}, 200, wanted, 5);
}

/* The row of 115 is known only from 201 on, after the data's end. */
static void rows_that_are_not_known_yet_break_no_silence(void **state)
{
  (void)state;
  static const wanted_stay wanted[] = {{0, 100, 130, false}};
  check_stays("source customers\nsource calls day=on known_at=told told:day\n"
              "row customers anna 100 -\nrow calls anna 115 201\n",
              (churn_silence){0, 30}, 200, wanted, 1);
}

/* January: 3 joined; one is lost on 02-20 (there until then), one on 03-31, exactly two months
 * after 01-31, when it is still there. February: one, watched for one month. The window opens on
 * 01-05: who joined on 01-02 is no cohort. */
static void cohorts_count_who_is_still_there(void **state)
{
  (void)state;
  const churn_stay stays[] = {{0, 0, day("2024-01-02"), CHURN_DAY_MISSING, false},
                              {1, 1, day("2024-01-05"), CHURN_DAY_MISSING, false},
                              {2, 2, day("2024-01-10"), day("2024-02-20"), false},
                              {3, 3, day("2024-01-31"), day("2024-03-31"), false},
                              {4, 4, day("2024-02-29"), CHURN_DAY_MISSING, false},
                              {5, 5, CHURN_DAY_MISSING, day("2024-03-03"), false}};
  churn_cohort *cohorts = NULL;
  size_t count = 0;
  churn_error error = {0};
  assert_ok(
      churn_cohorts_of(stays, 6, day("2024-01-05"), day("2024-04-15"), &cohorts, &count, &error),
      &error);
  assert_int_equal(count, 2);
  assert_int_equal(cohorts[0].month, day("2024-01-01"));
  assert_int_equal(cohorts[0].customers, 3);
  assert_int_equal(cohorts[0].months, 2);
  assert_close(cohorts[0].staying[0], 1, 0, 0);
  assert_close(cohorts[0].staying[1], 1, 0, 0);
  assert_close(cohorts[0].staying[2], 2.0 / 3, 1e-15, 0);
  assert_int_equal(cohorts[1].customers, 1);
  assert_int_equal(cohorts[1].months, 1);
  churn_cohorts_free(cohorts, count);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(from_400_to_380_customers_is_5_percent_only_if_none_joined),
      cmocka_unit_test(the_loss_of_28_million_customers_is_1_68_billion_a_year),
      cmocka_unit_test(a_months_rate_becomes_a_years_added_up_and_compounded),
      cmocka_unit_test(the_half_life_follows_from_the_rate),
      cmocka_unit_test(whole_calendar_months_are_twelfths_of_a_year),
      cmocka_unit_test(several_periods_add_up),
      cmocka_unit_test(stays_by_end_date_are_the_spells),
      cmocka_unit_test(silence_ends_a_stay_on_the_day_it_is_complete),
      cmocka_unit_test(rows_that_are_not_known_yet_break_no_silence),
      cmocka_unit_test(cohorts_count_who_is_still_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
