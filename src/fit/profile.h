/* Profile-likelihood interval of one linear function of the coefficients. Place in the flow:
 * objective at its minimum -> inference. Cost: about five passes over the rows for each end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_PROFILE_H
#define CHURN_FIT_PROFILE_H

#include "fit/objective.h"

/* The values of function' b at which the deviance, all else fitted anew, is quantile^2 above its
 * minimum: [*lower, *upper], where the signed root of the deviance is within 1e-8 of the quantile
 * (1.96 for 95 %). Where the likelihood has a maximum it falls without end on both sides of it, so
 * there are such values; one that could not be found is NaN. `function` [columns + 1], intercept
 * first; `best` is the objective's minimum, evaluated; the objective has no penalty. Source: Venzon
 * and Moolgavkar, Applied Statistics 37, 1988. */
CHURN_MUST_USE churn_status churn_profile_interval(const churn_objective *objective,
                                                   const churn_point *best, const double *function,
                                                   double quantile, double *lower, double *upper,
                                                   churn_error *error);

#endif
