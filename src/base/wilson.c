/* The score interval of a share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wilson.h"

#include <math.h>

void churn_wilson(double rate, double rows, double z, double *low, double *high)
{
  double square = z * z / rows;
  double centre = (rate + square / 2) / (1 + square);
  double reach = z / (1 + square) * sqrt(rate * (1 - rate) / rows + square / (4 * rows));
  *low = fmin(fmax(centre - reach, 0), rate);
  *high = fmax(fmin(centre + reach, 1), rate);
}
