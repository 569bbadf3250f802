/* Areas under ROC curves and their covariance: a case by hand, and every pair counted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "evaluate/auc.h"
#include "judged.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 3 };

static made_rows made;
static double scores[SETS][MOST_JUDGED];

static void compare(const churn_judged *judged, size_t sets, int threads, double *areas,
                    double *covariance)
{
  churn_ordering orderings[SETS];
  churn_run run = {.threads = threads};
  churn_error error;
  assert_ok(churn_judged_check(judged, &error), &error);
  for (size_t s = 0; s < sets; s++)
    assert_ok(churn_ordering_build(judged, scores[s], &orderings[s], &error), &error);
  assert_ok(churn_auc_compare(judged, orderings, sets, &run, areas, covariance, &error), &error);
  for (size_t s = 0; s < sets; s++)
    churn_ordering_clear(&orderings[s]);
}

static double wins(double churner, double stayer)
{
  return churner > stayer ? 1 : churner == stayer ? 0.5 : 0;
}

/* What the head of auc.h says, with every pair counted and every sum written out: components of one
 * fold. */
static double component(const churn_judged *j, const double *score, size_t row)
{
  double sum = 0, weight = 0;
  for (size_t k = 0; k < j->rows; k++) {
    if (j->labels[k] == j->labels[row] || churn_judged_fold(j, k) != churn_judged_fold(j, row))
      continue;
    weight += churn_judged_weight(j, k);
    sum += churn_judged_weight(j, k) *
           (j->labels[row] ? wins(score[row], score[k]) : wins(score[k], score[row]));
  }
  return weight > 0 ? sum / weight : NAN;
}

static double mean_component(const churn_judged *j, const double *score, uint32_t fold,
                             int8_t label)
{
  double sum = 0, weight = 0;
  for (size_t i = 0; i < j->rows; i++)
    if (churn_judged_fold(j, i) == fold && j->labels[i] == label) {
      sum += churn_judged_weight(j, i) * component(j, score, i);
      weight += churn_judged_weight(j, i);
    }
  return sum / weight;
}

static double weight_of(const churn_judged *j, uint32_t fold, int8_t label)
{
  double weight = 0;
  for (size_t i = 0; i < j->rows; i++)
    if (churn_judged_fold(j, i) == fold && j->labels[i] == label)
      weight += churn_judged_weight(j, i);
  return weight;
}

/* Sum over a cluster's rows of one fold and label of (component - area), weighted, over the fold's
 * weight of that label. */
static double cluster_sum(const churn_judged *j, const double *components, uint32_t cluster,
                          uint32_t fold, int8_t label, double area, double *rows)
{
  double sum = 0;
  *rows = 0;
  for (size_t i = 0; i < j->rows; i++)
    if (churn_judged_cluster(j, i) == cluster && churn_judged_fold(j, i) == fold &&
        j->labels[i] == label) {
      sum += churn_judged_weight(j, i) * (components[i] - area);
      *rows += 1;
    }
  return sum / weight_of(j, fold, label);
}

/* The two scores' covariance: S10, S01 in a fold, everything else with I/(I - 1). */
static double brute_covariance(const churn_judged *j, const double *a, const double *b)
{
  uint32_t folds = churn_judged_folds(j), clusters = churn_judged_clusters(j);
  double *parts[2] = {malloc(j->rows * sizeof(double)), malloc(j->rows * sizeof(double))};
  const double *score[2] = {a, b};
  double same = 0, crossed = 0, used = 0, churners = 0;
  for (uint32_t f = 0; f < folds; f++)
    churners += weight_of(j, f, 1);
  for (size_t i = 0; i < j->rows; i++)
    for (int s = 0; s < 2; s++)
      parts[s][i] = component(j, score[s], i);
  double *u = calloc((size_t)clusters * folds * 4, sizeof *u);
  double *kind_clusters = calloc((size_t)folds * 2, sizeof *kind_clusters);
  for (uint32_t f = 0; f < folds; f++)
    for (int s = 0; s < 2; s++) {
      double area = mean_component(j, score[s], f, 1), share = weight_of(j, f, 1) / churners;
      for (uint32_t c = 0; c < clusters; c++)
        for (uint32_t label = 0; label < 2; label++) {
          double rows;
          u[((c * folds + f) * 2 + label) * 2 + (size_t)s] =
              share * cluster_sum(j, parts[s], c, f, (int8_t)label, area, &rows);
          kind_clusters[f * 2 + label] += s == 0 && rows > 0;
        }
    }
  for (uint32_t c = 0; c < clusters; c++) {
    bool any = false;
    for (size_t i = 0; i < j->rows; i++)
      any = any || churn_judged_cluster(j, i) == c;
    used += any;
  }
  for (uint32_t c = 0; c < clusters; c++)
    for (uint32_t k = 0; k < folds * 2; k++)
      for (uint32_t l = 0; l < folds * 2; l++) {
        double product = u[(c * folds * 2 + k) * 2] * u[(c * folds * 2 + l) * 2 + 1];
        if (k == l)
          same += kind_clusters[k] / (kind_clusters[k] - 1) * product;
        else
          crossed += used / (used - 1) * product;
      }
  free(parts[0]);
  free(parts[1]);
  free(u);
  free(kind_clusters);
  return same + crossed;
}

