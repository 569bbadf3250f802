/* X'WX in single precision, part of the likelihood kernel's source (kernel_body.h, included
 * before).
 *
 * Rows are scaled by the root of their curvature and standardised before they lose digits, so that
 * the product is Z'Z and means cost nothing. Z is kept by rows: the elements of a block of the
 * product are then sums over rows each in a place of its own in a register, and none is folded.
 * Half the work of doubles, and twice the rows in a vector.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/kernel.h"

#include <math.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>

enum {
  FLOATS = 2 * VECTOR,
  HEIGHT = FLOATS == 16 ? 8 : 4, /* of a block, unknowns */
  WIDTH = FLOATS == 16 ? 3 : 2,  /* vectors */
  SQUARE = 8,
  GROUP_SIZE = CHURN_TILE_ROWS * FLOATS
};

typedef float floats __attribute__((vector_size(FLOATS * sizeof(float)), may_alias));

/* Columns of Z before they are scaled by the root: values x scale - shift. */
typedef struct rough_columns {
  const double *values[SQUARE];
  double scale[SQUARE];
  double shift[SQUARE];
} rough_columns;

/* Unknowns first..first+7: the intercept's column is 1, and beyond the last there are 0. */
static inline rough_columns find_columns(const double *x, size_t columns, size_t first,
                                         const double *means, const double *deviations)
{
  rough_columns c;
  for (size_t j = 0; j < SQUARE; j++) {
    size_t unknown = first + j;
    bool real = unknown > 0 && unknown <= columns;
    c.values[j] = real ? x + (unknown - 1) * CHURN_TILE_ROWS : zero_column;
    c.scale[j] = real && deviations != NULL ? 1 / deviations[unknown - 1] : 1;
    c.shift[j] = real && means != NULL ? means[unknown - 1] * c.scale[j] : 0;
    c.shift[j] = unknown == 0 ? -1 : c.shift[j];
  }
  return c;
}

#if defined(__AVX__)
typedef float square_row __attribute__((vector_size(SQUARE * sizeof(float)), may_alias));
typedef double wide_row __attribute__((vector_size(SQUARE * sizeof(double)), may_alias));

#define MIX(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)

