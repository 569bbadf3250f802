/* Wald tests between nested fits whose rows are not independent. Place in the flow: standardised
 * matrix, the larger fit's coefficients -> test of the columns that it has more of.
 *
 * The larger model is written on a basis of columns that has the smaller one's first and then those
 * of its own that add something, so that what is tested is one and the same model whichever of
 * several collinear columns its fit left out. Source: Liang and Zeger, Biometrika 73, 1986.
 *
 * Cost: a reading of the rows with the Hessian and one of robust.h for each larger fit; columns^3 a
 * test.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_NESTED_WALD_H
#define CHURN_FIT_NESTED_WALD_H

#include "fit/robust.h"

/* Of one larger fit. */
typedef struct churn_wald_parts {
  size_t columns;
  bool by_cluster;
  const double *coefficients; /* [columns + 1]; borrowed */
  double *hessian;            /* packed lower triangle (kernel.h), summed over the rows */
  double *meat;               /* [(columns + 1)^2] */
  churn_robust_counts counts;
} churn_wald_parts;

/* coefficients [columns + 1] on the matrix as it is, intercept first, 0 for columns that the fit
 * does not have: its maximum of the likelihood. by_cluster as in robust.h. NO_MEMORY; the caller
 * clears, whatever happens. */
CHURN_MUST_USE churn_status churn_wald_parts_read(const churn_matrix *matrix, bool by_cluster,
                                                  const double *coefficients, const churn_run *run,
                                                  churn_wald_parts *parts, churn_error *error);
void churn_wald_parts_clear(churn_wald_parts *parts);

/* chosen [count]: columns of the larger fit, numbers from 0, the first `shared` of them those of
 * the smaller one too. *df = how many of the others are not collinear with those before them; 0,
 * and *chi2 NaN, where none is, where there are fewer than two clusters, no more clusters than df
 * (the covariance has no inverse then) or no more rows than coefficients. Clustered covariance with
 * churn_robust_correction; without clusters HC0. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_nested_wald(const churn_wald_parts *parts, const size_t *chosen,
                                              size_t shared, size_t count, size_t *df, double *chi2,
                                              churn_error *error);

#endif
