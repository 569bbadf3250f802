/* Linearised variances: what they share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/linear.h"

#include "base/wilson.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static const double rounding = 1e-9;

double churn_linear_reach(const churn_judged *judged)
{
  return 0.5 / cbrt((double)judged->rows);
}

churn_marginal churn_marginal_between(churn_gain upper, churn_gain lower)
{
  double rows = lower.rows - upper.rows;
  return rows > 0 ? (churn_marginal){(lower.churners - upper.churners) / rows,
                                     (lower.value - upper.value) / rows}
                  : (churn_marginal){0, 0};
}

static double reach_of(double level)
{
  return gsl_cdf_ugaussian_Pinv(0.5 + level / 2);
}

churn_interval churn_normal_interval(double value, double variance, double level)
{
  double reach = reach_of(level) * sqrt(variance);
  return (churn_interval){value - reach, value + reach};
}

/* The share lies within, whatever rounding says, which may also lift it above 1. */
churn_interval churn_share_interval(double share, double variance, double clusters, double level)
{
  if (isnan(share) || isnan(variance))
    return (churn_interval){NAN, NAN};
  double within = fmin(fmax(share, 0), 1);
  if (fabs(share - within) > rounding)
    return churn_normal_interval(share, variance, level);
  double z = reach_of(level), spread = within * (1 - within);
  double rows = variance > 0 && spread > 0 ? spread / variance : clusters;
  churn_interval made;
  churn_wilson(within, rows, z, &made.low, &made.high);
  return (churn_interval){fmin(made.low, share), fmax(made.high, share)};
}
