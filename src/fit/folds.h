/* Sums over the rows of each fold, and predictions for each row by the model that did not see it.
 * Place in the flow: standardised matrix and a fold for each row -> cross-validation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_FOLDS_H
#define CHURN_FIT_FOLDS_H

#include "fit/batch.h"

/* Coefficients on some of the columns. */
typedef struct churn_fold_look {
  const uint32_t *chosen; /* [columns] of the matrix, NULL = all */
  size_t columns;
  const double *coefficients; /* [columns + 1]; NULL, with all columns: the Hessian is X'wX, with
                                 the intercept, and loss and gradient stay 0 */
} churn_fold_look;

/* What one fold's own rows add up to. */
typedef struct churn_fold_sums {
  double weight;
  double positive;
  double *likelihood; /* of each look one after the other: [churn_kernel_sums(its columns)] loss,
                         gradient, Hessian, not divided */
  double *first;      /* [columns]: sum w x; NULL where moments are not wanted */
  double *second;     /* [columns]: sum w x^2, the same */
} churn_fold_sums;

/* sums[map->count] for `count` looks, from one pass: rows are sorted by fold into tiles of their
 * own, so that all folds together cost about one step a look. The caller clears. */
CHURN_MUST_USE churn_status churn_fold_sums_read(const churn_matrix *matrix,
                                                 const churn_fold_map *map,
                                                 const churn_fold_look *looks, size_t count,
                                                 bool moments, const churn_run *run,
                                                 churn_fold_sums *sums, churn_error *error);
void churn_fold_sums_clear(churn_fold_sums *sums, uint32_t count);

/* coefficients [map->count][columns + 1]. logits [rows] (NULL = not wanted): row i by fold[i]'s
 * coefficients, with its offset. losses [map->count] (NULL = not wanted): sum w loss of each fold's
 * rows. */
CHURN_MUST_USE churn_status churn_fold_predict(const churn_matrix *matrix,
                                               const churn_fold_map *map,
                                               const double *coefficients, const churn_run *run,
                                               double *logits, double *losses, churn_error *error);

#endif
