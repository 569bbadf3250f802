/* From a logit to the probability that a model claims.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/recalibration.h"

#include <math.h>
#include <string.h>

double churn_probability(double logit)
{
  if (logit >= 0)
    return 1.0 / (1.0 + exp(-logit));
  double e = exp(logit);
  return e / (1.0 + e);
}

bool churn_recalibrates(const churn_recalibration *recalibration)
{
  return recalibration->method != NULL && strcmp(recalibration->method, "none") != 0;
}

/* Halves, so that no difference of finite logits overflows. */
static double between(const churn_knot *left, const churn_knot *right, double logit)
{
  double share = (logit / 2 - left->logit / 2) / (right->logit / 2 - left->logit / 2);
  double probability = left->probability + share * (right->probability - left->probability);
  return fmin(probability, right->probability);
}

static double interpolate(const churn_knot *knots, size_t count, double logit)
{
  if (logit <= knots[0].logit)
    return knots[0].probability;
  if (logit >= knots[count - 1].logit)
    return knots[count - 1].probability;
  size_t low = 0, high = count - 1; /* knots[low] <= logit < knots[high] */
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    *(knots[middle].logit <= logit ? &low : &high) = middle;
  }
  return between(&knots[low], &knots[high], logit);
}

double churn_recalibrated(const churn_recalibration *r, double logit)
{
  if (!churn_recalibrates(r))
    return churn_probability(logit);
  return r->knot_count > 0 ? interpolate(r->knots, r->knot_count, logit)
                           : churn_probability(r->intercept + r->slope * logit);
}

double churn_recalibrated_logit(const churn_recalibration *r, double logit)
{
  if (!churn_recalibrates(r))
    return logit;
  if (r->knot_count == 0)
    return r->intercept + r->slope * logit;
  double probability = interpolate(r->knots, r->knot_count, logit);
  return log(probability) - log1p(-probability);
}
