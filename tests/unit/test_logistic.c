/* The fit's answers where they are known in closed form, its report, and what it refuses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"
#include "made_up.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

typedef struct fitted {
  churn_status status;
  churn_error error;
  churn_fit_report report;
  double coefficients[MOST + 1];
  double covariance[(MOST + 1) * (MOST + 1)];
  double means[MOST];
  double deviations[MOST];
} fitted;

/* Uses the matrix up. */
static fitted fit(churn_matrix *m, const churn_fit_settings *settings)
{
  fitted f = {.status = CHURN_OK};
  churn_fit_result result = {f.coefficients, f.covariance, f.means, f.deviations};
  f.status = churn_fit_logistic(m, settings, NULL, &result, &f.report, &f.error);
  churn_matrix_free(m);
  return f;
}

/* Rows with x = 0: so many stay, so many leave; then those with x = 1. */
static churn_matrix *table_of(size_t stay0, size_t leave0, size_t stay1, size_t leave1)
{
  churn_matrix *m = matrix_of(stay0 + leave0 + stay1 + leave1, 1);
  for (size_t r = 0; r < m->rows; r++) {
    bool flagged = r >= stay0 + leave0;
    *cell_of(m, r, 0) = flagged;
    m->y[r] = flagged ? r >= stay0 + leave0 + stay1 : r >= stay0;
  }
  return m;
}

/* 2 x 2 table: rows with x = 0: 30 stay, 12 leave; x = 1: 7 stay, 19 leave. */
static churn_matrix *two_by_two(void)
{
  return table_of(30, 12, 7, 19);
}

/* The first Newton step from the rare overall rate is some 75 long, past the answer of 4.9: without
 * halving f would rise. */
static void a_first_step_far_too_long_is_halved(void **state)
{
  (void)state;
  fitted f = fit(table_of(9990, 10, 60, 40), NULL);
  assert_ok(f.status, &f.error);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
  assert_close(f.coefficients[0], log(10.0 / 9990), 1e-12, 0);
  assert_close(f.coefficients[1], log(40.0 / 60) - log(10.0 / 9990), 1e-12, 0);
}

/* Here the first step is in the right direction, and so long that the flagged rows lose all their
 * curvature. */
static void a_rare_flag_of_a_rare_outcome_is_named_as_separating(void **state)
{
  (void)state;
  fitted f = fit(table_of(99970, 30, 0, 12), NULL);
  assert_ok(f.status, &f.error);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_SEPARATION);
  assert_int_equal(f.report.separating_column, 0);
  assert_true(f.report.iterations < 30);
  assert_close(f.coefficients[0], log(30.0 / 99970), 1e-8, 0);
}

/* Under separation the gradient falls below any tolerance; that is no maximum. */
static void a_small_gradient_does_not_hide_separation(void **state)
{
  (void)state;
  static const double tolerances[] = {1e-2, 1e-4, 1e-7};
  for (size_t i = 0; i < 3; i++) {
    fitted f =
        fit(table_of(300, 120, 0, 45), &(churn_fit_settings){.gradient_tolerance = tolerances[i]});
    assert_ok(f.status, &f.error);
    assert_int_equal(f.report.stopped_by, CHURN_STOP_SEPARATION);
    assert_false(f.report.converged);
  }
}

/* The maximum has the cells' own log odds; the variance of a log odds is 1/a + 1/b, and the
 * difference of two adds theirs. */
static void a_two_by_two_table_has_its_own_log_odds(void **state)
{
  (void)state;
  fitted f = fit(two_by_two(), NULL);
  assert_ok(f.status, &f.error);
  assert_close(f.coefficients[0], log(12.0 / 30), 1e-13, 0);
  assert_close(f.coefficients[1], log(19.0 / 7) - log(12.0 / 30), 1e-13, 0);
  double base = 1.0 / 12 + 1.0 / 30, other = 1.0 / 19 + 1.0 / 7;
  assert_close(f.covariance[0], base, 1e-12, 0);
  assert_close(f.covariance[1], -base, 1e-12, 0);
  assert_close(f.covariance[2], -base, 1e-12, 0);
  assert_close(f.covariance[3], base + other, 1e-12, 0);
  assert_close(f.means[0], 26.0 / 68, 1e-15, 0);
  assert_close(f.deviations[0], sqrt(26.0 * 42) / 68, 1e-15, 0);
}

