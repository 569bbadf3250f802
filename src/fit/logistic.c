/* Logistic regression from an unscaled design matrix to coefficients, covariance and report on the
 * original scale.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/logistic.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/approach.h"
#include "fit/cholesky.h"
#include "fit/moments.h"
#include "fit/newton.h"
#include "fit/scale.h"
#include "fit/subsample.h"
#include "fit/warm_start.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where fewer rows stand for one of the subsample, a warm start gains nothing. How many rows are
 * enough depends on the columns; fewer do where all rows are not many more (measured from 20,000
 * rows to a million). */
enum {
  LEAST_GROUP = 4,
  GROUP = 16,
  LEAST_PER_COLUMN = 100,
  MOST_PER_COLUMN = 2048,
  LEAST_SAMPLE = 4096,
  MOST_SAMPLE = 65536
};

/* Standardising by algebra costs the square of this in digits of the Hessian. */
static const double furthest_mean = 100;

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
                               .hessians = newton->hessians,
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

static churn_status read_totals(const churn_matrix *matrix, const churn_run *run,
                                churn_totals *totals, churn_error *error)
{
  churn_status status = churn_totals_read(matrix, run, totals, error);
  return status == CHURN_OK ? check_classes(totals, error) : status;
}

static churn_status read_moments(const churn_matrix *matrix, const churn_run *run, double *means,
                                 double *deviations, churn_error *error)
{
  churn_status status = churn_moments_read(matrix, NULL, run, means, deviations, error);
  return status == CHURN_OK ? check_constant(deviations, matrix->columns, error) : status;
}

churn_status churn_fit_standardise(churn_matrix *matrix, const churn_run *run, churn_totals *totals,
                                   double *means, double *deviations, churn_error *error)
{
  churn_status status = read_totals(matrix, run, totals, error);
  if (status == CHURN_OK)
    status = read_moments(matrix, run, means, deviations, error);
  if (status == CHURN_OK)
    status = churn_matrix_standardise(matrix, means, deviations, run, error);
  return status;
}

typedef struct logistic_work {
  churn_newton newton;
  size_t group; /* rows that one of the subsample stands for */
  churn_warm_start start;
  churn_totals totals;
  double *means;
  double *deviations;
} logistic_work;

static size_t default_sample(size_t rows, size_t columns)
{
  size_t least = columns * LEAST_PER_COLUMN, most = columns * MOST_PER_COLUMN;
  size_t sample = rows / GROUP;
  sample = sample < most ? sample : most;
  sample = sample < MOST_SAMPLE ? sample : MOST_SAMPLE;
  sample = sample > least ? sample : least;
  return sample > LEAST_SAMPLE ? sample : LEAST_SAMPLE;
}

