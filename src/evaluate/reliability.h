/* Reliability table: what came of the rows that were promised about the same. Place in the flow:
 * predictions and labels -> bins. Cost: a sort.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_RELIABILITY_H
#define CHURN_EVALUATE_RELIABILITY_H

#include "fit/logit_line.h"

#include <churn/model.h>

enum { CHURN_RELIABILITY_BINS = 10 };

/* Fills bins [CHURN_RELIABILITY_BINS], riskiest first, *count of them: each ends at the row by
 * which another tenth of the weight is reached, and takes in all rows of that row's logit. The
 * interval is Wilson's (Journal of the American Statistical Association 22, 1927) at 95 % for as
 * many independent rows as would give the observed share the variance it has: the ratio estimator's
 * over clusters, times G / (G - 1) (Korn and Graubard, Survey Methodology 24, 1998), at most the
 * bin's rows; without clusters and weights just those. Where that variance is 0, its clusters. Rows
 * without weight are left out. Neither threads nor the order of clusters matter. USAGE: no rows. */
CHURN_MUST_USE churn_status churn_reliability_table(const churn_logit_rows *rows,
                                                    churn_reliability *bins, size_t *count,
                                                    churn_error *error);

/* Wilson's 95 % interval of a share seen among `rows` > 0 rows. */
void churn_wilson(double share, double rows, double *lower, double *upper);

#endif
