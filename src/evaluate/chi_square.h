/* Chance of a chi-square as large as one found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_CHI_SQUARE_H
#define CHURN_EVALUATE_CHI_SQUARE_H

/* chi2 >= 0, df > 0. */
double churn_chi_square_p(double chi2, double df);

#endif
