/* Values made narrow and wide again: the same bits, in as few bytes as they allow.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/narrow.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 6 };

static const uint32_t everywhere[ROWS] = {3, 0, 5, 1, 4, 2};

/* Narrow and back, at their rows and elsewhere; gives the width. */
static size_t check_days(const churn_day *days, uint64_t missing)
{
  const churn_batch_column from = {.days = days};
  churn_day back[ROWS + 2] = {0};
  const churn_column to = {.days = back};
  for (int moved = 0; moved < 2; moved++) {
    churn_narrow narrow;
    assert_int_equal(churn_narrow_make(&from, ROWS, moved ? everywhere : NULL, ROWS, &narrow, NULL),
                     CHURN_OK);
    churn_narrow_place(&narrow, 0, ROWS, NULL, NULL, &to, 2);
    for (size_t i = 0; i < ROWS; i++)
      assert_int_equal(back[2 + (moved ? everywhere[i] : i)], days[i]);
    assert_int_equal(narrow.missing, missing);
    churn_narrow_clear(&narrow);
  }
  churn_narrow narrow;
  assert_int_equal(churn_narrow_make(&from, ROWS, NULL, ROWS, &narrow, NULL), CHURN_OK);
  size_t width = narrow.width;
  churn_narrow_clear(&narrow);
  return width;
}

static void days_are_distances_while_these_fit(void **state)
{
  (void)state;
  const churn_day m = CHURN_DAY_MISSING;
  assert_int_equal(check_days((churn_day[]){19000, m, 19001, 20000, -300, 4}, 1), 2);
  assert_int_equal(check_days((churn_day[]){0, 65534, 7, 8, 9, m}, 1), 2); /* 65535 is missing */
  assert_int_equal(check_days((churn_day[]){0, 65535, 7, 8, 9, m}, 1), 4);
  assert_int_equal(check_days((churn_day[]){CHURN_DAY_FIRST, CHURN_DAY_LAST, m, m, 1, 2}, 2), 4);
  assert_int_equal(check_days((churn_day[]){m, m, m, m, m, m}, 6), 2);
}

static size_t check_numbers(const double *numbers, uint64_t missing)
{
  const churn_batch_column from = {.numbers = numbers};
  double back[ROWS];
  const churn_column to = {.numbers = back};
  churn_narrow narrow;
  assert_int_equal(churn_narrow_make(&from, ROWS, NULL, ROWS, &narrow, NULL), CHURN_OK);
  churn_narrow_place(&narrow, 0, ROWS, everywhere, NULL, &to, 0);
  for (size_t i = 0; i < ROWS; i++)
    assert_true(isnan(numbers[i]) ? isnan(back[everywhere[i]]) != 0
                                  : memcmp(&back[everywhere[i]], &numbers[i], 8) == 0);
  assert_int_equal(narrow.missing, missing);
  size_t width = narrow.width;
  churn_narrow_clear(&narrow);
  return width;
}

static void small_whole_numbers_are_bytes(void **state)
{
  (void)state;
  assert_int_equal(check_numbers((double[]){0, 254, 3, NAN, 17, 1}, 1), 1);
  assert_int_equal(check_numbers((double[]){0, 255, 3, NAN, 17, 1}, 1), 8);
  assert_int_equal(check_numbers((double[]){0, 2.385, 3, NAN, 17, 1}, 1), 8);
  assert_int_equal(check_numbers((double[]){-0.0, 2, 3, 4, 17, 1}, 0), 8); /* its sign is kept */
  assert_int_equal(check_numbers((double[]){-1, 2, 3, 4, 1e300, 1}, 0), 8);
}

