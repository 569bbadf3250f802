/* Fits that give nothing to report, and what to do then. Place in the flow: fit -> error.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_REFUSE_H
#define CHURN_JOBS_REFUSE_H

#include "design/snapshots.h"
#include "fit/logistic.h"

#include <churn/model.h>

/* DEGENERATE, with what to do, for a fit without penalty (the model's is recorded) that has fewer
 * churners, or fewer stayers, than coefficients (with the intercept): distinct customers where some
 * have several rows. */
CHURN_MUST_USE churn_status churn_refuse_few(const churn_snapshots *rows, const churn_model *model,
                                             churn_error *error);

/* DEGENERATE, with what to do, for a likelihood without a maximum: without one there are no
 * coefficients. Names the column, and the level where that tells the outcome by itself. */
CHURN_MUST_USE churn_status churn_refuse_separation(const churn_fit_report *report,
                                                    const churn_model *model, churn_error *error);

#endif
