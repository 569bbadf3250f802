/* Slopes of many problems in one go against each problem's by itself: blocks that are full and not,
 * columns of their own, more problems than a word has bits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/together.h"
#include "made_up.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 700, COLUMNS = 6, GROUPS = 9, PROBLEMS = 131, N = COLUMNS + 1 };

static const uint32_t all[COLUMNS] = {0, 1, 2, 3, 4, 5};
static const uint32_t some[COLUMNS] = {4, 0, 5};

typedef struct bench {
  churn_matrix *matrix;
  uint32_t group[ROWS];
  bool trains[PROBLEMS][GROUPS];
  double trials[PROBLEMS][N];
  churn_problem problems[PROBLEMS];
  const churn_problem *list[PROBLEMS];
} bench;

/* 67 problems on all columns, 61 on three, 3 on the first three. */
static void bench_open(bench *b)
{
  uint64_t stream = 5;
  b->matrix = made_up(ROWS, COLUMNS, 19);
  offset_rows(b->matrix, 7);
  for (size_t r = 0; r < ROWS; r++) {
    b->group[r] = (uint32_t)(uniform(&stream) * GROUPS);
    b->matrix->weight[r] = r % 11 == 3 ? 0 : 0.5 + uniform(&stream);
  }
  for (size_t p = 0; p < PROBLEMS; p++) {
    for (size_t g = 0; g < GROUPS; g++)
      b->trains[p][g] = uniform(&stream) < 0.6;
    for (size_t j = 0; j < N; j++)
      b->trials[p][j] = uniform(&stream) - 0.5;
    b->problems[p] = (churn_problem){.unknowns = p < 67 ? N : 4,
                                     .trains = b->trains[p],
                                     .chosen = p < 67    ? NULL
                                               : p < 128 ? some
                                                         : all,
                                     .trial = b->trials[p]};
    b->list[p] = &b->problems[p];
  }
}

static void check_alone(const bench *b, const churn_kernel *kernel, size_t problem,
                        const double *sums)
{
  const churn_problem *p = b->list[problem];
  churn_matrix *masked = matrix_copy(b->matrix);
  double plain[N + 1] = {0};
  for (size_t r = 0; r < ROWS; r++)
    masked->weight[r] *= p->trains[b->group[r]];
  for (size_t t = 0; t < churn_tile_count(ROWS); t++)
    kernel->slope(churn_matrix_tile(masked, t, 0), p->chosen, p->unknowns - 1,
                  masked->y + t * CHURN_TILE_ROWS, masked->weight + t * CHURN_TILE_ROWS,
                  churn_matrix_offset(masked, t), p->trial, plain);
  for (size_t i = 0; i <= p->unknowns; i++)
    assert_close(sums[i], plain[i], 1e-12, 1e-11);
  churn_matrix_free(masked);
}

static void each_problem_counts_its_own_rows_and_columns(void **state)
{
  (void)state;
  static bench b;
  churn_together together;
  churn_error error;
  bench_open(&b);
  const churn_kernel *kernel = churn_kernel_choose(NULL);
  double *sums = calloc(PROBLEMS * (N + 1), sizeof *sums);
  assert_ok(churn_together_open(&together, b.matrix, kernel, (churn_fold_map){b.group, GROUPS}, all,
                                b.list, PROBLEMS, 2, &error),
            &error);
  for (int thread = 0; thread < 2; thread++) {
    churn_together_begin(&together, thread);
    for (size_t t = 0; t < churn_tile_count(ROWS); t++)
      churn_together_take(&together, thread, t, churn_matrix_tile(b.matrix, t, 0), thread == 1);
    churn_together_end(&together, thread, sums);
    const double *at = sums;
    for (size_t p = 0; p < PROBLEMS; p++) {
      check_alone(&b, kernel, p, at);
      at += b.problems[p].unknowns + 1;
    }
  }
  churn_together_close(&together);
  free(sums);
  churn_matrix_free(b.matrix);
}

static void sum_up(const bench *b, size_t first, size_t count, double *sums)
{
  churn_together together;
  churn_error error;
  assert_ok(churn_together_open(&together, b->matrix, churn_kernel_choose(NULL),
                                (churn_fold_map){b->group, GROUPS}, all, b->list + first, count, 1,
                                &error),
            &error);
  churn_together_begin(&together, 0);
  for (size_t t = 0; t < churn_tile_count(ROWS); t++)
    churn_together_take(&together, 0, t, churn_matrix_tile(b->matrix, t, 0), false);
  churn_together_end(&together, 0, sums);
  churn_together_close(&together);
}

static void company_changes_no_bit(void **state)
{
  (void)state;
  static bench b;
  double sums[7 * (N + 1)], alone[N + 1];
  bench_open(&b);
  sum_up(&b, 0, 7, sums);
  for (size_t p = 0; p < 7; p++) {
    sum_up(&b, p, 1, alone);
    assert_memory_equal(alone, sums + p * (N + 1), sizeof alone);
  }
  churn_matrix_free(b.matrix);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_problem_counts_its_own_rows_and_columns),
      cmocka_unit_test(company_changes_no_bit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