/* 8 rows of 8 columns, turned: a square from a column each to a row each. */
static inline void pack_square(const rough_columns *c, const double *root, size_t row, float *rows)
{
  const wide_row roots = *(const wide_row *)(const void *)(root + row);
  square_row z[SQUARE], t[SQUARE], u[SQUARE];
#pragma GCC unroll 8
  for (int j = 0; j < SQUARE; j++) {
    const wide_row values = *(const wide_row *)(const void *)(c->values[j] + row);
    z[j] = __builtin_convertvector((values * c->scale[j] - c->shift[j]) * roots, square_row);
  }
#pragma GCC unroll 4
  for (int j = 0; j < SQUARE; j += 2) {
    t[j] = MIX(z[j], z[j + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[j + 1] = MIX(z[j], z[j + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma GCC unroll 2
  for (int j = 0; j < SQUARE; j += 4)
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
      u[j + 2 * i] = MIX(t[j + i], t[j + i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      u[j + 2 * i + 1] = MIX(t[j + i], t[j + i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
#pragma GCC unroll 4
  for (int j = 0; j < SQUARE / 2; j++) {
    *(square_row *)(void *)(rows + j * FLOATS) = MIX(u[j], u[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    *(square_row *)(void *)(rows + (j + 4) * FLOATS) =
        MIX(u[j], u[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/* Z in groups of FLOATS unknowns, each by rows. */
static void pack_rows(const double *x, size_t columns, const double *means,
                      const double *deviations, const double *root, float *packed)
{
  for (size_t first = 0; first <= columns; first += FLOATS, packed += GROUP_SIZE)
    for (size_t j = 0; j < FLOATS; j += SQUARE) {
      const rough_columns c = find_columns(x, columns, first + j, means, deviations);
      for (size_t r = 0; r < CHURN_TILE_ROWS; r += SQUARE)
        pack_square(&c, root, r, packed + r * FLOATS + j);
    }
}
#else
static void pack_rows(const double *x, size_t columns, const double *means,
                      const double *deviations, const double *root, float *packed)
{
  for (size_t first = 0; first <= columns; first += FLOATS, packed += GROUP_SIZE) {
    const rough_columns c = find_columns(x, columns, first, means, deviations);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      for (size_t j = 0; j < FLOATS; j++)
        packed[r * FLOATS + j] = (float)((c.values[j][r] * c.scale[j] - c.shift[j]) * root[r]);
  }
}
#endif

/* sums[HEIGHT][WIDTH * FLOATS], of which `width` vectors are filled. */
static inline __attribute__((always_inline)) void
rough_products(const float *left, const float *right, int width, float *sums, lines *ahead)
{
  floats part[HEIGHT][WIDTH] = {{{0}}};
  lines next = *ahead;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
    floats b[WIDTH];
    next = fetch_line(next);
#pragma GCC unroll 3
    for (int j = 0; j < width; j++)
      b[j] = *(const floats *)(const void *)(right + (size_t)j * GROUP_SIZE + r * FLOATS);
#pragma GCC unroll 8
    for (int i = 0; i < HEIGHT; i++)
#pragma GCC unroll 3
      for (int j = 0; j < width; j++)
        part[i][j] += left[r * FLOATS + (size_t)i] * b[j];
  }
  for (int i = 0; i < HEIGHT; i++)
    for (int j = 0; j < width; j++)
      *(floats *)(void *)(sums + (i * WIDTH + j) * FLOATS) = part[i][j];
  *ahead = next;
}

/* The block's part of the packed triangle. */
static void add_rough(const float *sums, size_t unknowns, size_t row_first, size_t column_first,
                      size_t width, double *hessian)
{
  for (size_t i = row_first; i < unknowns && i < row_first + HEIGHT; i++) {
    double *row = hessian + i * (i + 1) / 2 + column_first;
    const float *from = sums + (i - row_first) * WIDTH * FLOATS;
    size_t count = i + 1 - column_first < width * FLOATS ? i + 1 - column_first : width * FLOATS;
    for (size_t j = 0; j < count; j++)
      row[j] += (double)from[j];
  }
}

static void add_rough_hessian(const float *packed, size_t unknowns, lines next, double *hessian)
{
  alignas(64) float sums[HEIGHT * WIDTH * FLOATS];
  for (size_t i = 0; i < unknowns; i += HEIGHT) {
    const float *left = packed + i / FLOATS * GROUP_SIZE + i % FLOATS;
    size_t groups = i / FLOATS + 1;
    for (size_t j = 0; j < groups; j += WIDTH) {
      const float *right = packed + j * GROUP_SIZE;
      size_t width = groups - j < WIDTH ? groups - j : WIDTH;
      if (width == 1)
        rough_products(left, right, 1, sums, &next);
      else if (width == 2)
        rough_products(left, right, 2, sums, &next);
      else
        rough_products(left, right, WIDTH, sums, &next);
      add_rough(sums, unknowns, i, j * FLOATS, width, hessian);
    }
  }
}

void CHURN_KERNEL_NAME(churn_kernel_rough)(const double *x, size_t columns, const double *y,
                                           const double *weight, const double *offset,
                                           const double *coefficients, const double *means,
                                           const double *deviations, float *scratch, double *sums)
{
  const view v = {x, NULL, columns};
  alignas(64) double eta[CHURN_TILE_ROWS];
  alignas(64) double residual[CHURN_TILE_ROWS];
  alignas(64) double curvature[CHURN_TILE_ROWS];
  lines none = {(const char *)x, (const char *)x}; /* the Hessian's part fetches */
  linear_predictor(&v, offset, coefficients, eta, &none);
  sums[0] += row_terms(eta, y, weight, residual, curvature, columns, &none);
  add_gradient(&v, residual, sums + 1, none);
  for (int r = 0; r < CHURN_TILE_ROWS; r++)
    curvature[r] = sqrt(curvature[r]);
  pack_rows(x, columns, means, deviations, curvature, scratch);
  add_rough_hessian(scratch, columns + 1, lines_after(&v),
                    sums + churn_kernel_hessian_start(columns));
}
