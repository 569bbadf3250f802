/* What a grouping keeps of a piece, in a temporary file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/spilled_piece.h"

#include <stdlib.h>
#include <string.h>

size_t churn_spilled_row_bytes(const churn_narrow *columns, size_t count)
{
  size_t bytes = 0;
  for (size_t c = 0; c < count; c++)
    bytes += columns[c].width;
  return bytes;
}

size_t churn_spilled_offset(const churn_narrow *columns, size_t count, size_t column, size_t rows)
{
  size_t before = 0;
  for (size_t c = 0; c < count; c++)
    if (columns[c].width > columns[column].width ||
        (columns[c].width == columns[column].width && c < column))
      before += columns[c].width;
  return before * rows;
}

churn_status churn_spilled_write(churn_temporary *file, const uint32_t *starts, size_t parts,
                                 churn_narrow *columns, size_t count, uint64_t *at,
                                 churn_error *error)
{
  size_t row_bytes = churn_spilled_row_bytes(columns, count), length = starts[parts] * row_bytes;
  unsigned char *bytes = malloc(length + 1);
  if (bytes == NULL)
    return churn_error_no_memory(error);
  for (size_t q = 0; q < parts; q++) {
    size_t rows = starts[q + 1] - starts[q];
    for (size_t c = 0; c < count && rows > 0; c++)
      if (columns[c].width > 0)
        memcpy(bytes + starts[q] * row_bytes + churn_spilled_offset(columns, count, c, rows),
               columns[c].values + starts[q] * columns[c].width, rows * columns[c].width);
  }
  churn_status status = churn_temporary_append(file, bytes, length, at, error);
  free(bytes);
  for (size_t c = 0; c < count; c++) {
    if (!columns[c].borrowed)
      free(columns[c].values);
    columns[c].values = NULL;
  }
  return status;
}
