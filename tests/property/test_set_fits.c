/* Fits of many sets of columns in many folds, against each fitted by itself from nothing; threads,
 * company, and what is left to others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/penalised.h"
#include "fit/set_fits.h"
#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 2300, COLUMNS = 7, N = COLUMNS + 1, GROUPS = 6, FOLDS = 5, SETS = 10 };

/* Folds 0 to 2 hold one group out, 3 and 4 train on the groups before and on some in the middle. */
static const bool trains[FOLDS * GROUPS] = {false, true, true, true, true,  true,  true,  false,
                                            true,  true, true, true, true,  true,  false, true,
                                            true,  true, true, true, false, false, false, false,
                                            false, true, true, true, false, false};

/* More than are fitted in one sweep. */
static const uint32_t all[] = {0, 1, 2, 3, 4, 5, 6}, two[] = {1, 4}, some[] = {0, 2, 5, 6},
                      last[] = {6}, three[] = {0, 3, 5};
static const churn_fitted_set sets[SETS] = {{all, 7},   {two, 2}, {some, 4}, {last, 1}, {all, 0},
                                            {three, 3}, {two, 2}, {all, 5},  {all, 2},  {some, 3}};

typedef struct bench {
  churn_matrix *raw;
  churn_scaled scaled;
  uint32_t group[ROWS];
  double coefficients[FOLDS * SETS * N];
  bool wanted[FOLDS * SETS];
  size_t columns[SETS];
  double milliseconds[SETS];
} bench;

static void bench_open(bench *b, churn_matrix *raw)
{
  churn_error error;
  b->raw = raw;
  for (size_t r = 0; r < ROWS; r++)
    b->group[r] = (uint32_t)(r * 7919 % 1009 % GROUPS);
  assert_ok(churn_scaled_take(matrix_copy(raw), NULL, &b->scaled, &error), &error);
}

static void bench_close(bench *b)
{
  churn_matrix_free(b->raw);
  churn_matrix_free(b->scaled.matrix);
  churn_scaled_clear(&b->scaled);
}

static void fit_sets(bench *b, const churn_fitted_set *of, size_t count, int threads)
{
  churn_set_fits_input input = {&b->scaled, {b->group, GROUPS}, trains, FOLDS, of, count};
  churn_set_fits_result result = {b->coefficients, b->wanted, b->columns, b->milliseconds};
  churn_run run = {.threads = threads};
  churn_error error;
  for (size_t i = 0; i < FOLDS * count; i++)
    b->wanted[i] = true;
  assert_ok(churn_set_fits(&input, "test", &run, &result, &error), &error);
}

/* The fit on the fold's rows and the set's columns as if they were all there are. Original scale.
 */
static void fit_alone(const bench *b, uint32_t fold, const churn_fitted_set *set,
                      double *coefficients)
{
  churn_matrix *own = matrix_copy(b->raw);
  bool keep[COLUMNS] = {false};
  for (size_t i = 0; i < set->count; i++)
    keep[set->columns[i]] = true;
  churn_matrix_keep(own, keep);
  for (size_t r = 0; r < ROWS; r++)
    own->weight[r] = trains[fold * GROUPS + b->group[r]] ? own->weight[r] : 0;
  churn_scaled scaled;
  churn_fit_result result = {.coefficients = coefficients};
  churn_fit_report report;
  churn_error error;
  churn_penalised_settings none = {0};
  assert_ok(churn_scaled_take(own, NULL, &scaled, &error), &error);
  assert_ok(churn_penalised_fit(&scaled, &none, NULL, NULL, &result, &report, &error), &error);
  assert_true(report.converged);
  churn_scaled_clear(&scaled);
  churn_matrix_free(own);
}

static void check_fit(const bench *b, uint32_t fold, size_t s)
{
  double alone[N], found[N];
  const churn_fitted_set *set = &sets[s];
  fit_alone(b, fold, set, alone);
  churn_fit_unscale(b->coefficients + (fold * SETS + s) * N, b->scaled.means, b->scaled.deviations,
                    COLUMNS, found);
  assert_true(b->wanted[fold * SETS + s]);
  assert_close(found[0], alone[0], 1e-8, 1e-9);
  for (size_t c = 0, i = 0; c < COLUMNS; c++) {
    bool has = i < set->count && set->columns[i] == c;
    assert_close(found[c + 1], has ? alone[++i] : 0, 1e-8, 1e-9);
  }
}