static void the_report_tells_the_likelihoods_and_why_it_stopped(void **state)
{
  (void)state;
  fitted f = fit(two_by_two(), NULL);
  double full = 12 * log(12.0 / 42) + 30 * log(30.0 / 42) + 19 * log(19.0 / 26) + 7 * log(7.0 / 26);
  double null = 31 * log(31.0 / 68) + 37 * log(37.0 / 68);
  assert_close(f.report.log_likelihood, full, 1e-14, 0);
  assert_close(f.report.null_log_likelihood, null, 1e-14, 0);
  assert_close(f.report.objective, -full / 68, 1e-14, 0);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
  assert_true(f.report.converged);
  assert_true(f.report.max_gradient < 1e-14);
  assert_true(f.report.iterations >= 3 && f.report.iterations <= 8);
}

static void every_reason_to_stop_has_its_name(void **state)
{
  (void)state;
  assert_string_equal(churn_stop_name(CHURN_STOP_GRADIENT), "gradient");
  assert_string_equal(churn_stop_name(CHURN_STOP_NO_PROGRESS), "no_progress");
  assert_string_equal(churn_stop_name(CHURN_STOP_ITERATIONS), "iteration_limit");
  assert_string_equal(churn_stop_name(CHURN_STOP_SEPARATION), "separation");
}

/* Without columns the intercept is the log odds of the weights, variance 1 / (W p (1 - p)). */
static void a_matrix_without_columns_gives_the_log_odds(void **state)
{
  (void)state;
  churn_matrix *m = matrix_of(300, 0);
  for (size_t r = 0; r < 300; r++) {
    m->y[r] = r % 4 == 0;
    m->weight[r] = r % 4 == 0 ? 1.5 : 0.7;
  }
  fitted f = fit(m, NULL);
  assert_ok(f.status, &f.error);
  double ones = 75 * 1.5, zeros = 225 * 0.7;
  assert_close(f.coefficients[0], log(ones / zeros), 1e-13, 0);
  assert_close(f.covariance[0], 1 / ones + 1 / zeros, 1e-13, 0);
  assert_close(f.report.log_likelihood, f.report.null_log_likelihood, 1e-14, 0);
  assert_true(f.report.converged);
}

static void few_iterations_end_at_the_limit_and_are_no_error(void **state)
{
  (void)state;
  fitted f = fit(made_up(2000, 6, 12), &(churn_fit_settings){.max_iterations = 2});
  assert_ok(f.status, &f.error);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_ITERATIONS);
  assert_int_equal(f.report.iterations, 2);
  assert_false(f.report.converged);
  assert_true(f.report.max_gradient > 1e-10);
}

/* Etas of some 20, made of terms that nearly cancel, and churners that weigh 4000 times as much: f
 * is rounded more coarsely than the last steps change it. */
static void a_coarsely_rounded_objective_does_not_hold_up_the_last_steps(void **state)
{
  (void)state;
  static const int rows[][3] = {
      {1, 0, 0},  {1, 0, 0},  {1, -1, 1}, {0, -1, 1}, {0, -2, 1}, {0, 1, 0}, {0, 0, 0},  {1, 1, 0},
      {0, -1, 1}, {1, -2, 1}, {0, -2, 1}, {1, 1, 0},  {1, 1, 1},  {1, 1, 0}, {1, -1, 1}, {0, -1, 0},
      {0, -1, 1}, {0, -2, 1}, {0, 0, 0},  {0, 1, 0},  {1, -1, 1}, {0, 0, 0}};
  for (int i = 0; i < 300; i++) {
    churn_matrix *m = matrix_of(22, 2);
    for (size_t r = 0; r < 22; r++) {
      *cell_of(m, r, 0) = rows[r][0];
      *cell_of(m, r, 1) = rows[r][1];
      m->y[r] = rows[r][2];
      m->weight[r] = rows[r][2] == 1 ? 4000 + 0.37 * i : 1;
    }
    fitted f = fit(m, NULL);
    assert_ok(f.status, &f.error);
    assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
    assert_true(f.report.iterations < 12);
  }
}

/* A gradient below any rounding cannot be reached; the fit then ends by itself, at the maximum. */
static void a_tolerance_below_rounding_ends_without_progress_but_converged(void **state)
{
  (void)state;
  fitted f = fit(made_up(2000, 6, 12), &(churn_fit_settings){.gradient_tolerance = 1e-30});
  assert_ok(f.status, &f.error);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_NO_PROGRESS);
  assert_true(f.report.converged);
  assert_true(f.report.max_gradient < 1e-14);
  assert_true(f.report.iterations < 20);
}

