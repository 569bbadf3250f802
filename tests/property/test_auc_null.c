/* The paired test of areas holds its level, with and without customers of several rows, and finds a
 * difference that is there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "evaluate/auc.h"
#include "judged.h"

#include <math.h>
#include <stdlib.h>

enum { SEEDS = 1000, ROWS = 400, CLUSTER_ROWS = 4 };

static made_rows made;
static double scores[2][MOST_JUDGED];

/* Two scores of equal area: normal, correlated by 0.6, churners one unit up. Rows of a customer
 * share half of the noise in each score and mostly the label, so that independent rows would be far
 * too sure. `gap` moves the second score's churners. */
static void draw(uint64_t seed, bool clustered, double gap)
{
  churn_random random = churn_random_stream(seed, clustered);
  made.judged = (churn_judged){.rows = ROWS, .labels = made.labels};
  if (clustered) {
    made.judged.clusters = made.clusters;
    made.judged.cluster_count = ROWS / CLUSTER_ROWS;
  }
  double shared[2] = {0, 0}, leaning = 0;
  for (size_t i = 0; i < ROWS; i++) {
    if (clustered && i % CLUSTER_ROWS == 0) {
      shared[0] = draw_normal(&random);
      shared[1] = 0.6 * shared[0] + 0.8 * draw_normal(&random);
      leaning = draw_normal(&random);
    }
    made.clusters[i] = (uint32_t)(i / CLUSTER_ROWS);
    made.labels[i] = leaning + 0.7 * draw_normal(&random) > 0.5;
    double own = draw_normal(&random), other = 0.6 * own + 0.8 * draw_normal(&random);
    scores[0][i] = made.labels[i] + own + shared[0];
    scores[1][i] = (1 + gap) * made.labels[i] + other + shared[1];
  }
}

static double p_value(void)
{
  churn_ordering orderings[2];
  churn_run run = {.threads = 1};
  churn_error error;
  double areas[2], covariance[4];
  for (int s = 0; s < 2; s++)
    assert_ok(churn_ordering_build(&made.judged, scores[s], &orderings[s], &error), &error);
  assert_ok(churn_auc_compare(&made.judged, orderings, 2, &run, areas, covariance, &error), &error);
  for (int s = 0; s < 2; s++)
    churn_ordering_clear(&orderings[s]);
  return churn_auc_difference(areas, covariance, 2, 0, 1, 0.95).p;
}

static int compare(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

/* Kolmogorov's distribution at Stephens' (1970) effective size. */
static double uniform_p(double *p, int count)
{
  double distance = 0, sum = 0, root = sqrt(count);
  qsort(p, (size_t)count, sizeof *p, compare);
  for (int i = 0; i < count; i++)
    distance = fmax(distance, fmax((i + 1.0) / count - p[i], p[i] - (double)i / count));
  double x = (root + 0.12 + 0.11 / root) * distance;
  for (int k = 1; k <= 100; k++)
    sum += (k % 2 ? 2 : -2) * exp(-2 * k * k * x * x);
  return x < 0.2 ? 1 : sum;
}

static double null_p(bool clustered, bool told)
{
  static double p[SEEDS];
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    draw(seed, clustered, 0);
    if (!told)
      made.judged.clusters = NULL;
    p[seed] = p_value();
  }
  return uniform_p(p, SEEDS);
}

static void p_values_of_equal_areas_are_uniform(void **state)
{
  (void)state;
  double p = null_p(false, false);
  print_message("Kolmogorov-Smirnov p over %d seeds: %.4f\n", SEEDS, p);
  assert_true(p > 0.01);
}

static void p_values_of_equal_areas_are_uniform_with_clusters(void **state)
{
  (void)state;
  double told = null_p(true, true), blind = null_p(true, false);
  print_message("Kolmogorov-Smirnov p over %d seeds: %.4f; without the clusters: %.2g\n", SEEDS,
                told, blind);
  assert_true(told > 0.01);
  /* The data are such that clusters matter: else the test above would prove nothing. */
  assert_true(blind < 1e-4);
}

static void a_difference_that_is_there_is_found(void **state)
{
  (void)state;
  for (int clustered = 0; clustered < 2; clustered++) {
    int found = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
      draw(seed, clustered, 0.8);
      found += p_value() < 0.05;
    }
    print_message("%d of 200 found\n", found);
    assert_true(found >= 160);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(p_values_of_equal_areas_are_uniform),
      cmocka_unit_test(p_values_of_equal_areas_are_uniform_with_clusters),
      cmocka_unit_test(a_difference_that_is_there_is_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
