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
  const double *weights; /* > 0: how much of the population each row stands for; NULL = 1 */
  bool repeated;         /* weights are whole, and a row stands for so many equal ones */
  const double *order;   /* what the rows are ranked by, along which probabilities do not fall; NULL
                            = the probabilities */
} churn_scored;

/* All figures are over the population: a row of weight w counts w times. Standard errors take
 * `repeated` rows for so many independent ones, and else each row for one that counts so much (the
 * sandwich). Fills the evaluation's figures (all but the
 * interval of the AUC: uncertainty.h), deciles and captures (not its settings and names).
 * Deciles, precision and captured share treat ties by expectation: rows of equal rank share what
 * lies across a boundary evenly. NaN where a figure does not exist (one class only).
 * capture_counts: the K to report, at most CHURN_MOST_CAPTURES, `captures` gets one each; K larger
 * than the population counts as all of it. Neither row order nor threads change a bit. USAGE: too
 * many counts, or a row that breaks the promises above; DEGENERATE: no rows; NO_MEMORY. Cost: a
 * sort, and a sweep a Newton step of the calibration. */
CHURN_MUST_USE churn_status churn_figures_compute(const churn_scored *scored,
                                                  const uint64_t *capture_counts,
                                                  size_t capture_count, const churn_run *run,
                                                  churn_evaluation *evaluation, churn_error *error);

#endif
