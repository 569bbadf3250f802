/* Intervals of the points of gain, ROC and precision-recall curves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/curves.h"
#include "evaluate/linear.h"
#include "judged.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAST = CHURN_GAIN_POINTS - 1 };

static made_rows made;
static double scores[MOST_JUDGED];
static churn_gain_point points[CHURN_GAIN_POINTS];

static void curve_of(const churn_judged *judged, churn_cluster_groups *groups, churn_list *list,
                     churn_ordering *ordering)
{
  churn_error error = {0};
  assert_ok(churn_ordering_build(judged, scores, ordering, &error), &error);
  assert_ok(churn_cluster_groups_deal(judged, 3, 4, groups, &error), &error);
  assert_ok(churn_list_build(judged, ordering, groups->of, list, &error), &error);
  assert_ok(churn_gain_curve(judged, list, groups, 0.95, points, &error), &error);
}

static void clear(churn_cluster_groups *groups, churn_list *list, churn_ordering *ordering)
{
  churn_cluster_groups_clear(groups);
  churn_list_clear(list);
  churn_ordering_clear(ordering);
}

/* The share of row i above depth d of its fold, ties by expectation, by looking at every row. */
static double share_above(const churn_judged *j, size_t i, double depth)
{
  double all = 0, over = 0, tied = 0;
  for (size_t k = 0; k < j->rows; k++) {
    double weight = churn_judged_weight(j, k);
    if (churn_judged_fold(j, k) != churn_judged_fold(j, i))
      continue;
    all += weight;
    over += scores[k] > scores[i] ? weight : 0;
    tied += scores[k] == scores[i] ? weight : 0;
  }
  return fmin(fmax((depth * all - over) / tied, 0), 1);
}

typedef struct figures {
  double rows, churners, value;
} figures;

static figures above_by_definition(const churn_judged *j, double depth, figures *of_cluster)
{
  figures all = {0, 0, 0};
  for (size_t i = 0; i < j->rows; i++) {
    double weight = churn_judged_weight(j, i) * share_above(j, i, depth);
    figures *c = &of_cluster[churn_judged_cluster(j, i)];
    const figures row = {weight, j->labels[i] ? weight : 0, weight * churn_judged_loss(j, i)};
    c->rows += row.rows;
    c->churners += row.churners;
    c->value += row.value;
    all.rows += row.rows;
    all.churners += row.churners;
    all.value += row.value;
  }
  return all;
}

static void check_interval(churn_interval interval, double share, double variance, double clusters)
{
  churn_interval expected = churn_share_interval(share, variance, clusters, 0.95);
  assert_close(interval.low, expected.low, 1e-9, 1e-11);
  assert_close(interval.high, expected.high, 1e-9, 1e-11);
}

/* The formulas of linear.h, customer by customer, for one point. */
static void check_point(const churn_judged *j, size_t point, double clusters)
{
  static figures all_of[MOST_JUDGED], top_of[MOST_JUDGED], unused[MOST_JUDGED];
  memset(all_of, 0, sizeof all_of);
  memset(top_of, 0, sizeof top_of);
  double d = (double)point / LAST, half = fmax(1, round(100 / cbrt((double)j->rows))) / LAST;
  double upper_depth = fmax(d - half, 0), lower_depth = fmin(d + half, 1);
  figures all = above_by_definition(j, 1, all_of), top = above_by_definition(j, d, top_of);
  figures upper = above_by_definition(j, upper_depth, unused);
  figures lower = above_by_definition(j, lower_depth, unused);
  double r = (lower.churners - upper.churners) / (lower.rows - upper.rows);
  double q = (lower.value - upper.value) / (lower.rows - upper.rows);
  double c = top.churners / all.churners, m = top.value / all.value, p = top.churners / top.rows;
  double u = (top.rows - top.churners) / (all.rows - all.churners);
  double v[4] = {0};
  for (size_t i = 0; i < MOST_JUDGED; i++) {
    figures t = top_of[i], a = all_of[i];
    double z[4] = {
        (t.churners - r * (t.rows - d * a.rows) - c * a.churners) / all.churners,
        (t.value - q * (t.rows - d * a.rows) - m * a.value) / all.value,
        (t.churners - r * (t.rows - d * a.rows) - p * d * a.rows) / (d * all.rows),
        (t.churners - c * a.churners -
         r / (1 - r) * (t.rows - t.churners - u * (a.rows - a.churners))) /
            all.churners,
    };
    for (int k = 0; k < 4; k++)
      v[k] += z[k] * z[k] * clusters / (clusters - 1);
  }
  check_interval(points[point].captured_interval, c, v[0], clusters);
  check_interval(points[point].captured_value_interval, m, v[1], clusters);
  check_interval(points[point].precision_interval, p, v[2], d * clusters);
  check_interval(points[point].true_positive_interval, c, v[3], clusters);
}

