/* Customers: ids, spells, their columns, and a base made of a history.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <stdio.h>
#include <string.h>

static const char dated[] =
    "version: 1\n"
    "customers: {from: customers.csv, id: id, joined: joined, left: left, columns: {n: number, "
    "t: category, d: day}}\n"
    "outcome: {horizon: 30d}\ndata_until: 2024-12-31\nfeatures: {x: as_of - joined}\n";
static const char undated[] = "version: 1\ncustomers: {from: customers.csv, id: id}\n";
static const char numbered[] =
    "version: 1\ncustomers: {from: customers.csv, columns: {n: number}}\n";

static void ids_are_texts_in_bytewise_order(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,n\nb,1\n007,2\na,3\n7,4\nB,5\n10,6\n\"x,\"\"y\",7\n"
                                 "\303\251,8\n9,9\n1e1,10\n-7,11\n");
  opened o = opened_ok(undated);
  static const char *const ids[] = {"-7", "007", "10", "1e1",   "7",       "9",
                                    "B",  "a",   "b",  "x,\"y", "\303\251"};
  const double n[] = {11, 2, 6, 10, 4, 9, 5, 3, 1, 7, 8};
  const churn_customers *c = &o.data->customers;
  assert_int_equal(c->count, 11);
  assert_int_equal(c->spell_count, 11);
  for (size_t i = 0; i < 11; i++) {
    assert_string_equal(c->ids[i], ids[i]);
    assert_true(column_of(&o, 0, "n")->numbers[i] == n[i]);
    assert_int_equal(c->first_spell[i], i);
    assert_int_equal(c->spell_customer[i], i);
    assert_int_equal(churn_dictionary_find(c->index, ids[i], strlen(ids[i])), i);
    assert_true(c->joined[i] == CHURN_DAY_MISSING && c->left[i] == CHURN_DAY_MISSING);
  }
  assert_int_equal(c->first_spell[11], 11);
  assert_int_equal(c->lines[0], 12);
  assert_int_equal(c->lines[1], 3);
  opened_close(&o);
}

static void without_ids_rows_are_numbered_in_file_order(void **state)
{
  (void)state;
  scratch_write("customers.csv", "n\n5\n4\n9\n8\n2\n7\n6\n3\n0\n1\n11\n");
  opened o = opened_ok(numbered);
  const double n[] = {5, 4, 9, 8, 2, 7, 6, 3, 0, 1, 11};
  char id[8];
  assert_int_equal(o.data->customers.count, 11);
  for (size_t i = 0; i < 11; i++) {
    snprintf(id, sizeof id, "%zu", i + 1);
    assert_string_equal(o.data->customers.ids[i], id);
    assert_true(column_of(&o, 0, "n")->numbers[i] == n[i]);
  }
  opened_close(&o);
}

static void spells_are_grouped_by_customer_and_ordered_by_joining(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,joined,left,n,t,d\n"
                                 "zoe,2024-03-01,,1,u,2024-01-02\n"
                                 "ann,2024-06-01,,2,v,\n"
                                 "ann,2023-01-01,2023-05-31,3,,2023-04-05\n"
                                 "bob,,2024-02-02,4,u,2024-02-01\n"
                                 "ann,2023-06-01,2024-05-31,5.25,w,2024-04-05\n");
  opened o = opened_ok(dated);
  const churn_customers *c = &o.data->customers;
  const char *joined[] = {"2023-01-01", "2023-06-01", "2024-06-01", NULL, "2024-03-01"};
  const char *left[] = {"2023-05-31", "2024-05-31", NULL, "2024-02-02", NULL};
  const double n[] = {3, 5.25, 2, 4, 1};
  const char *t[] = {"-", "w", "v", "u", "u"};
  const size_t owner[] = {0, 0, 0, 1, 2}, lines[] = {4, 6, 3, 5, 2};
  assert_int_equal(c->count, 3);
  assert_int_equal(c->spell_count, 5);
  for (size_t s = 0; s < 5; s++) {
    assert_int_equal(c->joined[s], joined[s] == NULL ? CHURN_DAY_MISSING : day(joined[s]));
    assert_int_equal(c->left[s], left[s] == NULL ? CHURN_DAY_MISSING : day(left[s]));
    assert_int_equal(c->spell_customer[s], owner[s]);
    assert_int_equal(c->lines[s], lines[s]);
    assert_true(column_of(&o, 0, "n")->numbers[s] == n[s]);
    assert_string_equal(cell_text(column_of(&o, 0, "t"), s), t[s]);
  }
  assert_int_equal(column_of(&o, 0, "d")->days[1], day("2024-04-05"));
  assert_int_equal(column_of(&o, 0, "d")->days[2], CHURN_DAY_MISSING);
  const size_t first[] = {0, 3, 4, 5};
  assert_memory_equal(c->first_spell, first, sizeof first);
  assert_non_null(note_text(o.notes, "no_joined_date"));
  assert_non_null(strstr(note_text(o.notes, "no_joined_date"), "1 "));
  opened_close(&o);
}

static void assert_refused(const char *project, const char *rows, uint64_t line, const char *what)
{
  scratch_write("customers.csv", rows);
  churn_data_settings settings = {.with_labels = true};
  opened o = opened_read(project, &settings, 1);
  assert_int_equal(o.status, CHURN_INCONSISTENT);
  assert_null(o.data);
  assert_non_null(strstr(o.error.file, "customers.csv"));
  assert_int_equal(o.error.line, line);
  if (strstr(o.error.message, what) == NULL)
    fail_msg("\"%s\" does not hold \"%s\"", o.error.message, what);
  opened_close(&o);
}

#define HEADING "id,joined,left,n,t,d\n"

static void overlapping_spells_are_refused_at_the_later_one(void **state)
{
  (void)state;
  /* [joined, left] is closed on both sides: leaving and joining on one day is an overlap */
  assert_refused(dated, HEADING "a,2024-01-01,2024-03-01,,,\na,2024-03-01,,,,\n", 3, "line 2");
  assert_refused(dated, HEADING "a,2024-03-01,,,,\nb,2024-03-01,,,,\na,2024-01-01,2024-03-01,,,\n",
                 2, "line 4");
  /* a spell that never ended cannot be followed */
  assert_refused(dated, HEADING "a,2024-01-01,,,,\na,2024-03-01,,,,\n", 3, "\"a\"");
  /* inside another one */
  assert_refused(dated, HEADING "a,2024-01-01,2024-12-01,,,\na,2024-03-01,2024-04-01,,,\n", 3,
                 "line 2");
  /* the same row twice */
  assert_refused(dated, HEADING "a,2024-01-01,2024-02-01,,,\na,2024-01-01,2024-02-01,,,\n", 3,
                 "line 2");
  /* two rows without a joined day begin together */
  assert_refused(dated, HEADING "a,,2024-02-01,,,\na,,2024-05-01,,,\n", 3, "line 2");
}

