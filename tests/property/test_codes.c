/* A matrix that keeps categories as level codes and the same one with every column in the tiles:
 * the same values, and the same answers but for rounding from everything that fits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/cross_validate.h"
#include "fit/logistic.h"
#include "fit/moments.h"
#include "fit/robust.h"
#include "made_up.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* Columns: a number, 11 levels, a number, 23 levels, a number, a flag. The reference of the first
 * category has no column; of the second every level has one. */
enum { FIRST = 11, SECOND = 23, COLUMNS = FIRST + SECOND + 4, N = COLUMNS + 1 };

typedef struct twins {
  churn_matrix *plain;
  churn_matrix *coded;
} twins;

static twins twins_new(size_t rows, bool with_extras)
{
  twins t = {matrix_of(rows, COLUMNS), NULL};
  int32_t block_of[COLUMNS];
  churn_error error;
  for (size_t c = 0; c < COLUMNS; c++)
    block_of[c] = c >= 1 && c <= FIRST ? 0 : c >= FIRST + 2 && c < FIRST + 2 + SECOND ? 1 : -1;
  assert_ok(churn_matrix_new_coded(rows, COLUMNS, block_of, 2, &t.coded, &error), &error);
  if (with_extras) {
    assert_ok(churn_matrix_add_offset(t.plain, &error), &error);
    assert_ok(churn_matrix_add_offset(t.coded, &error), &error);
  }
  return t;
}

static void twins_free(twins *t)
{
  churn_matrix_free(t->plain);
  churn_matrix_free(t->coded);
}

static void set_number(const twins *t, size_t row, size_t column, double value)
{
  *cell_of(t->plain, row, column) = value;
  *cell_of(t->coded, row, t->coded->places[column].index) = value;
}

/* Level `level` of a category whose columns begin at `first`; none where it is `levels`. */
static void set_level(const twins *t, size_t row, size_t block, size_t first, size_t level)
{
  if (level < t->coded->blocks[block].levels)
    *cell_of(t->plain, row, first + level) = 1;
  t->coded->blocks[block].codes[row] = (uint16_t)level;
}

/* Uneven levels, labels from planted coefficients; with extras also weights, some 0, and offsets.
 */
static twins made_up_twins(size_t rows, uint64_t seed, bool with_extras)
{
  twins t = twins_new(rows, with_extras);
  uint64_t s = seed;
  for (size_t r = 0; r < rows; r++) {
    double x = 40 + 7.3 * uniform(&s), y = -log(1 - uniform(&s)), u = uniform(&s), v = uniform(&s);
    size_t a = (size_t)(u * u * (FIRST + 1)), b = (size_t)(v * sqrt(v) * SECOND);
    double z = x * 0.1 + y + 0.4 * uniform(&s), flag = uniform(&s) < 0.2;
    set_number(&t, r, 0, x);
    set_level(&t, r, 0, 1, a);
    set_number(&t, r, FIRST + 1, y);
    set_level(&t, r, 1, FIRST + 2, b);
    set_number(&t, r, COLUMNS - 2, z);
    set_number(&t, r, COLUMNS - 1, flag);
    double eta = 0.05 * (x - 43) - 0.6 * y + 0.3 * cos((double)a) + 0.4 * sin((double)b) + flag;
    t.plain->y[r] = t.coded->y[r] = uniform(&s) < 1 / (1 + exp(0.7 - eta));
    if (with_extras) {
      t.plain->weight[r] = t.coded->weight[r] = (double)(r % 5) * 0.61;
      t.plain->offset[r] = t.coded->offset[r] = 0.3 * (double)(r % 7) - 1;
    }
  }
  return t;
}

/* The second category's last level is told by the others: what the rank check would drop. */
static void drop_last_level(twins *t)
{
  bool keep[COLUMNS];
  for (size_t c = 0; c < COLUMNS; c++)
    keep[c] = c != FIRST + 1 + SECOND;
  churn_matrix_keep(t->plain, keep);
  churn_matrix_keep(t->coded, keep);
}

static void check_same_values(const twins *t)
{
  size_t columns = t->plain->columns, size = columns * CHURN_TILE_ROWS;
  double *scratch = calloc(size, sizeof *scratch);
  assert_int_equal(t->coded->columns, columns);
  for (size_t tile = 0; tile < churn_tile_count(t->plain->rows); tile++)
    assert_memory_equal(churn_matrix_dense(t->coded, tile, scratch),
                        churn_matrix_tile(t->plain, tile, 0), size * sizeof *scratch);
  free(scratch);
}

