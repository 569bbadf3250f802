/* More on the best set of a comparison: how it learns from more customers, and what each of its
 * features does. Place in the flow: folds, the set -> the comparison's last parts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_BEST_SET_H
#define CHURN_JOBS_BEST_SET_H

#include "jobs/judge.h"

/* The customers that each smaller share of a learning curve trains on, and folds that train on
 * them. */
typedef struct churn_learning_folds {
  uint8_t *bin;              /* [rows] the smallest share that the customer is in */
  churn_judging_folds folds; /* the folds of every share but all, one share after the other; which
                                rows they judge is not told */
} churn_learning_folds;

/* Deals customers by a hash of their ids under the seed, so that each share holds the smaller ones.
 * NO_MEMORY; the caller clears, whatever happens. */
CHURN_MUST_USE churn_status churn_learning_deal(const churn_snapshots *rows, const char *const *ids,
                                                const churn_judging_folds *folds, uint64_t seed,
                                                churn_learning_folds *learning, churn_error *error);
void churn_learning_folds_clear(churn_learning_folds *learning);

typedef struct churn_best_set {
  churn_out_of_fold_input input;        /* of this set alone */
  const double *values;                 /* [rows] money at risk; NULL = none at all */
  const churn_predictions *predictions; /* of all sets of the comparison */
  churn_shared_tiles *tiles;            /* NULL = none */
  const churn_learning_folds *learning;
  const bool *learning_agrees; /* [its folds][features] with the tiles; NULL without tiles */
  const double *drifts;        /* [features] */
} churn_best_set;

/* Fits the set on an eighth, a quarter and half of the customers that each fold has to train on;
 * all of them are the comparison's own fits. Fills `learning`; a share with too few churners or
 * stayers in some fold is left out. Intervals as the sets' (evaluate/auc.h): conditional on the
 * customers trained on. */
CHURN_MUST_USE churn_status churn_best_set_learn(const churn_best_set *best, const churn_run *run,
                                                 churn_comparison *comparison, churn_error *error);

/* Fills `best_features` and `columns`: the set fitted to all rows, with what that lets one conclude
 * (jobs/explain.h), and for each feature what its shuffling costs out of fold. The tiles are of no
 * use afterwards.
 *
 * Shuffling (Breiman 2001, Machine Learning 45:5, section 10): within a fold and as-of day, the
 * feature's values, all its columns together, are dealt out anew among the customers, as often as
 * makes 100,000 rows, at most ten times; the models stay as they are. The drop is the AUC minus the
 * mean AUC of the shuffled ones, its interval from their joint covariance (customers as clusters).
 * A flag that serves several features counts for the one that it is named after. */
CHURN_MUST_USE churn_status churn_best_set_explain(const churn_best_set *best, const churn_run *run,
                                                   churn_comparison *comparison,
                                                   churn_error *error);

#endif
