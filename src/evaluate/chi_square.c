/* Chance of a chi-square as large as one found.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/chi_square.h"

#include <gsl/gsl_cdf.h>

double churn_chi_square_p(double chi2, double df)
{
  return gsl_cdf_chisq_Q(chi2, df);
}
