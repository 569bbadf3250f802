/* A share of a design matrix's rows, one of each group.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/subsample.h"

#include "base/hash.h"
#include "base/parallel.h"

size_t churn_subsample_group(size_t rows, size_t most)
{
  size_t group = 1;
  while (most > 0 && rows / group > most)
    group *= 2;
  return group;
}

size_t churn_subsample_row(size_t number, size_t group)
{
  double share = churn_hash_unit((const char *)&number, sizeof number, 0);
  return number * group + (size_t)(share * (double)group);
}

churn_status churn_subsample_prepare(churn_subsample *subsample, const churn_matrix *from,
                                     size_t group, churn_error *error)
{
  churn_matrix *made = NULL;
  churn_status status = churn_matrix_new_like(from, from->rows / group, &made, error);
  if (status != CHURN_OK)
    return status;
  *subsample = (churn_subsample){made, group};
  return CHURN_OK;
}

void churn_subsample_clear(churn_subsample *subsample)
{
  churn_matrix_free(subsample->matrix);
  *subsample = (churn_subsample){0};
}

/* Labels, weights, offsets and codes. */
static void take_row(churn_matrix *to, size_t to_row, const churn_matrix *from, size_t row)
{
  to->y[to_row] = from->y[row];
  to->weight[to_row] = from->weight[row];
  if (from->offset != NULL)
    to->offset[to_row] = from->offset[row];
  for (size_t b = 0; b < from->block_count; b++)
    to->blocks[b].codes[to_row] = from->blocks[b].codes[row];
}

/* Columns in the tiles: of `count` rows at the places `at` of one tile, to rows `first` and on. */
static void take_columns(churn_matrix *to, size_t first, const churn_matrix *from, size_t tile,
                         const uint16_t *at, size_t count)
{
  for (size_t c = 0; c < from->dense; c++) {
    const double *x = churn_matrix_tile(from, tile, c);
    for (size_t i = 0; i < count; i++) {
      size_t row = first + i;
      churn_matrix_tile(to, row / CHURN_TILE_ROWS, c)[row % CHURN_TILE_ROWS] = x[at[i]];
    }
  }
}

static void take_tile(const churn_subsample *subsample, const churn_matrix *from, size_t tile)
{
  uint16_t at[CHURN_TILE_ROWS];
  size_t group = subsample->group, first = tile * CHURN_TILE_ROWS, count = 0, first_taken = 0;
  size_t end = first + churn_tile_rows(from->rows, tile);
  for (size_t g = first / group; g < subsample->matrix->rows && g * group < end; g++) {
    size_t row = churn_subsample_row(g, group);
    if (row < first || row >= end)
      continue;
    if (count == 0)
      first_taken = g;
    at[count++] = (uint16_t)(row - first);
    take_row(subsample->matrix, g, from, row);
  }
  take_columns(subsample->matrix, first_taken, from, tile, at, count);
}

typedef struct fill {
  const churn_subsample *subsample;
  const churn_matrix *from;
} fill;

static churn_status fill_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const fill *f = context;
  size_t tiles = churn_tile_count(f->from->rows), end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    take_tile(f->subsample, f->from, t);
  return CHURN_OK;
}

churn_status churn_subsample_fill(churn_subsample *subsample, const churn_matrix *from,
                                  const churn_run *run, churn_error *error)
{
  fill f = {subsample, from};
  return churn_parallel_run(CHURN_LANES, fill_lane, &f, NULL, run, error);
}
