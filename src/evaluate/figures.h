/* How good are probabilities: discrimination, calibration, lift. Pure functions over (label,
 * probability, logit) rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_FIGURES_H
#define CHURN_EVALUATE_FIGURES_H

#include <churn/evaluate.h>
#include <churn/run.h>

/* Labelled, scored rows. `labels` 0/1, `logits` finite; `values` (NULL = none) money at risk, NaN =
 * none. `probabilities` in [0, 1]. */
typedef struct churn_scored {
  size_t rows;
  const int8_t *labels;
  const double *probabilities;
  const double *logits;
  const double *values;
} churn_scored;

/* Fills the evaluation's figures, deciles and captures (not its settings and names). Deciles,
 * precision and captured share treat ties by expectation: rows with equal probability share what
 * lies across a boundary evenly. NaN where a figure does not exist (one class only).
 * capture_counts: the K to report, `captures` gets one each; K larger than rows counts as rows. */
CHURN_MUST_USE churn_status churn_figures_compute(const churn_scored *scored,
                                                  const uint64_t *capture_counts,
                                                  size_t capture_count, const churn_run *run,
                                                  churn_evaluation *evaluation, churn_error *error);

/* Area under the ROC curve, ties count one half (Mann-Whitney); NaN with one class. */
CHURN_MUST_USE churn_status churn_auc(const int8_t *labels, const double *scores, size_t rows,
                                      double *auc, churn_error *error);

#endif
