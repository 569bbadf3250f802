/* Where a fit of many rows starts: at the answer of a subsample, which starts at the answer of a
 * smaller one. Place in the flow: design matrix -> first point and Hessian of the approach.
 *
 * The answer of n rows is about sqrt(columns / (churners among them)) away from that of all, and so
 * is the Hessian: from there on gradients nearly do (approach.h). The start has no part in the
 * answer, so subsamples are fitted loosely, and with a slight ridge: a rare level that none of the
 * rows has, or only churners, does no harm. Cost: subsample's rows x columns^2 / 2, about three
 * times.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_WARM_START_H
#define CHURN_FIT_WARM_START_H

#include "design/matrix.h"

#include <churn/run.h>
#include <stdbool.h>

typedef struct churn_warm_start {
  bool found;           /* false where they tell too little: few rows of a class, no convergence */
  double *coefficients; /* [columns + 1], on the columns as they came */
  double *hessian; /* packed (kernel.h), of the mean loss about there, on columns standardised by */
  double *means;   /* [columns] */
  double *deviations; /* [columns] */
  double curvature;   /* of the model without columns */
  double ridge;       /* what the Hessian has of its diagonal from a penalty */
} churn_warm_start;

/* From one row of `group` of the matrix. The caller clears in every case. */
CHURN_MUST_USE churn_status churn_warm_start_find(const churn_matrix *matrix, size_t group,
                                                  double ridge_lambda, const churn_run *run,
                                                  churn_warm_start *start, churn_error *error);
void churn_warm_start_clear(churn_warm_start *start);

/* The Hessian becomes that on columns standardised by the means and deviations [columns] of all
 * rows. A column of which it tells nothing gets the curvature of the model without columns. */
void churn_warm_start_turn(churn_warm_start *start, const double *means, const double *deviations,
                           size_t columns);

#endif
