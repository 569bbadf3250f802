/* Kinds of loss on customers whose kinds are known: shares over time, rows that the outcome
 * excludes, and what the model says of the lost.
 *
 * 300 customers there on 2024-03-01, by i % 10 (or 20): 0 had a complaint and left for "service";
 * 1 owed money and left without a word, but every tenth of them "died"; 2 "moved"; 3 (of 20) left
 * for a "rival"; 4 (of 20) left for something "odd", and a bill of theirs came after that. Of those
 * who stay, 5 (of 20) had a complaint, and 6 (of 20) owe.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/kinds.h"
#include "design/pipeline.h"
#include "feature/inline.h"
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 300 };

static const char *left_of(int i)
{
  static const char *const days[] = {"2024-03-10", "2024-03-12", "2024-03-15", "2024-03-20",
                                     "2024-03-22"};
  int group = i % 10;
  return group <= 2 || (group <= 4 && i % 20 < 10) ? days[group] : "";
}

static const char *reason_of(int i)
{
  static const char *const reasons[] = {"service", "", "moved", "rival", "odd"};
  return left_of(i)[0] == '\0' ? "" : i % 100 == 1 ? "died" : reasons[i % 10];
}

static churn_kind kind_of(int i)
{
  static const churn_kind kinds[] = {CHURN_KIND_AT_FAULT, CHURN_KIND_MALICIOUS, CHURN_KIND_NATURAL,
                                     CHURN_KIND_COMPETITIVE, CHURN_KIND_UNCLASSIFIED};
  return i % 100 == 1 ? CHURN_KIND_NATURAL : kinds[i % 10];
}

static double fee_of(int i)
{
  return 2.385 + i % 13;
}

static FILE *file_of(const char *name)
{
  FILE *file = fopen(scratch_path(name), "w");
  assert_non_null(file);
  return file;
}

static int make(void **state)
{
  (void)state;
  scratch_make();
  FILE *customers = file_of("customers.csv"), *complaints = file_of("complaints.csv"),
       *bills = file_of("bills.csv");
  fputs("id,joined,left,why,fee\n", customers);
  fputs("id,day\n", complaints);
  fputs("id,day,amount\n", bills);
  for (int i = 0; i < CUSTOMERS; i++) {
    fprintf(customers, "c%03d,2023-01-01,%s,%s,%.3f\n", i, left_of(i), reason_of(i), fee_of(i));
    if (i % 10 == 0 || i % 20 == 5)
      fprintf(complaints, "c%03d,2024-02-20\n", i);
    if (i % 10 == 1 || i % 20 == 6)
      fprintf(bills, "c%03d,2024-02-15,17.5\n", i);
    if (i % 20 == 4)
      fprintf(bills, "c%03d,2024-03-25,9.25\n", i);
  }
  fclose(customers);
  fclose(complaints);
  fclose(bills);
  return 0;
}

#define HEAD                                                                                       \
  "version: 1\n"                                                                                   \
  "customers: {from: customers.csv, id: id, joined: joined, left: left, value: customers.fee,\n"   \
  "  columns: {why: category, fee: number}}\n"                                                     \
  "histories:\n"                                                                                   \
  "  complaints: {from: complaints.csv, id: id, day: day}\n"                                       \
  "  bills: {from: bills.csv, id: id, day: day, columns: {amount: number}}\n"                      \
  "data_until: 2024-04-30\n"                                                                       \
  "snapshots: {first: 2024-03-01, last: 2024-03-01, every: 30d}\n"                                 \
  "pool: 0\n"
#define FEATURES "features: {complaints: count(complaints), owed: sum(amount from bills)}\n"
#define KINDS                                                                                      \
  "kinds: {reason: why, natural: [moved, died], at_fault: {reasons: [service]},\n"                 \
  "  competitive: [rival], malicious: owed > 0}\n"
#define WHOLE HEAD FEATURES KINDS "outcome: {horizon: 30d}\n"

static void kinds_add_up_to_the_lost_with_their_money(void **state)
{
  (void)state;
  churn_project *project = project_of(WHOLE);
  const churn_rates_settings settings = {.first = day("2024-03-01"),
                                         .last = day("2024-04-29"),
                                         .every = "30d",
                                         .value = NAN,
                                         .replacement_cost = NAN};
  churn_rates *rates = NULL;
  churn_error error;
  assert_ok(churn_rates_count(project, &settings, NULL, &rates, &error), &error);
  /* 33, 27, 15, 30 and 15 of 120 */
  static const uint64_t lost[CHURN_KINDS] = {33, 27, 15, 30, 15};
  double money[CHURN_KINDS] = {0}, all = 0;
  for (int i = 0; i < CUSTOMERS; i++)
    if (left_of(i)[0] != '\0') {
      money[kind_of(i)] += fee_of(i);
      all += fee_of(i);
    }
  assert_int_equal(rates->kind_count, 2 * CHURN_KINDS);
  assert_int_equal(rates->rates[0].lost, 120);
  for (size_t k = 0; k < CHURN_KINDS; k++) {
    const churn_kind_loss *march = &rates->kinds[2 * k], *april = march + 1;
    assert_int_equal(march->kind, k);
    assert_int_equal(march->first, day("2024-03-01"));
    assert_int_equal(march->lost, lost[k]);
    assert_close(march->share, (double)lost[k] / 120, 1e-15, 0);
    assert_close(march->value_lost, money[k], 1e-12, 0);
    assert_close(march->value_share, money[k] / all, 1e-12, 0);
    assert_int_equal(april->lost, 0);
    assert_true(isnan(april->share));
    assert_int_equal(rates->kind_totals[k].lost, lost[k]);
    assert_close(rates->kind_totals[k].value_lost, money[k], 1e-12, 0);
  }
  churn_rates_free(rates);
  churn_project_free(project);
}