static size_t check_codes(size_t levels, const uint32_t *codes, uint64_t missing)
{
  const churn_batch_column from = {.codes = codes, .levels = levels};
  uint32_t back[ROWS], *remap = calloc(levels, sizeof *remap);
  const churn_column to = {.codes = back};
  churn_narrow narrow;
  assert_non_null(remap);
  for (size_t i = 0; i < levels; i++)
    remap[i] = (uint32_t)(levels - i + 70000);
  assert_int_equal(churn_narrow_make(&from, ROWS, NULL, ROWS, &narrow, NULL), CHURN_OK);
  churn_narrow_place(&narrow, 0, ROWS, NULL, NULL, &to, 0);
  assert_memory_equal(back, codes, sizeof back);
  churn_narrow_place(&narrow, 1, ROWS, NULL, remap, &to, 0); /* from the second on */
  for (size_t i = 1; i < ROWS; i++)
    assert_int_equal(back[i - 1], codes[i] == CHURN_CODE_MISSING ? codes[i] : remap[codes[i]]);
  assert_int_equal(narrow.missing, missing);
  size_t width = narrow.width;
  churn_narrow_clear(&narrow);
  free(remap);
  return width;
}

static void codes_take_what_the_levels_need(void **state)
{
  (void)state;
  const uint32_t m = CHURN_CODE_MISSING;
  assert_int_equal(check_codes(254, (uint32_t[]){0, 253, m, 7, 8, 1}, 1), 1);
  assert_int_equal(check_codes(256, (uint32_t[]){0, 254, 255, m, m, 1}, 2), 2);
  assert_int_equal(check_codes(65534, (uint32_t[]){0, 65533, 255, 256, m, 1}, 1), 2);
  assert_int_equal(check_codes(65536, (uint32_t[]){0, 65535, 65534, 256, m, 1}, 1), 4);
}

static void rows_left_out_count_as_missing_but_are_not_kept(void **state)
{
  (void)state;
  const uint32_t place[ROWS] = {1, UINT32_MAX, 0, UINT32_MAX, 2, UINT32_MAX};
  const double numbers[ROWS] = {2.385, NAN, -7.5, NAN, 1e9, 4};
  const churn_batch_column from = {.numbers = numbers};
  double back[3];
  const churn_column to = {.numbers = back};
  churn_narrow narrow;
  assert_int_equal(churn_narrow_make(&from, ROWS, place, 3, &narrow, NULL), CHURN_OK);
  churn_narrow_place(&narrow, 0, 3, NULL, NULL, &to, 0);
  assert_true(back[0] == -7.5 && back[1] == 2.385 && back[2] == 1e9);
  assert_int_equal(narrow.missing, 2);
  churn_narrow_clear(&narrow);
}

/* Every width there is, moved as it stands. */
static void narrow_values_move_to_their_rows(void **state)
{
  (void)state;
  const uint32_t place[ROWS] = {1, UINT32_MAX, 0, UINT32_MAX, 2, 3}, order[4] = {2, 0, 4, 5};
  unsigned char values[8 * ROWS];
  for (size_t i = 0; i < sizeof values; i++)
    values[i] = (unsigned char)(i * 37 + 11);
  for (size_t width = 1; width <= 8; width *= 2) {
    const churn_narrow from = {
        .values = values, .width = width, .base = 17, .missing = 3, .borrowed = true};
    churn_narrow to;
    assert_int_equal(churn_narrow_move(&from, ROWS, place, 4, &to, NULL), CHURN_OK);
    for (size_t i = 0; i < 4; i++)
      assert_memory_equal(to.values + i * width, values + order[i] * width, width);
    assert_int_equal(to.base, 17);
    assert_int_equal(to.missing, 3);
    assert_false(to.borrowed);
    churn_narrow_clear(&to);
  }
}

static void assert_span(const churn_day *days, churn_day first, churn_day last, uint64_t missing)
{
  const churn_batch_column from = {.days = days};
  churn_narrow narrow;
  churn_day low = -1, high = -2;
  assert_int_equal(churn_narrow_make(&from, ROWS, NULL, ROWS, &narrow, NULL), CHURN_OK);
  assert_int_equal(churn_narrow_days_span(&narrow, ROWS, &low, &high), missing);
  assert_int_equal(low, first);
  assert_int_equal(high, last);
  for (size_t i = 0; i < ROWS; i++)
    assert_int_equal(churn_narrow_day(&narrow, i), days[i]);
  churn_narrow_clear(&narrow);
}

