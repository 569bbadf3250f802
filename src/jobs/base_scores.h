/* The logits that a model gives everybody in the base of a day. Place in the flow: open pipeline,
 * day -> rows and logits, for jobs that need no list. Cost: rows x columns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_BASE_SCORES_H
#define CHURN_JOBS_BASE_SCORES_H

#include "score/scorer.h"

typedef struct churn_base_scores {
  churn_snapshots *rows;
  double *logits; /* [rows->count] */
} churn_base_scores;

/* The pipeline was opened with the model. `seen_before` MISSING, or the day from which on nothing
 * is seen (churn_plan_see_before), whatever as_of. Errors of scoring. The caller clears. */
CHURN_MUST_USE churn_status churn_base_score(const churn_pipeline *pipeline,
                                             const churn_model *model, churn_day as_of,
                                             churn_day seen_before, const churn_run *run,
                                             churn_base_scores *scores, churn_error *error);
void churn_base_scores_clear(churn_base_scores *scores);

#endif
