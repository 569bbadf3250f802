/* Questions to blocks of the coefficients' covariance: variance inflation and Wald tests of all
 * columns of a feature together. Place in the flow: covariance -> inference. Cost: columns^3.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_VIF_H
#define CHURN_FIT_VIF_H

#include <churn/status.h>
#include <stddef.h>
#include <stdint.h>

/* gvif[g] = the generalised variance inflation of the columns c with group[c] = g: det(R_g)
 * det(R_-g) / det(R), R the correlation matrix of the slopes by `covariance` [(columns + 1)^2]
 * row-major, intercept first; g below group_count. NaN for a group without columns, and for all
 * where the slopes' covariance has no inverse. As R's car::vif, which takes the model-based
 * covariance. Source: Fox and Monette, Journal of the American Statistical Association 87, 1992. */
CHURN_MUST_USE churn_status churn_vif(const double *covariance, size_t columns,
                                      const uint32_t *group, size_t group_count, double *gvif,
                                      churn_error *error);

/* *chi2 = b' inverse(V) b over the chosen columns [count] (numbers from 0) of coefficients [columns
 * + 1] and covariance, both intercept first; NaN where that block has no inverse. */
CHURN_MUST_USE churn_status churn_wald_test(const double *coefficients, const double *covariance,
                                            size_t columns, const size_t *chosen, size_t count,
                                            double *chi2, churn_error *error);

#endif