static churn_snapshots *labelled(const char *text, churn_pipeline **pipeline,
                                 churn_project **project)
{
  const churn_pipeline_settings opening = {.with_labels = true, .weighted = true};
  churn_snapshots *rows = NULL;
  churn_error error;
  *project = project_of(text);
  assert_ok(churn_pipeline_open(*project, &opening, NULL, pipeline, &error), &error);
  assert_ok(churn_pipeline_snapshots(*pipeline, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                     CHURN_SNAPSHOTS_LABELLED, NULL, &rows, &error),
            &error);
  return rows;
}

/* 300 in the base, 120 of whom leave: without the 33 natural and 30 at fault ones 57 churned, and
 * as many stayed as before. */
static void excluded_losses_are_dropped_and_never_stayed(void **state)
{
  (void)state;
  churn_pipeline *pipeline = NULL;
  churn_project *project = NULL;
  churn_snapshots *rows =
      labelled(HEAD FEATURES KINDS "outcome: {horizon: 30d, exclude: [natural, at_fault]}\n",
               &pipeline, &project);
  assert_int_equal(rows->count, 237);
  assert_int_equal(rows->days[0].base, 300);
  assert_int_equal(rows->days[0].churned, 57);
  assert_int_equal(rows->days[0].stayed, 180);
  assert_int_equal(rows->days[0].dropped, 63);
  for (size_t r = 0; r < rows->count; r++) {
    int i = atoi(pipeline->data->customers.ids[rows->rows[r].customer] + 1);
    bool left = left_of(i)[0] != '\0';
    assert_int_equal(rows->rows[r].label, left);
    assert_true(!left || (kind_of(i) != CHURN_KIND_NATURAL && kind_of(i) != CHURN_KIND_AT_FAULT));
  }
  churn_snapshots_free(rows);
  churn_pipeline_close(pipeline);
  churn_project_free(project);
}

