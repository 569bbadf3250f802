/* The design matrix in tiles of 256 rows: row r, column c at tiles[((r/256)*columns + c)*256 +
 * r%256]. Columns are contiguous inside a tile, tiles are 64-byte aligned, rows past the end are 0
 * with weight 0. The intercept is not stored. `y` is 0/1 and `weight` >= 0, both padded with 0 to
 * whole tiles, and so is `offset`, a known part of each row's linear predictor. `cluster` tells
 * which rows depend on each other (those of one customer): rows of a cluster stand together and
 * have the same number; NULL = every row stands for itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_MATRIX_H
#define CHURN_DESIGN_MATRIX_H

#include "base/lanes.h"

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct churn_matrix {
  size_t rows;
  size_t columns;
  double *tiles;     /* [tile_count * columns * 256] */
  double *y;         /* [tile_count * 256] */
  double *weight;    /* [tile_count * 256] */
  double *offset;    /* [tile_count * 256], 64-byte aligned; NULL = none */
  uint32_t *cluster; /* [rows], or NULL; owned like the others, set by whoever knows */
  bool repeated;     /* a weight of n stands for n equal rows; else for one that counts so much */
} churn_matrix;

/* All zero, weights 1 for the rows that exist, no offset. */
CHURN_MUST_USE churn_status churn_matrix_new(size_t rows, size_t columns, churn_matrix **matrix,
                                             churn_error *error);
void churn_matrix_free(churn_matrix *matrix);

/* Gives the matrix an offset of 0 in every row, for the caller to fill. */
CHURN_MUST_USE churn_status churn_matrix_add_offset(churn_matrix *matrix, churn_error *error);

static inline double *churn_matrix_tile(const churn_matrix *matrix, size_t tile, size_t column)
{
  return matrix->tiles + (tile * matrix->columns + column) * CHURN_TILE_ROWS;
}

/* The offsets of one tile, or NULL. */
static inline const double *churn_matrix_offset(const churn_matrix *matrix, size_t tile)
{
  return matrix->offset == NULL ? NULL : matrix->offset + tile * CHURN_TILE_ROWS;
}

/* The columns of one tile as columns x 256 doubles, wherever they are kept: `scratch` has room for
 * them and may or may not be used. For whoever needs every value of a row; sums over rows have
 * their own ways (fit/objective.h). */
static inline const double *churn_matrix_dense(const churn_matrix *matrix, size_t tile,
                                               double *scratch)
{
  (void)scratch;
  return churn_matrix_tile(matrix, tile, 0);
}

#endif
