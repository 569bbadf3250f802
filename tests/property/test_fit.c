/* What must hold for any data: the optimum by its own gradient, gradients against differences, the
 * same bits for any number of threads, weights as repeated rows, scaling, row order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"
#include "fit/objective.h"
#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 24 };

typedef struct fitted {
  churn_fit_report report;
  double coefficients[MOST + 1];
  double covariance[(MOST + 1) * (MOST + 1)];
  double means[MOST];
  double deviations[MOST];
} fitted;

/* Fits a copy, so the caller still has the columns as they were. */
static fitted fit(const churn_matrix *m, double lambda, int threads)
{
  fitted f;
  memset(&f, 0, sizeof f);
  churn_matrix *copy = matrix_copy(m);
  churn_fit_settings settings = {.ridge_lambda = lambda};
  churn_run run = {.threads = threads};
  churn_fit_result result = {f.coefficients, f.covariance, f.means, f.deviations};
  churn_error error;
  assert_ok(churn_fit_logistic(copy, &settings, &run, &result, &f.report, &error), &error);
  churn_matrix_free(copy);
  return f;
}

/* Standardised value of a column in a row; number 0 is the intercept. */
static long double value(const churn_matrix *m, const fitted *f, size_t row, size_t j)
{
  if (j == 0)
    return 1;
  return ((long double)*cell_of(m, row, j - 1) - f->means[j - 1]) / f->deviations[j - 1];
}

/* Gradient and Hessian (row-major, n x n) of the objective at the fitted coefficients on
 * standardised columns, row by row from the definition. */
static void derivatives(const churn_matrix *m, const fitted *f, double lambda,
                        long double *gradient, long double *hessian)
{
  size_t n = m->columns + 1;
  long double total = 0;
  memset(gradient, 0, n * sizeof *gradient);
  memset(hessian, 0, n * n * sizeof *hessian);
  for (size_t r = 0; r < m->rows; r++) {
    long double eta = f->coefficients[0] + offset_of(m, r), x[MOST + 1];
    for (size_t j = 0; j < n; j++)
      x[j] = value(m, f, r, j);
    for (size_t j = 1; j < n; j++)
      eta += (long double)f->coefficients[j] * *cell_of(m, r, j - 1);
    long double p = 1 / (1 + expl(-eta));
    for (size_t i = 0; i < n; i++) {
      gradient[i] += m->weight[r] * (p - m->y[r]) * x[i];
      for (size_t j = 0; j < n; j++)
        hessian[i * n + j] += m->weight[r] * p * (1 - p) * x[i] * x[j];
    }
    total += m->weight[r];
  }
  for (size_t i = 0; i < n; i++) {
    gradient[i] /= total;
    if (i > 0) {
      gradient[i] += lambda * f->deviations[i - 1] * f->coefficients[i];
      hessian[i * n + i] += lambda * total;
    }
  }
}

/* Entry (i, j) of the covariance on the standardised scale, from the original scale: b'_j = b_j
 * deviation_j, b'_0 = b_0 + sum b_j mean_j. */
static long double standardised_covariance(const fitted *f, size_t n, size_t i, size_t j)
{
  long double sum = 0;
  for (size_t a = 0; a < n; a++) {
    long double left = i > 0 ? (a == i ? f->deviations[i - 1] : 0) : a > 0 ? f->means[a - 1] : 1;
    for (size_t b = 0; b < n && left != 0; b++) {
      long double right = j > 0 ? (b == j ? f->deviations[j - 1] : 0) : b > 0 ? f->means[b - 1] : 1;
      sum += left * right * f->covariance[a * n + b];
    }
  }
  return sum;
}

static void check_optimum(const churn_matrix *m, double lambda)
{
  size_t n = m->columns + 1;
  long double *gradient = calloc(n, sizeof *gradient), *hessian = calloc(n * n, sizeof *hessian);
  long double *covariance = calloc(n * n, sizeof *covariance);
  fitted f = fit(m, lambda, 2);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
  derivatives(m, &f, lambda, gradient, hessian);
  for (size_t j = 0; j < n; j++)
    assert_close((double)gradient[j], 0, 0, 1e-12);
  /* Hessian times covariance is the unit matrix. */
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      covariance[i * n + j] = standardised_covariance(&f, n, i, j);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      long double product = 0;
      for (size_t l = 0; l < n; l++)
        product += hessian[i * n + l] * covariance[l * n + j];
      assert_close((double)product, i == j, 0, 1e-8);
      assert_true(f.covariance[i * n + j] == f.covariance[j * n + i]);
    }
  free(gradient);
  free(hessian);
  free(covariance);
}

