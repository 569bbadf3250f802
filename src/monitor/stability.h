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

/* *index = the population stability index, the sum over bins of (q - p) log(q / p), p and q the
 * shares of `before` and `after`: 0 = alike; by custom above 0.1 is worth a look and above 0.25 a
 * shift (Siddiqi 2006, Credit Risk Scorecards, chapter 8). Numbers are cut at the tenths of
 * `before` (ties make fewer bins), codes of categories are bins each; missing is a bin. Half a row
 * is added to every bin, so that an empty one costs a finite sum. NaN where a sample has no rows.
 * NO_MEMORY. */
CHURN_MUST_USE churn_status churn_stability_index(const churn_sample *before,
                                                  const churn_sample *after, bool codes,
                                                  double *index, churn_error *error);

#endif
