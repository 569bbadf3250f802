/* The design matrix in tiles: shape, zeros, alignment, dropping columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/matrix.h"
#include "fit/logistic.h"
#include "support.h"

#include <stdlib.h>

static void a_new_matrix_is_zero_with_weight_one_for_rows_that_exist(void **state)
{
  (void)state;
  churn_matrix *m = NULL;
  churn_error error;
  assert_ok(churn_matrix_new(700, 3, &m, &error), &error); /* 3 tiles, the last holds 188 rows */
  assert_int_equal(m->rows, 700);
  assert_int_equal(m->columns, 3);
  for (size_t i = 0; i < 3 * 256; i++) {
    assert_true(m->y[i] == 0);
    assert_true(m->weight[i] == (i < 700 ? 1 : 0));
  }
  for (size_t i = 0; i < 3 * 3 * 256; i++)
    assert_true(m->tiles[i] == 0);
  churn_matrix_free(m);
}

static void columns_are_contiguous_inside_aligned_tiles(void **state)
{
  (void)state;
  churn_matrix *m = NULL;
  churn_error error;
  assert_ok(churn_matrix_new(513, 5, &m, &error), &error);
  assert_int_equal((uintptr_t)m->tiles % 64, 0);
  assert_int_equal((uintptr_t)m->y % 64, 0);
  assert_int_equal((uintptr_t)m->weight % 64, 0);
  assert_int_equal(churn_matrix_tile(m, 2, 3) - m->tiles, 2 * 5 * 256 + 3 * 256);
  churn_matrix_free(m);
}

static void a_matrix_without_rows_or_columns_is_fine(void **state)
{
  (void)state;
  churn_matrix *m = NULL;
  churn_error error;
  assert_ok(churn_matrix_new(0, 4, &m, &error), &error);
  churn_matrix_free(m);
  assert_ok(churn_matrix_new(4, 0, &m, &error), &error);
  assert_true(m->weight[3] == 1);
  churn_matrix_free(m);
  churn_matrix_free(NULL);
}

static void a_size_that_overflows_is_out_of_memory_and_gives_nothing(void **state)
{
  (void)state;
  churn_matrix *m = NULL;
  churn_error error = {.status = CHURN_OK};
  assert_int_equal(churn_matrix_new(SIZE_MAX, 1, &m, &error), CHURN_NO_MEMORY);
  assert_int_equal(error.status, CHURN_NO_MEMORY);
  assert_int_equal(churn_matrix_new(SIZE_MAX / 4096, 4096, &m, &error), CHURN_NO_MEMORY);
  assert_int_equal(churn_matrix_new(1, SIZE_MAX / 2048 + 1, &m, NULL), CHURN_NO_MEMORY);
  assert_null(m);
}

static double cell(size_t row, size_t column)
{
  return 0.37 + (double)row * 1.25 - (double)column * 1000;
}

static void dropping_columns_keeps_the_others_in_order_in_every_tile(void **state)
{
  (void)state;
  enum { ROWS = 600, COLUMNS = 6 };
  static const bool keep[COLUMNS] = {false, true, true, false, true, false};
  static const size_t kept[] = {1, 2, 4};
  churn_matrix *m = NULL;
  churn_error error;
  assert_ok(churn_matrix_new(ROWS, COLUMNS, &m, &error), &error);
  for (size_t r = 0; r < ROWS; r++)
    for (size_t c = 0; c < COLUMNS; c++)
      churn_matrix_tile(m, r / 256, c)[r % 256] = cell(r, c);
  churn_matrix_keep(m, keep);
  assert_int_equal(m->columns, 3);
  for (size_t r = 0; r < ROWS; r++)
    for (size_t c = 0; c < 3; c++)
      assert_true(churn_matrix_tile(m, r / 256, c)[r % 256] == cell(r, kept[c]));
  assert_true(churn_matrix_tile(m, 2, 1)[ROWS % 256] == 0);
  churn_matrix_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_matrix_is_zero_with_weight_one_for_rows_that_exist),
      cmocka_unit_test(columns_are_contiguous_inside_aligned_tiles),
      cmocka_unit_test(a_matrix_without_rows_or_columns_is_fine),
      cmocka_unit_test(a_size_that_overflows_is_out_of_memory_and_gives_nothing),
      cmocka_unit_test(dropping_columns_keeps_the_others_in_order_in_every_tile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
