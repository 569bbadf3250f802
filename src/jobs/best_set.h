/* More on the best set of a comparison: how it learns from more customers, and what each of its
 * features does. Place in the flow: folds, the set -> the comparison's last parts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_BEST_SET_H
#define CHURN_JOBS_BEST_SET_H

#include "jobs/judge.h"

/* Fits the input's one set on an eighth, a quarter, half and all of the customers that each fold
 * has to train on, chosen by a hash of their ids under the comparison's seed: so each part holds
 * the smaller ones. Fills `learning`; a share with too few churners or stayers in some fold is left
 * out. Intervals as the sets' (evaluate/auc.h): conditional on the customers trained on. */
CHURN_MUST_USE churn_status churn_best_set_learn(const churn_out_of_fold_input *input,
                                                 const churn_run *run, churn_comparison *comparison,
                                                 churn_error *error);

/* Fills `best_features` and `columns`: the input's one set fitted to all rows, with what that lets
 * one conclude (jobs/explain.h), and for each feature what its shuffling costs out of fold.
 *
 * Shuffling (Breiman 2001, Machine Learning 45:5, section 10): within a fold and as-of day, the
 * feature's values, all its columns together, are dealt out anew among the customers, as often as
 * makes 100,000 rows, at most ten times; the models stay as they are. The drop is the AUC minus the
 * mean AUC of the shuffled ones, its interval from their joint covariance (customers as clusters).
 * A flag that serves several features counts for the one that it is named after. */
CHURN_MUST_USE churn_status churn_best_set_explain(const churn_out_of_fold_input *input,
                                                   const churn_run *run,
                                                   churn_comparison *comparison,
                                                   churn_error *error);

#endif
