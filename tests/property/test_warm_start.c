/* A warm start changes how long a fit takes, never its answer: the same optimum as from the model
 * without columns, the same bits for any number of threads, and a subsample that tells nothing or
 * lies does no harm.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"
#include "fit/moments.h"
#include "fit/subsample.h"
#include "made_up.h"

#include <string.h>

enum { ROWS = 40000, MOST = 66, SAMPLE = 2500, GROUP = 16 };

typedef struct fitted {
  churn_fit_report report;
  double coefficients[MOST + 1];
  double covariance[(MOST + 1) * (MOST + 1)];
} fitted;

static fitted fit(const churn_matrix *m, size_t sample_rows, double lambda, int threads)
{
  fitted f;
  memset(&f, 0, sizeof f);
  double means[MOST], deviations[MOST];
  churn_matrix *copy = matrix_copy(m);
  churn_fit_settings settings = {.ridge_lambda = lambda, .sample_rows = sample_rows};
  churn_run run = {.threads = threads};
  churn_fit_result result = {f.coefficients, f.covariance, means, deviations};
  churn_error error;
  assert_ok(churn_fit_logistic(copy, &settings, &run, &result, &f.report, &error), &error);
  churn_matrix_free(copy);
  return f;
}

static fitted fit_warm(const churn_matrix *m)
{
  assert_int_equal(churn_subsample_group(m->rows, SAMPLE), GROUP);
  return fit(m, SAMPLE, 0, 0);
}

static fitted fit_cold(const churn_matrix *m)
{
  return fit(m, SIZE_MAX, 0, 0);
}

static void check_same_optimum(const fitted *a, const fitted *b, size_t columns)
{
  size_t n = columns + 1;
  assert_int_equal(a->report.stopped_by, CHURN_STOP_GRADIENT);
  assert_int_equal(b->report.stopped_by, CHURN_STOP_GRADIENT);
  assert_close(a->report.log_likelihood, b->report.log_likelihood, 1e-12, 0);
  /* before the last step, which squares it: see the coefficients */
  assert_true(a->report.max_gradient <= 1e-10 && b->report.max_gradient <= 1e-10);
  for (size_t j = 0; j < n; j++) {
    assert_close(a->coefficients[j], b->coefficients[j], 1e-12, 1e-14);
    for (size_t i = 0; i < n; i++)
      assert_close(a->covariance[j * n + i], b->covariance[j * n + i], 1e-9, 1e-14);
  }
}

/* What a warm start is for: most of its sweeps need no Hessian. */
static void check_few_hessians(const fitted *warm, const fitted *cold, uint32_t most)
{
  assert_in_range(warm->report.hessians, 1, most);
  assert_true(cold->report.hessians > most);
}

static void the_optimum_is_that_of_a_cold_start(void **state)
{
  (void)state;
  static const size_t columns[] = {1, 4, 12};
  static const double lambdas[] = {0, 0.02};
  for (size_t i = 0; i < 6; i++) {
    churn_matrix *m = made_up(ROWS, columns[i / 2], 5 + i);
    fitted warm = fit(m, SAMPLE, lambdas[i % 2], 0), cold = fit(m, SIZE_MAX, lambdas[i % 2], 0);
    check_same_optimum(&warm, &cold, columns[i / 2]);
    check_few_hessians(&warm, &cold, 3);
    churn_matrix_free(m);
  }
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, 9, 33);
  fitted one = fit(m, SAMPLE, 0, 1);
  for (int threads = 2; threads <= 3; threads++) {
    fitted more = fit(m, SAMPLE, 0, threads);
    assert_memory_equal(&more, &one, sizeof one);
  }
  churn_matrix_free(m);
}

/* Nine churners among forty thousand rows: the subsample has one or none. The fit is the cold one,
 * bit by bit. */
static void a_subsample_without_churners_is_no_start(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, 2, 8);
  for (size_t r = 0; r < ROWS; r++)
    m->y[r] = r % 4391 == 17;
  fitted warm = fit_warm(m), cold = fit_cold(m);
  assert_memory_equal(&warm, &cold, sizeof cold);
  churn_matrix_free(m);
}

/* The rows that are taken tell the opposite of the others: their answer fits all rows worse than
 * none, and the start is the cold one. */
static void a_subsample_that_lies_is_no_start(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, 3, 21);
  for (size_t g = 0; g < churn_subsample_rows(ROWS, GROUP); g++) {
    size_t row = churn_subsample_row(g, GROUP);
    m->y[row] = 1 - m->y[row];
  }
  fitted warm = fit_warm(m), cold = fit_cold(m);
  assert_memory_equal(&warm, &cold, sizeof cold);
  churn_matrix_free(m);
}

