/* Predictions by fits on tiles of the fold's own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/own_folds.h"

#include "base/clock.h"
#include "base/memory.h"
#include "design/encoding.h"
#include "fit/moments.h"
#include "jobs/matrix_terms.h"
#include "jobs/penalty.h"

#include <stdlib.h>
#include <string.h>

/* Some of the rows, with what belongs to them. */
typedef struct part {
  uint32_t *rows; /* [count] */
  size_t count;
  churn_snapshots snapshots;
  int8_t *labels;
  double *weights; /* of the population; NULL = 1 each */
  churn_frame *frame;
  churn_matrix *matrix; /* of all sets' columns */
} part;

typedef struct fold_work {
  const churn_out_of_fold_input *input;
  const churn_run *run; /* without notes: each fold would say again what training says */
  uint32_t fold;
  part training, judged;
  churn_model *learnt; /* NULL where the frame is gone */
  const churn_model *encoding;
} fold_work;

/* One set in one fold. */
typedef struct set_work {
  size_t *chosen; /* [count] columns of the encoding */
  size_t count;
  churn_matrix *matrix;
  churn_model model; /* features borrowed from the encoding, columns' names too */
  churn_fit_result result;
} set_work;

static void clear_part(part *p)
{
  free(p->rows);
  free(p->snapshots.rows);
  free(p->labels);
  free(p->weights);
  churn_frame_free(p->frame);
  churn_matrix_free(p->matrix);
  *p = (part){0};
}

static churn_status take_part(const fold_work *w, bool training, part *p, churn_error *error)
{
  const churn_out_of_fold_input *in = w->input;
  size_t rows = in->rows->count;
  p->rows = churn_array_new(rows, sizeof *p->rows);
  if (p->rows == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < rows; i++)
    if (training ? churn_judging_trains(in->folds, w->fold, i) : in->folds->fold[i] == w->fold)
      p->rows[p->count++] = (uint32_t)i;
  p->snapshots.count = p->count;
  p->snapshots.rows = churn_array_new(p->count, sizeof *p->snapshots.rows);
  p->labels = churn_array_new(p->count, sizeof *p->labels);
  if (p->snapshots.rows == NULL || p->labels == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < p->count; i++) {
    p->snapshots.rows[i] = in->rows->rows[p->rows[i]];
    p->labels[i] = p->snapshots.rows[i].label;
  }
  p->snapshots.repeated = in->rows->repeated;
  churn_status status =
      churn_population_weights(&in->pipeline->project->fit, &p->snapshots, &p->weights, error);
  return status == CHURN_OK && in->frame != NULL
             ? churn_frame_take(in->frame, p->rows, p->count, &p->frame, error)
             : status;
}

static churn_status learn(fold_work *w, churn_error *error)
{
  const churn_pipeline *p = w->input->pipeline;
  churn_encoding_feature *features = churn_array_new(p->feature_count, sizeof *features);
  w->encoding = w->learnt = churn_model_new();
  churn_status status =
      features == NULL || w->learnt == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t f = 0; status == CHURN_OK && f < p->feature_count; f++)
    features[f] = (churn_encoding_feature){&p->selection->features[f], f};
  churn_encoding_rows rows = {.frame = w->training.frame,
                              .labels = w->training.labels,
                              .weights = w->training.weights,
                              .repeated = w->training.snapshots.repeated,
                              .any_reference = true};
  if (status == CHURN_OK)
    status = churn_encoding_learn(p->plan, &rows, features, p->feature_count, p->project->pool_rows,
                                  w->run, w->learnt, error);
  free(features);
  return status;
}

static churn_status encode(const fold_work *w, part *p, churn_error *error)
{
  churn_status status = churn_encoding_move(w->encoding, w->input->pipeline->plan, &p->frame,
                                            p->labels, w->run, &p->matrix, error);
  return status == CHURN_OK ? churn_matrix_set_terms(&w->input->pipeline->project->fit,
                                                     &p->snapshots, p->matrix, error)
                            : status;
}

