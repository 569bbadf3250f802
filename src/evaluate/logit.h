/* What one prediction costs, from its logit, without losing the small of two probabilities.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_LOGIT_H
#define CHURN_EVALUATE_LOGIT_H

#include "score/recalibration.h"

#include <math.h>
#include <stdint.h>

/* -log P(label). */
static inline double churn_logit_loss(double logit, int8_t label)
{
  double against = label == 1 ? -logit : logit;
  return log1p(exp(-fabs(logit))) + fmax(against, 0);
}

/* (label - P)^2 = P(other label)^2. */
static inline double churn_logit_square(double logit, int8_t label)
{
  double miss = churn_probability(label == 1 ? -logit : logit);
  return miss * miss;
}

/* Both of them, for one exponential. */
static inline void churn_logit_miss(double logit, int8_t label, double *loss, double *square)
{
  double small = exp(-fabs(logit)), against = label == 1 ? -logit : logit;
  double miss = (against >= 0 ? 1 : small) / (1 + small);
  *loss = log1p(small) + fmax(against, 0);
  *square = miss * miss;
}

#endif
