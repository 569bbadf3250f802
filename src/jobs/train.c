/* Training, whole: read, snapshots, encode, drop what is collinear, fit, describe.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/cause_map.h"
#include "fit/logistic.h"
#include "jobs/calibrate.h"
#include "jobs/explain.h"
#include "jobs/feature_sets.h"
#include "jobs/leaks.h"
#include "jobs/matrix_terms.h"
#include "jobs/penalty.h"
#include "jobs/refuse.h"
#include "jobs/spread.h"
#include "jobs/train_parts.h"

#include <stdlib.h>
#include <string.h>

static void free_training(churn_training *t)
{
  churn_matrix_free(t->matrix);
  churn_frame_free(t->frame);
  free(t->labels);
  free(t->weights);
  churn_snapshots_free(t->test);
  churn_snapshots_free(t->train);
  churn_pipeline_close(t->pipeline);
  churn_model_free(t->model);
}

static churn_status check_rows(const churn_training *t, churn_error *error)
{
  uint64_t churners = 0;
  for (size_t i = 0; i < t->train->count; i++)
    churners += t->train->rows[i].label == CHURN_LABEL_CHURNED;
  if (t->project->outcome.kind == CHURN_OUTCOME_NONE)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){t->project->path, 0, 0},
                              "the project has no `outcome`, so there is nothing to train on");
  if (t->train->count == 0 && t->split.kind == CHURN_SPLIT_TIME && t->labelled > 0)
    return churn_error_set(
        error, CHURN_DEGENERATE,
        "no snapshot is left to train on: none has a label window that closed before test_from");
  if (t->train->count == 0)
    return churn_error_set(
        error, CHURN_DEGENERATE,
        t->project->fit.weighting == CHURN_WEIGHTING_FREQUENCY
            ? "no labelled row to train on: every label window is still open, nobody was in the "
              "base, or every fit.weights is 0"
            : "no labelled row to train on: every label window is still open, or nobody was in the "
              "base");
  if (churners == 0 || churners == t->train->count)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "all %zu training rows have the same outcome (%s)", t->train->count,
                           churners == 0 ? "stayed" : "churned");
  return CHURN_OK;
}

static bool is_set_of(const churn_project *project, const char *name)
{
  for (size_t i = 0; i < project->set_count; i++)
    if (strcmp(project->sets[i].name.text, name) == 0)
      return true;
  return false;
}

/* The features of a set of the project; or of one that is put together from names. */
static churn_status open_features(churn_training *t, const char *set, churn_error *error)
{
  churn_pipeline_settings opening = {.with_labels = true, .weighted = true};
  bool *wanted = NULL;
  churn_status status = CHURN_OK;
  t->set = set == NULL ? "all" : set;
  if (set != NULL && is_set_of(t->project, set))
    opening.set = set;
  else if (set != NULL)
    status = churn_feature_set_wanted(t->project, set, t->run, &wanted, error);
  opening.wanted = wanted;
  if (status == CHURN_OK)
    status = churn_pipeline_open(t->project, &opening, t->run, &t->pipeline, error);
  free(wanted);
  return status;
}

static churn_status open_rows(churn_training *t, const churn_train_settings *settings,
                              churn_error *error)
{
  churn_status status = open_features(t, settings->set, error);
  churn_snapshots *all = NULL;
  if (status == CHURN_OK)
    status = churn_pipeline_snapshots(t->pipeline, settings->first, settings->last,
                                      CHURN_SNAPSHOTS_LABELLED, t->run, &all, error);
  t->split = churn_split_of(t->project, settings->test_from);
  if (status == CHURN_OK)
    status =
        churn_split_take(&t->split, t->pipeline->data, all, CHURN_PART_TRAIN, &t->train, error);
  if (status == CHURN_OK)
    status = churn_split_take(&t->split, t->pipeline->data, all, CHURN_PART_TEST, &t->test, error);
  t->labelled = status == CHURN_OK ? all->count : 0;
  for (size_t d = 0; status == CHURN_OK && d < all->day_count; d++)
    if (churn_split_trains_on(&t->split, all->days[d].as_of)) {
      t->contacted += all->days[d].contacted;
      t->contacted_churned += all->days[d].contacted_churned;
    }
  churn_snapshots_free(all);
  return status == CHURN_OK ? check_rows(t, error) : status;
}

