/* Finding the types of columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/table.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

/* Type of the single column "x" of a file with these lines. */
static churn_type infer_with(const churn_format *format, const char *lines)
{
  char text[512];
  snprintf(text, sizeof text, "x\n%s", lines);
  churn_column_request request = {.heading = "x", .type = CHURN_TYPE_INFER};
  churn_error error;
  assert_ok(churn_table_infer(scratch_write("t.csv", text), format, &request, 1, NULL, &error),
            &error);
  return request.type;
}

static churn_type infer(const char *lines)
{
  churn_format format = {.delimiter = 0};
  return infer_with(&format, lines);
}

static void numbers_are_numbers(void **state)
{
  (void)state;
  assert_int_equal(infer("1\n-2.5e3\n.75\nNA\n\"7\"\n"), CHURN_TYPE_NUMBER);
}

static void dates_are_days(void **state)
{
  (void)state;
  assert_int_equal(infer("2024-02-29\n2024-03-01T10:15:00Z\n\\N\n"), CHURN_TYPE_DAY);
}

static void words_of_yes_and_no_are_flags(void **state)
{
  (void)state;
  assert_int_equal(infer("Yes\nno\nTRUE\nfalse\n1\n"), CHURN_TYPE_FLAG);
}

static void ones_and_zeros_alone_are_numbers(void **state)
{
  (void)state;
  assert_int_equal(infer("1\n0\n0\n"), CHURN_TYPE_NUMBER);
}

static void one_other_value_makes_a_category(void **state)
{
  (void)state;
  assert_int_equal(infer("1\n2\nthree\n"), CHURN_TYPE_CATEGORY);
  assert_int_equal(infer("2024-01-05\n2024-02-30\n"), CHURN_TYPE_CATEGORY);
  assert_int_equal(infer("yes\nmaybe\n"), CHURN_TYPE_CATEGORY);
  assert_int_equal(infer("2024-01-05\n12.5\n"), CHURN_TYPE_CATEGORY);
  assert_int_equal(infer("inf\n"), CHURN_TYPE_CATEGORY);
}

static void a_column_without_a_value_is_a_number(void **state)
{
  (void)state;
  assert_int_equal(infer("NA\n\" \"\nNULL\n"), CHURN_TYPE_NUMBER);
  assert_int_equal(infer(""), CHURN_TYPE_NUMBER);
}

static void the_format_is_honoured(void **state)
{
  (void)state;
  static const char *const tokens[] = {"none"};
  churn_format format = {.delimiter = ';',
                         .date_format = "%d.%m.%Y",
                         .decimal = ',',
                         .thousands = '.',
                         .missing = tokens,
                         .missing_count = 1};
  assert_int_equal(infer_with(&format, "1.234,5\n0,25\nnone\n"), CHURN_TYPE_NUMBER);
  assert_int_equal(infer_with(&format, "31.12.2023\nnone\n"), CHURN_TYPE_DAY);
  assert_int_equal(infer_with(&format, "2023-12-31\n"), CHURN_TYPE_CATEGORY);
  assert_int_equal(infer_with(&format, "NA\n"), CHURN_TYPE_CATEGORY);
}

static void only_columns_without_a_type_are_found(void **state)
{
  (void)state;
  churn_format format = {.delimiter = 0};
  churn_column_request requests[] = {
      {.heading = "a", .type = CHURN_TYPE_CATEGORY},
      {.heading = "b", .type = CHURN_TYPE_INFER},
      {.heading = "gone", .type = CHURN_TYPE_INFER, .optional = true},
      {.heading = "a", .type = CHURN_TYPE_INFER},
  };
  churn_error error;
  assert_ok(churn_table_infer(scratch_write("t.csv", "a,b\n1,yes\n2,no\n"), &format, requests, 4,
                              NULL, &error),
            &error);
  assert_int_equal(requests[0].type, CHURN_TYPE_CATEGORY);
  assert_int_equal(requests[1].type, CHURN_TYPE_FLAG);
  assert_int_equal(requests[2].type, CHURN_TYPE_NUMBER);
  assert_int_equal(requests[3].type, CHURN_TYPE_NUMBER);
}

static void rows_with_a_wrong_number_of_fields_have_no_say(void **state)
{
  (void)state;
  churn_format format = {.delimiter = 0};
  churn_column_request request = {.heading = "x", .type = CHURN_TYPE_INFER};
  churn_error error;
  assert_ok(churn_table_infer(scratch_write("t.csv", "x,y\n1,a\ntext\ntext,b,c\n2,d\n"), &format,
                              &request, 1, NULL, &error),
            &error);
  assert_int_equal(request.type, CHURN_TYPE_NUMBER);
}

static void a_fault_of_the_bytes_fails_and_leaves_the_requests(void **state)
{
  (void)state;
  churn_format format = {.delimiter = 0};
  churn_column_request request = {.heading = "x", .type = CHURN_TYPE_INFER};
  churn_error error;
  churn_status status =
      churn_table_infer(scratch_write("t.csv", "x\n1\n2\"\n"), &format, &request, 1, NULL, &error);
  assert_int_equal(status, CHURN_MALFORMED);
  assert_int_equal(error.line, 3);
  assert_int_equal(error.column, 2);
  assert_int_equal(request.type, CHURN_TYPE_INFER);
}

/* 3.4 MB, so that it is cut; the values that decide stand in the first or the last row only. */
static void every_row_counts_on_any_number_of_threads(void **state)
{
  (void)state;
  enum { ROWS = 260000, ROW_SIZE = 15 };
  char *text = malloc(ROWS * (size_t)ROW_SIZE + 64);
  assert_non_null(text);
  int used = snprintf(text, 64, "a,b,c\n1,2,three\n");
  for (int i = 0; i < ROWS; i++)
    used += snprintf(text + used, 32, "%06d,%05d,4\n", i, i % 977);
  snprintf(text + used, 32, "x,7,8\n");
  const char *path = scratch_write("t.csv", text);
  free(text);
  churn_format format = {.delimiter = 0};
  for (int threads = 1; threads <= 3; threads++) {
    churn_run run = {.threads = threads};
    churn_error error;
    churn_column_request requests[] = {{.heading = "a", .type = CHURN_TYPE_INFER},
                                       {.heading = "b", .type = CHURN_TYPE_INFER},
                                       {.heading = "c", .type = CHURN_TYPE_INFER}};
    assert_ok(churn_table_infer(path, &format, requests, 3, &run, &error), &error);
    assert_int_equal(requests[0].type, CHURN_TYPE_CATEGORY);
    assert_int_equal(requests[1].type, CHURN_TYPE_NUMBER);
    assert_int_equal(requests[2].type, CHURN_TYPE_CATEGORY);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_numbers),
      cmocka_unit_test(dates_are_days),
      cmocka_unit_test(words_of_yes_and_no_are_flags),
      cmocka_unit_test(ones_and_zeros_alone_are_numbers),
      cmocka_unit_test(one_other_value_makes_a_category),
      cmocka_unit_test(a_column_without_a_value_is_a_number),
      cmocka_unit_test(the_format_is_honoured),
      cmocka_unit_test(only_columns_without_a_type_are_found),
      cmocka_unit_test(rows_with_a_wrong_number_of_fields_have_no_say),
      cmocka_unit_test(a_fault_of_the_bytes_fails_and_leaves_the_requests),
      cmocka_unit_test(every_row_counts_on_any_number_of_threads),
  };
  return cmocka_run_group_tests_name("infer", tests, set_up, scratch_teardown);
}
