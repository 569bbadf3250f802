/* Generalised variance inflation and Wald tests.
 *
 * With P the inverse of R, det(R_-g) / det(R) = det(P_g): one inverse serves all groups, and what
 * is left are determinants as small as the groups.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/vif.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"

#include <math.h>
#include <stdlib.h>

/* Room for one group's block. */
typedef struct block {
  double *packed; /* [most (most + 1) / 2] */
  double *factor; /* [most^2] */
  size_t *chosen; /* [most] */
} block;

static churn_status prepare_block(block *b, size_t most, churn_error *error)
{
  b->packed = churn_array_new(most * (most + 1) / 2, sizeof *b->packed);
  b->factor = churn_array_new(most * most, sizeof *b->factor);
  b->chosen = churn_array_new(most, sizeof *b->chosen);
  if (b->packed == NULL || b->factor == NULL || b->chosen == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

static void clear_block(block *b)
{
  free(b->packed);
  free(b->factor);
  free(b->chosen);
}

static void pack(const double *square, size_t n, const size_t *chosen, size_t count, double *packed)
{
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j <= i; j++)
      packed[i * (i + 1) / 2 + j] = square[chosen[i] * n + chosen[j]];
}

/* Logarithm of the determinant of the chosen rows and columns of a positive definite matrix; NaN
 * when it is not that. */
static double log_determinant(const double *square, size_t n, const block *b, size_t count)
{
  size_t column;
  pack(square, n, b->chosen, count, b->packed);
  if (!churn_cholesky_factor(b->packed, count, 0, b->factor, &column))
    return NAN;
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += 2 * log(b->factor[i * count + i]);
  return sum;
}

/* Correlations of the slopes, k x k, both triangles, and packed. */
static void correlate(const double *covariance, size_t k, double *correlation, double *packed)
{
  size_t n = k + 1;
  for (size_t i = 0; i < k; i++)
    for (size_t j = 0; j <= i; j++) {
      double scale = sqrt(covariance[(i + 1) * n + i + 1] * covariance[(j + 1) * n + j + 1]);
      double value = i == j ? 1 : covariance[(i + 1) * n + j + 1] / scale;
      correlation[i * k + j] = correlation[j * k + i] = packed[i * (i + 1) / 2 + j] = value;
    }
}

/* Columns of group g into b->chosen; how many. */
static size_t choose(const uint32_t *group, size_t columns, size_t g, const block *b)
{
  size_t count = 0;
  for (size_t c = 0; c < columns; c++)
    if (group[c] == g)
      b->chosen[count++] = c;
  return count;
}

churn_status churn_vif(const double *covariance, size_t columns, const uint32_t *group,
                       size_t group_count, double *gvif, churn_error *error)
{
  size_t column;
  block b = {0};
  double *correlation = churn_array_new(columns * columns, sizeof *correlation);
  double *inverse = churn_array_new(columns * columns, sizeof *inverse);
  churn_status status = prepare_block(&b, columns, error);
  if (status == CHURN_OK && (correlation == NULL || inverse == NULL))
    status = churn_error_no_memory(error);
  if (status != CHURN_OK)
    goto done;
  correlate(covariance, columns, correlation, b.packed);
  bool regular = churn_cholesky_factor(b.packed, columns, 0, inverse, &column) &&
                 churn_cholesky_invert(inverse, columns);
  for (size_t g = 0; g < group_count; g++) {
    size_t count = choose(group, columns, g, &b);
    gvif[g] = regular && count > 0 ? exp(log_determinant(correlation, columns, &b, count) +
                                         log_determinant(inverse, columns, &b, count))
                                   : NAN;
  }
done:
  clear_block(&b);
  free(correlation);
  free(inverse);
  return status;
}

/* b' inverse(V) b by the block's factor; `solved` [count] is scratch. */
static double quadratic_form(const double *coefficients, const block *b, size_t count,
                             double *solved)
{
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    solved[i] = coefficients[b->chosen[i]];
  if (!churn_cholesky_solve(b->factor, count, solved, solved))
    return NAN;
  for (size_t i = 0; i < count; i++)
    sum += coefficients[b->chosen[i]] * solved[i];
  return sum;
}

churn_status churn_wald_test(const double *coefficients, const double *covariance, size_t columns,
                             const size_t *chosen, size_t count, double *chi2, churn_error *error)
{
  size_t column;
  block b = {0};
  double *solved = churn_array_new(count, sizeof *solved);
  churn_status status = prepare_block(&b, count, error);
  if (status == CHURN_OK && solved == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK) {
    for (size_t i = 0; i < count; i++)
      b.chosen[i] = chosen[i] + 1;
    pack(covariance, columns + 1, b.chosen, count, b.packed);
    bool regular = churn_cholesky_factor(b.packed, count, 1e-12, b.factor, &column);
    *chi2 = regular ? quadratic_form(coefficients, &b, count, solved) : NAN;
  }
  clear_block(&b);
  free(solved);
  return status;
}