/* Who left later than the window stayed in it, whatever became of them. */
static void a_loss_after_the_window_does_not_count_yet(void **state)
{
  (void)state;
  churn_pipeline *pipeline = NULL;
  churn_project *project = NULL;
  churn_snapshots *rows = labelled(
      HEAD FEATURES KINDS "outcome: {horizon: 12d, exclude: [natural]}\n", &pipeline, &project);
  /* until 03-12: group 0 (30) and 1 (30, 3 of them natural); the natural ones of 03-15 stayed */
  assert_int_equal(rows->days[0].churned, 57);
  assert_int_equal(rows->days[0].dropped, 3);
  assert_int_equal(rows->days[0].stayed, 240);
  churn_snapshots_free(rows);
  churn_pipeline_close(pipeline);
  churn_project_free(project);
}

static churn_model *train(const char *text)
{
  const churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = project_of(text);
  churn_model *model = NULL;
  churn_error error;
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  churn_project_free(project);
  return model;
}

static void a_model_remembers_what_was_excluded(void **state)
{
  (void)state;
  churn_model *model =
      train(HEAD FEATURES KINDS "fit: {separation: firth}\n"
                                "outcome: {horizon: 30d, exclude: [at_fault, natural]}\n");
  churn_model *read = NULL, *plain = train(WHOLE);
  churn_error error;
  assert_string_equal(model->excluded, "natural,at_fault");
  assert_int_equal(model->rows, 237);
  assert_int_equal(model->churners, 57);
  assert_ok(churn_model_write(model, scratch_path("model.json"), &error), &error);
  assert_ok(churn_model_read(scratch_path("model.json"), &read, &error), &error);
  assert_string_equal(read->excluded, "natural,at_fault");
  assert_null(plain->excluded);
  assert_ok(churn_model_write(plain, scratch_path("plain.json"), &error), &error);
  char *bytes = file_read(scratch_path("plain.json"), NULL);
  assert_null(strstr(bytes, "excluded")); /* the file is what it was before there were kinds */
  free(bytes);
  churn_project *project = project_of(WHOLE);
  churn_evaluation evaluation;
  churn_notes *notes = churn_notes_new();
  const churn_run run = {.notes = notes};
  const churn_evaluate_settings evaluating = {CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                              CHURN_DAY_MISSING, NULL, 0};
  assert_ok(churn_evaluate(project, read, &evaluating, &run, &evaluation, &error), &error);
  assert_non_null(note_text(notes, "other_kinds"));
  assert_int_equal(evaluation.figures.rows, 300);
  churn_notes_free(notes);
  churn_project_free(project);
  churn_model_free(model);
  churn_model_free(read);
  churn_model_free(plain);
}

static uint64_t said(const churn_agreement *a, const churn_agreement_row *row, const char *cause)
{
  for (size_t c = 0; c < a->cause_count; c++)
    if (strcmp(a->causes[c], cause) == 0)
      return row->by_cause[c];
  fail_msg("no cause %s", cause);
  return 0;
}

/* Who had a complaint, or owed, leaves for that; nothing speaks for the others. */
static void the_model_agrees_with_what_is_known(void **state)
{
  (void)state;
  churn_model *model = train(WHOLE);
  churn_project *project = project_of(WHOLE);
  const churn_agreement_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  churn_agreement *a = NULL;
  churn_error error;
  assert_ok(churn_agreement_count(project, model, &settings, NULL, &a, &error), &error);
  static const uint64_t expected[CHURN_KINDS][3] = {
      {0, 3, 30}, {0, 27, 0}, {0, 0, 15}, {30, 0, 0}, {0, 0, 15}};
  assert_int_equal(a->lost, 120);
  assert_int_equal(a->unseen, 0);
  assert_false(a->playbook);
  assert_int_equal(a->cause_count, 3);
  for (size_t k = 0; k < CHURN_KINDS; k++) {
    assert_int_equal(said(a, &a->kinds[k], "complaints"), expected[k][0]);
    assert_int_equal(said(a, &a->kinds[k], "bills"), expected[k][1]);
    assert_int_equal(said(a, &a->kinds[k], "(none)"), expected[k][2]);
  }
  /* sqrt(chi2 / (n (3 - 1))) of that table by Python 3.11 */
  assert_close(a->kind_association, 0.9653072991634227, 1e-12, 0);
  static const char *const reasons[] = {"died", "moved", "odd", "rival", "service", "(none)"};
  static const uint64_t lost[] = {3, 30, 15, 15, 30, 27};
  assert_int_equal(a->reason_count, 6);
  for (size_t r = 0; r < 6; r++) {
    assert_string_equal(a->reasons[r].stated, reasons[r]);
    assert_int_equal(a->reasons[r].lost, lost[r]);
  }
  churn_agreement_free(a);
  churn_project_free(project);
  churn_model_free(model);
}

