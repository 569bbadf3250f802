/* The leak audit: planted leaks are named, clean worlds are not, and nothing but the data counts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"
#include "opened.h"
#include "rows.h"

#include <churn/leaks.h>
#include <churn/simulate.h>
#include <churn/train.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 2400, WORLDS = 5, LARGE = 210000 };

typedef struct audited {
  churn_notes *notes;
  churn_check_report *report;
  churn_leaks *leaks;
} audited;

static audited audit_file(const char *path, int threads)
{
  churn_error error = {0};
  churn_project *project = NULL;
  audited a = {.notes = churn_notes_new()};
  churn_run run = {.notes = a.notes, .threads = threads};
  assert_ok(churn_project_read(path, NULL, 0, NULL, &project, &error), &error);
  assert_ok(churn_check_leaks(project, &run, &a.report, &a.leaks, &error), &error);
  churn_project_free(project);
  return a;
}

static audited audit(const char *project)
{
  return audit_file(scratch_write("project.yaml", project), 2);
}

static void done(audited *a)
{
  churn_leaks_free(a->leaks);
  churn_check_report_free(a->report);
  churn_notes_free(a->notes);
}

static const churn_leak_column *column_named(const audited *a, const char *name)
{
  for (size_t i = 0; i < a->leaks->column_count; i++)
    if (strcmp(a->leaks->columns[i].name, name) == 0)
      return &a->leaks->columns[i];
  fail_msg("no column %s", name);
  return NULL;
}

/* Every warning as text, for the message of a test that fails. */
static void assert_named(const audited *a, uint64_t expected)
{
  for (size_t i = 0; a->leaks->named != expected && i < churn_notes_count(a->notes); i++)
    print_error("%s\n", churn_notes_get(a->notes, i)->text);
  assert_int_equal(a->leaks->named, expected);
}

static void make_world(uint64_t seed)
{
  churn_simulate_settings settings = {.customers = CUSTOMERS, .truth_customers = 1, .seed = seed};
  churn_error error = {0};
  assert_ok(churn_simulate(scratch_path("world"), &settings, NULL, NULL, &error), &error);
}

/* The world's project with `old` replaced, as world/changed.yaml. */
static const char *changed_project(const char *old, const char *new)
{
  char *text = file_read(scratch_path("world/churn.yaml"), NULL), *at = strstr(text, old);
  assert_non_null(at);
  char *all = malloc(strlen(text) + strlen(new) + 1);
  assert_non_null(all);
  sprintf(all, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
  const char *path = scratch_write("world/changed.yaml", all);
  free(all);
  free(text);
  return path;
}

static void clean_worlds_are_not_suspected(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= WORLDS; seed++) {
    make_world(seed);
    audited a = audit_file(scratch_path("world/churn.yaml"), 2);
    assert_int_equal(a.leaks->back_days, 14);
    assert_true(a.leaks->churners > 500 && a.leaks->column_count >= 14);
    assert_false(a.leaks->sampled);
    assert_named(&a, 0);
    done(&a);
    a = audit_file(changed_project("horizon: 90d, gap: 14d", "horizon: 90d"), 2);
    assert_int_equal(a.leaks->back_days, 30);
    assert_named(&a, 0);
    done(&a);
  }
}

/* customers.csv with a reason for everybody who left: what somebody fills in at the closing. */
static void plant_reason(void)
{
  static const char *const reasons[] = {"too dear", "moved away", "other supplier"};
  rows customers = rows_read(scratch_path("world/customers.csv"));
  size_t left = rows_column(&customers, "closed_date");
  FILE *file = fopen(scratch_path("world/customers.csv"), "w");
  assert_non_null(file);
  for (size_t r = 0; r < customers.count; r++) {
    for (size_t c = 0; c < customers.columns; c++)
      fprintf(file, "%s,", rows_text(&customers, r, c));
    fprintf(file, "%s\n",
            r == 0                                   ? "last_contact_reason"
            : rows_text(&customers, r, left)[0] == 0 ? ""
                                                     : reasons[r % 3]);
  }
  assert_int_equal(fclose(file), 0);
  rows_free(&customers);
}