static void they_are_what_the_definition_says(void **state)
{
  (void)state;
  static const uint32_t distinct[] = {1, 7, 1000};
  for (size_t i = 0; i < 3; i++) {
    churn_random random = churn_random_stream(21, i);
    churn_cluster_groups groups;
    churn_ordering ordering;
    churn_list list = {0};
    make_rows(&made, 450, 70, 2, &random);
    make_tied_scores(&made, distinct[i], &random, scores);
    curve_of(&made.judged, &groups, &list, &ordering);
    assert_true(groups.clusters == groups.count && groups.count <= 70);
    for (size_t point = 3; point < LAST; point += 49)
      check_point(&made.judged, point, groups.count);
    clear(&groups, &list, &ordering);
  }
}

/* Where all are contacted, and nobody is, the shares are known; the precision of all is a rate. */
static void the_ends_are_known(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(8, 1);
  churn_cluster_groups groups;
  churn_ordering ordering;
  churn_list list = {0};
  make_rows(&made, 600, 600, 1, &random);
  make_tied_scores(&made, 400, &random, scores);
  made.judged.weights = NULL;
  made.judged.clusters = NULL;
  curve_of(&made.judged, &groups, &list, &ordering);
  assert_true(points[0].captured_interval.high == 0 && points[LAST].captured_interval.low == 1);
  assert_true(points[0].precision_interval.low == points[1].precision_interval.low);
  double rate = points[LAST].precision;
  /* as the calibration curve's bins: n/(n - 1) */
  churn_interval expected = churn_share_interval(rate, rate * (1 - rate) / 599, 600, 0.95);
  assert_close(points[LAST].precision_interval.low, expected.low, 1e-9, 0);
  assert_close(points[LAST].precision_interval.high, expected.high, 1e-9, 0);
  clear(&groups, &list, &ordering);
}

/* Scores that know nothing: who is above the cut is a sample of the rows, so precision is binomial
 * in the rows above, and the share captured as sure as that of A / (1 - rate) draws (the variance
 * of a hypergeometric count over its square). What lies at the cut is looked for within 4 % of the
 * rows, so 6 % of a width are allowed. */
static void independent_rows_of_no_order_are_binomial(void **state)
{
  (void)state;
  churn_random random = churn_random_stream(9, 1);
  churn_cluster_groups groups;
  churn_ordering ordering;
  churn_list list = {0};
  make_rows(&made, MOST_JUDGED, MOST_JUDGED, 1, &random);
  made.judged.weights = NULL;
  made.judged.clusters = NULL;
  double churners = 0;
  for (size_t i = 0; i < MOST_JUDGED; i++) {
    scores[i] = draw_normal(&random);
    churners += made.labels[i];
  }
  curve_of(&made.judged, &groups, &list, &ordering);
  for (size_t i = 20; i < LAST; i += 45) {
    const churn_gain_point *p = &points[i];
    double rows = p->depth * MOST_JUDGED, rate = churners / MOST_JUDGED;
    churn_interval precision =
        churn_share_interval(p->precision, p->precision * (1 - p->precision) / rows, rows, 0.95);
    churn_interval captured = churn_share_interval(
        p->captured, p->captured * (1 - p->captured) * (1 - rate) / churners, rows, 0.95);
    assert_close(p->precision_interval.high - p->precision_interval.low,
                 precision.high - precision.low, 0.06, 0);
    assert_close(p->captured_interval.high - p->captured_interval.low, captured.high - captured.low,
                 0.06, 0);
  }
  clear(&groups, &list, &ordering);
}

/* Share of churners where `rate` of the stayers are contacted, between the points. */
static double captured_at(const churn_gain *gains, churn_gain all, double rate)
{
  size_t i = 1;
  double stayers = all.rows - all.churners;
  while (i < LAST && gains[i].rows - gains[i].churners < rate * stayers)
    i++;
  double high = gains[i].rows - gains[i].churners, low = gains[i - 1].rows - gains[i - 1].churners;
  double part = (rate * stayers - low) / (high - low);
  return (gains[i - 1].churners + part * (gains[i].churners - gains[i - 1].churners)) /
         all.churners;
}

