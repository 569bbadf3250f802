/* Fits of many sets of columns in many folds, in sweeps that all share. Place in the flow:
 * standardised matrix of all sets' columns, a group for each row -> coefficients to predict with.
 *
 * A fold trains on some groups of rows: in cross-validation on all but one, by time on those of
 * the days before. What a group adds up to (moments, and Hessian and gradient at a set's start) is
 * found once for all folds and sets, so that each fit has its own exact Hessian before its first
 * sweep. A set starts from a fit on a share of the rows, then on all rows, loosely; each fold's fit
 * goes on from there until its own gradient meets the tolerance. One sweep reads each tile once for
 * all fits of a few sets (batch.h). Maximum likelihood only.
 *
 * Cost: a set about 3 steps on all rows; a set and fold about 3 gradients on all rows. Memory: some
 * megabytes, whatever the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_SET_FITS_H
#define CHURN_FIT_SET_FITS_H

#include "fit/folds.h"
#include "fit/scale.h"

typedef struct churn_fitted_set {
  const uint32_t *columns; /* [count] of the matrix, ascending */
  size_t count;
} churn_fitted_set;

typedef struct churn_set_fits_input {
  const churn_scaled *data;
  churn_fold_map groups;
  const bool *trains; /* [folds][groups.count] */
  uint32_t folds;
  const churn_fitted_set *sets;
  size_t set_count;
} churn_set_fits_input;

/* Arrays are the caller's. */
typedef struct churn_set_fits_result {
  double *coefficients; /* [folds][sets][columns + 1], on the matrix as it is; 0 for columns that a
                           set does not have or that are collinear with those before it */
  bool *wanted;         /* [folds][sets]: which fits to make; on return, which were made */
  size_t *columns;      /* [sets]: that the fits have */
  double *milliseconds; /* [sets]: of what is shared, by the number of columns */
} churn_set_fits_result;

/* A fit is not made where the fold's training rows have one label only, tell fewer columns apart
 * than all rows do, or give a likelihood without maximum, and where it does not converge: it then
 * takes more than this (its coefficients are 0). Errors: NO_MEMORY. */
CHURN_MUST_USE churn_status churn_set_fits(const churn_set_fits_input *input, const char *stage,
                                           const churn_run *run, churn_set_fits_result *result,
                                           churn_error *error);

#endif
