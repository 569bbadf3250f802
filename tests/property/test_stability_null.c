/* Where nothing has drifted, hardly any gate trips: the law of the stability index against draws.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"
#include "judged.h"
#include "monitor/stability.h"
#include "support.h"

#include <math.h>

enum { BINS = 10, WORLDS = 40000 };

static void draw_rows(churn_random *random, const double *shares, size_t rows, double *counts)
{
  for (size_t b = 0; b < BINS; b++)
    counts[b] = 0;
  for (size_t i = 0; i < rows; i++) {
    double at = draw_unit(random), sum = 0;
    size_t bin = 0;
    while (bin + 1 < BINS && at >= (sum += shares[bin]))
      bin++;
    counts[bin]++;
  }
}

/* Share of worlds without drift whose p is at most `level`. */
static double share_below(const double *shares, size_t n, size_t m, double level, uint64_t seed)
{
  churn_random random;
  random = churn_random_stream(seed, 0);
  size_t below = 0;
  for (int world = 0; world < WORLDS; world++) {
    double before[BINS], after[BINS];
    draw_rows(&random, shares, n, before);
    draw_rows(&random, shares, m, after);
    churn_stability found = churn_stability_of(before, after, BINS);
    below += churn_stability_p(&found, (double)n, (double)m) <= level;
  }
  return (double)below / WORLDS;
}

static const double even[BINS] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
static const double skew[BINS] = {0.6, 0.2, 0.08, 0.05, 0.03, 0.02, 0.01, 0.005, 0.004, 0.001};

static void the_p_value_is_uniform_where_nothing_moved(void **state)
{
  (void)state;
  /* A share of 0.05 of 40,000 worlds has a standard deviation of 0.0011. */
  assert_close(share_below(even, 700, 300, 0.05, 1), 0.05, 0, 0.006);
  assert_close(share_below(even, 300, 700, 0.5, 2), 0.5, 0, 0.02);
}

static void hardly_any_trips_at_the_gates_level(void **state)
{
  (void)state;
  /* 0.001 of 40,000 is 40, and 3 deviations more 59: 0.0015. A skew histogram with bins of about
   * one row has heavier tails than the law, but its index must be above 0.1 as well. */
  assert_true(share_below(even, 700, 300, 0.001, 3) <= 0.0015);
  churn_random random;
  random = churn_random_stream(4, 0);
  size_t tripped = 0;
  for (int world = 0; world < WORLDS; world++) {
    double before[BINS], after[BINS];
    draw_rows(&random, skew, 900, before);
    draw_rows(&random, skew, 700, after);
    churn_stability found = churn_stability_of(before, after, BINS);
    tripped += found.index > 0.1 && churn_stability_p(&found, 900, 700) <= 0.001;
  }
  assert_true((double)tripped / WORLDS <= 0.001);
}

static void a_true_drift_does_trip(void **state)
{
  (void)state;
  /* Half of the first bin has gone to the second. */
  const double moved[BINS] = {0.3, 0.5, 0.08, 0.05, 0.03, 0.02, 0.01, 0.005, 0.004, 0.001};
  churn_random random;
  random = churn_random_stream(5, 0);
  double before[BINS], after[BINS];
  draw_rows(&random, skew, 900, before);
  draw_rows(&random, moved, 700, after);
  churn_stability found = churn_stability_of(before, after, BINS);
  assert_true(found.index > 0.1 && churn_stability_p(&found, 900, 700) <= 1e-10);
}

static void the_law_is_that_of_the_tables(void **state)
{
  (void)state;
  /* Points of chi-square: 27.877 (df 9, 0.001) and 3.841 (df 1, 0.05), Pearson and Hartley 1966,
   * Biometrika Tables for Statisticians, table 8. 1/n + 1/m = 0.0125. */
  churn_stability nine = {27.877 * 0.0125, 10}, one = {3.841 * 0.0125, 2}, none = {0, 1};
  assert_close(churn_stability_p(&nine, 100, 400), 0.001, 1e-3, 0);
  assert_close(churn_stability_p(&one, 400, 100), 0.05, 1e-3, 0);
  assert_close(churn_stability_p(&none, 400, 100), 1, 0, 0);
  assert_true(isnan(churn_stability_p(&one, 0, 100)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_p_value_is_uniform_where_nothing_moved),
      cmocka_unit_test(hardly_any_trips_at_the_gates_level),
      cmocka_unit_test(a_true_drift_does_trip),
      cmocka_unit_test(the_law_is_that_of_the_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
