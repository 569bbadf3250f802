/* Codes as runs: made, checked and written out again.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/runs.h"

#include "base/dictionary.h"
#include "support.h"

static const uint32_t codes[] = {7, 7, 3, CHURN_CODE_MISSING, CHURN_CODE_MISSING, 7, 0};
enum { ROWS = sizeof codes / sizeof codes[0], RUNS = 5 };

static void runs_are_stretches_of_equal_codes(void **state)
{
  (void)state;
  const churn_code_run expected[RUNS] = {{7, 2}, {3, 1}, {CHURN_CODE_MISSING, 2}, {7, 1}, {0, 1}};
  churn_code_run runs[RUNS];
  assert_int_equal(churn_runs_count(codes, ROWS), RUNS);
  churn_runs_make(codes, ROWS, runs);
  assert_memory_equal(runs, expected, sizeof expected);
  assert_int_equal(churn_runs_count(codes, 0), 0);
  assert_int_equal(churn_runs_count(codes, 1), 1);
}

static void written_out_they_are_the_codes_through_the_map(void **state)
{
  (void)state;
  churn_code_run runs[RUNS];
  uint32_t rows[ROWS];
  churn_runs_make(codes, ROWS, runs);
  churn_runs_expand(runs, RUNS, NULL, rows);
  assert_memory_equal(rows, codes, sizeof codes);
  const uint32_t map[] = {70, 60, 50, 40, 30, 20, 10, CHURN_CODE_MISSING};
  const uint32_t mapped[ROWS] = {CHURN_CODE_MISSING, CHURN_CODE_MISSING, 40, CHURN_CODE_MISSING,
                                 CHURN_CODE_MISSING, CHURN_CODE_MISSING, 70};
  churn_runs_expand(runs, RUNS, map, rows);
  assert_memory_equal(rows, mapped, sizeof mapped);
}

static void runs_of_other_rows_or_unknown_codes_are_not_sound(void **state)
{
  (void)state;
  churn_code_run runs[RUNS];
  churn_runs_make(codes, ROWS, runs);
  assert_true(churn_runs_sound(runs, RUNS, ROWS, 8));
  assert_false(churn_runs_sound(runs, RUNS, ROWS, 7));
  assert_false(churn_runs_sound(runs, RUNS, ROWS + 1, 8));
  assert_false(churn_runs_sound(runs, RUNS - 1, ROWS, 8));
  assert_true(churn_runs_sound(runs, 0, 0, 0));
  const churn_code_run empty[] = {{0, 1}, {1, 0}};
  assert_false(churn_runs_sound(empty, 2, 1, 2));
  const churn_code_run wraps[] = {{0, UINT32_MAX}, {1, 4}};
  assert_false(churn_runs_sound(wraps, 2, 3, 2));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(runs_are_stretches_of_equal_codes),
      cmocka_unit_test(written_out_they_are_the_codes_through_the_map),
      cmocka_unit_test(runs_of_other_rows_or_unknown_codes_are_not_sound),
  };
  return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
