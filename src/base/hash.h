/* Fingerprints and keyed choices: XXH3, 128 and 64 bits (xxhash).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_HASH_H
#define CHURN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { CHURN_HASH_TEXT_SIZE = 33 };

/* 128-bit hash of bytes[0..length) as 32 lower-case hexadecimal digits, big-endian (canonical). */
void churn_hash_text(const void *bytes, size_t length, char text[CHURN_HASH_TEXT_SIZE]);

/* A number in [0, 1) that depends only on the text and the seed: 53 bits of its 64-bit hash. */
double churn_hash_unit(const char *text, size_t length, uint64_t seed);

#endif
