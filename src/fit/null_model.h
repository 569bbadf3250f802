/* The model that has an intercept and the offset, but no columns: where fits start, and what they
 * are compared with. Place in the flow: design matrix -> totals. Cost: nothing without an offset;
 * else some passes over the rows' labels, weights and offsets.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_NULL_MODEL_H
#define CHURN_FIT_NULL_MODEL_H

#include "fit/moments.h"

/* Fills the null_ fields of totals whose weight and positive are set: the largest sum of w (y eta -
 * log(1 + exp(eta))) over eta = offset + intercept. Where all labels are equal, which no model
 * tells apart, the intercept is infinite and the others NaN. */
CHURN_MUST_USE churn_status churn_null_model_find(const churn_matrix *matrix, const churn_run *run,
                                                  churn_totals *totals, churn_error *error);

#endif