/* Gains at all points of rows drawn anew, customers whole. */
static churn_gain draw_gains(const churn_list *list, const double *multiples, churn_gain *gains)
{
  double places[CHURN_GAIN_POINTS];
  churn_gain all = {0, 0, 0};
  memset(gains, 0, sizeof *gains * CHURN_GAIN_POINTS);
  for (uint32_t f = 0; f < list->folds; f++) {
    churn_gain of_fold = churn_gain_of_fold(list, f, multiples);
    for (size_t i = 0; i <= LAST; i++)
      places[i] = (double)i / LAST * of_fold.rows;
    churn_gain_add_fold(list, f, multiples, places, CHURN_GAIN_POINTS, gains);
    all.rows += of_fold.rows;
    all.churners += of_fold.churners;
    all.value += of_fold.value;
  }
  return all;
}

/* Customers with rows in several folds that lean one way, and scores that know it: the spread of
 * 2000 draws is known to 1.6 %, what lies at the cut adds some; 10 % are allowed. At the first
 * depth there are a handful of stayers, too few for the ROC curve between its points. */
static void they_meet_the_spread_of_a_bootstrap(void **state)
{
  (void)state;
  enum { ROWS = MOST_JUDGED, CUSTOMERS = 500, DRAWS = 2000 };
  static const size_t chosen[] = {10, 20, 60, 120};
  static churn_gain gains[CHURN_GAIN_POINTS];
  double sums[4][4] = {{0}}, squares[4][4] = {{0}}, leaning = 0, multiples[CUSTOMERS];
  churn_random random = churn_random_stream(10, 1);
  churn_cluster_groups groups;
  churn_ordering ordering;
  churn_list list = {0};
  make_rows(&made, ROWS, CUSTOMERS, 2, &random);
  made.judged.cluster_count = CUSTOMERS;
  for (size_t i = 0; i < ROWS; i++) {
    leaning = i % 4 == 0 ? draw_normal(&random) : leaning;
    made.clusters[i] = (uint32_t)(i / 4);
    made.folds[i] = i % 2;
    made.labels[i] = draw_unit(&random) < 1 / (1 + exp(0.9 - 1.4 * leaning));
    made.values[i] = 20 * draw_unit(&random) + 5;
    scores[i] = leaning + 0.7 * draw_normal(&random);
  }
  curve_of(&made.judged, &groups, &list, &ordering);
  for (int draw = 0; draw < DRAWS; draw++) {
    memset(multiples, 0, sizeof multiples);
    for (int i = 0; i < CUSTOMERS; i++)
      multiples[churn_random_below(&random, CUSTOMERS)]++;
    churn_gain all = draw_gains(&list, multiples, gains);
    for (int k = 0; k < 4; k++) {
      churn_gain top = gains[chosen[k]];
      double drawn[4] = {top.churners / all.churners, top.value / all.value,
                         top.churners / top.rows,
                         captured_at(gains, all, points[chosen[k]].false_positive_rate)};
      for (int m = 0; m < 4; m++) {
        sums[k][m] += drawn[m] / DRAWS;
        squares[k][m] += drawn[m] * drawn[m] / DRAWS;
      }
    }
  }
  for (int k = 0; k < 4; k++) {
    const churn_gain_point *p = &points[chosen[k]];
    const churn_interval intervals[4] = {p->captured_interval, p->captured_value_interval,
                                         p->precision_interval, p->true_positive_interval};
    const double values[4] = {p->captured, p->captured_value, p->precision, p->captured};
    for (int m = 0; m < (k == 0 ? 3 : 4); m++) {
      churn_interval drawn =
          churn_share_interval(values[m], squares[k][m] - sums[k][m] * sums[k][m], 1, 0.95);
      print_message("depth %.2f, figure %d: width %.4f, of draws %.4f\n", p->depth, m,
                    intervals[m].high - intervals[m].low, drawn.high - drawn.low);
      assert_close(intervals[m].high - intervals[m].low, drawn.high - drawn.low, 0.1, 0);
    }
  }
  clear(&groups, &list, &ordering);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(they_are_what_the_definition_says),
      cmocka_unit_test(the_ends_are_known),
      cmocka_unit_test(independent_rows_of_no_order_are_binomial),
      cmocka_unit_test(they_meet_the_spread_of_a_bootstrap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
