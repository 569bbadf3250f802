/* Numbers to text and back, with a decimal point whatever the locale.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_NUMBER_H
#define CHURN_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CHURN_NUMBER_TEXT_SIZE = 32 };

/* Reads all of text[0..length) as a decimal number: sign, digits, fraction, exponent. No blanks, no
 * hexadecimal, no inf or nan, no overflow to infinity. `decimal` is the decimal mark ('.'),
 * `thousands` a separator between groups of three digits, or 0 for none. Correctly rounded. False
 * and *value untouched when it is no number. */
bool churn_number_parse(const char *text, size_t length, char decimal, char thousands,
                        double *value);

/* The same for the numbers that most exports are made of, whole texts of at most 8 bytes: a sign
 * minus, digits, a point among them. False for all others, which are then to be parsed. The 8 bytes
 * from `text` on must be readable. Without a branch on the text, since lengths and signs cannot be
 * predicted: the digits are moved to the end of a word, the point is taken out, and all of them are
 * added up at once (Lemire 2018). Digits and power of ten are exact, so one division rounds
 * correctly (Clinger 1990). */
static inline bool churn_number_parse_word(const char *text, size_t length, double *value)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
  const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7, zeros = ones * '0';
  uint64_t word, sign = length > 0 && text[0] == '-';
  size_t rest = length - (size_t)sign;
  if (rest - 1 > 7)
    return false;
  memcpy(&word, text, sizeof word);
  word >>= 8 * sign;
  word = word << 8 * (8 - rest) | (zeros >> 4 * rest) >> 4 * rest;
  uint64_t points = word ^ ones * '.';
  points = (points - ones) & ~points & tops; /* its lowest bit is right */
  size_t places = 0;
  if (points != 0) {
    unsigned at = (unsigned)__builtin_ctzll(points) & ~7u; /* of the point's byte */
    uint64_t before = ((uint64_t)1 << at) - 1;
    places = 7 - at / 8;
    word = (word & before) << 8 | '0' | (word & ~(before << 8 | 255));
  }
  if ((((word + ones * 0x46) | (word - zeros)) & tops) != 0 || (rest == 1 && points != 0))
    return false;
  word -= zeros;
  word = word * 10 + (word >> 8);
  word = ((word & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064) +
          (word >> 16 & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001)) >>
         32;
  double magnitude = (double)(uint32_t)word / powers[places];
  uint64_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits |= sign << 63;
  memcpy(value, &bits, sizeof bits);
  return true;
#else
  (void)text;
  (void)length;
  (void)value;
  return false;
#endif
}

/* The shortest decimal text that reads back to the same bits; whole numbers below 1e15 without
 * exponent; an empty text for NaN (a missing value). Returns its length. */
size_t churn_number_format(double value, char text[CHURN_NUMBER_TEXT_SIZE]);

/* A whole number; no zero is written behind it. Returns its length. */
size_t churn_whole_format(uint64_t value, char text[CHURN_NUMBER_TEXT_SIZE]);

/* `value` with `digits` after the point, always with a decimal point; as churn_number_format where
 * that is too long for the text. Returns its length. */
size_t churn_number_format_fixed(double value, int digits, char text[CHURN_NUMBER_TEXT_SIZE]);

/* All of text[0..length) as a whole number >= 0 without sign; false on overflow or other bytes. */
bool churn_whole_parse(const char *text, size_t length, uint64_t *value);

#endif
