/* Predictions of the fits that can share one set of tiles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/shared_folds.h"

#include "base/lanes.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "design/encoding.h"
#include "design/split.h"
#include "fit/set_fits.h"
#include "jobs/matrix_terms.h"

#include <stdlib.h>

typedef struct shared_work {
  const churn_out_of_fold_input *input;
  const churn_run *run; /* without notes, which training would say */
  bool *wanted;         /* [folds][sets] */
  bool *shared;         /* [folds][sets]: of the wanted, those to be made here */
  churn_encoding_feature *features;
  int8_t *labels;
  double *weights; /* of the population; NULL = 1 each */
  churn_model *encoding;
  churn_matrix *matrix;
  churn_scaled scaled;
  uint32_t *columns; /* [sets][columns] */
  churn_fitted_set *sets;
  churn_set_fits_result result;
} shared_work;

static void clear(shared_work *w)
{
  free(w->shared);
  free(w->features);
  free(w->labels);
  free(w->weights);
  churn_model_free(w->encoding);
  churn_scaled_clear(&w->scaled);
  churn_matrix_free(w->matrix);
  free(w->columns);
  free(w->sets);
  free(w->result.coefficients);
  free(w->result.columns);
  free(w->result.milliseconds);
}

static churn_status prepare(shared_work *w, churn_error *error)
{
  const churn_out_of_fold_input *in = w->input;
  size_t features = in->pipeline->feature_count;
  w->shared = churn_array_new(in->sets->count * in->folds->count, sizeof *w->shared);
  w->features = churn_array_new(features, sizeof *w->features);
  w->labels = churn_snapshots_labels(in->rows);
  if (w->shared == NULL || w->features == NULL || w->labels == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < features; f++)
    w->features[f] = (churn_encoding_feature){&in->pipeline->selection->features[f], f};
  return churn_population_weights(&in->pipeline->project->fit, in->rows, &w->weights, error);
}

static churn_status learn(const shared_work *w, const churn_encoding_rows *rows,
                          churn_model **encoding, churn_error *error)
{
  const churn_pipeline *p = w->input->pipeline;
  churn_model *made = churn_model_new();
  churn_status status = made == NULL
                            ? churn_error_no_memory(error)
                            : churn_encoding_learn(p->plan, rows, w->features, p->feature_count,
                                                   p->project->pool_rows, w->run, made, error);
  if (status == CHURN_OK)
    *encoding = made;
  else
    churn_model_free(made);
  return status;
}

/* Which sets' fits the fold can share. */
static churn_status mark_agreeing(const shared_work *w, const churn_model *of_fold, uint32_t fold,
                                  churn_error *error)
{
  const churn_feature_sets *sets = w->input->sets;
  for (size_t s = 0; s < sets->count; s++)
    w->shared[fold * sets->count + s] = w->wanted[fold * sets->count + s];
  for (size_t f = 0; f < w->input->pipeline->feature_count; f++) {
    bool agree;
    churn_status status = churn_encoding_agrees(w->encoding, of_fold, f, &agree, error);
    if (status != CHURN_OK)
      return status;
    for (size_t s = 0; !agree && s < sets->count; s++)
      if (sets->sets[s].holds[f])
        w->shared[fold * sets->count + s] = false;
  }
  return CHURN_OK;
}

static churn_status compare_encodings(shared_work *w, churn_error *error)
{
  const churn_out_of_fold_input *in = w->input;
  const churn_judging_folds *folds = in->folds;
  churn_encoding_counts counts = {0};
  churn_encoding_rows rows = {.frame = in->frame,
                              .labels = w->labels,
                              .weights = w->weights,
                              .repeated = in->rows->repeated,
                              .counts = &counts,
                              .structure_only = true,
                              .any_reference = true};
  churn_status status =
      churn_encoding_count(in->frame, w->labels, in->rows->repeated ? w->weights : NULL,
                           folds->group, folds->groups, w->run, &counts, error);
  for (uint32_t f = 0; status == CHURN_OK && f < folds->count; f++) {
    churn_model *of_fold = NULL;
    rows.picked = folds->trains + (size_t)f * folds->groups;
    status = learn(w, &rows, &of_fold, error);
    if (status == CHURN_OK)
      status = mark_agreeing(w, of_fold, f, error);
    churn_model_free(of_fold);
  }
  churn_encoding_counts_clear(&counts);
  return status;
}

static churn_status encode(shared_work *w, churn_error *error)
{
  const churn_out_of_fold_input *in = w->input;
  churn_encoding_rows rows = {.frame = in->frame,
                              .labels = w->labels,
                              .weights = w->weights,
                              .repeated = in->rows->repeated,
                              .structure_only = true};
  churn_status status = learn(w, &rows, &w->encoding, error);
  if (status == CHURN_OK)
    status = compare_encodings(w, error);
  if (status == CHURN_OK)
    status = churn_encoding_apply(w->encoding, in->pipeline->plan, in->frame, w->labels, w->run,
                                  &w->matrix, error);
  return status == CHURN_OK
             ? churn_matrix_set_terms(&in->pipeline->project->fit, in->rows, w->matrix, error)
             : status;
}

/* Where all rows together cannot be standardised, nothing is shared. */
static churn_status standardise(shared_work *w, bool *can_share, churn_error *error)
{
  churn_status status = CHURN_OK;
  if (w->matrix->columns > 0)
    status = churn_scaled_take(w->matrix, w->run, &w->scaled, error);
  *can_share = w->matrix->columns > 0 && status == CHURN_OK;
  return status == CHURN_DEGENERATE ? CHURN_OK : status;
}

