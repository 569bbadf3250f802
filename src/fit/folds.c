/* Sums over the rows of each fold, and out-of-fold predictions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/folds.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/moments.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Lane sums are held to this many doubles (32 MB), or to one lane's: with more, lanes are done in
 * several rounds. */
enum { ROOM = 1 << 22, LINE = 64 / sizeof(double) };

/* A fold's lane sums lie one after the other: likelihoods, weight, positive, first, second. */
typedef struct sums_pass {
  const churn_matrix *matrix;
  const churn_fold_map *map;
  const churn_kernel *kernel;
  const churn_fold_look *looks;
  size_t look_count;
  size_t likelihoods; /* doubles that all looks take */
  size_t moments;     /* columns whose moments are wanted */
  size_t stride;      /* of a fold's sums */
  size_t first_lane;  /* of this round */
  double *sums;       /* [lanes of a round][folds][stride] */
  double *tiles;      /* [threads][folds][columns + 3][256]: columns, y, weight, offset */
  size_t *filled;     /* [threads][folds] */
  bool *cleared;      /* [threads]: the tiles hold numbers */
  double *scratch;    /* [threads][columns * 256] */
} sums_pass;

static size_t tile_size(const churn_matrix *m)
{
  return (m->columns + 3) * CHURN_TILE_ROWS;
}

/* Adds one fold's tile to its sums; the rows past `filled` have no weight. */
static void flush(const sums_pass *s, double *tile, size_t *filled, double *sums)
{
  size_t k = s->matrix->columns;
  double *y = tile + k * CHURN_TILE_ROWS, *weight = y + CHURN_TILE_ROWS;
  const double *offset = s->matrix->offset == NULL ? NULL : weight + CHURN_TILE_ROWS;
  double *totals = sums + s->likelihoods, *first = totals + 2, *second = first + s->moments;
  for (size_t r = *filled; r < CHURN_TILE_ROWS; r++)
    weight[r] = 0;
  for (size_t i = 0; i < s->look_count; i++) {
    const churn_fold_look *look = &s->looks[i];
    if (look->coefficients == NULL)
      s->kernel->cross(tile, k, weight, sums);
    else
      s->kernel->step(tile, look->chosen, look->columns, y, weight, offset, look->coefficients,
                      sums);
    sums += churn_kernel_sums(look->columns);
  }
  for (size_t r = 0; r < *filled; r++) {
    totals[0] += weight[r];
    totals[1] += weight[r] * y[r];
  }
  for (size_t c = 0; c < s->moments; c++) {
    double once, twice;
    s->kernel->moments(tile + c * CHURN_TILE_ROWS, weight, 0, &once, &twice);
    first[c] += once;
    second[c] += twice;
  }
  *filled = 0;
}

/* Places in the folds' tiles for rows from..; stops where one is full. Returns the row after the
 * last placed, *full = the fold whose tile is full, or the count of folds. */
static size_t place_rows(const sums_pass *s, const uint32_t *fold, size_t from, size_t rows,
                         size_t *filled, size_t *places, uint32_t *full)
{
  *full = s->map->count;
  for (size_t r = from; r < rows; r++) {
    places[r] = fold[r] * tile_size(s->matrix) + filled[fold[r]]++;
    if (filled[fold[r]] == CHURN_TILE_ROWS) {
      *full = fold[r];
      return r + 1;
    }
  }
  return rows;
}

/* One of the tile that comes next: what goes to many places keeps the machine from looking ahead.
 */
static void fetch_column(const double *column)
{
  for (size_t r = 0; r < CHURN_TILE_ROWS; r += LINE)
    __builtin_prefetch(column + r, 0, 2);
}

static void sort_tile(const sums_pass *s, size_t t, const double *x, double *tiles, size_t *filled,
                      double *sums)
{
  const churn_matrix *m = s->matrix;
  size_t places[CHURN_TILE_ROWS], first = t * CHURN_TILE_ROWS, k = m->columns;
  size_t rows = churn_tile_rows(m->rows, t), to;
  uint32_t full;
  for (size_t from = 0; from < rows; from = to) {
    to = place_rows(s, s->map->fold + first, from, rows, filled, places, &full);
    for (size_t c = 0; c < k; c++) {
      for (size_t r = from; r < to; r++)
        tiles[places[r] + c * CHURN_TILE_ROWS] = x[c * CHURN_TILE_ROWS + r];
      fetch_column(x + (k + c) * CHURN_TILE_ROWS);
    }
    for (size_t r = from; r < to; r++) {
      tiles[places[r] + k * CHURN_TILE_ROWS] = m->y[first + r];
      tiles[places[r] + (k + 1) * CHURN_TILE_ROWS] = m->weight[first + r];
      if (m->offset != NULL)
        tiles[places[r] + (k + 2) * CHURN_TILE_ROWS] = m->offset[first + r];
    }
    if (full < s->map->count)
      flush(s, tiles + full * tile_size(m), &filled[full], sums + full * s->stride);
  }
}

