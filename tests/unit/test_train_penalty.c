/* Penalties the whole way: from a project file and a flat export to the model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 900 };

/* With a column that all who churned but one lack: without its fold it parts the labels. */
static bool flagged;

/* An export of customers: usage tells, noise does not, plan a little. */
static void write_export(void)
{
  char *text = malloc(ROWS * 64), *at = text;
  uint64_t stream = 99;
  assert_non_null(text);
  at += sprintf(at, "id,usage,noise_a,noise_b,%splan,churned\n", flagged ? "flag," : "");
  for (int r = 0; r < ROWS; r++) {
    double usage = uniform(&stream), a = uniform(&stream), b = uniform(&stream);
    const char *plan = uniform(&stream) < 0.4 ? "gold" : "basic";
    double eta = 1 - 3.1 * usage - (plan[0] == 'g' ? 0.6 : 0);
    bool flag = flagged && r % 11 == 0, churned = uniform(&stream) < 1 / (1 + exp(-eta));
    at += sprintf(at, "c%05d,%.6f,%.6f,%.6f,%s%s,%s\n", r * 7 % ROWS, usage, a, b,
                  flagged ? flag ? "1," : "0," : "", plan,
                  r == 22 || (churned && !flag) ? "Yes" : "No");
  }
  scratch_write("export.csv", text);
  free(text);
}

static churn_status train_with(const char *fit, int threads, churn_notes *notes,
                               churn_model **model, churn_error *error)
{
  char text[1024];
  churn_project *project = NULL;
  churn_run run = {.threads = threads, .notes = notes};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  write_export();
  snprintf(
      text, sizeof text,
      "version: 1\ncustomers: {from: export.csv, id: id}\noutcome: {column: churned, positive: "
      "\"Yes\"}\nfeatures: customers.*\nfit: {%s}\n",
      fit);
  assert_ok(churn_project_read(scratch_write("project.yaml", text), NULL, 0, NULL, &project, error),
            error);
  churn_status status = churn_train(project, &settings, &run, model, error);
  churn_project_free(project);
  return status;
}

static churn_model *train(const char *fit)
{
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(train_with(fit, 2, NULL, &model, &error), &error);
  assert_true(model->converged);
  return model;
}

static const churn_model_column *column(const churn_model *model, const char *name)
{
  for (size_t c = 0; c < model->column_count; c++)
    if (strcmp(model->columns[c].name, name) == 0)
      return &model->columns[c];
  fail_msg("no column %s", name);
  return NULL;
}

static void without_a_penalty_the_model_says_so(void **state)
{
  (void)state;
  churn_model *model = train("penalty: none");
  assert_string_equal(model->penalty, "none");
  assert_string_equal(model->lambda_rule, "given");
  assert_string_equal(model->covariance_kind, "model");
  assert_close(model->lambda, 0, 0, 0);
  assert_close(column(model, "usage")->penalty_factor, 0, 0, 0);
  assert_int_equal(model->folds, 0);
  assert_true(isnan(model->cv_deviance));
  assert_true(column(model, "usage")->std_error > 0);
  churn_model_free(model);
}

static void a_lasso_by_cross_validation_leaves_noise_out(void **state)
{
  (void)state;
  churn_model *model = train("penalty: lasso, lambda: cv");
  churn_model *least = train("penalty: lasso, lambda: cv_min");
  assert_string_equal(model->penalty, "lasso");
  assert_string_equal(model->lambda_rule, "cv");
  assert_string_equal(least->lambda_rule, "cv_min");
  assert_int_equal(model->folds, 10);
  assert_close(model->alpha, 1, 0, 0);
  assert_true(column(model, "usage")->estimate < -1);
  assert_true(column(model, "noise_a")->estimate == 0);
  assert_true(column(model, "noise_b")->estimate == 0);
  /* the rule: a larger lambda, at most one standard error worse */
  assert_true(model->lambda > least->lambda);
  assert_true(model->cv_deviance >= least->cv_deviance);
  assert_true(model->cv_deviance <= least->cv_deviance + least->cv_std_error);
  assert_true(model->cv_std_error > 0);
  assert_string_equal(model->covariance_kind, "none");
  assert_null(model->covariance);
  assert_true(isnan(column(model, "usage")->std_error) && isnan(model->intercept.upper));
  churn_model_free(model);
  churn_model_free(least);
}

/* lambda by cross-validation, then given as a number: the same coefficients. */
static void the_chosen_lambda_given_as_a_number_is_the_same_model(void **state)
{
  (void)state;
  char fit[128];
  churn_model *chosen =
      train("penalty: elastic_net, alpha: 0.3, lambda: cv_min, folds: 4, seed: 9");
  snprintf(fit, sizeof fit, "penalty: elastic_net, alpha: 0.3, lambda: %.17g", chosen->lambda);
  churn_model *given = train(fit);
  assert_int_equal(chosen->folds, 4);
  assert_string_equal(given->lambda_rule, "given");
  for (size_t c = 0; c < chosen->column_count; c++)
    assert_close(chosen->columns[c].estimate, given->columns[c].estimate, 1e-9, 1e-11);
  assert_close(chosen->intercept.estimate, given->intercept.estimate, 1e-9, 0);
  assert_close(chosen->penalised_objective, given->penalised_objective, 1e-13, 0);
  churn_model_free(chosen);
  churn_model_free(given);
}

