/* What each feature of the best set does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/best_set.h"

#include "base/memory.h"
#include "design/encoding.h"
#include "design/split.h"
#include "jobs/explain.h"
#include "jobs/matrix_terms.h"
#include "jobs/penalty.h"
#include "jobs/shuffle.h"
#include "monitor/stability.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct explaining {
  const churn_out_of_fold_input *input;
  const churn_feature_set *set;
  const churn_run *run;
  churn_comparison *comparison;
  int8_t *labels;
  double *weights;    /* of the population; NULL where every row stands for itself */
  churn_model *model; /* of all rows */
  churn_matrix *matrix;
  churn_fit_result result;
  double *logits, *contributions; /* out of fold */
} explaining;

static void clear(explaining *e)
{
  free(e->labels);
  free(e->weights);
  churn_model_free(e->model);
  churn_matrix_free(e->matrix);
  free(e->result.coefficients);
  free(e->result.covariance);
  free(e->result.means);
  free(e->result.deviations);
  free(e->logits);
  free(e->contributions);
}

/* An encoding of all features, as the folds learn it, of all rows. */
static churn_status encode(explaining *e, churn_error *error)
{
  const churn_pipeline *p = e->input->pipeline;
  churn_encoding_feature *features = churn_array_new(p->feature_count, sizeof *features);
  e->labels = churn_snapshots_labels(e->input->rows);
  e->model = churn_model_new();
  churn_status status =
      features == NULL || e->labels == NULL || e->model == NULL
          ? churn_error_no_memory(error)
          : churn_population_weights(&p->project->fit, e->input->rows, &e->weights, error);
  for (size_t f = 0; status == CHURN_OK && f < p->feature_count; f++)
    features[f] = (churn_encoding_feature){&p->selection->features[f], f};
  churn_encoding_rows rows = {.frame = e->input->frame,
                              .labels = e->labels,
                              .weights = e->weights,
                              .repeated = e->input->rows->repeated,
                              .any_reference = true};
  if (status == CHURN_OK)
    status = churn_encoding_learn(p->plan, &rows, features, p->feature_count, p->project->pool_rows,
                                  e->run, e->model, error);
  if (status == CHURN_OK)
    status = churn_encoding_apply(e->model, p->plan, e->input->frame, e->labels, e->run, &e->matrix,
                                  error);
  if (status == CHURN_OK)
    status = churn_matrix_set_terms(&p->project->fit, e->input->rows, e->matrix, error);
  free(features);
  return status;
}

/* Leaves the columns for which keep is true; both arrays are [column_count]. */
static churn_status keep_columns(explaining *e, const bool *keep, char **reasons,
                                 churn_error *error)
{
  churn_matrix_keep(e->matrix, keep);
  return churn_encoding_drop(e->model, keep, reasons, error);
}

static churn_status drop_collinear(explaining *e, bool *keep, char **reasons, churn_error *error)
{
  churn_fit_settings settings = {0};
  const char **names = churn_array_new(e->model->column_count, sizeof *names);
  if (names == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < e->model->column_count; c++)
    names[c] = e->model->columns[c].name;
  churn_status status = churn_fit_rank(e->matrix, names, &settings, e->run, keep, NULL, error);
  if (status == CHURN_OK)
    status = keep_columns(e, keep, reasons, error);
  free(names);
  return status;
}

static churn_status choose_columns(explaining *e, churn_error *error)
{
  static char reason[] = "not in the set, or collinear";
  size_t columns = e->model->column_count;
  bool *keep = churn_array_new(columns, sizeof *keep);
  char **reasons = churn_array_new(columns, sizeof *reasons);
  churn_status status = keep == NULL || reasons == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t c = 0; status == CHURN_OK && c < columns; c++)
    reasons[c] = reason;
  if (status == CHURN_OK) {
    churn_set_columns(e->model, e->set, keep);
    status = keep_columns(e, keep, reasons, error);
  }
  if (status == CHURN_OK && e->model->column_count > 0)
    status = drop_collinear(e, keep, reasons, error);
  free(keep);
  free(reasons);
  return status;
}

static churn_status take_kinds(explaining *e, churn_error *error)
{
  const churn_model *model = e->model;
  churn_comparison *c = e->comparison;
  churn_status status =
      churn_text_set(&c->test_kind, model->test_kind == NULL ? "none" : model->test_kind, error);
  return status == CHURN_OK
             ? churn_text_set(&c->interval_kind,
                              model->interval_kind == NULL ? "none" : model->interval_kind, error)
             : status;
}

/* Where the likelihood has no maximum there is nothing to conclude. */
static churn_status fit(explaining *e, bool *fitted, churn_error *error)
{
  const churn_pipeline *p = e->input->pipeline;
  size_t columns = e->model->column_count, size = columns + 1;
  churn_fit_report report = {.stopped_by = CHURN_STOP_SEPARATION};
  e->result = (churn_fit_result){
      churn_array_new(size, sizeof(double)), churn_array_new(size * size, sizeof(double)),
      churn_array_new(columns, sizeof(double)), churn_array_new(columns, sizeof(double))};
  if (e->result.coefficients == NULL || e->result.covariance == NULL || e->result.means == NULL ||
      e->result.deviations == NULL)
    return churn_error_no_memory(error);
  churn_penalty_input input = {p->project, e->input->rows, p->data->customers.ids, e->matrix};
  churn_status status =
      columns == 0 ? CHURN_OK
                   : churn_penalty_fit(&input, e->run, &e->result, &report, e->model, error);
  *fitted = report.stopped_by != CHURN_STOP_SEPARATION;
  churn_explanation explanation = {&p->project->fit, e->input->rows, e->weights,
                                   e->matrix,        &e->result,     &report};
  if (status == CHURN_OK && *fitted)
    status = churn_explain(&explanation, e->run, e->model, error);
  return status;
}

