/* One encoding of all rows, and the tiles it makes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/shared_tiles.h"

#include "base/error.h"
#include "base/memory.h"
#include "design/split.h"
#include "jobs/matrix_terms.h"

#include <stdlib.h>

void churn_shared_tiles_clear(churn_shared_tiles *tiles)
{
  free(tiles->features);
  free(tiles->labels);
  free(tiles->weights);
  churn_model_free(tiles->encoding);
  churn_scaled_clear(&tiles->scaled);
  churn_matrix_free(tiles->matrix);
  *tiles = (churn_shared_tiles){0};
}

static churn_status learn(const churn_shared_tiles *t, const churn_encoding_rows *rows,
                          const churn_run *run, churn_model **encoding, churn_error *error)
{
  const churn_pipeline *p = t->pipeline;
  churn_model *made = churn_model_new();
  churn_status status = made == NULL
                            ? churn_error_no_memory(error)
                            : churn_encoding_learn(p->plan, rows, t->features, p->feature_count,
                                                   p->project->pool_rows, run, made, error);
  if (status == CHURN_OK)
    *encoding = made;
  else
    churn_model_free(made);
  return status;
}

static churn_encoding_rows rows_of(const churn_shared_tiles *t, const churn_frame *frame)
{
  return (churn_encoding_rows){.frame = frame,
                               .labels = t->labels,
                               .weights = t->weights,
                               .repeated = t->rows->repeated,
                               .structure_only = true};
}

churn_status churn_shared_tiles_open(const churn_pipeline *pipeline, const churn_snapshots *rows,
                                     const churn_frame *frame, const churn_run *run,
                                     churn_shared_tiles *tiles, churn_error *error)
{
  size_t features = pipeline->feature_count;
  churn_shared_tiles *t = tiles;
  *t = (churn_shared_tiles){.pipeline = pipeline, .rows = rows};
  t->features = churn_array_new(features, sizeof *t->features);
  t->labels = churn_snapshots_labels(rows);
  if (t->features == NULL || t->labels == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < features; f++)
    t->features[f] = (churn_encoding_feature){&pipeline->selection->features[f], f};
  churn_status status = churn_population_weights(&pipeline->project->fit, rows, &t->weights, error);
  churn_encoding_rows all = rows_of(t, frame);
  return status == CHURN_OK ? learn(t, &all, run, &t->encoding, error) : status;
}

static churn_status mark_fold(const churn_shared_tiles *t, const churn_encoding_rows *rows,
                              const churn_run *run, bool *agrees, churn_error *error)
{
  churn_model *of_fold = NULL;
  churn_status status = learn(t, rows, run, &of_fold, error);
  for (size_t f = 0; status == CHURN_OK && f < t->pipeline->feature_count; f++)
    status = churn_encoding_agrees(t->encoding, of_fold, f, &agrees[f], error);
  churn_model_free(of_fold);
  return status;
}

churn_status churn_shared_tiles_agree(const churn_shared_tiles *tiles, const churn_frame *frame,
                                      const churn_judging_folds *folds, const churn_run *run,
                                      bool *agrees, churn_error *error)
{
  churn_encoding_counts counts = {0};
  churn_encoding_rows rows = rows_of(tiles, frame);
  rows.counts = &counts;
  rows.any_reference = true;
  churn_status status =
      churn_encoding_count(frame, tiles->labels, rows.repeated ? tiles->weights : NULL,
                           folds->group, folds->groups, run, &counts, error);
  for (uint32_t f = 0; status == CHURN_OK && f < folds->count; f++) {
    rows.picked = folds->trains + (size_t)f * folds->groups;
    status = mark_fold(tiles, &rows, run, agrees + f * tiles->pipeline->feature_count, error);
  }
  churn_encoding_counts_clear(&counts);
  return status;
}

/* Where all rows together cannot be standardised, nothing is shared. */
static churn_status standardise(churn_shared_tiles *t, const churn_run *run, churn_error *error)
{
  churn_status status = CHURN_OK;
  if (t->matrix->columns > 0)
    status = churn_scaled_take(t->matrix, run, &t->scaled, error);
  t->usable = t->matrix->columns > 0 && status == CHURN_OK;
  return status == CHURN_DEGENERATE ? CHURN_OK : status;
}

churn_status churn_shared_tiles_fill(churn_shared_tiles *tiles, churn_frame **frame, bool move,
                                     const churn_run *run, churn_error *error)
{
  churn_shared_tiles *t = tiles;
  const churn_plan *plan = t->pipeline->plan;
  churn_status status =
      move ? churn_encoding_move(t->encoding, plan, frame, t->labels, run, &t->matrix, error)
           : churn_encoding_apply(t->encoding, plan, *frame, t->labels, run, &t->matrix, error);
  if (status == CHURN_OK)
    status = churn_matrix_set_terms(&t->pipeline->project->fit, t->rows, t->matrix, error);
  return status == CHURN_OK ? standardise(t, run, error) : status;
}

/* z s + m = (z - (-m / s)) / (1 / s). */
churn_status churn_shared_tiles_restore(churn_shared_tiles *tiles, const churn_run *run,
                                        churn_error *error)
{
  size_t columns = tiles->matrix->columns;
  double *means = churn_array_new(columns, sizeof *means);
  double *deviations = churn_array_new(columns, sizeof *deviations);
  churn_status status =
      means == NULL || deviations == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t c = 0; status == CHURN_OK && c < columns; c++) {
    means[c] = -tiles->scaled.means[c] / tiles->scaled.deviations[c];
    deviations[c] = 1 / tiles->scaled.deviations[c];
  }
  if (status == CHURN_OK)
    status = churn_matrix_standardise(tiles->matrix, means, deviations, run, error);
  if (status == CHURN_OK)
    tiles->matrix->standardised = false;
  free(means);
  free(deviations);
  return status;
}
