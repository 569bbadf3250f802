/* Gains, lift, curves: ties by expectation against every order of the tied rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "evaluate/curves.h"
#include "evaluate/gain.h"
#include "judged.h"

#include <math.h>

static made_rows made;
static double scores[MOST_JUDGED];

static void build(const churn_judged *judged, churn_ordering *ordering, churn_list *list)
{
  churn_error error;
  assert_ok(churn_ordering_build(judged, scores, ordering, &error), &error);
  assert_ok(churn_list_build(judged, ordering, NULL, list, &error), &error);
}

static void clear(churn_ordering *ordering, churn_list *list)
{
  churn_list_clear(list);
  churn_ordering_clear(ordering);
}

/* What lies above `place` of a fold: a row with weight `higher` above it and `tied` at its score is
 * in by the share of the tied that the place reaches. Every row looks at every other. */
static churn_gain brute(const churn_judged *j, uint32_t fold, double place)
{
  churn_gain sum = {0, 0, 0};
  for (size_t i = 0; i < j->rows; i++) {
    double higher = 0, tied = 0;
    for (size_t k = 0; k < j->rows; k++)
      if (churn_judged_fold(j, i) == fold && churn_judged_fold(j, k) == fold) {
        higher += scores[k] > scores[i] ? churn_judged_weight(j, k) : 0;
        tied += scores[k] == scores[i] ? churn_judged_weight(j, k) : 0;
      }
    if (tied == 0)
      continue;
    double share = fmin(fmax((place - higher) / tied, 0), 1);
    double weight = share * churn_judged_weight(j, i);
    sum.rows += weight;
    sum.churners += weight * j->labels[i];
    sum.value += weight * churn_judged_loss(j, i);
  }
  return sum;
}

static void gains_equal_counting_row_by_row(void **state)
{
  (void)state;
  churn_ordering ordering;
  churn_list list = {0};
  churn_random random = churn_random_stream(1, 4);
  const double places[] = {0, 3.7, 11, 45.25, 1000};
  make_rows(&made, 140, 50, 2, &random);
  make_tied_scores(&made, 7, &random, scores);
  build(&made.judged, &ordering, &list);
  for (uint32_t f = 0; f < 2; f++) {
    churn_gain gains[5] = {{0, 0, 0}};
    churn_gain_add_fold(&list, f, NULL, places, 5, gains);
    for (int i = 0; i < 5; i++) {
      churn_gain expected = brute(&made.judged, f, places[i]);
      assert_close(gains[i].rows, expected.rows, 1e-12, 0);
      assert_close(gains[i].churners, expected.churners, 1e-12, 0);
      assert_close(gains[i].value, expected.value, 1e-12, 0);
    }
  }
  clear(&ordering, &list);
}

/* Two tied churners and a tied stayer at places 2 to 4; the place 3 is in the middle of them. In
 * all 3 orders of the stayer the first two hold 1, 1 or 2 churners: 4/3 on average. */
static void ties_are_shared_by_expectation(void **state)
{
  (void)state;
  const int8_t labels[] = {0, 1, 1, 0, 0, 1};
  const double values[] = {7.5, 2.25, NAN, 1.5, 3, 10.5}, place = 3;
  const double given[] = {0.9, 0.4, 0.4, 0.4, 0.1, -0.3};
  churn_judged judged = {.rows = 6, .labels = labels, .values = values};
  churn_ordering ordering;
  churn_list list = {0};
  churn_gain top = {0, 0, 0};
  for (int i = 0; i < 6; i++)
    scores[i] = given[i];
  build(&judged, &ordering, &list);
  churn_gain_add_fold(&list, 0, NULL, &place, 1, &top);
  churn_gain all = churn_gain_all(&list);
  assert_close(top.churners, 4.0 / 3, 1e-14, 0);
  assert_close(churn_gain_lift(top, all), 4.0 / 9 / 0.5, 1e-14, 0);
  assert_close(churn_gain_captured(top, all), 4.0 / 9, 1e-14, 0);
  assert_close(churn_gain_captured_value(top, all), 1.5 / 12.75, 1e-14, 0);
  clear(&ordering, &list);
}

