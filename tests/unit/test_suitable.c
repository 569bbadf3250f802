/* Does a model suit a project, and is it of any use?
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "rich_model.h"
#include "score/suitable.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char left_project[] = "version: 1\n"
                                   "customers: {from: c.csv, id: id, joined: j, left: l}\n"
                                   "histories: {calls: {from: h.csv, id: id, day: d}}\n"
                                   "outcome: {horizon: 60d, gap: 7d}\n";

/* A model of churn within 60 days after a gap of 7. */
static churn_model *model_of(const char *kind)
{
  churn_model *model = rich_model_new();
  free(model->outcome);
  model->outcome = NULL;
  free(model->outcome_kind);
  model->outcome_kind = kind == NULL ? NULL : strdup(kind);
  model->horizon_days = 60;
  model->gap_days = 7;
  return model;
}

static churn_status check(const char *text, const churn_model *model, churn_notes *notes,
                          churn_error *error)
{
  churn_project *project = project_of(text);
  const churn_run run = {.notes = notes};
  churn_status status = churn_score_check_outcome(project, model, &run, error);
  churn_project_free(project);
  return status;
}

static void the_same_outcome_suits_without_a_word(void **unused)
{
  (void)unused;
  churn_notes *notes = churn_notes_new();
  churn_error error = {0};
  churn_model *model = model_of("left");
  assert_ok(check(left_project, model, notes, &error), &error);
  assert_int_equal(churn_notes_count(notes), 0);
  churn_model_free(model);
  churn_notes_free(notes);
}

static void another_kind_of_outcome_is_refused_and_both_are_named(void **unused)
{
  (void)unused;
  static const char *const kinds[] = {"event", "silent", "drop", "labels", "column"};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    churn_error error = {0};
    churn_model *model = model_of(kinds[i]);
    assert_int_equal(check(left_project, model, NULL, &error), CHURN_INCONSISTENT);
    assert_non_null(strstr(error.message, kinds[i]));
    assert_non_null(strstr(error.message, "the day the customer left here (\"left\")"));
    assert_int_equal(error.line, 4);
    churn_model_free(model);
  }
}

/* What cannot be told is not held against the model. */
static void a_model_that_does_not_say_and_a_project_without_an_outcome_suit(void **unused)
{
  (void)unused;
  churn_notes *notes = churn_notes_new();
  churn_error error = {0};
  churn_model *silent = model_of(NULL), *event = model_of("event");
  assert_ok(check(left_project, silent, notes, &error), &error);
  assert_ok(check("version: 1\ncustomers: {from: c.csv, id: id}\n", event, notes, &error), &error);
  assert_int_equal(churn_notes_count(notes), 0);
  churn_model_free(silent);
  churn_model_free(event);
  churn_notes_free(notes);
}

static void another_horizon_or_gap_is_warned_of_and_both_are_said(void **unused)
{
  (void)unused;
  churn_error error = {0};
  for (int i = 0; i < 2; i++) {
    churn_notes *notes = churn_notes_new();
    churn_model *model = model_of("left");
    *(i == 0 ? &model->horizon_days : &model->gap_days) = 181;
    assert_ok(check(left_project, model, notes, &error), &error);
    assert_int_equal(churn_notes_count(notes), 1);
    const churn_note *note = churn_notes_get(notes, 0);
    assert_string_equal(note->code, "other_outcome");
    assert_non_null(strstr(note->text, i == 0 ? "within 181 days after a gap of 7"
                                              : "within 60 days after a gap of 181"));
    assert_non_null(strstr(note->text, "says 60 days after a gap of 7"));
    churn_model_free(model);
    churn_notes_free(notes);
  }
}

static void set_losses(churn_model *model, double loss, double null, const char *method,
                       double after)
{
  model->out_of_fold.figures.log_loss = loss;
  model->out_of_fold.figures.null_log_loss = null;
  free(model->recalibration.method);
  model->recalibration.method = strdup(method);
  model->recalibration.log_loss_after = after;
}

/* A recalibrated model is judged by the probabilities that it gives out. */
static void a_model_guesses_when_its_log_loss_is_not_below_that_of_one_probability(void **unused)
{
  (void)unused;
  static const struct {
    double loss, null;
    const char *method;
    double after;
    bool guesses;
  } cases[] = {{0.4301, 0.4203, "none", (double)NAN, true},
               {0.4203, 0.4203, "none", (double)NAN, true},
               {0.4202, 0.4203, "none", (double)NAN, false},
               {0.4301, 0.4203, "platt", 0.4107, false},
               {0.4301, 0.4203, "isotonic", 0.4211, true},
               {(double)NAN, (double)NAN, "none", (double)NAN, false}};
  churn_model *model = rich_model_new();
  char text[CHURN_MODEL_GUESSING_SIZE];
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    set_losses(model, cases[i].loss, cases[i].null, cases[i].method, cases[i].after);
    churn_model_guessing_text(model, text);
    assert_int_equal(churn_model_guesses(model), cases[i].guesses);
    assert_int_equal(text[0] != '\0', cases[i].guesses);
  }
  set_losses(model, 0.4301, 0.4203, "none", NAN);
  churn_model_guessing_text(model, text);
  assert_non_null(strstr(text, "(log-loss 0.4301, with that 0.4203)"));
  model->out_of_fold.folds = 0;
  assert_false(churn_model_guesses(model));
  churn_model_free(model);
}

static void who_scores_is_warned_of_a_model_that_guesses(void **unused)
{
  (void)unused;
  churn_error error = {0};
  churn_notes *notes = churn_notes_new();
  const churn_run run = {.notes = notes};
  churn_project *project = project_of(left_project);
  churn_model *model = model_of("left");
  set_losses(model, 0.4301, 0.4203, "none", NAN);
  assert_ok(churn_score_check_model(project, model, &run, &error), &error);
  assert_int_equal(churn_notes_count(notes), 1);
  assert_string_equal(churn_notes_get(notes, 0)->code, "guessing_model");
  churn_model_free(model);
  churn_project_free(project);
  churn_notes_free(notes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_outcome_suits_without_a_word),
      cmocka_unit_test(another_kind_of_outcome_is_refused_and_both_are_named),
      cmocka_unit_test(a_model_that_does_not_say_and_a_project_without_an_outcome_suit),
      cmocka_unit_test(another_horizon_or_gap_is_warned_of_and_both_are_said),
      cmocka_unit_test(a_model_guesses_when_its_log_loss_is_not_below_that_of_one_probability),
      cmocka_unit_test(who_scores_is_warned_of_a_model_that_guesses),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
