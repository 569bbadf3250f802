/* Logistic regression by maximum (or ridge-penalised) likelihood: Newton's method on tiles. Place
 * in the flow: design matrix -> coefficients.
 *
 * Columns are centred and scaled inside the solver only. Per step one sweep over the matrix gives
 * gradient and Hessian in 64 fixed lanes added in lane order, so the result has the same bits for
 * any number of threads. Many rows start from the answer of a few (warm_start.h), and end as they
 * would without. Cost: O(rows x columns^2) a step.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_LOGISTIC_H
#define CHURN_FIT_LOGISTIC_H

#include "design/matrix.h"

#include <churn/run.h>
#include <stdbool.h>
#include <stdint.h>

/* Minimises f(b) = sum w_i (log(1 + exp(eta_i)) - y_i eta_i) / sum w_i + lambda/2 * sum_j (s_j
 * b_j)^2, eta = offset + b_0 + x b, s_j the column's standard deviation (denominator n): the
 * intercept is not penalised; lambda as in glmnet with alpha 0 and standardize = TRUE. */
typedef struct churn_fit_settings {
  double ridge_lambda;       /* 0 = maximum likelihood */
  double gradient_tolerance; /* 0 = 1e-10: stop when max_j |g_j| <= this, g the gradient of f on
                                standardised columns; then one more Newton step */
  uint32_t max_iterations;   /* 0 = 100 */
  double rank_tolerance; /* 0 = 1e-9: a column is collinear when 1 - R^2 on the columns before it is
                            at most this */
  size_t sample_rows;    /* about so many rows are fitted first, for a start (warm_start.h), where
                            the matrix has 4 times as many. 0 = a sixteenth, at most 2048 a column and
                            65536, at least 100 a column and 4096; more than the matrix has = none
                          */
} churn_fit_settings;

typedef enum churn_stop {
  CHURN_STOP_GRADIENT,    /* max|g| <= tolerance */
  CHURN_STOP_NO_PROGRESS, /* no step down the gradient lowers f any more (at the limit of the
                             arithmetic) */
  CHURN_STOP_ITERATIONS,
  CHURN_STOP_SEPARATION /* the likelihood has no maximum: a coefficient runs away */
} churn_stop;

const char *churn_stop_name(churn_stop stop); /* "gradient", … as in the model file */

typedef struct churn_fit_report {
  uint32_t iterations; /* steps on all rows */
  uint32_t hessians;   /* sweeps over all rows that brought one; 0 = not counted */
  double max_gradient; /* at the last point that was evaluated: at most one step, which squares it,
                          was taken from there */
  churn_stop stopped_by;
  bool converged;           /* stopped by gradient, or by no progress with max_gradient <= 1e-8
                               and the next step small */
  size_t separating_column; /* SEPARATION: the column with the largest standardised coefficient in
                               the direction that separates */
  double objective;
  double log_likelihood; /* of the rows, weighted, without penalty */
  double null_log_likelihood;
} churn_fit_report;

/* All arrays are the caller's. Sizes by matrix->columns = k. */
typedef struct churn_fit_result {
  double *coefficients; /* [k + 1], intercept first, original scale */
  double *covariance;   /* [(k+1)^2] row-major, intercept first, original scale: inverse of the
                           (penalised) Hessian of the summed objective; NaN all over where it has
                           none (never when converged) */
  double *means;        /* [k] */
  double *deviations;   /* [k], denominator sum of weights */
} churn_fit_result;

/* A covariance of coefficients on standardised columns [(columns + 1)^2], intercept first, becomes
 * that on the original scale: T C T', T the linear map b_j / deviation_j, b_0 - sum b_j mean_j /
 * deviation_j. */
void churn_fit_unscale_covariance(double *covariance, const double *means, const double *deviations,
                                  size_t columns);

/* Finds columns that are exactly collinear with the ones before them (and the intercept): keep[c]
 * false. For each such c, because[c] (NULL allowed) gets a fresh text that the caller frees,
 * "collinear with A, B" using `names`. Pivot-free Cholesky of the correlation matrix in column
 * order; the tolerance is settings'. The matrix is not changed. */
CHURN_MUST_USE churn_status churn_fit_rank(const churn_matrix *matrix, const char *const *names,
                                           const churn_fit_settings *settings, const churn_run *run,
                                           bool *keep, char **because, churn_error *error);

/* Fits. The matrix's tiles may be standardised in place for the work and are not restored (the
 * matrix is the fit's scratch from here on; its `standardised` tells). Not converging is in the
 * report, not an error. DEGENERATE: no rows, one class only, a constant column, a Hessian that
 * cannot be factored at the start. */
CHURN_MUST_USE churn_status churn_fit_logistic(churn_matrix *matrix,
                                               const churn_fit_settings *settings,
                                               const churn_run *run, churn_fit_result *result,
                                               churn_fit_report *report, churn_error *error);

#endif
