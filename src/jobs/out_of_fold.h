/* Predictions for rows by models that did not see them, for many sets of features on the same
 * folds. Place in the flow: frame of all sets' features, folds -> logits to judge.
 *
 * In each fold the encoding (fill-in means, pooled levels, which columns there are) is learnt from
 * the fold's training rows alone, once for the features of all sets; a set is then a choice of its
 * columns, without those that are collinear in it, fitted as the project says. That is what `churn
 * train` would have made of the same rows.
 *
 * Cost: a copy and an encoding of the rows a fold, and a fit a fold and set.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_OUT_OF_FOLD_H
#define CHURN_JOBS_OUT_OF_FOLD_H

#include "design/frame.h"
#include "jobs/feature_sets.h"
#include "jobs/judging_folds.h"

typedef struct churn_out_of_fold_input {
  const churn_pipeline *pipeline;
  const churn_snapshots *rows;
  const churn_frame *frame; /* of the rows, all features of the pipeline */
  const churn_feature_sets *sets;
  const churn_judging_folds *folds;
  double *contributions; /* [features of the pipeline][rows]: what each feature's columns add to the
                            logit of the first set, for rows that are judged; NULL = not wanted */
} churn_out_of_fold_input;

/* How a set's fits went. */
typedef struct churn_set_fits {
  size_t columns; /* in the fold with the most */
  uint32_t separated;
  uint32_t not_converged;
  double milliseconds;
} churn_set_fits;

/* The columns (true in wanted [encoding->column_count]) that any of the set's features is encoded
 * by: one flag may serve several features. */
void churn_set_columns(const churn_model *encoding, const churn_feature_set *set, bool *wanted);

/* logits [sets][rows], those of rows that are not judged untouched; fits [sets]. Without a column
 * that varies, a set predicts the training rows' rate. A likelihood without maximum gives the
 * coefficients at which it hardly rises any more, unless the project says `separation: firth`.
 * Asked to stop (run->stop), it ends before its last fold, once a fold is finished:
 * *finished, the number of folds whose rows have logits, is then smaller than the folds' count.
 * Errors of the encoding and the fit. */
CHURN_MUST_USE churn_status churn_out_of_fold(const churn_out_of_fold_input *input,
                                              const char *stage, const churn_run *run,
                                              double *logits, churn_set_fits *fits,
                                              uint32_t *finished, churn_error *error);

#endif