static void a_ridge_shrinks_slopes_and_leaves_the_mean_probability(void **state)
{
  (void)state;
  churn_matrix *m = made_up(2000, 5, 6), *same = matrix_copy(m), *again = matrix_copy(m);
  double share = 0, mean = 0;
  for (size_t r = 0; r < m->rows; r++)
    share += m->y[r] / (double)m->rows;
  fitted free_fit = fit(same, NULL);
  fitted f = fit(m, &(churn_fit_settings){.ridge_lambda = 0.37});
  double ours = 0, theirs = 0;
  for (size_t c = 0; c < 5; c++) {
    ours += pow(f.coefficients[c + 1] * f.deviations[c], 2);
    theirs += pow(free_fit.coefficients[c + 1] * f.deviations[c], 2);
  }
  assert_true(ours < 0.5 * theirs && ours > 0);
  for (size_t r = 0; r < again->rows; r++) {
    double eta = f.coefficients[0];
    for (size_t c = 0; c < 5; c++)
      eta += f.coefficients[c + 1] * *cell_of(again, r, c);
    mean += 1 / (1 + exp(-eta)) / (double)again->rows;
  }
  assert_close(mean, share, 1e-12, 0);
  assert_close(f.report.objective, -f.report.log_likelihood / 2000 + 0.37 / 2 * ours, 1e-13, 0);
  churn_matrix_free(again);
}

/* x = 0 for stayers, 1 for churners. */
static void complete_separation_stops_with_its_column(void **state)
{
  (void)state;
  churn_matrix *m = made_up(500, 4, 17);
  for (size_t r = 0; r < m->rows; r++)
    *cell_of(m, r, 2) = m->y[r];
  fitted f = fit(m, NULL);
  assert_ok(f.status, &f.error);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_SEPARATION);
  assert_false(f.report.converged);
  assert_int_equal(f.report.separating_column, 2);
  assert_true(f.coefficients[3] > 5);
  assert_true(f.report.iterations < 8); /* as soon as all rows are on their right side */
}

static void refuse(churn_matrix *m, const churn_fit_settings *settings, churn_status status,
                   const char *because)
{
  fitted f = fit(m, settings);
  assert_int_equal(f.status, status);
  assert_int_equal(f.error.status, status);
  if (strstr(f.error.message, because) == NULL)
    print_error("%s\n", f.error.message);
  assert_non_null(strstr(f.error.message, because));
  for (size_t j = 0; j <= MOST; j++)
    assert_true(f.coefficients[j] == 0); /* untouched */
  assert_int_equal(f.report.iterations, 0);
}

static void what_has_no_answer_is_degenerate(void **state)
{
  (void)state;
  refuse(matrix_of(0, 3), NULL, CHURN_DEGENERATE, "no rows");
  churn_matrix *m = made_up(300, 3, 2);
  memset(m->weight, 0, 300 * sizeof *m->weight);
  refuse(m, NULL, CHURN_DEGENERATE, "no rows");
  m = made_up(300, 3, 2);
  memset(m->y, 0, 300 * sizeof *m->y);
  refuse(m, NULL, CHURN_DEGENERATE, "every row has the label 0");
  m = made_up(300, 3, 2);
  for (size_t r = 0; r < 300; r++)
    m->y[r] = 1;
  refuse(m, NULL, CHURN_DEGENERATE, "every row has the label 1");
  m = made_up(300, 3, 2);
  for (size_t r = 0; r < 300; r++)
    *cell_of(m, r, 1) = 0.1;
  refuse(m, NULL, CHURN_DEGENERATE, "design column 2 is constant");
  m = made_up(300, 3, 2);
  *cell_of(m, 299, 0) = NAN;
  refuse(m, NULL, CHURN_DEGENERATE, "design column 1 holds a value that is not a finite number");
  m = made_up(300, 3, 2);
  for (size_t r = 0; r < 300; r++)
    *cell_of(m, r, 2) = 4.5 - 3 * *cell_of(m, r, 0);
  refuse(m, NULL, CHURN_DEGENERATE, "collinear");
}

static void arguments_without_sense_are_usage(void **state)
{
  (void)state;
  refuse(made_up(300, 3, 2), &(churn_fit_settings){.ridge_lambda = -1}, CHURN_USAGE, "lambda");
  refuse(made_up(300, 3, 2), &(churn_fit_settings){.ridge_lambda = NAN}, CHURN_USAGE, "lambda");
  refuse(made_up(300, 3, 2), &(churn_fit_settings){.gradient_tolerance = -1}, CHURN_USAGE,
         "tolerance");
  churn_matrix *m = made_up(300, 3, 2);
  m->weight[7] = -0.5;
  refuse(m, NULL, CHURN_USAGE, "row 8 has the weight -0.5");
  m = made_up(300, 3, 2);
  m->y[270] = 2;
  refuse(m, NULL, CHURN_USAGE, "row 271 has the label 2");
}

