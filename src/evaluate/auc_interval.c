/* Intervals of areas and of their differences, from areas and their covariance.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static double quantile(double level)
{
  return gsl_cdf_ugaussian_Pinv(0.5 + level / 2);
}

churn_interval churn_auc_interval_plain(double area, double variance, double level)
{
  double reach = quantile(level) * sqrt(variance);
  if (isnan(area) || isnan(reach))
    return (churn_interval){NAN, NAN};
  return (churn_interval){fmax(area - reach, 0), fmin(area + reach, 1)};
}

static double inverse_logit(double logit)
{
  return 1 / (1 + exp(-logit));
}

churn_interval churn_auc_interval(double area, double variance, double level)
{
  if (!(area > 0 && area < 1) || !(variance > 0))
    return (churn_interval){NAN, NAN};
  double centre = log(area / (1 - area));
  double reach = quantile(level) * sqrt(variance) / (area * (1 - area));
  return (churn_interval){inverse_logit(centre - reach), inverse_logit(centre + reach)};
}

churn_difference churn_auc_difference(const double *areas, const double *covariance, size_t sets,
                                      size_t a, size_t b, double level)
{
  churn_difference d = {.difference = areas[b] - areas[a]};
  double variance = covariance[a * sets + a] + covariance[b * sets + b] - covariance[a * sets + b] -
                    covariance[b * sets + a];
  /* Rounding of a difference that is 0. */
  d.std_error = variance < 0 ? 0 : sqrt(variance);
  double reach = quantile(level) * d.std_error;
  d.interval = (churn_interval){d.difference - reach, d.difference + reach};
  d.z = d.difference / d.std_error;
  d.p = d.difference == 0 && d.std_error == 0 ? 1 : 2 * gsl_cdf_ugaussian_Q(fabs(d.z));
  return d;
}
