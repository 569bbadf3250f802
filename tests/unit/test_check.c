/* `check`: what it warns of, and that it goes on after a fault.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <churn/check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct checked {
  churn_project *project;
  churn_notes *notes;
  churn_check_report *report;
} checked;

static checked check(const char *text)
{
  checked c = {.project = project_of(text), .notes = churn_notes_new()};
  churn_run run = {.notes = c.notes};
  churn_error error = {0};
  assert_ok(churn_check(c.project, &run, &c.report, &error), &error);
  return c;
}

static void done(checked *c)
{
  churn_check_report_free(c->report);
  churn_notes_free(c->notes);
  churn_project_free(c->project);
}

#define TWO                                                                                        \
  "version: 1\ncustomers: {from: customers.csv, id: id}\nhistories:\n"                             \
  "  acts: {from: acts.csv, id: id, day: on, columns: {kind: category}}\n"                         \
  "  visits: {from: visits.csv, id: id, day: on, columns: {}}\n"                                   \
  "outcome: {event: acts where kind = \"x\", horizon: 10d}\n"                                      \
  "features: {n: count(acts), k: count(visits)}\n"

static void a_history_that_cannot_be_read_is_a_fault_and_the_rest_is_told(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id\na\nb\n");
  scratch_write("visits.csv", "id,on\na,2024-01-03\nb,2024-04-04\n");
  scratch_write("acts.csv", "id,on,kind\na,2024-01-01,\"x\n"); /* an open quote ends the reading */
  checked c = check(TWO);
  assert_int_equal(c.report->faults, 1);
  assert_int_equal(c.report->source_count, 3);
  assert_true(c.report->sources[0].read);
  assert_false(c.report->sources[1].read);
  assert_true(c.report->sources[2].read);
  assert_int_equal(c.report->sources[2].rows, 2);
  assert_int_equal(c.report->customers, 2);
  assert_int_equal(c.report->snapshot_count, 0);
  done(&c);
}

static void a_row_that_is_wrong_is_a_fault_and_the_others_are_used(void **state)
{
  (void)state;
  scratch_write("acts.csv", "id,on,kind\na,2024-01-01\nb,2024-03-28,x\n");
  checked c = check(TWO);
  assert_int_equal(c.report->faults, 1);
  assert_int_equal(c.report->sources[1].rows, 1);
  assert_int_equal(c.report->sources[1].rejected, 1);
  assert_int_equal(c.report->data_until, day("2024-04-04"));
  /* newest closed day: 2024-04-05 - 10 d */
  assert_int_equal(c.report->snapshot_count, 1);
  assert_int_equal(c.report->snapshots[0].as_of, day("2024-03-26"));
  assert_int_equal(c.report->snapshots[0].churned, 1);
  assert_int_equal(c.report->snapshots[0].stayed, 1);
  done(&c);
}

/* `leavers` leavers, of whom `equal` have an end of contract on the day they left. */
static bool rewritten(int leavers, int equal)
{
  char text[4096];
  size_t used = (size_t)sprintf(text, "id,joined,left,ends\nstays,2023-01-01,,2024-12-01\n");
  for (int i = 0; i < leavers; i++)
    used += (size_t)sprintf(text + used, "c%02d,2023-01-01,2024-02-03,%s\n", i,
                            i < equal ? "2024-02-03" : "2024-12-01");
  scratch_write("customers.csv", text);
  checked c = check("version: 1\ndata_until: 2024-12-31\n"
                    "customers: {from: customers.csv, id: id, joined: joined, left: left,\n"
                    "  columns: {ends: scheduled}}\noutcome: {horizon: 30d}\n"
                    "snapshots: {first: 2024-01-20}\nfeatures: {x: as_of - joined}\n");
  bool found = note_text(c.notes, "rewritten_schedule") != NULL;
  assert_int_equal(c.report->faults, 0);
  assert_int_equal(c.report->snapshots[0].churned, leavers);
  done(&c);
  return found;
}

static void a_schedule_that_tells_who_left_is_warned_of_above_five_percent(void **state)
{
  (void)state;
  assert_false(rewritten(40, 2));
  assert_true(rewritten(40, 3));
  assert_false(rewritten(20, 0));
}

