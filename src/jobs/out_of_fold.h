/* Predictions for rows by models that did not see them, for many sets of features on the same
 * folds. Place in the flow: frame of all sets' features, folds -> logits to judge.
 *
 * Every fit is the one that `churn train` would make of the fold's training rows. Where the project
 * has no penalty, and the encoding learnt from those rows has the columns of the one learnt from
 * all rows, the two predict alike: the fold's fits then share one set of tiles (shared_tiles.h) and
 * sweeps (shared_folds.h); what is left over is fitted on tiles of its own (own_folds.h).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_OUT_OF_FOLD_H
#define CHURN_JOBS_OUT_OF_FOLD_H

#include "jobs/feature_sets.h"
#include "jobs/predictions.h"

typedef struct churn_out_of_fold_input {
  const churn_pipeline *pipeline;
  const churn_snapshots *rows;
  const churn_frame *frame; /* of the rows, all features of the pipeline; NULL = gone, for every
                               fold agrees with the tiles on every feature */
  const churn_feature_sets *sets;
  const churn_judging_folds *folds;
  const churn_shared_tiles *tiles; /* NULL = every fit has tiles of its own */
  const bool *agrees;              /* [folds][features of the pipeline], of the tiles */
  const bool *whole; /* [sets]: of which the fit on all rows is wanted too, where it can share the
                        tiles; NULL = none */
  double *contributions; /* [features of the pipeline][rows]: what each feature's columns add to the
                            logit of the first set, for rows that are judged, 0 before; NULL = not
                            wanted */
} churn_out_of_fold_input;

/* How a set's fits went. */
typedef struct churn_set_outcome {
  size_t columns; /* in the fold with the most */
  uint32_t separated;
  uint32_t not_converged;
  double milliseconds;
} churn_set_outcome;

/* Fills predictions, which are open; outcomes [sets]. Without a column that varies, a set predicts
 * the training rows' rate. A likelihood without maximum gives the coefficients at which it hardly
 * rises any more, unless the project says `separation: firth`. Asked to stop (run->stop) it ends
 * before its last fold, once one is finished: *finished, the number of folds whose rows have all
 * logits, is then below the folds' count. Fits that share their tiles end together, so before that
 * there is nothing to keep. Errors of the encoding and the fit. */
CHURN_MUST_USE churn_status churn_out_of_fold(const churn_out_of_fold_input *input,
                                              const char *stage, const churn_run *run,
                                              churn_predictions *predictions,
                                              churn_set_outcome *outcomes, uint32_t *finished,
                                              churn_error *error);

/* Marks the encoding's columns that any of the set's features is encoded by: one flag may serve
 * several features. wanted [columns], false before. */
void churn_set_columns(const churn_model *encoding, const churn_feature_set *set, bool *wanted);

#endif
