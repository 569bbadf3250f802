/* Likelihood-ratio tests: is the fit without some columns worse than chance explains? Place in the
 * flow: objective at its minimum -> inference.
 *
 * All refits share their sweeps over the rows (batch.h). Each begins where the full fit's quadratic
 * model has its minimum without the columns, and goes on by gradients, with the full fit's Hessian
 * brought up to date (problem.h). Cost: for each test two to five passes of gradients, a third of a
 * Newton step's work each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_RATIO_TEST_H
#define CHURN_FIT_RATIO_TEST_H

#include "fit/objective.h"

/* chi2 [groups]: twice the log-likelihood that is lost without the columns of a group, all other
 * coefficients fitted anew; to be held against chi-square with as many degrees of freedom as the
 * group has columns. group [columns]: below `groups`. NaN for a group without columns, and where
 * the refit finds no minimum. `best` is the objective's minimum, evaluated; the objective has no
 * penalty. Error about 1e-9. Source: Wilks, Annals of Mathematical Statistics 9, 1938. */
CHURN_MUST_USE churn_status churn_ratio_tests(const churn_objective *objective,
                                              const churn_point *best, const uint32_t *group,
                                              size_t groups, double *chi2, churn_error *error);

#endif