static void each_fit_is_that_of_its_rows_and_columns_alone(void **state)
{
  (void)state;
  bench *b = calloc(1, sizeof *b);
  churn_matrix *m = made_up(ROWS, COLUMNS, 29);
  for (size_t r = 0; r < ROWS; r++)
    m->weight[r] = 0.4 + 0.01 * (double)(r % 50);
  offset_rows(m, 23);
  bench_open(b, m);
  fit_sets(b, sets, SETS, 2);
  for (uint32_t f = 0; f < FOLDS; f++)
    for (size_t s = 0; s < SETS; s++)
      check_fit(b, f, s);
  bench_close(b);
  free(b);
}

static void threads_change_no_bit(void **state)
{
  (void)state;
  bench *b = calloc(1, sizeof *b), *other = calloc(1, sizeof *other);
  bench_open(b, made_up(ROWS, COLUMNS, 31));
  bench_open(other, made_up(ROWS, COLUMNS, 31));
  fit_sets(b, sets, SETS, 1);
  fit_sets(other, sets, SETS, 3);
  assert_memory_equal(b->coefficients, other->coefficients, sizeof b->coefficients);
  bench_close(b);
  bench_close(other);
  free(b);
  free(other);
}

/* A column that no row of a group has is constant to the fold that trains on the group alone. */
static void what_a_fold_cannot_tell_apart_is_left_to_others(void **state)
{
  (void)state;
  bench *b = calloc(1, sizeof *b);
  churn_matrix *m = made_up(ROWS, COLUMNS, 37);
  for (size_t r = 0; r < ROWS; r++) {
    uint32_t group = (uint32_t)(r * 7919 % 1009 % GROUPS);
    if (group <= 1)
      *cell_of(m, r, 4) = *cell_of(m, r, 1) + 0.25;
  }
  bench_open(b, m);
  fit_sets(b, sets, SETS, 2);
  for (uint32_t f = 0; f < FOLDS; f++)
    for (size_t s = 0; s < SETS; s++)
      if (f == 3 && (s == 0 || s == 1 || s == 6 || s == 7))
        assert_false(b->wanted[f * SETS + s]);
      else
        check_fit(b, f, s);
  bench_close(b);
  free(b);
}

/* Column 6 is the sum of 0 and 5 everywhere: whoever has all three has two of them. */
static void collinear_columns_are_left_out_of_every_fold(void **state)
{
  (void)state;
  static const uint32_t without[] = {0, 1, 2, 3, 4, 5};
  bench *b = calloc(1, sizeof *b);
  churn_matrix *m = made_up(ROWS, COLUMNS, 41);
  for (size_t r = 0; r < ROWS; r++)
    *cell_of(m, r, 6) = *cell_of(m, r, 0) + *cell_of(m, r, 5);
  bench_open(b, m);
  churn_fitted_set pair[2] = {{all, 7}, {without, 6}};
  fit_sets(b, pair, 2, 2);
  assert_int_equal(b->columns[0], 6);
  for (uint32_t f = 0; f < FOLDS; f++) {
    assert_true(b->wanted[2 * f]);
    assert_memory_equal(b->coefficients + 2 * f * N, b->coefficients + (2 * f + 1) * N,
                        N * sizeof(double));
  }
  bench_close(b);
  free(b);
}

/* Column 3 is on for churners only: no fold that has such rows has a maximum. */
static void a_likelihood_without_maximum_is_left_to_others(void **state)
{
  (void)state;
  bench *b = calloc(1, sizeof *b);
  churn_matrix *m = made_up(ROWS, COLUMNS, 43);
  for (size_t r = 0; r < ROWS; r++)
    *cell_of(m, r, 3) = m->y[r] > 0 && r % 3 == 0;
  bench_open(b, m);
  fit_sets(b, sets, SETS, 2);
  assert_false(b->wanted[0]);
  assert_false(b->wanted[5]);
  assert_close(b->coefficients[1], 0, 0, 0);
  check_fit(b, 0, 1);
  check_fit(b, 4, 2);
  bench_close(b);
  free(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_fit_is_that_of_its_rows_and_columns_alone),
      cmocka_unit_test(threads_change_no_bit),
      cmocka_unit_test(what_a_fold_cannot_tell_apart_is_left_to_others),
      cmocka_unit_test(collinear_columns_are_left_out_of_every_fold),
      cmocka_unit_test(a_likelihood_without_maximum_is_left_to_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
