/* Cross-validation against fits of each fold from nothing; threads, degenerate folds; the choice of
 * lambda against tables worked out by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/cross_validate.h"
#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 1500, COLUMNS = 8, N = COLUMNS + 1, FOLDS = 5, MOST_FOLDS = 61 };

static const double factors[COLUMNS] = {1, 0, 2.5, 0.3, 1, 4, 1, 0.7};

typedef struct bench {
  churn_matrix *raw;
  churn_scaled scaled;
  uint32_t fold[ROWS];
  churn_fold_map map;
} bench;

static void bench_open_with(bench *b, churn_matrix *raw, uint32_t folds)
{
  churn_error error;
  b->raw = raw;
  for (size_t r = 0; r < ROWS; r++)
    b->fold[r] = (uint32_t)(r * 7919 % 1009 % folds);
  b->map = (churn_fold_map){b->fold, folds};
  assert_ok(churn_scaled_take(matrix_copy(raw), NULL, &b->scaled, &error), &error);
}

static void bench_open(bench *b, churn_matrix *raw)
{
  bench_open_with(b, raw, FOLDS);
}

static void bench_close(bench *b)
{
  churn_matrix_free(b->raw);
  churn_matrix_free(b->scaled.matrix);
  churn_scaled_clear(&b->scaled);
}

/* The fit on all rows but one fold's, as if they were all there are: standardised anew, begun at
 * nothing. Coefficients on the original scale. */
static void fit_without(const bench *b, uint32_t fold, const churn_penalised_settings *settings,
                        double *coefficients)
{
  churn_matrix *rest = matrix_copy(b->raw);
  for (size_t r = 0; r < ROWS; r++)
    rest->weight[r] = b->fold[r] == fold ? 0 : rest->weight[r];
  churn_scaled scaled;
  churn_fit_result result = {.coefficients = coefficients};
  churn_fit_report report;
  churn_error error;
  assert_ok(churn_scaled_take(rest, NULL, &scaled, &error), &error);
  assert_ok(churn_penalised_fit(&scaled, settings, NULL, NULL, &result, &report, &error), &error);
  assert_true(report.converged);
  churn_scaled_clear(&scaled);
  churn_matrix_free(rest);
}

static double logit_of(const bench *b, size_t row, const double *coefficients)
{
  double eta = coefficients[0] + offset_of(b->raw, row);
  for (size_t c = 0; c < COLUMNS; c++)
    eta += coefficients[c + 1] * *cell_of(b->raw, row, c);
  return eta;
}

static double deviance_of(double y, double eta)
{
  double wrong = y > 0 ? -eta : eta;
  return 2 * (log1p(exp(-fabs(wrong))) + fmax(wrong, 0));
}

static void weigh(churn_matrix *m)
{
  for (size_t r = 0; r < m->rows; r++)
    m->weight[r] = 0.4 + 0.01 * (double)(r % 50);
  offset_rows(m, 21);
}

static void check_logits(const bench *b, const churn_penalised_settings *settings)
{
  double logits[ROWS], coefficients[MOST_FOLDS * N], alone[N];
  churn_cross_report report;
  churn_error error;
  assert_ok(churn_cross_validate(&b->scaled, &b->map, settings, NULL, NULL, logits, coefficients,
                                 &report, &error),
            &error);
  assert_int_equal(report.not_converged + report.separated, 0);
  for (uint32_t f = 0; f < b->map.count; f++) {
    fit_without(b, f, settings, alone);
    for (size_t j = 1; j < N; j++)
      assert_close(coefficients[f * N + j], alone[j], 1e-8, 1e-9);
    for (size_t r = 0; r < ROWS; r++)
      if (b->fold[r] == f)
        assert_close(logits[r], logit_of(b, r, alone), 1e-9, 1e-9);
  }
}