static churn_status prepare(logistic_work *work, churn_error *error)
{
  const churn_matrix *matrix = work->newton.objective.matrix;
  size_t sample = work->newton.settings.sample_rows;
  if (sample == 0)
    sample = default_sample(matrix->rows, matrix->columns);
  work->group = churn_subsample_group(matrix->rows, sample);
  work->means = churn_array_new(matrix->columns, sizeof *work->means);
  work->deviations = churn_array_new(matrix->columns, sizeof *work->deviations);
  if (work->means == NULL || work->deviations == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

static void clear(logistic_work *work)
{
  churn_newton_clear(&work->newton);
  churn_warm_start_clear(&work->start);
  free(work->means);
  free(work->deviations);
}

/* Whether sums over columns as they are can be turned into those over standardised ones without
 * losing digits that matter: no mean is very far from 0, and no row is there for nothing (its
 * values may be anything). */
static bool turns_well(const logistic_work *work)
{
  const churn_matrix *m = work->newton.objective.matrix;
  for (size_t c = 0; c < m->columns; c++)
    if (!(fabs(work->means[c]) <= furthest_mean * work->deviations[c]))
      return false;
  return work->totals.every_row;
}

/* Moments and, in the same sweep, the slope at the start; *known tells whether that came out. */
static churn_status survey(logistic_work *work, bool *known, churn_error *error)
{
  churn_objective *objective = &work->newton.objective;
  const churn_matrix *matrix = objective->matrix;
  churn_moment_sums moments;
  churn_status status = churn_moment_sums_prepare(&moments, matrix, error);
  if (status == CHURN_OK)
    status = churn_objective_look(objective, work->start.coefficients, &moments, error);
  if (status == CHURN_OK)
    status = churn_moment_sums_finish(&moments, NULL, work->means, work->deviations, error);
  churn_moment_sums_clear(&moments);
  if (status == CHURN_OK)
    status = check_constant(work->deviations, matrix->columns, error);
  *known = status == CHURN_OK && turns_well(work);
  if (*known) {
    objective->means = work->means;
    objective->deviations = work->deviations;
    churn_objective_conclude(objective, work->start.coefficients, &work->newton.point);
  }
  return status;
}

/* The slope at the start on columns that are standardised in place. */
static churn_status settle_start(logistic_work *work, churn_matrix *matrix, churn_error *error)
{
  churn_newton *newton = &work->newton;
  churn_status status =
      churn_matrix_settle(matrix, work->means, work->deviations, newton->objective.run, error);
  if (status != CHURN_OK)
    return status;
  churn_fit_rescale(work->start.coefficients, work->means, work->deviations, matrix->columns,
                    newton->point.coefficients);
  return churn_objective_slope(&newton->objective, &newton->point, error);
}

/* From the subsample's answer, where that leads anywhere. */
static churn_status arrive(logistic_work *work, churn_matrix *matrix, bool *arrived,
                           churn_error *error)
{
  bool known = false;
  churn_status status = work->totals.every_row ? survey(work, &known, error)
                                               : read_moments(matrix, work->newton.objective.run,
                                                              work->means, work->deviations, error);
  if (status == CHURN_OK && !known)
    status = settle_start(work, matrix, error);
  if (status != CHURN_OK)
    return status;
  churn_warm_start_turn(&work->start, work->means, work->deviations, matrix->columns);
  return churn_approach_run(&work->newton, work->start.hessian,
                            -work->totals.null_log_likelihood / work->totals.weight, arrived,
                            error);
}

/* From the model without columns. */
static churn_status start_cold(logistic_work *work, churn_matrix *matrix, churn_error *error)
{
  churn_newton *newton = &work->newton;
  churn_status status =
      churn_matrix_settle(matrix, work->means, work->deviations, newton->objective.run, error);
  newton->objective.means = NULL;
  newton->iterations = newton->hessians = 0;
  newton->last_gradient = 0;
  memset(newton->point.coefficients, 0, (matrix->columns + 1) * sizeof(double));
  newton->point.coefficients[0] = work->totals.null_intercept;
  if (status == CHURN_OK)
    status = churn_newton_evaluate(newton, &newton->point, false, error);
  return status == CHURN_OK ? churn_newton_run(newton, error) : status;
}

static churn_status run_fit(logistic_work *work, churn_matrix *matrix, churn_error *error)
{
  churn_objective *objective = &work->newton.objective;
  bool arrived = false;
  churn_status status = read_totals(matrix, objective->run, &work->totals, error);
  if (status != CHURN_OK)
    return status;
  objective->kernel = churn_kernel_choose(churn_run_notes(objective->run));
  objective->total_weight = work->totals.weight;
  objective->ridge_lambda = work->newton.settings.ridge_lambda;
  work->newton.lowest_weight = work->totals.lowest_weight;
  status = churn_newton_prepare(&work->newton, error);
  if (status == CHURN_OK && work->group >= LEAST_GROUP)
    status = churn_warm_start_find(matrix, work->group, objective->ridge_lambda, objective->run,
                                   &work->start, error);
  if (status != CHURN_OK)
    return status;
  status = work->start.found
               ? arrive(work, matrix, &arrived, error)
               : read_moments(matrix, objective->run, work->means, work->deviations, error);
  return status == CHURN_OK && !arrived ? start_cold(work, matrix, error) : status;
}

churn_status churn_fit_logistic(churn_matrix *matrix, const churn_fit_settings *settings,
                                const churn_run *run, churn_fit_result *result,
                                churn_fit_report *report, churn_error *error)
{
  logistic_work work = {.newton = {.objective = {.matrix = matrix, .run = run}}};
  size_t columns = matrix->columns;
  churn_status status = settle(settings, &work.newton.settings, error);
  if (status == CHURN_OK)
    status = prepare(&work, error);
  if (status == CHURN_OK)
    status = run_fit(&work, matrix, error);
  if (status != CHURN_OK)
    goto done;
  churn_fit_unscale(work.newton.point.coefficients, work.means, work.deviations, columns,
                    result->coefficients);
  find_covariance(&work.newton, work.means, work.deviations, result->covariance);
  memcpy(result->means, work.means, columns * sizeof *work.means);
  memcpy(result->deviations, work.deviations, columns * sizeof *work.deviations);
  fill_report(&work.newton, &work.totals, report);
done:
  clear(&work);
  return status;
}
