/* Two means against each other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/means.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

churn_estimate churn_mean_difference(const churn_moments_of *a, const churn_moments_of *b,
                                     double level)
{
  double first = a->deviation * a->deviation / a->count;
  double second = b->deviation * b->deviation / b->count, sum = first + second;
  churn_estimate made = {b->mean - a->mean, NAN, NAN};
  if (isnan(sum) || !(sum > 0))
    return made;
  double freedom = sum * sum / (first * first / (a->count - 1) + second * second / (b->count - 1));
  double reach = gsl_cdf_tdist_Pinv(0.5 + level / 2, freedom) * sqrt(sum);
  made.low = made.value - reach;
  made.high = made.value + reach;
  return made;
}
