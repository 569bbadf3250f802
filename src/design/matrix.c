/* The design matrix in tiles of 256 rows: making and freeing. Place in the flow: encoding fills it,
 * the fit reads it. Cost: (rows rounded up to whole tiles) x (columns in tiles + 2) doubles, and
 * two bytes a row for each block of coded columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/matrix.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Aligned; NULL when count_a * count_b doubles cannot be had. */
static double *blank_new(size_t count_a, size_t count_b)
{
  if (count_b != 0 && count_a > SIZE_MAX / sizeof(double) / count_b)
    return NULL;
  return churn_array_new_aligned(count_a * count_b, sizeof(double));
}

static double *zeros_new(size_t count_a, size_t count_b)
{
  double *values = blank_new(count_a, count_b);
  if (values != NULL)
    memset(values, 0, count_a * count_b * sizeof *values);
  return values;
}

/* Rows and columns are set; places and blocks are made by the caller. */
static churn_status fill_new(churn_matrix *made, size_t rows, churn_error *error)
{
  size_t padded = churn_tile_count(rows) * CHURN_TILE_ROWS;
  made->tiles = blank_new(padded, made->dense);
  made->y = made->tiles == NULL ? NULL : zeros_new(padded, 1);
  made->weight = made->y == NULL ? NULL : zeros_new(padded, 1);
  if (made->weight == NULL)
    return churn_error_no_memory(error);
  for (size_t r = 0; r < rows; r++)
    made->weight[r] = 1;
  return CHURN_OK;
}

static bool block_prepare(churn_code_block *block, size_t levels, size_t padded)
{
  block->levels = levels;
  block->columns = churn_array_new(levels, sizeof *block->columns);
  block->codes = churn_array_new(padded, sizeof *block->codes);
  for (size_t r = 0; block->codes != NULL && r < padded; r++)
    block->codes[r] = (uint16_t)levels;
  return block->columns != NULL && block->codes != NULL;
}

/* Where each column goes, and the blocks still without levels' columns. */
static bool place_columns(churn_matrix *made, const int32_t *block_of, size_t padded)
{
  made->places = churn_array_new(made->columns, sizeof *made->places);
  made->blocks = churn_array_new(made->block_count, sizeof *made->blocks);
  if (made->places == NULL || made->blocks == NULL)
    return false;
  for (size_t c = 0; c < made->columns; c++) {
    int32_t b = block_of[c];
    size_t index = b < 0 ? made->dense++ : made->blocks[b].levels++;
    made->places[c] = (churn_column_place){b, (uint32_t)index, 0, 1};
  }
  bool good = true;
  for (size_t b = 0; b < made->block_count && good; b++)
    good = block_prepare(&made->blocks[b], made->blocks[b].levels, padded);
  for (size_t c = 0; c < made->columns && good; c++)
    if (block_of[c] >= 0)
      made->blocks[block_of[c]].columns[made->places[c].index] = (int32_t)c;
  return good;
}

churn_status churn_matrix_new_blank(size_t rows, size_t columns, const int32_t *block_of,
                                    size_t block_count, churn_matrix **matrix, churn_error *error)
{
  churn_status status = CHURN_OK;
  churn_matrix *made = churn_array_new(1, sizeof *made);
  if (made == NULL || churn_tile_count(rows) > SIZE_MAX / CHURN_TILE_ROWS) {
    status = churn_error_no_memory(error);
    goto done;
  }
  made->rows = rows;
  made->columns = columns;
  made->block_count = block_count;
  made->dense = block_count == 0 ? columns : 0;
  if (block_count > 0 && !place_columns(made, block_of, churn_tile_count(rows) * CHURN_TILE_ROWS))
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = fill_new(made, rows, error);
  if (status != CHURN_OK)
    goto done;
  *matrix = made;
  made = NULL;
done:
  churn_matrix_free(made);
  return status;
}

churn_status churn_matrix_new_coded(size_t rows, size_t columns, const int32_t *block_of,
                                    size_t block_count, churn_matrix **matrix, churn_error *error)
{
  churn_matrix *made = NULL;
  churn_status status = churn_matrix_new_blank(rows, columns, block_of, block_count, &made, error);
  if (status != CHURN_OK)
    return status;
  for (size_t t = 0; t < churn_tile_count(rows); t++)
    churn_matrix_zero(made, t);
  *matrix = made;
  return CHURN_OK;
}

void churn_matrix_zero(churn_matrix *matrix, size_t tile)
{
  memset(churn_matrix_tile(matrix, tile, 0), 0,
         matrix->dense * CHURN_TILE_ROWS * sizeof *matrix->tiles);
}

churn_status churn_matrix_new(size_t rows, size_t columns, churn_matrix **matrix,
                              churn_error *error)
{
  return churn_matrix_new_coded(rows, columns, NULL, 0, matrix, error);
}