static double brute_area(const churn_judged *j, const double *score)
{
  double sum = 0, churners = 0;
  for (uint32_t f = 0; f < churn_judged_folds(j); f++) {
    sum += weight_of(j, f, 1) * mean_component(j, score, f, 1);
    churners += weight_of(j, f, 1);
  }
  return sum / churners;
}

/* Three customers with a churner's and a stayer's row each. In eighteenths: V10 = 18, 15, 6, V01 =
 * 12, 9, 18, A = 13. S10 = 3/2/3 (25 + 4 + 49)/324 = 39/324; S01 = (1 + 16 + 25)/2/324 = 21/324;
 * S11 = 3/2 (5 (-1) + 2 (-4) - 7 5)/324 = -72/324. Variance = (39 + 21)/3/324 - 2 72/9/324 = 4/324
 * (Obuchowski 1997). */
static void the_clustered_variance_is_obuchowskis(void **state)
{
  (void)state;
  const int8_t labels[] = {1, 0, 1, 0, 0, 1};
  const uint32_t clusters[] = {0, 0, 1, 1, 2, 2};
  const double score[] = {3.1, 1.2, 2.4, 2.4, 0.7, 0.9};
  churn_judged judged = {.rows = 6, .labels = labels, .clusters = clusters, .cluster_count = 3};
  double area, variance;
  memcpy(scores[0], score, sizeof score);
  compare(&judged, 1, 1, &area, &variance);
  assert_close(area, 13.0 / 18, 1e-15, 0);
  assert_close(variance, 1.0 / 81, 1e-14, 0);
}

static void check_against_brute_force(const churn_judged *judged)
{
  double areas[SETS], covariance[SETS * SETS];
  compare(judged, SETS, 2, areas, covariance);
  for (int a = 0; a < SETS; a++) {
    assert_close(areas[a], brute_area(judged, scores[a]), 1e-13, 0);
    for (int b = 0; b < SETS; b++)
      assert_close(covariance[a * SETS + b], brute_covariance(judged, scores[a], scores[b]), 1e-10,
                   1e-16);
  }
}

static void make_scores(churn_random *random)
{
  for (uint32_t s = 0; s < SETS; s++)
    make_tied_scores(&made, 5 + 20 * s, random, scores[s]);
}

static void every_mix_of_folds_clusters_and_weights_equals_counting_all_pairs(void **state)
{
  (void)state;
  for (uint64_t mix = 0; mix < 8; mix++) {
    churn_random random = churn_random_stream(20, mix);
    make_rows(&made, 157, 40, 3, &random);
    make_scores(&random);
    if (mix & 1)
      made.judged.folds = NULL;
    if (mix & 2)
      made.judged.clusters = NULL;
    if (mix & 4)
      made.judged.weights = NULL;
    check_against_brute_force(&made.judged);
  }
}

static void a_fold_with_one_kind_of_row_takes_no_part(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(3, 1);
  double areas[2], whole[4], fewer_areas[2], fewer[4], of_folds[3];
  make_rows(&made, 90, 30, 2, &random);
  made.judged.weights = NULL;
  made.judged.fold_count = 3;
  make_scores(&random);
  compare(&made.judged, 2, 1, fewer_areas, fewer);
  for (size_t i = 90; i < 97; i++) {
    made.labels[i] = 0;
    made.clusters[i] = 1;
    made.folds[i] = 2;
    scores[0][i] = scores[1][i] = (double)i;
  }
  made.judged.rows = 97;
  compare(&made.judged, 2, 1, areas, whole);
  for (int i = 0; i < 4; i++)
    assert_close(whole[i], fewer[i], 1e-13, 0);
  assert_close(areas[1], fewer_areas[1], 1e-15, 0);
  churn_ordering ordering;
  churn_error error;
  assert_ok(churn_ordering_build(&made.judged, scores[0], &ordering, &error), &error);
  churn_auc_of_folds(&made.judged, &ordering, of_folds);
  assert_true(isnan(of_folds[2]));
  assert_close(of_folds[1], mean_component(&made.judged, scores[0], 1, 1), 1e-13, 0);
  churn_ordering_clear(&ordering);
}

