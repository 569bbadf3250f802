/* The design matrix in tiles of 256 rows: row r, column c at tiles[((r/256)*columns + c)*256 +
 * r%256]. Columns are contiguous inside a tile, tiles are 64-byte aligned, rows past the end are 0
 * with weight 0. The intercept is not stored. `y` is 0/1 and `weight` >= 0, both padded with 0 to
 * whole tiles, and so is `offset`, a known part of each row's linear predictor. `cluster` tells
 * which rows depend on each other (those of one customer): rows of a cluster stand together and
 * have the same number; NULL = every row stands for itself.
 *
 * Of a category with many levels at most one column is 1 in a row: such a block of columns is kept
 * as one code a row in place of a double for each. Columns are numbered as if all stood in the
 * tiles; whoever wants them so asks for churn_matrix_dense.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_MATRIX_H
#define CHURN_DESIGN_MATRIX_H

#include "base/lanes.h"

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns of which at most one is on in a row. */
typedef struct churn_code_block {
  size_t levels;
  int32_t *columns; /* [levels]: the column that is on there; -1 = none */
  uint16_t *codes;  /* [tile_count * 256]: the level, or `levels` where none of them is on */
} churn_code_block;

/* Where a column is kept. */
typedef struct churn_column_place {
  int32_t block;  /* -1: in the tiles */
  uint32_t index; /* its number in the tiles, or its level in the block */
  double low;     /* of a coded column: its value where it is off, and where it is on; 0 and 1, */
  double high;    /* until it is standardised */
} churn_column_place;

enum { CHURN_MOST_LEVELS = UINT16_MAX - 1 };

typedef struct churn_matrix {
  size_t rows;
  size_t columns;
  size_t dense;      /* columns in the tiles */
  double *tiles;     /* [tile_count * dense * 256] */
  double *y;         /* [tile_count * 256] */
  double *weight;    /* [tile_count * 256] */
  double *offset;    /* [tile_count * 256], 64-byte aligned; NULL = none */
  uint32_t *cluster; /* [rows], or NULL; owned like the others, set by whoever knows */
  bool standardised; /* churn_matrix_standardise has been here */
  bool repeated;     /* a weight of n stands for n equal rows; else for one that counts so much */
  churn_column_place *places; /* [columns]; NULL = all in the tiles, in order */
  churn_code_block *blocks;
  size_t block_count;
} churn_matrix;

/* All zero, weights 1 for the rows that exist, no offset. */
CHURN_MUST_USE churn_status churn_matrix_new(size_t rows, size_t columns, churn_matrix **matrix,
                                             churn_error *error);

/* The same with columns kept as codes: block_of[c] (below block_count) = the block of column c, -1
 * = in the tiles; levels are numbered in column order, at most CHURN_MOST_LEVELS. All codes tell
 * that no column is on. */
CHURN_MUST_USE churn_status churn_matrix_new_coded(size_t rows, size_t columns,
                                                   const int32_t *block_of, size_t block_count,
                                                   churn_matrix **matrix, churn_error *error);

/* The same, but what stands in the tiles is not set: for callers that write tile after tile, from
 * churn_matrix_zero on. Memory is taken up by the tiles written. */
CHURN_MUST_USE churn_status churn_matrix_new_blank(size_t rows, size_t columns,
                                                   const int32_t *block_of, size_t block_count,
                                                   churn_matrix **matrix, churn_error *error);
void churn_matrix_zero(churn_matrix *matrix, size_t tile);

/* Another that keeps the same columns in the same way, with an offset where `like` has one; blank
 * as above but for the last tile. */
CHURN_MUST_USE churn_status churn_matrix_new_like(const churn_matrix *like, size_t rows,
                                                  churn_matrix **matrix, churn_error *error);
void churn_matrix_free(churn_matrix *matrix);

/* Gives the matrix an offset of 0 in every row, for the caller to fill. */
CHURN_MUST_USE churn_status churn_matrix_add_offset(churn_matrix *matrix, churn_error *error);

/* Column number `index` of those in the tiles. */
static inline double *churn_matrix_tile(const churn_matrix *matrix, size_t tile, size_t index)
{
  return matrix->tiles + (tile * matrix->dense + index) * CHURN_TILE_ROWS;
}

static inline churn_column_place churn_matrix_place(const churn_matrix *matrix, size_t column)
{
  if (matrix->places != NULL)
    return matrix->places[column];
  return (churn_column_place){.block = -1, .index = (uint32_t)column};
}

static inline const uint16_t *churn_matrix_codes(const churn_matrix *matrix, size_t tile,
                                                 size_t block)
{
  return matrix->blocks[block].codes + tile * CHURN_TILE_ROWS;
}

/* The offsets of one tile, or NULL. */
static inline const double *churn_matrix_offset(const churn_matrix *matrix, size_t tile)
{
  return matrix->offset == NULL ? NULL : matrix->offset + tile * CHURN_TILE_ROWS;
}

/* Writes out every column of one tile, [columns * 256]; coded ones are 0 where a row has no weight.
 */
void churn_matrix_expand(const churn_matrix *matrix, size_t tile, double *columns);

/* The columns of one tile as columns x 256 doubles, wherever they are kept: `scratch` has room for
 * them and may or may not be used. For whoever needs every value of a row; sums over rows have
 * their own ways (fit/objective.h). */
static inline const double *churn_matrix_dense(const churn_matrix *matrix, size_t tile,
                                               double *scratch)
{
  if (matrix->places == NULL)
    return churn_matrix_tile(matrix, tile, 0);
  churn_matrix_expand(matrix, tile, scratch);
  return scratch;
}

/* Removes columns (keep[c] false) in place. */
void churn_matrix_keep(churn_matrix *matrix, const bool *keep);

#endif
