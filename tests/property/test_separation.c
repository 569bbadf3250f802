/* Separation is found exactly when it is there: thousands of small sets on an integer grid, where
 * the truth can be worked out exactly.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"
#include "made_up.h"

#include <stdlib.h>

enum { SETS = 20000, MOST_ROWS = 40 };

typedef struct grid_set {
  size_t rows;
  int x[MOST_ROWS][2];
  int y[MOST_ROWS];
  double weight[2]; /* of the rows of each label */
  double reach;     /* offsets are from -reach to reach; 0 = none */
  double side[MOST_ROWS];
} grid_set;

static grid_set draw(uint64_t *stream)
{
  grid_set s = {.rows = 6 + (size_t)(uniform(stream) * 34), .weight = {1, 1}};
  int width = 2 + (int)(uniform(stream) * 9);
  double slope = 4 * uniform(stream), noise = 0.05 + uniform(stream);
  for (size_t i = 0; i < s.rows; i++) {
    s.x[i][0] = (int)(uniform(stream) * width);
    s.x[i][1] = (int)(uniform(stream) * 2 * width) - width;
    double eta = slope * (s.x[i][0] - 0.5 * width) - s.x[i][1] + 0.3;
    s.y[i] = uniform(stream) < 1 / (1 + exp(-eta / noise));
  }
  return s;
}

/* Whether c0 + c1 x1 + c2 x2, or its negative, is on the right side, or 0, for every row and not 0
 * for all. */
static bool separates(const grid_set *s, int c0, int c1, int c2)
{
  bool right = true, left = true, some = false;
  for (size_t i = 0; i < s->rows; i++) {
    int side = (c0 + c1 * s->x[i][0] + c2 * s->x[i][1]) * (s->y[i] == 1 ? 1 : -1);
    right = right && side >= 0;
    left = left && side <= 0;
    some = some || side != 0;
  }
  return some && (right || left);
}

/* The separating directions form a cone; when the points do not lie on one line it is pointed, so
 * where there is one direction there is one whose line goes through two of the points. */
static bool is_separated(const grid_set *s)
{
  for (size_t i = 0; i < s->rows; i++)
    for (size_t j = 0; j < i; j++) {
      int c1 = s->x[i][1] - s->x[j][1], c2 = s->x[j][0] - s->x[i][0];
      if ((c1 != 0 || c2 != 0) && separates(s, -(c1 * s->x[i][0] + c2 * s->x[i][1]), c1, c2))
        return true;
    }
  return false;
}

static bool is_regular(const grid_set *s)
{
  int ones = 0;
  bool plane = false;
  for (size_t i = 0; i < s->rows; i++) {
    ones += s->y[i];
    for (size_t j = 1; j < s->rows; j++) {
      int a = s->x[j][0] - s->x[0][0], b = s->x[j][1] - s->x[0][1];
      plane = plane || a * (s->x[i][1] - s->x[0][1]) != b * (s->x[i][0] - s->x[0][0]);
    }
  }
  return plane && ones > 0 && ones < (int)s->rows;
}

static churn_fit_report fit(const grid_set *s)
{
  double coefficients[3], covariance[9], means[2], deviations[2];
  churn_fit_result result = {coefficients, covariance, means, deviations};
  churn_fit_report report;
  churn_error error;
  churn_run run = {.threads = 1};
  churn_matrix *m = matrix_of(s->rows, 2);
  if (s->reach > 0)
    assert_ok(churn_matrix_add_offset(m, &error), &error);
  for (size_t i = 0; i < s->rows; i++) {
    m->y[i] = s->y[i];
    m->weight[i] = s->weight[s->y[i]];
    if (s->reach > 0)
      m->offset[i] = s->reach * s->side[i];
    *cell_of(m, i, 0) = s->x[i][0];
    *cell_of(m, i, 1) = s->x[i][1];
  }
  assert_ok(churn_fit_logistic(m, NULL, &run, &result, &report, &error), &error);
  churn_matrix_free(m);
  return report;
}

static void tell(size_t set, const grid_set *s, bool truth, const churn_fit_report *report)
{
  print_error("set %zu, %zu rows, separated %d: stopped by %s after %u, gradient %g\n", set,
              s->rows, truth, churn_stop_name(report->stopped_by), report->iterations,
              report->max_gradient);
}

static void separation_is_found_exactly_when_it_is_there(void **state)
{
  (void)state;
  uint64_t stream = 20240611;
  size_t separated = 0, others = 0;
  for (size_t i = 0; i < SETS; i++) {
    grid_set s = draw(&stream);
    if (!is_regular(&s))
      continue;
    bool truth = is_separated(&s);
    churn_fit_report report = fit(&s);
    if ((report.stopped_by == CHURN_STOP_SEPARATION) != truth || report.converged == truth)
      tell(i, &s, truth, &report);
    assert_true((report.stopped_by == CHURN_STOP_SEPARATION) == truth);
    assert_true(report.converged != truth);
    separated += truth;
    others += !truth;
  }
  assert_true(separated > SETS / 5);
  assert_true(others > SETS / 5);
}

/* An offset moves where the maximum is, not whether there is one: not even where it puts every row
 * on its right side, so that the loss is small without any column. */
