/* What each feature of the best set does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/best_set.h"

#include "base/error.h"
#include "base/memory.h"
#include "design/encoding.h"
#include "design/split.h"
#include "jobs/collinear.h"
#include "jobs/explain.h"
#include "jobs/matrix_terms.h"
#include "jobs/penalty.h"
#include "jobs/shuffle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct explaining {
  const churn_best_set *best;
  const churn_out_of_fold_input *input;
  const churn_feature_set *set;
  const churn_run *run;
  churn_comparison *comparison;
  int8_t *labels;
  double *weights;    /* of the population; NULL where every row stands for itself */
  churn_model *model; /* of all rows */
  churn_matrix *matrix;
  churn_fit_result result;
  double *logits;        /* [rows] out of fold */
  double *contributions; /* [features][rows] to them; NULL where the tiles tell */
  double *part;          /* [rows] of the feature at hand */
  churn_shuffle *shuffle;
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
  free(e->part);
  churn_shuffle_free(e->shuffle);
}

static churn_status take_tiles(explaining *e, churn_error *error)
{
  churn_shared_tiles *tiles = e->best->tiles;
  churn_status status = tiles->usable ? churn_shared_tiles_restore(tiles, e->run, error) : CHURN_OK;
  e->model = tiles->encoding;
  e->matrix = tiles->matrix;
  tiles->encoding = NULL;
  tiles->matrix = NULL;
  return status == CHURN_OK ? churn_population_weights(&e->input->pipeline->project->fit,
                                                       e->input->rows, &e->weights, error)
                            : status;
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

/* Before the tiles serve another fit: what the feature's columns add to the logits. */
static churn_status find_part(explaining *e, uint32_t feature, const double **part,
                              churn_error *error)
{
  size_t rows = e->input->rows->count;
  if (e->contributions != NULL) {
    *part = e->contributions + feature * rows;
    return CHURN_OK;
  }
  const churn_model *encoding = e->best->tiles->encoding;
  bool *wanted = churn_array_new(encoding->column_count, sizeof *wanted);
  if (wanted == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < encoding->column_count; c++)
    wanted[c] = encoding->columns[c].feature == feature;
  churn_status status = churn_predictions_part(e->best->predictions, e->comparison->best, wanted,
                                               e->run, e->part, error);
  *part = e->part;
  free(wanted);
  return status;
}

static churn_status shuffle_features(explaining *e, churn_error *error)
{
  churn_comparison *c = e->comparison;
  churn_shuffle_input input = {e->input->rows,
                               e->best->values,
                               e->input->folds,
                               e->logits,
                               c->shuffles = churn_shuffle_times(c->rows),
                               c->seed,
                               e->input->pipeline->project->fit.weighting != CHURN_WEIGHTING_NONE};
  c->best_features = churn_array_new(e->set->count, sizeof *c->best_features);
  churn_status status = c->best_features == NULL
                            ? churn_error_no_memory(error)
                            : churn_shuffle_new(&input, e->run, &e->shuffle, error);
  for (uint32_t f = 0, at = 0; status == CHURN_OK && f < c->feature_count; f++) {
    const double *part = NULL;
    if (!e->set->holds[f])
      continue;
    status = find_part(e, f, &part, error);
    if (status == CHURN_OK)
      status = churn_shuffle_drop(e->shuffle, part, e->run, &c->best_features[at++].drop, error);
  }
  churn_shuffle_free(e->shuffle);
  e->shuffle = NULL;
  return status;
}

static churn_status describe_feature(explaining *e, uint32_t feature, bool fitted,
                                     churn_error *error)
{
  static const churn_model_test none = {0, NAN, NAN, NAN, NAN};
  churn_comparison *c = e->comparison;
  churn_compared_feature *to = &c->best_features[c->best_feature_count++];
  to->name = c->features[feature];
  to->test = fitted ? e->model->features[feature].test : none;
  to->missing = (double)e->model->features[feature].missing_rows / (double)e->input->rows->count;
  to->drift = e->best->drifts[feature];
  return take_columns(e, feature, fitted, to, error);
}

static churn_status take_logits(explaining *e, bool *whole, churn_error *error)
{
  *whole = true;
  e->part = churn_array_new(e->input->rows->count, sizeof *e->part);
  return e->part == NULL ? churn_error_no_memory(error)
                         : churn_predictions_make(e->best->predictions, e->comparison->best, 1,
                                                  e->run, e->logits, error);
}

/* Anew, for what each feature adds. */
static churn_status fit_folds(explaining *e, bool *whole, churn_error *error)
{
  churn_out_of_fold_input input = *e->input;
  churn_predictions predictions = {0};
  churn_set_outcome fits;
  uint32_t finished = 0;
  size_t rows = input.rows->count;
  e->contributions = churn_array_new(input.pipeline->feature_count * rows, sizeof *e->logits);
  if (e->contributions == NULL)
    return churn_error_no_memory(error);
  input.contributions = e->contributions;
  churn_status status = churn_predictions_open(input.rows, input.folds, 1, &predictions, error);
  if (status == CHURN_OK)
    status = churn_out_of_fold(&input, "features", e->run, &predictions, &fits, &finished, error);
  *whole = finished == input.folds->count;
  if (status == CHURN_OK && *whole)
    status = churn_predictions_make(&predictions, 0, 1, e->run, e->logits, error);
  churn_predictions_clear(&predictions);
  return status;
}

static churn_status predict(explaining *e, bool *whole, churn_error *error)
{
  e->logits = churn_array_new(e->input->rows->count, sizeof *e->logits);
  if (e->logits == NULL)
    return churn_error_no_memory(error);
  return churn_predictions_shared(e->best->predictions, e->comparison->best)
             ? take_logits(e, whole, error)
             : fit_folds(e, whole, error);
}

/* Numbers by feature of the pipeline. */
static churn_status find_groups(const explaining *e, uint32_t *groups, churn_error *error)
{
  uint32_t *feature_of = churn_array_new(e->model->column_count, sizeof *feature_of);
  if (feature_of == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < e->model->column_count; i++)
    feature_of[i] = e->model->columns[i].feature;
  churn_status status = churn_collinear_groups(e->matrix, feature_of, e->comparison->feature_count,
                                               e->run, groups, error);
  free(feature_of);
  return status;
}

static churn_status describe_features(explaining *e, bool fitted, churn_error *error)
{
  churn_comparison *c = e->comparison;
  c->columns = churn_array_new(e->model->column_count, sizeof *c->columns);
  uint32_t *groups = churn_array_new(c->feature_count, sizeof *groups);
  churn_status status =
      c->columns == NULL || groups == NULL ? churn_error_no_memory(error) : take_kinds(e, error);
  if (status == CHURN_OK)
    status = find_groups(e, groups, error);
  for (uint32_t f = 0; status == CHURN_OK && f < c->feature_count; f++)
    if (e->set->holds[f]) {
      status = describe_feature(e, f, fitted, error);
      c->best_features[c->best_feature_count - 1].group = groups[f];
    }
  free(groups);
  return status;
}

churn_status churn_best_set_explain(const churn_best_set *best, const churn_run *run,
                                    churn_comparison *comparison, churn_error *error)
{
  churn_run quiet = {.threads = run == NULL ? 0 : run->threads,
                     .progress = run == NULL ? NULL : run->progress,
                     .stop = run == NULL ? NULL : run->stop};
  explaining e = {.best = best,
                  .input = &best->input,
                  .set = best->input.sets->sets,
                  .run = &quiet,
                  .comparison = comparison};
  bool whole = false, fitted = false;
  churn_status status = predict(&e, &whole, error);
  if (status == CHURN_OK && whole)
    status = shuffle_features(&e, error);
  if (status == CHURN_OK && whole)
    status = best->tiles != NULL ? take_tiles(&e, error) : encode(&e, error);
  if (status == CHURN_OK && whole)
    status = choose_columns(&e, error);
  if (status == CHURN_OK && whole)
    status = fit(&e, &fitted, error);
  if (status == CHURN_OK && whole)
    status = describe_features(&e, fitted, error);
  clear(&e);
  return status;
}
