/* The likelihood kernel's source, included once per instruction set with CHURN_KERNEL_NAME(stem)
 * giving the names to define. Compiled with -ffast-math so that sums over rows run in vectors;
 * hence no NaN or infinity may enter, and nothing else lives here.
 *
 * X'WX is added up in 4 x 4 blocks of columns held in registers, so each load of a column feeds
 * four multiply-adds. Columns past the end of the matrix are a tile of zeros.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/lanes.h"
#include "fit/kernel.h"
#include "fit/row_term.h"

#include <float.h>
#include <math.h>
#include <stdalign.h>
#include <stdint.h>

#if defined(__AVX512F__)
enum { VECTOR = 8, BLOCK = 4, HALF = 4 };
#elif defined(__AVX__)
enum { VECTOR = 4, BLOCK = 4, HALF = 2 };
#else
enum { VECTOR = 2, BLOCK = 4, HALF = 2 };
#endif

typedef double vector __attribute__((vector_size(VECTOR * sizeof(double)), may_alias));

enum { VECTORS = CHURN_TILE_ROWS / VECTOR, SOME_ROWS = CHURN_TILE_ROWS / 4, MOMENT_SUMS = 4 };

static alignas(64) const double zero_column[CHURN_TILE_ROWS] = {0};

/* fold(v) = the sums of VECTOR vectors, one in each element: a third of the work of summing each by
 * itself, which would otherwise take longer than the multiply-adds. */
