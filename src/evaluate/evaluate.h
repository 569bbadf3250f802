/* Evaluating a model on rows that are at hand. Used by the verb and by training for its own
 * figures.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_EVALUATE_H
#define CHURN_EVALUATE_EVALUATE_H

#include "design/pipeline.h"
#include "design/split.h"

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

/* The same, and the rows' logits, by which they are ranked; the caller frees them. */
CHURN_MUST_USE churn_status churn_evaluate_logits(const churn_pipeline *pipeline,
                                                  const churn_model *model,
                                                  const churn_snapshots *snapshots,
                                                  const churn_run *run, double **logits,
                                                  churn_evaluation *evaluation, churn_error *error);

/* Fills in_sample and what goes with it: the model may have seen the rows that the evaluation is
 * of, or rows whose label windows reach into them. */
void churn_evaluate_in_sample(const churn_pipeline *pipeline, const churn_split *split,
                              const churn_model *model, churn_evaluation *evaluation);

#endif
