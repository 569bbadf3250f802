/* Figures that have no formula for their difference's interval worth trusting: log-loss, Brier
 * score, lift, churners and money captured; and their paired intervals from a bootstrap of
 * clusters. Place in the flow: out-of-fold logits of several sets of features -> figures and
 * intervals.
 *
 * Bootstrap: customers are drawn with replacement, with all their rows, the same draws for every
 * set (so differences are paired); each draw ranks anew. Intervals are percentiles of the draws
 * (Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 13.3), at the ends of
 * type-7 quantiles: with hundreds of customers, bias and skewness of these means are far below
 * their spread, and BCa would add the noise of its own constants. More than 4096 clusters are first
 * put together, at random, into 4096 groups, which are then drawn: the variance's expectation is
 * the same, and 4096 groups tell a standard error to 1.1 %.
 *
 * Conditional on the fitted models, as auc.h. Cost of a draw: a number a group, and per set the
 * rows above the places.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_MEASURES_H
#define CHURN_EVALUATE_MEASURES_H

#include "evaluate/auc.h"

typedef enum churn_measure {
  CHURN_MEASURE_LOG_LOSS,       /* mean of -log P(what happened) */
  CHURN_MEASURE_BRIER,          /* mean of (label - probability)^2 */
  CHURN_MEASURE_LIFT,           /* churn rate in the riskiest tenth of each fold over that of all */
  CHURN_MEASURE_CAPTURED,       /* churners above the places / all churners */
  CHURN_MEASURE_CAPTURED_VALUE, /* their money / all churners' money */
  CHURN_MEASURES
} churn_measure;

/* A set's out-of-fold predictions. */
typedef struct churn_measured_set {
  const double *logits; /* [rows], finite */
  const churn_ordering *ordering;
} churn_measured_set;

/* measures [CHURN_MEASURES] by the rows as they are. places [folds]: capacity in each fold, in
 * weight. NaN where a figure does not exist. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_measures_compute(const churn_judged *judged,
                                                   const churn_measured_set *set,
                                                   const double *places, double *measures,
                                                   churn_error *error);

typedef struct churn_bootstrap_settings {
  uint32_t draws; /* 0 = 2000 */
  uint64_t seed;
} churn_bootstrap_settings;

uint32_t churn_bootstrap_draws(const churn_bootstrap_settings *settings);

/* values [sets][CHURN_MEASURES][draws]: the figures in each draw; in a draw, capacity stays the
 * same share of a fold's weight. Same bits for any number of threads, and for a set whatever the
 * other sets are. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_bootstrap_run(const churn_judged *judged,
                                                const churn_measured_set *sets, size_t count,
                                                const double *places,
                                                const churn_bootstrap_settings *settings,
                                                const churn_run *run, double *values,
                                                churn_error *error);

/* Percentiles of values [draws], of b minus a where a is given (NULL = of b itself). Draws in which
 * the figure does not exist are left out; NaN when fewer than half have it. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_bootstrap_interval(const double *a, const double *b,
                                                     uint32_t draws, double level,
                                                     churn_interval *interval, churn_error *error);

#endif
