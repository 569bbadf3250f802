/* Penalised fits on any data: the conditions of the optimum recomputed row by row, the path against
 * fits one by one, the same bits for any number of threads, scaling, weights, hopeless and rare
 * cases.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/penalised.h"
#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 24 };

/* A copy of the matrix, standardised, and the original to check against. */
typedef struct bench {
  churn_matrix *raw;
  churn_scaled scaled;
} bench;

static bench bench_of(churn_matrix *raw)
{
  bench b = {.raw = raw};
  churn_error error;
  assert_ok(churn_scaled_take(matrix_copy(raw), NULL, &b.scaled, &error), &error);
  return b;
}

static void bench_free(bench *b)
{
  churn_matrix_free(b->raw);
  churn_matrix_free(b->scaled.matrix);
  churn_scaled_clear(&b->scaled);
}

typedef struct fitted {
  double coefficients[MOST + 1];
  double covariance[(MOST + 1) * (MOST + 1)];
  churn_fit_report report;
} fitted;

static fitted fit(const bench *b, const churn_penalised_settings *settings, int threads)
{
  fitted f;
  memset(&f, 0, sizeof f);
  churn_run run = {.threads = threads};
  churn_fit_result result = {.coefficients = f.coefficients, .covariance = f.covariance};
  churn_error error;
  assert_ok(churn_penalised_fit(&b->scaled, settings, NULL, &run, &result, &f.report, &error),
            &error);
  return f;
}

/* Mean and standard deviation (denominator: sum of weights) of a column. */
static void moments(const churn_matrix *m, size_t column, long double *mean, long double *deviation)
{
  long double total = 0, sum = 0, square = 0;
  for (size_t r = 0; r < m->rows; r++) {
    total += m->weight[r];
    sum += m->weight[r] * (long double)*cell_of(m, r, column);
  }
  *mean = sum / total;
  for (size_t r = 0; r < m->rows; r++) {
    long double distance = *cell_of(m, r, column) - *mean;
    square += m->weight[r] * distance * distance;
  }
  *deviation = sqrtl(square / total);
}

/* Gradient of the mean loss on standardised columns, from the definition. */
static void gradient_of(const churn_matrix *m, const double *b, long double *gradient,
                        long double *loss)
{
  long double total = 0, mean[MOST], deviation[MOST];
  memset(gradient, 0, (m->columns + 1) * sizeof *gradient);
  *loss = 0;
  for (size_t c = 0; c < m->columns; c++)
    moments(m, c, &mean[c], &deviation[c]);
  for (size_t r = 0; r < m->rows; r++) {
    long double eta = b[0] + offset_of(m, r);
    for (size_t c = 0; c < m->columns; c++)
      eta += (long double)b[c + 1] * *cell_of(m, r, c);
    long double wrong = m->y[r] > 0 ? -eta : eta, residual = 1 / (1 + expl(-eta)) - m->y[r];
    *loss += m->weight[r] * (log1pl(expl(-fabsl(wrong))) + fmaxl(wrong, 0));
    gradient[0] += m->weight[r] * residual;
    for (size_t c = 0; c < m->columns; c++)
      gradient[c + 1] += m->weight[r] * residual * (*cell_of(m, r, c) - mean[c]) / deviation[c];
    total += m->weight[r];
  }
  *loss /= total;
  for (size_t j = 0; j <= m->columns; j++)
    gradient[j] /= total;
}

/* The Karush-Kuhn-Tucker conditions: where a coefficient is not 0 the slope of the loss and of the
 * penalty cancel; where it is 0 the slope of the loss is at most that of the penalty. Returns how
 * many coefficients are 0. */
static size_t check_conditions(const bench *b, const churn_penalised_settings *s,
                               const double *coefficients, double objective)
{
  long double gradient[MOST + 1], loss, penalty = 0;
  size_t zeros = 0;
  gradient_of(b->raw, coefficients, gradient, &loss);
  assert_close((double)gradient[0], 0, 0, 2e-10);
  for (size_t c = 0; c < b->raw->columns; c++) {
    long double mean, deviation;
    moments(b->raw, c, &mean, &deviation);
    double factor = s->factors == NULL ? 1 : s->factors[c], strength = s->lambda * factor;
    double at = (double)(coefficients[c + 1] * deviation), slope = (double)gradient[c + 1];
    penalty += strength * (s->alpha * fabs(at) + (1 - s->alpha) / 2 * at * at);
    if (at != 0)
      assert_close(slope + strength * ((1 - s->alpha) * at + copysign(s->alpha, at)), 0, 0, 2e-10);
    else
      assert_true(fabs(slope) <= strength * s->alpha + 2e-10);
    zeros += at == 0;
  }
  assert_close(objective, (double)(loss + penalty), 1e-12, 0);
  return zeros;
}

