/* Isotonic recalibration: the probabilities that never fall in the logit and fit the labels best.
 * Place in the flow: out-of-fold logits -> knots of a model's recalibration.
 *
 * Pool adjacent violators (Ayer and others, Annals of Mathematical Statistics 26, 1955; for
 * predictions Zadrozny and Elkan, KDD 2002): rows of equal logit are one group, neighbours whose
 * shares of churners are not in order become one, until all are. The answer is that of least
 * squares and of maximum likelihood alike (Robertson, Wright and Dykstra, Order Restricted
 * Statistical Inference, 1988, 1.5). Two additions: rows up to the lowest logit of a churner are
 * one group, and so are those from the highest logit of a stayer on, so that no probability is 0 or
 * 1, which no number of rows could show; and between a block's last logit and the next one's first
 * the probability is linear in the logit, as scikit-learn's IsotonicRegression has it. Cost: one
 * pass over sorted rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_ISOTONIC_H
#define CHURN_FIT_ISOTONIC_H

#include "fit/logit_line.h"

#include <churn/model.h>

/* The rows' numbers by ascending logit, rows of equal logit by number; NULL when memory ran out.
 * The caller frees. */
uint32_t *churn_logit_order(const churn_logit_rows *rows);

/* Knots [*count] of the rows that are not in fold `held_out` (map NULL = of all): of each block its
 * first logit and, where that is another, its last. The mean probability over the rows is the share
 * of churners. The caller frees. DEGENERATE when the rows have one label only. */
CHURN_MUST_USE churn_status churn_isotonic_fit(const churn_logit_rows *rows, const uint32_t *order,
                                               const churn_fold_map *map, uint32_t held_out,
                                               churn_knot **knots, size_t *count,
                                               churn_error *error);

#endif
