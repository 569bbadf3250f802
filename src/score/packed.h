/* Doubles in four bytes where they are short decimals, as most values of an export are: for keeping
 * many of them until they are written, and for writing those without arithmetic on doubles. Exact:
 * what is taken out has the bits of what was put in.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_PACKED_H
#define CHURN_SCORE_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers that are no short decimals. Zeroed = none. */
typedef struct churn_unpacked {
  double *values;
  size_t count, capacity;
} churn_unpacked;

/* `places` is where to look first, and is set to where it was found: how many digits stand behind
 * the point. False when memory or room ran out. */
bool churn_pack(double value, unsigned *places, churn_unpacked *rest, uint32_t *packed);

double churn_unpack(uint32_t packed, const churn_unpacked *rest);

/* The number rounded to four significant digits as text, as churn_reason_number gives it; 0 where
 * that takes another way (no short decimal, or halfway between two). */
enum { CHURN_PACKED_TEXT_SIZE = 16 };
size_t churn_packed_text(uint32_t packed, char text[CHURN_PACKED_TEXT_SIZE]);

#endif