static churn_status learn_encoding(churn_training *t, churn_error *error)
{
  const churn_pipeline *p = t->pipeline;
  churn_encoding_feature *features = churn_array_new(p->feature_count, sizeof *features);
  churn_weighting weighting = t->project->fit.weighting;
  t->labels = churn_snapshots_labels(t->train);
  churn_status status =
      features == NULL || t->labels == NULL
          ? churn_error_no_memory(error)
          : churn_population_weights(&t->project->fit, t->train, &t->weights, error);
  for (size_t f = 0; status == CHURN_OK && f < p->feature_count; f++)
    features[f] = (churn_encoding_feature){&p->selection->features[f], f};
  if (status == CHURN_OK)
    status = churn_frame_build(p->plan, t->train, 0, t->train->count, p->feature_count, t->run,
                               &t->frame, error);
  churn_encoding_rows rows = {.frame = t->frame,
                              .labels = t->labels,
                              .weights = t->weights,
                              .repeated = weighting == CHURN_WEIGHTING_FREQUENCY};
  if (status == CHURN_OK)
    status = churn_encoding_learn(p->plan, &rows, features, p->feature_count, t->project->pool_rows,
                                  t->run, t->model, error);
  if (status == CHURN_OK)
    status = churn_spread_measure(t->model, p->plan, t->frame, t->train, t->run, error);
  if (status == CHURN_OK && t->model->column_count == 0)
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "no column is left to fit: every feature is constant");
  free(features);
  return status;
}

static churn_status fill_matrix(churn_training *t, churn_error *error)
{
  churn_status status = churn_encoding_move(t->model, t->pipeline->plan, &t->frame, t->labels,
                                            t->run, &t->matrix, error);
  return status == CHURN_OK ? churn_matrix_set_terms(&t->project->fit, t->train, t->matrix, error)
                            : status;
}

static void note_collinear(const churn_training *t, const bool *keep, char *const *because)
{
  for (size_t c = 0; c < t->model->column_count; c++)
    if (!keep[c])
      churn_notes_add(t->run->notes, CHURN_WARNING, "dropped_column", CHURN_NOWHERE,
                      "column %s is left out: %s", t->model->columns[c].name, because[c]);
}

static churn_status drop_collinear(churn_training *t, churn_error *error)
{
  size_t columns = t->model->column_count;
  churn_fit_settings settings = {0};
  bool *keep = churn_array_new(columns, sizeof *keep);
  char **because = churn_array_new(columns, sizeof *because);
  const char **names = churn_array_new(columns, sizeof *names);
  churn_status status =
      keep == NULL || because == NULL || names == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t c = 0; status == CHURN_OK && c < columns; c++)
    names[c] = t->model->columns[c].name;
  if (status == CHURN_OK)
    status = churn_fit_rank(t->matrix, names, &settings, t->run, keep, because, error);
  if (status == CHURN_OK) {
    note_collinear(t, keep, because);
    churn_matrix_keep(t->matrix, keep);
    status = churn_encoding_drop(t->model, keep, because, error);
  }
  for (size_t c = 0; because != NULL && c < columns; c++)
    free(because[c]);
  free(because);
  free(keep);
  free(names);
  return status;
}

static churn_status describe_fit(churn_training *t, const churn_fit_report *report,
                                 churn_error *error)
{
  churn_model *model = t->model;
  model->log_likelihood = report->log_likelihood;
  model->null_log_likelihood = report->null_log_likelihood;
  model->penalised_objective = report->objective;
  model->iterations = report->iterations;
  model->max_gradient = report->max_gradient;
  model->converged = report->converged;
  return churn_text_set(&model->stopped_by, churn_stop_name(report->stopped_by), error);
}