static void the_gradient_at_the_answer_is_zero_and_the_covariance_inverts_the_hessian(void **state)
{
  (void)state;
  static const size_t rows[] = {150, 256, 1000, 5003, 20000};
  static const size_t columns[] = {1, 2, 5, 12, 21};
  static const double lambdas[] = {0, 0.003, 0.7};
  for (size_t i = 0; i < 5; i++)
    for (size_t j = 0; j < 3; j++) {
      churn_matrix *m = made_up(rows[i], columns[i], 100 + i);
      for (size_t r = 0; r < m->rows; r += 3)
        m->weight[r] = 0.4 + 0.01 * (double)(r % 50);
      check_optimum(m, lambdas[j]);
      offset_rows(m, 7 + i);
      check_optimum(m, lambdas[j]);
      churn_matrix_free(m);
    }
}

/* Amounts of money as they come: a few rows a thousand deviations out, labels that follow the
 * logarithm. Separation is not there and must not be seen. */
static void heavy_tails_converge_too(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 12; seed++) {
    uint64_t stream = seed;
    churn_matrix *m = matrix_of(4000, 3);
    for (size_t r = 0; r < m->rows; r++) {
      double eta = -0.5 - (double)(seed % 4);
      for (size_t c = 0; c < 3; c++) {
        double normal = 0;
        for (int i = 0; i < 12; i++)
          normal += uniform(&stream) - 0.5;
        *cell_of(m, r, c) = exp((1 + (double)c) * normal);
        eta += 0.8 * normal;
      }
      m->y[r] = uniform(&stream) < 1 / (1 + exp(-eta));
    }
    check_optimum(m, 0);
    churn_matrix_free(m);
  }
}

static void the_planted_coefficients_come_back(void **state)
{
  (void)state;
  /* as made_up plants them: eta = -0.83 + sum s (raw - 0.4) / (1 + c / 10), column = raw (1 + 7.3
   * (c % 3)) + 11.7 (c % 5) */
  churn_matrix *m = made_up(60000, 4, 5);
  fitted f = fit(m, 0, 0);
  for (size_t c = 0; c < 4; c++) {
    double planted =
        (c % 2 == 0 ? 0.61 : -0.47) / (1 + 0.1 * (double)c) / (1 + 7.3 * (double)(c % 3));
    double std_error = sqrt(f.covariance[(c + 1) * 5 + c + 1]);
    assert_close(f.coefficients[c + 1], planted, 0, 4 * std_error);
    assert_true(std_error < 0.15 * fabs(planted));
  }
  churn_matrix_free(m);
}

static churn_objective objective_on(churn_matrix *m, const churn_kernel *kernel, double lambda)
{
  churn_objective o = {.matrix = m, .kernel = kernel, .ridge_lambda = lambda};
  churn_error error;
  for (size_t r = 0; r < m->rows; r++)
    o.total_weight += m->weight[r];
  assert_ok(churn_objective_prepare(&o, &error), &error);
  return o;
}

