/* Logistic regression from an unscaled design matrix to coefficients, covariance and report on the
 * original scale.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"
#include "fit/moments.h"
#include "fit/newton.h"
#include "fit/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *churn_stop_name(churn_stop stop)
{
  static const char *const names[] = {"gradient", "no_progress", "iteration_limit", "separation"};
  return (size_t)stop < sizeof names / sizeof names[0] ? names[stop] : "unknown";
}

static churn_status settle(const churn_fit_settings *given, churn_fit_settings *settings,
                           churn_error *error)
{
  churn_fit_settings s = given == NULL ? (churn_fit_settings){0} : *given;
  if (!(s.ridge_lambda >= 0 && isfinite(s.ridge_lambda)))
    return churn_error_set(error, CHURN_USAGE, "lambda is %g; it must be 0 or more",
                           s.ridge_lambda);
  if (!(s.gradient_tolerance >= 0))
    return churn_error_set(error, CHURN_USAGE,
                           "the gradient's tolerance is %g; it must be 0 or more",
                           s.gradient_tolerance);
  if (s.gradient_tolerance == 0)
    s.gradient_tolerance = 1e-10;
  if (s.max_iterations == 0)
    s.max_iterations = 100;
  *settings = s;
  return CHURN_OK;
}

static churn_status check_classes(const churn_totals *totals, churn_error *error)
{
  if (totals->positive <= 0)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "every row has the label 0; a fit needs both labels");
  if (totals->positive >= totals->weight)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "every row has the label 1; a fit needs both labels");
  return CHURN_OK;
}

static churn_status check_constant(const double *deviations, size_t columns, churn_error *error)
{
  for (size_t c = 0; c < columns; c++)
    if (deviations[c] <= 0)
      return churn_error_set(error, CHURN_DEGENERATE, "design column %zu is constant", c + 1);
  return CHURN_OK;
}

void churn_fit_unscale(const double *standardised, const double *means, const double *deviations,
                       size_t columns, double *coefficients)
{
  double intercept = standardised[0];
  for (size_t j = 0; j < columns; j++) {
    coefficients[j + 1] = standardised[j + 1] / deviations[j];
    intercept -= coefficients[j + 1] * means[j];
  }
  coefficients[0] = intercept;
}

void churn_fit_rescale(const double *coefficients, const double *means, const double *deviations,
                       size_t columns, double *standardised)
{
  double intercept = coefficients[0];
  for (size_t j = 0; j < columns; j++) {
    standardised[j + 1] = coefficients[j + 1] * deviations[j];
    intercept += coefficients[j + 1] * means[j];
  }
  standardised[0] = intercept;
}

void churn_fit_unscale_covariance(double *c, const double *means, const double *deviations,
                                  size_t columns)
{
  size_t n = columns + 1;
  for (size_t i = 1; i < n; i++)
    for (size_t j = 0; j < n; j++)
      c[i * n + j] /= deviations[i - 1];
  for (size_t j = 0; j < n; j++)
    for (size_t i = 1; i < n; i++)
      c[j] -= means[i - 1] * c[i * n + j];
  for (size_t i = 0; i < n; i++)
    for (size_t j = 1; j < n; j++)
      c[i * n + j] /= deviations[j - 1];
  for (size_t i = 0; i < n; i++)
    for (size_t j = 1; j < n; j++)
      c[i * n] -= means[j - 1] * c[i * n + j];
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      c[j * n + i] = c[i * n + j];
}

/* NaN all over when the Hessian there has no inverse. */
static void find_covariance(churn_newton *newton, const double *means, const double *deviations,
                            double *covariance)
{
  size_t columns = newton->objective.matrix->columns, n = columns + 1, column;
  const double *hessian = newton->point.sums + churn_kernel_hessian_start(columns);
  bool regular = churn_cholesky_factor(hessian, n, 0, newton->factor, &column) &&
                 churn_cholesky_invert(newton->factor, n);
  for (size_t i = 0; i < n * n; i++)
    covariance[i] = regular ? newton->factor[i] / newton->objective.total_weight : NAN;
  if (regular)
    churn_fit_unscale_covariance(covariance, means, deviations, columns);
}

static void fill_report(const churn_newton *newton, const churn_totals *totals,
                        churn_fit_report *report)
{
  *report = (churn_fit_report){.iterations = newton->iterations,
                               .max_gradient = newton->point.max_gradient,
                               .stopped_by = newton->stop,
                               .converged = newton->stop == CHURN_STOP_GRADIENT ||
                                            (newton->stop == CHURN_STOP_NO_PROGRESS &&
                                             !newton->far && newton->point.max_gradient <= 1e-8),
                               .separating_column = newton->separating_column,
                               .objective = newton->point.sums[0],
                               .log_likelihood = -newton->point.loss,
                               .null_log_likelihood = totals->null_log_likelihood};
}

churn_status churn_fit_standardise(churn_matrix *matrix, const churn_run *run, churn_totals *totals,
                                   double *means, double *deviations, churn_error *error)
{
  churn_status status = churn_totals_read(matrix, run, totals, error);
  if (status == CHURN_OK)
    status = check_classes(totals, error);
  if (status == CHURN_OK)
    status = churn_moments_read(matrix, totals->weight, NULL, run, means, deviations, error);
  if (status == CHURN_OK)
    status = check_constant(deviations, matrix->columns, error);
  if (status == CHURN_OK)
    status = churn_matrix_standardise(matrix, means, deviations, run, error);
  return status;
}

/* From the model without columns. */
static churn_status minimise(churn_newton *newton, const churn_totals *totals, churn_error *error)
{
  churn_status status = churn_newton_prepare(newton, error);
  if (status != CHURN_OK)
    return status;
  newton->point.coefficients[0] = totals->null_intercept;
  return churn_newton_run(newton, error);
}

churn_status churn_fit_logistic(churn_matrix *matrix, const churn_fit_settings *settings,
                                const churn_run *run, churn_fit_result *result,
                                churn_fit_report *report, churn_error *error)
{
  churn_newton newton = {.objective = {.matrix = matrix, .run = run}};
  churn_totals totals = {0};
  size_t columns = matrix->columns;
  double *deviations = NULL;
  double *means = churn_array_new(columns, sizeof *means);
  churn_status status = settle(settings, &newton.settings, error);
  if (status != CHURN_OK)
    goto done;
  deviations = churn_array_new(columns, sizeof *deviations);
  if (means == NULL || deviations == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  status = churn_fit_standardise(matrix, run, &totals, means, deviations, error);
  if (status != CHURN_OK)
    goto done;
  newton.objective.kernel = churn_kernel_choose(churn_run_notes(run));
  newton.objective.total_weight = totals.weight;
  newton.objective.ridge_lambda = newton.settings.ridge_lambda;
  newton.lowest_weight = totals.lowest_weight;
  status = minimise(&newton, &totals, error);
  if (status != CHURN_OK)
    goto done;
  churn_fit_unscale(newton.point.coefficients, means, deviations, columns, result->coefficients);
  find_covariance(&newton, means, deviations, result->covariance);
  memcpy(result->means, means, columns * sizeof *means);
  memcpy(result->deviations, deviations, columns * sizeof *deviations);
  fill_report(&newton, &totals, report);
done:
  churn_newton_clear(&newton);
  free(means);
  free(deviations);
  return status;
}