static void a_reason_filled_in_at_closing_is_named(void **state)
{
  (void)state;
  make_world(7);
  plant_reason();
  changed_project("region:    {type: category, static: true}",
                  "region: {type: category, static: true}\n    last_contact_reason: category");
  rename(scratch_path("world/changed.yaml"), scratch_path("world/churn.yaml"));
  audited a = audit_file(changed_project("region:                customers.region",
                                         "reason: customers.last_contact_reason"),
                         2);
  const churn_leak_column *reason = column_named(&a, "reason");
  /* Who leaves after the label window has a reason too, so the label itself hides the leak. */
  assert_true(reason->auc < 0.95 && !reason->alone && !reason->recent);
  assert_true(reason->left);
  assert_close(reason->auc_left, 1, 0, 1e-12);
  assert_non_null(strstr(note_text(a.notes, "leak_left"), "reason"));
  assert_non_null(note_text(a.notes, "undated_column"));
  assert_named(&a, 2);
  done(&a);
}

static void a_column_said_to_be_static_is_named_all_the_same(void **state)
{
  (void)state;
  changed_project("last_contact_reason: category",
                  "last_contact_reason: {type: category, static: true}");
  rename(scratch_path("world/changed.yaml"), scratch_path("world/churn.yaml"));
  audited a = audit_file(changed_project("region:                customers.region",
                                         "reason: customers.last_contact_reason"),
                         2);
  assert_true(column_named(&a, "reason")->left);
  assert_named(&a, 1);
  done(&a);
}

/* A complaint of 25 days before the day of leaving for every leaver, as if written then. */
static void plant_dated_back(void)
{
  rows customers = rows_read(scratch_path("world/customers.csv"));
  size_t left = rows_column(&customers, "closed_date"), id = rows_column(&customers, "customer_id");
  FILE *file = fopen(scratch_path("world/complaints.csv"), "a");
  assert_non_null(file);
  for (size_t r = 1; r < customers.count; r++) {
    char day_text[CHURN_DAY_TEXT_SIZE];
    if (rows_text(&customers, r, left)[0] == 0)
      continue;
    churn_day_format(day(rows_text(&customers, r, left)) - 25, day_text);
    fprintf(file, "%s,%s,,5,cancellation\n", rows_text(&customers, r, id), day_text);
  }
  assert_int_equal(fclose(file), 0);
  rows_free(&customers);
}

static void rows_dated_back_are_named(void **state)
{
  (void)state;
  make_world(8);
  rows complaints = rows_read(scratch_path("world/complaints.csv"));
  assert_string_equal(rows_text(&complaints, 0, 1), "opened_at");
  assert_string_equal(rows_text(&complaints, 0, 4), "category");
  rows_free(&complaints);
  plant_dated_back();
  audited a = audit_file(
      changed_project("region:                customers.region",
                      "cancellations: count(complaints where category = \"cancellation\")"),
      2);
  const churn_leak_column *column = column_named(&a, "cancellations");
  assert_true(column->recent && !column->alone && !column->left);
  assert_true(column->auc_at > 0.54);
  /* Moved back by the gap, nobody who left in the label window shows it; who is not in the base 14
   * days before does not count. */
  assert_close(column->auc_back, 0.5, 0, 1e-12);
  assert_non_null(strstr(note_text(a.notes, "leak_recent"), "14 days"));
  assert_true(a.leaks->named >= 1);
  done(&a);
}

#define LATE                                                                                       \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: left,\n"             \
  "  columns: {score: {type: number, known_at: scored}, scored: day}}\n"                           \
  "histories:\n  calls: {from: calls.csv, id: id, day: on, known_at: booked,\n"                    \
  "    columns: {booked: day, minutes: number}}\n"                                                 \
  "data_until: 2024-12-31\noutcome: {horizon: 30d}\nsnapshots: {first: 2024-03-01}\n"              \
  "features: {score: customers.score, calls: count(calls), since: as_of - joined}\n"

/* 80 customers, every fourth leaves. Scores of leavers are written on 2024-03-02, the others' on
 * 2024-02-01, but for one. Calls of the first 8 customers are booked on T itself. */