/* The part's rows of the shared tiles, whose columns are as good as any encoding's of the fold. */
static churn_status copy_rows(const churn_matrix *from, part *p, churn_error *error)
{
  size_t k = from->columns, tile = SIZE_MAX;
  const double *dense = NULL;
  churn_status status = churn_matrix_new(p->count, k, &p->matrix, error);
  double *scratch = churn_array_new_aligned(k * CHURN_TILE_ROWS, sizeof *scratch);
  if (status == CHURN_OK && scratch == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < p->count; i++) {
    if (p->rows[i] / CHURN_TILE_ROWS != tile) {
      tile = p->rows[i] / CHURN_TILE_ROWS;
      dense = churn_matrix_dense(from, tile, scratch);
    }
    double *to = churn_matrix_tile(p->matrix, i / CHURN_TILE_ROWS, 0) + i % CHURN_TILE_ROWS;
    for (size_t c = 0; c < k; c++)
      to[c * CHURN_TILE_ROWS] = dense[c * CHURN_TILE_ROWS + p->rows[i] % CHURN_TILE_ROWS];
    p->matrix->y[i] = p->labels[i];
  }
  free(scratch);
  return status;
}

static churn_status take_rows(const fold_work *w, part *p, churn_error *error)
{
  churn_status status = copy_rows(w->input->tiles->matrix, p, error);
  return status == CHURN_OK ? churn_matrix_set_terms(&w->input->pipeline->project->fit,
                                                     &p->snapshots, p->matrix, error)
                            : status;
}

/* From the frame, as training would. */
static churn_status encode_fold(fold_work *w, churn_error *error)
{
  churn_status status = learn(w, error);
  if (status == CHURN_OK)
    status = encode(w, &w->training, error);
  return status == CHURN_OK ? encode(w, &w->judged, error) : status;
}

static churn_status copy_fold(fold_work *w, churn_error *error)
{
  w->encoding = w->input->tiles->encoding;
  churn_status status = take_rows(w, &w->training, error);
  return status == CHURN_OK ? take_rows(w, &w->judged, error) : status;
}

static churn_status open_fold(fold_work *w, churn_error *error)
{
  churn_status status = take_part(w, true, &w->training, error);
  if (status == CHURN_OK)
    status = take_part(w, false, &w->judged, error);
  if (status != CHURN_OK)
    return status;
  return w->input->frame == NULL ? copy_fold(w, error) : encode_fold(w, error);
}

static void close_fold(fold_work *w)
{
  clear_part(&w->training);
  clear_part(&w->judged);
  churn_model_free(w->learnt);
}

static churn_status choose_columns(const fold_work *w, const churn_feature_set *set, set_work *s,
                                   churn_error *error)
{
  size_t columns = w->encoding->column_count;
  bool *wanted = churn_array_new(columns, sizeof *wanted);
  s->chosen = churn_array_new(columns, sizeof *s->chosen);
  if (wanted == NULL || s->chosen == NULL) {
    free(wanted);
    return churn_error_no_memory(error);
  }
  churn_set_columns(w->encoding, set, wanted);
  for (size_t c = 0; c < columns; c++)
    if (wanted[c])
      s->chosen[s->count++] = c;
  free(wanted);
  return CHURN_OK;
}

static void copy_terms(const churn_matrix *from, churn_matrix *to)
{
  size_t size = churn_tile_count(from->rows) * CHURN_TILE_ROWS * sizeof(double);
  memcpy(to->y, from->y, size);
  memcpy(to->weight, from->weight, size);
  if (from->offset != NULL)
    memcpy(to->offset, from->offset, size);
  to->repeated = from->repeated;
}

static churn_status copy_columns(const churn_matrix *from, set_work *s, churn_error *error)
{
  size_t tiles = churn_tile_count(from->rows);
  churn_status status = churn_matrix_new(from->rows, s->count, &s->matrix, error);
  double *scratch = churn_array_new_aligned(from->columns * CHURN_TILE_ROWS, sizeof *scratch);
  if (status == CHURN_OK && scratch == NULL)
    status = churn_error_no_memory(error);
  for (size_t t = 0; status == CHURN_OK && t < tiles; t++) {
    const double *dense = churn_matrix_dense(from, t, scratch);
    for (size_t c = 0; c < s->count; c++)
      memcpy(churn_matrix_tile(s->matrix, t, c), dense + s->chosen[c] * CHURN_TILE_ROWS,
             CHURN_TILE_ROWS * sizeof *dense);
  }
  if (status == CHURN_OK && from->offset != NULL)
    status = churn_matrix_add_offset(s->matrix, error);
  if (status == CHURN_OK)
    copy_terms(from, s->matrix);
  free(scratch);
  return status;
}