static void out_of_fold_logits_are_those_of_fits_from_nothing(void **state)
{
  (void)state;
  bench b;
  churn_matrix *m = made_up(ROWS, COLUMNS, 61);
  weigh(m);
  bench_open(&b, m);
  check_logits(&b, &(churn_penalised_settings){.lambda = 0});
  check_logits(&b, &(churn_penalised_settings){.lambda = 0.02, .factors = factors});
  check_logits(&b, &(churn_penalised_settings){.lambda = 0.01, .alpha = 1});
  check_logits(&b, &(churn_penalised_settings){.lambda = 0.015, .alpha = 0.6, .factors = factors});
  bench_close(&b);
}

/* More than the words that tell who trains on a row have bits, and one of a block by itself. */
static void many_folds_are_fitted_as_well(void **state)
{
  (void)state;
  bench b;
  churn_matrix *m = made_up(ROWS, COLUMNS, 62);
  weigh(m);
  bench_open_with(&b, m, MOST_FOLDS);
  check_logits(&b, &(churn_penalised_settings){.lambda = 0});
  bench_close(&b);
}

/* Mean deviance and standard error at one lambda, as cv.glmnet defines them, from fits of each
 * fold. */
static void brute_force(const bench *b, const churn_penalised_settings *settings, double *mean,
                        double *std_error)
{
  double deviances[FOLDS] = {0}, weights[FOLDS] = {0}, total = 0, spread = 0, alone[N];
  for (uint32_t f = 0; f < FOLDS; f++) {
    fit_without(b, f, settings, alone);
    for (size_t r = 0; r < ROWS; r++)
      if (b->fold[r] == f) {
        deviances[f] += b->raw->weight[r] * deviance_of(b->raw->y[r], logit_of(b, r, alone));
        weights[f] += b->raw->weight[r];
      }
    total += weights[f];
  }
  *mean = 0;
  for (uint32_t f = 0; f < FOLDS; f++)
    *mean += deviances[f] / total;
  for (uint32_t f = 0; f < FOLDS; f++)
    spread += weights[f] / total * pow(deviances[f] / weights[f] - *mean, 2);
  *std_error = sqrt(spread / (FOLDS - 1));
}

static void the_table_of_a_path_is_that_of_fits_from_nothing(void **state)
{
  (void)state;
  static const double alphas[] = {0, 0.5, 1};
  bench b;
  churn_matrix *m = made_up(ROWS, COLUMNS, 17);
  weigh(m);
  bench_open(&b, m);
  for (size_t a = 0; a < 3; a++) {
    churn_path_settings settings = {
        .penalised = {.alpha = alphas[a], .factors = factors}, .count = 25, .ratio = 1e-3};
    churn_path path;
    churn_cross_table table;
    churn_cross_report report;
    churn_error error;
    assert_ok(churn_path_fit(&b.scaled, &settings, NULL, &path, &error), &error);
    assert_ok(churn_cross_validate_path(&b.scaled, &b.map, &settings.penalised, &path, NULL, &table,
                                        &report, &error),
              &error);
    assert_int_equal(report.not_converged + report.separated, 0);
    for (size_t k = 0; k < path.count; k += 4) {
      double mean, std_error;
      churn_penalised_settings single = settings.penalised;
      single.lambda = path.lambdas[k];
      brute_force(&b, &single, &mean, &std_error);
      assert_close(table.deviances[k], mean, 0, 1e-9);
      assert_close(table.std_errors[k], std_error, 0, 1e-9);
    }
    churn_path_clear(&path);
    churn_cross_table_clear(&table);
  }
  bench_close(&b);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  bench b;
  double one[ROWS], more[ROWS];
  churn_penalised_settings settings = {.lambda = 0.01, .alpha = 0.5};
  churn_cross_report report;
  churn_error error;
  bench_open(&b, made_up(ROWS, COLUMNS, 5));
  for (int threads = 1; threads < 5; threads++) {
    churn_run run = {.threads = threads};
    assert_ok(churn_cross_validate(&b.scaled, &b.map, &settings, NULL, &run,
                                   threads == 1 ? one : more, NULL, &report, &error),
              &error);
    if (threads > 1)
      assert_memory_equal(one, more, sizeof one);
  }
  bench_close(&b);
}

