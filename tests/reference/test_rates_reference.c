/* Kaplan-Meier with delayed entry, Wilson's, Newcombe's and exact Poisson limits against R 4.2.2
 * and its package survival 3.5-3. Each test gives the lines of R that made its numbers; they were
 * printed with 15 to 17 digits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/proportion.h"
#include "monitor/survival.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* d <- data.frame(start = c(0,0,0,12,40,7,0,90,33,0,61,5),
 *                 stop = c(31,64,64,50,120,8,97,131,64,131,97,31),
 *                 event = c(1,1,0,1,0,1,1,0,1,0,1,1),
 *                 group = c("a","a","a","a","a","b","b","b","b","b","a","b")) */
static const churn_watched all[] = {{0, 31, true},   {0, 64, true},    {0, 64, false},
                                    {12, 50, true},  {40, 120, false}, {7, 8, true},
                                    {0, 97, true},   {90, 131, false}, {33, 64, true},
                                    {0, 131, false}, {61, 97, true},   {5, 31, true}};
static const char groups[] = "aaaaabbbbbab";
enum { STAYS = sizeof all / sizeof all[0] };

typedef struct expected {
  int32_t time;
  uint64_t at_risk, lost;
  double survival, std_error, low, high;
} expected;

static void check(char group, bool backwards, const expected *rows, size_t count)
{
  churn_watched picked[STAYS];
  churn_survival survival = {0};
  churn_error error = {0};
  size_t n = 0;
  for (size_t i = 0; i < STAYS; i++) {
    size_t from = backwards ? STAYS - 1 - i : i;
    if (group == '*' || groups[from] == group)
      picked[n++] = all[from];
  }
  assert_ok(churn_survival_of(picked, n, 0.95, &survival, &error), &error);
  assert_int_equal(survival.count, count);
  for (size_t i = 0; i < count; i++) {
    const churn_survival_step *step = &survival.steps[i];
    assert_int_equal(step->time, rows[i].time);
    assert_int_equal(step->at_risk, rows[i].at_risk);
    assert_int_equal(step->lost, rows[i].lost);
    assert_close(step->survival, rows[i].survival, 1e-13, 0);
    assert_close(step->std_error, rows[i].std_error, 1e-13, 0);
    assert_close(step->low, rows[i].low, 1e-12, 0);
    assert_close(step->high, rows[i].high, 1e-12, 0);
  }
  churn_survival_clear(&survival);
}

/* summary(survfit(Surv(start, stop, event) ~ group, data = d, conf.type = "log-log")) */
static void survival_curves_with_delayed_entry_are_those_of_r(void **state)
{
  (void)state;
  static const expected a[] = {
      {31, 4, 1, 0.75, 0.216506350946110, 0.12794691759514587, 0.960548642285078},
      {50, 4, 1, 0.5625, 0.229639663385923, 0.09910351883959966, 0.866571676762163},
      {64, 4, 1, 0.421875, 0.2109375, 0.06812522750465712, 0.757853090276583},
      {97, 2, 1, 0.2109375, 0.182677233610780, 0.00973623029494206, 0.592835191987864}};
  static const expected b[] = {
      {8, 4, 1, 0.75, 0.216506350946110, 0.12794691759514587, 0.960548642285078},
      {31, 3, 1, 0.5, 0.25, 0.05784708299514463, 0.844861281190374},
      {64, 3, 1, 0.333333333333333, 0.215165741455968, 0.03095713225923502, 0.706587479089116},
      {97, 3, 1, 0.222222222222222, 0.169725025739105, 0.01709156360689986, 0.573528054858243}};
  check('a', false, a, sizeof a / sizeof a[0]);
  check('b', false, b, sizeof b / sizeof b[0]);
}

/* The same with ~ 1, in which some times lose two; and the order of rows changes nothing. */
static void ties_and_any_order_of_stays_give_the_curve_of_r(void **state)
{
  (void)state;
  static const expected rows[] = {
      {8, 7, 1, 0.857142857142857, 0.132260014253222, 0.334053879292222, 0.978561058526175},
      {31, 7, 2, 0.612244897959184, 0.174196725904253, 0.216776815680920, 0.854326460133187},
      {50, 7, 1, 0.524781341107872, 0.169855681479048, 0.178235191697532, 0.785799695015586},
      {64, 7, 2, 0.374843815077051, 0.150827370792724, 0.111701786784770, 0.644507458446575},
      {97, 5, 2, 0.224906289046231, 0.122204668464676, 0.047536611032903, 0.481511919955755}};
  check('*', false, rows, sizeof rows / sizeof rows[0]);
  check('*', true, rows, sizeof rows / sizeof rows[0]);
}

