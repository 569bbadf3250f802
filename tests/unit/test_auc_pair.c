/* Two areas on the same rows and their covariance, by hand and by plain sums over all pairs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"

#include "evaluate/auc.h"
#include "evaluate/auc_pair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 157 };

static churn_auc_pair computed(const int8_t *labels, const uint32_t *clusters, const double *first,
                               const double *second, size_t rows)
{
  churn_auc_pair pair;
  churn_error error;
  assert_ok(churn_auc_pair_compute(labels, clusters, first, second, rows, &pair, &error), &error);
  return pair;
}

static void four_rows_agree_with_hand_calculation(void **state)
{
  (void)state;
  /* Churners 0.7 and 0.4, stayers 0.4 and 0.1. First: components of churners 1 and 3/4, of stayers
   * 3/4 and 1; area 7/8. Deviations 1/8 each way: S10 = S01 = 2/64 / (2 - 1), the variance 1/32/2 +
   * 1/32/2 = 1/32. Second (turned): churners 0 and 1/4, stayers 1/4 and 0, area 1/8: the negative.
   */
  const int8_t labels[] = {1, 1, 0, 0};
  const uint32_t clusters[] = {0, 1, 2, 3};
  const double first[] = {0.7, 0.4, 0.4, 0.1}, second[] = {-0.7, -0.4, -0.4, -0.1};
  churn_auc_pair p = computed(labels, clusters, first, second, 4);
  assert_close(p.first, 7.0 / 8, 1e-15, 0);
  assert_close(p.second, 1.0 / 8, 1e-15, 0);
  assert_close(p.first_variance, 1.0 / 32, 1e-14, 0);
  assert_close(p.second_variance, 1.0 / 32, 1e-14, 0);
  assert_close(p.covariance, -1.0 / 32, 1e-14, 0);
}

static void two_classes_and_two_clusters_are_needed(void **state)
{
  (void)state;
  const int8_t stayed[] = {0, 0}, both[] = {1, 0};
  const uint32_t one[] = {3, 3};
  const double scores[] = {2.385, 1.25};
  churn_auc_pair p = computed(stayed, one, scores, scores, 2);
  assert_true(isnan(p.first) && isnan(p.second) && isnan(p.covariance));
  p = computed(both, one, scores, scores, 2);
  assert_close(p.first, 1, 0, 0);
  assert_true(isnan(p.first_variance));
}

typedef struct sample {
  int8_t labels[ROWS];
  uint32_t clusters[ROWS];
  double scores[2][ROWS];
} sample;

/* Clusters of up to four rows that share a part of their scores, many ties. */
static void draw(sample *s, uint64_t seed)
{
  double shared = 0;
  for (size_t i = 0; i < ROWS; i++) {
    bool fresh = i == 0 || uniform(&seed) < 0.4;
    s->clusters[i] = i == 0 ? 5 : s->clusters[i - 1] + fresh;
    shared = fresh ? uniform(&seed) : shared;
    s->labels[i] = uniform(&seed) < 0.2 + 0.3 * shared;
    for (size_t k = 0; k < 2; k++)
      s->scores[k][i] = floor(9 * (shared + uniform(&seed)));
  }
}

/* A row's mean win over the rows of the other class. */
static double component(const sample *s, size_t k, size_t row)
{
  double wins = 0, others = 0;
  for (size_t i = 0; i < ROWS; i++) {
    if (s->labels[i] == s->labels[row])
      continue;
    double ahead = s->scores[k][row] - s->scores[k][i];
    wins += ahead == 0 ? 0.5 : (ahead > 0) == (s->labels[row] == 1);
    others++;
  }
  return wins / others;
}

/* A cluster's sum over its rows of one label, and whether it has any. */
static double deviation(const sample *s, size_t k, uint32_t cluster, int label, double area,
                        double share, bool *any)
{
  double sum = 0;
  *any = false;
  for (size_t i = 0; i < ROWS; i++)
    if (s->clusters[i] == cluster && s->labels[i] == label) {
      sum += (component(s, k, i) - area) / share;
      *any = true;
    }
  return sum;
}

/* Obuchowski's covariance of areas a and b: S10/m + S01/n + (S11 + S11')/(m n). */
static double covariance_of(const sample *s, size_t a, size_t b, const double *areas,
                            double churners)
{
  double squares[2] = {0, 0}, cross = 0, with[2] = {0, 0};
  uint32_t first = s->clusters[0], last = s->clusters[ROWS - 1];
  for (uint32_t c = first; c <= last; c++) {
    double of_a[2], of_b[2];
    for (int label = 0; label < 2; label++) {
      bool any;
      double share = label == 1 ? churners : ROWS - churners;
      of_a[label] = deviation(s, a, c, label, areas[a], share, &any);
      of_b[label] = deviation(s, b, c, label, areas[b], share, &any);
      squares[label] += of_a[label] * of_b[label];
      with[label] += any;
    }
    cross += of_a[0] * of_b[1] + of_a[1] * of_b[0];
  }
  double all = last - first + 1;
  return squares[0] * with[0] / (with[0] - 1) + squares[1] * with[1] / (with[1] - 1) +
         cross * all / (all - 1);
}

static void clustered_rows_agree_with_sums_over_all_pairs(void **state)
{
  (void)state;
  for (uint64_t seed = 11; seed < 17; seed++) {
    sample s;
    draw(&s, seed);
    churn_auc_pair p = computed(s.labels, s.clusters, s.scores[0], s.scores[1], ROWS);
    double churners = 0, areas[2];
    churn_error error;
    for (size_t i = 0; i < ROWS; i++)
      churners += s.labels[i];
    for (size_t k = 0; k < 2; k++)
      assert_ok(churn_auc(s.labels, s.scores[k], ROWS, &areas[k], &error), &error);
    assert_close(p.first, areas[0], 1e-14, 0);
    assert_close(p.second, areas[1], 1e-14, 0);
    assert_close(p.first_variance, covariance_of(&s, 0, 0, areas, churners), 1e-12, 0);
    assert_close(p.second_variance, covariance_of(&s, 1, 1, areas, churners), 1e-12, 0);
    assert_close(p.covariance, covariance_of(&s, 0, 1, areas, churners), 1e-11, 0);
  }
}

/* The spread of areas over fresh samples is what one sample says it is. */
static void the_variance_is_that_of_fresh_samples(void **state)
{
  (void)state;
  enum { DRAWS = 600 };
  double sum = 0, squares = 0, said = 0;
  for (uint64_t seed = 0; seed < DRAWS; seed++) {
    sample s;
    draw(&s, 1000003 * (seed + 1));
    churn_auc_pair p = computed(s.labels, s.clusters, s.scores[0], s.scores[1], ROWS);
    double difference = p.second - p.first;
    sum += difference;
    squares += difference * difference;
    said += (p.first_variance + p.second_variance - 2 * p.covariance) / DRAWS;
  }
  double seen = (squares - sum * sum / DRAWS) / (DRAWS - 1);
  /* a variance of 600 draws is off by sqrt(2/600) = 6 %, three times that */
  assert_close(said, seen, 0.18, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(four_rows_agree_with_hand_calculation),
      cmocka_unit_test(two_classes_and_two_clusters_are_needed),
      cmocka_unit_test(clustered_rows_agree_with_sums_over_all_pairs),
      cmocka_unit_test(the_variance_is_that_of_fresh_samples),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
