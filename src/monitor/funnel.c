/* Counts against what was expected of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/funnel.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <limits.h>
#include <math.h>

/* Counts whose probability is within rounding of each other's are as improbable. */
static const double tie = 1 + 1e-7;

/* P(X <= count), P(X > count). */
static double below(double count, double mean)
{
  return count < 0 ? 0 : gsl_cdf_poisson_P((unsigned)count, mean);
}

static double above(double count, double mean)
{
  return count < 0 ? 1 : gsl_cdf_poisson_Q((unsigned)count, mean);
}

static double chance(double count, double mean)
{
  return gsl_ran_poisson_pdf((unsigned)count, mean);
}

/* The first count from the mean upwards that is as improbable as `own`. */
static double far_above(double mean, double own)
{
  double low = ceil(mean), high = low + 1;
  if (chance(low, mean) <= own)
    return low;
  while (chance(high, mean) > own)
    high += high - low;
  while (high - low > 1) {
    double middle = floor((low + high) / 2);
    *(chance(middle, mean) > own ? &low : &high) = middle;
  }
  return high;
}

/* The last count from the mean downwards that is; -1 = none. */
static double far_below(double mean, double own)
{
  double low = -1, high = floor(mean);
  if (chance(high, mean) <= own)
    return high;
  while (high - low > 1) {
    double middle = floor((low + high) / 2);
    *(chance(middle, mean) > own ? &high : &low) = middle;
  }
  return low;
}

double churn_poisson_p(uint64_t observed, double mean)
{
  double count = (double)observed;
  if (!(mean > 0) || count > UINT_MAX / 2 || mean > UINT_MAX / 4)
    return NAN;
  if (count == mean)
    return 1;
  double own = chance(count, mean) * tie;
  double p = count < mean ? below(count, mean) + above(far_above(mean, own) - 1, mean)
                          : above(count - 1, mean) + below(far_below(mean, own), mean);
  return fmin(p, 1);
}

/* The smallest count that is exceeded with a chance below 1 - share. */
static double quantile(double mean, double share)
{
  double low = -1, high = ceil(mean);
  while (below(high, mean) <= share)
    high += high - low;
  while (high - low > 1) {
    double middle = floor((low + high) / 2);
    *(below(middle, mean) <= share ? &low : &high) = middle;
  }
  return high;
}

static double limit(double expected, double share)
{
  double count = quantile(expected, share), reached = below(count, expected);
  double past = (reached - share) / (reached - below(count - 1, expected));
  return fmax(0, count - past) / expected;
}

churn_control_limits churn_funnel_limits(double expected)
{
  if (!(expected > 0) || expected > UINT_MAX / 4)
    return (churn_control_limits){NAN, NAN, NAN, NAN};
  return (churn_control_limits){limit(expected, 0.025), limit(expected, 0.975),
                                limit(expected, 0.001), limit(expected, 0.999)};
}