/* The rows that are taken (in runs of eight) have their labels told apart by one column; a rare
 * flag is on none of them. Neither is so for all rows. */
static void a_subsample_that_separates_does_no_harm(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, 4, 34);
  for (size_t r = 0; r < ROWS; r++)
    *cell_of(m, r, 1) = 0;
  for (size_t g = 0; g < churn_subsample_rows(ROWS, GROUP); g++) {
    size_t row = churn_subsample_row(g, GROUP);
    m->y[row] = *cell_of(m, row, 0) > 0;
    size_t other = row / 8 % GROUP == 0 ? row + 8 : row - 8;
    if (g % 41 == 0)
      *cell_of(m, other, 1) = 1;
  }
  fitted warm = fit_warm(m), cold = fit_cold(m);
  check_same_optimum(&warm, &cold, 4);
  churn_matrix_free(m);
}

static void all_rows_that_separate_are_named_from_a_warm_start_too(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, 3, 55);
  for (size_t r = 0; r < ROWS; r++)
    *cell_of(m, r, 1) = m->y[r] > 0 && r % 3 == 0;
  fitted warm = fit_warm(m);
  assert_int_equal(warm.report.stopped_by, CHURN_STOP_SEPARATION);
  assert_int_equal(warm.report.separating_column, 1);
  assert_false(warm.report.converged);
  churn_matrix_free(m);
}

/* Exports come sorted by label: a block of rows would have one label only. */
static void rows_sorted_by_label_start_warm_too(void **state)
{
  (void)state;
  enum { COLUMNS = 4 };
  churn_matrix *m = made_up(ROWS, COLUMNS, 14), *sorted = matrix_of(ROWS, COLUMNS);
  size_t to = 0;
  for (int label = 0; label < 2; label++)
    for (size_t r = 0; r < ROWS; r++)
      if ((m->y[r] > 0) == label) {
        sorted->y[to] = label;
        for (size_t c = 0; c < COLUMNS; c++)
          *cell_of(sorted, to, c) = *cell_of(m, r, c);
        to++;
      }
  fitted warm = fit_warm(sorted), cold = fit_cold(m);
  check_same_optimum(&warm, &cold, COLUMNS);
  check_few_hessians(&warm, &cold, 3);
  churn_matrix_free(m);
  churn_matrix_free(sorted);
}

static void wide_matrices_start_warm_too(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, MOST, 3);
  fitted warm = fit(m, ROWS / 4, 0, 0), cold = fit_cold(m);
  check_same_optimum(&warm, &cold, MOST);
  check_few_hessians(&warm, &cold, 3);
  churn_matrix_free(m);
}

/* One column is nearly the sum of two others: single precision would not do for its Hessian. */
static void nearly_collinear_columns_start_warm_too(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, MOST, 19);
  for (size_t r = 0; r < ROWS; r++)
    *cell_of(m, r, 30) =
        *cell_of(m, r, 7) - 2 * *cell_of(m, r, 51) + 5e-4 * (double)((r * 2654435761u) % 1001);
  fitted warm = fit(m, ROWS / 4, 0, 0), cold = fit_cold(m);
  assert_int_equal(warm.report.stopped_by, CHURN_STOP_GRADIENT);
  assert_close(warm.report.log_likelihood, cold.report.log_likelihood, 1e-12, 0);
  for (size_t j = 0; j <= MOST; j++)
    assert_close(warm.coefficients[j], cold.coefficients[j], 1e-8, 1e-9);
  check_few_hessians(&warm, &cold, 3);
  churn_matrix_free(m);
}

/* Moments are read in the sweep of the first gradient, at coefficients from rows that show nothing
 * wrong. */
static void a_column_that_cannot_be_fitted_is_named_from_a_warm_start_too(void **state)
{
  (void)state;
  static const double values[] = {INFINITY, NAN, 1e200};
  double means[3], deviations[3];
  fitted f;
  churn_fit_settings settings = {.sample_rows = SAMPLE};
  churn_fit_result result = {f.coefficients, f.covariance, means, deviations};
  churn_error error;
  for (size_t i = 0; i < 4; i++) {
    churn_matrix *m = made_up(ROWS, 3, 61);
    for (size_t r = 0; r < ROWS && i == 3; r++)
      *cell_of(m, r, 1) = 2.5;
    if (i < 3)
      *cell_of(m, churn_subsample_row(0, GROUP) == 0 ? 8 : 0, 1) = values[i];
    assert_int_equal(churn_fit_logistic(m, &settings, NULL, &result, &f.report, &error),
                     CHURN_DEGENERATE);
    assert_non_null(strstr(error.message, "design column 2"));
    churn_matrix_free(m);
  }
}

