/* Labels from a file: one row per (customer, as-of day).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <stdio.h>
#include <string.h>

static int make(void **state)
{
  (void)state;
  scratch_make();
  scratch_write("customers.csv", "id\nbob\nann\ncid\n");
  return 0;
}

static const char project[] =
    "version: 1\ncustomers: {from: customers.csv, id: id}\n"
    "outcome: {from: labels.csv, id: who, day: at, churned: gone, horizon: 30d}\n";

static void labels_are_ordered_by_customer_and_day(void **state)
{
  (void)state;
  scratch_write("labels.csv", "who,at,gone\ncid,2024-01-01,1\nann,2024-02-01,no\nbob,2024-01-01,\n"
                              "ann,2024-01-01,TRUE\neve,2024-01-01,1\nann,2023-12-01,0\n");
  opened o = opened_ok(project);
  const churn_label_rows *l = &o.data->labels;
  const uint32_t customer[] = {0, 0, 0, 1, 2};
  const char *as_of[] = {"2023-12-01", "2024-01-01", "2024-02-01", "2024-01-01", "2024-01-01"};
  const int8_t churned[] = {0, 1, 0, -1, 1};
  assert_int_equal(l->count, 5);
  assert_int_equal(l->unmatched, 1);
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(l->customer[i], customer[i]);
    assert_int_equal(l->as_of[i], day(as_of[i]));
    assert_int_equal(l->churned[i], churned[i]);
  }
  assert_non_null(strstr(note_text(o.notes, "unmatched_rows"), "1 labels"));
  assert_int_equal(o.data->data_until, CHURN_DAY_MISSING); /* a label's day is no history's */
  opened_close(&o);
}

static void assert_refused(const char *rows, churn_status status, uint64_t line, const char *what)
{
  scratch_write("labels.csv", rows);
  churn_data_settings settings = {.with_labels = true};
  opened o = opened_read(project, &settings, 1);
  assert_int_equal(o.status, status);
  assert_non_null(strstr(o.error.file, "labels.csv"));
  assert_int_equal(o.error.line, line);
  if (strstr(o.error.message, what) == NULL)
    fail_msg("\"%s\" does not hold \"%s\"", o.error.message, what);
  opened_close(&o);
}

static void wrong_labels_are_refused_at_their_line(void **state)
{
  (void)state;
  assert_refused("who,at,gone\nann,2024-01-01,1\nbob,2024-01-01,0\nann,2024-01-01,1\n",
                 CHURN_INCONSISTENT, 4, "line 2");
  assert_refused("who,at,gone\nann,2024-01-01,1\nbob,,0\n", CHURN_MALFORMED, 3, "day");
  assert_refused("who,at,gone\nann,2024-01-01,2\n", CHURN_MALFORMED, 2, "2");
  assert_refused("who,at,gone\nann,2024-01-01,maybe\n", CHURN_MALFORMED, 2, "maybe");
  assert_refused("who,at\nann,2024-01-01\n", CHURN_MALFORMED, 1, "gone");
}

static void of_several_faults_the_first_in_the_file_is_told(void **state)
{
  (void)state;
  assert_refused("who,at,gone\ncid,2024-01-01,1\ncid,2024-01-01,0\nann,,1\nbob,2024-01-01,1\n"
                 "bob,2024-01-01,1\n",
                 CHURN_INCONSISTENT, 3, "\"cid\"");
}

static void labels_are_read_only_when_asked_for(void **state)
{
  (void)state;
  remove(scratch_path("labels.csv"));
  churn_data_settings settings = {.with_labels = false};
  opened o = opened_read(project, &settings, 1);
  assert_ok(o.status, &o.error);
  assert_int_equal(o.data->labels.count, 0);
  opened_close(&o);
  settings.with_labels = true;
  o = opened_read(project, &settings, 1);
  assert_int_equal(o.status, CHURN_NO_INPUT);
  opened_close(&o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_ordered_by_customer_and_day),
      cmocka_unit_test(wrong_labels_are_refused_at_their_line),
      cmocka_unit_test(of_several_faults_the_first_in_the_file_is_told),
      cmocka_unit_test(labels_are_read_only_when_asked_for),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
