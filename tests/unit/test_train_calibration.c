/* Calibration the whole way: from a project file and a flat export to the model and what is scored
 * and evaluated with it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"
#include "score/recalibration.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1200 };

/* Customers whose usage tells; `turned`: the same lines from the last to the first. */
static void write_export(bool turned)
{
  static char lines[ROWS][64];
  uint64_t stream = 41;
  char *text = malloc(ROWS * 64), *at = text;
  assert_non_null(text);
  for (int r = 0; r < ROWS; r++) {
    double usage = uniform(&stream), age = uniform(&stream);
    double eta = 1.2 - 4.3 * usage + 0.5 * age;
    snprintf(lines[r], sizeof lines[r], "c%05d,%.6f,%.6f,%d,%s\n", r, usage, age, r % 97,
             uniform(&stream) < churn_probability(eta) ? "Yes" : "No");
  }
  at += sprintf(at, "id,usage,age,worth,churned\n");
  for (int r = 0; r < ROWS; r++)
    at += sprintf(at, "%s", lines[turned ? ROWS - 1 - r : r]);
  scratch_write("export.csv", text);
  free(text);
}

static churn_project *project_with(const char *fit)
{
  char text[1024];
  churn_project *project = NULL;
  churn_error error = {0};
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: export.csv, id: id, value: worth}\noutcome: {column: "
           "churned, positive: \"Yes\"}\nfeatures: {usage: customers.usage, age: customers.age}\n"
           "split: {test: 0.25}\nfit: {%s}\n",
           fit);
  assert_ok(
      churn_project_read(scratch_write("project.yaml", text), NULL, 0, NULL, &project, &error),
      &error);
  return project;
}

static churn_model *train(const char *fit, int threads, churn_notes *notes)
{
  churn_model *model = NULL;
  churn_error error = {0};
  churn_run run = {.threads = threads, .notes = notes};
  churn_train_settings settings = {NULL, CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                   false};
  churn_project *project = project_with(fit);
  assert_ok(churn_train(project, &settings, &run, &model, &error), &error);
  churn_project_free(project);
  return model;
}

static void every_training_is_judged_out_of_fold(void **state)
{
  (void)state;
  write_export(false);
  churn_model *model = train("folds: 7", 2, NULL);
  const churn_model_out_of_fold *o = &model->out_of_fold;
  uint64_t rows = 0, churners = 0;
  assert_int_equal(o->folds, 7);
  assert_int_equal(o->figures.rows, model->rows);
  assert_int_equal(o->figures.churners, model->churners);
  assert_string_equal(o->error_kind, "model");
  /* rows that a fit did not see are never told as well as those it did */
  assert_true(o->figures.log_loss > model->training.log_loss);
  assert_true(o->figures.calibration_slope < 1 && o->figures.calibration_slope > 0.8);
  assert_true(o->slope_lower < o->figures.calibration_slope);
  assert_close(o->slope_upper - o->slope_lower, 2 * 1.959963984540054 * o->slope_error, 1e-12, 0);
  assert_close(o->intercept_upper + o->intercept_lower, 2 * o->figures.calibration_intercept, 1e-9,
               1e-12);
  for (size_t i = 0; i < o->bin_count; i++) {
    const churn_reliability *b = &o->bins[i];
    rows += b->rows;
    churners += b->churners;
    assert_true(b->lower <= b->observed && b->observed <= b->upper);
    assert_true(i == 0 || b->mean_predicted < o->bins[i - 1].mean_predicted);
  }
  assert_int_equal(o->bin_count, 10);
  assert_int_equal(rows, model->rows);
  assert_int_equal(churners, model->churners);
  assert_string_equal(model->recalibration.method, "none");
  assert_true(isnan(model->recalibration.log_loss_after));
  churn_model_free(model);
}

/* A lasso that leaves no column in: each fold predicts the rate of the others, which is lower where
 * its own is higher. Over all rows that would rank worse than guessing. */
static void a_constant_model_has_an_area_of_one_half(void **state)
{
  (void)state;
  write_export(false);
  churn_model *model = train("penalty: lasso, lambda: 2, folds: 7", 2, NULL);
  const churn_figures *f = &model->out_of_fold.figures;
  assert_true(model->columns[0].estimate == 0 && model->columns[1].estimate == 0);
  assert_close(f->auc, 0.5, 1e-15, 0);
  assert_close(f->log_loss, f->null_log_loss, 1e-4, 0);
  churn_model_free(model);
}