static void windows_before_the_data_and_a_base_without_leavers_are_warned_of(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,joined,left,size\na,2023-01-01,,5\nb,2023-01-01,,6\n");
  scratch_write("calls.csv", "id,on\na,2024-01-01\nb,2024-12-31\n");
#define CALLS(first, size)                                                                         \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: left,\n"             \
  "  columns: {size: {type: number" size "}}}\n"                                                   \
  "histories:\n  calls: {from: calls.csv, id: id, day: on, columns: {}}\n"                         \
  "outcome: {horizon: 30d}\nsnapshots: {first: " first "}\n"                                       \
  "features: {n: count(calls over 30d), s: customers.size}\n"
  checked c = check(CALLS("2024-01-29", "")); /* 30 days before it is 2023-12-30: 2 of 30 days */
  assert_non_null(note_text(c.notes, "window_before_data"));
  assert_non_null(note_text(c.notes, "undated_column"));
  assert_non_null(note_text(c.notes, "no_leavers"));
  done(&c);
  c = check(CALLS("2024-01-30", ", static: true")); /* 1 of 30: no more than a twentieth */
  assert_null(note_text(c.notes, "window_before_data"));
  assert_null(note_text(c.notes, "undated_column"));
  done(&c);
  c = check(CALLS("2024-12-15", "")); /* open until 2025-01-14 */
  assert_non_null(note_text(c.notes, "no_labels"));
  assert_null(note_text(c.notes, "no_leavers"));
  assert_false(c.report->snapshots[0].closed);
  done(&c);
}

static bool warned(const checked *c, const char *code)
{
  for (size_t i = 0; i < churn_notes_count(c->notes); i++)
    if (strcmp(churn_notes_get(c->notes, i)->code, code) == 0)
      return true;
  return false;
}

/* Two of 39 rows are one more than a twentieth; b's first spell counts, not its second. */
static void rows_before_joining_are_counted_and_warned_of(void **state)
{
  (void)state;
  static char text[2048];
  for (int before = 1; before <= 2; before++) {
    char *at = text + sprintf(text, "id,on\n");
    scratch_write("customers.csv", "id,joined,left\na,2024-01-05,\nb,2024-01-01,2024-01-20\n"
                                   "b,2024-02-01,\n");
    for (int r = 0; r < 39; r++)
      at += sprintf(at, "%s,2024-01-%02d\n", r % 2 == 0 ? "a" : "b",
                    r < 2 * before && r % 2 == 0 ? 4 : 5 + r % 20);
    scratch_write("acts.csv", text);
    checked c = check("version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: "
                      "left}\nhistories:\n  acts: {from: acts.csv, id: id, day: on, columns: {}}\n"
                      "outcome: {horizon: 3d}\nfeatures: {n: count(acts)}\n");
    assert_int_equal(c.report->sources[1].before_joining, before);
    assert_int_equal(warned(&c, "before_joining"), before == 2);
    done(&c);
  }
}

static void an_event_that_may_end_a_customer_is_asked_about(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id\na\nb\n");
  scratch_write("visits.csv", "id,on\na,2024-01-03\nb,2024-04-04\n");
  scratch_write("acts.csv", "id,on,kind\na,2024-01-01,x\n");
  checked c = check(TWO);
  assert_true(warned(&c, "event_stays"));
  assert_int_equal(c.report->sources[1].before_joining, 0);
  done(&c);
}

/* Comparisons by =, !=, in; of a row, of the last value, of a customers' column, in the value and
 * in the outcome; the misspelt ones alone are named, each where it stands. */