static void values_written_after_t_are_named_with_their_shares(void **state)
{
  (void)state;
  char customers[8192], calls[8192];
  size_t used = (size_t)sprintf(customers, "id,joined,left,score,scored\n");
  size_t called = (size_t)sprintf(calls, "id,on,booked,minutes\n");
  for (int i = 0; i < 80; i++) {
    bool leaves = i % 4 == 0;
    used += (size_t)sprintf(customers + used, "c%02d,2023-01-%02d,%s,%d.5,%s\n", i, 1 + i % 28,
                            leaves ? "2024-03-10" : "", i % 7,
                            leaves || i == 79 ? "2024-03-02" : "2024-02-01");
    called += (size_t)sprintf(calls + called, "c%02d,2024-02-%02d,%s,3\n", i, 1 + i % 28,
                              i < 8 ? "2024-03-01" : "2024-02-29");
  }
  scratch_write("customers.csv", customers);
  scratch_write("calls.csv", calls);
  audited a = audit(LATE);
  assert_int_equal(a.leaks->rows, 80);
  assert_int_equal(a.leaks->churners, 20);
  assert_int_equal(a.leaks->late_count, 2);
  assert_string_equal(a.leaks->late[0].name, "calls");
  assert_close(a.leaks->late[0].churned, 2.0 / 20, 1e-15, 0); /* 0 and 4 */
  assert_close(a.leaks->late[0].stayed, 6.0 / 60, 1e-15, 0);
  assert_string_equal(a.leaks->late[1].name, "customers.score");
  assert_close(a.leaks->late[1].churned, 1, 1e-15, 0);
  assert_close(a.leaks->late[1].stayed, 1.0 / 60, 1e-15, 0);
  /* What is hidden from all alike is told, but tells nothing. */
  assert_false(a.leaks->late[0].named);
  assert_true(a.leaks->late[1].named);
  assert_non_null(strstr(note_text(a.notes, "leak_late"),
                         "customers.score has values written on or after T, which features do not "
                         "see: in 100.0 % of the rows that churned and 1.7 % of the others"));
  /* And what is not there gives the answer away. */
  const churn_leak_column *hidden = column_named(&a, "score?missing");
  assert_true(hidden->alone);
  assert_close(hidden->auc, 0.5 + 0.5 * 59 / 60, 1e-12, 0); /* 1 of 60 stayers has none either */
  done(&a);
}

#define FLAT                                                                                       \
  "version: 1\ncustomers: {from: flat.csv, id: id}\n"                                              \
  "outcome: {column: gone, positive: \"1\"}\nfeatures: customers.*\n"

/* A flat export: noise, a number only leavers have, a level of everybody's own, and the answer with
 * some mistakes. */
static void write_flat(size_t count, uint64_t seed, bool backwards)
{
  char *text = malloc(64 * count + 64);
  assert_non_null(text);
  size_t used = (size_t)sprintf(text, "id,noise,refund,serial,answer,gone\n");
  for (size_t i = 0; i < count; i++) {
    size_t row = backwards ? count - 1 - i : i;
    uint64_t stream = seed + 7919 * row;
    int gone = uniform(&stream) < 0.2;
    double noise = uniform(&stream);
    const char *answer = (uniform(&stream) < 0.02) != (gone == 1) ? "y" : "n";
    used += (size_t)sprintf(text + used, "k%zu,%.4f,%s,s%zu,%s,%d\n", row, noise,
                            gone ? (noise < 0.5 ? "3.5" : "1.5") : "", row, answer, gone);
  }
  scratch_write_bytes("flat.csv", text, used);
  free(text);
}

static void a_flat_export_is_judged_without_days(void **state)
{
  (void)state;
  write_flat(900, 5, false);
  audited a = audit(FLAT);
  assert_int_equal(a.leaks->back_days, 0);
  assert_int_equal(a.leaks->rows, 900);
  assert_false(column_named(&a, "noise")->alone);
  assert_true(isnan(column_named(&a, "noise")->auc_back));
  /* Nobody shares a serial number, so it knows nothing. */
  assert_close(column_named(&a, "serial")->auc, 0.5, 0, 1e-12);
  assert_true(column_named(&a, "answer")->alone);
  assert_true(column_named(&a, "refund?missing")->alone);
  assert_close(column_named(&a, "refund?missing")->auc, 1, 1e-15, 0);
  assert_named(&a, 2);
  done(&a);
}

