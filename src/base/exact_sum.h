/* A sum of doubles that does not depend on their order: exact, as one long fixed-point number
 * (Neal, "Fast exact summation using small and large superaccumulators", 2015), rounded at the end.
 * For sums over rows that come in no order of their own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_EXACT_SUM_H
#define CHURN_BASE_EXACT_SUM_H

#include <stdint.h>

/* Digits of 32 bits from 2^-1088 on; each may hold 2^30 additions before carries are taken. */
enum { CHURN_EXACT_DIGITS = 70 };

/* Zeroed = nothing so far. */
typedef struct churn_exact_sum {
  int64_t digits[CHURN_EXACT_DIGITS];
  uint32_t additions; /* since carries were taken */
  double odd;         /* the sum of infinities and NaNs; 0 = none */
} churn_exact_sum;

void churn_exact_sum_add(churn_exact_sum *sum, double value);
void churn_exact_sum_join(churn_exact_sum *sum, churn_exact_sum *other);

/* The sum, to about one unit in the last place. */
double churn_exact_sum_value(churn_exact_sum *sum);

#endif
