/* The fixed partition that makes sums independent of the number of threads.
 *
 * n rows are grouped in tiles of 256; tiles are dealt to 64 lanes, each a run of consecutive tiles.
 * A lane is summed by one task from its first row to its last, and lane sums are added in lane
 * order: the same additions in the same order for any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_LANES_H
#define CHURN_BASE_LANES_H

#include <stddef.h>

enum { CHURN_TILE_ROWS = 256, CHURN_LANES = 64 };

static inline size_t churn_tile_count(size_t rows)
{
  return rows / CHURN_TILE_ROWS + (rows % CHURN_TILE_ROWS != 0);
}

/* First tile of `lane` (0..CHURN_LANES); lane CHURN_LANES gives the end of the last one. */
static inline size_t churn_lane_first_tile(size_t tiles, size_t lane)
{
  size_t share = tiles / CHURN_LANES, rest = tiles % CHURN_LANES;
  return lane * share + (lane < rest ? lane : rest);
}

/* Doubles from one lane's sums to the next one's: whole cache lines, in pairs, so that no thread
 * waits for what another writes. */
static inline size_t churn_lane_stride(size_t doubles)
{
  return (doubles + 15) / 16 * 16;
}

/* Rows in `tile`. */
static inline size_t churn_tile_rows(size_t rows, size_t tile)
{
  size_t first = tile * CHURN_TILE_ROWS;
  return rows - first < CHURN_TILE_ROWS ? rows - first : CHURN_TILE_ROWS;
}

#endif
