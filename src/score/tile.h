/* The arithmetic of scoring on a tile of rows, a row an element, so that vector code does several
 * at once. The same source is compiled for several instruction sets (tile_body.h) and chosen at run
 * time; each row has the same operations in the same order in all of them, so the bits are the
 * same. Cost: one pass over the tile a column, and one a feature for the reasons.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_TILE_H
#define CHURN_SCORE_TILE_H

#include "base/lanes.h"

#include <churn/score.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All arrays hold CHURN_TILE_ROWS elements, and none overlaps another. */
typedef struct churn_tile_kernel {
  /* logits += x estimate, contributions += (x - mean) estimate; `first`: contributions are 0 so
   * far, whatever they hold. */
  void (*add)(double mean, double estimate, bool first, const double *x, double *logits,
              double *contributions);
  /* True when any of x[0..rows) is NaN. */
  bool (*any_missing)(const double *x, size_t rows);
  /* For each row the features of the largest contributions above 0, largest first, equal ones in
   * the order of the features; UINT32_MAX = no further one. Feature f of row r at f * 256 + r. */
  void (*rank)(const double *contributions, size_t features, int64_t (*found)[CHURN_TILE_ROWS]);
} churn_tile_kernel;

/* The one for the widest instruction set that this machine runs, or that CHURN_ISA names. */
const churn_tile_kernel *churn_tile_kernel_choose(void);

extern const churn_tile_kernel churn_tile_kernel_baseline, churn_tile_kernel_avx2,
    churn_tile_kernel_avx512;

#endif
