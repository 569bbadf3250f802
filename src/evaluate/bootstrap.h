/* The same figures of several sets of scores in rows drawn anew: their paired intervals. Place in
 * the flow: orderings and losses of a set -> values of each draw -> percentiles.
 *
 * Customers are drawn with replacement, with all their rows, the same draws for every set (so
 * differences are paired); each draw ranks anew. Intervals are percentiles of the draws (Efron and
 * Tibshirani 1993, An Introduction to the Bootstrap, section 13.3), at the ends of type-7
 * quantiles: with hundreds of customers, bias and skewness of these means are far below their
 * spread, and BCa would add the noise of its own constants. Many clusters are drawn in groups
 * (cluster_groups.h).
 *
 * A draw is a number of times for each group, so whatever a draw adds up is those numbers times
 * sums over groups. Where a list is cut moves from draw to draw, but little: what lies above the
 * cut of the rows as they are is summed by groups once, and a draw walks from there to its own cut.
 *
 * Conditional on the fitted models, as auc.h. Cost of a draw: a few numbers a group and fold, and
 * per set and fold some square root of the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_BOOTSTRAP_H
#define CHURN_EVALUATE_BOOTSTRAP_H

#include "evaluate/measures.h"

typedef struct churn_bootstrap_settings {
  uint32_t draws; /* 0 = 2000 */
  uint64_t seed;
} churn_bootstrap_settings;

uint32_t churn_bootstrap_draws(const churn_bootstrap_settings *settings);

/* The draws, for any number of sets. */
typedef struct churn_bootstrap churn_bootstrap;

/* judged and places [folds] (capacity in each fold, in weight) are borrowed. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_bootstrap_new(const churn_judged *judged, const double *places,
                                                const churn_bootstrap_settings *settings,
                                                const churn_run *run, churn_bootstrap **bootstrap,
                                                churn_error *error);
void churn_bootstrap_free(churn_bootstrap *bootstrap);

/* values [CHURN_MEASURES][draws]: a set's figures in each draw; in a draw, capacity stays the same
 * share of a fold's weight. Same bits for any number of threads, and whatever other sets there are.
 * Several sets may be drawn at a time. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_bootstrap_draw(const churn_bootstrap *bootstrap,
                                                 const churn_measured_set *set,
                                                 const churn_run *run, double *values,
                                                 churn_error *error);

/* Percentiles of values [draws], of b minus a where a is given (NULL = of b itself). Draws in which
 * the figure does not exist are left out; NaN when fewer than half have it. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_bootstrap_interval(const double *a, const double *b,
                                                     uint32_t draws, double level,
                                                     churn_interval *interval, churn_error *error);

#endif