static void the_span_of_days_is_told_without_widening(void **state)
{
  (void)state;
  const churn_day m = CHURN_DAY_MISSING;
  assert_span((churn_day[]){19000, m, 19001, 20000, -300, 4}, -300, 20000, 1);
  assert_span((churn_day[]){0, 65534, 7, 8, 9, m}, 0, 65534, 1);
  assert_span((churn_day[]){m, 65535, 0, 8, m, m}, 0, 65535, 3);
  assert_span((churn_day[]){CHURN_DAY_FIRST, CHURN_DAY_LAST, m, m, 1, 2}, CHURN_DAY_FIRST,
              CHURN_DAY_LAST, 2);
  assert_span((churn_day[]){m, m, m, m, m, m}, -1, -2, 6); /* left as they were */
  assert_span((churn_day[]){5, 5, 5, 5, 5, 5}, 5, 5, 0);
}

/* In two steps, as a read keeps its pieces; gives the width. */
static size_t check_kept(const double *numbers, uint64_t missing)
{
  const churn_batch_column from = {.numbers = numbers};
  unsigned char room[ROWS * sizeof(double)];
  double values[ROWS], back[ROWS];
  const churn_column to = {.numbers = back};
  churn_narrow narrow;
  churn_narrow_measure(&from, ROWS, &narrow);
  assert_true(narrow.width > 0);
  narrow.values = memset(room, 0xa5, sizeof room);
  churn_narrow_store(&from, ROWS, NULL, &narrow);
  churn_narrow_place(&narrow, 0, ROWS, NULL, NULL, &to, 0);
  for (size_t i = 0; i < ROWS; i++)
    values[i] = isnan(numbers[i]) ? (double)NAN : numbers[i];
  assert_memory_equal(back, values, sizeof values);
  assert_int_equal(narrow.missing, missing);
  return narrow.width;
}

static void numbers_of_two_decimals_are_kept_as_hundredths(void **state)
{
  (void)state;
  /* 0.29 * 100 is 28.999999999999996 */
  assert_int_equal(check_kept((double[]){0.29, -1.15, NAN, 327.66, -327.66, 0}, 1), 2);
  assert_int_equal(check_kept((double[]){0.29, -0.0, 1, 0.0, 3, 4}, 0), 2);
  assert_int_equal(check_kept((double[]){0.29, 327.67, 1, 2, 3, 4}, 0), 8);
  assert_int_equal(check_kept((double[]){0.29, -327.67, 1, 2, 3, 4}, 0), 8);
  assert_int_equal(check_kept((double[]){0.29, 0.285, 1, 2, 3, 4}, 0), 8);
  assert_int_equal(check_kept((double[]){0.29, nextafter(0.29, 1), 1, 2, 3, 4}, 0), 8);
  assert_int_equal(check_kept((double[]){0.29, INFINITY, 1, 2, 3, 4}, 0), 8);
  assert_int_equal(check_kept((double[]){7, NAN, 1, 2, 3, 4}, 1), 1);
}

static void a_column_that_is_not_there_is_empty(void **state)
{
  (void)state;
  const churn_batch_column from = {.levels = 0};
  churn_narrow narrow;
  assert_int_equal(churn_narrow_make(&from, ROWS, NULL, ROWS, &narrow, NULL), CHURN_OK);
  assert_null(narrow.values);
  churn_narrow_clear(&narrow);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(days_are_distances_while_these_fit),
      cmocka_unit_test(small_whole_numbers_are_bytes),
      cmocka_unit_test(codes_take_what_the_levels_need),
      cmocka_unit_test(narrow_values_move_to_their_rows),
      cmocka_unit_test(the_span_of_days_is_told_without_widening),
      cmocka_unit_test(rows_left_out_count_as_missing_but_are_not_kept),
      cmocka_unit_test(numbers_of_two_decimals_are_kept_as_hundredths),
      cmocka_unit_test(a_column_that_is_not_there_is_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