static void curves_pass_through_exact_points(void **state)
{
  (void)state;
  churn_error error;
  churn_gain_point points[CHURN_GAIN_POINTS];
  churn_ordering ordering;
  churn_list list = {0};
  churn_random random = churn_random_stream(2, 4);
  make_rows(&made, 200, 60, 3, &random);
  make_tied_scores(&made, 9, &random, scores);
  build(&made.judged, &ordering, &list);
  churn_cluster_groups groups;
  assert_ok(churn_cluster_groups_deal(&made.judged, 1, 2, &groups, &error), &error);
  churn_list_clear(&list);
  assert_ok(churn_list_build(&made.judged, &ordering, groups.of, &list, &error), &error);
  assert_ok(churn_gain_curve(&made.judged, &list, &groups, 0.95, points, &error), &error);
  for (size_t i = 0; i < CHURN_GAIN_POINTS; i += 25) {
    churn_gain top = {0, 0, 0}, all = churn_gain_all(&list);
    for (uint32_t f = 0; f < 3; f++) {
      churn_gain part =
          brute(&made.judged, f, (double)i / 200 * churn_gain_of_fold(&list, f, NULL).rows);
      top.rows += part.rows;
      top.churners += part.churners;
      top.value += part.value;
    }
    assert_close(points[i].depth, (double)i / 200, 1e-15, 0);
    assert_close(points[i].captured, top.churners / all.churners, 1e-12, 0);
    assert_close(points[i].captured_value, top.value / all.value, 1e-12, 0);
    assert_close(points[i].false_positive_rate,
                 (top.rows - top.churners) / (all.rows - all.churners), 1e-12, 1e-14);
    if (i > 0)
      assert_close(points[i].precision, top.churners / top.rows, 1e-12, 0);
  }
  assert_true(points[0].precision == points[1].precision);
  churn_cluster_groups_clear(&groups);
  clear(&ordering, &list);
}

/* One bin of 200 equal probabilities, 30 churners. The variance between clusters with its n/(n - 1)
 * is that of 199 rows. R 4.2.2: n <- 199; p <- 0.15; z <- qnorm(0.975); (p + z^2/(2*n) + c(-1, 1) *
 * z*sqrt(p*(1-p)/n + z^2/(4*n^2)))/(1 + z^2/n). */
static void a_bin_of_independent_rows_has_wilsons_interval(void **state)
{
  (void)state;
  static int8_t labels[200];
  churn_calibration_bin bins[CHURN_CALIBRATION_BINS];
  size_t count;
  churn_error error;
  churn_judged judged = {.rows = 200, .labels = labels};
  for (int i = 0; i < 200; i++) {
    labels[i] = i % 20 < 3;
    scores[i] = -1.375;
  }
  assert_ok(
      churn_calibration_curve(&judged, scores, 0.95, CHURN_CALIBRATION_BINS, bins, &count, &error),
      &error);
  assert_int_equal(count, 1);
  assert_close(bins[0].rows, 200, 0, 0);
  assert_close(bins[0].observed, 0.15, 1e-14, 0);
  assert_close(bins[0].mean_probability, 1 / (1 + exp(1.375)), 1e-13, 0);
  assert_close(bins[0].interval.low, 0.10704451164263609, 1e-10, 0);
  assert_close(bins[0].interval.high, 0.20621225149700836, 1e-10, 0);
}

static void bins_hold_every_row_once_and_ties_together(void **state)
{
  (void)state;
  churn_calibration_bin bins[CHURN_CALIBRATION_BINS];
  size_t count;
  churn_error error;
  churn_random random = churn_random_stream(8, 4);
  make_rows(&made, 700, 300, 3, &random);
  made.judged.weights = NULL;
  for (uint32_t distinct = 3; distinct <= 2000; distinct *= 5) {
    make_tied_scores(&made, distinct, &random, scores);
    assert_ok(churn_calibration_curve(&made.judged, scores, 0.95, CHURN_CALIBRATION_BINS, bins,
                                      &count, &error),
              &error);
    double rows = 0, churners = 0, before = -1;
    for (size_t b = 0; b < count; b++) {
      rows += bins[b].rows;
      churners += bins[b].rows * bins[b].observed;
      assert_true(bins[b].mean_probability > before);
      assert_true(bins[b].interval.low <= bins[b].observed);
      assert_true(bins[b].interval.high >= bins[b].observed);
      before = bins[b].mean_probability;
    }
    double expected = 0;
    for (int i = 0; i < 700; i++)
      expected += made.labels[i];
    assert_close(rows, 700, 1e-14, 0);
    assert_close(churners, expected, 1e-12, 0);
    assert_true(distinct > 1000 ? count == CHURN_CALIBRATION_BINS : count >= 3);
  }
}