static churn_status drop_collinear(const fold_work *w, set_work *s, churn_error *error)
{
  churn_fit_settings settings = {0};
  bool *keep = churn_array_new(s->count, sizeof *keep);
  const char **names = churn_array_new(s->count, sizeof *names);
  size_t kept = 0;
  churn_status status = keep == NULL || names == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t c = 0; status == CHURN_OK && c < s->count; c++)
    names[c] = w->encoding->columns[s->chosen[c]].name;
  if (status == CHURN_OK)
    status = churn_fit_rank(s->matrix, names, &settings, w->run, keep, NULL, error);
  if (status == CHURN_OK) {
    churn_matrix_keep(s->matrix, keep);
    for (size_t c = 0; c < s->count; c++)
      if (keep[c])
        s->chosen[kept++] = s->chosen[c];
    s->count = kept;
  }
  free(keep);
  free(names);
  return status;
}

/* A model with the set's columns only, for the fit to look names and features up in. */
static churn_status make_model(const fold_work *w, set_work *s, churn_error *error)
{
  size_t size = s->count + 1;
  s->model.features = w->encoding->features;
  s->model.feature_count = w->encoding->feature_count;
  s->model.column_count = s->count;
  s->model.columns = churn_array_new(s->count, sizeof *s->model.columns);
  s->result = (churn_fit_result){
      churn_array_new(size, sizeof(double)), churn_array_new(size * size, sizeof(double)),
      churn_array_new(s->count, sizeof(double)), churn_array_new(s->count, sizeof(double))};
  if (s->model.columns == NULL || s->result.coefficients == NULL || s->result.covariance == NULL ||
      s->result.means == NULL || s->result.deviations == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < s->count; c++)
    s->model.columns[c] = w->encoding->columns[s->chosen[c]];
  return CHURN_OK;
}

static void clear_set(set_work *s)
{
  free(s->chosen);
  churn_matrix_free(s->matrix);
  free(s->model.columns);
  free(s->model.penalty);
  free(s->model.lambda_rule);
  free(s->result.coefficients);
  free(s->result.covariance);
  free(s->result.means);
  free(s->result.deviations);
}

static churn_status fit_intercept(const fold_work *w, set_work *s, churn_error *error)
{
  churn_totals totals;
  churn_status status = churn_totals_read(w->training.matrix, w->run, &totals, error);
  if (status == CHURN_OK)
    s->result.coefficients[0] = totals.null_intercept;
  return status;
}

static churn_status fit(const fold_work *w, set_work *s, churn_set_outcome *outcome,
                        churn_error *error)
{
  const churn_pipeline *p = w->input->pipeline;
  churn_fit_report report;
  if (s->count == 0)
    return fit_intercept(w, s, error);
  churn_penalty_input input = {p->project, &w->training.snapshots, p->data->customers.ids,
                               s->matrix};
  churn_status status = churn_penalty_fit(&input, w->run, &s->result, &report, &s->model, error);
  if (status != CHURN_OK)
    return status;
  outcome->separated += report.stopped_by == CHURN_STOP_SEPARATION;
  outcome->not_converged += report.stopped_by != CHURN_STOP_SEPARATION && !report.converged;
  return CHURN_OK;
}

static churn_status predict(const fold_work *w, const set_work *s, double *logits,
                            churn_error *error)
{
  const churn_matrix *m = w->judged.matrix;
  const double *b = s->result.coefficients;
  double *scratch = churn_array_new_aligned(m->columns * CHURN_TILE_ROWS, sizeof *scratch);
  if (scratch == NULL)
    return churn_error_no_memory(error);
  for (size_t t = 0; t < churn_tile_count(m->rows); t++) {
    const double *dense = churn_matrix_dense(m, t, scratch);
    for (size_t r = 0; r < churn_tile_rows(m->rows, t); r++) {
      size_t row = w->judged.rows[t * CHURN_TILE_ROWS + r];
      double logit = b[0] + w->input->rows->rows[row].offset;
      for (size_t c = 0; c < s->count; c++)
        logit += b[c + 1] * dense[s->chosen[c] * CHURN_TILE_ROWS + r];
      logits[row] = logit;
    }
  }
  free(scratch);
  return CHURN_OK;
}