/* quantile(survfit(… ~ 1), .5): 64, limits 8 and 97. */
static void the_median_and_its_limits_are_those_of_r(void **state)
{
  (void)state;
  churn_watched watched[STAYS];
  churn_survival survival = {0};
  churn_error error = {0};
  memcpy(watched, all, sizeof all);
  assert_ok(churn_survival_of(watched, STAYS, 0.95, &survival, &error), &error);
  assert_close(churn_survival_time(&survival, 0.5, 0), 64, 0, 0);
  assert_close(churn_survival_time(&survival, 0.5, -1), 8, 0, 0);
  assert_close(churn_survival_time(&survival, 0.5, 1), 97, 0, 0);
  assert_close(churn_survival_time(&survival, 0.1, 0), NAN, 0, 0);
  assert_close(churn_survival_at(&survival, 63).survival, 0.524781341107872, 1e-13, 0);
  assert_close(churn_survival_at(&survival, 64).survival, 0.374843815077051, 1e-13, 0);
  assert_close(churn_survival_at(&survival, 7).survival, 1, 0, 0);
  churn_survival_clear(&survival);
}

/* prop.test(x, n, correct = FALSE)$conf.int */
static void wilson_limits_are_those_of_r(void **state)
{
  (void)state;
  churn_estimate e = churn_share(23, 381, 0.95);
  assert_close(e.value, 23.0 / 381, 1e-15, 0);
  assert_close(e.low, 0.04055945184627621, 1e-13, 0);
  assert_close(e.high, 0.08895221504488460, 1e-13, 0);
  e = churn_share(0, 57, 0.95);
  assert_close(e.low, 0, 0, 0);
  assert_close(e.high, 0.06313883485297893, 1e-13, 0);
  e = churn_share(41, 41, 0.95);
  assert_close(e.low, 0.9143324298155683, 1e-13, 0);
  assert_close(e.high, 1, 0, 0);
  assert_close(churn_share(0, 0, 0.95).value, NAN, 0, 0);
}

/* Newcombe 1998, Table II, contrasts (a) 56/70 - 48/80: 0.2 (0.0524 to 0.3339) and (b) 9/10 -
 * 3/10: 0.6 (0.1705 to 0.8090); further digits by his formula over R's Wilson limits above. */
static void differences_of_shares_are_those_that_newcombe_printed(void **state)
{
  (void)state;
  churn_estimate e = churn_share_difference(48, 80, 56, 70, 0.95);
  assert_close(e.value, 0.2, 1e-14, 0);
  assert_close(e.low, 0.05243147240236493, 1e-12, 0);
  assert_close(e.high, 0.33387265403690586, 1e-12, 0);
  e = churn_share_difference(3, 10, 9, 10, 0.95);
  assert_close(e.low, 0.1705227239345031, 1e-12, 0);
  assert_close(e.high, 0.8090179735354880, 1e-12, 0);
  e = churn_share_difference(0, 10, 0, 20, 0.95);
  assert_close(e.low, -0.2775327998628891, 1e-12, 0);
  assert_close(e.high, 0.1611251580528193, 1e-12, 0);
}

/* poisson.test(17, 23.85), poisson.test(0, 2.385) */
static void ratios_of_observed_to_expected_have_the_exact_limits_of_r(void **state)
{
  (void)state;
  churn_estimate e = churn_observed_expected(17, 23.85, 0.95);
  assert_close(e.value, 17 / 23.85, 1e-15, 0);
  assert_close(e.low, 0.4152254284950645, 1e-12, 0);
  assert_close(e.high, 1.1412430530778452, 1e-12, 0);
  e = churn_observed_expected(0, 2.385, 0.95);
  assert_close(e.low, 0, 0, 0);
  assert_close(e.high, 1.54669998076056, 1e-12, 0);
  assert_close(churn_observed_expected(3, 0, 0.95).value, NAN, 0, 0);
}

/* poisson.test(c(31, 17), c(28.4, 23.85)), poisson.test(c(4, 0), c(2.5, 3.1)) */
static void the_ratio_of_two_ratios_has_the_exact_limits_of_r(void **state)
{
  (void)state;
  double p;
  churn_estimate e = churn_ratio_of_ratios(17, 23.85, 31, 28.4, 0.95, &p);
  assert_close(e.value, 1.531379453189727, 1e-13, 0);
  assert_close(e.low, 0.8217387466915381, 1e-11, 0);
  assert_close(e.high, 2.9497701542283923, 1e-11, 0);
  assert_close(p, 0.1919025947471584, 1e-11, 0);
  e = churn_ratio_of_ratios(0, 3.1, 4, 2.5, 0.95, &p);
  assert_true(isinf(e.value) && isinf(e.high));
  assert_close(e.low, 0.8185537840065162, 1e-11, 0);
  assert_close(p, 0.03971987990030196, 1e-11, 0);
  e = churn_ratio_of_ratios(0, 3.1, 0, 2.5, 0.95, &p);
  assert_close(e.value, NAN, 0, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(survival_curves_with_delayed_entry_are_those_of_r),
      cmocka_unit_test(ties_and_any_order_of_stays_give_the_curve_of_r),
      cmocka_unit_test(the_median_and_its_limits_are_those_of_r),
      cmocka_unit_test(wilson_limits_are_those_of_r),
      cmocka_unit_test(differences_of_shares_are_those_that_newcombe_printed),
      cmocka_unit_test(ratios_of_observed_to_expected_have_the_exact_limits_of_r),
      cmocka_unit_test(the_ratio_of_two_ratios_has_the_exact_limits_of_r),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