static void spells_that_follow_each_other_are_fine(void **state)
{
  (void)state;
  scratch_write("customers.csv", HEADING
                "a,2024-03-02,,,,\na,2024-01-01,2024-03-01,,,\nb,2024-05-05,2024-05-05,,,\n");
  opened o = opened_ok(dated);
  assert_int_equal(o.data->customers.count, 2);
  assert_int_equal(o.data->customers.spell_count, 3);
  opened_close(&o);
}

static void leaving_before_joining_is_refused(void **state)
{
  (void)state;
  assert_refused(dated, HEADING "a,2024-03-01,2024-03-01,,,\nb,2024-03-01,2024-02-29,,,\n", 3,
                 "before joining");
}

static void of_several_faults_the_first_in_the_file_is_told(void **state)
{
  (void)state;
  assert_refused(dated,
                 HEADING "z,2024-03-01,,,,\nz,2024-03-05,,,,\na,2024-03-01,2024-02-01,,,\n"
                         "b,2024-03-01,2024-02-01,,,\n",
                 3, "line 2");
}

static void check_names_every_faulty_spell(void **state)
{
  (void)state;
  scratch_write("customers.csv",
                HEADING "z,2024-03-01,,,,\nz,2024-03-05,,,,\na,2024-03-01,2024-02-01,,,\n"
                        "b,2024-03-01,2024-02-01,,,\n");
  churn_data_settings settings = {.with_labels = true, .collect_all = true};
  opened o = opened_read(dated, &settings, 1);
  assert_ok(o.status, &o.error);
  assert_int_equal(churn_notes_count_of(o.notes, CHURN_FAULT), 3);
  opened_close(&o);
}

static void an_id_twice_is_refused_where_there_are_no_dates(void **state)
{
  (void)state;
  assert_refused(undated, "id,n\na,1\nb,2\na,1\n", 4, "line 2");
}

static void left_and_the_outcome_may_be_absent_only_without_labels(void **state)
{
  (void)state;
  static const char flat[] = "version: 1\ncustomers: {from: customers.csv, id: id}\n"
                             "outcome: {column: gone, positive: \"1\"}\n";
  const struct {
    const char *project, *rows;
  } cases[] = {{dated, "id,joined,n,t,d\na,2024-01-01,1,u,\n"}, {flat, "id,n\na,1\n"}};
  for (int i = 0; i < 2; i++) {
    scratch_write("customers.csv", cases[i].rows);
    churn_data_settings with = {.with_labels = true}, without = {.with_labels = false};
    opened o = opened_read(cases[i].project, &with, 1);
    assert_int_equal(o.status, CHURN_MALFORMED);
    opened_close(&o);
    o = opened_read(cases[i].project, &without, 1);
    assert_ok(o.status, &o.error);
    assert_int_equal(o.data->customers.left[0], CHURN_DAY_MISSING);
    assert_false(o.data->customers.outcome.present);
    opened_close(&o);
  }
}

