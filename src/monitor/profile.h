/* What the features of a model look like as of one day, in the bins of the model's own training.
 * Place in the flow: raw feature values, chunk by chunk while they are scored -> counts -> gates.
 * Cost: rows x features; memory: a count for each bin and thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_PROFILE_H
#define CHURN_MONITOR_PROFILE_H

#include "design/frame.h"
#include "monitor/stability.h"

#include <churn/model.h>

/* A feature's rows. NUMBER: a bin for each of the model's (bounds + 1); CATEGORY: a bin for each
 * level, and one for levels that training never saw. The last bin, of both, is missing. */
typedef struct churn_feature_profile {
  size_t bins;
  uint64_t *rows; /* [bins] */
} churn_feature_profile;

typedef struct churn_profile {
  const churn_model *model; /* borrowed, as is the plan until it is freed */
  const churn_plan *plan;
  churn_feature_profile *features; /* [model->feature_count] */
  uint64_t rows;
  uint32_t **level_of_code; /* [features]: NULL for numbers, else [plan's texts]: bin */
} churn_profile;

/* Empty. Outputs 0..features-1 of the plan are the model's features. The plan is bound. NO_MEMORY.
 */
CHURN_MUST_USE churn_status churn_profile_new(const churn_model *model, const churn_plan *plan,
                                              churn_profile **profile, churn_error *error);
void churn_profile_free(churn_profile *profile);

/* Adds the rows of a frame, on all threads; the counts do not depend on them. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_profile_add(churn_profile *profile, const churn_frame *frame,
                                              const churn_run *run, churn_error *error);

/* Rows that are missing, and whose level training never saw. */
uint64_t churn_profile_missing(const churn_profile *profile, size_t feature);
uint64_t churn_profile_unseen(const churn_profile *profile, size_t feature);

/* Share of the training rows that were missing. */
double churn_profile_trained_missing(const churn_model *model, size_t feature);

/* How far a feature has moved from the model's training. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_profile_stability(const churn_profile *profile, size_t feature,
                                                    churn_stability *stability, churn_error *error);

#endif