/* An area's variance is at most A (1 - A) / min(m, n) (van Dantzig 1951). */
static void every_area_has_an_interval(void **state)
{
  (void)state;
  write_export(false);
  churn_model *model = train("", 2, NULL);
  const churn_figures *all[] = {&model->training, &model->validation, &model->out_of_fold.figures};
  for (size_t i = 0; i < 3; i++) {
    const churn_figures *f = all[i];
    double few =
        (double)(f->churners < f->rows - f->churners ? f->churners : f->rows - f->churners);
    assert_true(f->auc_lower < f->auc && f->auc < f->auc_upper);
    assert_true(f->auc_upper - f->auc_lower < 4 * sqrt(f->auc * (1 - f->auc) / few));
    assert_true(f->log_loss < f->null_log_loss && f->brier < f->null_brier);
  }
  assert_true(model->validation.auc_upper - model->validation.auc_lower >
              1.4 * (model->training.auc_upper - model->training.auc_lower));
  churn_model_free(model);
}

static void out_of_fold_no_leaves_it(void **state)
{
  (void)state;
  write_export(false);
  churn_model *with = train("", 2, NULL), *without = train("out_of_fold: no", 2, NULL);
  assert_int_equal(without->out_of_fold.folds, 0);
  assert_int_equal(without->out_of_fold.bin_count, 0);
  assert_string_equal(without->out_of_fold.error_kind, "none");
  assert_true(isnan(without->out_of_fold.slope_error));
  assert_close(with->intercept.estimate, without->intercept.estimate, 0, 0);
  churn_error error = {0};
  churn_model *back = NULL;
  const char *path = scratch_path("model.json");
  assert_ok(churn_model_write(without, path, &error), &error);
  assert_ok(churn_model_read(path, &back, &error), &error);
  churn_model_free(back);
  churn_model_free(with);
  churn_model_free(without);
}

/* Of the stayers every fifth only: out of fold, too, predictions are on the population's scale, and
 * churners and others count as the population has them. */
static void a_thinned_export_is_judged_on_the_population(void **state)
{
  (void)state;
  write_export(false);
  size_t length, kept = 0;
  char *text = file_read(scratch_path("export.csv"), &length), *to = text;
  for (char *line = text, *next; *line != '\0'; line = next) {
    next = strchr(line, '\n') + 1;
    bool stayed = strncmp(next - 4, ",No", 3) == 0;
    if (stayed && kept++ % 5 != 0)
      continue;
    memmove(to, line, (size_t)(next - line));
    to += next - line;
  }
  *to = '\0';
  scratch_write("export.csv", text);
  free(text);
  churn_model *model = train("sampled: {churners: 1.0, others: 0.2}", 2, NULL);
  const churn_model_out_of_fold *o = &model->out_of_fold;
  assert_string_equal(o->error_kind, "robust");
  assert_true(fabs(o->figures.calibration_intercept) < 0.02);
  assert_true(fabs(o->figures.calibration_slope - 1) < 0.1);
  double population = 0, churners = 0;
  for (size_t i = 0; i < o->bin_count; i++) {
    const churn_reliability *b = &o->bins[i];
    assert_true(b->lower < b->mean_predicted + 0.1 && b->upper > b->mean_predicted - 0.1);
    assert_close(b->population_churners / b->population, b->observed, 1e-12, 0);
    population += b->population;
    churners += b->population_churners;
  }
  assert_close(population, model->population, 1e-12, 0);
  assert_close(churners, model->population_churners, 1e-12, 0);
  churn_model_free(model);
}

/* Every row twice by its weight: the same figures from twice the rows. */
static void frequency_weights_are_so_many_rows(void **state)
{
  (void)state;
  write_export(false);
  churn_model *once = train("", 2, NULL), *twice = train("weights: worth * 0 + 2", 2, NULL);
  const churn_model_out_of_fold *a = &once->out_of_fold, *b = &twice->out_of_fold;
  assert_string_equal(b->error_kind, "model");
  assert_close(b->figures.calibration_slope, a->figures.calibration_slope, 1e-8, 0);
  assert_close(b->slope_error, a->slope_error / sqrt(2), 1e-7, 0);
  assert_close(b->intercept_error, a->intercept_error / sqrt(2), 1e-7, 0);
  churn_model_free(once);
  churn_model_free(twice);
}

