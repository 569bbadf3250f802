/* The design matrix in tiles of 256 rows: making and freeing. Place in the flow: encoding fills it,
 * the fit reads it. Cost: (rows rounded up to whole tiles) x (columns + 2) doubles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/matrix.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Zeroed and aligned; NULL when count_a * count_b doubles cannot be had. */
static double *zeros_new(size_t count_a, size_t count_b)
{
  if (count_b != 0 && count_a > SIZE_MAX / sizeof(double) / count_b)
    return NULL;
  size_t count = count_a * count_b;
  double *values = churn_array_new_aligned(count, sizeof *values);
  if (values != NULL)
    memset(values, 0, count * sizeof *values);
  return values;
}

churn_status churn_matrix_new(size_t rows, size_t columns, churn_matrix **matrix,
                              churn_error *error)
{
  churn_status status = CHURN_OK;
  churn_matrix *made = churn_array_new(1, sizeof *made);
  size_t padded = 0;
  if (made == NULL || churn_tile_count(rows) > SIZE_MAX / CHURN_TILE_ROWS) {
    status = churn_error_no_memory(error);
    goto done;
  }
  padded = churn_tile_count(rows) * CHURN_TILE_ROWS;
  made->rows = rows;
  made->columns = columns;
  made->tiles = zeros_new(padded, columns);
  made->y = made->tiles == NULL ? NULL : zeros_new(padded, 1);
  made->weight = made->y == NULL ? NULL : zeros_new(padded, 1);
  if (made->weight == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  for (size_t r = 0; r < rows; r++)
    made->weight[r] = 1;
  *matrix = made;
  made = NULL;
done:
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
  free(matrix);
}