static void a_large_export_is_sampled_by_customer(void **state)
{
  (void)state;
  write_flat(LARGE, 6, false);
  audited a = audit(FLAT);
  assert_true(a.leaks->sampled);
  /* 100,000 expected; binomial, standard deviation 229 */
  assert_true(a.leaks->rows > 99000 && a.leaks->rows < 101000);
  assert_true(column_named(&a, "answer")->alone);
  assert_false(column_named(&a, "noise")->alone);
  done(&a);
}

static void assert_same_columns(const audited *a, const audited *b)
{
  assert_int_equal(a->leaks->column_count, b->leaks->column_count);
  assert_int_equal(a->leaks->named, b->leaks->named);
  for (size_t i = 0; i < a->leaks->column_count; i++) {
    churn_leak_column left = a->leaks->columns[i], right = b->leaks->columns[i];
    assert_string_equal(left.name, right.name);
    left.name = right.name = NULL;
    assert_memory_equal(&left, &right, sizeof left);
  }
}

static void threads_and_the_order_of_rows_change_nothing(void **state)
{
  (void)state;
  make_world(9);
  audited one = audit_file(scratch_path("world/churn.yaml"), 1);
  audited three = audit_file(scratch_path("world/churn.yaml"), 3);
  assert_same_columns(&one, &three);
  done(&one);
  done(&three);
  write_flat(900, 5, false);
  one = audit(FLAT);
  write_flat(900, 5, true);
  three = audit(FLAT);
  assert_same_columns(&one, &three);
  done(&one);
  done(&three);
}

static void few_churners_are_not_judged(void **state)
{
  (void)state;
  char text[1024];
  size_t used = (size_t)sprintf(text, "id,noise,refund,serial,answer,gone\n");
  for (int i = 0; i < 30; i++)
    used += (size_t)sprintf(text + used, "k%d,%d,,s,%s,%d\n", i, i, i < 9 ? "y" : "n", i < 9);
  scratch_write("flat.csv", text);
  audited a = audit(FLAT);
  assert_true(isnan(column_named(&a, "noise")->auc));
  assert_named(&a, 0);
  done(&a);
}

static void faults_leave_nothing_to_audit(void **state)
{
  (void)state;
  scratch_write("flat.csv", "id,noise,gone\na,1,1\nb,2\n");
  audited a = audit(FLAT);
  assert_null(a.leaks);
  assert_int_equal(a.report->faults, 1);
  done(&a);
}

/* The texts of the model's notes hold it, and a switch turns it off. */
static void training_warns_unless_told_not_to(void **state)
{
  (void)state;
  write_flat(900, 5, false);
  for (int off = 0; off < 2; off++) {
    churn_project *project =
        project_of("version: 1\ncustomers: {from: flat.csv, id: id, columns: {noise: number, "
                   "answer: category}}\noutcome: {column: gone, positive: \"1\"}\n"
                   "features: customers.*\n");
    churn_notes *notes = churn_notes_new();
    churn_run run = {.notes = notes};
    churn_train_settings settings = {.first = CHURN_DAY_MISSING,
                                     .last = CHURN_DAY_MISSING,
                                     .test_from = CHURN_DAY_MISSING,
                                     .no_leaks = off};
    churn_model *model = NULL;
    churn_error error = {0};
    bool recorded = false;
    assert_ok(churn_train(project, &settings, &run, &model, &error), &error);
    for (size_t i = 0; i < model->note_count; i++)
      recorded = recorded || strstr(model->notes[i], "answer alone tells who churns") != NULL;
    assert_int_equal(recorded, !off);
    assert_int_equal(note_text(notes, "leak_alone") != NULL, !off);
    churn_model_free(model);
    churn_notes_free(notes);
    churn_project_free(project);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clean_worlds_are_not_suspected),
      cmocka_unit_test(a_reason_filled_in_at_closing_is_named),
      cmocka_unit_test(a_column_said_to_be_static_is_named_all_the_same),
      cmocka_unit_test(rows_dated_back_are_named),
      cmocka_unit_test(values_written_after_t_are_named_with_their_shares),
      cmocka_unit_test(a_flat_export_is_judged_without_days),
      cmocka_unit_test(a_large_export_is_sampled_by_customer),
      cmocka_unit_test(threads_and_the_order_of_rows_change_nothing),
      cmocka_unit_test(few_churners_are_not_judged),
      cmocka_unit_test(faults_leave_nothing_to_audit),
      cmocka_unit_test(training_warns_unless_told_not_to),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
