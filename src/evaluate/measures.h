/* Figures that have no formula for their difference's interval worth trusting: log-loss, Brier
 * score, lift, churners and money captured. Place in the flow: out-of-fold logits of a set of
 * features -> figures, and by bootstrap.h their intervals.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_MEASURES_H
#define CHURN_EVALUATE_MEASURES_H

#include "evaluate/auc.h"
#include "evaluate/gain.h"

typedef enum churn_measure {
  CHURN_MEASURE_LOG_LOSS,       /* mean of -log P(what happened) */
  CHURN_MEASURE_BRIER,          /* mean of (label - probability)^2 */
  CHURN_MEASURE_LIFT,           /* churn rate in the riskiest tenth of each fold over that of all */
  CHURN_MEASURE_CAPTURED,       /* churners above the places / all churners */
  CHURN_MEASURE_CAPTURED_VALUE, /* their money / all churners' money */
  CHURN_MEASURES
} churn_measure;

/* The lift is that of the riskiest tenth. */
#define CHURN_LIFT_SHARE 0.1

/* A set's out-of-fold predictions. */
typedef struct churn_measured_set {
  const double *losses;  /* [rows] -log P(what happened) */
  const double *squares; /* [rows] (label - probability)^2 */
  const churn_ordering *ordering;
  const churn_list *list; /* of the ordering, with any groups; NULL = made where it is wanted */
} churn_measured_set;

/* losses [rows] and squares [rows] of finite logits [rows]. */
CHURN_MUST_USE churn_status churn_measures_lose(const churn_judged *judged, const double *logits,
                                                const churn_run *run, double *losses,
                                                double *squares, churn_error *error);

/* measures[measure * stride] from weighted sums of losses and squares and from what lies in all
 * rows, above the lift's place, and within capacity. */
void churn_measures_fill(double loss, double square, churn_gain all, churn_gain top,
                         churn_gain reached, double *measures, size_t stride);

/* measures [CHURN_MEASURES] by the rows as they are. places [folds]: capacity in each fold, in
 * weight. NaN where a figure does not exist. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_measures_compute(const churn_judged *judged,
                                                   const churn_measured_set *set,
                                                   const double *places, double *measures,
                                                   churn_error *error);

#endif
