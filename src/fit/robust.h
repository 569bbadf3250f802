/* The middle of the sandwich covariance: how much the rows' scores really vary. Place in the flow:
 * standardised matrix and coefficients at the optimum -> inference. Cost: rows x columns, and
 * clusters x columns^2 / 2 multiply-adds in the likelihood's own kernel.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_ROBUST_H
#define CHURN_FIT_ROBUST_H

#include "design/matrix.h"

#include <churn/run.h>
#include <stdbool.h>

/* What the sums were taken over; rows without weight do not count, `repeated` ones count as often
 * as they are. */
typedef struct churn_robust_counts {
  size_t rows;
  size_t clusters;
} churn_robust_counts;

/* Fills meat [(columns + 1)^2] row-major, intercept first, on the columns as they are: the sum over
 * clusters of u u', u = the sum over the cluster's rows, in their order, of weight (p - y) (1, x)
 * at `coefficients` [columns + 1]. With by_cluster false, or without cluster numbers, each row is a
 * cluster of its own (White's HC0). A weight stands for one observation that counts so much (a
 * sampling weight): a row of weight 3 is 3 equal rows of one cluster, not of three. Where rows are
 * `repeated` it is a row of each of 3 equal clusters; the rows of a cluster then have one weight.
 *
 * A lane adds up the clusters whose first row it holds, whole, even where their last rows are the
 * next lane's: same bits for any number of threads. Source: Liang and Zeger, Biometrika 73, 1986;
 * White, Econometrica 48, 1980. */
CHURN_MUST_USE churn_status churn_robust_meat(const churn_matrix *matrix, bool by_cluster,
                                              const double *coefficients, const churn_run *run,
                                              double *meat, churn_robust_counts *counts,
                                              churn_error *error);

/* What a clustered covariance is multiplied by: G / (G - 1) (rows - 1) / (rows - coefficients), G
 * clusters; needs two or more, and more rows than coefficients. As Stata, statsmodels
 * (cov_type="cluster") and R sandwich::vcovCL(type = "HC1"). */
double churn_robust_correction(churn_robust_counts counts, size_t coefficients);

/* covariance [n^2] = factor times bread meat bread, all row-major; bread is symmetric. NO_MEMORY.
 */
CHURN_MUST_USE churn_status churn_sandwich(const double *bread, const double *meat, size_t n,
                                           double factor, double *covariance, churn_error *error);

#endif
