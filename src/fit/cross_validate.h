/* Cross-validation: every fold's rows are predicted by a fit on the others. Place in the flow:
 * standardised matrix and a fold for each row -> out-of-fold logits; with a path of lambdas, how
 * well each does out of sample.
 *
 * All folds' gradients come from one sweep; fold Hessians are the total minus the fold's, exact at
 * the full fit, and everything starts there. The answer is that of fitting each fold from nothing:
 * penalties are on columns standardised over the fold's own training rows. A column that is
 * constant over those, or collinear with the ones before it and not penalised, is 0 there. Cost:
 * some sweeps of rows x columns x folds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_CROSS_VALIDATE_H
#define CHURN_FIT_CROSS_VALIDATE_H

#include "fit/folds.h"
#include "fit/penalised.h"

/* How the folds' fits ended. */
typedef struct churn_cross_report {
  uint32_t sweeps;        /* over the rows, in all */
  uint32_t not_converged; /* fits that stopped by anything but the gradient or separation */
  uint32_t separated; /* fits whose likelihood has no maximum: the coefficients are those where the
                         loss hardly fell any more */
} churn_cross_report;

/* Fits each fold with `settings` (lambda 0: maximum likelihood). `start` [columns + 1], on
 * standardised columns: the fit on all rows, NULL = is found first. logits [rows]: each row's
 * linear predictor by the fit that did not see it. coefficients (NULL allowed) [folds][columns +
 * 1], original scale. USAGE: fewer than two folds, a fold number out of range, settings.
 * DEGENERATE: a fold whose training rows have one label only, or no weight. */
CHURN_MUST_USE churn_status churn_cross_validate(const churn_scaled *data,
                                                 const churn_fold_map *map,
                                                 const churn_penalised_settings *settings,
                                                 const double *start, const churn_run *run,
                                                 double *logits, double *coefficients,
                                                 churn_cross_report *report, churn_error *error);

/* For each lambda of a path: mean out-of-fold deviance (twice the mean negative log-likelihood)
 * over the folds, weighted by their rows, and its standard error from the folds' spread, as
 * cv.glmnet. */
typedef struct churn_cross_table {
  size_t count;
  double *deviances;  /* [count] */
  double *std_errors; /* [count] */
} churn_cross_table;

/* `path` is the fit on all rows with the same settings. Errors as above. The caller clears. */
CHURN_MUST_USE churn_status churn_cross_validate_path(
    const churn_scaled *data, const churn_fold_map *map, const churn_penalised_settings *settings,
    const churn_path *path, const churn_run *run, churn_cross_table *table,
    churn_cross_report *report, churn_error *error);
void churn_cross_table_clear(churn_cross_table *table);

typedef enum churn_lambda_rule {
  CHURN_LAMBDA_MINIMUM,  /* the least mean deviance; of equal ones the largest lambda */
  CHURN_LAMBDA_ONE_ERROR /* the largest lambda whose mean deviance is at most one standard error
                            (that at the minimum) above the least */
} churn_lambda_rule;

/* Number of the chosen lambda; lambdas descending. */
size_t churn_cross_choose(const churn_cross_table *table, churn_lambda_rule rule);

#endif
