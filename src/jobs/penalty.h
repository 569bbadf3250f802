/* The fit of a training, by maximum likelihood or with the project's penalty, lambda chosen where
 * the project says so. Place in the flow: matrix -> coefficients, for training.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_PENALTY_H
#define CHURN_JOBS_PENALTY_H

#include "design/folds.h"
#include "fit/logistic.h"

#include <churn/model.h>

typedef struct churn_penalty_input {
  const churn_project *project;
  const churn_snapshots *rows; /* of the matrix */
  const char *const *ids;      /* by customer number */
  churn_matrix *matrix;        /* is the fit's scratch */
} churn_penalty_input;

/* Fits, and records penalty, lambda, alpha, how lambda was chosen, and every column's factor in the
 * model, whose columns are those of the matrix. Result and report as of churn_fit_logistic or
 * churn_firth_fit, the latter also where the likelihood has no maximum and the project says
 * `separation: firth` (warning "firth"; the model's penalty is then "firth"); with a penalty on
 * absolute values the covariance is NaN all over. */
CHURN_MUST_USE churn_status churn_penalty_fit(const churn_penalty_input *input,
                                              const churn_run *run, churn_fit_result *result,
                                              churn_fit_report *report, churn_model *model,
                                              churn_error *error);

#endif