static void a_text_that_no_row_has_is_named_with_the_one_that_may_be_meant(void **state)
{
  (void)state;
  static const struct {
    const char *expression, *says;
  } cases[] = {{"count(acts where kind = \"buy\")", NULL},
               {"count(acts where kind = \"Buy\")",
                "feature f: no row of acts has kind \"Buy\"; did you mean "
                "\"buy\"?"},
               {"count(acts where \"byu\" != kind)", "has kind \"byu\"; did you mean \"buy\"?"},
               {"count(acts where kind in (\"buy\", \"return\"))", NULL},
               {"count(acts where kind in (\"buy\", \"retrun\"))",
                "kind \"retrun\"; did you mean \"return\"?"},
               {"if(last(kind from acts) = \"zzzz\", 1, 0)", "no row of acts has kind \"zzzz\""},
               {"if(customers.tier = \"gld\", 1, 0)",
                "no row of customers has tier \"gld\"; did you mean "
                "\"gold\"?"},
               {"if(coalesce(customers.tier, \"none\") = \"none\", 1, 0)", NULL}};
  scratch_write("customers.csv", "id,tier\na,gold\nb,\n");
  scratch_write("acts.csv",
                "id,on,kind\na,2024-01-01,buy\nb,2024-01-02,return\nb,2024-04-02,buy\n");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[1024];
    snprintf(
        text, sizeof text,
        "version: 1\ncustomers: {from: customers.csv, id: id, columns: {tier: {type: category,\n"
        "  static: true}}}\nhistories: {acts: {from: acts.csv, id: id, day: on, columns: {kind:\n"
        "  category}}}\noutcome: {event: acts where kind = \"buy\", horizon: 10d}\n"
        "features: {f: '%s'}\n",
        cases[i].expression);
    checked c = check(text);
    const char *note = note_text(c.notes, "no_such_value");
    if (cases[i].says == NULL ? note != NULL : note == NULL || strstr(note, cases[i].says) == NULL)
      fail_msg("%s: %s", cases[i].expression, note == NULL ? "nothing" : note);
    assert_int_equal(c.report->faults, 0);
    done(&c);
  }
  checked c =
      check("version: 1\ncustomers: {from: customers.csv, id: id, columns: {tier: category},\n"
            "  value: 'if(tier = \"Gold\", 2.5, 1)'}\n"
            "histories: {acts: {from: acts.csv, id: id, day: on, columns: {kind: category}}}\n"
            "outcome: {event: acts where kind = \"bye\", horizon: 10d}\n"
            "features: {n: count(acts)}\n");
  size_t named = 0;
  for (size_t i = 0; i < churn_notes_count(c.notes); i++) {
    const char *text = churn_notes_get(c.notes, i)->text;
    named += strstr(text, "key value: no row of customers has tier \"Gold\"") != NULL;
    named += strstr(text, "key outcome: no row of acts has kind \"bye\"") != NULL;
  }
  assert_int_equal(named, 2);
  done(&c);
}

/* One wrong key, and two expressions that cannot be read; the third reads what is not there, which
 * only the data can tell. */
static void expressions_are_looked_at_where_the_project_has_other_faults(void **state)
{
  (void)state;
  const char *path = scratch_write(
      "faulty.yaml", "version: 1\ncustomers: {from: customers.csv, id: id, jioned: on}\n"
                     "features:\n  a: count(acts over 30)\n  b: 1 +\n  c: count(nothing)\n");
  churn_notes *notes = churn_notes_new();
  churn_project *project = NULL;
  churn_error error = {0};
  assert_int_equal(churn_project_read(path, NULL, 0, notes, &project, &error), CHURN_BAD_PROJECT);
  assert_int_equal(churn_notes_count(notes), 1);
  assert_ok(churn_check_expressions(path, notes, &error), &error);
  assert_int_equal(churn_notes_count_of(notes, CHURN_FAULT), 3);
  assert_int_equal(churn_notes_get(notes, 1)->line, 4);
  assert_int_equal(churn_notes_get(notes, 2)->line, 5);
  assert_non_null(strstr(churn_notes_get(notes, 2)->text, "b: "));
  assert_ok(churn_check_expressions("-", notes, &error), &error);
  assert_int_equal(churn_check_expressions(scratch_path("none.yaml"), notes, &error),
                   CHURN_NO_INPUT);
  churn_notes_free(notes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_history_that_cannot_be_read_is_a_fault_and_the_rest_is_told),
      cmocka_unit_test(a_row_that_is_wrong_is_a_fault_and_the_others_are_used),
      cmocka_unit_test(a_schedule_that_tells_who_left_is_warned_of_above_five_percent),
      cmocka_unit_test(windows_before_the_data_and_a_base_without_leavers_are_warned_of),
      cmocka_unit_test(rows_before_joining_are_counted_and_warned_of),
      cmocka_unit_test(an_event_that_may_end_a_customer_is_asked_about),
      cmocka_unit_test(a_text_that_no_row_has_is_named_with_the_one_that_may_be_meant),
      cmocka_unit_test(expressions_are_looked_at_where_the_project_has_other_faults),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
