/* From a logit to the probability that a model claims.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/recalibration.h"

#include "support.h"

#include <float.h>
#include <math.h>
#include <string.h>

static char none[] = "none", platt[] = "platt", isotonic[] = "isotonic";

static void without_one_it_is_the_logistic_function(void **state)
{
  (void)state;
  churn_recalibration r = {.method = none, .slope = 1}, unset = {0};
  assert_false(churn_recalibrates(&r));
  assert_false(churn_recalibrates(&unset));
  assert_close(churn_recalibrated(&r, -1.385), 1 / (1 + exp(1.385)), 1e-15, 0);
  assert_close(churn_recalibrated(&unset, 3), churn_probability(3), 0, 0);
  assert_close(churn_recalibrated_logit(&r, -1.385), -1.385, 0, 0);
}

static void platt_is_a_line_through_the_logit(void **state)
{
  (void)state;
  churn_recalibration r = {.method = platt, .intercept = -0.25, .slope = 0.75};
  assert_true(churn_recalibrates(&r));
  /* -0.25 + 0.75 * 2.385 = 1.53875 */
  assert_close(churn_recalibrated(&r, 2.385), 1 / (1 + exp(-1.53875)), 1e-15, 0);
  assert_close(churn_recalibrated_logit(&r, 2.385), 1.53875, 1e-15, 0);
}

static void isotonic_is_linear_between_knots_and_constant_beyond(void **state)
{
  (void)state;
  churn_knot knots[] = {{-3, 0.02}, {-2.5, 0.02}, {-1.5, 0.12}, {2, 0.9}};
  churn_recalibration r = {.method = isotonic, .slope = 1, .knots = knots, .knot_count = 4};
  assert_close(churn_recalibrated(&r, -1e300), 0.02, 0, 0);
  assert_close(churn_recalibrated(&r, -2.7), 0.02, 1e-15, 0);
  assert_close(churn_recalibrated(&r, -2.25), 0.045, 1e-15, 0);
  assert_close(churn_recalibrated(&r, -1.5), 0.12, 1e-15, 0);
  assert_close(churn_recalibrated(&r, 0.25), 0.51, 1e-15, 0);
  assert_close(churn_recalibrated(&r, 2), 0.9, 0, 0);
  assert_close(churn_recalibrated(&r, 7), 0.9, 0, 0);
  assert_close(churn_recalibrated_logit(&r, 7), log(9), 1e-15, 0);
  for (double x = -4, last = 0; x < 4; x += 0.01) {
    assert_true(churn_recalibrated(&r, x) >= last);
    last = churn_recalibrated(&r, x);
  }
}

static void one_knot_and_knots_as_far_apart_as_can_be(void **state)
{
  (void)state;
  churn_knot one[] = {{0.5, 0.3}}, far[] = {{-DBL_MAX, 0.1}, {DBL_MAX, 0.5}};
  churn_recalibration r = {.method = isotonic, .knots = one, .knot_count = 1};
  assert_close(churn_recalibrated(&r, -2), 0.3, 0, 0);
  assert_close(churn_recalibrated(&r, 2), 0.3, 0, 0);
  r.knots = far;
  r.knot_count = 2;
  assert_close(churn_recalibrated(&r, 0), 0.3, 1e-15, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_one_it_is_the_logistic_function),
      cmocka_unit_test(platt_is_a_line_through_the_logit),
      cmocka_unit_test(isotonic_is_linear_between_knots_and_constant_beyond),
      cmocka_unit_test(one_knot_and_knots_as_far_apart_as_can_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
