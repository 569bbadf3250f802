/* Evaluating a model on rows that are at hand. Used by the verb and by training for its own
 * figures.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_EVALUATE_H
#define CHURN_EVALUATE_EVALUATE_H

#include "design/pipeline.h"

#include <churn/evaluate.h>

/* Scores the labelled snapshots with the model and fills the evaluation (all but in_sample).
 * `capture_counts` as in churn_evaluate_settings. The pipeline's first outputs must be the model's
 * features. */
CHURN_MUST_USE churn_status churn_evaluate_rows(const churn_pipeline *pipeline,
                                                const churn_model *model,
                                                const churn_snapshots *snapshots,
                                                const uint64_t *capture_counts,
                                                size_t capture_count, const churn_run *run,
                                                churn_evaluation *evaluation, churn_error *error);

#endif
