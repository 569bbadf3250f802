/* Firth's penalised likelihood: the fit, and profile intervals.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/firth.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"
#include "fit/firth_solver.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOOKS = 60 };

static void fill_result(churn_firth_solver *s, const churn_scaled *data, churn_fit_result *result)
{
  size_t n = s->n, columns = n - 1;
  bool regular = churn_cholesky_invert(s->best.factor, n);
  churn_fit_unscale(s->best.point.coefficients, data->means, data->deviations, columns,
                    result->coefficients);
  for (size_t i = 0; i < n * n; i++)
    result->covariance[i] = regular ? s->best.factor[i] / data->totals.weight : NAN;
  if (regular)
    churn_fit_unscale_covariance(result->covariance, data->means, data->deviations, columns);
  memcpy(result->means, data->means, columns * sizeof *result->means);
  memcpy(result->deviations, data->deviations, columns * sizeof *result->deviations);
}

static churn_status start(churn_firth_solver *s, const churn_totals *totals, churn_error *error)
{
  churn_status status = churn_firth_prepare(s, error);
  if (status != CHURN_OK)
    return status;
  s->best.point.coefficients[0] = totals->null_intercept;
  status = churn_firth_value(s, &s->best, error);
  return status != CHURN_OK || isfinite(s->best.value)
             ? status
             : churn_error_set(error, CHURN_DEGENERATE,
                               "the information matrix cannot be factored at the start: columns "
                               "are collinear");
}

static churn_firth_solver solver_of(const churn_matrix *matrix, const churn_totals *totals,
                                    const churn_run *run, churn_notes *notes)
{
  return (churn_firth_solver){.objective = {.matrix = matrix,
                                            .kernel = churn_kernel_choose(notes),
                                            .run = run,
                                            .total_weight = totals->weight},
                              .n = matrix->columns + 1};
}

churn_status churn_firth_fit(const churn_scaled *data, const churn_run *run,
                             churn_fit_result *result, churn_fit_report *report, churn_error *error)
{
  churn_firth_solver s = solver_of(data->matrix, &data->totals, run, churn_run_notes(run));
  churn_status status = start(&s, &data->totals, error);
  if (status == CHURN_OK)
    status = churn_firth_maximise(&s, error);
  if (status == CHURN_OK) {
    fill_result(&s, data, result);
    *report = (churn_fit_report){.iterations = s.steps,
                                 .max_gradient = s.best.max_score,
                                 .stopped_by = s.stop,
                                 .converged =
                                     s.stop == CHURN_STOP_GRADIENT ||
                                     (s.stop == CHURN_STOP_NO_PROGRESS && s.best.max_score <= 1e-8),
                                 .objective = s.best.value,
                                 .log_likelihood = -s.best.point.loss,
                                 .null_log_likelihood = data->totals.null_log_likelihood};
  }
  churn_firth_clear(&s);
  return status;
}

/* One end of an interval. */
typedef struct search {
  double least; /* value at the estimate */
  double quantile;
  double sign;  /* -1 for the lower end */
  double inner; /* the root of the deviance is below the quantile here */
  double outer; /* and above here; infinite until found */
  double reach; /* how far from the estimate, at most, the next look is while outer is not known */
} search;

/* The point moved along the held function by `change`, the others following to first order. */
static churn_status move(churn_firth_solver *s, double change, churn_error *error)
{
  double square = 0;
  if (!churn_cholesky_solve(s->best.factor, s->n, s->held, s->follow))
    return churn_firth_value(s, &s->best, error);
  for (size_t j = 0; j < s->n; j++)
    square += s->follow[j] * s->held[j];
  for (size_t j = 0; j < s->n; j++)
    s->best.point.coefficients[j] += change / square * s->follow[j];
  return churn_firth_value(s, &s->best, error);
}

/* The next distance from the estimate: Newton's on the root, kept in the bracket. */
static double next_look(search *e, double at, double root, double slope)
{
  if (root < e->quantile)
    e->inner = at;
  else
    e->outer = at;
  double next = at + (e->quantile - root) / slope;
  double furthest = isfinite(e->outer) ? e->outer : 2 * e->inner + e->reach;
  if (next > e->inner && next < furthest)
    return next;
  return isfinite(e->outer) ? e->inner + (e->outer - e->inner) / 2 : furthest;
}

/* *distance from the estimate to the end; NaN where it is not found. s->best is at the estimate. */
static churn_status find_end(churn_firth_solver *s, search *e, double *distance, churn_error *error)
{
  double at = 0, next = e->reach, total = s->objective.total_weight;
  *distance = NAN;
  for (int i = 0; i < MOST_LOOKS; i++) {
    churn_status status = move(s, e->sign * (next - at), error);
    if (status != CHURN_OK || !isfinite(s->best.value))
      return status;
    at = next;
    status = churn_firth_maximise(s, error);
    if (status != CHURN_OK)
      return status;
    double root = sqrt(fmax(0, 2 * total * (s->best.value - e->least)));
    if (fabs(root - e->quantile) <= 1e-8) {
      *distance = at;
      return CHURN_OK;
    }
    next = next_look(e, at, root, -e->sign * s->best.multiplier * total / root);
  }
  return CHURN_OK;
}

/* b_0 = beta_0 - sum beta_j mean_j / deviation_j, b_j = beta_j / deviation_j. */
static void set_function(const churn_fit_result *fit, size_t j, size_t n, double *function)
{
  function[0] = j == 0;
  for (size_t i = 1; i < n; i++)
    function[i] = j == 0   ? -fit->means[i - 1] / fit->deviations[i - 1]
                  : i == j ? 1 / fit->deviations[i - 1]
                           : 0;
}

static churn_status find_ends(churn_firth_solver *s, const churn_fit_result *fit, size_t j,
                              double quantile, double *ends, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (int side = 0; side < 2 && status == CHURN_OK; side++) {
    double distance = NAN, sign = side == 0 ? -1 : 1;
    churn_fit_rescale(fit->coefficients, fit->means, fit->deviations, s->n - 1,
                      s->best.point.coefficients);
    status = churn_firth_value(s, &s->best, error);
    search e = {.least = s->best.value,
                .quantile = quantile,
                .sign = sign,
                .outer = INFINITY,
                .reach = quantile * sqrt(fit->covariance[j * s->n + j])};
    if (status == CHURN_OK && isfinite(e.least) && isfinite(e.reach))
      status = find_end(s, &e, &distance, error);
    ends[side] = fit->coefficients[j] + sign * distance;
  }
  return status;
}

churn_status churn_firth_interval(const churn_matrix *matrix, const churn_totals *totals,
                                  const churn_fit_result *fit, size_t coefficient, double quantile,
                                  const churn_run *run, double *lower, double *upper,
                                  churn_error *error)
{
  churn_firth_solver s = solver_of(matrix, totals, run, NULL);
  double ends[2], *function = churn_array_new(s.n, sizeof *function);
  churn_status status = function == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_firth_prepare(&s, error);
  if (status == CHURN_OK) {
    set_function(fit, coefficient, s.n, function);
    s.held = function;
    status = find_ends(&s, fit, coefficient, quantile, ends, error);
  }
  if (status == CHURN_OK) {
    *lower = ends[0];
    *upper = ends[1];
  }
  churn_firth_clear(&s);
  free(function);
  return status;
}