static void the_values_are_those_of_plain_columns(void **state)
{
  (void)state;
  twins t = made_up_twins(1300, 3, false);
  bool keep[COLUMNS];
  check_same_values(&t);
  for (size_t c = 0; c < COLUMNS; c++)
    keep[c] = c % 3 != 1; /* numbers and levels of both categories go */
  churn_matrix_keep(t.plain, keep);
  churn_matrix_keep(t.coded, keep);
  assert_true(t.coded->columns < COLUMNS);
  check_same_values(&t);
  twins_free(&t);
}

static void moments_are_those_of_plain_columns(void **state)
{
  (void)state;
  twins t = made_up_twins(5003, 9, true);
  double means[2][COLUMNS], deviations[2][COLUMNS];
  churn_error error;
  for (size_t r = 0; r < 5003; r++)
    t.coded->weight[r] = t.plain->weight[r] = 0.1 * (double)(1 + r % 3);
  for (int again = 0; again < 2; again++) { /* as they come, and standardised */
    for (int i = 0; i < 2; i++)
      assert_ok(churn_moments_read(i == 0 ? t.plain : t.coded, NULL, NULL, means[i], deviations[i],
                                   &error),
                &error);
    for (size_t c = 0; c < COLUMNS; c++) {
      assert_close(means[1][c], means[0][c], 1e-12, 1e-13);
      assert_close(deviations[1][c], deviations[0][c], 1e-12, 0);
    }
    assert_ok(churn_matrix_standardise(t.plain, means[0], deviations[0], NULL, &error), &error);
    assert_ok(churn_matrix_standardise(t.coded, means[1], deviations[1], NULL, &error), &error);
  }
  twins_free(&t);
}

/* On everywhere, and nowhere. */
static void a_level_that_all_rows_have_has_deviation_zero(void **state)
{
  (void)state;
  twins t = made_up_twins(3000, 4, false);
  double means[COLUMNS], deviations[COLUMNS];
  churn_error error;
  for (size_t r = 0; r < 3000; r++) {
    t.coded->blocks[0].codes[r] = 7;
    t.coded->weight[r] = 0.1 * (double)(1 + r % 7);
  }
  assert_ok(churn_moments_read(t.coded, NULL, NULL, means, deviations, &error), &error);
  assert_true(means[8] == 1 && deviations[8] == 0);
  assert_true(means[3] == 0 && deviations[3] == 0);
  twins_free(&t);
}

static void the_rank_check_finds_the_same_columns(void **state)
{
  (void)state;
  twins t = made_up_twins(6000, 12, true);
  const char *names[COLUMNS];
  bool keep[2][COLUMNS];
  char *because[2][COLUMNS];
  churn_error error;
  for (size_t c = 0; c < COLUMNS; c++)
    names[c] = "c";
  for (size_t r = 0; r < 6000; r++)
    set_number(&t, r, COLUMNS - 2, 3 - 2 * *cell_of(t.plain, r, 4));
  for (int i = 0; i < 2; i++)
    assert_ok(
        churn_fit_rank(i == 0 ? t.plain : t.coded, names, NULL, NULL, keep[i], because[i], &error),
        &error);
  assert_memory_equal(keep[1], keep[0], sizeof keep[0]);
  assert_false(keep[0][FIRST + 1 + SECOND]);
  assert_false(keep[0][COLUMNS - 2]);
  for (size_t c = 0; c < COLUMNS; c++) {
    assert_int_equal(because[0][c] == NULL, because[1][c] == NULL);
    if (because[0][c] != NULL)
      assert_string_equal(because[1][c], because[0][c]);
    free(because[0][c]);
    free(because[1][c]);
  }
  twins_free(&t);
}

typedef struct fitted {
  churn_fit_report report;
  double coefficients[N];
  double covariance[N * N];
  double means[COLUMNS];
  double deviations[COLUMNS];
} fitted;

static fitted fit(churn_matrix *m, const churn_fit_settings *settings, int threads)
{
  fitted f;
  memset(&f, 0, sizeof f);
  churn_run run = {.threads = threads};
  churn_fit_result result = {f.coefficients, f.covariance, f.means, f.deviations};
  churn_error error;
  assert_ok(churn_fit_logistic(m, settings, &run, &result, &f.report, &error), &error);
  return f;
}

static void check_same_fit(const fitted *a, const fitted *b, size_t columns)
{
  size_t n = columns + 1;
  assert_int_equal(a->report.stopped_by, b->report.stopped_by);
  assert_close(a->report.log_likelihood, b->report.log_likelihood, 1e-12, 0);
  assert_close(a->report.null_log_likelihood, b->report.null_log_likelihood, 1e-12, 0);
  for (size_t j = 0; j < n; j++) {
    assert_close(a->coefficients[j], b->coefficients[j], 1e-10, 1e-12);
    for (size_t i = 0; i < n; i++)
      assert_close(a->covariance[j * n + i], b->covariance[j * n + i], 1e-9, 1e-12);
  }
}