static void an_offset_separates_nothing(void **state)
{
  (void)state;
  uint64_t stream = 31;
  size_t separated = 0, others = 0;
  for (size_t i = 0; i < SETS; i++) {
    grid_set s = draw(&stream);
    bool tells = i % 4 == 0;
    s.reach = tells ? 6 + 4 * uniform(&stream) : 0.1 + 3 * uniform(&stream);
    for (size_t r = 0; r < s.rows; r++)
      s.side[r] = tells ? (s.y[r] == 1 ? 1 : -1) : 2 * uniform(&stream) - 1;
    if (!is_regular(&s))
      continue;
    bool truth = is_separated(&s);
    churn_fit_report report = fit(&s);
    if ((report.stopped_by == CHURN_STOP_SEPARATION) != truth || report.converged == truth)
      tell(i, &s, truth, &report);
    assert_true((report.stopped_by == CHURN_STOP_SEPARATION) == truth);
    assert_true(report.converged != truth);
    separated += truth;
    others += !truth;
  }
  assert_true(separated > SETS / 5);
  assert_true(others > SETS / 5);
}

/* Weights do not change the truth, but make the outcome as rare as one in a million, where the
 * arithmetic may run out first. What is said must be true; saying nothing must be rare. */
static void under_extreme_weights_nothing_false_is_said(void **state)
{
  (void)state;
  uint64_t stream = 10;
  size_t silent = 0;
  for (size_t i = 0; i < SETS; i++) {
    grid_set s = draw(&stream);
    s.weight[0] = pow(10, 6 * uniform(&stream));
    s.weight[1] = uniform(&stream) < 0.8 ? 1 : pow(10, 4 * uniform(&stream));
    if (!is_regular(&s))
      continue;
    bool truth = is_separated(&s);
    churn_fit_report report = fit(&s);
    bool said = report.stopped_by == CHURN_STOP_SEPARATION;
    if ((said && !truth) || (report.converged && truth))
      tell(i, &s, truth, &report);
    assert_false(said && !truth);
    assert_false(report.converged && truth);
    silent += !said && !report.converged;
  }
  assert_int_equal(silent, 0);
}

/* A thousand rows on each side of 0, and one row `depth` into the wrong side: the maximum exists
 * however far out it is. */
static void one_row_on_the_wrong_side_is_enough_for_a_maximum(void **state)
{
  (void)state;
  static const double depths[] = {1.5, 0.3, 0.01, 1e-4};
  double coefficients[2], covariance[4], mean, deviation;
  churn_fit_result result = {coefficients, covariance, &mean, &deviation};
  for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
    churn_matrix *m = matrix_of(2001, 1);
    churn_fit_report report;
    churn_error error;
    for (size_t r = 0; r < 2000; r++) {
      m->y[r] = r >= 1000;
      *cell_of(m, r, 0) = r >= 1000 ? 0.001 * (double)(r - 1000) : -0.001 * (double)(r + 1);
    }
    *cell_of(m, 2000, 0) = depths[d]; /* label 0 */
    assert_ok(churn_fit_logistic(m, NULL, NULL, &result, &report, &error), &error);
    assert_int_equal(report.stopped_by, CHURN_STOP_GRADIENT);
    churn_matrix_free(m);
  }
}

/* A tenth of a million rows told apart by one column of six, but for nothing else. */
static void complete_separation_of_many_rows_names_the_column(void **state)
{
  (void)state;
  double coefficients[7], covariance[49], means[6], deviations[6];
  churn_fit_result result = {coefficients, covariance, means, deviations};
  churn_fit_report report;
  churn_error error;
  churn_matrix *m = made_up(100000, 6, 4);
  for (size_t r = 0; r < m->rows; r++)
    *cell_of(m, r, 3) = (m->y[r] > 0 ? 5 : 2) + 2.9 * (double)(r % 1000) / 1000;
  assert_ok(churn_fit_logistic(m, NULL, NULL, &result, &report, &error), &error);
  assert_int_equal(report.stopped_by, CHURN_STOP_SEPARATION);
  assert_int_equal(report.separating_column, 3);
  assert_false(report.converged);
  churn_matrix_free(m);
}

/* A rare flag set for churners only, among a hundred thousand rows: quasi-complete. With one stayer
 * among them there is a maximum. */
static void a_rare_flag_that_only_churners_have_is_named(void **state)
{
  (void)state;
  double coefficients[7], covariance[49], means[6], deviations[6];
  churn_fit_result result = {coefficients, covariance, means, deviations};
  for (int stayers = 0; stayers < 2; stayers++) {
    churn_fit_report report;
    churn_error error;
    churn_matrix *m = made_up(100000, 6, 9);
    int left = 12, others = stayers;
    for (size_t r = 0; r < m->rows; r++) {
      bool set = m->y[r] > 0 ? left-- > 0 : others-- > 0;
      *cell_of(m, r, 5) = set;
    }
    assert_ok(churn_fit_logistic(m, NULL, NULL, &result, &report, &error), &error);
    assert_int_equal(report.stopped_by, stayers == 0 ? CHURN_STOP_SEPARATION : CHURN_STOP_GRADIENT);
    if (stayers == 0)
      assert_int_equal(report.separating_column, 5);
    churn_matrix_free(m);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(separation_is_found_exactly_when_it_is_there),
      cmocka_unit_test(an_offset_separates_nothing),
      cmocka_unit_test(under_extreme_weights_nothing_false_is_said),
      cmocka_unit_test(one_row_on_the_wrong_side_is_enough_for_a_maximum),
      cmocka_unit_test(complete_separation_of_many_rows_names_the_column),
      cmocka_unit_test(a_rare_flag_that_only_churners_have_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
