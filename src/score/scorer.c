/* Raw feature values to logits, probabilities and the largest contributions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/scorer.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "score/recalibration.h"

#include <churn/score.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 1 << 16 };

struct churn_scorer {
  const churn_model *model;
  const churn_plan *plan;
  churn_encoder *encoder;
};

churn_status churn_scorer_new(const churn_model *model, const churn_plan *plan,
                              churn_scorer **scorer, churn_error *error)
{
  churn_scorer *s = calloc(1, sizeof *s);
  size_t *outputs = churn_array_new(model->feature_count, sizeof *outputs);
  churn_status status = s == NULL || outputs == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t f = 0; status == CHURN_OK && f < model->feature_count; f++) {
    bool is_text = churn_plan_type(plan, f) == CHURN_VALUE_TEXT;
    outputs[f] = f;
    if (is_text != (model->features[f].kind == CHURN_FEATURE_CATEGORY))
      status = churn_error_set(
          error, CHURN_BAD_PROJECT,
          "feature %s is a %s in the model and a %s in this project; check the type of its columns",
          model->features[f].name, is_text ? "number" : "category",
          is_text ? "category" : "number");
  }
  if (status == CHURN_OK) {
    s->model = model;
    s->plan = plan;
    status = churn_encoder_new(model, plan, outputs, &s->encoder, error);
  }
  free(outputs);
  if (status == CHURN_OK)
    *scorer = s;
  else
    churn_scorer_free(s);
  return status;
}

void churn_scorer_free(churn_scorer *scorer)
{
  if (scorer == NULL)
    return;
  churn_encoder_free(scorer->encoder);
  free(scorer);
}

double churn_scorer_explain(const churn_model *model, const double *x, double *contributions)
{
  double logit = model->intercept.estimate;
  for (size_t f = 0; f < model->feature_count; f++)
    contributions[f] = 0;
  for (size_t c = 0; c < model->column_count; c++) {
    const churn_model_column *column = &model->columns[c];
    logit += x[c] * column->estimate;
    contributions[column->feature] += (x[c] - column->mean) * column->estimate;
  }
  return logit;
}

/* The task's view of a chunk. */
typedef struct chunk {
  const churn_scorer *scorer;
  const churn_frame *frame;
  const churn_snapshots *snapshots;
  size_t first; /* row of the scores where the chunk begins */
  churn_scores *scores;
  uint64_t *unseen; /* [tiles] */
  double *design;   /* [threads][columns * 256] */
  double *row;      /* [threads][columns + features] */
  uint64_t *levels; /* [threads][features] */
} chunk;

static void largest(const double *contributions, size_t count, const double *raw_tile,
                    size_t tile_row, size_t row, churn_scores *scores)
{
  double floor = INFINITY;
  uint32_t last = UINT32_MAX;
  for (size_t k = 0; k < CHURN_REASONS; k++) {
    uint32_t best = UINT32_MAX;
    for (uint32_t f = 0; f < count; f++) {
      bool below =
          contributions[f] < floor || (contributions[f] == floor && last != UINT32_MAX && f > last);
      if (contributions[f] > 0 && below &&
          (best == UINT32_MAX || contributions[f] > contributions[best]))
        best = f;
    }
    size_t at = row * CHURN_REASONS + k;
    scores->reasons[at] = best;
    scores->reason_values[at] =
        best == UINT32_MAX ? NAN : raw_tile[best * CHURN_TILE_ROWS + tile_row];
    scores->contributions[at] = best == UINT32_MAX ? 0.0 : contributions[best];
    floor = best == UINT32_MAX ? -INFINITY : contributions[best];
    last = best;
  }
}

