/* What a feature is worth to models that are fitted already: its values dealt out anew. Place in
 * the flow: what each feature adds to the rows' logits, folds -> the drop of the AUC.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_SHUFFLE_H
#define CHURN_JOBS_SHUFFLE_H

#include "jobs/judge.h"

typedef struct churn_shuffle_input {
  const churn_snapshots *rows;
  const double *values; /* [rows] money at risk, NaN = none */
  const churn_judging_folds *folds;
  const double *logits; /* [rows] */
  uint32_t times;
  uint64_t seed;
  bool weighted; /* as churn_judge_input's */
} churn_shuffle_input;

/* Times that make about 100,000 judged rows: at least 1, at most 10. */
uint32_t churn_shuffle_times(uint64_t judged_rows);

/* What all features share. The input's pointers are borrowed. NO_MEMORY. */
typedef struct churn_shuffle churn_shuffle;
CHURN_MUST_USE churn_status churn_shuffle_new(const churn_shuffle_input *input,
                                              const churn_run *run, churn_shuffle **shuffle,
                                              churn_error *error);
void churn_shuffle_free(churn_shuffle *shuffle);

/* contributions [rows]: the feature's part of the logits, up to a constant in each fold. *drop =
 * the AUC minus the mean of the shuffled ones, with its interval (jobs/best_set.h). NO_MEMORY. */
CHURN_MUST_USE churn_status churn_shuffle_drop(churn_shuffle *shuffle, const double *contributions,
                                               const churn_run *run, churn_estimate *drop,
                                               churn_error *error);

#endif
