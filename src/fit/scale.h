/* From the columns as they come to standardised ones and back, for every fit (logistic.c). Place in
 * the flow: design matrix -> solver -> coefficients as the user knows them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_SCALE_H
#define CHURN_FIT_SCALE_H

#include "fit/moments.h"

/* Totals and moments of the matrix, [columns] each, and the matrix standardised in place.
 * DEGENERATE: no rows, one class only, a constant column, a value that is not finite. */
CHURN_MUST_USE churn_status churn_fit_standardise(churn_matrix *matrix, const churn_run *run,
                                                  churn_totals *totals, double *means,
                                                  double *deviations, churn_error *error);

/* A standardised matrix and what it takes to go back. Fits, paths and cross-validation may follow
 * each other on one. */
typedef struct churn_scaled {
  churn_matrix *matrix; /* borrowed */
  churn_totals totals;
  double *means;      /* [columns], as the columns came */
  double *deviations; /* [columns] */
} churn_scaled;

/* Standardises the matrix; errors as above. The caller clears. */
CHURN_MUST_USE churn_status churn_scaled_take(churn_matrix *matrix, const churn_run *run,
                                              churn_scaled *scaled, churn_error *error);

/* Of a matrix that has been fitted, with the result's moments: standardised unless it is. */
CHURN_MUST_USE churn_status churn_scaled_after(churn_matrix *matrix, const double *means,
                                               const double *deviations, const churn_run *run,
                                               churn_scaled *scaled, churn_error *error);
void churn_scaled_clear(churn_scaled *scaled);

/* Coefficients [columns + 1] on standardised columns to those on the columns as they came: b_j /
 * s_j, and b_0 - sum_j b_j m_j / s_j. */
void churn_fit_unscale(const double *standardised, const double *means, const double *deviations,
                       size_t columns, double *coefficients);

/* The other way. */
void churn_fit_rescale(const double *coefficients, const double *means, const double *deviations,
                       size_t columns, double *standardised);

/* The map T of churn_fit_unscale on both sides of a covariance [(columns + 1)^2], in place: T C T'.
 */
void churn_fit_unscale_covariance(double *c, const double *means, const double *deviations,
                                  size_t columns);

/* A packed Hessian (kernel.h) on columns as they are, in place, to the one on those less means over
 * deviations. */
void churn_fit_turn_hessian(double *hessian, const double *means, const double *deviations,
                            size_t columns);

#endif