static churn_status score_tile(void *context, size_t tile, int thread, churn_error *error)
{
  const chunk *c = context;
  const churn_model *model = c->scorer->model;
  size_t rows = churn_tile_rows(c->frame->rows, tile);
  double *design = c->design + (size_t)thread * (model->column_count + 1) * CHURN_TILE_ROWS;
  double *x = c->row + (size_t)thread * (model->column_count + model->feature_count + 1);
  uint64_t *levels = c->levels + (size_t)thread * model->feature_count;
  const double *raw = c->frame->tiles + tile * c->frame->features * CHURN_TILE_ROWS;
  memset(levels, 0, model->feature_count * sizeof *levels);
  churn_status status = churn_encoder_tile(c->scorer->encoder, raw, rows, design, levels, error);
  for (size_t r = 0; r < rows && status == CHURN_OK; r++) {
    size_t row = c->first + tile * CHURN_TILE_ROWS + r;
    for (size_t k = 0; k < model->column_count; k++)
      x[k] = design[k * CHURN_TILE_ROWS + r];
    double *contributions = x + model->column_count;
    double logit = churn_scorer_explain(model, x, contributions) + c->snapshots->rows[row].offset;
    if (c->scores->logits != NULL)
      c->scores->logits[row] = logit;
    if (c->scores->probabilities != NULL)
      c->scores->probabilities[row] = churn_recalibrated(&model->recalibration, logit);
    if (c->scores->values != NULL)
      c->scores->values[row] = c->frame->values[tile * CHURN_TILE_ROWS + r];
    if (c->scores->reasons != NULL)
      largest(contributions, model->feature_count, raw, r, row, c->scores);
  }
  c->unseen[tile] = 0;
  for (size_t f = 0; f < model->feature_count; f++)
    c->unseen[tile] += levels[f];
  return status;
}

static churn_status score_chunk(chunk *c, const churn_snapshots *snapshots, const churn_run *run,
                                uint64_t *unseen, churn_error *error)
{
  const churn_model *model = c->scorer->model;
  size_t rows = snapshots->count - c->first < CHUNK_ROWS ? snapshots->count - c->first : CHUNK_ROWS;
  churn_frame *frame = NULL;
  churn_status status = churn_frame_build(c->scorer->plan, snapshots, c->first, rows,
                                          model->feature_count, run, &frame, error);
  if (status != CHURN_OK)
    return status;
  c->frame = frame;
  size_t tiles = churn_tile_count(rows);
  status = churn_parallel_run(tiles, score_tile, c, NULL, run, error);
  const churn_frame_watcher *watcher = c->scores->watcher;
  if (status == CHURN_OK && watcher != NULL)
    status = watcher->watch(watcher->context, frame, run, error);
  for (size_t t = 0; t < tiles && status == CHURN_OK; t++)
    *unseen += c->unseen[t];
  churn_frame_free(frame);
  return status;
}

churn_status churn_scorer_run(const churn_scorer *scorer, const churn_snapshots *snapshots,
                              const churn_run *run, churn_scores *scores, uint64_t *unseen,
                              churn_error *error)
{
  const churn_model *model = scorer->model;
  size_t threads = (size_t)churn_parallel_threads(run);
  chunk c = {.scorer = scorer, .snapshots = snapshots, .scores = scores};
  c.unseen = churn_array_new(CHUNK_ROWS / CHURN_TILE_ROWS, sizeof *c.unseen);
  c.design = churn_array_new_aligned(threads * (model->column_count + 1) * CHURN_TILE_ROWS,
                                     sizeof *c.design);
  c.row =
      churn_array_new(threads * (model->column_count + model->feature_count + 1), sizeof *c.row);
  c.levels = churn_array_new(threads * model->feature_count, sizeof *c.levels);
  churn_status status = c.unseen == NULL || c.design == NULL || c.row == NULL || c.levels == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  uint64_t count = 0;
  for (; status == CHURN_OK && c.first < snapshots->count; c.first += CHUNK_ROWS)
    status = score_chunk(&c, snapshots, run, &count, error);
  if (status == CHURN_OK && unseen != NULL)
    *unseen = count;
  free(c.unseen);
  free(c.design);
  free(c.row);
  free(c.levels);
  return status;
}
