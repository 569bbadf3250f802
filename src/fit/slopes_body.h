/* Slopes of several problems on the same columns, part of the likelihood kernel's source
 * (kernel_body.h, included before).
 *
 * One problem's linear predictor and gradient load a column for every multiply-add. Of
 * CHURN_KERNEL_TOGETHER problems at a time they are products of matrices: each load of a column
 * feeds as many, and sums stay in registers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/kernel.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

/* TALL vectors of rows, or columns, by TOGETHER problems: sums that the registers hold. */
enum { TOGETHER = CHURN_KERNEL_TOGETHER, TALL = VECTOR == 8 ? 4 : 2 };

static inline const vector *view_column(const view *v, size_t number)
{
  if (v->chosen != NULL)
    number = v->chosen[number];
  return const_vectors(v->x + number * CHURN_TILE_ROWS);
}

static void predict_together(const view *v, const double *offset, const double *coefficients,
                             double eta[TOGETHER][CHURN_TILE_ROWS], lines *ahead)
{
  const vector *start = const_vectors(offset == NULL ? zero_column : offset);
  lines next = *ahead;
  for (int r = 0; r < VECTORS; r += TALL) {
    vector part[TOGETHER][TALL];
#pragma GCC unroll 5
    for (int p = 0; p < TOGETHER; p++)
#pragma GCC unroll 4
      for (int i = 0; i < TALL; i++)
        part[p][i] = start[r + i] + coefficients[p];
    for (size_t c = 0; c < v->columns; c++) {
      const vector *x = view_column(v, c) + r;
      const double *b = coefficients + (1 + c) * TOGETHER;
#pragma GCC unroll 4
      for (int i = 0; i < TALL; i++)
        next = fetch_line(next);
#pragma GCC unroll 5
      for (int p = 0; p < TOGETHER; p++)
#pragma GCC unroll 4
        for (int i = 0; i < TALL; i++)
          part[p][i] += b[p] * x[i];
    }
#pragma GCC unroll 5
    for (int p = 0; p < TOGETHER; p++)
#pragma GCC unroll 4
      for (int i = 0; i < TALL; i++)
        vectors(eta[p])[r + i] = part[p][i];
  }
  *ahead = next;
}

/* Linear predictors become residuals of the rows that have the bit. */
static void turn_residuals(const double *restrict y, const double *restrict weight,
                           const uint64_t *restrict members, uint64_t bit, double *restrict terms,
                           double *parts)
{
  alignas(64) double counted[CHURN_TILE_ROWS];
  double loss = 0, sum = 0;
  for (int r = 0; r < CHURN_TILE_ROWS; r++)
    counted[r] = members[r] & bit ? weight[r] : 0;
  for (int r = 0; r < CHURN_TILE_ROWS; r++) {
    row_term term = find_term(terms[r], y[r]);
    terms[r] = counted[r] * term.residual;
    loss += counted[r] * term.loss;
    sum += terms[r];
  }
  parts[0] += loss;
  parts[TOGETHER * CHURN_KERNEL_PARTS] += sum;
}

/* The sums over residual times columns first..first+TALL-1. */
static void add_together(const view *v, size_t first, double residual[TOGETHER][CHURN_TILE_ROWS],
                         double *parts)
{
  const vector *x[TALL];
  vector sum[TALL][TOGETHER] = {{{0}}};
  for (size_t j = 0; j < TALL; j++)
    x[j] = first + j < v->columns ? view_column(v, first + j) : const_vectors(zero_column);
  for (int r = 0; r < VECTORS; r++)
#pragma GCC unroll 5
    for (int p = 0; p < TOGETHER; p++)
#pragma GCC unroll 4
      for (int j = 0; j < TALL; j++)
        sum[j][p] += vectors(residual[p])[r] * x[j][r];
  for (size_t j = 0; j < TALL && first + j < v->columns; j++)
    for (size_t p = 0; p < TOGETHER; p++)
      *vectors(parts + ((first + j) * TOGETHER + p) * CHURN_KERNEL_PARTS) += sum[j][p];
}

void CHURN_KERNEL_NAME(churn_kernel_slopes)(const double *x, const uint32_t *chosen, size_t columns,
                                            const double *y, const double *weight,
                                            const double *offset, const uint64_t *members,
                                            unsigned first_bit, const double *coefficients,
                                            double *parts)
{
  const view v = {x, chosen, columns};
  alignas(64) double terms[TOGETHER][CHURN_TILE_ROWS];
  lines next = lines_after(&v);
  predict_together(&v, offset, coefficients, terms, &next);
  for (unsigned p = 0; p < TOGETHER; p++)
    turn_residuals(y, weight, members, (uint64_t)1 << (first_bit + p), terms[p],
                   parts + p * CHURN_KERNEL_PARTS);
  for (size_t c = 0; c < columns; c += TALL)
    add_together(&v, c, terms, parts + 2 * TOGETHER * CHURN_KERNEL_PARTS);
}
