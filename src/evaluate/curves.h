/* The curves of one set of out-of-fold predictions, short enough to draw and exact at every point.
 * Place in the flow: ordering, logits -> points for a page.
 *
 * Gain, ROC and precision-recall are one walk: at a depth (the share of each fold that is
 * contacted, riskiest first) everything they plot is known, folds added up at equal depth (vertical
 * averaging: Fawcett 2006, Pattern Recognition Letters 27:861, section 9). Calibration puts the
 * rows of all folds in order of probability and cuts them into bins of equal weight, rows of equal
 * probability kept together. Cost: a walk over the rows each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_CURVES_H
#define CHURN_EVALUATE_CURVES_H

#include "evaluate/cluster_groups.h"

#include <churn/curves.h>

/* points [CHURN_GAIN_POINTS], with pointwise intervals at `level` by the variances of linear.h. The
 * list is made with groups->of. Cost: a walk more over the rows, and a few numbers for each group
 * at each point. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_gain_curve(const churn_judged *judged, const churn_list *list,
                                             const churn_cluster_groups *groups, double level,
                                             churn_gain_point *points, churn_error *error);

/* bins [most] from the lowest probability up; *count of them filled (fewer where ties are wide).
 * Where nobody in a bin, or everybody, churned, its interval is that of as many rows as it has
 * clusters. logits [rows]. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_calibration_curve(const churn_judged *judged,
                                                    const double *logits, double level, size_t most,
                                                    churn_calibration_bin *bins, size_t *count,
                                                    churn_error *error);

/* The same where an ordering of the judged rows by these logits, fold by fold, is at hand: bins are
 * cut through all folds' lists at one logit, and their rows added up fold by fold. */
CHURN_MUST_USE churn_status churn_calibration_curve_of(const churn_judged *judged,
                                                       const churn_ordering *by_fold,
                                                       const double *logits, double level,
                                                       size_t most, churn_calibration_bin *bins,
                                                       size_t *count, churn_error *error);

#endif
