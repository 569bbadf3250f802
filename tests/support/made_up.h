/* Made-up design matrices for the tests of the fit: a small random stream of their own, and planted
 * coefficients.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_MADE_UP_H
#define CHURN_TEST_MADE_UP_H

#include "design/matrix.h"
#include "support.h"

#include <math.h>

/* splitmix64 (Steele, Lea and Flood, 2014): the next number in [0, 1). */
static inline double uniform(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static inline double *cell_of(const churn_matrix *m, size_t row, size_t column)
{
  return &churn_matrix_tile(m, row / CHURN_TILE_ROWS, column)[row % CHURN_TILE_ROWS];
}

static inline churn_matrix *matrix_of(size_t rows, size_t columns)
{
  churn_matrix *m = NULL;
  churn_error error;
  assert_ok(churn_matrix_new(rows, columns, &m, &error), &error);
  return m;
}

static inline churn_matrix *matrix_copy(const churn_matrix *from)
{
  churn_matrix *m = matrix_of(from->rows, from->columns);
  for (size_t r = 0; r < m->rows; r++) {
    m->y[r] = from->y[r];
    m->weight[r] = from->weight[r];
    for (size_t c = 0; c < m->columns; c++)
      *cell_of(m, r, c) = *cell_of(from, r, c);
  }
  if (from->offset != NULL) {
    churn_error error;
    assert_ok(churn_matrix_add_offset(m, &error), &error);
    for (size_t r = 0; r < m->rows; r++)
      m->offset[r] = from->offset[r];
  }
  m->repeated = from->repeated;
  return m;
}

/* Offsets from -1.2 to 1.9. */
static inline void offset_rows(churn_matrix *m, uint64_t seed)
{
  churn_error error;
  assert_ok(churn_matrix_add_offset(m, &error), &error);
  for (size_t r = 0; r < m->rows; r++)
    m->offset[r] = 3.1 * uniform(&seed) - 1.2;
}

static inline double offset_of(const churn_matrix *m, size_t row)
{
  return m->offset == NULL ? 0 : m->offset[row];
}

/* Columns of different kinds, scales and places (uniform, 0/1, skew, partly the column before), and
 * labels drawn from planted coefficients. */
static inline churn_matrix *made_up(size_t rows, size_t columns, uint64_t seed)
{
  churn_matrix *m = matrix_of(rows, columns);
  uint64_t stream = seed;
  for (size_t r = 0; r < rows; r++) {
    double eta = -0.83, last = 0;
    for (size_t c = 0; c < columns; c++) {
      double u = uniform(&stream), raw = u - 0.5;
      if (c % 4 == 1)
        raw = u < 0.27;
      else if (c % 4 == 2)
        raw = -log(1 - u);
      else if (c % 4 == 3)
        raw = 0.6 * last + u;
      last = raw;
      *cell_of(m, r, c) = raw * (1 + 7.3 * (double)(c % 3)) + 11.7 * (double)(c % 5);
      eta += (c % 2 == 0 ? 0.61 : -0.47) * (raw - 0.4) / (1 + 0.1 * (double)c);
    }
    m->y[r] = uniform(&stream) < 1 / (1 + exp(-eta));
  }
  return m;
}

#endif
