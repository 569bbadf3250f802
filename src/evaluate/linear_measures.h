/* Intervals of a comparison's figures without drawing rows anew: linearised values of log-loss,
 * Brier score, lift, churners and money captured, group by group. Place in the flow: orderings and
 * losses of a set -> values whose squares add up to variances; the values of two sets subtracted,
 * those of their paired difference.
 *
 * The formulas are those of linear.h; a mean loss l = sum w loss / sum w has z = sum w (loss - l) /
 * sum w over a group. With thousands of customers these intervals and the percentiles of
 * bootstrap.h agree to within the noise of draws, at the cost of one draw.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_LINEAR_MEASURES_H
#define CHURN_EVALUATE_LINEAR_MEASURES_H

#include "evaluate/linear.h"
#include "evaluate/measures.h"

/* What all sets share. */
typedef struct churn_linear_rows {
  const churn_judged *judged;
  const churn_cluster_groups *groups;
  double *rows;    /* [folds] weight */
  double *shares;  /* [folds] capacity of it */
  double *reached; /* [groups] weight times the share of its fold */
  bool one_cut;    /* capacity is the lift's tenth in every fold */
} churn_linear_rows;

/* places [folds]: capacity in each fold, in weight. NO_MEMORY; the caller clears, whatever happens.
 */
CHURN_MUST_USE churn_status churn_linear_rows_open(const churn_judged *judged,
                                                   const churn_cluster_groups *groups,
                                                   const double *places, churn_linear_rows *rows,
                                                   churn_error *error);
void churn_linear_rows_clear(churn_linear_rows *rows);

/* values [CHURN_MEASURES][groups] of a set whose list is made with the groups and whose measures
 * [CHURN_MEASURES] are known; NaN where a measure does not exist. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_linear_measures(const churn_linear_rows *rows,
                                                  const churn_measured_set *set,
                                                  const double *measures, double *values,
                                                  churn_error *error);

/* Variance of b [groups] minus a (NULL = of b itself); NaN with one group. */
double churn_linear_variance(const double *a, const double *b, uint32_t groups);

#endif
