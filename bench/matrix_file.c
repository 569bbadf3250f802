/* Opens the file of the bench's matrix.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "matrix_file.h"

FILE *churn_bench_matrix_open(const char *path, uint64_t *rows, uint64_t *columns)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    return NULL;
  }
  uint64_t header[2];
  if (fread(header, sizeof *header, 2, file) != 2 || header[0] == 0 || header[1] == 0 ||
      header[0] > SIZE_MAX / sizeof(double) / (header[1] + 1)) {
    fprintf(stderr, "%s: not a matrix of make_matrix\n", path);
    fclose(file);
    return NULL;
  }
  *rows = header[0];
  *columns = header[1];
  return file;
}

static int read_column(FILE *file, size_t rows, double *first, size_t stride)
{
  for (size_t row = 0; row < rows; row += CHURN_TILE_ROWS) {
    size_t part = rows - row < CHURN_TILE_ROWS ? rows - row : CHURN_TILE_ROWS;
    if (fread(first + row / CHURN_TILE_ROWS * stride, sizeof *first, part, file) != part)
      return 0;
  }
  return 1;
}

churn_matrix *churn_bench_matrix_read(const char *path, churn_error *error)
{
  uint64_t rows = 0;
  uint64_t columns = 0;
  churn_matrix *matrix = NULL;
  FILE *file = churn_bench_matrix_open(path, &rows, &columns);
  if (file == NULL || churn_matrix_new(rows, columns, &matrix, error) != CHURN_OK)
    goto done;
  int good = 1;
  for (size_t c = 0; c < columns && good; c++)
    good = read_column(file, rows, churn_matrix_tile(matrix, 0, c), columns * CHURN_TILE_ROWS);
  if (!good || fread(matrix->y, sizeof *matrix->y, rows, file) != rows) {
    fprintf(stderr, "%s: ends early\n", path);
    churn_matrix_free(matrix);
    matrix = NULL;
  }
done:
  if (file != NULL)
    fclose(file);
  return matrix;
}
