/* Predictions for rows by models that did not see them, kept as the models where many sets share
 * their tiles: the logits of a few sets are made when they are wanted. Place in the flow: fits of
 * all sets and folds -> logits to judge. Memory: coefficients; and a number a row for each set that
 * has a fit on tiles of its own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_PREDICTIONS_H
#define CHURN_JOBS_PREDICTIONS_H

#include "fit/set_fits.h"
#include "jobs/shared_tiles.h"

typedef struct churn_predictions {
  const churn_snapshots *rows;
  const churn_judging_folds *folds;
  size_t set_count;
  const churn_shared_tiles *tiles; /* NULL where nothing is shared */
  bool *shared;                    /* [folds + 1][sets]: the last are fits on all rows */
  uint32_t *columns;               /* [sets][columns of the tiles] */
  churn_fitted_set *sets;          /* [sets] */
  double *coefficients;            /* [folds + 1][sets][columns + 1] on the tiles as they are */
  uint32_t fold_count;             /* of those arrays */
  size_t *kept;                    /* [sets] columns that the shared fits have */
  double **own; /* [sets]: logits [rows] of the rows that fits of their own judge; NULL = none */
} churn_predictions;

/* Nothing yet, and no set shared. NO_MEMORY; the caller clears, whatever happens. */
CHURN_MUST_USE churn_status churn_predictions_open(const churn_snapshots *rows,
                                                   const churn_judging_folds *folds,
                                                   size_t set_count, churn_predictions *predictions,
                                                   churn_error *error);
void churn_predictions_clear(churn_predictions *predictions);

/* logits [count][rows] of sets first..first+count-1; those of rows that are not judged untouched.
 * NO_MEMORY. Cost: one reading of the tiles. */
CHURN_MUST_USE churn_status churn_predictions_make(const churn_predictions *predictions,
                                                   size_t first, size_t count, const churn_run *run,
                                                   double *logits, churn_error *error);

/* part [rows]: what columns for which `wanted` [columns of the tiles] is true add to the logits of
 * a set, up to a constant in each fold; 0 for rows that are not judged by a shared fit. */
CHURN_MUST_USE churn_status churn_predictions_part(const churn_predictions *predictions, size_t set,
                                                   const bool *wanted, const churn_run *run,
                                                   double *part, churn_error *error);

/* The fit of a set on all rows: coefficients [columns + 1]; NULL = none. */
const double *churn_predictions_whole(const churn_predictions *predictions, size_t set);

/* Whether all fits of a set share their tiles. */
bool churn_predictions_shared(const churn_predictions *predictions, size_t set);

#endif
