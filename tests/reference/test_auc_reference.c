/* Areas under ROC curves, their variances and the paired test against pROC.
 *
 * Recipe, R 4.2.2 with pROC 1.18.0 (r-cran-proc, Debian 12), digits = 17:
 *   i <- 1:120; y <- as.integer((i*29) %% 7 < 2)
 *   a <- (i*37) %% 101 + 25*y; b <- ((i*53) %% 97) %/% 6 + 5*y
 *   ra <- roc(y, a, direction = "<"); rb <- roc(y, b, direction = "<")
 *   auc(ra); var(ra, method = "delong"); cov(ra, rb, method = "delong"); ci.auc(ra, method =
 *   "delong"); roc.test(ra, rb, method = "delong", paired = TRUE)
 * Both scores hold ties. pROC's difference is first minus second.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "base/holm.h"
#include "evaluate/auc.h"

#include <math.h>

enum { ROWS = 120 };

static void the_paired_test_is_that_of_proc(void **state)
{
  (void)state;
  int8_t labels[ROWS];
  double scores[2][ROWS], areas[2], covariance[4];
  churn_ordering orderings[2];
  churn_error error;
  for (int i = 1; i <= ROWS; i++) {
    int y = i * 29 % 7 < 2;
    labels[i - 1] = (int8_t)y;
    scores[0][i - 1] = i * 37 % 101 + 25 * y;
    scores[1][i - 1] = i * 53 % 97 / 6 + 5 * y;
  }
  churn_judged judged = {.rows = ROWS, .labels = labels};
  for (int s = 0; s < 2; s++)
    assert_ok(churn_ordering_build(&judged, scores[s], &orderings[s], &error), &error);
  assert_ok(churn_auc_compare(&judged, orderings, 2, NULL, areas, covariance, &error), &error);
  assert_close(areas[0], 0.71462184873949575, 1e-14, 0);
  assert_close(areas[1], 0.76588235294117646, 1e-14, 0);
  assert_close(covariance[0], 0.0025543315497232014, 1e-11, 0);
  assert_close(covariance[3], 0.0020933226281120453, 1e-11, 0);
  assert_close(covariance[1], 0.00023222287432026682, 1e-11, 0);
  assert_true(covariance[1] == covariance[2]);
  churn_interval interval = churn_auc_interval_plain(areas[0], covariance[0], 0.95);
  assert_close(interval.low, 0.61556449432973226, 1e-11, 0);
  assert_close(interval.high, 0.81367920314925923, 1e-11, 0);
  churn_difference d = churn_auc_difference(areas, covariance, 2, 1, 0, 0.95);
  assert_close(d.z, -0.79255264858493302, 1e-10, 0);
  assert_close(d.p, 0.42803850599843718, 1e-10, 0);
  assert_close(d.interval.low, -0.178026520622218437, 1e-10, 0);
  assert_close(d.interval.high, 0.075505512218857013, 1e-10, 0);
  for (int s = 0; s < 2; s++)
    churn_ordering_clear(&orderings[s]);
}

/* R: p.adjust(c(0.011, 0.02, NA, 0.04, 0.0123, 0.8), "holm"). */
static void adjusted_p_values_are_those_of_r(void **state)
{
  (void)state;
  double p[] = {0.011, 0.02, NAN, 0.04, 0.0123, 0.8};
  const double expected[] = {0.055, 0.06, NAN, 0.08, 0.055, 0.8};
  churn_error error;
  assert_ok(churn_holm_adjust(p, 6, p, &error), &error);
  for (int i = 0; i < 6; i++)
    assert_close(p[i], expected[i], 1e-14, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_paired_test_is_that_of_proc),
                                     cmocka_unit_test(adjusted_p_values_are_those_of_r)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
