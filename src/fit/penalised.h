/* Ridge, lasso and elastic net, at one lambda and along a path of them. Place in the flow:
 * standardised design matrix -> coefficients.
 *
 * Minimised is the mean negative log-likelihood + lambda sum_j factor_j (alpha |b_j| + (1 - alpha)
 * / 2 b_j^2) on standardised columns (denominator n), the intercept not penalised: glmnet's
 * definition with standardize = TRUE, but that factors count as they are given (glmnet scales them
 * to a mean of 1). Solved by proximal Newton (problem.h). Cost: sweeps x rows x columns; a path
 * shares a sweep among several lambdas.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_PENALISED_H
#define CHURN_FIT_PENALISED_H

#include "fit/problem.h"
#include "fit/scale.h"

typedef struct churn_penalised_settings {
  double lambda;         /* >= 0 */
  double alpha;          /* 0 ridge .. 1 lasso */
  const double *factors; /* [columns], >= 0, 0 = not penalised; NULL = all 1 */
  double tolerance;      /* 0 = 1e-10: of the residual (churn_penalty_residual); besides, the next
                            step would move no standardised coefficient by more than this (in a
                            path or cross-validation; a hundredth of it in a fit at one lambda) */
  uint32_t most_sweeps;  /* 0 = 100, for each lambda */
} churn_penalised_settings;

/* Fits at one lambda. `start` [columns + 1], on standardised columns, is where to begin (NULL = the
 * model without columns). In the result, the covariance is that of the penalised likelihood where
 * no absolute value is penalised (ridge, or lambda 0), else NaN all over: an estimate that may be
 * set to exactly 0 has no standard error. The result's other arrays may be NULL too. The report's
 * gradient is the subgradient of least size; iterations count sweeps. USAGE for settings out of
 * range. */
CHURN_MUST_USE churn_status churn_penalised_fit(const churn_scaled *data,
                                                const churn_penalised_settings *settings,
                                                const double *start, const churn_run *run,
                                                churn_fit_result *result, churn_fit_report *report,
                                                churn_error *error);

typedef struct churn_path_settings {
  churn_penalised_settings penalised; /* its lambda is not used */
  const double *lambdas;              /* [count], descending; NULL = chosen as follows */
  size_t count;                       /* 0 = 100 */
  double ratio; /* last lambda over first; 0 = 1e-4, or 1e-2 with fewer rows than columns */
} churn_path_settings;

/* Everything on standardised columns. */
typedef struct churn_path {
  size_t count;
  size_t columns;
  double *lambdas;           /* [count] */
  double *coefficients;      /* [count][columns + 1] */
  churn_fit_report *reports; /* [count]; iterations: sweeps that the lambda took part in */
  uint32_t sweeps;           /* over the rows, in all */
} churn_path;

/* The path of lambdas from the smallest at which every penalised coefficient is 0 down to `ratio`
 * times that, evenly in the logarithm (for alpha below 0.001, where no lambda does that, as for
 * 0.001). USAGE for settings out of range; DEGENERATE when no column is penalised. */
CHURN_MUST_USE churn_status churn_path_fit(const churn_scaled *data,
                                           const churn_path_settings *settings,
                                           const churn_run *run, churn_path *path,
                                           churn_error *error);
void churn_path_clear(churn_path *path);

/* For the parts of fit/: the penalty of lambda on a problem. scales [columns] (NULL = 1) = standard
 * deviations of the columns where the problem's rows are not those the matrix was standardised on.
 */
void churn_penalty_set(churn_penalty_terms *penalty, const churn_penalised_settings *settings,
                       double lambda, const double *scales);

/* Checks settings and fills in what 0 stands for. */
CHURN_MUST_USE churn_status churn_penalised_settle(const churn_penalised_settings *given,
                                                   size_t columns,
                                                   churn_penalised_settings *settled,
                                                   churn_error *error);

/* The report of a problem that is done. */
void churn_problem_report(const churn_problem *problem, const churn_totals *totals,
                          churn_fit_report *report);

#endif