static void the_conditions_of_the_optimum_hold(void **state)
{
  (void)state;
  static const size_t rows[] = {150, 1000, 5003}, columns[] = {3, 12, 21};
  static const double alphas[] = {0, 0.5, 0.93, 1}, lambdas[] = {0.2, 0.03, 0.004, 0.0003};
  static const double factors[] = {1, 0, 2.5, 0.3, 1, 4, 0.01, 1, 1, 0,  1,
                                   7, 1, 1,   2,   1, 1, 1,    1, 3, 0.5};
  size_t zeros = 0, fits = 0;
  for (size_t i = 0; i < 3; i++) {
    churn_matrix *m = made_up(rows[i], columns[i], 300 + i);
    for (size_t r = 0; r < m->rows; r += 3)
      m->weight[r] = 0.4 + 0.01 * (double)(r % 50);
    if (i > 0)
      offset_rows(m, 40 + i);
    bench b = bench_of(m);
    for (size_t a = 0; a < 4; a++)
      for (size_t l = 0; l < 4; l++)
        for (int with = 0; with < 2; with++) {
          churn_penalised_settings s = {
              .lambda = lambdas[l], .alpha = alphas[a], .factors = with == 1 ? factors : NULL};
          fitted f = fit(&b, &s, 2);
          assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
          size_t zero = check_conditions(&b, &s, f.coefficients, f.report.objective);
          assert_true(alphas[a] > 0 || zero == 0);
          zeros += zero;
          fits++;
        }
    bench_free(&b);
  }
  /* the cases are such that lassos do leave columns out, and do not leave all out */
  assert_true(zeros > fits && zeros < 8 * fits);
}

/* Two ways to the same maximum: this solver, and Newton in churn_fit_logistic. */
static void without_absolute_values_it_is_the_newton_fit(void **state)
{
  (void)state;
  enum { COLUMNS = 9, N = COLUMNS + 1 };
  static const double lambdas[] = {0, 0.02};
  for (size_t l = 0; l < 2; l++) {
    bench b = bench_of(made_up(4000, COLUMNS, 41));
    churn_penalised_settings s = {.lambda = lambdas[l]};
    fitted f = fit(&b, &s, 2);
    double coefficients[N], covariance[N * N], means[COLUMNS], deviations[COLUMNS];
    churn_fit_settings newton = {.ridge_lambda = lambdas[l]};
    churn_fit_result result = {coefficients, covariance, means, deviations};
    churn_fit_report report;
    churn_error error;
    churn_matrix *copy = matrix_copy(b.raw);
    assert_ok(churn_fit_logistic(copy, &newton, NULL, &result, &report, &error), &error);
    for (size_t j = 0; j < N; j++)
      assert_close(f.coefficients[j], coefficients[j], 1e-9, 1e-11);
    for (size_t i = 0; i < N * N; i++)
      assert_close(f.covariance[i], covariance[i], 1e-7, 1e-12);
    assert_close(f.report.log_likelihood, report.log_likelihood, 1e-12, 0);
    assert_close(f.report.null_log_likelihood, report.null_log_likelihood, 1e-12, 0);
    churn_matrix_free(copy);
    bench_free(&b);
  }
}

static void an_absolute_value_leaves_no_covariance(void **state)
{
  (void)state;
  bench b = bench_of(made_up(900, 3, 4));
  churn_penalised_settings s = {.lambda = 0.01, .alpha = 0.2};
  fitted f = fit(&b, &s, 1);
  for (size_t i = 0; i < 16; i++)
    assert_true(isnan(f.covariance[i]));
  bench_free(&b);
}

static churn_path path_of(const bench *b, const churn_path_settings *settings, int threads)
{
  churn_path path;
  churn_run run = {.threads = threads};
  churn_error error;
  assert_ok(churn_path_fit(&b->scaled, settings, &run, &path, &error), &error);
  return path;
}

static void check_path_against_fits(const bench *b, const churn_path_settings *settings)
{
  churn_path path = path_of(b, settings, 2);
  size_t n = path.columns + 1;
  for (size_t k = 0; k < path.count; k += 7) {
    churn_penalised_settings s = settings->penalised;
    s.lambda = path.lambdas[k];
    fitted f = fit(b, &s, 2);
    double coefficients[MOST + 1];
    churn_fit_rescale(f.coefficients, b->scaled.means, b->scaled.deviations, n - 1, coefficients);
    for (size_t j = 0; j < n; j++)
      assert_close(path.coefficients[k * n + j], coefficients[j], 0, 1e-9);
    assert_true(path.reports[k].converged);
    assert_close(path.reports[k].objective, f.report.objective, 1e-13, 0);
  }
  churn_path_clear(&path);
}

