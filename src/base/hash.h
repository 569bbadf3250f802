/* Fingerprints and keyed choices: XXH3, 128 and 64 bits (xxhash).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_HASH_H
#define CHURN_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHURN_HASH_TEXT_SIZE = 33 };

/* 128-bit hash of bytes[0..length) as 32 lower-case hexadecimal digits, big-endian (canonical). */
void churn_hash_text(const void *bytes, size_t length, char text[CHURN_HASH_TEXT_SIZE]);

/* The same hash as a number, to compare bytes by. */
typedef struct churn_hash {
  uint64_t low, high;
} churn_hash;
churn_hash churn_hash_bytes(const void *bytes, size_t length);

/* A fingerprint of lines that does not depend on their order, so that pieces can be added up in any
 * order: `low` is the sum modulo 2^64 of each line's XXH3-64, `high` the number of lines. A change
 * made by accident leaves it as it was once in 2^64. Zeroed = no lines. */
typedef struct churn_line_sum {
  uint64_t low, high;
} churn_line_sum;

/* Adds the lines of bytes[0..length) without their ends (LF, CR LF, CR); empty lines count nothing.
 * The sum does not depend on how the bytes are cut at line ends. */
void churn_line_sum_add(churn_line_sum *sum, const char *bytes, size_t length);
/* The same for `count` lines that are known already: line i begins at text[starts[i * step]], and
 * one byte, its LF, stands before the start of the next one. `returns`: a CR before it may be part
 * of the end. */
void churn_line_sum_add_lines(churn_line_sum *sum, const char *text, const uint32_t *starts,
                              size_t step, size_t count, bool returns);
void churn_line_sum_join(churn_line_sum *sum, const churn_line_sum *other);
void churn_line_sum_text(const churn_line_sum *sum, char text[CHURN_HASH_TEXT_SIZE]);

/* A number in [0, 1) that depends only on the text and the seed: 53 bits of its 64-bit hash. */
double churn_hash_unit(const char *text, size_t length, uint64_t seed);

#endif
