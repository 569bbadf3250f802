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
  *subsample = (churn_subsample){made, group, from};
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

/* Sixteen columns ahead, which come from places too far apart for the machine's own look-ahead. */
enum { AHEAD = 16 };

void churn_subsample_bring(const churn_subsample *subsample, size_t tile, double *columns)
{
  const churn_matrix *m = subsample->matrix, *from = subsample->from;
  const double *runs[CHURN_TILE_ROWS / RUN];
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(m->rows, tile), count = rows / RUN;
  for (size_t i = 0; i < count; i++) {
    size_t row = churn_subsample_row(first + i * RUN, subsample->group);
    runs[i] = churn_matrix_tile(from, row / CHURN_TILE_ROWS, 0) + row % CHURN_TILE_ROWS;
  }
  for (size_t c = 0; c < m->dense; c++) {
    double *x = columns + c * CHURN_TILE_ROWS;
    for (size_t i = 0; i < count; i++) {
      __builtin_prefetch(runs[i] + (c + AHEAD) * CHURN_TILE_ROWS, 0, 1);
      memcpy(x + i * RUN, runs[i] + c * CHURN_TILE_ROWS, RUN * sizeof *x);
    }
    memset(x + count * RUN, 0, (CHURN_TILE_ROWS - count * RUN) * sizeof *x);
  }
}

typedef struct fill {
  const churn_subsample *subsample;
  bool with_columns;
} fill;

static void fill_tile(const fill *f, size_t tile)
{
  const churn_subsample *s = f->subsample;
  size_t first = tile * CHURN_TILE_ROWS, end = first + churn_tile_rows(s->matrix->rows, tile);
  for (size_t row = first; row < end; row++)
    take_row(s->matrix, row, s->from, churn_subsample_row(row, s->group));
  if (f->with_columns)
    churn_subsample_bring(s, tile, churn_matrix_tile(s->matrix, tile, 0));
}

static churn_status fill_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const fill *f = context;
  size_t tiles = churn_tile_count(f->subsample->matrix->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    fill_tile(f, t);
  return CHURN_OK;
}

churn_status churn_subsample_fill(const churn_subsample *subsample, const churn_run *run,
                                  churn_error *error)
{
  fill f = {subsample, true};
  return churn_parallel_run(CHURN_LANES, fill_lane, &f, NULL, run, error);
}

churn_status churn_subsample_outline(const churn_subsample *subsample, const churn_run *run,
                                     churn_error *error)
{
  fill f = {subsample, false};
  return churn_parallel_run(CHURN_LANES, fill_lane, &f, NULL, run, error);
}