/* Every row there four times, as rows of one customer: the interval must be about that of a quarter
 * of the rows, where independent rows would halve it. */
static void repeated_rows_of_a_customer_do_not_narrow_a_bin(void **state)
{
  (void)state;
  churn_calibration_bin once[CHURN_CALIBRATION_BINS], four[CHURN_CALIBRATION_BINS];
  size_t count;
  churn_error error;
  churn_random random = churn_random_stream(9, 4);
  make_rows(&made, 400, 400, 1, &random);
  churn_judged judged = {.rows = 100, .labels = made.labels};
  for (size_t i = 0; i < 400; i++) {
    made.labels[i] = made.labels[i % 100];
    made.clusters[i] = (uint32_t)(i % 100);
    scores[i] = 0.25;
  }
  assert_ok(
      churn_calibration_curve(&judged, scores, 0.95, CHURN_CALIBRATION_BINS, once, &count, &error),
      &error);
  judged = (churn_judged){
      .rows = 400, .labels = made.labels, .clusters = made.clusters, .cluster_count = 100};
  assert_ok(
      churn_calibration_curve(&judged, scores, 0.95, CHURN_CALIBRATION_BINS, four, &count, &error),
      &error);
  assert_close(four[0].interval.low, once[0].interval.low, 1e-12, 0);
  assert_close(four[0].interval.high, once[0].interval.high, 1e-12, 0);
}

/* Nobody of 30 customers with three rows each churned: as sure as 30 rows can make one. R 4.2.2:
 * prop.test(0, 30, correct = FALSE)$conf.int. */
static void a_bin_without_churners_is_as_sure_as_its_customers(void **state)
{
  (void)state;
  static int8_t labels[90];
  static uint32_t clusters[90];
  churn_calibration_bin bins[CHURN_CALIBRATION_BINS];
  size_t count;
  churn_error error;
  churn_judged judged = {.rows = 90, .labels = labels, .clusters = clusters, .cluster_count = 30};
  for (uint32_t i = 0; i < 90; i++) {
    clusters[i] = i / 3;
    scores[i] = -2.385;
  }
  assert_ok(churn_calibration_curve(&judged, scores, 0.95, 10, bins, &count, &error), &error);
  assert_int_equal(count, 1);
  assert_int_equal(bins[0].count, 90);
  assert_int_equal(bins[0].churners, 0);
  assert_close(bins[0].interval.low, 0, 0, 1e-15);
  assert_close(bins[0].interval.high, 0.113513393173969, 1e-9, 0);
}

/* A row with weight w, or w equal rows of as many customers: the same bins. Customers have up to
 * two rows of one weight. */
