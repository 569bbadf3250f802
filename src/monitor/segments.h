/* Who is at risk by segment: the customers of one day by the levels of the model's categories.
 * Place in the flow: raw feature values and scores, chunk by chunk -> sums a level. Cost: rows x
 * categories; memory: some sums for each text of the plan and category.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_SEGMENTS_H
#define CHURN_MONITOR_SEGMENTS_H

#include "score/scorer.h"

typedef struct churn_risk_sums {
  uint64_t customers, valued;
  double expected_churners;
  double value, expected_loss; /* of who has a value */
} churn_risk_sums;

void churn_risk_add(churn_risk_sums *sums, double probability, double value);

/* One category; levels [texts of the plan + 1], the last one is missing. */
typedef struct churn_segmentation {
  size_t feature;
  churn_risk_sums *levels;
} churn_segmentation;

typedef struct churn_segments {
  const churn_plan *plan; /* borrowed */
  churn_segmentation *items;
  size_t count;
  size_t level_count;
  size_t rows; /* added so far */
} churn_segments;

/* Empty. Outputs 0..features-1 of the plan are the model's features. The plan is bound. NO_MEMORY.
 */
CHURN_MUST_USE churn_status churn_segments_new(const churn_model *model, const churn_plan *plan,
                                               churn_segments **segments, churn_error *error);
void churn_segments_free(churn_segments *segments);

/* Adds the rows of a frame, whose scores stand behind those of the rows that were added before: in
 * the order of the rows, so that the sums have the same bits however the frames are cut. */
void churn_segments_add(churn_segments *segments, const churn_frame *frame,
                        const churn_scores *scores);

/* NULL for the last level, missing. */
const char *churn_segments_text(const churn_segments *segments, size_t level);

#endif
