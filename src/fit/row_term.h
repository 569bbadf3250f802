/* What one row adds to the likelihood and its derivatives, for loops that run in vectors: part of
 * the likelihood kernel's source (kernel_body.h). Place in the flow: linear predictor -> term.
 *
 * exp and log are its own. The library's do the same in twice the time: these know where their
 * arguments lie, are no calls, and give the same bits whatever library is there. Both to some units
 * in the last place, exp of a large number to that number's own: polynomials through Chebyshev's
 * points, to 2e-17 and 9e-17.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_ROW_TERM_H
#define CHURN_FIT_ROW_TERM_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* exp(x), x <= 0; below -708, where the result would be denormal, that of -708. With x = n log 2 +
 * r, |r| <= log(2) / 2, it is 2^n exp(r). */
static inline double exp_of_negative(double x)
{
  double clamped = x > -708 ? x : -708;
  int32_t n = (int32_t)(clamped * 1.4426950408889634 - 0.5);
  double r = clamped - (double)n * 0.69314718055994531, scale;
  double p = 2.5110049204818658e-08;
  p = p * r + 2.763265472252779e-07;
  p = p * r + 2.7557240887229869e-06;
  p = p * r + 2.4801485441561313e-05;
  p = p * r + 0.00019841269890076403;
  p = p * r + 0.0013888888952352863;
  p = p * r + 0.008333333333319589;
  p = p * r + 0.041666666666487953;
  p = p * r + 0.1666666666666668;
  p = p * r + 0.50000000000000189;
  p = p * r + 1;
  p = p * r + 1;
  int64_t bits = ((int64_t)n + 1023) * ((int64_t)1 << 52);
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

/* 2 atanh(s), 0 <= s <= 1/3; with s = e / (2 + e) it is log(1 + e), to the last digits of a small
 * e. */
static inline double twice_atanh(double s)
{
  double t = s * s;
  double p = 0.17780763826113302;
  p = p * t + 0.098807890487647862;
  p = p * t + 0.13591305485579894;
  p = p * t + 0.15363676248891633;
  p = p * t + 0.18182859800473911;
  p = p * t + 0.22222190861346283;
  p = p * t + 0.28571429111657159;
  p = p * t + 0.399999999952876;
  p = p * t + 0.66666666666682572;
  p = p * t + 2;
  return p * s;
}

/* What one row of weight 1 adds. */
typedef struct row_term {
  double loss;
  double residual;
  double curvature;
} row_term;

/* With e = exp(-|eta|) nothing overflows and no small difference of large numbers is taken. One
 * division does for 1 / (1 + e) and e / (2 + e). */
static inline row_term find_term(double eta, double y)
{
  double e = exp_of_negative(-fabs(eta));
  double one = 1 + e, two = 2 + e, both = 1 / (one * two);
  double q = two * both;
  double p = eta >= 0 ? q : e * q;
  double positive = eta > 0 ? eta : 0;
  return (row_term){twice_atanh(e * one * both) + (positive - y * eta), p - y, e * q * q};
}

#endif