/* Columns of one feature stand together in an encoding, but for a flag that serves several. */
static churn_status take_columns(explaining *e, uint32_t feature, bool fitted,
                                 churn_compared_feature *to, churn_error *error)
{
  churn_comparison *c = e->comparison;
  churn_status status = CHURN_OK;
  to->first_column = c->column_count;
  for (size_t i = 0; status == CHURN_OK && i < e->model->column_count; i++) {
    const churn_model_column *from = &e->model->columns[i];
    if (from->feature != feature)
      continue;
    churn_compared_column *column = &c->columns[c->column_count++];
    *column = fitted ? (churn_compared_column){NULL,
                                               from->estimate,
                                               from->lower,
                                               from->upper,
                                               from->odds_ratio,
                                               from->odds_lower,
                                               from->odds_upper}
                     : (churn_compared_column){NULL, NAN, NAN, NAN, NAN, NAN, NAN};
    status = churn_text_set(&column->name, from->name, error);
    to->column_count++;
  }
  return status;
}

static churn_status measure_drift(const explaining *e, uint32_t feature, double *drift,
                                  churn_error *error)
{
  const churn_snapshots *rows = e->input->rows;
  double *values = churn_array_new(2 * rows->count, sizeof *values);
  churn_sample before = {values, 0}, after = {values == NULL ? NULL : values + rows->count, 0};
  churn_day first = CHURN_DAY_LAST, last = CHURN_DAY_MISSING;
  if (values == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < rows->count; i++) {
    first = rows->rows[i].as_of < first ? rows->rows[i].as_of : first;
    last = rows->rows[i].as_of > last ? rows->rows[i].as_of : last;
  }
  for (size_t i = 0; first != last && i < rows->count; i++) {
    double value = churn_frame_get(e->input->frame, i, feature);
    if (rows->rows[i].as_of == first)
      values[before.count++] = value;
    if (rows->rows[i].as_of == last)
      values[rows->count + after.count++] = value;
  }
  churn_stability stability = {NAN, 0};
  churn_status status = churn_stability_index(
      &before, &after, e->model->features[feature].kind == CHURN_FEATURE_CATEGORY, &stability,
      error);
  *drift = stability.index;
  free(values);
  return status;
}

static churn_status describe_feature(explaining *e, uint32_t feature, bool fitted,
                                     churn_error *error)
{
  static const churn_model_test none = {0, NAN, NAN, NAN, NAN};
  churn_comparison *c = e->comparison;
  size_t rows = e->input->rows->count;
  churn_compared_feature *to = &c->best_features[c->best_feature_count++];
  to->name = c->features[feature];
  to->test = fitted ? e->model->features[feature].test : none;
  to->missing = (double)e->model->features[feature].missing_rows / (double)rows;
  churn_shuffle_input shuffle = {e->input->rows,
                                 e->input->frame,
                                 e->input->folds,
                                 e->logits,
                                 e->contributions + feature * rows,
                                 c->shuffles,
                                 c->seed,
                                 e->input->pipeline->project->fit.weighting !=
                                     CHURN_WEIGHTING_NONE};
  churn_status status = take_columns(e, feature, fitted, to, error);
  if (status == CHURN_OK)
    status = measure_drift(e, feature, &to->drift, error);
  return status == CHURN_OK ? churn_shuffle_drop(&shuffle, e->run, &to->drop, error) : status;
}

static churn_status fit_folds(explaining *e, bool *whole, churn_error *error)
{
  churn_out_of_fold_input input = *e->input;
  churn_set_outcome fits;
  uint32_t finished = 0;
  size_t rows = input.rows->count;
  e->logits = churn_array_new(rows, sizeof *e->logits);
  e->contributions = churn_array_new(input.pipeline->feature_count * rows, sizeof *e->logits);
  if (e->logits == NULL || e->contributions == NULL)
    return churn_error_no_memory(error);
  input.contributions = e->contributions;
  churn_status status =
      churn_out_of_fold(&input, "features", e->run, e->logits, &fits, &finished, error);
  *whole = finished == input.folds->count;
  return status;
}

static churn_status describe_features(explaining *e, bool fitted, churn_error *error)
{
  churn_comparison *c = e->comparison;
  c->best_features = churn_array_new(e->set->count, sizeof *c->best_features);
  c->columns = churn_array_new(e->model->column_count, sizeof *c->columns);
  churn_status status = c->best_features == NULL || c->columns == NULL
                            ? churn_error_no_memory(error)
                            : take_kinds(e, error);
  c->shuffles = churn_shuffle_times(c->rows);
  for (uint32_t f = 0; status == CHURN_OK && f < c->feature_count; f++)
    if (e->set->holds[f])
      status = describe_feature(e, f, fitted, error);
  return status;
}

churn_status churn_best_set_explain(const churn_out_of_fold_input *input, const churn_run *run,
                                    churn_comparison *comparison, churn_error *error)
{
  churn_run quiet = {.threads = run == NULL ? 0 : run->threads,
                     .progress = run == NULL ? NULL : run->progress,
                     .stop = run == NULL ? NULL : run->stop};
  explaining e = {
      .input = input, .set = input->sets->sets, .run = &quiet, .comparison = comparison};
  bool whole = false, fitted = false;
  churn_status status = fit_folds(&e, &whole, error);
  if (status == CHURN_OK && whole)
    status = encode(&e, error);
  if (status == CHURN_OK && whole)
    status = choose_columns(&e, error);
  if (status == CHURN_OK && whole)
    status = fit(&e, &fitted, error);
  if (status == CHURN_OK && whole)
    status = describe_features(&e, fitted, error);
  clear(&e);
  return status;
}