static int calls_of_handler;

static void count_call(const char *reason, const char *file, int line, int number)
{
  (void)reason;
  (void)file;
  (void)line;
  (void)number;
  calls_of_handler++;
}

/* A singular Hessian makes GSL complain; its default would end the process. */
static void the_callers_gsl_handler_is_left_alone(void **state)
{
  (void)state;
  gsl_error_handler_t *before = gsl_set_error_handler(count_call);
  churn_matrix *m = made_up(300, 3, 2);
  for (size_t r = 0; r < 300; r++)
    *cell_of(m, r, 2) = *cell_of(m, r, 0);
  refuse(m, NULL, CHURN_DEGENERATE, "collinear");
  fitted f = fit(two_by_two(), NULL);
  assert_ok(f.status, &f.error);
  assert_int_equal(calls_of_handler, 0);
  assert_ptr_equal(gsl_set_error_handler(before), count_call);
}

/* Rows without weight may hold anything but what is not a number. */
static void rows_without_weight_do_not_count(void **state)
{
  (void)state;
  churn_matrix *m = made_up(1000, 4, 31), *wider = matrix_of(1400, 4);
  for (size_t r = 0; r < 1400; r++) {
    wider->weight[r] = r < 1000;
    wider->y[r] = r < 1000 ? m->y[r] : 1;
    for (size_t c = 0; c < 4; c++)
      *cell_of(wider, r, c) = r < 1000 ? *cell_of(m, r, c) : 1e290;
  }
  fitted with = fit(wider, NULL), without = fit(m, NULL);
  assert_ok(with.status, &with.error);
  for (size_t j = 0; j <= 4; j++)
    assert_close(with.coefficients[j], without.coefficients[j], 1e-11, 0);
  assert_close(with.report.log_likelihood, without.report.log_likelihood, 1e-13, 0);
}

typedef struct heard {
  uint64_t calls, last;
} heard;

static void hear(void *context, const char *stage, uint64_t done, uint64_t total)
{
  heard *h = context;
  assert_string_equal(stage, "fit");
  assert_int_equal(total, 0);
  assert_int_equal(done, h->last + 1);
  h->last = done;
  h->calls++;
}

static void progress_counts_the_steps(void **state)
{
  (void)state;
  heard h = {0, 0};
  churn_progress progress = {hear, &h};
  churn_run run = {.progress = &progress};
  double coefficients[5], covariance[25], means[4], deviations[4];
  churn_fit_result result = {coefficients, covariance, means, deviations};
  churn_fit_report report;
  churn_error error;
  churn_matrix *m = made_up(1000, 4, 31);
  assert_ok(churn_fit_logistic(m, NULL, &run, &result, &report, &error), &error);
  assert_true(h.calls > 2 && h.last + 1 == report.iterations); /* the last step is not a turn */
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_two_by_two_table_has_its_own_log_odds),
      cmocka_unit_test(a_first_step_far_too_long_is_halved),
      cmocka_unit_test(a_rare_flag_of_a_rare_outcome_is_named_as_separating),
      cmocka_unit_test(a_small_gradient_does_not_hide_separation),
      cmocka_unit_test(the_report_tells_the_likelihoods_and_why_it_stopped),
      cmocka_unit_test(every_reason_to_stop_has_its_name),
      cmocka_unit_test(a_matrix_without_columns_gives_the_log_odds),
      cmocka_unit_test(few_iterations_end_at_the_limit_and_are_no_error),
      cmocka_unit_test(a_coarsely_rounded_objective_does_not_hold_up_the_last_steps),
      cmocka_unit_test(a_tolerance_below_rounding_ends_without_progress_but_converged),
      cmocka_unit_test(a_ridge_shrinks_slopes_and_leaves_the_mean_probability),
      cmocka_unit_test(complete_separation_stops_with_its_column),
      cmocka_unit_test(what_has_no_answer_is_degenerate),
      cmocka_unit_test(arguments_without_sense_are_usage),
      cmocka_unit_test(the_callers_gsl_handler_is_left_alone),
      cmocka_unit_test(rows_without_weight_do_not_count),
      cmocka_unit_test(progress_counts_the_steps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
