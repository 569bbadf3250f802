/* Cross-validation of Firth's method, whose penalty is no sum over rows: each fold is fitted from
 * nothing, with the weights of its own rows at 0. Place in the flow: standardised matrix and a fold
 * for each row -> out-of-fold logits. Cost: a fit for each fold.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_CROSS_FIRTH_H
#define CHURN_FIT_CROSS_FIRTH_H

#include "fit/cross_validate.h"

/* logits [rows]: each row's linear predictor by the fit that did not see it. The matrix's weights
 * are changed for the work and restored. DEGENERATE: a fold whose training rows have no information
 * on some column. */
CHURN_MUST_USE churn_status churn_cross_firth(const churn_scaled *data, const churn_fold_map *map,
                                              const churn_run *run, double *logits,
                                              churn_cross_report *report, churn_error *error);

#endif