static bool copy_places(churn_matrix *to, const churn_matrix *from, size_t padded)
{
  to->places = churn_array_new(from->columns, sizeof *to->places);
  to->blocks = churn_array_new(from->block_count, sizeof *to->blocks);
  if (to->places == NULL || to->blocks == NULL)
    return false;
  memcpy(to->places, from->places, from->columns * sizeof *to->places);
  for (size_t b = 0; b < from->block_count; b++) {
    const churn_code_block *block = &from->blocks[b];
    if (!block_prepare(&to->blocks[b], block->levels, padded))
      return false;
    memcpy(to->blocks[b].columns, block->columns, block->levels * sizeof *block->columns);
  }
  return true;
}

churn_status churn_matrix_new_like(const churn_matrix *like, size_t rows, churn_matrix **matrix,
                                   churn_error *error)
{
  churn_matrix *made = NULL;
  churn_status status = churn_matrix_new_blank(rows, like->dense, NULL, 0, &made, error);
  if (status == CHURN_OK && rows > 0)
    churn_matrix_zero(made, churn_tile_count(rows) - 1);
  if (status == CHURN_OK && like->offset != NULL)
    status = churn_matrix_add_offset(made, error);
  if (status == CHURN_OK && like->places != NULL) {
    made->columns = like->columns;
    made->block_count = like->block_count;
    if (!copy_places(made, like, churn_tile_count(rows) * CHURN_TILE_ROWS))
      status = churn_error_no_memory(error);
  }
  if (status == CHURN_OK)
    *matrix = made;
  else
    churn_matrix_free(made);
  return status;
}

churn_status churn_matrix_add_offset(churn_matrix *matrix, churn_error *error)
{
  double *offset = zeros_new(churn_tile_count(matrix->rows), CHURN_TILE_ROWS);
  if (offset == NULL)
    return churn_error_no_memory(error);
  free(matrix->offset);
  matrix->offset = offset;
  return CHURN_OK;
}

void churn_matrix_free(churn_matrix *matrix)
{
  if (matrix == NULL)
    return;
  free(matrix->tiles);
  free(matrix->y);
  free(matrix->weight);
  free(matrix->offset);
  free(matrix->cluster);
  for (size_t b = 0; matrix->blocks != NULL && b < matrix->block_count; b++) {
    free(matrix->blocks[b].columns);
    free(matrix->blocks[b].codes);
  }
  free(matrix->blocks);
  free(matrix->places);
  free(matrix);
}

static void expand_column(const churn_column_place *place, const uint16_t *codes,
                          const double *weight, double *column)
{
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
    double value = codes[r] == place->index ? place->high : place->low;
    column[r] = weight[r] > 0 ? value : 0;
  }
}

void churn_matrix_expand(const churn_matrix *matrix, size_t tile, double *columns)
{
  const double *weight = matrix->weight + tile * CHURN_TILE_ROWS;
  for (size_t c = 0; c < matrix->columns; c++) {
    churn_column_place place = churn_matrix_place(matrix, c);
    double *column = columns + c * CHURN_TILE_ROWS;
    if (place.block < 0)
      memcpy(column, churn_matrix_tile(matrix, tile, place.index),
             CHURN_TILE_ROWS * sizeof *column);
    else
      expand_column(&place, churn_matrix_codes(matrix, tile, (size_t)place.block), weight, column);
  }
}

/* Keeps those of the columns in the tiles that keep[] wants, in place. */
static void keep_tiles(churn_matrix *matrix, const bool *keep)
{
  double *to = matrix->tiles;
  for (size_t t = 0; t < churn_tile_count(matrix->rows); t++)
    for (size_t c = 0; c < matrix->columns; c++) {
      churn_column_place place = churn_matrix_place(matrix, c);
      if (!keep[c] || place.block >= 0)
        continue;
      memmove(to, churn_matrix_tile(matrix, t, place.index), CHURN_TILE_ROWS * sizeof *to);
      to += CHURN_TILE_ROWS;
    }
}

void churn_matrix_keep(churn_matrix *matrix, const bool *keep)
{
  size_t kept = 0, dense = 0;
  keep_tiles(matrix, keep);
  for (size_t c = 0; c < matrix->columns; c++) {
    churn_column_place place = churn_matrix_place(matrix, c);
    if (place.block >= 0)
      matrix->blocks[place.block].columns[place.index] = keep[c] ? (int32_t)kept : -1;
    else if (keep[c])
      place.index = (uint32_t)dense++;
    if (keep[c] && matrix->places != NULL)
      matrix->places[kept] = place;
    kept += keep[c];
  }
  matrix->columns = kept;
  matrix->dense = dense;
}