/* Maximum likelihood and ridge, cold and from a subsample, with weights and offsets, and the robust
 * sums where it ends. */
static void fits_are_those_of_plain_columns(void **state)
{
  (void)state;
  static const churn_fit_settings settings[] = {
      {.sample_rows = SIZE_MAX}, {.sample_rows = 5000}, {.ridge_lambda = 0.02}};
  for (size_t i = 0; i < 6; i++) {
    twins t = made_up_twins(21000, 70 + i, i % 2 == 1);
    drop_last_level(&t);
    size_t columns = t.plain->columns, n = columns + 1;
    fitted plain = fit(t.plain, &settings[i / 2], 0), coded = fit(t.coded, &settings[i / 2], 0);
    assert_int_equal(plain.report.stopped_by, CHURN_STOP_GRADIENT);
    check_same_fit(&coded, &plain, columns);
    double b[N] = {0}, meat[2][N * N];
    churn_robust_counts counts[2];
    churn_error error;
    churn_fit_rescale(plain.coefficients, plain.means, plain.deviations, columns, b);
    for (int k = 0; k < 2; k++)
      assert_ok(churn_robust_meat(k == 0 ? t.plain : t.coded, false, b, NULL, meat[k], &counts[k],
                                  &error),
                &error);
    for (size_t e = 0; e < n * n; e++)
      assert_close(meat[1][e], meat[0][e], 1e-9, 1e-8);
    twins_free(&t);
  }
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  fitted first;
  for (int threads = 1; threads <= 3; threads++) {
    twins t = made_up_twins(30000, 5, true);
    drop_last_level(&t);
    fitted f = fit(t.coded, &(churn_fit_settings){.sample_rows = 7000}, threads);
    if (threads == 1)
      first = f;
    assert_memory_equal(&f, &first, sizeof f);
    twins_free(&t);
  }
}

static void a_level_that_separates_is_named(void **state)
{
  (void)state;
  twins t = made_up_twins(4000, 15, false);
  drop_last_level(&t);
  for (size_t r = 0; r < 4000; r++)
    if (t.coded->blocks[1].codes[r] == 5)
      t.coded->y[r] = 1;
  fitted f = fit(t.coded, NULL, 0);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_SEPARATION);
  assert_int_equal(f.report.separating_column, FIRST + 2 + 5);
  twins_free(&t);
}

/* Through churn_matrix_dense: the lasso's path and cross-validation. */
static void paths_and_folds_are_those_of_plain_columns(void **state)
{
  (void)state;
  enum { ROWS = 9000, LAMBDAS = 12, FOLDS = 4 };
  twins t = made_up_twins(ROWS, 31, false);
  drop_last_level(&t);
  size_t n = t.plain->columns + 1;
  static uint32_t fold[ROWS];
  static double logits[2][ROWS];
  churn_path path[2];
  churn_error error;
  churn_path_settings settings = {.penalised = {.alpha = 0.9}, .count = LAMBDAS, .ratio = 1e-3};
  for (uint32_t r = 0; r < ROWS; r++)
    fold[r] = r * 7 % FOLDS;
  churn_fold_map map = {.fold = fold, .count = FOLDS};
  for (int i = 0; i < 2; i++) {
    churn_scaled scaled;
    churn_cross_report report;
    churn_penalised_settings plain = {0};
    assert_ok(churn_scaled_take(i == 0 ? t.plain : t.coded, NULL, &scaled, &error), &error);
    assert_ok(churn_path_fit(&scaled, &settings, NULL, &path[i], &error), &error);
    assert_ok(
        churn_cross_validate(&scaled, &map, &plain, NULL, NULL, logits[i], NULL, &report, &error),
        &error);
    churn_scaled_clear(&scaled);
  }
  for (size_t i = 0; i < LAMBDAS * n; i++)
    assert_close(path[1].coefficients[i], path[0].coefficients[i], 1e-8, 1e-9);
  for (size_t r = 0; r < ROWS; r++)
    assert_close(logits[1][r], logits[0][r], 1e-9, 1e-10);
  churn_path_clear(&path[0]);
  churn_path_clear(&path[1]);
  twins_free(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_values_are_those_of_plain_columns),
      cmocka_unit_test(moments_are_those_of_plain_columns),
      cmocka_unit_test(a_level_that_all_rows_have_has_deviation_zero),
      cmocka_unit_test(the_rank_check_finds_the_same_columns),
      cmocka_unit_test(fits_are_those_of_plain_columns),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(a_level_that_separates_is_named),
      cmocka_unit_test(paths_and_folds_are_those_of_plain_columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