/* Central differences: error about h^2 |f'''| / 6 + 1e-16 / h, below 1e-9 at h = 1e-5. */
static void gradient_and_hessian_agree_with_differences(void **state)
{
  (void)state;
  enum { COLUMNS = 6, N = COLUMNS + 1 };
  churn_matrix *m = made_up(3000, COLUMNS, 8);
  for (size_t r = 0; r < m->rows; r++)
    for (size_t c = 0; c < COLUMNS; c++)
      *cell_of(m, r, c) = (*cell_of(m, r, c) - 11.7 * (double)(c % 5)) / 8;
  churn_objective o = objective_on(m, churn_kernel_choose(NULL), 0.21);
  churn_point at, up, down;
  churn_error error;
  assert_ok(churn_point_prepare(&at, COLUMNS, &error), &error);
  assert_ok(churn_point_prepare(&up, COLUMNS, &error), &error);
  assert_ok(churn_point_prepare(&down, COLUMNS, &error), &error);
  const double h = 1e-5;
  for (size_t j = 0; j < N; j++)
    at.coefficients[j] = 0.3 - 0.17 * (double)j;
  assert_ok(churn_objective_evaluate(&o, &at, &error), &error);
  const double *hessian = at.sums + churn_kernel_hessian_start(COLUMNS);
  double steepest = 0;
  for (size_t j = 0; j < N; j++) {
    memcpy(up.coefficients, at.coefficients, N * sizeof(double));
    memcpy(down.coefficients, at.coefficients, N * sizeof(double));
    up.coefficients[j] += h;
    down.coefficients[j] -= h;
    assert_ok(churn_objective_evaluate(&o, &up, &error), &error);
    assert_ok(churn_objective_evaluate(&o, &down, &error), &error);
    assert_close((up.sums[0] - down.sums[0]) / (2 * h), at.sums[1 + j], 0, 1e-9);
    for (size_t i = j; i < N; i++)
      assert_close((up.sums[1 + i] - down.sums[1 + i]) / (2 * h), hessian[i * (i + 1) / 2 + j], 0,
                   1e-9);
    steepest = fmax(steepest, fabs(at.sums[1 + j]));
  }
  assert_true(at.max_gradient == steepest && steepest > 0.01);
  churn_point_clear(&at);
  churn_point_clear(&up);
  churn_point_clear(&down);
  churn_objective_clear(&o);
  churn_matrix_free(m);
}

/* Vector exponentials and logarithms may cost the likelihood no digit that anybody reads. */
static void the_log_likelihood_is_that_of_the_rows(void **state)
{
  (void)state;
  churn_matrix *m = made_up(30000, 5, 18);
  for (size_t r = 0; r < m->rows; r += 2)
    m->weight[r] = 0.3;
  offset_rows(m, 5);
  fitted f = fit(m, 0.05, 0);
  long double sum = 0;
  for (size_t r = 0; r < m->rows; r++) {
    long double eta = f.coefficients[0] + offset_of(m, r);
    for (size_t c = 0; c < 5; c++)
      eta += (long double)f.coefficients[c + 1] * *cell_of(m, r, c);
    long double wrong = m->y[r] > 0 ? -eta : eta;
    sum += m->weight[r] * (log1pl(expl(-fabsl(wrong))) + fmaxl(wrong, 0));
  }
  assert_close(f.report.log_likelihood, (double)-sum, 1e-14, 0);
  churn_matrix_free(m);
}

/* Largest log-likelihood over the intercept, by bisection on its slope in long double. */
static long double null_likelihood(const churn_matrix *m)
{
  long double low = -40, high = 40, sum = 0;
  for (int i = 0; i < 120; i++) {
    long double at = (low + high) / 2, slope = 0;
    for (size_t r = 0; r < m->rows; r++)
      slope += m->weight[r] * (m->y[r] - 1 / (1 + expl(-at - offset_of(m, r))));
    if (slope > 0)
      low = at;
    else
      high = at;
  }
  for (size_t r = 0; r < m->rows; r++) {
    long double eta = low + offset_of(m, r), wrong = m->y[r] > 0 ? -eta : eta;
    sum -= m->weight[r] * (log1pl(expl(-fabsl(wrong))) + fmaxl(wrong, 0));
  }
  return sum;
}

/* Also where the offset is far from what the labels say, so that Newton's first steps are long. */
static void the_null_log_likelihood_is_that_of_the_offset_and_an_intercept(void **state)
{
  (void)state;
  static const double shifts[] = {0, 9, -30}, scales[] = {1, 12};
  for (size_t i = 0; i < 6; i++) {
    churn_matrix *m = made_up(1200, 2, 44);
    offset_rows(m, 19);
    for (size_t r = 0; r < m->rows; r++) {
      m->weight[r] = 0.5 + (double)(r % 7);
      m->offset[r] = shifts[i % 3] + scales[i / 3] * m->offset[r];
    }
    fitted f = fit(m, 0, 2);
    assert_close(f.report.null_log_likelihood, (double)null_likelihood(m), 1e-12, 0);
    churn_matrix_free(m);
  }
}