static void repeated_rows_fill_bins_like_as_many_rows(void **state)
{
  (void)state;
  static made_rows longer;
  static double long_scores[MOST_JUDGED];
  churn_calibration_bin weighted[10], expanded[10];
  size_t counts[2], end = 0;
  uint32_t customers = 0;
  churn_error error;
  churn_random random = churn_random_stream(10, 4);
  make_rows(&made, 500, 500, 1, &random);
  make_tied_scores(&made, 60, &random, scores);
  for (size_t i = 0; i < 500; i++) {
    uint32_t copies = 1 + (uint32_t)(i / 2 % 5);
    made.weights[i] = copies;
    made.clusters[i] = (uint32_t)(i / 2);
    customers += i > 0 && i % 2 == 0 ? 1 + (uint32_t)((i / 2 - 1) % 5) : 0;
    for (uint32_t k = 0; k < copies; k++, end++) {
      longer.labels[end] = made.labels[i];
      longer.clusters[end] = customers + k;
      long_scores[end] = scores[i];
    }
  }
  churn_judged rows = {.rows = 500,
                       .labels = made.labels,
                       .weights = made.weights,
                       .repeated = true,
                       .clusters = made.clusters,
                       .cluster_count = 250};
  churn_judged all = {
      .rows = end, .labels = longer.labels, .clusters = longer.clusters, .cluster_count = 2000};
  assert_ok(churn_calibration_curve(&rows, scores, 0.95, 10, weighted, &counts[0], &error), &error);
  assert_ok(churn_calibration_curve(&all, long_scores, 0.95, 10, expanded, &counts[1], &error),
            &error);
  assert_int_equal(counts[0], counts[1]);
  for (size_t b = 0; b < counts[0]; b++) {
    assert_int_equal(weighted[b].count, expanded[b].count);
    assert_int_equal(weighted[b].churners, expanded[b].churners);
    assert_close(weighted[b].rows, expanded[b].rows, 0, 0);
    assert_close(weighted[b].observed, expanded[b].observed, 1e-12, 0);
    assert_close(weighted[b].mean_probability, expanded[b].mean_probability, 1e-12, 0);
    assert_close(weighted[b].interval.low, expanded[b].interval.low, 1e-9, 1e-15);
    assert_close(weighted[b].interval.high, expanded[b].interval.high, 1e-9, 0);
  }
}

/* Two routes to the same bins: rows sorted as one list, and cuts through the folds' lists; with
 * ties within folds and across them, folds without rows, several rows a customer, and weights. */
static void bins_of_folds_are_those_of_one_list(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(17, 3);
  churn_error error;
  for (uint32_t folds = 1; folds <= 13; folds += 3)
    for (uint32_t distinct = 1; distinct <= 1000; distinct *= 10)
      for (int weighted = 0; weighted < 2; weighted++) {
        churn_ordering by_fold = {0};
        churn_calibration_bin one[CHURN_CALIBRATION_BINS], cut[CHURN_CALIBRATION_BINS];
        double weights[611];
        size_t counts[2] = {0, 0};
        make_rows(&made, 611, 200, folds, &random);
        make_tied_scores(&made, distinct, &random, scores);
        made.judged.fold_count += 2;
        for (size_t i = 0; i < 611; i++)
          weights[i] = 0.385 + (double)churn_random_below(&random, 7);
        made.judged.weights = weighted ? weights : NULL;
        assert_ok(churn_ordering_build(&made.judged, scores, &by_fold, &error), &error);
        assert_ok(churn_calibration_curve(&made.judged, scores, 0.95, CHURN_CALIBRATION_BINS, one,
                                          &counts[0], &error),
                  &error);
        assert_ok(churn_calibration_curve_of(&made.judged, &by_fold, scores, 0.95,
                                             CHURN_CALIBRATION_BINS, cut, &counts[1], &error),
                  &error);
        assert_int_equal(counts[0], counts[1]);
        for (size_t b = 0; b < counts[0]; b++) {
          assert_int_equal(one[b].count, cut[b].count);
          assert_int_equal(one[b].churners, cut[b].churners);
          assert_close(cut[b].rows, one[b].rows, 1e-12, 0);
          assert_close(cut[b].mean_probability, one[b].mean_probability, 1e-12, 0);
          assert_close(cut[b].observed, one[b].observed, 1e-12, 0);
          assert_close(cut[b].interval.low, one[b].interval.low, 1e-9, 1e-15);
          assert_close(cut[b].interval.high, one[b].interval.high, 1e-9, 0);
        }
        churn_ordering_clear(&by_fold);
      }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gains_equal_counting_row_by_row),
      cmocka_unit_test(ties_are_shared_by_expectation),
      cmocka_unit_test(bins_of_folds_are_those_of_one_list),
      cmocka_unit_test(curves_pass_through_exact_points),
      cmocka_unit_test(a_bin_of_independent_rows_has_wilsons_interval),
      cmocka_unit_test(bins_hold_every_row_once_and_ties_together),
      cmocka_unit_test(repeated_rows_of_a_customer_do_not_narrow_a_bin),
      cmocka_unit_test(a_bin_without_churners_is_as_sure_as_its_customers),
      cmocka_unit_test(repeated_rows_fill_bins_like_as_many_rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
