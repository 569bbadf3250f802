/* Newton's method under linear restrictions.
 *
 * With gradient g and Hessian H of the mean loss, the step is d = -inverse(H) (g - A' m) +
 * inverse(H) A' inverse(S) change, S = A inverse(H) A', m = inverse(S) A inverse(H) g: the
 * quadratic model's minimum under A d = change (Nocedal and Wright, Numerical Optimization, 2nd
 * ed., 16.1).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/restricted.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A step that changes A b has to go uphill. It is too long when the deviance rises by more than so
 * much beyond four times what was forecast. */
static const double free_rise = 20;

enum { HALVINGS = 40 };

static size_t unknowns(const churn_restricted *r)
{
  return r->objective->matrix->columns + 1;
}

static double product(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

/* factor, solved, small. */
static bool factor_point(churn_restricted *r)
{
  size_t n = unknowns(r), column;
  const double *hessian = r->point.sums + churn_kernel_hessian_start(n - 1);
  if (!isfinite(r->point.loss) || !churn_cholesky_factor(hessian, n, 1e-13, r->factor, &column))
    return false;
  for (size_t i = 0; i < r->held; i++) {
    if (!churn_cholesky_solve(r->factor, n, r->functions + i * n, r->solved + i * n))
      return false;
    for (size_t j = 0; j <= i; j++)
      r->packed[i * (i + 1) / 2 + j] = product(r->functions + j * n, r->solved + i * n, n);
  }
  return churn_cholesky_factor(r->packed, r->held, 1e-13, r->small, &column);
}

/* All that is known about the point. */
static bool look(churn_restricted *r)
{
  size_t n = unknowns(r);
  const double *gradient = r->point.sums + 1;
  double weight = r->objective->total_weight;
  if (!factor_point(r) || !churn_cholesky_solve(r->factor, n, gradient, r->rest))
    return false;
  for (size_t i = 0; i < r->held; i++)
    r->small_vector[i] = product(r->functions + i * n, r->rest, n);
  if (!churn_cholesky_solve(r->small, r->held, r->small_vector, r->multipliers))
    return false;
  for (size_t i = 0; i < r->held; i++)
    for (size_t j = 0; j < n; j++)
      r->rest[j] -= r->multipliers[i] * r->solved[i * n + j];
  /* A rest = 0, so gradient' rest is (gradient - A' multipliers)' rest. */
  r->decrement = 0;
  for (size_t j = 0; j < n; j++) {
    double left = gradient[j];
    for (size_t i = 0; i < r->held; i++)
      left -= r->multipliers[i] * r->functions[i * n + j];
    r->decrement += weight * left * r->rest[j];
  }
  for (size_t i = 0; i < r->held; i++)
    r->multipliers[i] *= 2 * weight;
  r->deviance = 2 * (r->point.loss - r->best->loss);
  return isfinite(r->deviance) && isfinite(r->decrement);
}

churn_status churn_restricted_prepare(churn_restricted *r, bool *regular, churn_error *error)
{
  size_t n = unknowns(r), q = r->held, columns = n - 1;
  churn_status status = churn_point_prepare(&r->point, columns, error);
  if (status != CHURN_OK)
    return status;
  r->multipliers = churn_array_new(q, sizeof(double));
  r->start = churn_array_new(n, sizeof(double));
  r->direction = churn_array_new(n, sizeof(double));
  r->rest = churn_array_new(n, sizeof(double));
  r->factor = churn_array_new(n * n, sizeof(double));
  r->solved = churn_array_new(q * n, sizeof(double));
  r->packed = churn_array_new(q * (q + 1) / 2, sizeof(double));
  r->small = churn_array_new(q * q, sizeof(double));
  r->small_vector = churn_array_new(q, sizeof(double));
  if (r->multipliers == NULL || r->start == NULL || r->direction == NULL || r->rest == NULL ||
      r->factor == NULL || r->solved == NULL || r->packed == NULL || r->small == NULL ||
      r->small_vector == NULL)
    return churn_error_no_memory(error);
  memcpy(r->point.coefficients, r->best->coefficients, n * sizeof(double));
  memcpy(r->point.sums, r->best->sums, churn_kernel_sums(columns) * sizeof(double));
  r->point.loss = r->best->loss;
  *regular = look(r);
  return CHURN_OK;
}

void churn_restricted_clear(churn_restricted *r)
{
  churn_point_clear(&r->point);
  free(r->multipliers);
  free(r->start);
  free(r->direction);
  free(r->rest);
  free(r->factor);
  free(r->solved);
  free(r->packed);
  free(r->small);
  free(r->small_vector);
}

/* The deviance along a step, to second order: slope x length + bend x length^2. */
typedef struct forecast {
  double slope;
  double bend;
  bool changes; /* A b */
} forecast;

static bool find_direction(churn_restricted *r, const double *change, forecast *f)
{
  size_t n = unknowns(r);
  double weight = r->objective->total_weight;
  if (!churn_cholesky_solve(r->small, r->held, change, r->small_vector))
    return false;
  for (size_t j = 0; j < n; j++) {
    r->direction[j] = -r->rest[j];
    for (size_t i = 0; i < r->held; i++)
      r->direction[j] += r->small_vector[i] * r->solved[i * n + j];
  }
  *f = (forecast){.slope = 2 * weight * product(r->point.sums + 1, r->direction, n),
                  .bend = r->decrement + weight * product(change, r->small_vector, r->held)};
  for (size_t i = 0; i < r->held; i++)
    f->changes = f->changes || change[i] != 0;
  return true;
}

/* What the deviance may rise by along a step of that length. */
static double allowed(const churn_restricted *r, const forecast *f, double length)
{
  double rounding = 1e-13 * r->best->loss;
  if (!f->changes)
    return 1e-4 * length * f->slope + rounding;
  double rise = length * f->slope + length * length * f->bend;
  return 4 * fmax(rise, 0) + free_rise + rounding;
}

churn_status churn_restricted_step(churn_restricted *r, const double *change, bool *moved,
                                   churn_error *error)
{
  size_t n = unknowns(r);
  double before = r->deviance;
  forecast f;
  churn_status status = CHURN_OK;
  *moved = false;
  if (!find_direction(r, change, &f))
    return CHURN_OK;
  memcpy(r->start, r->point.coefficients, n * sizeof(double));
  double length = 1;
  for (int i = 0; i < HALVINGS && !*moved && status == CHURN_OK; i++, length /= 2) {
    for (size_t j = 0; j < n; j++)
      r->point.coefficients[j] = r->start[j] + length * r->direction[j];
    status = churn_objective_evaluate(r->objective, &r->point, error);
    *moved = status == CHURN_OK && look(r) && r->deviance - before <= allowed(r, &f, length);
  }
  return status;
}

double churn_restricted_value(const churn_restricted *r, size_t i)
{
  size_t n = unknowns(r);
  return product(r->functions + i * n, r->point.coefficients, n);
}

double churn_restricted_deviance(const churn_restricted *r)
{
  return fmax(r->deviance - fmax(r->decrement, 0), 0);
}