/* The same offset in every row is no more than another intercept. */
static void a_constant_offset_moves_the_intercept_only(void **state)
{
  (void)state;
  churn_matrix *m = made_up(3000, 6, 12);
  fitted without = fit(m, 0, 0);
  churn_error error;
  assert_ok(churn_matrix_add_offset(m, &error), &error);
  for (size_t r = 0; r < m->rows; r++)
    m->offset[r] = 2.302585092994046;
  fitted with = fit(m, 0, 0);
  assert_close(with.coefficients[0], without.coefficients[0] - 2.302585092994046, 1e-11, 0);
  for (size_t j = 1; j <= 6; j++)
    assert_close(with.coefficients[j], without.coefficients[j], 1e-11, 1e-13);
  for (size_t i = 0; i < 49; i++)
    assert_close(with.covariance[i], without.covariance[i], 1e-9, 1e-13);
  assert_close(with.report.log_likelihood, without.report.log_likelihood, 1e-13, 0);
  assert_close(with.report.null_log_likelihood, without.report.null_log_likelihood, 1e-13, 0);
  churn_matrix_free(m);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  static const int threads[] = {2, 3, 5};
  static const size_t rows[] = {900, 40000};
  for (size_t s = 0; s < 2; s++) {
    churn_matrix *m = made_up(rows[s], 9, 33);
    if (s == 1)
      offset_rows(m, 3);
    fitted one = fit(m, 0, 1);
    for (size_t i = 0; i < 3; i++) {
      fitted more = fit(m, 0, threads[i]);
      assert_memory_equal(more.coefficients, one.coefficients, sizeof one.coefficients);
      assert_memory_equal(more.covariance, one.covariance, sizeof one.covariance);
      assert_memory_equal(more.means, one.means, sizeof one.means);
      assert_memory_equal(more.deviations, one.deviations, sizeof one.deviations);
      assert_true(more.report.log_likelihood == one.report.log_likelihood);
      assert_true(more.report.max_gradient == one.report.max_gradient);
      assert_int_equal(more.report.iterations, one.report.iterations);
    }
    churn_matrix_free(m);
  }
}

static void check_same_answer(const fitted *a, const fitted *b, size_t columns)
{
  size_t n = columns + 1;
  for (size_t j = 0; j < n; j++) {
    assert_close(a->coefficients[j], b->coefficients[j], 1e-10, 1e-13);
    assert_close(a->covariance[j * n + j], b->covariance[j * n + j], 1e-10, 0);
  }
  assert_close(a->report.log_likelihood, b->report.log_likelihood, 1e-12, 0);
  assert_close(a->report.null_log_likelihood, b->report.null_log_likelihood, 1e-12, 0);
}

static void a_whole_weight_is_as_many_equal_rows(void **state)
{
  (void)state;
  enum { ROWS = 1500, COLUMNS = 5 };
  churn_matrix *m = made_up(ROWS, COLUMNS, 61);
  size_t total = 0;
  for (size_t r = 0; r < ROWS; r++) {
    m->weight[r] = (double)(r * 7 % 4);
    total += r * 7 % 4;
  }
  churn_matrix *repeated = matrix_of(total, COLUMNS);
  size_t to = 0;
  for (size_t r = 0; r < ROWS; r++)
    for (size_t i = 0; i < r * 7 % 4; i++, to++) {
      repeated->y[to] = m->y[r];
      for (size_t c = 0; c < COLUMNS; c++)
        *cell_of(repeated, to, c) = *cell_of(m, r, c);
    }
  fitted weighted = fit(m, 0.01, 0), rows = fit(repeated, 0.01, 0);
  check_same_answer(&weighted, &rows, COLUMNS);
  churn_matrix_free(m);
  churn_matrix_free(repeated);
}

/* x' = a x + b: the coefficient is divided by a, the intercept takes b / a times it; the likelihood
 * and, because a ridge is on standardised columns, the penalised answer stay. */