/* Weights of 0 to 96: the table counts what the figures count, and the file can be read back. */
static void a_model_of_uneven_weights_can_be_written_and_read(void **state)
{
  (void)state;
  static const char *const fits[] = {"weights: worth", "weights: worth, recalibrate: isotonic",
                                     "weights: worth, penalty: elastic_net, lambda: 0.01"};
  const char *path = scratch_path("model.json");
  write_export(false);
  for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
    churn_error error = {0};
    churn_model *model = train(fits[i], 2, NULL), *back = NULL;
    const churn_model_out_of_fold *o = &model->out_of_fold;
    uint64_t rows = 0, churners = 0;
    for (size_t b = 0; b < o->bin_count; b++) {
      rows += o->bins[b].rows;
      churners += o->bins[b].churners;
    }
    assert_int_equal(rows, model->rows);
    assert_int_equal(churners, model->churners);
    assert_ok(churn_model_write(model, path, &error), &error);
    assert_ok(churn_model_read(path, &back, &error), &error);
    churn_model_free(model);
    churn_model_free(back);
  }
}

/* A ridge this strong makes predictions far too timid. */
#define TIMID "penalty: ridge, lambda: 0.7"

static churn_evaluation evaluate(const churn_model *model)
{
  churn_evaluation e = {0};
  churn_error error = {0};
  churn_run run = {.threads = 2};
  churn_evaluate_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                      0};
  churn_project *project = project_with(TIMID);
  assert_ok(churn_evaluate(project, model, &settings, &run, &e, &error), &error);
  churn_project_free(project);
  return e;
}

/* Platt's line is the calibration line of the out-of-fold predictions. */
static void platt_stretches_what_a_ridge_has_shrunk(void **state)
{
  (void)state;
  write_export(false);
  churn_model *plain = train(TIMID, 2, NULL), *model = train(TIMID ", recalibrate: platt", 2, NULL);
  const churn_recalibration *r = &model->recalibration;
  assert_string_equal(r->method, "platt");
  assert_true(r->slope > 2);
  assert_close(r->slope, model->out_of_fold.figures.calibration_slope, 1e-8, 0);
  assert_close(r->log_loss_before, model->out_of_fold.figures.log_loss, 1e-12, 0);
  assert_true(r->log_loss_after < r->log_loss_before - 0.02);
  /* the coefficients are what they were, the probabilities are not */
  assert_close(model->intercept.estimate, plain->intercept.estimate, 0, 0);
  churn_evaluation before = evaluate(plain), after = evaluate(model);
  assert_true(after.figures.log_loss < before.figures.log_loss - 0.02);
  assert_true(after.figures.brier < before.figures.brier);
  assert_close(after.figures.auc, before.figures.auc, 0, 0);
  assert_close(after.figures.top_decile_lift, before.figures.top_decile_lift, 0, 0);
  assert_close(after.figures.calibration_slope, before.figures.calibration_slope / r->slope, 1e-7,
               0);
  churn_model_free(plain);
  churn_model_free(model);
}

static churn_ranking *score(const churn_model *model, churn_project **project)
{
  churn_ranking *ranking = NULL;
  churn_score_report report;
  churn_error error = {0};
  churn_run run = {.threads = 2};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  *project = project_with(TIMID);
  assert_ok(churn_score(*project, model, &settings, &run, &ranking, &report, &error), &error);
  return ranking;
}

/* The list shows the recalibrated probability, ranks its ties by the logit, and the logit is the
 * one that reasons add up to. */
static void a_ranked_list_by_isotonic_probabilities(void **state)
{
  (void)state;
  write_export(false);
  churn_model *plain = train(TIMID, 2, NULL);
  churn_model *model = train(TIMID ", recalibrate: isotonic", 2, NULL);
  churn_project *a = NULL, *b = NULL;
  churn_ranking *old = score(plain, &a), *ranking = score(model, &b);
  size_t tied = 0;
  double last = 1;
  assert_string_equal(model->recalibration.method, "isotonic");
  assert_int_equal(churn_ranking_count(ranking), ROWS);
  for (size_t i = 0; i < ROWS; i++) {
    churn_ranked line, before;
    churn_ranking_get(ranking, i, &line);
    churn_ranking_get(old, i, &before);
    assert_string_equal(line.customer_id, before.customer_id);
    assert_close(line.logit, before.logit, 0, 0);
    assert_close(line.probability, churn_recalibrated(&model->recalibration, line.logit), 0, 0);
    assert_close(line.expected_loss, line.probability * line.value, 0, 0);
    assert_true(line.probability <= last);
    tied += line.probability == last;
    last = line.probability;
  }
  assert_true(tied > ROWS / 4);
  churn_evaluation before = evaluate(plain), after = evaluate(model);
  assert_close(after.figures.auc, before.figures.auc, 0, 0);
  assert_true(after.figures.log_loss < before.figures.log_loss - 0.02);
  churn_ranking_free(old);
  churn_ranking_free(ranking);
  churn_project_free(a);
  churn_project_free(b);
  churn_model_free(plain);
  churn_model_free(model);
}