static void names_of_features_stand_for_their_expressions(void **state)
{
  (void)state;
  churn_project *project = project_of(WHOLE);
  static const char *const texts[][2] = {
      {"owed > 0", "(sum(amount from bills)) > 0"},
      {"customers.owed > owed", "customers.owed > (sum(amount from bills))"},
      {"max(owed, 3) > 1", "max((sum(amount from bills)), 3) > 1"},
      {"max(owed from bills) > 1", "max(owed from bills) > 1"},
      {"count(bills where owed > 1) = 2", "count(bills where owed > 1) = 2"},
      {"not (owed > 1 or complaints > 2)",
       "not ((sum(amount from bills)) > 1 or (count(complaints)) > 2)"},
      {"customers.why = \"owed\"", "customers.why = \"owed\""},
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    char *made = churn_features_inlined(project, texts[i][0]);
    assert_string_equal(made, texts[i][1]);
    free(made);
  }
  churn_project_free(project);
}

static void check_project_fault(const char *text, const char *says)
{
  churn_project *project = NULL;
  churn_error error = {.message = ""};
  scratch_write("wrong.yaml", text);
  assert_int_equal(churn_project_read(scratch_path("wrong.yaml"), NULL, 0, NULL, &project, &error),
                   CHURN_BAD_PROJECT);
  if (strstr(error.message, says) == NULL)
    fail_msg("it says: %s", error.message);
}

static void check_train_fault(const char *text, const char *says)
{
  const churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = project_of(text);
  churn_model *model = NULL;
  churn_error error = {.message = ""};
  assert_int_equal(churn_train(project, &settings, NULL, &model, &error), CHURN_BAD_PROJECT);
  if (strstr(error.message, says) == NULL)
    fail_msg("it says: %s", error.message);
  churn_project_free(project);
}

static void what_is_wrong_with_kinds_is_said(void **state)
{
  (void)state;
#define OUTCOME "outcome: {horizon: 30d, exclude: [natural]}\n"
  check_project_fault(HEAD FEATURES "kinds: {natural: [moved]}\n", "where they are recorded");
  check_project_fault(HEAD FEATURES "kinds: {reason: why, naturel: [moved]}\n",
                      "did you mean \"natural\"?");
  check_project_fault(HEAD FEATURES "kinds: {reason: why, natural: [moved], at_fault: [moved]}\n",
                      "the reason \"moved\" is natural already");
  check_project_fault(HEAD FEATURES "kinds: {reason: why, natural: {reason: [moved]}}\n",
                      "did you mean \"reasons\"?");
  check_project_fault(HEAD FEATURES "kinds: {reason: why, at_fault: [moved]}\n" OUTCOME,
                      "`kinds` does not say what is natural");
  check_project_fault(HEAD FEATURES KINDS "outcome: {horizon: 30d, exclude: [unclassified]}\n",
                      "\"unclassified\" is no kind of loss");
  check_project_fault(HEAD FEATURES KINDS "outcome: {horizon: 30d, exclude: natural}\n",
                      "is a list of kinds of loss");
  check_train_fault(HEAD FEATURES "kinds: {natural: owed}\n" OUTCOME, "is no condition");
  check_train_fault(HEAD FEATURES "kinds: {reason: wy, natural: [moved]}\n" OUTCOME, "wy");
  check_train_fault(HEAD "features: {why: customers.why}\n" KINDS OUTCOME, "known only afterwards");
}

