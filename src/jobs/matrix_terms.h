/* Weights and offsets of a matrix' rows as the project's fit has them. Place in the flow:
 * snapshots, encoded matrix -> fit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_MATRIX_TERMS_H
#define CHURN_JOBS_MATRIX_TERMS_H

#include "design/matrix.h"
#include "design/snapshots.h"
#include "project/project.h"

/* What thinning by outcome adds to the logit of everybody who was kept. */
double churn_sampling_shift(const churn_fit_spec *fit);

/* Row i of the matrix is rows[i]. Thinning by outcome multiplies everybody's odds by the ratio of
 * the two rates and changes nothing else, so a likelihood with that shift is the sample's, and its
 * intercept the population's (Prentice and Pyke, Biometrika 66, 1979). NO_MEMORY. */
CHURN_MUST_USE churn_status churn_matrix_set_terms(const churn_fit_spec *fit,
                                                   const churn_snapshots *rows,
                                                   churn_matrix *matrix, churn_error *error);

/* Which rows of the matrix are of one customer: snapshots stand by customer. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_matrix_set_clusters(const churn_snapshots *rows,
                                                      churn_matrix *matrix, churn_error *error);

/* The rows' weights of the population, an array that the caller frees; NULL where every row counts
 * once. */
CHURN_MUST_USE churn_status churn_population_weights(const churn_fit_spec *fit,
                                                     const churn_snapshots *rows, double **weights,
                                                     churn_error *error);

#endif