static void the_path_is_what_single_fits_give(void **state)
{
  (void)state;
  static const double factors[] = {1, 0, 2.5, 0.3, 1, 4, 1, 1, 1, 0, 1};
  static const double alphas[] = {0, 0.4, 1};
  for (size_t a = 0; a < 3; a++) {
    bench b = bench_of(made_up(3000, 11, 77));
    churn_path_settings settings = {.penalised = {.alpha = alphas[a]}};
    check_path_against_fits(&b, &settings);
    settings.penalised.factors = factors;
    settings.count = 40;
    settings.ratio = 0.003;
    check_path_against_fits(&b, &settings);
    bench_free(&b);
  }
}

/* The largest lambda is where the first coefficient is about to leave 0. */
static void the_path_begins_where_all_coefficients_are_zero(void **state)
{
  (void)state;
  bench b = bench_of(made_up(2000, 8, 12));
  churn_path_settings settings = {.penalised = {.alpha = 0.7}};
  churn_path path = path_of(&b, &settings, 0);
  assert_int_equal(path.count, 100);
  for (size_t j = 1; j <= 8; j++)
    assert_true(path.coefficients[j] == 0);
  churn_penalised_settings s = {.lambda = path.lambdas[0] * 0.999, .alpha = 0.7};
  fitted f = fit(&b, &s, 0);
  size_t zeros = 0;
  for (size_t j = 1; j <= 8; j++)
    zeros += f.coefficients[j] == 0;
  assert_int_equal(zeros, 7);
  assert_close(path.lambdas[99], 1e-4 * path.lambdas[0], 1e-12, 0);
  assert_close(path.lambdas[50] / path.lambdas[49], path.lambdas[1] / path.lambdas[0], 1e-12, 0);
  churn_path_clear(&path);
  bench_free(&b);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  bench b = bench_of(made_up(30000, 9, 33));
  churn_path_settings settings = {.penalised = {.alpha = 0.8}, .count = 20};
  churn_path one = path_of(&b, &settings, 1);
  for (int threads = 2; threads < 6; threads++) {
    churn_path more = path_of(&b, &settings, threads);
    assert_memory_equal(more.coefficients, one.coefficients, 20 * 10 * sizeof(double));
    assert_memory_equal(more.lambdas, one.lambdas, 20 * sizeof(double));
    for (size_t k = 0; k < 20; k++)
      assert_true(more.reports[k].objective == one.reports[k].objective);
    assert_int_equal(more.sweeps, one.sweeps);
    churn_path_clear(&more);
  }
  churn_path_clear(&one);
  bench_free(&b);
}

static void scaling_and_shifting_a_column_changes_only_its_coefficient(void **state)
{
  (void)state;
  enum { COLUMNS = 5 };
  churn_matrix *m = made_up(2500, COLUMNS, 55), *turned = matrix_copy(m);
  for (size_t r = 0; r < m->rows; r++)
    *cell_of(turned, r, 3) = -3.7e-5 * *cell_of(m, r, 3) + 0.19;
  bench before = bench_of(m), after = bench_of(turned);
  churn_penalised_settings s = {.lambda = 0.004, .alpha = 0.9};
  fitted a = fit(&before, &s, 0), b = fit(&after, &s, 0);
  assert_true(a.coefficients[4] != 0);
  assert_close(b.coefficients[4] * -3.7e-5, a.coefficients[4], 1e-8, 0);
  assert_close(b.coefficients[0] + b.coefficients[4] * 0.19, a.coefficients[0], 1e-8, 0);
  for (size_t j = 1; j <= COLUMNS; j++)
    if (j != 4)
      assert_close(b.coefficients[j], a.coefficients[j], 1e-8, 1e-10);
  bench_free(&before);
  bench_free(&after);
}

/* A column twice: a ridge shares the coefficient evenly, a lasso has the same fit in all. */
static void collinear_columns_are_no_obstacle(void **state)
{
  (void)state;
  churn_matrix *m = made_up(3000, 5, 91);
  for (size_t r = 0; r < m->rows; r++)
    *cell_of(m, r, 4) = *cell_of(m, r, 0);
  bench b = bench_of(m);
  churn_penalised_settings ridge = {.lambda = 0.01}, lasso = {.lambda = 0.01, .alpha = 1};
  fitted f = fit(&b, &ridge, 0);
  check_conditions(&b, &ridge, f.coefficients, f.report.objective);
  assert_close(f.coefficients[1], f.coefficients[5], 1e-7, 0);
  f = fit(&b, &lasso, 0);
  check_conditions(&b, &lasso, f.coefficients, f.report.objective);
  churn_path_settings path_settings = {.penalised = {.alpha = 1}, .count = 30};
  churn_path path = path_of(&b, &path_settings, 0);
  for (size_t k = 0; k < path.count; k++)
    assert_true(path.reports[k].converged);
  churn_path_clear(&path);
  bench_free(&b);
}

