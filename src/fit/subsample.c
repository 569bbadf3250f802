/* A share of a design matrix's rows, one of each group.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/subsample.h"

#include "base/hash.h"
#include "base/parallel.h"

#include <string.h>

/* Rows that are taken together: doubles in a cache line, and a part of a tile. */
enum { RUN = 8 };

size_t churn_subsample_group(size_t rows, size_t most)
{
  size_t group = 1;
  while (most > 0 && rows / group > most)
    group *= 2;
  return group;
}

size_t churn_subsample_rows(size_t rows, size_t group)
{
  return rows / RUN / group * RUN;
}

/* Number of the run that is taken from a group. */
static size_t taken_run(size_t number, size_t group)
{
  double share = churn_hash_unit((const char *)&number, sizeof number, 0);
  return number * group + (size_t)(share * (double)group);
}

size_t churn_subsample_row(size_t number, size_t group)
{
  return taken_run(number / RUN, group) * RUN + number % RUN;
}

churn_status churn_subsample_prepare(churn_subsample *subsample, const churn_matrix *from,
                                     size_t group, churn_error *error)
{
  churn_matrix *made = NULL;
  churn_status status =
      churn_matrix_new_like(from, churn_subsample_rows(from->rows, group), &made, error);
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

static void take_run(churn_matrix *to, size_t to_row, const churn_matrix *from, size_t row)
{
  for (size_t i = 0; i < RUN; i++)
    take_row(to, to_row + i, from, row + i);
  for (size_t c = 0; c < from->dense; c++)
    memcpy(churn_matrix_tile(to, to_row / CHURN_TILE_ROWS, c) + to_row % CHURN_TILE_ROWS,
           churn_matrix_tile(from, row / CHURN_TILE_ROWS, c) + row % CHURN_TILE_ROWS,
           RUN * sizeof(double));
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
  churn_matrix *to = f->subsample->matrix;
  size_t group = f->subsample->group, tiles = churn_tile_count(to->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1) * CHURN_TILE_ROWS;
  for (size_t row = churn_lane_first_tile(tiles, lane) * CHURN_TILE_ROWS;
       row < end && row < to->rows; row += RUN)
    take_run(to, row, f->from, churn_subsample_row(row, group));
  return CHURN_OK;
}

churn_status churn_subsample_fill(churn_subsample *subsample, const churn_matrix *from,
                                  const churn_run *run, churn_error *error)
{
  fill f = {subsample, from};
  return churn_parallel_run(CHURN_LANES, fill_lane, &f, NULL, run, error);
}