/* A start at the fit on all rows, and one found here: the same answer. */
static void the_fit_on_all_rows_may_be_given(void **state)
{
  (void)state;
  bench b;
  double coefficients[N], start[N], found[ROWS], given[ROWS];
  churn_penalised_settings settings = {.lambda = 0};
  churn_fit_result result = {.coefficients = coefficients};
  churn_fit_report fitted;
  churn_cross_report report, cold;
  churn_error error;
  bench_open(&b, made_up(ROWS, COLUMNS, 29));
  assert_ok(churn_penalised_fit(&b.scaled, &settings, NULL, NULL, &result, &fitted, &error),
            &error);
  churn_fit_rescale(coefficients, b.scaled.means, b.scaled.deviations, COLUMNS, start);
  assert_ok(
      churn_cross_validate(&b.scaled, &b.map, &settings, start, NULL, given, NULL, &report, &error),
      &error);
  assert_ok(
      churn_cross_validate(&b.scaled, &b.map, &settings, NULL, NULL, found, NULL, &cold, &error),
      &error);
  assert_true(report.sweeps < cold.sweeps);
  for (size_t r = 0; r < ROWS; r++)
    assert_close(given[r], found[r], 1e-9, 1e-9);
  bench_close(&b);
}

/* A 0/1 column that is 1 in one fold only says nothing to that fold's model, whatever the rows held
 * out would teach it. */
static void a_column_that_only_the_held_out_rows_have_counts_nothing(void **state)
{
  (void)state;
  bench b;
  double logits[ROWS], coefficients[FOLDS * N];
  churn_cross_report report;
  churn_error error;
  churn_matrix *m = made_up(ROWS, COLUMNS, 83);
  for (size_t r = 0; r < ROWS; r++) {
    *cell_of(m, r, 3) = r * 7919 % 1009 % FOLDS == 2 && r % 3 == 0;
    /* and one that is the same as another but for other rows of that fold */
    *cell_of(m, r, 5) = *cell_of(m, r, 1) + (r * 7919 % 1009 % FOLDS == 2 && r % 3 == 1);
  }
  bench_open(&b, m);
  assert_ok(churn_cross_validate(&b.scaled, &b.map, &(churn_penalised_settings){0}, NULL, NULL,
                                 logits, coefficients, &report, &error),
            &error);
  assert_int_equal(report.not_converged, 0);
  assert_true(coefficients[2 * N + 4] == 0);
  assert_true(coefficients[2 * N + 6] == 0);
  assert_true(coefficients[0 * N + 4] != 0 && coefficients[0 * N + 6] != 0);
  bench_close(&b);
}

/* The only churners with a flag are in one fold: without them the flag's coefficient runs away. The
 * fold still gives logits that are numbers and not absurd. */
static void a_fold_that_separates_is_told_and_stays_finite(void **state)
{
  (void)state;
  bench b;
  double logits[ROWS];
  churn_cross_report report;
  churn_error error;
  churn_matrix *m = made_up(ROWS, COLUMNS, 47);
  for (size_t r = 0; r < ROWS; r++) {
    *cell_of(m, r, 3) = r % 11 == 0;
    if (r % 11 == 0)
      m->y[r] = r * 7919 % 1009 % FOLDS == 1;
  }
  bench_open(&b, m);
  assert_ok(churn_cross_validate(&b.scaled, &b.map, &(churn_penalised_settings){0}, NULL, NULL,
                                 logits, NULL, &report, &error),
            &error);
  assert_int_equal(report.separated, 1);
  assert_int_equal(report.not_converged, 0);
  for (size_t r = 0; r < ROWS; r++)
    assert_true(fabs(logits[r]) < 40);
  bench_close(&b);
}

