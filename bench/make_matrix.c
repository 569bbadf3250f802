/* make_matrix ROWS COLUMNS FILE: a matrix to fit on (matrix_file.h), the same bytes every time.
 *
 * Columns are independent normals, standardised to mean 0 and deviation 1; y is 1 with probability
 * 1 / (1 + exp(-eta)), eta = -2.95 + x b with b_j = 0.8 cos(j) / sqrt(columns / 5), which makes
 * about 8 % positives for any number of columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void make_column(uint64_t *state, size_t rows, double *column)
{
  double mean = 0;
  double square = 0;
  for (size_t row = 0; row < rows; row++) {
    column[row] = churn_bench_draw_normal(state);
    mean += column[row] / (double)rows;
  }
  for (size_t row = 0; row < rows; row++) {
    column[row] -= mean;
    square += column[row] * column[row] / (double)rows;
  }
  for (size_t row = 0; row < rows; row++)
    column[row] /= sqrt(square);
}

static int write_matrix(FILE *file, size_t rows, size_t columns, double *column, double *eta)
{
  uint64_t header[2] = {rows, columns};
  uint64_t state = 20261121;
  int good = fwrite(header, sizeof *header, 2, file) == 2;
  for (size_t row = 0; row < rows; row++)
    eta[row] = -2.95;
  for (size_t c = 0; c < columns && good; c++) {
    double coefficient = 0.8 * cos((double)(c + 1)) / sqrt((double)columns / 5);
    make_column(&state, rows, column);
    for (size_t row = 0; row < rows; row++)
      eta[row] += coefficient * column[row];
    good = fwrite(column, sizeof *column, rows, file) == rows;
  }
  for (size_t row = 0; row < rows; row++)
    eta[row] = churn_bench_draw(&state) < 1 / (1 + exp(-eta[row])) ? 1 : 0;
  return good && fwrite(eta, sizeof *eta, rows, file) == rows;
}

int main(int count, char **words)
{
  size_t rows = count == 4 ? strtoull(words[1], NULL, 10) : 0;
  size_t columns = count == 4 ? strtoull(words[2], NULL, 10) : 0;
  if (rows < 2 || columns == 0) {
    fputs("usage: make_matrix ROWS COLUMNS FILE\n", stderr);
    return 2;
  }
  double *column = calloc(rows, sizeof *column);
  double *eta = calloc(rows, sizeof *eta);
  FILE *file = fopen(words[3], "wb");
  int good = column != NULL && eta != NULL && file != NULL;
  good = good && write_matrix(file, rows, columns, column, eta);
  if (file != NULL && fclose(file) != 0)
    good = 0;
  free(column);
  free(eta);
  if (!good)
    perror(words[3]);
  return good ? 0 : 1;
}
