/* Wald tests between nested fits whose rows are not independent.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/nested_wald.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"
#include "fit/moments.h"
#include "fit/objective.h"
#include "fit/vif.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 1 - R^2 of a column on those before it, weighted by curvature, below this: collinear, as for the
 * fits. */
static const double collinear_share = 1e-9;

void churn_wald_parts_clear(churn_wald_parts *parts)
{
  free(parts->hessian);
  free(parts->meat);
  *parts = (churn_wald_parts){0};
}

static churn_status read_hessian(const churn_matrix *matrix, const churn_run *run,
                                 churn_wald_parts *parts, churn_error *error)
{
  size_t n = matrix->columns + 1, size = n * (n + 1) / 2;
  churn_totals totals = {0};
  churn_point point = {0};
  churn_objective objective = {
      .matrix = matrix, .kernel = churn_kernel_choose(NULL), .run = run, .total_weight = 1};
  churn_status status = churn_totals_read(matrix, run, &totals, error);
  objective.total_weight = totals.weight;
  if (status == CHURN_OK)
    status = churn_objective_prepare(&objective, error);
  if (status == CHURN_OK)
    status = churn_point_prepare(&point, matrix->columns, error);
  if (status == CHURN_OK) {
    memcpy(point.coefficients, parts->coefficients, n * sizeof(double));
    status = churn_objective_evaluate(&objective, &point, error);
  }
  for (size_t i = 0; status == CHURN_OK && i < size; i++)
    parts->hessian[i] = totals.weight * point.sums[churn_kernel_hessian_start(n - 1) + i];
  churn_point_clear(&point);
  churn_objective_clear(&objective);
  return status;
}

churn_status churn_wald_parts_read(const churn_matrix *matrix, bool by_cluster,
                                   const double *coefficients, const churn_run *run,
                                   churn_wald_parts *parts, churn_error *error)
{
  size_t n = matrix->columns + 1;
  *parts =
      (churn_wald_parts){.columns = n - 1, .by_cluster = by_cluster, .coefficients = coefficients};
  parts->hessian = churn_array_new(n * (n + 1) / 2, sizeof *parts->hessian);
  parts->meat = churn_array_new(n * n, sizeof *parts->meat);
  churn_status status =
      parts->hessian == NULL || parts->meat == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = read_hessian(matrix, run, parts, error);
  return status == CHURN_OK ? churn_robust_meat(matrix, by_cluster, coefficients, run, parts->meat,
                                                &parts->counts, error)
                            : status;
}

/* Work of one test. */
typedef struct wald_work {
  const churn_wald_parts *parts;
  size_t *places; /* [count] of the basis, as numbers of coefficients; the intercept first */
  size_t count;
  size_t shared;                              /* of them, those of the smaller model */
  double *packed, *bread, *meat, *covariance; /* [count^2], the first its lower triangle */
  double *estimates;                          /* [count] */
} wald_work;

static double hessian_at(const churn_wald_parts *parts, size_t i, size_t j)
{
  return i >= j ? parts->hessian[i * (i + 1) / 2 + j] : parts->hessian[j * (j + 1) / 2 + i];
}

/* Keeps the columns that are not collinear with those before them: each one's row of the factor is
 * tried below those of the columns that were kept. */
static void find_basis(wald_work *w)
{
  size_t n = w->count, kept = 0, shared = 0;
  for (size_t i = 0; i < n; i++) {
    double *row = w->bread + kept * n, whole = hessian_at(w->parts, w->places[i], w->places[i]);
    double pivot = whole;
    for (size_t k = 0; k < kept; k++) {
      row[k] = hessian_at(w->parts, w->places[i], w->places[k]);
      for (size_t m = 0; m < k; m++)
        row[k] -= row[m] * w->bread[k * n + m];
      row[k] /= w->bread[k * n + k];
      pivot -= row[k] * row[k];
    }
    if (!(pivot > collinear_share * whole))
      continue;
    row[kept] = sqrt(pivot);
    w->places[kept++] = w->places[i];
    shared += i < w->shared;
  }
  w->count = kept;
  w->shared = shared;
}

/* bread = the factor of the basis' Hessian. */
static bool factor_basis(wald_work *w)
{
  size_t column;
  for (size_t i = 0; i < w->count; i++)
    for (size_t j = 0; j <= i; j++)
      w->packed[i * (i + 1) / 2 + j] = hessian_at(w->parts, w->places[i], w->places[j]);
  return churn_cholesky_factor(w->packed, w->count, 0, w->bread, &column);
}

/* The coefficients on the basis that give the fit's linear predictor. */
static bool turn_coefficients(wald_work *w)
{
  const churn_wald_parts *p = w->parts;
  for (size_t i = 0; i < w->count; i++) {
    w->estimates[i] = 0;
    for (size_t j = 0; j <= p->columns; j++)
      w->estimates[i] += hessian_at(p, w->places[i], j) * p->coefficients[j];
  }
  return churn_cholesky_solve(w->bread, w->count, w->estimates, w->estimates) &&
         churn_cholesky_invert(w->bread, w->count);
}

static churn_status test_basis(wald_work *w, size_t *df, double *chi2, churn_error *error)
{
  const churn_wald_parts *p = w->parts;
  size_t extra = w->count - w->shared;
  if (extra == 0 || p->counts.clusters <= extra || p->counts.clusters < 2 ||
      p->counts.rows <= w->count || !factor_basis(w) || !turn_coefficients(w))
    return CHURN_OK;
  for (size_t i = 0; i < w->count; i++)
    for (size_t j = 0; j < w->count; j++)
      w->meat[i * w->count + j] = p->meat[w->places[i] * (p->columns + 1) + w->places[j]];
  double factor = p->by_cluster ? churn_robust_correction(p->counts, w->count) : 1;
  churn_status status = churn_sandwich(w->bread, w->meat, w->count, factor, w->covariance, error);
  for (size_t i = 0; i < extra; i++)
    w->places[i] = w->shared + i - 1;
  if (status == CHURN_OK)
    status =
        churn_wald_test(w->estimates, w->covariance, w->count - 1, w->places, extra, chi2, error);
  if (status == CHURN_OK && isfinite(*chi2))
    *df = extra;
  return status;
}

churn_status churn_nested_wald(const churn_wald_parts *parts, const size_t *chosen, size_t shared,
                               size_t count, size_t *df, double *chi2, churn_error *error)
{
  size_t n = count + 1;
  wald_work w = {.parts = parts, .count = n, .shared = shared + 1};
  churn_status status = CHURN_OK;
  *df = 0;
  *chi2 = NAN;
  w.places = churn_array_new(n, sizeof *w.places);
  w.packed = churn_array_new(n * (n + 1) / 2, sizeof *w.packed);
  w.bread = churn_array_new(n * n, sizeof *w.bread);
  w.meat = churn_array_new(n * n, sizeof *w.meat);
  w.covariance = churn_array_new(n * n, sizeof *w.covariance);
  w.estimates = churn_array_new(n, sizeof *w.estimates);
  if (w.places == NULL || w.packed == NULL || w.bread == NULL || w.meat == NULL ||
      w.covariance == NULL || w.estimates == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    w.places[i + 1] = chosen[i] + 1;
  if (status == CHURN_OK) {
    find_basis(&w);
    status = test_basis(&w, df, chi2, error);
  }
  free(w.places);
  free(w.packed);
  free(w.bread);
  free(w.meat);
  free(w.covariance);
  free(w.estimates);
  return status;
}
