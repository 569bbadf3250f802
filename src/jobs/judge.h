/* Figures of sets and of pairs of them from out-of-fold predictions. Place in the flow: logits,
 * labels, folds -> the comparison's numbers and words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_JUDGE_H
#define CHURN_JOBS_JUDGE_H

#include "jobs/out_of_fold.h"

/* Rows that were judged, with what the figures need, in the rows' order. */
typedef struct churn_judge_input {
  const churn_snapshots *rows;
  const churn_frame *frame; /* for the rows' values */
  const churn_judging_folds *folds;
  size_t sets;
  double *logits; /* [sets][rows]; of no use afterwards */
  bool weighted;  /* rows count as their weights say */
} churn_judge_input;

/* Fills in the comparison what is judged: rows, churners, customers, of the sets (names and counts
 * stay) the figures, and the pairs, whose `first` and `second` are set. capacity, seed and draws
 * are the comparison's. */
CHURN_MUST_USE churn_status churn_judge(const churn_judge_input *input, const churn_run *run,
                                        churn_comparison *comparison, churn_error *error);

/* Areas alone, as churn_compared_set's auc; areas [sets], covariance [sets][sets] or NULL
 * (evaluate/auc.h). */
CHURN_MUST_USE churn_status churn_judge_areas(const churn_judge_input *input, const churn_run *run,
                                              double *areas, double *covariance,
                                              churn_error *error);

/* Whether set `second` is better than `first`, in words; NULL when memory ran out. */
char *churn_judge_verdict(const char *first, const char *second, const churn_compared_pair *pair);

#endif
