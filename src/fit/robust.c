/* The middle of the sandwich covariance, over the fixed lanes.
 *
 * Sums of scores are collected as columns of a tile of their own, one cluster a row, so that the
 * kernel that adds up X'WX adds up their products too.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/robust.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/kernel.h"
#include "fit/moments.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct meat_pass {
  const churn_matrix *matrix;
  bool by_cluster;
  const double *coefficients;
  const churn_kernel *kernel;
  double *scratch;   /* [threads][columns * 256]: a tile, where it is not kept as such */
  double *scores;    /* [threads][(columns + 1) * 256] */
  double *lane_sums; /* [lanes][churn_kernel_sums(columns + 1)] */
  churn_robust_counts counts[CHURN_LANES];
} meat_pass;

/* One lane's work. */
typedef struct collector {
  const meat_pass *pass;
  double *scratch;
  double *scores; /* score j of the cluster in place s at [j * 256 + s] */
  double *sums;
  churn_robust_counts *counts;
  size_t used;                     /* places with a cluster; the last may still grow */
  double copies[CHURN_TILE_ROWS];  /* of the place's cluster; 0: it has no row with weight */
  uint16_t place[CHURN_TILE_ROWS]; /* where a row of the tile at hand adds to */
  double residual[CHURN_TILE_ROWS];
  double ones[CHURN_TILE_ROWS];
} collector;

static bool continues(const meat_pass *pass, size_t row)
{
  const uint32_t *cluster = pass->matrix->cluster;
  return pass->by_cluster && cluster != NULL && row > 0 && cluster[row] == cluster[row - 1];
}

/* What every row of the tile adds to its cluster's score, without x. n equal rows that are apart
 * add n squares: the square of sqrt(n) times one. */
static void find_residuals(collector *c, const double *x, size_t tile)
{
  const churn_matrix *m = c->pass->matrix;
  const double *coefficients = c->pass->coefficients;
  const double *offset = churn_matrix_offset(m, tile);
  double *eta = c->residual;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    eta[r] = coefficients[0] + (offset == NULL ? 0 : offset[r]);
  for (size_t j = 0; j < m->columns; j++)
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      eta[r] += coefficients[1 + j] * x[j * CHURN_TILE_ROWS + r];
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
    size_t row = tile * CHURN_TILE_ROWS + r;
    double e = exp(-fabs(eta[r])), q = 1 / (1 + e);
    double p = eta[r] >= 0 ? q : e * q;
    double weight = m->repeated ? sqrt(m->weight[row]) : m->weight[row];
    c->residual[r] = weight * (p - m->y[row]);
  }
}

static void flush(collector *c)
{
  const meat_pass *pass = c->pass;
  size_t n = pass->matrix->columns + 1;
  pass->kernel->cross(c->scores, n, c->ones, c->sums);
  memset(c->scores, 0, n * CHURN_TILE_ROWS * sizeof *c->scores);
  for (size_t s = 0; s < c->used; s++)
    c->counts->clusters += (uint64_t)c->copies[s];
  memset(c->copies, 0, sizeof c->copies);
  c->used = 0;
}

static void add_scores(collector *c, const double *x, size_t first, size_t end)
{
  for (size_t r = first; r < end; r++)
    c->scores[c->place[r]] += c->residual[r];
  for (size_t j = 0; j < c->pass->matrix->columns; j++) {
    double *score = c->scores + (j + 1) * CHURN_TILE_ROWS;
    for (size_t r = first; r < end; r++)
      score[c->place[r]] += c->residual[r] * x[j * CHURN_TILE_ROWS + r];
  }
}

/* Rows first..end of the tile. Places run out only between clusters, so none is cut. */
static void add_rows(collector *c, size_t tile, size_t first, size_t end)
{
  const churn_matrix *m = c->pass->matrix;
  const double *x = churn_matrix_dense(m, tile, c->scratch);
  const double *weight = m->weight + tile * CHURN_TILE_ROWS;
  find_residuals(c, x, tile);
  for (size_t r = first, from = first; r < end; from = r) {
    for (; r < end; r++) {
      bool fresh = c->used == 0 || !continues(c->pass, tile * CHURN_TILE_ROWS + r);
      if (fresh && c->used == CHURN_TILE_ROWS)
        break;
      c->used += fresh;
      c->place[r] = (uint16_t)(c->used - 1);
      double copies = m->repeated ? weight[r] : weight[r] > 0;
      c->copies[c->used - 1] = fmax(c->copies[c->used - 1], copies);
      c->counts->rows += (uint64_t)copies;
    }
    add_scores(c, x, from, r);
    if (r < end)
      flush(c);
  }
}