static void one_churner_has_an_area_and_no_variance(void **state)
{
  (void)state;
  const int8_t labels[] = {0, 1, 0, 0};
  churn_judged judged = {.rows = 4, .labels = labels};
  double area, variance;
  const double score[] = {0.2, 0.7, 0.9, -0.0};
  memcpy(scores[0], score, sizeof score);
  compare(&judged, 1, 1, &area, &variance);
  assert_close(area, 2.0 / 3, 1e-15, 0);
  assert_true(isnan(variance));
  judged.rows = 1;
  compare(&judged, 1, 1, &area, &variance);
  assert_true(isnan(area) && isnan(variance));
}

static void threads_do_not_change_a_bit(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(7, 7);
  double areas[2][SETS], covariance[2][SETS * SETS];
  make_rows(&made, MOST_JUDGED, 900, 4, &random);
  make_scores(&random);
  compare(&made.judged, SETS, 1, areas[0], covariance[0]);
  compare(&made.judged, SETS, 3, areas[1], covariance[1]);
  assert_memory_equal(areas[0], areas[1], sizeof areas[0]);
  assert_memory_equal(covariance[0], covariance[1], sizeof covariance[0]);
}

static void equal_rankings_do_not_differ(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(11, 2);
  double areas[2], covariance[4];
  make_rows(&made, 200, 50, 2, &random);
  make_scores(&random);
  for (size_t i = 0; i < 200; i++)
    scores[1][i] = exp(scores[0][i]);
  compare(&made.judged, 2, 1, areas, covariance);
  churn_difference d = churn_auc_difference(areas, covariance, 2, 0, 1, 0.95);
  assert_true(d.difference == 0 && d.std_error == 0 && d.p == 1);
  assert_true(d.interval.low == 0 && d.interval.high == 0);
}

/* By hand: logit(0.9) = log 9, reach 1.959963984540054 sqrt(0.0004) / 0.09. */
static void the_interval_of_an_area_stays_between_0_and_1(void **state)
{
  (void)state;
  churn_interval i = churn_auc_interval(0.9, 0.0004, 0.95);
  double reach = 1.959963984540054 * 0.02 / 0.09;
  assert_close(log(i.low / (1 - i.low)), log(9) - reach, 1e-12, 0);
  assert_close(log(i.high / (1 - i.high)), log(9) + reach, 1e-12, 0);
  i = churn_auc_interval(0.985, 0.01, 0.95);
  assert_true(i.low > 0 && i.high < 1);
  assert_true(churn_auc_interval_plain(0.985, 0.01, 0.95).high == 1);
  assert_true(isnan(churn_auc_interval(1, 0, 0.95).low));
}

static void rows_that_break_promises_are_named(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(13, 2);
  churn_error error;
  churn_ordering ordering;
  make_rows(&made, 30, 10, 2, &random);
  made.labels[17] = 2;
  assert_int_equal(churn_judged_check(&made.judged, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "row 17 has label 2"));
  made.labels[17] = 1;
  made.weights[4] = 0;
  assert_int_equal(churn_judged_check(&made.judged, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "row 4 has weight 0"));
  made.weights[4] = 1;
  made.folds[29] = 2;
  assert_int_equal(churn_judged_check(&made.judged, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "row 29 is in fold 2"));
  made.folds[29] = 1;
  made.clusters[0] = 20;
  assert_int_equal(churn_judged_check(&made.judged, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "row 0 is in cluster 20"));
  made.clusters[0] = 19;
  made.values[3] = INFINITY;
  assert_int_equal(churn_judged_check(&made.judged, &error), CHURN_USAGE);
  made.values[3] = NAN;
  assert_ok(churn_judged_check(&made.judged, &error), &error);
  make_scores(&random);
  scores[0][8] = NAN;
  assert_int_equal(churn_ordering_build(&made.judged, scores[0], &ordering, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "row 8 has no score"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_clustered_variance_is_obuchowskis),
      cmocka_unit_test(every_mix_of_folds_clusters_and_weights_equals_counting_all_pairs),
      cmocka_unit_test(a_fold_with_one_kind_of_row_takes_no_part),
      cmocka_unit_test(one_churner_has_an_area_and_no_variance),
      cmocka_unit_test(threads_do_not_change_a_bit),
      cmocka_unit_test(equal_rankings_do_not_differ),
      cmocka_unit_test(the_interval_of_an_area_stays_between_0_and_1),
      cmocka_unit_test(rows_that_break_promises_are_named)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
