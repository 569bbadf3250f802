/* A sum of doubles that does not depend on their order.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/exact_sum.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* The lowest bit of digit 0 stands for 2^-LOWEST. */
enum { DIGIT_BITS = 32, LOWEST = 1088, MOST_ADDITIONS = 1 << 29 };

/* All digits but the last come to lie in [0, 2^32). */
static void carry(churn_exact_sum *sum)
{
  for (int i = 0; i + 1 < CHURN_EXACT_DIGITS; i++) {
    int64_t low = (int64_t)((uint64_t)sum->digits[i] & UINT32_MAX);
    sum->digits[i + 1] += (sum->digits[i] - low) / ((int64_t)1 << DIGIT_BITS);
    sum->digits[i] = low;
  }
  sum->additions = 0;
}

static void count(churn_exact_sum *sum, uint32_t additions)
{
  if (sum->additions + additions >= MOST_ADDITIONS)
    carry(sum);
  sum->additions += additions;
}

void churn_exact_sum_add(churn_exact_sum *sum, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint64_t exponent = bits >> 52 & 0x7ff, mantissa = bits & (((uint64_t)1 << 52) - 1);
  if (exponent == 0x7ff) {
    sum->odd += value;
    return;
  }
  mantissa |= (uint64_t)(exponent != 0) << 52;
  /* The mantissa's lowest bit stands for 2^(exponent - 1075), exponent 0 as 1. */
  unsigned at = (unsigned)(exponent + (exponent == 0)) + LOWEST - 1075;
  unsigned digit = at / DIGIT_BITS, shift = at % DIGIT_BITS;
  int64_t sign = bits >> 63 ? -1 : 1;
  uint64_t low = mantissa << shift, high = shift == 0 ? 0 : mantissa >> (64 - shift);
  sum->digits[digit] += sign * (int64_t)(low & UINT32_MAX);
  sum->digits[digit + 1] += sign * (int64_t)(low >> DIGIT_BITS);
  sum->digits[digit + 2] += sign * (int64_t)high;
  count(sum, 1);
}

void churn_exact_sum_join(churn_exact_sum *sum, churn_exact_sum *other)
{
  carry(other);
  count(sum, 1);
  for (int i = 0; i < CHURN_EXACT_DIGITS; i++)
    sum->digits[i] += other->digits[i];
  sum->odd += other->odd;
}

double churn_exact_sum_value(churn_exact_sum *sum)
{
  double value = 0;
  if (sum->odd != 0)
    return sum->odd;
  carry(sum);
  bool negative = sum->digits[CHURN_EXACT_DIGITS - 1] < 0;
  for (int i = 0; negative && i < CHURN_EXACT_DIGITS; i++)
    sum->digits[i] = -sum->digits[i];
  carry(sum);
  for (int i = CHURN_EXACT_DIGITS - 1; i >= 0; i--)
    value += ldexp((double)sum->digits[i], i * DIGIT_BITS - LOWEST);
  for (int i = 0; negative && i < CHURN_EXACT_DIGITS; i++)
    sum->digits[i] = -sum->digits[i];
  return negative ? -value : value;
}
