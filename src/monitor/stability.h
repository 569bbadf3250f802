/* How far one distribution has moved from another. Place in the flow: values of two as-of days -> a
 * number for each feature.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_STABILITY_H
#define CHURN_MONITOR_STABILITY_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct churn_sample {
  const double *values; /* [count], NaN = missing */
  size_t count;
} churn_sample;

/* How far apart two histograms over the same bins are. */
typedef struct churn_stability {
  double index; /* NaN where one of the two is empty */
  size_t bins;  /* that hold rows on either side */
} churn_stability;

/* The population stability index, the sum over bins of (q - p) log(q / p), p and q the shares of
 * before [count] and after [count], which are rows in each bin: 0 = alike; by custom above 0.1 is
 * worth a look and above 0.25 a shift (Siddiqi 2006, Credit Risk Scorecards, chapter 8). A bin that
 * is empty on one side counts half a row there, so that it costs a finite sum; one that is empty on
 * both says nothing. */
churn_stability churn_stability_of(const double *before, const double *after, size_t count);

/* The chance of an index this large or larger where both are samples of one distribution: index /
 * (1/n + 1/m) is then about chi-square with bins - 1 degrees of freedom, n and m how many
 * independent draws each side is (Yurdakul 2018, Statistical Properties of Population Stability
 * Index, Western Michigan University, section 3). Here these are distinct customers, not rows, and
 * the law is approximate: the same customers are on both sides, which makes the index smaller than
 * it says. 1 for a single bin; NaN without an index or without draws. */
double churn_stability_p(const churn_stability *stability, double n, double m);

/* The same between two samples. Numbers are cut at the tenths of `before` (ties make fewer bins),
 * codes of categories are bins each; missing is a bin. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_stability_index(const churn_sample *before,
                                                  const churn_sample *after, bool codes,
                                                  churn_stability *stability, churn_error *error);

#endif
