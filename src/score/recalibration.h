/* From a logit to the probability that a model claims: the logistic function, or what the model has
 * learned to put in its place. Used by scoring, by evaluation and by training, which judges it.
 * Never falls in the logit, so the order of the ranked list stays that of the logits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_RECALIBRATION_H
#define CHURN_SCORE_RECALIBRATION_H

#include <churn/model.h>

/* False for method "none", and where none is set. */
bool churn_recalibrates(const churn_recalibration *recalibration);

/* The probability. Cost: the logarithm of the number of knots. */
double churn_recalibrated(const churn_recalibration *recalibration, double logit);

/* Its own logit, log(p / (1 - p)): the logit itself without a recalibration. */
double churn_recalibrated_logit(const churn_recalibration *recalibration, double logit);

/* 1 / (1 + exp(-logit)) without overflow. */
double churn_probability(double logit);

#endif
