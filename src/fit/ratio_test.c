/* Likelihood-ratio tests by restricted refits in shared sweeps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/ratio_test.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A refit stops at a gradient whose deviance is above the minimum by about this over the curvature
 * of a standardised column; most of that is taken off yet. */
static const double most_error = 1e-12;
static const double longest_step = 1e-6;

/* Hessians of the refits at hand are held to this many doubles (64 MB). */
enum { ROOM = 1 << 23 };

typedef struct refits {
  const churn_objective *objective;
  const churn_point *best;
  const uint32_t *group;
  churn_batch batch;
  churn_problem *problems; /* [most] */
  size_t most;
  double *begin, *gradient; /* [columns + 1] */
} refits;

static size_t unknowns(const refits *r)
{
  return r->objective->matrix->columns + 1;
}

static const double *hessian_of(const refits *r)
{
  return r->best->sums + churn_kernel_hessian_start(unknowns(r) - 1);
}

static churn_status prepare(refits *r, size_t groups, churn_error *error)
{
  size_t n = unknowns(r), fitting = ROOM / (n * (n + 1));
  r->most = fitting == 0 ? 1 : fitting < groups ? fitting : groups;
  r->batch = (churn_batch){.matrix = r->objective->matrix, .run = r->objective->run};
  r->problems = churn_array_new(r->most, sizeof *r->problems);
  r->begin = churn_array_new(n, sizeof *r->begin);
  r->gradient = churn_array_new(n, sizeof *r->gradient);
  if (r->problems == NULL || r->begin == NULL || r->gradient == NULL)
    return churn_error_no_memory(error);
  churn_status status = churn_batch_prepare(&r->batch, r->most, error);
  for (size_t i = 0; i < r->most && status == CHURN_OK; i++) {
    churn_problem *p = &r->problems[i];
    status = churn_problem_prepare(p, n - 1, error);
    p->total_weight = r->objective->total_weight;
    p->tolerance = sqrt(most_error / p->total_weight);
    p->step_tolerance = longest_step;
  }
  return status;
}

static void clear(refits *r)
{
  for (size_t i = 0; r->problems != NULL && i < r->most; i++)
    churn_problem_clear(&r->problems[i]);
  churn_batch_clear(&r->batch);
  free(r->problems);
  free(r->begin);
  free(r->gradient);
}

/* The gradient of the full fit's quadratic model at `begin`, the full fit without the columns. */
static void leave_out(refits *r, const churn_problem *p)
{
  size_t n = unknowns(r);
  const double *full = r->best->coefficients, *hessian = hessian_of(r);
  memcpy(r->gradient, r->best->sums + 1, n * sizeof(double));
  for (size_t j = 0; j < n; j++)
    r->begin[j] = p->penalty.frozen[j] ? 0 : full[j];
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (p->penalty.frozen[j])
        r->gradient[i] -=
            full[j] * (i >= j ? hessian[i * (i + 1) / 2 + j] : hessian[j * (j + 1) / 2 + i]);
}

static void begin(refits *r, churn_problem *p, size_t g)
{
  size_t n = unknowns(r);
  for (size_t j = 1; j < n; j++)
    p->penalty.frozen[j] = r->group[j - 1] == g;
  churn_problem_place(p, r->best->coefficients, r->best->sums[0], r->best->sums + 1, hessian_of(r),
                      &r->batch.quadratic);
  leave_out(r, p);
  churn_quadratic_solve(&r->batch.quadratic, &p->penalty, r->begin, r->gradient, hessian_of(r),
                        p->direction);
  for (size_t j = 0; j < n; j++)
    r->begin[j] += p->penalty.frozen[j] ? 0 : p->direction[j];
  churn_problem_start(p, r->begin);
}

/* By how much the mean loss would still fall, to second order, is half of what the last step
 * promised. */
static double chi2_of(const refits *r, const churn_problem *p)
{
  double left = fmax(-p->promise, 0) / 2, lost = p->loss - left - r->best->sums[0];
  return churn_problem_converged(p) ? fmax(2 * p->total_weight * lost, 0) : NAN;
}

static bool has_columns(const refits *r, size_t g)
{
  for (size_t j = 0; j + 1 < unknowns(r); j++)
    if (r->group[j] == g)
      return true;
  return false;
}

churn_status churn_ratio_tests(const churn_objective *objective, const churn_point *best,
                               const uint32_t *group, size_t groups, double *chi2,
                               churn_error *error)
{
  refits r = {.objective = objective, .best = best, .group = group};
  size_t *which = churn_array_new(groups, sizeof *which), next = 0;
  churn_status status = which == NULL ? churn_error_no_memory(error) : prepare(&r, groups, error);
  while (next < groups && status == CHURN_OK) {
    size_t count = 0;
    for (; next < groups && count < r.most; next++) {
      chi2[next] = NAN;
      if (!has_columns(&r, next))
        continue;
      begin(&r, &r.problems[count], next);
      which[count++] = next;
    }
    status = churn_batch_solve(&r.batch, r.problems, count, error);
    for (size_t i = 0; i < count && status == CHURN_OK; i++)
      chi2[which[i]] = chi2_of(&r, &r.problems[i]);
  }
  clear(&r);
  free(which);
  return status;
}
