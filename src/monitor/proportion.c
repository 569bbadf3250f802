/* Shares and counts with their limits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/proportion.h"

#include "base/wilson.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>

static const churn_estimate nothing = {NAN, NAN, NAN};

churn_estimate churn_share(uint64_t events, uint64_t trials, double level)
{
  if (trials == 0)
    return nothing;
  churn_estimate made = {.value = (double)events / (double)trials};
  churn_wilson(made.value, (double)trials, gsl_cdf_ugaussian_Pinv(0.5 + level / 2), &made.low,
               &made.high);
  return made;
}

churn_estimate churn_share_difference(uint64_t events_before, uint64_t trials_before,
                                      uint64_t events_after, uint64_t trials_after, double level)
{
  churn_estimate a = churn_share(events_after, trials_after, level);
  churn_estimate b = churn_share(events_before, trials_before, level);
  if (isnan(a.value) || isnan(b.value))
    return nothing;
  double difference = a.value - b.value;
  return (churn_estimate){difference, difference - hypot(a.value - a.low, b.high - b.value),
                          difference + hypot(a.high - a.value, b.value - b.low)};
}

churn_estimate churn_observed_expected(uint64_t observed, double expected, double level)
{
  double tail = (1 - level) / 2, count = (double)observed;
  if (!(expected > 0))
    return nothing;
  return (churn_estimate){count / expected,
                          observed == 0 ? 0 : gsl_cdf_chisq_Pinv(tail, 2 * count) / 2 / expected,
                          gsl_cdf_chisq_Qinv(tail, 2 * count + 2) / 2 / expected};
}

static double odds_of(double share)
{
  return share >= 1 ? INFINITY : share / (1 - share);
}

/* Counts whose probability is within rounding of that of `count` are as improbable as it. */
static double two_sided(uint64_t count, uint64_t total, double share)
{
  double own = gsl_ran_binomial_pdf((unsigned)count, share, (unsigned)total), sum = 0;
  for (uint64_t i = 0; i <= total; i++) {
    double each = gsl_ran_binomial_pdf((unsigned)i, share, (unsigned)total);
    sum += each <= own * (1 + 1e-7) ? each : 0;
  }
  return fmin(sum, 1);
}

churn_estimate churn_ratio_of_ratios(uint64_t observed_before, double expected_before,
                                     uint64_t observed_after, double expected_after, double level,
                                     double *p)
{
  uint64_t total = observed_before + observed_after;
  double tail = (1 - level) / 2, scale = expected_before / expected_after;
  double a = (double)observed_after, b = (double)observed_before;
  *p = NAN;
  if (!(expected_before > 0) || !(expected_after > 0) || total == 0)
    return nothing;
  *p = two_sided(observed_after, total, expected_after / (expected_before + expected_after));
  double low = observed_after == 0 ? 0 : gsl_cdf_beta_Pinv(tail, a, b + 1);
  double high = observed_before == 0 ? 1 : gsl_cdf_beta_Qinv(tail, a + 1, b);
  return (churn_estimate){a / b * scale, odds_of(low) * scale, odds_of(high) * scale};
}