static void factors_count_for_all_columns_of_a_feature(void **state)
{
  (void)state;
  churn_model *free_noise = train(
      "penalty: lasso, lambda: 0.2, factors: {\"*\": 3, \"noise_*\": 0.5, noise_b: 0, plan: 2}");
  assert_close(column(free_noise, "usage")->penalty_factor, 3, 0, 0);
  assert_close(column(free_noise, "noise_a")->penalty_factor, 0.5, 0, 0);
  assert_close(column(free_noise, "noise_b")->penalty_factor, 0, 0, 0);
  assert_close(column(free_noise, "plan=gold")->penalty_factor, 2, 0, 0);
  assert_true(column(free_noise, "usage")->estimate == 0);
  assert_true(column(free_noise, "plan=gold")->estimate == 0);
  assert_true(column(free_noise, "noise_b")->estimate != 0);
  churn_model_free(free_noise);
}

static void a_ridge_keeps_standard_errors(void **state)
{
  (void)state;
  churn_model *ridge = train("penalty: ridge, lambda: cv_min"), *none = train("penalty: none");
  assert_string_equal(ridge->covariance_kind, "model");
  /* those of the penalised likelihood are smaller */
  assert_true(column(ridge, "usage")->std_error > 0);
  assert_true(column(ridge, "usage")->std_error < column(none, "usage")->std_error);
  churn_model_free(ridge);
  churn_model_free(none);
}

/* Threads change nothing; the seed of the folds does. */
static void the_model_has_the_same_bytes_for_any_number_of_threads(void **state)
{
  (void)state;
  static const char fit[] = "penalty: lasso, lambda: cv";
  churn_error error = {0};
  char first[33] = "";
  for (int threads = 1; threads < 4; threads++) {
    churn_model *model = NULL;
    assert_ok(train_with(fit, threads, NULL, &model, &error), &error);
    assert_ok(churn_model_write(model, scratch_path("model.json"), &error), &error);
    if (threads == 1)
      memcpy(first, model->id, sizeof first);
    assert_string_equal(model->id, first);
    churn_model_free(model);
  }
  churn_model *other = train("penalty: lasso, lambda: cv, seed: 2");
  assert_ok(churn_model_write(other, scratch_path("model.json"), &error), &error);
  assert_string_not_equal(other->id, first);
  churn_model_free(other);
}

static void a_written_lasso_scores(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = train("penalty: lasso, lambda: 0.02"), *back = NULL;
  assert_ok(churn_model_write(model, scratch_path("model.json"), &error), &error);
  assert_ok(churn_model_write_report(model, scratch_path("report.json"), &error), &error);
  assert_ok(churn_model_read(scratch_path("model.json"), &back, &error), &error);
  assert_close(back->lambda, 0.02, 0, 0);
  assert_true(column(back, "usage")->estimate == column(model, "usage")->estimate);
  char *report = file_read(scratch_path("report.json"), NULL);
  assert_non_null(strstr(report, "\"penalty\": \"lasso\""));
  assert_non_null(strstr(report, "\"lambda\": 0.02"));
  assert_non_null(strstr(report, "\"alpha\": 1,"));
  assert_non_null(strstr(report, "\"covariance\": \"none\""));
  assert_non_null(strstr(report, "\"std_error\": null"));
  free(report);
  churn_model_free(model);
  churn_model_free(back);
}

static void more_folds_than_churners_of_a_kind_are_refused(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = NULL;
  assert_int_equal(train_with("penalty: lasso, lambda: cv, folds: 1000", 1, NULL, &model, &error),
                   CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "1000 folds needs as many customers; there are 900"));
  assert_null(model);
}

static void folds_that_separate_are_told_from_those_that_do_not_converge(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = NULL;
  churn_notes *notes = churn_notes_new();
  bool said = false;
  flagged = true;
  assert_ok(train_with("penalty: ridge, lambda: cv, factors: {flag: 0}", 2, notes, &model, &error),
            &error);
  flagged = false;
  for (size_t i = 0; i < churn_notes_count(notes); i++) {
    const churn_note *note = churn_notes_get(notes, i);
    said = said || (strcmp(note->code, "folds_separated") == 0 &&
                    strstr(note->text, "of the cross-validation's fits have no maximum") != NULL);
    assert_null(strstr(note->text, "fits did not converge"));
  }
  assert_true(said);
  churn_notes_free(notes);
  churn_model_free(model);
}

static void nothing_to_choose_where_nothing_is_penalised(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = NULL;
  assert_int_equal(
      train_with("penalty: lasso, lambda: cv, factors: {\"*\": 0}", 1, NULL, &model, &error),
      CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "no column is penalised"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(without_a_penalty_the_model_says_so),
      TEST(a_lasso_by_cross_validation_leaves_noise_out),
      TEST(the_chosen_lambda_given_as_a_number_is_the_same_model),
      TEST(factors_count_for_all_columns_of_a_feature),
      TEST(a_ridge_keeps_standard_errors),
      TEST(the_model_has_the_same_bytes_for_any_number_of_threads),
      TEST(a_written_lasso_scores),
      TEST(more_folds_than_churners_of_a_kind_are_refused),
      TEST(folds_that_separate_are_told_from_those_that_do_not_converge),
      TEST(nothing_to_choose_where_nothing_is_penalised),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