static churn_status list_sets(shared_work *w, churn_error *error)
{
  const churn_feature_sets *sets = w->input->sets;
  size_t columns = w->matrix->columns, fits = sets->count * w->input->folds->count;
  bool *marked = churn_array_new(columns, sizeof *marked);
  w->columns = churn_array_new(sets->count * columns, sizeof *w->columns);
  w->sets = churn_array_new(sets->count, sizeof *w->sets);
  w->result = (churn_set_fits_result){churn_array_new(fits * (columns + 1), sizeof(double)),
                                      w->shared, churn_array_new(sets->count, sizeof(size_t)),
                                      churn_array_new(sets->count, sizeof(double))};
  bool good = marked != NULL && w->columns != NULL && w->sets != NULL &&
              w->result.coefficients != NULL && w->result.columns != NULL &&
              w->result.milliseconds != NULL;
  for (size_t s = 0; good && s < sets->count; s++) {
    uint32_t *to = w->columns + s * columns;
    for (size_t c = 0; c < columns; c++)
      marked[c] = false;
    churn_set_columns(w->encoding, &sets->sets[s], marked);
    w->sets[s].columns = to;
    for (size_t c = 0; c < columns; c++)
      if (marked[c])
        to[w->sets[s].count++] = (uint32_t)c;
  }
  free(marked);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

typedef struct prediction {
  const shared_work *work;
  double *scratch; /* [threads][columns * 256] */
  double *logits;
} prediction;

/* The rows of one tile that the fold judges, by its fit of a set. */
static void predict_rows(const prediction *p, size_t tile, uint32_t fold, size_t set,
                         const double *x)
{
  const shared_work *w = p->work;
  const churn_out_of_fold_input *in = w->input;
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(w->matrix->rows, tile), count = 0;
  size_t judged[CHURN_TILE_ROWS], k = w->matrix->columns;
  double eta[CHURN_TILE_ROWS];
  const double *b = w->result.coefficients + (fold * in->sets->count + set) * (k + 1);
  for (size_t r = 0; r < rows; r++)
    if (in->folds->fold[first + r] == fold)
      judged[count++] = r;
  for (size_t i = 0; i < count; i++)
    eta[i] = b[0] + in->rows->rows[first + judged[i]].offset;
  for (size_t j = 0; count > 0 && j < w->sets[set].count; j++) {
    size_t c = w->sets[set].columns[j];
    for (size_t i = 0; i < count; i++)
      eta[i] += b[c + 1] * x[c * CHURN_TILE_ROWS + judged[i]];
  }
  for (size_t i = 0; i < count; i++)
    p->logits[set * in->rows->count + first + judged[i]] = eta[i];
}

static churn_status predict_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)error;
  const prediction *p = context;
  const shared_work *w = p->work;
  size_t sets = w->input->sets->count;
  const double *x = churn_matrix_dense(
      w->matrix, tile, p->scratch + (size_t)thread * w->matrix->columns * CHURN_TILE_ROWS);
  for (uint32_t f = 0; f < w->input->folds->count; f++)
    for (size_t s = 0; s < sets; s++)
      if (w->shared[f * sets + s])
        predict_rows(p, tile, f, s, x);
  return CHURN_OK;
}

static churn_status predict(const shared_work *w, double *logits, churn_error *error)
{
  size_t threads = (size_t)churn_parallel_threads(w->run);
  prediction p = {w, NULL, logits};
  p.scratch =
      churn_array_new_aligned(threads * w->matrix->columns, CHURN_TILE_ROWS * sizeof(double));
  churn_status status = p.scratch == NULL
                            ? churn_error_no_memory(error)
                            : churn_parallel_run(churn_tile_count(w->matrix->rows), predict_tile,
                                                 &p, NULL, w->run, error);
  free(p.scratch);
  return status;
}

static void report(const shared_work *w, churn_set_outcome *outcomes)
{
  size_t sets = w->input->sets->count;
  for (size_t s = 0; s < sets; s++) {
    outcomes[s].milliseconds += w->result.milliseconds[s];
    for (uint32_t f = 0; f < w->input->folds->count; f++) {
      if (!w->shared[f * sets + s])
        continue;
      w->wanted[f * sets + s] = false;
      if (outcomes[s].columns < w->result.columns[s])
        outcomes[s].columns = w->result.columns[s];
    }
  }
}

static churn_status fit(shared_work *w, const char *stage, double *logits,
                        churn_set_outcome *outcomes, churn_error *error)
{
  const churn_judging_folds *folds = w->input->folds;
  churn_status status = list_sets(w, error);
  churn_set_fits_input input = {.data = &w->scaled,
                                .groups = {folds->group, folds->groups},
                                .trains = folds->trains,
                                .folds = folds->count,
                                .sets = w->sets,
                                .set_count = w->input->sets->count};
  if (status == CHURN_OK)
    status = churn_set_fits(&input, stage, w->run, &w->result, error);
  if (status == CHURN_OK)
    status = predict(w, logits, error);
  if (status == CHURN_OK)
    report(w, outcomes);
  return status;
}

churn_status churn_shared_folds(const churn_out_of_fold_input *input, bool *wanted,
                                const char *stage, const churn_run *run, double *logits,
                                churn_set_outcome *outcomes, churn_error *error)
{
  churn_run quiet = {.threads = run == NULL ? 0 : run->threads,
                     .progress = run == NULL ? NULL : run->progress};
  shared_work w = {.input = input, .run = &quiet, .wanted = wanted};
  bool can_share = false;
  churn_status status = prepare(&w, error);
  if (status == CHURN_OK)
    status = encode(&w, error);
  if (status == CHURN_OK)
    status = standardise(&w, &can_share, error);
  if (status == CHURN_OK && can_share)
    status = fit(&w, stage, logits, outcomes, error);
  clear(&w);
  return status;
}