static churn_status sum_lane(void *context, size_t task, int thread, churn_error *error)
{
  (void)error;
  const sums_pass *s = context;
  const churn_matrix *m = s->matrix;
  size_t folds = s->map->count, tiles = churn_tile_count(m->rows), lane = s->first_lane + task;
  double *fold_tiles = s->tiles + (size_t)thread * folds * tile_size(m);
  double *scratch = s->scratch + (size_t)thread * m->columns * CHURN_TILE_ROWS;
  double *sums = s->sums + task * folds * s->stride;
  size_t *filled = s->filled + (size_t)thread * folds;
  memset(sums, 0, folds * s->stride * sizeof *sums);
  /* what a lane leaves is multiplied by weights of 0, which does no harm to numbers */
  if (!s->cleared[thread])
    memset(fold_tiles, 0, folds * tile_size(m) * sizeof *fold_tiles);
  s->cleared[thread] = true;
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    sort_tile(s, t, churn_matrix_dense(m, t, scratch), fold_tiles, filled, sums);
  for (size_t f = 0; f < folds; f++)
    flush(s, fold_tiles + f * tile_size(m), &filled[f], sums + f * s->stride);
  return CHURN_OK;
}

static churn_status prepare_sums(churn_fold_sums *sums, size_t folds, size_t likelihoods,
                                 size_t moments, churn_error *error)
{
  for (size_t f = 0; f < folds; f++) {
    sums[f] = (churn_fold_sums){0};
    sums[f].likelihood = churn_array_new(likelihoods, sizeof(double));
    if (moments > 0) {
      sums[f].first = churn_array_new(moments, sizeof(double));
      sums[f].second = churn_array_new(moments, sizeof(double));
    }
    if (sums[f].likelihood == NULL ||
        (moments > 0 && (sums[f].first == NULL || sums[f].second == NULL))) {
      churn_fold_sums_clear(sums, (uint32_t)f + 1);
      return churn_error_no_memory(error);
    }
  }
  return CHURN_OK;
}

void churn_fold_sums_clear(churn_fold_sums *sums, uint32_t count)
{
  for (uint32_t f = 0; f < count; f++) {
    free(sums[f].likelihood);
    free(sums[f].first);
    free(sums[f].second);
    sums[f] = (churn_fold_sums){0};
  }
}

static void add(double *to, const double *from, size_t count)
{
  for (size_t i = 0; i < count; i++)
    to[i] += from[i];
}

static void add_lane(const sums_pass *s, size_t task, churn_fold_sums *sums)
{
  size_t k = s->moments, size = s->likelihoods;
  for (size_t f = 0; f < s->map->count; f++) {
    const double *from = s->sums + (task * s->map->count + f) * s->stride;
    add(sums[f].likelihood, from, size);
    sums[f].weight += from[size];
    sums[f].positive += from[size + 1];
    add(sums[f].first, from + size + 2, k);
    add(sums[f].second, from + size + 2 + k, k);
  }
}

churn_status churn_fold_sums_read(const churn_matrix *matrix, const churn_fold_map *map,
                                  const churn_fold_look *looks, size_t count, bool moments,
                                  const churn_run *run, churn_fold_sums *sums, churn_error *error)
{
  size_t lanes = churn_lane_count(matrix), folds = map->count, k = matrix->columns, size = 0;
  size_t varying = moments ? k : 0;
  for (size_t i = 0; i < count; i++)
    size += churn_kernel_sums(looks[i].columns);
  size_t threads = (size_t)churn_parallel_threads(run),
         stride = churn_lane_stride(size + 2 + 2 * varying);
  size_t fitting = ROOM / (folds * stride), round = fitting == 0 ? 1 : fitting;
  sums_pass s = {.matrix = matrix,
                 .map = map,
                 .kernel = churn_kernel_choose(NULL),
                 .looks = looks,
                 .look_count = count,
                 .likelihoods = size,
                 .moments = varying,
                 .stride = stride};
  round = round < lanes ? round : lanes;
  churn_status status = prepare_sums(sums, folds, size, varying, error);
  if (status != CHURN_OK)
    return status;
  s.sums = churn_array_new(round * folds, stride * sizeof(double));
  s.tiles = churn_array_new_aligned(threads * folds, tile_size(matrix) * sizeof(double));
  s.filled = churn_array_new(threads * folds, sizeof *s.filled);
  s.cleared = churn_array_new(threads, sizeof *s.cleared);
  s.scratch = churn_array_new_aligned(threads * k, CHURN_TILE_ROWS * sizeof(double));
  if (s.sums == NULL || s.tiles == NULL || s.filled == NULL || s.cleared == NULL ||
      s.scratch == NULL)
    status = churn_error_no_memory(error);
  for (; s.first_lane < lanes && status == CHURN_OK; s.first_lane += round) {
    size_t some = lanes - s.first_lane < round ? lanes - s.first_lane : round;
    status = churn_parallel_run(some, sum_lane, &s, NULL, run, error);
    for (size_t task = 0; task < some && status == CHURN_OK; task++)
      add_lane(&s, task, sums);
  }
  if (status != CHURN_OK)
    churn_fold_sums_clear(sums, map->count);
  free(s.sums);
  free(s.tiles);
  free(s.filled);
  free(s.cleared);
  free(s.scratch);
  return status;
}

