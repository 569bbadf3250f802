/* Counts against what was expected of them: how improbable they are, and between which limits they
 * lie by chance. Plain functions of counts. Place in the flow: counts of customers -> scorecards.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_FUNNEL_H
#define CHURN_MONITOR_FUNNEL_H

#include <churn/reps.h>

/* The chance of a count as improbable as `observed`, or more so, of a Poisson count of that mean
 * (two-sided, by the method of small P values, as R's poisson.test). NaN where the mean is not
 * above 0. Cost: logarithmic in both. */
double churn_poisson_p(uint64_t observed, double mean);

/* Between which limits observed / expected lies in 95 % and in 99.8 % of all cases where the true
 * ratio is 1, interpolated between counts, so that the funnel is smooth. Source: Spiegelhalter
 * 2005, "Funnel plots for comparing institutional performance", Statistics in Medicine 24:1185,
 * appendix A.1.1. All NaN where expected is not above 0. */
churn_control_limits churn_funnel_limits(double expected);

#endif
