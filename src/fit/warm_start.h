/* Where a fit of many rows starts: at the answer of a subsample, which starts at the answer of a
 * smaller one. Place in the flow: subsample -> first point and Hessian of the approach.
 *
 * The answer of n rows is about sqrt(columns / (churners among them)) away from that of all, and so
 * is the Hessian: from there on gradients nearly do (approach.h). The start has no part in the
 * answer, so subsamples are fitted loosely, and with a slight ridge: a rare level that none of the
 * rows has, or only churners, does no harm. Cost: subsample's rows x columns^2, some ten times.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_WARM_START_H
#define CHURN_FIT_WARM_START_H

#include "design/matrix.h"

#include <churn/run.h>
#include <stdbool.h>

/* `some` are rows of the matrix to fit, as they came; they are standardised with its means and
 * deviations [columns]. coefficients [columns + 1] on standardised columns: their answer; hessian
 * (packed, kernel.h): of the mean loss about there. *found = false where they tell too little: few
 * rows of a class, no convergence. */
CHURN_MUST_USE churn_status churn_warm_start_find(churn_matrix *some, const double *means,
                                                  const double *deviations, double ridge_lambda,
                                                  const churn_run *run, double *coefficients,
                                                  double *hessian, bool *found, churn_error *error);

#endif
