/* Databases while every allocation of ours fails in turn: the answer is NO_MEMORY, nothing is given
 * and nothing leaks. The libraries' own allocations are theirs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "failing_memory.h"
#include "source/spools.h"
#include "source/table.h"
#include "support.h"

#include <churn/sink.h>

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

/* Allocations until one fails; 0 = none fails. */
static long countdown;

static bool allocation_fails(void)
{
  if (countdown == 0 || --countdown > 0)
    return false;
  errno = ENOMEM;
  return true;
}

static char *target;

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  sqlite3 *made = NULL;
  const char *path = scratch_path("crm.db");
  if (sqlite3_open(path, &made) != SQLITE_OK ||
      sqlite3_exec(made,
                   "CREATE TABLE t (id TEXT, c TEXT, n REAL); INSERT INTO t VALUES ('A', 'web', "
                   "2.385), ('B', 'two, ' || char(10) || '\"lines\"', NULL)",
                   NULL, NULL, NULL) != SQLITE_OK)
    return 1;
  sqlite3_close(made);
  target = churn_text_format("sqlite:%s", path);
  return target == NULL;
}

static int tear_down(void **state)
{
  (void)state;
  free(target);
  scratch_remove();
  return 0;
}

static churn_status read_once(churn_error *error)
{
  static const churn_column_request requests[] = {
      {.heading = "id", .type = CHURN_TYPE_ID},
      {.heading = "c", .type = CHURN_TYPE_CATEGORY},
      {.heading = "n", .type = CHURN_TYPE_NUMBER},
  };
  static const churn_run one_thread = {.threads = 1};
  const churn_rowset rowset = {
      .target = target, .table = "t", .name = "sqlite:crm.db, table t", .asked_at = CHURN_NOWHERE};
  const churn_format base = {.delimiter = ';', .decimal = ','};
  churn_format format;
  churn_table *table = NULL;
  churn_spools *spools = churn_spools_new(false);
  churn_status status = spools == NULL ? CHURN_NO_MEMORY : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_spools_format(spools, &rowset, &base, NULL, &format, error);
  if (status == CHURN_OK)
    status = churn_table_read(rowset.name, &format, requests, 3, NULL, &one_thread, &table, error);
  if (status == CHURN_OK) {
    assert_int_equal(table->rows, 2);
    assert_true(table->columns[2].numbers[0] == 2.385);
    assert_int_equal(table->columns[2].missing, 1);
  }
  assert_int_equal(status == CHURN_OK, table != NULL);
  churn_table_free(table);
  churn_spools_free(spools);
  return status;
}

static void every_allocation_of_reading_a_database_may_fail(void **state)
{
  (void)state;
  long failed = 0;
  for (;; failed++) {
    churn_error error = {.status = CHURN_OK};
    countdown = failed + 1;
    churn_status status = read_once(&error);
    bool through = countdown > 0;
    countdown = 0;
    if (through) {
      assert_ok(status, &error);
      break;
    }
    assert_int_equal(status, CHURN_NO_MEMORY);
  }
  assert_true(failed >= 30);
}

static void a_sink_that_cannot_be_opened_leaves_no_trace(void **state)
{
  (void)state;
  churn_error error = {.status = CHURN_OK};
  char *missing = churn_text_format("sqlite:%s/scores.db", scratch_path("nowhere"));
  char *fresh = churn_text_format("sqlite:%s", scratch_path("fresh.db"));
  const churn_sink sinks[] = {{missing, NULL, NULL}, {fresh, NULL, NULL}, {"list.csv", NULL, NULL}};
  assert_int_equal(churn_sink_check(&sinks[0], &error), CHURN_CANNOT_CREATE);
  assert_string_equal(error.file, missing);
  assert_int_equal(churn_sink_check(&sinks[1], &error), CHURN_OK);
  assert_int_not_equal(access(scratch_path("fresh.db"), F_OK), 0);
  assert_int_equal(churn_sink_check(&sinks[2], &error), CHURN_USAGE);
  free(missing);
  free(fresh);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_allocation_of_reading_a_database_may_fail),
      cmocka_unit_test(a_sink_that_cannot_be_opened_leaves_no_trace),
  };
  return cmocka_run_group_tests_name("database memory", tests, set_up, tear_down);
}
