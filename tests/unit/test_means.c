/* Two means against each other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/means.h"
#include "support.h"

#include <math.h>

/* R 4.2.2: a <- c(12.5,0,0,88.25,0,31,0,0); b <- c(0,140.5,0,77.75,12); t.test(b, a). */
static void a_difference_has_the_limits_of_r(void **state)
{
  (void)state;
  const churn_moments_of a = {8, 16.46875, 31.019704998827532};
  const churn_moments_of b = {5, 46.05, 61.899717285299452};
  churn_estimate d = churn_mean_difference(&a, &b, 0.95);
  assert_close(d.value, 46.05 - 16.46875, 1e-14, 0);
  assert_close(d.low, -45.755306455442, 1e-12, 0);
  assert_close(d.high, 104.917806455442, 1e-12, 0);
}

static void swapping_the_groups_turns_the_interval_round(void **state)
{
  (void)state;
  const churn_moments_of a = {23, 4.125, 9.75}, b = {61, 2.5, 11.25};
  churn_estimate ab = churn_mean_difference(&a, &b, 0.9), ba = churn_mean_difference(&b, &a, 0.9);
  assert_close(ab.value, -ba.value, 1e-15, 0);
  assert_close(ab.low, -ba.high, 1e-14, 0);
  assert_close(ab.high, -ba.low, 1e-14, 0);
}

static void without_spread_or_members_there_is_no_interval(void **state)
{
  (void)state;
  const churn_moments_of one = {1, 7.5, NAN}, none = {0, NAN, NAN}, flat = {9, 0, 0},
                         some = {9, 2.25, 3.5};
  churn_estimate d = churn_mean_difference(&one, &some, 0.95);
  assert_close(d.value, -5.25, 1e-15, 0);
  assert_true(isnan(d.low) && isnan(d.high));
  assert_true(isnan(churn_mean_difference(&none, &some, 0.95).value));
  d = churn_mean_difference(&flat, &flat, 0.95);
  assert_true(d.value == 0 && isnan(d.low));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_difference_has_the_limits_of_r),
      cmocka_unit_test(swapping_the_groups_turns_the_interval_round),
      cmocka_unit_test(without_spread_or_members_there_is_no_interval),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