/* By the feature that a column belongs to. */
static churn_status contribute(const fold_work *w, const set_work *s, churn_error *error)
{
  const churn_matrix *m = w->judged.matrix;
  size_t all = w->input->rows->count;
  double *scratch = churn_array_new_aligned(m->columns * CHURN_TILE_ROWS, sizeof *scratch);
  if (scratch == NULL)
    return churn_error_no_memory(error);
  for (size_t t = 0; t < churn_tile_count(m->rows); t++) {
    const double *dense = churn_matrix_dense(m, t, scratch);
    for (size_t c = 0; c < s->count; c++)
      for (size_t r = 0; r < churn_tile_rows(m->rows, t); r++)
        w->input->contributions[s->model.columns[c].feature * all +
                                w->judged.rows[t * CHURN_TILE_ROWS + r]] +=
            s->result.coefficients[c + 1] * dense[s->chosen[c] * CHURN_TILE_ROWS + r];
  }
  free(scratch);
  return CHURN_OK;
}

static churn_status run_set(const fold_work *w, size_t set, double *logits,
                            churn_set_outcome *outcome, churn_error *error)
{
  set_work s = {0};
  double begun = churn_clock_milliseconds();
  churn_status status = choose_columns(w, &w->input->sets->sets[set], &s, error);
  if (status == CHURN_OK)
    status = copy_columns(w->training.matrix, &s, error);
  if (status == CHURN_OK && s.count > 0)
    status = drop_collinear(w, &s, error);
  if (status == CHURN_OK)
    status = make_model(w, &s, error);
  if (status == CHURN_OK)
    status = fit(w, &s, outcome, error);
  outcome->milliseconds += churn_clock_milliseconds() - begun;
  outcome->columns = s.count > outcome->columns ? s.count : outcome->columns;
  if (status == CHURN_OK)
    status = predict(w, &s, logits, error);
  if (status == CHURN_OK && set == 0 && w->input->contributions != NULL)
    status = contribute(w, &s, error);
  clear_set(&s);
  return status;
}

static bool any(const bool *wanted, size_t count)
{
  bool found = false;
  for (size_t i = 0; i < count; i++)
    found = found || wanted[i];
  return found;
}

static bool is_asked(const churn_run *run)
{
  return run != NULL && run->stop != NULL && run->stop->asked;
}

/* Folds finished so far, and whether that is something to keep. */
static void finish(const churn_run *run, uint32_t count, uint32_t *finished)
{
  *finished = count;
  if (count > 0 && run != NULL && run->stop != NULL)
    run->stop->worth = 1;
}

churn_status churn_own_folds(const churn_out_of_fold_input *input, const bool *wanted,
                             const char *stage, const churn_run *run, double *const *own,
                             churn_set_outcome *outcomes, uint32_t *finished, churn_error *error)
{
  churn_run quiet = {.threads = run == NULL ? 0 : run->threads};
  const churn_progress *progress = run == NULL ? NULL : run->progress;
  size_t sets = input->sets->count;
  churn_status status = CHURN_OK;
  *finished = 0;
  for (uint32_t f = 0; status == CHURN_OK && f < input->folds->count; f++) {
    fold_work w = {.input = input, .run = &quiet, .fold = f};
    const bool *of_fold = wanted + f * sets;
    if (!any(of_fold, sets)) {
      finish(run, f + 1, finished);
      continue;
    }
    if (is_asked(run))
      break;
    status = open_fold(&w, error);
    size_t s = 0;
    for (; status == CHURN_OK && s < sets && !is_asked(run); s++) {
      if (!of_fold[s])
        continue;
      status = run_set(&w, s, own[s], &outcomes[s], error);
      if (progress != NULL)
        progress->report(progress->context, stage, f * sets + s + 1, input->folds->count * sets);
    }
    close_fold(&w);
    if (s < sets)
      break;
    finish(run, f + 1, finished);
  }
  return status;
}