/* The rows of the clusters that begin in the lane. */
static void own_rows(const meat_pass *pass, size_t lane, size_t *first, size_t *end)
{
  size_t rows = pass->matrix->rows, tiles = churn_tile_count(rows);
  size_t next = churn_lane_first_tile(tiles, lane + 1) * CHURN_TILE_ROWS;
  *first = churn_lane_first_tile(tiles, lane) * CHURN_TILE_ROWS;
  *end = next < rows ? next : rows;
  while (*first < *end && continues(pass, *first))
    ++*first;
  while (*first < *end && *end < rows && continues(pass, *end))
    ++*end;
}

static churn_status add_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  meat_pass *pass = context;
  size_t columns = pass->matrix->columns, n = columns + 1, first, end;
  collector c = {.pass = pass,
                 .scratch = pass->scratch + (size_t)thread * columns * CHURN_TILE_ROWS,
                 .scores = pass->scores + (size_t)thread * n * CHURN_TILE_ROWS,
                 .sums = pass->lane_sums + lane * churn_kernel_sums(n),
                 .counts = &pass->counts[lane]};
  own_rows(pass, lane, &first, &end);
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    c.ones[r] = 1;
  memset(c.scores, 0, n * CHURN_TILE_ROWS * sizeof *c.scores);
  while (first < end) {
    size_t tile = first / CHURN_TILE_ROWS, start = tile * CHURN_TILE_ROWS;
    size_t stop = end - start < CHURN_TILE_ROWS ? end : start + CHURN_TILE_ROWS;
    add_rows(&c, tile, first - start, stop - start);
    first = stop;
  }
  flush(&c);
  return CHURN_OK;
}

static void add_lanes(const meat_pass *pass, size_t lanes, double *meat,
                      churn_robust_counts *counts)
{
  size_t n = pass->matrix->columns + 1, size = churn_kernel_sums(n);
  *counts = (churn_robust_counts){0};
  memset(meat, 0, n * n * sizeof *meat);
  for (size_t lane = 0; lane < lanes; lane++) {
    const double *sums = pass->lane_sums + lane * size + churn_kernel_hessian_start(n);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j <= i; j++)
        meat[i * n + j] += sums[(i + 1) * (i + 2) / 2 + j + 1];
    counts->rows += pass->counts[lane].rows;
    counts->clusters += pass->counts[lane].clusters;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      meat[j * n + i] = meat[i * n + j];
}

churn_status churn_robust_meat(const churn_matrix *matrix, bool by_cluster,
                               const double *coefficients, const churn_run *run, double *meat,
                               churn_robust_counts *counts, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t n = matrix->columns + 1, lanes = churn_lane_count(matrix), size = churn_kernel_sums(n);
  size_t threads = (size_t)churn_parallel_threads(run), tile = CHURN_TILE_ROWS * sizeof(double);
  meat_pass pass = {.matrix = matrix,
                    .by_cluster = by_cluster,
                    .coefficients = coefficients,
                    .kernel = churn_kernel_choose(NULL)};
  pass.scratch = churn_array_new_aligned(threads * matrix->columns, tile);
  pass.scores = churn_array_new_aligned(threads * n, tile);
  if (lanes == 0 || size <= SIZE_MAX / lanes)
    pass.lane_sums = churn_array_new(lanes * size, sizeof *pass.lane_sums);
  if (pass.scratch == NULL || pass.scores == NULL || pass.lane_sums == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = churn_parallel_run(lanes, add_lane, &pass, NULL, run, error);
  if (status == CHURN_OK)
    add_lanes(&pass, lanes, meat, counts);
  free(pass.scratch);
  free(pass.scores);
  free(pass.lane_sums);
  return status;
}

double churn_robust_correction(churn_robust_counts counts, size_t coefficients)
{
  double clusters = (double)counts.clusters, rows = (double)counts.rows;
  return clusters / (clusters - 1) * (rows - 1) / (rows - (double)coefficients);
}

static void multiply(const double *a, const double *b, size_t n, double *product)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = 0;
      for (size_t k = 0; k < n; k++)
        sum += a[i * n + k] * b[k * n + j];
      product[i * n + j] = sum;
    }
}

churn_status churn_sandwich(const double *bread, const double *meat, size_t n, double factor,
                            double *covariance, churn_error *error)
{
  double *half = churn_array_new(n * n, sizeof *half);
  if (half == NULL)
    return churn_error_no_memory(error);
  multiply(bread, meat, n, half);
  multiply(half, bread, n, covariance);
  for (size_t i = 0; i < n * n; i++)
    covariance[i] *= factor;
  free(half);
  return CHURN_OK;
}