static void folds_that_cannot_be_fitted_are_refused(void **state)
{
  (void)state;
  bench b;
  double logits[ROWS];
  churn_cross_report report;
  churn_error error;
  churn_matrix *m = made_up(ROWS, COLUMNS, 7);
  for (size_t r = 0; r < ROWS; r++)
    m->y[r] = r * 7919 % 1009 % FOLDS == 3 && r % 2 == 0;
  bench_open(&b, m);
  const churn_penalised_settings settings = {.lambda = 0.1};
  assert_int_equal(
      churn_cross_validate(&b.scaled, &b.map, &settings, NULL, NULL, logits, NULL, &report, &error),
      CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "without fold 4 of 5 all rows have the same outcome"));
  b.map.count = 4;
  assert_int_equal(
      churn_cross_validate(&b.scaled, &b.map, &settings, NULL, NULL, logits, NULL, &report, &error),
      CHURN_USAGE);
  assert_non_null(strstr(error.message, "is in fold 4; there are 4"));
  b.map.count = 1;
  assert_int_equal(
      churn_cross_validate(&b.scaled, &b.map, &settings, NULL, NULL, logits, NULL, &report, &error),
      CHURN_USAGE);
  bench_close(&b);
}

static size_t chosen(const double *deviances, const double *std_errors, size_t count,
                     churn_lambda_rule rule)
{
  double d[8], e[8];
  memcpy(d, deviances, count * sizeof *d);
  memcpy(e, std_errors, count * sizeof *e);
  churn_cross_table table = {count, d, e};
  return churn_cross_choose(&table, rule);
}

/* By hand: the least is 0.812 at number 4, its error 0.031, so 0.843 is the most allowed: number 2
 * (0.840) is the first that has it; number 1 (0.8431) has not. */
static void the_rules_choose_what_a_table_says_by_hand(void **state)
{
  (void)state;
  static const double d[] = {0.97, 0.8431, 0.84, 0.82, 0.812, 0.815};
  static const double e[] = {0.2, 0.2, 0.001, 0.02, 0.031, 0.5};
  assert_int_equal(chosen(d, e, 6, CHURN_LAMBDA_MINIMUM), 4);
  assert_int_equal(chosen(d, e, 6, CHURN_LAMBDA_ONE_ERROR), 2);
  /* of equal ones the larger lambda */
  static const double equal[] = {0.9, 0.8, 0.8, 0.85}, none[] = {0, 0, 0, 0};
  assert_int_equal(chosen(equal, none, 4, CHURN_LAMBDA_MINIMUM), 1);
  assert_int_equal(chosen(equal, none, 4, CHURN_LAMBDA_ONE_ERROR), 1);
  /* the null model is within an error of everything */
  static const double flat[] = {1.01, 1.0, 1.0, 0.999};
  static const double wide[] = {0.1, 0.1, 0.1, 0.1};
  assert_int_equal(chosen(flat, wide, 4, CHURN_LAMBDA_ONE_ERROR), 0);
  assert_int_equal(chosen(flat, wide, 4, CHURN_LAMBDA_MINIMUM), 3);
  assert_int_equal(chosen(flat, wide, 1, CHURN_LAMBDA_ONE_ERROR), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(out_of_fold_logits_are_those_of_fits_from_nothing),
      cmocka_unit_test(many_folds_are_fitted_as_well),
      cmocka_unit_test(the_table_of_a_path_is_that_of_fits_from_nothing),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(the_fit_on_all_rows_may_be_given),
      cmocka_unit_test(a_column_that_only_the_held_out_rows_have_counts_nothing),
      cmocka_unit_test(a_fold_that_separates_is_told_and_stays_finite),
      cmocka_unit_test(folds_that_cannot_be_fitted_are_refused),
      cmocka_unit_test(the_rules_choose_what_a_table_says_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
