/* Two means against each other. A plain function of moments. Place in the flow: losses of two
 * groups of customers -> what `churn outcomes` says of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_MEANS_H
#define CHURN_MONITOR_MEANS_H

#include "monitor/proportion.h"

typedef struct churn_moments_of {
  double count, mean, deviation; /* deviation with count - 1 below; NaN for fewer than two */
} churn_moments_of;

/* The difference b - a of two independent means, with limits that do not take the variances for
 * equal: the t quantile of `level` at Satterthwaite's degrees of freedom. Sources: Welch 1947,
 * Biometrika 34:28; Satterthwaite 1946, Biometrics Bulletin 2:110. Limits are NaN where one group
 * has fewer than two members, or neither varies; all is NaN where one is empty. */
churn_estimate churn_mean_difference(const churn_moments_of *a, const churn_moments_of *b,
                                     double level);

#endif
