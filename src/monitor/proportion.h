/* Shares and counts with their limits, and two of them against each other. Plain functions of
 * counts. Place in the flow: counts of customers -> what `churn rates` and scorecards say of them.
 *
 * `level` is the share of the intervals that hold the truth, such as 0.95.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_PROPORTION_H
#define CHURN_MONITOR_PROPORTION_H

#include <stdint.h>

/* A figure and its limits; NaN where there is none. */
typedef struct churn_estimate {
  double value, low, high;
} churn_estimate;

/* events / trials with Wilson's limits (base/wilson.h). Without trials all NaN. */
churn_estimate churn_share(uint64_t events, uint64_t trials, double level);

/* The difference after - before of two independent shares, with the limits made of both Wilson
 * intervals. Source: Newcombe 1998, Statistics in Medicine 17:873, method 10. NaN where one of the
 * two has no trials. */
churn_estimate churn_share_difference(uint64_t events_before, uint64_t trials_before,
                                      uint64_t events_after, uint64_t trials_after, double level);

/* observed / expected with exact Poisson limits: chi2(a/2; 2 O) / (2 E) and chi2(1 - a/2; 2 O + 2)
 * / (2 E), a = 1 - level. Source: Garwood 1936, Biometrika 28:437. NaN where expected is not above
 * 0. */
churn_estimate churn_observed_expected(uint64_t observed, double expected, double level);

/* Ratio of two such ratios, after over before: given the sum of both counts, the later one is
 * binomial with the odds ratio * E_after / E_before, so the exact limits of that share (Clopper and
 * Pearson 1934, Biometrika 26:404) give those of the ratio. Infinite where nothing was observed
 * before. *p gets the chance, where both ratios are equal, of a count as improbable as this one or
 * more so (two-sided, by the method of small P values, as R's binom.test). NaN where there is
 * nothing to compare. Cost of p: the sum of the counts. */
churn_estimate churn_ratio_of_ratios(uint64_t observed_before, double expected_before,
                                     uint64_t observed_after, double expected_after, double level,
                                     double *p);

#endif