/* Labels that one column tells exactly: maximum likelihood runs away and says so, any penalty holds
 * it. */
static void a_penalty_holds_what_separates(void **state)
{
  (void)state;
  churn_matrix *m = made_up(2000, 3, 19);
  for (size_t r = 0; r < m->rows; r++)
    m->y[r] = *cell_of(m, r, 2) > 24.1;
  bench b = bench_of(m);
  churn_penalised_settings s = {.lambda = 0, .alpha = 1};
  assert_int_equal(fit(&b, &s, 0).report.stopped_by, CHURN_STOP_SEPARATION);
  assert_int_equal(fit(&b, &s, 0).report.separating_column, 2);
  s.lambda = 0.001;
  fitted f = fit(&b, &s, 0);
  assert_true(f.report.converged);
  check_conditions(&b, &s, f.coefficients, f.report.objective);
  bench_free(&b);
}

/* One churner in 500: the first full step from the model without columns overshoots. */
static void a_rare_outcome_is_fitted_from_nothing(void **state)
{
  (void)state;
  churn_matrix *m = made_up(40000, 4, 23);
  uint64_t stream = 5;
  for (size_t r = 0; r < m->rows; r++) {
    double eta = -9 + 3 * (*cell_of(m, r, 2) - 23.4) / 15.6;
    m->y[r] = uniform(&stream) < 1 / (1 + exp(-eta));
  }
  bench b = bench_of(m);
  for (double lambda = 1e-6; lambda < 0.01; lambda *= 10) {
    churn_penalised_settings s = {.lambda = lambda, .alpha = 0.5};
    fitted f = fit(&b, &s, 0);
    assert_true(f.report.converged && f.report.iterations < 30);
    check_conditions(&b, &s, f.coefficients, f.report.objective);
  }
  bench_free(&b);
}

static void settings_out_of_range_are_refused(void **state)
{
  (void)state;
  static const double bad[] = {1, -0.5, 1};
  static const double rising[] = {0.1, 0.2};
  const struct {
    churn_penalised_settings settings;
    const char *message;
  } cases[] = {{{.lambda = -1}, "lambda is -1"},
               {{.lambda = NAN}, "lambda is nan"},
               {{.alpha = 1.5}, "alpha is 1.5"},
               {{.alpha = -0.1}, "alpha is -0.1"},
               {{.factors = bad}, "the penalty factor of column 2 is -0.5"},
               {{.tolerance = -1}, "the tolerance is -1"}};
  bench b = bench_of(made_up(300, 3, 2));
  churn_fit_result result = {0};
  churn_fit_report report;
  churn_error error;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(
        churn_penalised_fit(&b.scaled, &cases[i].settings, NULL, NULL, &result, &report, &error),
        CHURN_USAGE);
    assert_non_null(strstr(error.message, cases[i].message));
  }
  churn_path path;
  churn_path_settings settings = {.lambdas = rising, .count = 2};
  assert_int_equal(churn_path_fit(&b.scaled, &settings, NULL, &path, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "lambda 2 of the path is 0.2"));
  settings = (churn_path_settings){.ratio = 1};
  assert_int_equal(churn_path_fit(&b.scaled, &settings, NULL, &path, &error), CHURN_USAGE);
  static const double none[] = {0, 0, 0};
  settings = (churn_path_settings){.penalised = {.factors = none}};
  assert_int_equal(churn_path_fit(&b.scaled, &settings, NULL, &path, &error), CHURN_DEGENERATE);
  bench_free(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_conditions_of_the_optimum_hold),
      cmocka_unit_test(without_absolute_values_it_is_the_newton_fit),
      cmocka_unit_test(an_absolute_value_leaves_no_covariance),
      cmocka_unit_test(the_path_is_what_single_fits_give),
      cmocka_unit_test(the_path_begins_where_all_coefficients_are_zero),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(scaling_and_shifting_a_column_changes_only_its_coefficient),
      cmocka_unit_test(collinear_columns_are_no_obstacle),
      cmocka_unit_test(a_penalty_holds_what_separates),
      cmocka_unit_test(a_rare_outcome_is_fitted_from_nothing),
      cmocka_unit_test(settings_out_of_range_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