#if defined(__AVX512F__)
static inline vector fold(const vector *v)
{
  vector pairs[4], quads[2];
  for (int i = 0; i < 4; i++)
    pairs[i] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 0, 8, 2, 10, 4, 12, 6, 14) +
               __builtin_shufflevector(v[2 * i], v[2 * i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  for (int i = 0; i < 2; i++)
    quads[i] = __builtin_shufflevector(pairs[2 * i], pairs[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
               __builtin_shufflevector(pairs[2 * i], pairs[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
  return __builtin_shufflevector(quads[0], quads[1], 0, 1, 2, 3, 8, 9, 10, 11) +
         __builtin_shufflevector(quads[0], quads[1], 4, 5, 6, 7, 12, 13, 14, 15);
}
#elif defined(__AVX__)
static inline vector fold(const vector *v)
{
  vector pairs[2];
  for (int i = 0; i < 2; i++)
    pairs[i] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 0, 4, 2, 6) +
               __builtin_shufflevector(v[2 * i], v[2 * i + 1], 1, 5, 3, 7);
  return __builtin_shufflevector(pairs[0], pairs[1], 0, 1, 4, 5) +
         __builtin_shufflevector(pairs[0], pairs[1], 2, 3, 6, 7);
}
#else
static inline vector fold(const vector *v)
{
  return __builtin_shufflevector(v[0], v[1], 0, 2) + __builtin_shufflevector(v[0], v[1], 1, 3);
}
#endif

static inline double vector_sum(vector v)
{
  double sum = 0;
  for (int i = 0; i < VECTOR; i++)
    sum += v[i];
  return sum;
}

static inline vector *vectors(double *column)
{
  return (vector *)(void *)column;
}

static inline const vector *const_vectors(const double *column)
{
  return (const vector *)(const void *)column;
}

/* The columns of a tile that are looked at. */
typedef struct view {
  const double *x;
  const uint32_t *chosen; /* [columns], NULL = the first ones */
  size_t columns;
} view;

/* Columns first..first+3 of the view. */
static inline void block_columns(const view *v, size_t first, const vector *out[BLOCK])
{
  for (size_t j = 0; j < BLOCK; j++) {
    size_t number = first + j;
    if (v->chosen != NULL && number < v->columns)
      number = v->chosen[number];
    out[j] = const_vectors(first + j < v->columns ? v->x + number * CHURN_TILE_ROWS : zero_column);
  }
}

/* Cache lines to be fetched: the tile after this one, whose columns are too short for the machine's
 * own look-ahead. Fetching past the end of the matrix does no harm. */
typedef struct lines {
  const char *next;
  const char *end;
} lines;

/* None for a choice of columns, which looks at a tile that is in cache already. */
static inline lines lines_after(const view *v)
{
  const char *x = (const char *)v->x;
  size_t size = v->columns * CHURN_TILE_ROWS * sizeof *v->x;
  return v->chosen == NULL ? (lines){x + size, x + 2 * size} : (lines){x, x};
}

static inline lines fetch_line(lines at)
{
  __builtin_prefetch(at.next, 0, 3);
  at.next += at.next < at.end ? 64 : 0;
  return at;
}

static void linear_predictor(const view *v, const double *offset, const double *coefficients,
                             double *predictor, lines *ahead)
{
  size_t columns = v->columns;
  vector *eta = vectors(predictor);
  const vector *start = const_vectors(offset == NULL ? zero_column : offset);
  lines next = *ahead;
  for (int r = 0; r < VECTORS; r++)
    eta[r] = start[r] + coefficients[0];
  for (size_t first = 0; first < columns; first += BLOCK) {
    const vector *c[BLOCK];
    double b[BLOCK];
    block_columns(v, first, c);
    for (size_t j = 0; j < BLOCK; j++)
      b[j] = first + j < columns ? coefficients[1 + first + j] : 0;
    for (int r = 0; r < VECTORS; r++) {
      next = fetch_line(next);
      eta[r] += (b[0] * c[0][r] + b[1] * c[1][r]) + (b[2] * c[2][r] + b[3] * c[3][r]);
    }
  }
  *ahead = next;
}

/* Turns the linear predictor into residuals w (p - y) and curvatures w p (1 - p); returns the loss.
 */
static double some_terms(const double *restrict eta, const double *restrict y,
                         const double *restrict weight, double *restrict residual,
                         double *restrict curvature)
{
  double loss = 0;
  for (int r = 0; r < SOME_ROWS; r++) {
    row_term term = find_term(eta[r], y[r]);
    residual[r] = weight[r] * term.residual;
    curvature[r] = weight[r] * term.curvature;
    loss += weight[r] * term.loss;
  }
  return loss;
}

/* Of a whole tile. A quarter of the lines ahead is fetched meanwhile. */
static double row_terms(const double *eta, const double *y, const double *weight, double *residual,
                        double *curvature, size_t columns, lines *ahead)
{
  double loss = 0;
  for (int first = 0; first < CHURN_TILE_ROWS; first += SOME_ROWS) {
    for (size_t i = 0; i < 2 * columns && ahead->next < ahead->end; i++)
      *ahead = fetch_line(*ahead);
    loss += some_terms(eta + first, y + first, weight + first, residual + first, curvature + first);
  }
  return loss;
}

/* sums[i][j] = sum over rows of a[i] * b[j]. HALF columns of b at a time, so that the sums stay in
 * registers. */
static inline void block_products(const vector *const a[BLOCK], const vector *const b[BLOCK],
                                  double sums[BLOCK][BLOCK], lines *ahead)
{
  lines next = *ahead;
  for (int half = 0; half < BLOCK; half += HALF) {
    vector part[BLOCK * HALF] = {{0}};
    for (int r = 0; r < VECTORS; r++) {
      next = fetch_line(next);
#pragma GCC unroll 4
      for (int i = 0; i < BLOCK; i++)
#pragma GCC unroll 4
        for (int j = 0; j < HALF; j++)
          part[i * HALF + j] += a[i][r] * b[half + j][r];
    }
    for (int i = 0; i < BLOCK * HALF; i += VECTOR) {
      vector totals = fold(part + i);
      for (int j = 0; j < VECTOR; j++)
        sums[(i + j) / HALF][half + (i + j) % HALF] = totals[j];
    }
  }
  *ahead = next;
}

/* Adds the block at (row_first, column_first) to the packed triangle whose number 0 is the
 * intercept. */
static void add_block(double sums[BLOCK][BLOCK], size_t columns, size_t row_first,
                      size_t column_first, double *hessian)
{
  for (size_t i = row_first; i < columns && i < row_first + BLOCK; i++) {
    double *row = hessian + (i + 1) * (i + 2) / 2;
    for (size_t j = column_first; j <= i && j < column_first + BLOCK; j++)
      row[j + 1] += sums[i - row_first][j - column_first];
  }
}

/* Four columns times the curvature; their sums go to the intercept's column of the Hessian. */
static void weigh_columns(const vector *const c[BLOCK], const vector *w, size_t columns,
                          size_t first, vector weighted[BLOCK][VECTORS], double *hessian)
{
  for (size_t i = 0; i < BLOCK; i++) {
    vector sum = {0};
    for (int r = 0; r < VECTORS; r++) {
      weighted[i][r] = w[r] * c[i][r];
      sum += weighted[i][r];
    }
    if (first + i < columns)
      hessian[(first + i + 1) * (first + i + 2) / 2] += vector_sum(sum);
  }
}

static void add_hessian(const view *v, const double *curvature, double *hessian)
{
  size_t columns = v->columns;
  const vector *w = const_vectors(curvature);
  vector weighted[BLOCK][VECTORS];
  vector total = {0};
  lines next = lines_after(v);
  for (int r = 0; r < VECTORS; r++)
    total += w[r];
  hessian[0] += vector_sum(total);
  for (size_t i = 0; i < columns; i += BLOCK) {
    const vector *rows[BLOCK];
    block_columns(v, i, rows);
    weigh_columns(rows, w, columns, i, weighted, hessian);
    const vector *const left[BLOCK] = {weighted[0], weighted[1], weighted[2], weighted[3]};
    for (size_t j = 0; j <= i; j += BLOCK) {
      const vector *right[BLOCK];
      double sums[BLOCK][BLOCK];
      block_columns(v, j, right);
      block_products(left, right, sums, &next);
      add_block(sums, columns, i, j, hessian);
    }
  }
}

static void add_gradient(const view *v, const double *residual, double *gradient, lines next)
{
  size_t columns = v->columns;
  const vector *e = const_vectors(residual);
  vector total = {0};
  for (int r = 0; r < VECTORS; r++)
    total += e[r];
  gradient[0] += vector_sum(total);
  for (size_t first = 0; first < columns; first += BLOCK) {
    const vector *c[BLOCK];
    vector sum[BLOCK] = {{0}};
    block_columns(v, first, c);
    for (int r = 0; r < VECTORS; r++) {
      next = fetch_line(fetch_line(next));
      for (size_t j = 0; j < BLOCK; j++)
        sum[j] += e[r] * c[j][r];
    }
    for (size_t j = 0; j < BLOCK && first + j < columns; j++)
      gradient[1 + first + j] += vector_sum(sum[j]);
  }
}

void CHURN_KERNEL_NAME(churn_kernel_step)(const double *x, const uint32_t *chosen, size_t columns,
                                          const double *y, const double *weight,
                                          const double *offset, const double *coefficients,
                                          double *sums)
{
  const view v = {x, chosen, columns};
  alignas(64) double eta[CHURN_TILE_ROWS];
  alignas(64) double residual[CHURN_TILE_ROWS];
  alignas(64) double curvature[CHURN_TILE_ROWS];
  lines none = {(const char *)x, (const char *)x}; /* the Hessian's part fetches */
  linear_predictor(&v, offset, coefficients, eta, &none);
  sums[0] += row_terms(eta, y, weight, residual, curvature, columns, &none);
  add_gradient(&v, residual, sums + 1, none);
  add_hessian(&v, curvature, sums + churn_kernel_hessian_start(columns));
}

void CHURN_KERNEL_NAME(churn_kernel_cross)(const double *x, size_t columns, const double *weight,
                                           double *sums)
{
  const view v = {x, NULL, columns};
  alignas(64) double curvature[CHURN_TILE_ROWS];
  for (int r = 0; r < CHURN_TILE_ROWS; r++)
    curvature[r] = weight[r];
  add_hessian(&v, curvature, sums + churn_kernel_hessian_start(columns));
}

void CHURN_KERNEL_NAME(churn_kernel_slope)(const double *x, const uint32_t *chosen, size_t columns,
                                           const double *y, const double *weight,
                                           const double *offset, const double *coefficients,
                                           double *sums)
{
  const view v = {x, chosen, columns};
  alignas(64) double eta[CHURN_TILE_ROWS];
  alignas(64) double residual[CHURN_TILE_ROWS];
  alignas(64) double curvature[CHURN_TILE_ROWS];
  lines next = lines_after(&v);
  linear_predictor(&v, offset, coefficients, eta, &next);
  sums[0] += row_terms(eta, y, weight, residual, curvature, columns, &next);
  add_gradient(&v, residual, sums + 1, next);
}

void CHURN_KERNEL_NAME(churn_kernel_rows)(const double *x, size_t columns, const double *y,
                                          const double *weight, const double *offset,
                                          const double *coefficients, double *residual,
                                          double *curvature, double *sums)
{
  const view v = {x, NULL, columns};
  alignas(64) double eta[CHURN_TILE_ROWS];
  lines next = lines_after(&v);
  linear_predictor(&v, offset, coefficients, eta, &next);
  sums[0] += row_terms(eta, y, weight, residual, curvature, columns, &next);
  add_gradient(&v, residual, sums + 1, next);
}

/* Some rows' shares, one after the other. */
static void turn_rows(const double *x, size_t columns, const double *residual,
                      const double *curvature, double *rows)
{
  size_t width = churn_kernel_width(columns);
  for (size_t r = 0; r < CHURN_KERNEL_CHUNK; r++) {
    rows[r * width] = curvature[r];
    rows[r * width + 1] = residual[r];
    for (size_t j = columns + 2; j < width; j++)
      rows[r * width + j] = 0;
  }
  for (size_t j = 0; j < columns; j++)
    for (size_t r = 0; r < CHURN_KERNEL_CHUNK; r++)
      rows[r * width + 2 + j] = curvature[r] * x[j * CHURN_TILE_ROWS + r];
}

void CHURN_KERNEL_NAME(churn_kernel_scatter)(const double *x, size_t columns,
                                             const double *residual, const double *curvature,
                                             const churn_level_sums *blocks, size_t block_count,
                                             double *rows)
{
  size_t width = churn_kernel_width(columns);
  for (size_t first = 0; first < CHURN_TILE_ROWS; first += CHURN_KERNEL_CHUNK) {
    turn_rows(x + first, columns, residual + first, curvature + first, rows);
    for (size_t b = 0; b < block_count; b++)
      for (size_t r = 0; r < CHURN_KERNEL_CHUNK; r++) {
        vector *to = vectors(blocks[b].sums + blocks[b].codes[first + r] * width);
        const vector *from = const_vectors(rows + r * width);
        for (size_t i = 0; i < width / VECTOR; i++)
          to[i] += from[i];
      }
  }
}

void CHURN_KERNEL_NAME(churn_kernel_losses)(const double *restrict eta, const double *restrict y,
                                            double *restrict losses)
{
  for (int r = 0; r < CHURN_TILE_ROWS; r++)
    losses[r] = find_term(eta[r], y[r]).loss;
}

void CHURN_KERNEL_NAME(churn_kernel_moments)(const double *x, const double *weight, double shift,
                                             double *first, double *second)
{
  const vector *values = const_vectors(x), *w = const_vectors(weight);
  vector once[MOMENT_SUMS] = {{0}}, twice[MOMENT_SUMS] = {{0}};
  for (int r = 0; r < VECTORS; r += MOMENT_SUMS)
#pragma GCC unroll 4
    for (int i = 0; i < MOMENT_SUMS; i++) {
      vector distance = values[r + i] - shift, weighted = w[r + i] * distance;
      once[i] += weighted;
      twice[i] += weighted * distance;
    }
  *first = vector_sum((once[0] + once[1]) + (once[2] + once[3]));
  *second = vector_sum((twice[0] + twice[1]) + (twice[2] + twice[3]));
}

void CHURN_KERNEL_NAME(churn_kernel_totals)(const double *restrict y, const double *restrict weight,
                                            churn_tile_totals *totals)
{
  double all = 0, positive = 0, counting = 0, lowest = DBL_MAX;
  for (int r = 0; r < CHURN_TILE_ROWS; r++) {
    double counted = weight[r] > 0 ? weight[r] : DBL_MAX;
    all += weight[r];
    positive += weight[r] * y[r];
    counting += weight[r] > 0 ? 1 : 0;
    lowest = counted < lowest ? counted : lowest;
  }
  *totals = (churn_tile_totals){all, positive, lowest, counting};
}
