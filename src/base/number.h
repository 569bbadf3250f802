/* Numbers to text and back, with a decimal point whatever the locale.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_NUMBER_H
#define CHURN_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHURN_NUMBER_TEXT_SIZE = 32 };

/* Reads all of text[0..length) as a decimal number: sign, digits, fraction, exponent. No blanks, no
 * hexadecimal, no inf or nan, no overflow to infinity. `decimal` is the decimal mark ('.'),
 * `thousands` a separator between groups of three digits, or 0 for none. Correctly rounded. False
 * and *value untouched when it is no number. */
bool churn_number_parse(const char *text, size_t length, char decimal, char thousands,
                        double *value);

/* The shortest decimal text that reads back to the same bits; whole numbers below 1e15 without
 * exponent; an empty text for NaN (a missing value). Returns its length. */
size_t churn_number_format(double value, char text[CHURN_NUMBER_TEXT_SIZE]);

/* `value` with `digits` after the point, always with a decimal point; as churn_number_format where
 * that is too long for the text. Returns its length. */
size_t churn_number_format_fixed(double value, int digits, char text[CHURN_NUMBER_TEXT_SIZE]);

/* All of text[0..length) as a whole number >= 0 without sign; false on overflow or other bytes. */
bool churn_whole_parse(const char *text, size_t length, uint64_t *value);

#endif
