/* Features that move together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/collinear.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_TILES = 1024 };

typedef struct correlating {
  const churn_matrix *matrix;
  size_t tiles;    /* that are looked at */
  size_t size;     /* columns + 1: the last is the constant */
  double *lanes;   /* [lanes][size * size], lower triangles */
  double *scratch; /* [threads][2 * size * 256] */
} correlating;

static double product(const double *a, const double *b)
{
  double sums[4] = {0};
  for (size_t r = 0; r < CHURN_TILE_ROWS; r += 4)
    for (size_t i = 0; i < 4; i++)
      sums[i] += a[r + i] * b[r + i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void add_tile(const correlating *c, size_t tile, double *scratch, double *sums)
{
  size_t n = c->size;
  double *weighted = scratch, *columns = scratch + n * CHURN_TILE_ROWS;
  const double *weight = c->matrix->weight + tile * CHURN_TILE_ROWS;
  churn_matrix_expand(c->matrix, tile, columns);
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    columns[(n - 1) * CHURN_TILE_ROWS + r] = 1;
  for (size_t i = 0; i < n * CHURN_TILE_ROWS; i++)
    weighted[i] = columns[i] * weight[i % CHURN_TILE_ROWS];
  for (size_t a = 0; a < n; a++)
    for (size_t b = 0; b <= a; b++)
      sums[a * n + b] += product(weighted + a * CHURN_TILE_ROWS, columns + b * CHURN_TILE_ROWS);
}

static churn_status sum_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const correlating *c = context;
  size_t all = churn_tile_count(c->matrix->rows);
  double *scratch = c->scratch + (size_t)thread * 2 * c->size * CHURN_TILE_ROWS;
  for (size_t i = churn_lane_first_tile(c->tiles, lane);
       i < churn_lane_first_tile(c->tiles, lane + 1); i++)
    add_tile(c, i * all / c->tiles, scratch, c->lanes + lane * c->size * c->size);
  return CHURN_OK;
}

static double covariance(const double *sums, size_t n, size_t a, size_t b)
{
  double all = sums[n * n - 1];
  return sums[a * n + b] / all - sums[(n - 1) * n + a] / all * (sums[(n - 1) * n + b] / all);
}

/* The first feature of the group that a feature is in so far. */
static uint32_t first_of(const uint32_t *first, uint32_t feature)
{
  while (first[feature] != feature)
    feature = first[feature];
  return feature;
}

static void link_features(const double *sums, size_t n, const uint32_t *feature_of, uint32_t *first)
{
  for (size_t a = 0; a + 1 < n; a++)
    for (size_t b = 0; b < a; b++) {
      double both = covariance(sums, n, a, b);
      double least = CHURN_COLLINEAR_BOUND * CHURN_COLLINEAR_BOUND * covariance(sums, n, a, a) *
                     covariance(sums, n, b, b);
      uint32_t one = first_of(first, feature_of[a]), other = first_of(first, feature_of[b]);
      if (least > 0 && both * both >= least)
        first[one < other ? other : one] = one < other ? one : other;
    }
}

/* A group has the number of its first feature, which comes before the others.
 */
static churn_status number_groups(const uint32_t *first, size_t features, uint32_t *groups,
                                  churn_error *error)
{
  uint32_t *sizes = churn_array_new(features, sizeof *sizes), count = 0;
  if (sizes == NULL)
    return churn_error_no_memory(error);
  for (uint32_t f = 0; f < features; f++)
    sizes[first_of(first, f)]++;
  for (uint32_t f = 0; f < features; f++) {
    uint32_t one = first_of(first, f);
    groups[f] = sizes[one] < 2 ? 0 : one == f ? ++count : groups[one];
  }
  free(sizes);
  return CHURN_OK;
}

churn_status churn_collinear_groups(const churn_matrix *matrix, const uint32_t *feature_of,
                                    size_t features, const churn_run *run, uint32_t *groups,
                                    churn_error *error)
{
  size_t all = churn_tile_count(matrix->rows), n = matrix->columns + 1;
  size_t threads = (size_t)churn_parallel_threads(run);
  correlating c = {matrix, all < MOST_TILES ? all : MOST_TILES, n,
                   churn_array_new(CHURN_LANES * n * n, sizeof *c.lanes),
                   churn_array_new_aligned(threads * 2 * n * CHURN_TILE_ROWS, sizeof *c.scratch)};
  uint32_t *first = churn_array_new(features, sizeof *first);
  churn_status status = c.lanes == NULL || c.scratch == NULL || first == NULL
                            ? churn_error_no_memory(error)
                            : churn_parallel_run(CHURN_LANES, sum_lane, &c, NULL, run, error);
  for (uint32_t f = 0; status == CHURN_OK && f < features; f++)
    first[f] = f;
  for (size_t i = n * n; status == CHURN_OK && i < CHURN_LANES * n * n; i++)
    c.lanes[i % (n * n)] += c.lanes[i];
  if (status == CHURN_OK) {
    link_features(c.lanes, n, feature_of, first);
    status = number_groups(first, features, groups, error);
  }
  free(c.lanes);
  free(c.scratch);
  free(first);
  return status;
}
