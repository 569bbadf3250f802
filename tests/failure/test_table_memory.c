/* Reading a file while every allocation fails in turn: the answer is NO_MEMORY, nothing is given
 * and nothing leaks (the sanitizer and valgrind look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "failing_memory.h"
#include "source/table.h"
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Allocations until one fails; 0 = none fails. */
static long countdown;

static bool allocation_fails(void)
{
  if (countdown == 0 || --countdown > 0)
    return false;
  errno = ENOMEM;
  return true;
}

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

/* Under the second the converted text lies in a temporary file. */
static const churn_run unbounded = {.threads = 1}, bounded = {.threads = 1, .memory_bytes = 4};
static const churn_run *one_thread = &unbounded;

static churn_status read_once(const char *path, const churn_format *format, churn_error *error)
{
  static const churn_column_request requests[] = {
      {.heading = "id", .type = CHURN_TYPE_ID},
      {.heading = "c", .type = CHURN_TYPE_CATEGORY},
      {.heading = "n", .type = CHURN_TYPE_NUMBER},
      {.heading = "d", .type = CHURN_TYPE_DAY},
      {.heading = "gone", .type = CHURN_TYPE_FLAG, .optional = true},
  };
  const churn_table_settings settings = {.keep_lines = true, .piece_bytes = 40};
  churn_table *table = NULL;
  churn_status status =
      churn_table_read(path, format, requests, 5, &settings, one_thread, &table, error);
  assert_int_equal(status == CHURN_OK, table != NULL);
  churn_table_free(table);
  return status;
}

static churn_status infer_once(const char *path, const churn_format *format, churn_error *error)
{
  churn_column_request requests[] = {{.heading = "c"}, {.heading = "d"}};
  churn_status status = churn_table_infer(path, format, requests, 2, one_thread, error);
  if (status != CHURN_OK)
    assert_int_equal(requests[1].type, CHURN_TYPE_INFER);
  return status;
}

static churn_status headings_once(const char *path, const churn_format *format, churn_error *error)
{
  char **headings = NULL;
  size_t count = 0;
  churn_status status = churn_table_headings(path, format, one_thread, &headings, &count, error);
  for (size_t i = 0; i < count; i++)
    free(headings[i]);
  free(headings);
  return status;
}

/* Fails the first allocation, the second, … until the call gets through. */
static void check_all(churn_status (*call)(const char *, const churn_format *, churn_error *),
                      long least)
{
  const char *path = scratch_write("t.csv", "id,c,x,n,d\nA,web,1,2.385,2024-01-01\n"
                                            "B,\"ph\none\",2,3.5,2024-01-02\nC,web,3,many,\n"
                                            "D,,4\nE,mail,5,,2024-01-03\nF,web,6,7,2024-01-04\n");
  const churn_format format = {.encoding = "ISO-8859-1", .max_bad_rows = 2};
  long failed = 0;
  for (;; failed++) {
    churn_error error = {.status = CHURN_OK};
    countdown = failed + 1;
    churn_status status = call(path, &format, &error);
    bool through = countdown > 0;
    countdown = 0;
    if (through) {
      assert_ok(status, &error);
      break;
    }
    assert_int_equal(status, CHURN_NO_MEMORY);
    assert_int_equal(error.status, CHURN_NO_MEMORY);
  }
  assert_true(failed >= least);
}

static void every_allocation_of_a_read_may_fail(void **state)
{
  (void)state;
  check_all(read_once, 60);
}

static void every_allocation_of_finding_types_may_fail(void **state)
{
  (void)state;
  check_all(infer_once, 12);
}

static void every_allocation_of_reading_headings_may_fail(void **state)
{
  (void)state;
  check_all(headings_once, 6);
}

static void so_may_every_one_under_a_memory_bound(void **state)
{
  (void)state;
  one_thread = &bounded;
  check_all(read_once, 60);
  check_all(headings_once, 8);
  one_thread = &unbounded;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_allocation_of_a_read_may_fail),
      cmocka_unit_test(every_allocation_of_finding_types_may_fail),
      cmocka_unit_test(every_allocation_of_reading_headings_may_fail),
      cmocka_unit_test(so_may_every_one_under_a_memory_bound),
  };
  return cmocka_run_group_tests_name("table memory", tests, set_up, scratch_teardown);
}
