/* Likelihood-ratio test: is the fit without some columns worse than chance explains? Place in the
 * flow: objective at its minimum -> inference. The refit is warm (restricted.h). Cost: one to
 * three passes over the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_RATIO_TEST_H
#define CHURN_FIT_RATIO_TEST_H

#include "fit/objective.h"

/* *chi2 = twice the log-likelihood that is lost without the columns [count] (numbers from 0), all
 * other coefficients fitted anew; to be held against chi-square with `count` degrees of freedom.
 * NaN where the refit finds no minimum. `best` is the objective's minimum, evaluated; the objective
 * has no penalty. Error about 1e-9. Source: Wilks, Annals of Mathematical Statistics 9,
 * 1938. */
CHURN_MUST_USE churn_status churn_ratio_test(const churn_objective *objective,
                                             const churn_point *best, const size_t *columns,
                                             size_t count, double *chi2, churn_error *error);

#endif