static void neither_threads_nor_the_order_of_rows_change_a_bit(void **state)
{
  (void)state;
  static const char *const fits[] = {TIMID ", recalibrate: isotonic", "recalibrate: platt",
                                     "penalty: firth, folds: 3"};
  for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
    churn_error error = {0};
    size_t lengths[2];
    char *texts[2];
    for (int k = 0; k < 2; k++) {
      write_export(k == 1);
      churn_model *model = train(fits[i], k == 0 ? 1 : 3, NULL);
      assert_int_equal(model->out_of_fold.folds, i == 2 ? 3 : 10);
      assert_ok(churn_model_write(model, scratch_path("model.json"), &error), &error);
      texts[k] = file_read(scratch_path("model.json"), &lengths[k]);
      churn_model_free(model);
    }
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(texts[0], texts[1], lengths[0]);
    free(texts[0]);
    free(texts[1]);
  }
}

/* What would only chase noise is left, said, and kept in the model's notes. */
static void a_recalibration_that_does_not_help_is_left(void **state)
{
  (void)state;
  write_export(false);
  churn_notes *notes = churn_notes_new();
  churn_model *model = train("recalibrate: isotonic", 2, notes);
  bool said = false, kept = false;
  assert_string_equal(model->recalibration.asked, "isotonic");
  assert_string_equal(model->recalibration.method, "none");
  assert_true(model->recalibration.log_loss_after >= model->recalibration.log_loss_before);
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    said = said || strcmp(churn_notes_get(notes, i)->code, "not_recalibrated") == 0;
  for (size_t i = 0; i < model->note_count; i++)
    kept = kept || strstr(model->notes[i], "without the isotonic recalibration") != NULL;
  assert_true(said && kept);
  churn_notes_free(notes);
  churn_model_free(model);
}

/* One churner of many has a flag: without his fold, none has, and the fit has no maximum. */
static void folds_that_separate_are_told_from_others(void **state)
{
  (void)state;
  enum { PEOPLE = 400 };
  static char text[PEOPLE * 32];
  char *at = text;
  uint64_t stream = 12;
  bool said = false;
  at += sprintf(at, "id,usage,age,worth,churned\n");
  for (int r = 0; r < PEOPLE; r++)
    at += sprintf(at, "c%05d,%.6f,%d,1,%s\n", r, uniform(&stream), r % 9 == 0,
                  r == 18 || (r % 9 != 0 && r % 3 == 0) ? "Yes" : "No");
  scratch_write("export.csv", text);
  churn_notes *notes = churn_notes_new();
  churn_model *model = train("folds: 5", 2, notes);
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    said = said || strstr(churn_notes_get(notes, i)->text,
                          "fits without a fold: of 5, 1 without a maximum") != NULL;
  assert_true(said);
  churn_notes_free(notes);
  churn_model_free(model);
}

static bool warns(const churn_notes *notes, const char *code)
{
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    if (strcmp(churn_notes_get(notes, i)->code, code) == 0)
      return true;
  return false;
}

static void a_model_that_only_guesses_is_named(void **state)
{
  (void)state;
  enum { PEOPLE = 300 };
  static char text[PEOPLE * 40 + 40];
  char *at = text;
  uint64_t stream = 77;
  at += sprintf(at, "id,usage,age,worth,churned\n");
  for (int r = 0; r < PEOPLE; r++) /* usage and age know nothing of the outcome */
    at += sprintf(at, "c%05d,%.6f,%.6f,1,%s\n", r, uniform(&stream), uniform(&stream),
                  uniform(&stream) < 0.3 ? "Yes" : "No");
  for (int knows = 0; knows < 2; knows++) {
    if (knows)
      write_export(false);
    else
      scratch_write("export.csv", text);
    churn_notes *notes = churn_notes_new();
    churn_model *model = train("folds: 5", 2, notes);
    assert_int_equal(warns(notes, "no_better_than_guessing"), !knows);
    churn_notes_free(notes);
    churn_model_free(model);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_model_that_only_guesses_is_named, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(every_training_is_judged_out_of_fold, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_constant_model_has_an_area_of_one_half, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(every_area_has_an_interval, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(out_of_fold_no_leaves_it, scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_thinned_export_is_judged_on_the_population, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(frequency_weights_are_so_many_rows, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_model_of_uneven_weights_can_be_written_and_read,
                                      scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(folds_that_separate_are_told_from_others, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(platt_stretches_what_a_ridge_has_shrunk, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_ranked_list_by_isotonic_probabilities, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(neither_threads_nor_the_order_of_rows_change_a_bit,
                                      scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_recalibration_that_does_not_help_is_left, scratch_setup,
                                      scratch_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
