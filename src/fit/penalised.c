/* A penalised fit at one lambda.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/penalised.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/batch.h"
#include "fit/cholesky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One fit can afford what a path cannot: the step after the last, which squares the error. */
static const double polish = 1e-2;

churn_status churn_penalised_settle(const churn_penalised_settings *given, size_t columns,
                                    churn_penalised_settings *settled, churn_error *error)
{
  churn_penalised_settings s = *given;
  if (!(s.lambda >= 0 && isfinite(s.lambda)))
    return churn_error_set(error, CHURN_USAGE, "lambda is %g; it must be 0 or more", s.lambda);
  if (!(s.alpha >= 0 && s.alpha <= 1))
    return churn_error_set(error, CHURN_USAGE, "alpha is %g; it must be from 0 to 1", s.alpha);
  if (!(s.tolerance >= 0))
    return churn_error_set(error, CHURN_USAGE, "the tolerance is %g; it must be 0 or more",
                           s.tolerance);
  for (size_t j = 0; s.factors != NULL && j < columns; j++)
    if (!(s.factors[j] >= 0 && isfinite(s.factors[j])))
      return churn_error_set(error, CHURN_USAGE,
                             "the penalty factor of column %zu is %g; it must be 0 or more", j + 1,
                             s.factors[j]);
  if (s.tolerance == 0)
    s.tolerance = 1e-10;
  if (s.most_sweeps == 0)
    s.most_sweeps = 100;
  *settled = s;
  return CHURN_OK;
}

void churn_penalty_set(churn_penalty_terms *penalty, const churn_penalised_settings *settings,
                       double lambda, const double *scales)
{
  for (size_t j = 1; j < penalty->unknowns; j++) {
    double factor = settings->factors == NULL ? 1 : settings->factors[j - 1];
    double scale = scales == NULL ? 1 : scales[j - 1];
    penalty->l1[j] = lambda * settings->alpha * factor * scale;
    penalty->l2[j] = lambda * (1 - settings->alpha) * factor * scale * scale;
  }
}

void churn_problem_report(const churn_problem *p, const churn_totals *totals,
                          churn_fit_report *report)
{
  *report = (churn_fit_report){.iterations = p->sweeps,
                               .max_gradient = p->residual,
                               .stopped_by = p->stop,
                               .converged = churn_problem_converged(p),
                               .separating_column = p->separating_column,
                               .objective = churn_problem_objective(p),
                               .log_likelihood = -p->loss * totals->weight,
                               .null_log_likelihood = totals->null_log_likelihood};
}

static bool is_smooth(const churn_penalty_terms *penalty)
{
  for (size_t j = 0; j < penalty->unknowns; j++)
    if (penalty->l1[j] > 0)
      return false;
  return true;
}

/* The exact Hessian at the solution. */
static churn_status refresh(churn_batch *batch, churn_problem *p, churn_error *error)
{
  uint32_t sweeps = p->sweeps;
  churn_stop stop = p->stop;
  if (p->fresh)
    return CHURN_OK;
  p->phase = CHURN_PHASE_REFRESH;
  p->want = CHURN_WANT_STEP;
  p->most_sweeps = 0;
  memcpy(p->trial, p->coefficients, p->unknowns * sizeof *p->trial);
  churn_status status = churn_batch_solve(batch, p, 1, error);
  p->sweeps += sweeps;
  p->stop = stop;
  return status;
}

/* Inverse of the Hessian of the summed penalised loss; NaN where it has none. */
static churn_status find_covariance(churn_batch *batch, churn_problem *p, const churn_scaled *data,
                                    double *covariance, churn_error *error)
{
  size_t n = p->unknowns, column;
  bool regular = is_smooth(&p->penalty);
  churn_status status = regular ? refresh(batch, p, error) : CHURN_OK;
  if (status != CHURN_OK)
    return status;
  for (size_t j = 0; j < n; j++)
    p->hessian[j * (j + 1) / 2 + j] += p->penalty.l2[j];
  regular = regular && churn_cholesky_factor(p->hessian, n, 0, batch->quadratic.factor, &column) &&
            churn_cholesky_invert(batch->quadratic.factor, n);
  for (size_t i = 0; i < n * n; i++)
    covariance[i] = regular ? batch->quadratic.factor[i] / data->totals.weight : NAN;
  if (regular)
    churn_fit_unscale_covariance(covariance, data->means, data->deviations, n - 1);
  return CHURN_OK;
}

static void fill_result(const churn_problem *p, const churn_scaled *data, churn_fit_result *result)
{
  size_t columns = p->unknowns - 1;
  if (result->coefficients != NULL)
    churn_fit_unscale(p->coefficients, data->means, data->deviations, columns,
                      result->coefficients);
  if (result->means != NULL)
    memcpy(result->means, data->means, columns * sizeof(double));
  if (result->deviations != NULL)
    memcpy(result->deviations, data->deviations, columns * sizeof(double));
}

churn_status churn_penalised_fit(const churn_scaled *data, const churn_penalised_settings *settings,
                                 const double *start, const churn_run *run,
                                 churn_fit_result *result, churn_fit_report *report,
                                 churn_error *error)
{
  size_t columns = data->matrix->columns;
  churn_batch batch = {.matrix = data->matrix, .run = run};
  churn_problem problem = {0};
  churn_penalised_settings settled;
  double *null_model = churn_array_new(columns + 1, sizeof *null_model);
  churn_status status = null_model == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_penalised_settle(settings, columns, &settled, error);
  if (status == CHURN_OK)
    status = churn_batch_prepare(&batch, 1, error);
  if (status == CHURN_OK)
    status = churn_problem_prepare(&problem, columns, error);
  if (status != CHURN_OK)
    goto done;
  problem.total_weight = data->totals.weight;
  problem.tolerance = settled.tolerance;
  problem.step_tolerance = polish * settled.tolerance;
  problem.most_sweeps = settled.most_sweeps;
  churn_penalty_set(&problem.penalty, &settled, settled.lambda, NULL);
  null_model[0] = data->totals.null_intercept;
  churn_problem_start(&problem, start == NULL ? null_model : start);
  status = churn_batch_solve(&batch, &problem, 1, error);
  if (status == CHURN_OK && result->covariance != NULL)
    status = find_covariance(&batch, &problem, data, result->covariance, error);
  if (status != CHURN_OK)
    goto done;
  fill_result(&problem, data, result);
  churn_problem_report(&problem, &data->totals, report);
done:
  churn_problem_clear(&problem);
  churn_batch_clear(&batch);
  free(null_model);
  return status;
}
