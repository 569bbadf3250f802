/* Firth's penalised likelihood: finite estimates where maximum likelihood has none, and less biased
 * ones where rows are few. Place in the flow: standardised design matrix -> coefficients.
 *
 * Maximised is log L(b) + 1/2 log det I(b), I = X'WX the Fisher information, all columns with the
 * intercept: the root of U_j = sum_i (w_i (y_i - p_i) + h_i (1/2 - p_i)) x_ij, h the diagonal of
 * the hat matrix (Firth, Biometrika 80, 1993; Heinze and Schemper, Statistics in Medicine 21,
 * 2002). The estimates do not depend on how columns are scaled. Steps are inverse(I) U, no
 * standardised coefficient moving by more than 5, halved while the penalised likelihood falls. Cost
 * of a step: two passes over the rows of columns^2 / 2 multiply-adds each, in the fixed lanes: same
 * bits for any number of threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_FIRTH_H
#define CHURN_FIT_FIRTH_H

#include "fit/logistic.h"
#include "fit/scale.h"

/* Fits. A weight stands for so many equal rows. The result's covariance is inverse(I) at the
 * estimate, NaN all over where that has none. Of the report, max_gradient is max_j |U_j| / sum of
 * weights on standardised columns, the fit stops one step after it is <= 1e-10; objective is minus
 * the penalised log-likelihood over the sum of weights, on standardised columns; log_likelihood is
 * without the penalty, at the estimate, and null_log_likelihood the largest one without columns.
 * DEGENERATE: an information matrix that cannot be factored at the start. */
CHURN_MUST_USE churn_status churn_firth_fit(const churn_scaled *data, const churn_run *run,
                                            churn_fit_result *result, churn_fit_report *report,
                                            churn_error *error);

/* Profile penalised-likelihood interval of coefficient number `coefficient` (0 = intercept) on the
 * original scale, after churn_firth_fit left the standardised matrix and `fit`: where twice the
 * penalised log-likelihood, all else fitted anew, is quantile^2 below its largest, within 1e-8 of
 * the quantile (Heinze and Schemper 2002, section 2.3). An end that is not found is NaN. Cost: some
 * ten fits. */
CHURN_MUST_USE churn_status churn_firth_interval(const churn_matrix *matrix,
                                                 const churn_totals *totals,
                                                 const churn_fit_result *fit, size_t coefficient,
                                                 double quantile, const churn_run *run,
                                                 double *lower, double *upper, churn_error *error);

#endif
