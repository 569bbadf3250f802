/* BFGS on a packed Hessian.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/secant.h"

#include <math.h>

/* Below this the change of a gradient is rounding for the most part, and so would its curvature be.
 */
static const double least_change = 1e-11;

/* packed H times s. */
static void multiply(const double *packed, size_t n, const double *s, double *product)
{
  for (size_t i = 0; i < n; i++)
    product[i] = 0;
  for (size_t i = 0; i < n; i++) {
    const double *row = packed + i * (i + 1) / 2;
    for (size_t j = 0; j < i; j++) {
      product[i] += row[j] * s[j];
      product[j] += row[j] * s[i];
    }
    product[i] += row[i] * s[i];
  }
}

void churn_secant_learn(double *hessian, size_t n, const double *step, const double *before,
                        const double *after, double *product)
{
  double curvature = 0, expected = 0, largest = 0;
  multiply(hessian, n, step, product);
  for (size_t j = 0; j < n; j++) {
    curvature += step[j] * (after[j] - before[j]);
    expected += step[j] * product[j];
    largest = fmax(largest, fabs(after[j] - before[j]));
  }
  if (!(largest > least_change && expected > 0 && curvature > 1e-3 * expected))
    return;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++)
      hessian[i * (i + 1) / 2 + j] += (after[i] - before[i]) * (after[j] - before[j]) / curvature -
                                      product[i] * product[j] / expected;
}
