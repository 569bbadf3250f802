/* Figures of sets and of pairs of them from out-of-fold predictions. Place in the flow: logits,
 * labels, folds -> the comparison's numbers and words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_JUDGE_H
#define CHURN_JOBS_JUDGE_H

#include "evaluate/auc.h"
#include "jobs/judged_rows.h"
#include "jobs/out_of_fold.h"

typedef struct churn_judge_input {
  const churn_snapshots *rows;
  const double *values; /* [rows] money at risk, NaN = none; NULL = none at all */
  const churn_judging_folds *folds;
  const churn_predictions *predictions;
  bool weighted; /* rows count as their weights say */
} churn_judge_input;

/* Fills in the comparison what is judged: rows, churners, customers, of the sets (names and counts
 * stay) the figures, and the pairs, whose `first` and `second` are set. capacity, seed and draws
 * are the comparison's. A few sets at a time: what is held of one for the pairs is a number a row
 * of the baseline, or of every set where pairs without the baseline are wanted, and its draws.
 * Where settings.draws is 0 and there are more customers than groups (evaluate/cluster_groups.h),
 * intervals are linearised, and draws becomes 0. */
CHURN_MUST_USE churn_status churn_judge(const churn_judge_input *input, const churn_run *run,
                                        churn_comparison *comparison, churn_error *error);

/* Areas of all sets, as churn_compared_set's auc, without more: areas [sets]. */
CHURN_MUST_USE churn_status churn_judge_predicted(const churn_judge_input *input,
                                                  const churn_run *run, double *areas,
                                                  churn_error *error);

/* The area of logits [all rows], and its parts [judged rows] (evaluate/auc.h); the logits are of no
 * use afterwards. The ordering is scratch, all NULL before the first call, which the caller clears.
 */
CHURN_MUST_USE churn_status churn_judge_area(const churn_judged_rows *rows,
                                             const churn_auc_rows *auc_rows, double *logits,
                                             const churn_run *run, churn_ordering *ordering,
                                             double *area, double *parts, churn_error *error);

#endif