static void warn_about_fit(const churn_training *t, const churn_fit_report *report)
{
  if (!report->converged)
    churn_notes_add(t->run->notes, CHURN_WARNING, "not_converged", CHURN_NOWHERE,
                    "the fit did not converge: stopped by %s with gradient %.3g",
                    churn_stop_name(report->stopped_by), report->max_gradient);
}

static churn_status fit(churn_training *t, churn_error *error)
{
  size_t columns = t->model->column_count, size = columns + 1;
  churn_penalty_input input = {t->project, t->train, t->pipeline->data->customers.ids, t->matrix};
  churn_fit_result result = {
      churn_array_new(size, sizeof(double)), churn_array_new(size * size, sizeof(double)),
      churn_array_new(columns, sizeof(double)), churn_array_new(columns, sizeof(double))};
  churn_fit_report report;
  churn_status status = result.coefficients == NULL || result.covariance == NULL ||
                                result.means == NULL || result.deviations == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_penalty_fit(&input, t->run, &result, &report, t->model, error);
  if (status == CHURN_OK)
    status = churn_refuse_few(t->train, t->model, error);
  if (status == CHURN_OK)
    status = churn_refuse_separation(&report, t->model, error);
  if (status == CHURN_OK)
    status = describe_fit(t, &report, error);
  churn_explanation explanation = {&t->project->fit, t->train, t->weights,
                                   t->matrix,        &result,  &report};
  if (status == CHURN_OK)
    status = churn_explain(&explanation, t->run, t->model, error);
  churn_calibrate_input calibration = {.spec = &t->project->fit,
                                       .rows = t->train,
                                       .ids = t->pipeline->data->customers.ids,
                                       .labels = t->labels,
                                       .weights = t->weights,
                                       .shift = churn_sampling_shift(&t->project->fit),
                                       .matrix = t->matrix,
                                       .result = &result};
  if (status == CHURN_OK)
    status = churn_calibrate(&calibration, t->run, t->model, error);
  if (status == CHURN_OK)
    warn_about_fit(t, &report);
  free(result.coefficients);
  free(result.covariance);
  free(result.means);
  free(result.deviations);
  return status;
}

static churn_status warn_about_causes(churn_training *t, churn_error *error)
{
  return churn_cause_map_warn(t->project, t->pipeline->plan, t->model, t->run, error);
}

static churn_status train(churn_training *t, const churn_train_settings *settings,
                          churn_error *error)
{
  churn_status status = open_rows(t, settings, error);
  if (status == CHURN_OK && !settings->no_leaks)
    status = churn_leaks_warn(t->pipeline, t->train, t->run, error);
  if (status == CHURN_OK && (t->model = churn_model_new()) == NULL)
    status = churn_error_no_memory(error);
  churn_status (*const steps[])(churn_training *, churn_error *) = {
      learn_encoding, fill_matrix, drop_collinear, fit, warn_about_causes, churn_training_record};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CHURN_OK; i++)
    status = steps[i](t, error);
  return status;
}

static void forward_notes(const churn_notes *from, const churn_run *run)
{
  for (size_t i = 0; run != NULL && i < churn_notes_count(from); i++) {
    const churn_note *note = churn_notes_get(from, i);
    churn_notes_add(run->notes, note->severity, note->code,
                    (churn_place){note->file, note->line, note->column}, "%s", note->text);
  }
}

churn_status churn_train(const churn_project *project, const churn_train_settings *settings,
                         const churn_run *run, churn_model **model, churn_error *error)
{
  churn_notes *notes = churn_notes_new();
  if (notes == NULL)
    return churn_error_no_memory(error);
  churn_run own = run == NULL ? (churn_run){0} : *run;
  own.notes = notes;
  churn_training t = {.project = project, .run = &own};
  churn_status status = train(&t, settings, error);
  forward_notes(notes, run);
  if (status == CHURN_OK) {
    *model = t.model;
    t.model = NULL;
  }
  free_training(&t);
  churn_notes_free(notes);
  return status;
}
