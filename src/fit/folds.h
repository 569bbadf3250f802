/* Sums over the rows of each fold, and predictions for each row by the model that did not see it.
 * Place in the flow: standardised matrix and a fold for each row -> cross-validation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_FOLDS_H
#define CHURN_FIT_FOLDS_H

#include "fit/batch.h"

/* Which fold holds each row out. */
typedef struct churn_fold_map {
  const uint32_t *fold; /* [rows], each below count */
  uint32_t count;
} churn_fold_map;

/* What one fold's own rows add up to at some coefficients. */
typedef struct churn_fold_sums {
  double weight;
  double positive;
  double *likelihood; /* [churn_kernel_sums(columns)]: loss, gradient, Hessian, not divided */
  double *first;      /* [columns]: sum w x */
  double *second;     /* [columns]: sum w x^2 */
} churn_fold_sums;

/* sums[map->count] at `coefficients` [columns + 1], from one pass: rows are sorted by fold into
 * tiles of their own, so that all folds together cost about one step. The caller clears. */
CHURN_MUST_USE churn_status churn_fold_sums_read(const churn_matrix *matrix,
                                                 const churn_fold_map *map,
                                                 const double *coefficients, const churn_run *run,
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
