/* Do probabilities mean what they say? Logistic recalibration of logits (Cox 1958, "Two further
 * applications of a model for binary regression").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_CALIBRATION_H
#define CHURN_EVALUATE_CALIBRATION_H

#include "evaluate/ranking.h"

/* NaN where the likelihood has no maximum: one class only; for the slope also when all logits are
 * equal or a threshold parts the classes (touching at it included). */
typedef struct churn_calibration {
  double intercept; /* logit P(y) = intercept + logit */
  double intercept_error;
  double slope; /* logit P(y) = a + slope * logit */
  double slope_error;
  double log_loss; /* mean -log P(y) of the logits as they are */
  double brier;
} churn_calibration;

/* Given: at least one row. Same bits for any number of threads: sums over the 64 fixed lanes of the
 * ranking. Cost: a sweep over the rows for each Newton step, some 10. */
CHURN_MUST_USE churn_status churn_calibration_compute(const churn_ranking *ranking,
                                                      const churn_run *run,
                                                      churn_calibration *calibration,
                                                      churn_error *error);

#endif
