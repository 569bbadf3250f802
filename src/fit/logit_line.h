/* Logistic recalibration: a line through logits, logit P(y) = intercept + slope logit. Its slope
 * and level are the calibration figures of a set of predictions (Cox, Biometrika 45, 1958), and the
 * line itself is what mends them: Platt's scaling (Advances in Large Margin Classifiers, 1999),
 * without his smoothed targets. Those guard scores that were fitted to the same rows against
 * separation; out of fold there is nothing to guard against, and plain maximum likelihood keeps the
 * mean probability equal to the share that churned. Place in the flow: out-of-fold logits ->
 * calibration. Cost: some ten sweeps over the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_LOGIT_LINE_H
#define CHURN_FIT_LOGIT_LINE_H

#include "base/lanes.h"
#include "fit/folds.h"

#include <churn/run.h>

/* Predictions and what came of them. */
typedef struct churn_logit_rows {
  size_t rows;
  const double *logits;     /* finite */
  const int8_t *labels;     /* 0, 1 */
  const double *weights;    /* >= 0: how much of the population a row stands for; NULL = all 1 */
  bool repeated;            /* weights are whole, and a row stands for so many equal ones */
  const uint32_t *clusters; /* rows of one (a customer) stand together; NULL = each by itself */
} churn_logit_rows;

/* Rows rounded up to whole tiles. */
static inline size_t churn_logit_padded(size_t rows)
{
  return churn_tile_count(rows) * CHURN_TILE_ROWS;
}

/* NaN all over where the line has no finite best: one label only, all logits equal, or a logit that
 * parts the labels. */
typedef struct churn_logit_line {
  double intercept;
  double slope;
  double
      slope_error; /* from the model; with weights robust; with clusters clustered (inference.h) */
} churn_logit_line;

CHURN_MUST_USE churn_status churn_logit_line_fit(const churn_logit_rows *rows, const churn_run *run,
                                                 churn_logit_line *line, churn_error *error);

/* The same in a room [3 * churn_logit_padded(rows)], 64-byte aligned, of a caller who fits many
 * lines. */
CHURN_MUST_USE churn_status churn_logit_line_fit_in(const churn_logit_rows *rows, double *room,
                                                    const churn_run *run, churn_logit_line *line,
                                                    churn_error *error);

/* Standard error of the level a in logit P(y) = a + logit, at a = `level`, its estimate: 1 /
 * sqrt(sum of w P (1 - P)), or the sandwich of rows with weights, of clusters times G / (G - 1).
 * NaN for one cluster. */
double churn_logit_level_error(const churn_logit_rows *rows, double level);

/* calibrated [rows]: each row's logit by the line of the other folds. *found false, and calibrated
 * of no use, where some fold's line has no finite best. */
CHURN_MUST_USE churn_status churn_logit_line_cross(const churn_logit_rows *rows,
                                                   const churn_fold_map *map, const churn_run *run,
                                                   double *calibrated, bool *found,
                                                   churn_error *error);

#endif