/* Sums over columns as they are lose digits to a far mean: up to 100 deviations that does no harm,
 * beyond the columns are standardised in place. */
static void means_far_from_zero_cost_no_digits(void **state)
{
  (void)state;
  static const double shifts[] = {61.7, -20817.3};
  for (size_t i = 0; i < 2; i++) {
    churn_matrix *m = made_up(ROWS, 5, 77);
    fitted plain = fit_warm(m);
    for (size_t r = 0; r < ROWS; r++)
      *cell_of(m, r, 2) += shifts[i];
    fitted warm = fit_warm(m), cold = fit_cold(m);
    assert_close(warm.report.log_likelihood, cold.report.log_likelihood, 1e-12, 0);
    assert_true(warm.report.max_gradient <= 1e-10);
    for (size_t j = 1; j <= 5; j++) {
      assert_close(warm.coefficients[j], cold.coefficients[j], 1e-9, 0);
      assert_close(warm.coefficients[j], plain.coefficients[j], 1e-8, 0);
      assert_close(warm.covariance[j * 6 + j], cold.covariance[j * 6 + j], 1e-9, 0);
    }
    check_few_hessians(&warm, &cold, 3);
    churn_matrix_free(m);
  }
}

/* A fit that is done with sums over columns as they are leaves them so; what comes after it and
 * wants them standardised has that done once. */
static void columns_stay_as_they_are_until_somebody_settles_them(void **state)
{
  (void)state;
  churn_matrix *m = made_up(ROWS, 3, 15), *before = matrix_copy(m);
  double coefficients[4], covariance[16], means[3], deviations[3];
  churn_fit_settings settings = {.sample_rows = SAMPLE};
  churn_fit_result result = {coefficients, covariance, means, deviations};
  churn_fit_report report;
  churn_error error;
  assert_ok(churn_fit_logistic(m, &settings, NULL, &result, &report, &error), &error);
  assert_false(m->standardised);
  assert_memory_equal(m->tiles, before->tiles, 3 * ROWS * sizeof(double));
  for (int i = 0; i < 2; i++) {
    assert_ok(churn_matrix_settle(m, means, deviations, NULL, &error), &error);
    assert_true(m->standardised);
    assert_close(*cell_of(m, 8641, 1), (*cell_of(before, 8641, 1) - means[1]) / deviations[1],
                 1e-14, 0);
  }
  churn_matrix_free(m);
  churn_matrix_free(before);
}

static void weights_and_an_offset_are_heeded(void **state)
{
  (void)state;
  churn_error error;
  churn_matrix *m = made_up(ROWS, 3, 89);
  for (size_t r = 0; r < ROWS; r++)
    m->weight[r] = (double)(r % 3);
  fitted warm = fit_warm(m), cold = fit_cold(m);
  check_same_optimum(&warm, &cold, 3);
  assert_ok(churn_matrix_add_offset(m, &error), &error);
  for (size_t r = 0; r < ROWS; r++)
    m->offset[r] = 0.25 * *cell_of(m, r, 0); /* takes so much of that column's coefficient over */
  double means[3], deviations[3];
  fitted shifted;
  memset(&shifted, 0, sizeof shifted);
  churn_fit_settings settings = {.sample_rows = SAMPLE};
  churn_fit_result result = {shifted.coefficients, shifted.covariance, means, deviations};
  assert_ok(churn_fit_logistic(m, &settings, NULL, &result, &shifted.report, &error), &error);
  shifted.coefficients[1] += 0.25;
  check_same_optimum(&shifted, &cold, 3);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_optimum_is_that_of_a_cold_start),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(a_subsample_without_churners_is_no_start),
      cmocka_unit_test(a_subsample_that_lies_is_no_start),
      cmocka_unit_test(a_subsample_that_separates_does_no_harm),
      cmocka_unit_test(all_rows_that_separate_are_named_from_a_warm_start_too),
      cmocka_unit_test(rows_sorted_by_label_start_warm_too),
      cmocka_unit_test(wide_matrices_start_warm_too),
      cmocka_unit_test(nearly_collinear_columns_start_warm_too),
      cmocka_unit_test(a_column_that_cannot_be_fitted_is_named_from_a_warm_start_too),
      cmocka_unit_test(means_far_from_zero_cost_no_digits),
      cmocka_unit_test(columns_stay_as_they_are_until_somebody_settles_them),
      cmocka_unit_test(weights_and_an_offset_are_heeded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
