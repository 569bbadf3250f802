/* Raw feature values to logits, probabilities and the largest contributions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/scorer.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ROWS = 1 << 16 };

struct churn_scorer {
  const churn_model *model;
  const churn_plan *plan;
  churn_encoder *encoder;
  bool numbers; /* all features are */
  bool *first;  /* [columns] the first of its feature */
};

static bool look_at_columns(churn_scorer *s)
{
  const churn_model *model = s->model;
  s->first = churn_array_new(model->column_count, sizeof *s->first);
  bool *seen = churn_array_new(model->feature_count, sizeof *seen);
  bool good = s->first != NULL && seen != NULL;
  s->numbers = true;
  for (size_t f = 0; f < model->feature_count; f++)
    s->numbers = s->numbers && model->features[f].kind == CHURN_FEATURE_NUMBER;
  for (size_t c = 0; good && c < model->column_count; c++) {
    s->first[c] = !seen[model->columns[c].feature];
    seen[model->columns[c].feature] = true;
  }
  free(seen);
  return good;
}

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
    status = look_at_columns(s) ? churn_encoder_new(model, plan, outputs, &s->encoder, error)
                                : churn_error_no_memory(error);
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
  free(scorer->first);
  free(scorer);
}

double churn_scorer_average(const churn_model *model)
{
  double logit = model->intercept.estimate;
  for (size_t c = 0; c < model->column_count; c++)
    logit += model->columns[c].mean * model->columns[c].estimate;
  return logit;
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

/* A column of zeros stands behind the design; features without a column have contributions of 0. */
churn_tile_scores *churn_tile_scores_new(const churn_model *model)
{
  size_t tiles = model->feature_count + 1, columns = model->column_count + 1;
  churn_tile_scores *made = churn_array_new_aligned(1, sizeof *made);
  if (made == NULL)
    return NULL;
  *made = (churn_tile_scores){
      .kernel = churn_tile_kernel_choose(),
      .contributions = churn_array_new_aligned(tiles * CHURN_TILE_ROWS, sizeof(double)),
      .design = churn_array_new_aligned(columns * CHURN_TILE_ROWS, sizeof(double)),
      .columns = churn_array_new(columns, sizeof(const double *)),
      .levels = churn_array_new(model->feature_count, sizeof(uint64_t))};
  if (made->contributions != NULL && made->design != NULL && made->columns != NULL &&
      made->levels != NULL) {
    memset(made->contributions, 0, tiles * CHURN_TILE_ROWS * sizeof(double));
    memset(made->design, 0, columns * CHURN_TILE_ROWS * sizeof(double));
    return made;
  }
  churn_tile_scores_free(made);
  return NULL;
}

void churn_tile_scores_free(churn_tile_scores *scores)
{
  if (scores == NULL)
    return;
  free(scores->contributions);
  free(scores->design);
  free(scores->columns);
  free(scores->levels);
  free(scores);
}

/* True when the raw values need no encoding: then they are the columns of numbers, and columns of
 * missing values are 0. */
static bool is_plain(const churn_scorer *scorer, const double *raw, size_t rows,
                     const churn_tile_scores *scores)
{
  bool missing = !scorer->numbers;
  for (size_t f = 0; f < scorer->model->feature_count && !missing; f++)
    missing = scores->kernel->any_missing(raw + f * CHURN_TILE_ROWS, rows);
  return !missing;
}

static void find_columns(const churn_model *model, const double *raw, bool plain,
                         churn_tile_scores *scores)
{
  const double *zeros = scores->design + model->column_count * CHURN_TILE_ROWS;
  for (size_t c = 0; c < model->column_count; c++) {
    size_t f = model->columns[c].feature;
    bool number = model->features[f].number_column == (int32_t)c;
    scores->columns[c] = !plain   ? scores->design + c * CHURN_TILE_ROWS
                         : number ? raw + f * CHURN_TILE_ROWS
                                  : zeros;
  }
}

churn_status churn_scorer_tile(const churn_scorer *scorer, const double *raw, size_t rows,
                               churn_tile_scores *scores, uint64_t *unseen, churn_error *error)
{
  const churn_model *model = scorer->model;
  size_t features = model->feature_count;
  churn_status status = CHURN_OK;
  bool plain = is_plain(scorer, raw, rows, scores);
  memset(scores->levels, 0, features * sizeof *scores->levels);
  if (!plain)
    status = churn_encoder_tile(scorer->encoder, raw, rows, scores->design, scores->levels, error);
  find_columns(model, raw, plain, scores);
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    scores->logits[r] = model->intercept.estimate;
  for (size_t c = 0; status == CHURN_OK && c < model->column_count; c++)
    scores->kernel->add(model->columns[c].mean, model->columns[c].estimate, scorer->first[c],
                        scores->columns[c], scores->logits,
                        scores->contributions + model->columns[c].feature * CHURN_TILE_ROWS);
  for (size_t f = 0; f < features; f++)
    *unseen += scores->levels[f];
  return status;
}

void churn_tile_scores_find_reasons(const churn_model *model, size_t rows,
                                    churn_tile_scores *scores)
{
  int64_t found[CHURN_REASONS][CHURN_TILE_ROWS];
  scores->kernel->rank(scores->contributions, model->feature_count, found);
  for (size_t k = 0; k < CHURN_REASONS; k++)
    for (size_t r = 0; r < rows; r++)
      scores->reasons[k][r] = (uint32_t)found[k][r];
}

/* The task's view of a chunk. */
typedef struct chunk {
  const churn_scorer *scorer;
  const churn_frame *frame;
  const churn_snapshots *snapshots;
  size_t first; /* row of the scores where the chunk begins */
  churn_scores *scores;
  uint64_t *unseen;          /* [tiles] */
  churn_tile_scores **tiles; /* [threads] */
} chunk;

static void keep_reasons(const churn_tile_scores *tile, const double *raw, size_t tile_row,
                         size_t row, churn_scores *scores)
{
  for (size_t k = 0; k < CHURN_REASONS; k++) {
    uint32_t feature = tile->reasons[k][tile_row];
    size_t at = row * CHURN_REASONS + k, from = feature * CHURN_TILE_ROWS + tile_row;
    scores->reasons[at] = feature;
    scores->reason_values[at] = feature == UINT32_MAX ? NAN : raw[from];
    scores->contributions[at] = feature == UINT32_MAX ? 0.0 : tile->contributions[from];
  }
}

/* Sums a row's contributions by cause, features in the model's order. */
static void sum_causes(const chunk *c, const churn_tile_scores *tile, size_t tile_row, size_t row)
{
  const churn_cause_map *map = c->scores->causes;
  double sums[CHURN_MOST_CAUSES] = {0}, most = 0;
  uint32_t main_cause = CHURN_NO_CAUSE;
  for (size_t f = 0; f < c->scorer->model->feature_count; f++)
    sums[map->of_feature[f]] += tile->contributions[f * CHURN_TILE_ROWS + tile_row];
  for (uint32_t i = 0; i < map->causes; i++)
    if (sums[i] > most) {
      most = sums[i];
      main_cause = i;
    }
  if (c->scores->main_causes != NULL)
    c->scores->main_causes[row] = main_cause;
  if (c->scores->cause_sums != NULL)
    memcpy(c->scores->cause_sums + row * map->causes, sums, map->causes * sizeof *sums);
}

/* What is wanted of the tile's encoded rows. */
static void keep_design(const chunk *c, const churn_tile_scores *tile, size_t number, size_t rows)
{
  size_t first = c->first + number * CHURN_TILE_ROWS, columns = c->scorer->model->column_count;
  for (size_t i = 0; c->scores->design != NULL && i < columns; i++)
    memcpy(c->scores->design + first * columns + i * CHURN_TILE_ROWS, tile->columns[i],
           CHURN_TILE_ROWS * sizeof *tile->columns[i]);
  if (c->scores->logit_errors != NULL) {
    double errors[CHURN_TILE_ROWS];
    churn_uncertainty_errors(c->scores->uncertainty, tile->columns, errors);
    memcpy(c->scores->logit_errors + first, errors, rows * sizeof *errors);
  }
}

static churn_status score_tile(void *context, size_t number, int thread, churn_error *error)
{
  const chunk *c = context;
  const churn_model *model = c->scorer->model;
  size_t rows = churn_tile_rows(c->frame->rows, number);
  churn_tile_scores *tile = c->tiles[thread];
  const double *raw = c->frame->tiles + number * c->frame->features * CHURN_TILE_ROWS;
  c->unseen[number] = 0;
  churn_status status = churn_scorer_tile(c->scorer, raw, rows, tile, &c->unseen[number], error);
  if (status == CHURN_OK && c->scores->reasons != NULL)
    churn_tile_scores_find_reasons(model, rows, tile);
  if (status == CHURN_OK)
    keep_design(c, tile, number, rows);
  for (size_t r = 0; r < rows && status == CHURN_OK; r++) {
    size_t row = c->first + number * CHURN_TILE_ROWS + r;
    double logit = tile->logits[r] + c->snapshots->rows[row].offset;
    if (c->scores->logits != NULL)
      c->scores->logits[row] = logit;
    if (c->scores->probabilities != NULL)
      c->scores->probabilities[row] = churn_recalibrated(&model->recalibration, logit);
    if (c->scores->values != NULL)
      c->scores->values[row] = c->frame->values[number * CHURN_TILE_ROWS + r];
    if (c->scores->reasons != NULL)
      keep_reasons(tile, raw, r, row, c->scores);
    if (c->scores->causes != NULL)
      sum_causes(c, tile, r, row);
  }
  return status;
}

/* Who is contacted from T on is not known as of T, neither where labels tell it. */
static void forget_contacts(const churn_plan *plan, churn_frame *frame)
{
  size_t contact = churn_plan_contact(plan);
  for (size_t r = 0; contact < frame->features && r < frame->rows; r++)
    frame->tiles[(r / CHURN_TILE_ROWS * frame->features + contact) * CHURN_TILE_ROWS +
                 r % CHURN_TILE_ROWS] = 0;
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
  forget_contacts(c->scorer->plan, frame);
  c->frame = frame;
  size_t tiles = churn_tile_count(rows);
  status = churn_parallel_run(tiles, score_tile, c, NULL, run, error);
  const churn_frame_watcher *watcher = c->scores->watcher;
  if (status == CHURN_OK && watcher != NULL)
    status = watcher->watch(watcher->context, frame, c->scores, run, error);
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
  c.tiles = churn_array_new(threads, sizeof(churn_tile_scores *));
  bool good = c.unseen != NULL && c.tiles != NULL;
  for (size_t i = 0; i < threads && good; i++)
    good = (c.tiles[i] = churn_tile_scores_new(model)) != NULL;
  churn_status status = good ? CHURN_OK : churn_error_no_memory(error);
  uint64_t count = 0;
  for (; status == CHURN_OK && c.first < snapshots->count; c.first += CHUNK_ROWS)
    status = score_chunk(&c, snapshots, run, &count, error);
  if (status == CHURN_OK && unseen != NULL)
    *unseen = count;
  for (size_t i = 0; c.tiles != NULL && i < threads; i++)
    churn_tile_scores_free(c.tiles[i]);
  free(c.tiles);
  free(c.unseen);
  return status;
}