static void the_outcome_column_is_read_as_text_only_with_labels(void **state)
{
  (void)state;
  static const char flat[] = "version: 1\ncustomers: {from: customers.csv, id: id}\n"
                             "outcome: {column: gone, positive: \"1\"}\n";
  scratch_write("customers.csv", "id,gone,n\nb,1,4\na,01,5\nc,,6\n");
  opened o = opened_ok(flat);
  const churn_column *outcome = &o.data->customers.outcome;
  assert_true(outcome->present);
  assert_string_equal(cell_text(outcome, 0), "01");
  assert_string_equal(cell_text(outcome, 1), "1");
  assert_string_equal(cell_text(outcome, 2), "-");
  opened_close(&o);
  churn_data_settings without = {.with_labels = false};
  o = opened_read(flat, &without, 1);
  assert_ok(o.status, &o.error);
  assert_false(o.data->customers.outcome.present);
  assert_null(note_text(o.notes, "ignored_columns")); /* the project does map it */
  opened_close(&o);
}

static const char from_history[] =
    "version: 1\ncustomers: {from_history: buys}\n"
    "histories:\n  buys: {from: buys.csv, id: who, day: on, columns: {n: number}}\n"
    "outcome: {silent: buys, horizon: 30d}\nfeatures: {x: count(buys)}\n";

static void a_history_makes_the_base_joined_on_the_first_row(void **state)
{
  (void)state;
  scratch_write("buys.csv", "who,on,n\nzed,2024-02-01,1\n10,2024-05-05,2\n9,2024-04-04,3\n"
                            "zed,2024-01-07,4\nnobody,,5\n10,,6\nzed,2024-09-09,7\n");
  opened o = opened_ok(from_history);
  const churn_customers *c = &o.data->customers;
  static const char *const ids[] = {"10", "9", "zed"}, *const days[] = {"2024-05-05", "2024-04-04",
                                                                        "2024-01-07"};
  assert_int_equal(c->count, 3);
  assert_int_equal(c->spell_count, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_string_equal(c->ids[i], ids[i]);
    assert_int_equal(c->joined[i], day(days[i]));
    assert_int_equal(c->left[i], CHURN_DAY_MISSING);
    assert_int_equal(c->first_spell[i], i);
    assert_int_equal(c->spell_customer[i], i);
  }
  assert_int_equal(c->first_spell[3], 3);
  assert_null(c->lines);
  assert_int_equal(o.data->histories[0].rows, 5);
  assert_int_equal(o.data->histories[0].rows_dayless, 2);
  assert_int_equal(o.data->histories[0].rows_unmatched, 0);
  opened_close(&o);
}

/* The base is customers, not the keys that the rows carry. */
static void a_base_from_a_history_goes_through_its_via(void **state)
{
  (void)state;
  scratch_write("buys.csv", "sub,on,n\ns1,2024-02-01,1\ns2,2024-01-05,2\ns3,2024-04-04,3\n"
                            "s9,2024-01-01,4\n");
  scratch_write("subs.csv", "sub,account\ns1,ann\ns2,ann\ns3,bob\ns4,cid\n");
  opened o =
      opened_ok("version: 1\ncustomers: {from_history: buys}\n"
                "histories:\n  buys: {from: buys.csv, id: sub, day: on, columns: {n: number},\n"
                "    via: {from: subs.csv, id: sub, customer: account}}\n"
                "outcome: {silent: buys, horizon: 30d}\nfeatures: {x: count(buys)}\n");
  const churn_customers *c = &o.data->customers;
  assert_int_equal(c->count, 2); /* cid has no row, s9 belongs to nobody */
  assert_string_equal(c->ids[0], "ann");
  assert_string_equal(c->ids[1], "bob");
  assert_int_equal(c->joined[0], day("2024-01-05"));
  assert_int_equal(c->joined[1], day("2024-04-04"));
  assert_int_equal(o.data->histories[0].rows, 3);
  assert_int_equal(o.data->histories[0].rows_unmatched, 1);
  opened_close(&o);
}

/* A base without anybody is an export that went wrong. */
static void files_without_rows_are_refused(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,n\n");
  opened o = opened_read(undated, NULL, 1);
  assert_int_equal(o.status, CHURN_DEGENERATE);
  opened_close(&o);
  scratch_write("buys.csv", "who,on,n\n");
  o = opened_read(from_history, NULL, 1);
  assert_int_equal(o.status, CHURN_DEGENERATE);
  opened_close(&o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_are_texts_in_bytewise_order),
      cmocka_unit_test(without_ids_rows_are_numbered_in_file_order),
      cmocka_unit_test(spells_are_grouped_by_customer_and_ordered_by_joining),
      cmocka_unit_test(overlapping_spells_are_refused_at_the_later_one),
      cmocka_unit_test(spells_that_follow_each_other_are_fine),
      cmocka_unit_test(leaving_before_joining_is_refused),
      cmocka_unit_test(of_several_faults_the_first_in_the_file_is_told),
      cmocka_unit_test(check_names_every_faulty_spell),
      cmocka_unit_test(an_id_twice_is_refused_where_there_are_no_dates),
      cmocka_unit_test(left_and_the_outcome_may_be_absent_only_without_labels),
      cmocka_unit_test(the_outcome_column_is_read_as_text_only_with_labels),
      cmocka_unit_test(a_history_makes_the_base_joined_on_the_first_row),
      cmocka_unit_test(a_base_from_a_history_goes_through_its_via),
      cmocka_unit_test(files_without_rows_are_refused),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