/* Notes of `check`, and its faults. */
static churn_notes *checked(const char *text, uint64_t faults)
{
  churn_project *project = project_of(text);
  churn_notes *notes = churn_notes_new();
  churn_run run = {.notes = notes};
  churn_check_report *report = NULL;
  churn_error error = {0};
  assert_ok(churn_check(project, &run, &report, &error), &error);
  assert_int_equal(report->faults, faults);
  churn_check_report_free(report);
  churn_project_free(project);
  return notes;
}

static void assert_note(const char *text, uint64_t faults, const char *code, const char *says)
{
  churn_notes *notes = checked(text, faults);
  const char *note = note_text(notes, code);
  if (says == NULL ? note != NULL : note == NULL || strstr(note, says) == NULL)
    fail_msg("%s: %s", code, note == NULL ? "nothing" : note);
  churn_notes_free(notes);
}

static void check_names_a_reason_that_is_no_column_or_never_occurs(void **state)
{
  (void)state;
  assert_note(WHOLE, 0, "no_such_value", NULL);
  assert_note(WHOLE, 0, "kinds_without_days", NULL);
  assert_note(HEAD FEATURES "kinds: {reason: whi, natural: [moved]}\noutcome: {horizon: 30d}\n", 1,
              "fault", "did you mean 'customers.why'?");
  assert_note(HEAD FEATURES "kinds: {malicious: owed}\noutcome: {horizon: 30d}\n", 1, "fault",
              "is no condition");
  assert_note(HEAD FEATURES "kinds: {reason: why, natural: [Moved]}\noutcome: {horizon: 30d}\n", 0,
              "no_such_value",
              "kinds natural: no row of customers has why \"Moved\"; did you mean \"moved\"?");
  assert_note(HEAD FEATURES "kinds: {malicious: customers.why = \"ruval\"}\n"
                            "outcome: {horizon: 30d}\n",
              0, "no_such_value", "kinds malicious: no row of customers has why \"ruval\"");
  assert_note(HEAD FEATURES "kinds: {reason: fee, natural: [2.385]}\noutcome: {horizon: 30d}\n", 0,
              "no_such_value", NULL); /* the fee of c000 */
  assert_note(HEAD FEATURES "kinds: {reason: fee, natural: [2.386]}\noutcome: {horizon: 30d}\n", 0,
              "no_such_value", "no row of customers has fee \"2.386\"");
}

static void check_says_where_rates_cannot_count_kinds(void **state)
{
  (void)state;
  assert_note("version: 1\ncustomers: {from: customers.csv, id: id, columns: {why: category}}\n"
              "histories: {bills: {from: bills.csv, id: id, day: day, columns: {amount: number}}}\n"
              "outcome: {event: bills, horizon: 30d, terminal: yes}\n"
              "features: {n: count(bills)}\n"
              "snapshots: {first: 2024-02-01, last: 2024-02-01, every: 30d}\n"
              "kinds: {reason: why, natural: [moved]}\n",
              0, "kinds_without_days", "does not say on which day customers leave");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds_add_up_to_the_lost_with_their_money),
      cmocka_unit_test(excluded_losses_are_dropped_and_never_stayed),
      cmocka_unit_test(a_loss_after_the_window_does_not_count_yet),
      cmocka_unit_test(a_model_remembers_what_was_excluded),
      cmocka_unit_test(the_model_agrees_with_what_is_known),
      cmocka_unit_test(names_of_features_stand_for_their_expressions),
      cmocka_unit_test(what_is_wrong_with_kinds_is_said),
      cmocka_unit_test(check_names_a_reason_that_is_no_column_or_never_occurs),
      cmocka_unit_test(check_says_where_rates_cannot_count_kinds),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