static void scaling_and_shifting_a_column_changes_only_its_coefficient(void **state)
{
  (void)state;
  enum { COLUMNS = 5, N = COLUMNS + 1 };
  static const double scale[] = {1e6, -3.7e-5, 42}, shift[] = {-3e5, 0.19, 1e4};
  for (size_t s = 0; s < 3; s++) {
    churn_matrix *m = made_up(2500, COLUMNS, 55);
    fitted before = fit(m, 0.02, 0);
    for (size_t r = 0; r < m->rows; r++)
      *cell_of(m, r, 3) = scale[s] * *cell_of(m, r, 3) + shift[s];
    fitted after = fit(m, 0.02, 0);
    double b = after.coefficients[4];
    assert_close(b * scale[s], before.coefficients[4], 1e-9, 0);
    assert_close(after.coefficients[0] + b * shift[s], before.coefficients[0], 1e-9, 0);
    for (size_t j = 1; j < N; j++)
      if (j != 4)
        assert_close(after.coefficients[j], before.coefficients[j], 1e-9, 0);
    assert_close(after.covariance[4 * N + 4] * scale[s] * scale[s], before.covariance[4 * N + 4],
                 1e-8, 0);
    assert_close(after.report.log_likelihood, before.report.log_likelihood, 1e-12, 0);
    churn_matrix_free(m);
  }
}

static void the_order_of_rows_changes_rounding_only(void **state)
{
  (void)state;
  enum { ROWS = 5000, COLUMNS = 7 };
  churn_matrix *m = made_up(ROWS, COLUMNS, 90), *turned = matrix_of(ROWS, COLUMNS);
  for (size_t r = 0; r < ROWS; r++) {
    size_t to = r * 1777 % ROWS; /* 1777 and 5000 share no factor */
    turned->y[to] = m->y[r];
    for (size_t c = 0; c < COLUMNS; c++)
      *cell_of(turned, to, c) = *cell_of(m, r, c);
  }
  fitted one = fit(m, 0, 0), other = fit(turned, 0, 0);
  check_same_answer(&one, &other, COLUMNS);
  churn_matrix_free(m);
  churn_matrix_free(turned);
}

/* Exports come sorted by label. */
static void rows_sorted_by_label_fit_as_well(void **state)
{
  (void)state;
  enum { ROWS = 20000, COLUMNS = 4 };
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
  fitted one = fit(m, 0, 0), other = fit(sorted, 0, 0);
  check_same_answer(&one, &other, COLUMNS);
  churn_matrix_free(m);
  churn_matrix_free(sorted);
}

static void the_instruction_sets_differ_in_rounding_only(void **state)
{
  (void)state;
  static const char *const names[] = {"avx2", "avx512"};
  churn_matrix *m = made_up(8000, 13, 71);
  setenv("CHURN_ISA", "baseline", 1);
  fitted baseline = fit(m, 0, 0);
  for (size_t i = 0; i < 2; i++) {
    if (churn_kernel_find(names[i]) == NULL)
      continue;
    setenv("CHURN_ISA", names[i], 1);
    fitted other = fit(m, 0, 0);
    check_same_answer(&other, &baseline, 13);
  }
  unsetenv("CHURN_ISA");
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_gradient_at_the_answer_is_zero_and_the_covariance_inverts_the_hessian),
      cmocka_unit_test(heavy_tails_converge_too),
      cmocka_unit_test(the_planted_coefficients_come_back),
      cmocka_unit_test(gradient_and_hessian_agree_with_differences),
      cmocka_unit_test(the_log_likelihood_is_that_of_the_rows),
      cmocka_unit_test(the_null_log_likelihood_is_that_of_the_offset_and_an_intercept),
      cmocka_unit_test(a_constant_offset_moves_the_intercept_only),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(a_whole_weight_is_as_many_equal_rows),
      cmocka_unit_test(scaling_and_shifting_a_column_changes_only_its_coefficient),
      cmocka_unit_test(the_order_of_rows_changes_rounding_only),
      cmocka_unit_test(rows_sorted_by_label_fit_as_well),
      cmocka_unit_test(the_instruction_sets_differ_in_rounding_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