typedef struct predict_pass {
  const churn_matrix *matrix;
  const churn_fold_map *map;
  const churn_kernel *kernel;
  size_t width;            /* folds, or more */
  const double *by_column; /* [columns + 1][width] */
  double *logits;
  double *losses; /* [lanes][folds], NULL = not wanted */
  double *scratch;
} predict_pass;

static void predict_tile(const predict_pass *p, size_t t, const double *x, int64_t *picks,
                         double *eta)
{
  size_t rows = churn_tile_rows(p->matrix->rows, t);
  const uint32_t *fold = p->map->fold + t * CHURN_TILE_ROWS;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    picks[r] = r < rows ? fold[r] : 0;
  p->kernel->pick(x, p->matrix->columns, churn_matrix_offset(p->matrix, t), picks, p->by_column,
                  p->width, eta);
}

static churn_status predict_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const predict_pass *p = context;
  const churn_matrix *m = p->matrix;
  size_t tiles = churn_tile_count(m->rows), end = churn_lane_first_tile(tiles, lane + 1);
  double *scratch = p->scratch + (size_t)thread * (m->columns + 2) * CHURN_TILE_ROWS;
  double *eta = scratch + m->columns * CHURN_TILE_ROWS, *loss = eta + CHURN_TILE_ROWS;
  alignas(64) int64_t picks[CHURN_TILE_ROWS];
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    size_t first = t * CHURN_TILE_ROWS, rows = churn_tile_rows(m->rows, t);
    predict_tile(p, t, churn_matrix_dense(m, t, scratch), picks, eta);
    if (p->logits != NULL)
      memcpy(p->logits + first, eta, rows * sizeof *eta);
    if (p->losses == NULL)
      continue;
    p->kernel->losses(eta, m->y + first, loss);
    for (size_t r = 0; r < rows; r++)
      p->losses[lane * p->map->count + p->map->fold[first + r]] += m->weight[first + r] * loss[r];
  }
  return CHURN_OK;
}

/* The folds' coefficients of one column side by side. NULL when memory ran out. */
static double *turn(const double *coefficients, size_t folds, size_t unknowns, size_t width)
{
  double *turned = churn_array_new(width * unknowns, sizeof *turned);
  for (size_t f = 0; turned != NULL && f < folds; f++)
    for (size_t j = 0; j < unknowns; j++)
      turned[j * width + f] = coefficients[f * unknowns + j];
  return turned;
}

churn_status churn_fold_predict(const churn_matrix *matrix, const churn_fold_map *map,
                                const double *coefficients, const churn_run *run, double *logits,
                                double *losses, churn_error *error)
{
  size_t lanes = churn_lane_count(matrix), folds = map->count, k = matrix->columns;
  size_t threads = (size_t)churn_parallel_threads(run);
  size_t width = folds < CHURN_KERNEL_PICKS ? CHURN_KERNEL_PICKS : folds;
  double *turned = turn(coefficients, folds, k + 1, width);
  predict_pass p = {.matrix = matrix,
                    .map = map,
                    .kernel = churn_kernel_choose(NULL),
                    .width = width,
                    .by_column = turned,
                    .logits = logits};
  if (losses != NULL)
    p.losses = churn_array_new(lanes * folds, sizeof(double));
  p.scratch = churn_array_new_aligned(threads * (k + 2), CHURN_TILE_ROWS * sizeof(double));
  churn_status status = turned == NULL || (losses != NULL && p.losses == NULL) || p.scratch == NULL
                            ? churn_error_no_memory(error)
                            : churn_parallel_run(lanes, predict_lane, &p, NULL, run, error);
  for (size_t f = 0; status == CHURN_OK && losses != NULL && f < folds; f++) {
    losses[f] = 0;
    for (size_t lane = 0; lane < lanes; lane++)
      losses[f] += p.losses[lane * folds + f];
  }
  free(turned);
  free(p.losses);
  free(p.scratch);
  return status;
}
