/* The minimum of a quadratic with a penalty on absolute values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/quadratic.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Passes are cheap beside a sweep over the rows, and Cholesky ends nearly every solve after two. */
enum { MOST_PASSES = 500 };

/* A pass that moves no coefficient's slope by more than this share of the largest is rounding. */
static const double settled = 1e-15;

/* A pivot below this share of its diagonal leaves no digit that the linear system could give. */
static const double pivot_share = 1e-13;

/* How far a slope of a coefficient at 0 may be outside its bounds by rounding. */
static const double slope_rounding = 1e-13;

churn_status churn_penalty_prepare(churn_penalty_terms *penalty, size_t unknowns,
                                   churn_error *error)
{
  penalty->unknowns = unknowns;
  penalty->l1 = churn_array_new(unknowns, sizeof *penalty->l1);
  penalty->l2 = churn_array_new(unknowns, sizeof *penalty->l2);
  penalty->frozen = churn_array_new(unknowns, sizeof *penalty->frozen);
  if (penalty->l1 == NULL || penalty->l2 == NULL || penalty->frozen == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

void churn_penalty_clear(churn_penalty_terms *penalty)
{
  free(penalty->l1);
  free(penalty->l2);
  free(penalty->frozen);
  *penalty = (churn_penalty_terms){0};
}

double churn_penalty_value(const churn_penalty_terms *penalty, const double *b)
{
  double sum = 0;
  for (size_t j = 0; j < penalty->unknowns; j++)
    sum += penalty->l1[j] * fabs(b[j]) + penalty->l2[j] / 2 * b[j] * b[j];
  return sum;
}

double churn_penalty_residual(const churn_penalty_terms *penalty, const double *b,
                              const double *gradient)
{
  double worst = 0;
  for (size_t j = 0; j < penalty->unknowns; j++) {
    double slope = gradient[j] + penalty->l2[j] * b[j], l1 = penalty->l1[j];
    double least = b[j] > 0   ? fabs(slope + l1)
                   : b[j] < 0 ? fabs(slope - l1)
                              : fmax(fabs(slope) - l1, 0);
    if (!penalty->frozen[j])
      worst = fmax(worst, least);
  }
  return worst;
}

churn_status churn_quadratic_prepare(churn_quadratic *q, size_t unknowns, churn_error *error)
{
  q->unknowns = unknowns;
  if (unknowns <= SIZE_MAX / unknowns) {
    q->hessian = churn_array_new(unknowns * unknowns, sizeof *q->hessian);
    q->factor = churn_array_new(unknowns * unknowns, sizeof *q->factor);
    q->packed = churn_array_new(unknowns * (unknowns + 1) / 2, sizeof *q->packed);
  }
  q->slope = churn_array_new(unknowns, sizeof *q->slope);
  q->move = churn_array_new(unknowns, sizeof *q->move);
  q->support = churn_array_new(unknowns, sizeof *q->support);
  q->signs = churn_array_new(unknowns, sizeof *q->signs);
  q->old_signs = churn_array_new(unknowns, sizeof *q->old_signs);
  if (q->hessian == NULL || q->factor == NULL || q->packed == NULL || q->slope == NULL ||
      q->move == NULL || q->support == NULL || q->signs == NULL || q->old_signs == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

void churn_quadratic_clear(churn_quadratic *q)
{
  free(q->hessian);
  free(q->slope);
  free(q->packed);
  free(q->factor);
  free(q->move);
  free(q->support);
  free(q->signs);
  free(q->old_signs);
  *q = (churn_quadratic){0};
}

static void set_up(churn_quadratic *q, const churn_penalty_terms *p, const double *b,
                   const double *gradient, const double *packed, double *step)
{
  size_t n = q->unknowns;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++)
      q->hessian[i * n + j] = q->hessian[j * n + i] = packed[i * (i + 1) / 2 + j];
  for (size_t j = 0; j < n; j++) {
    q->hessian[j * n + j] += p->l2[j];
    q->slope[j] = gradient[j] + p->l2[j] * b[j];
    step[j] = 0;
  }
}

/* Coefficient j moves by `move`; slopes follow. */
static void shift(churn_quadratic *q, size_t j, double move, double *step)
{
  const double *row = q->hessian + j * q->unknowns;
  step[j] += move;
  for (size_t i = 0; i < q->unknowns; i++)
    q->slope[i] += move * row[i];
}

static double soft_threshold(double z, double l1)
{
  return z > l1 ? z - l1 : z < -l1 ? z + l1 : 0;
}

/* Every coefficient once to its own minimum; returns the largest change of a slope by itself. */
static double pass(churn_quadratic *q, const churn_penalty_terms *p, const double *b, double *step)
{
  double largest = 0;
  for (size_t j = 0; j < q->unknowns; j++) {
    double curvature = q->hessian[j * q->unknowns + j], at = b[j] + step[j];
    if (p->frozen[j] || !(curvature > 0))
      continue;
    double best = soft_threshold(curvature * at - q->slope[j], p->l1[j]) / curvature;
    double move = best - at;
    if (move == 0)
      continue;
    shift(q, j, move, step);
    /* so that b + step is 0 exactly where the coefficient is */
    if (best == 0)
      step[j] = -b[j];
    largest = fmax(largest, fabs(move) * curvature);
  }
  return largest;
}

/* Signs of b + step; true when they are those of the last call. */
static bool signs_stay(churn_quadratic *q, const double *b, const double *step)
{
  size_t n = q->unknowns;
  memcpy(q->old_signs, q->signs, n);
  for (size_t j = 0; j < n; j++) {
    double at = b[j] + step[j];
    q->signs[j] = (signed char)((at > 0) - (at < 0));
  }
  return memcmp(q->old_signs, q->signs, n) == 0;
}

/* The coefficients that the signs leave free to move. */
static size_t find_support(churn_quadratic *q, const churn_penalty_terms *p)
{
  size_t count = 0;
  for (size_t j = 0; j < q->unknowns; j++)
    if (!p->frozen[j] && (p->l1[j] == 0 || q->signs[j] != 0))
      q->support[count++] = j;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j <= i; j++)
      q->packed[i * (i + 1) / 2 + j] = q->hessian[q->support[i] * q->unknowns + q->support[j]];
  return count;
}

/* Whether coefficients kept their signs, and those at 0 want to stay there. */
static bool is_minimum(const churn_quadratic *q, const churn_penalty_terms *p, const double *b,
                       const double *step)
{
  for (size_t j = 0; j < q->unknowns; j++) {
    double at = b[j] + step[j];
    if (p->frozen[j] || p->l1[j] == 0)
      continue;
    if (q->signs[j] * at < 0 || (q->signs[j] != 0 && at == 0))
      return false;
    if (q->signs[j] == 0 && fabs(q->slope[j]) > p->l1[j] + slope_rounding * (1 + p->l1[j]))
      return false;
  }
  return true;
}

/* The minimum given the signs, if it keeps them; else nothing is changed but rounding. */
static bool solve_support(churn_quadratic *q, const churn_penalty_terms *p, const double *b,
                          double *step)
{
  size_t count = find_support(q, p), column;
  if (count == 0)
    return is_minimum(q, p, b, step);
  if (!churn_cholesky_factor(q->packed, count, pivot_share, q->factor, &column))
    return false;
  for (size_t i = 0; i < count; i++)
    q->move[i] = -(q->slope[q->support[i]] + q->signs[q->support[i]] * p->l1[q->support[i]]);
  if (!churn_cholesky_solve(q->factor, count, q->move, q->move))
    return false;
  for (size_t i = 0; i < count; i++)
    shift(q, q->support[i], q->move[i], step);
  if (is_minimum(q, p, b, step))
    return true;
  for (size_t i = count; i-- > 0;)
    shift(q, q->support[i], -q->move[i], step);
  return false;
}

void churn_quadratic_solve(churn_quadratic *q, const churn_penalty_terms *p, const double *b,
                           const double *gradient, const double *packed, double *step)
{
  double scale = 0;
  q->unknowns = p->unknowns;
  set_up(q, p, b, gradient, packed, step);
  signs_stay(q, b, step);
  for (size_t j = 0; j < q->unknowns; j++)
    scale = fmax(scale, fabs(q->slope[j]) + p->l1[j]);
  if (solve_support(q, p, b, step))
    return;
  for (int i = 0; i < MOST_PASSES; i++) {
    double change = pass(q, p, b, step);
    if ((signs_stay(q, b, step) && solve_support(q, p, b, step)) || change <= settled * scale)
      return;
  }
}
