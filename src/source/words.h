/* Numbers in a column of texts, several at once: those of at most 8 bytes, which most numbers of an
 * export are (churn_number_parse_word). The same source is compiled for several instruction sets
 * (words_body.h) and chosen at run time; the bits are the same in all of them. Cost: some cycles a
 * number.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_WORDS_H
#define CHURN_SOURCE_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* The text of row r stands from text[starts[r * stride]] up to, but not including, the byte before
 * text[starts[r * stride + 1]]; 8 bytes from its first on must be readable. numbers[r] is set where
 * it is such a number; the others go to odd[], in their order, and their numbers are undefined.
 * Returns how many are odd. */
typedef size_t churn_words_parse(const char *text, const uint32_t *starts, size_t stride,
                                 size_t rows, double *numbers, uint32_t *odd);

/* The one for the widest instruction set that this machine runs, or that CHURN_ISA names. */
churn_words_parse *churn_words_choose(void);

churn_words_parse churn_words_parse_baseline, churn_words_parse_avx2, churn_words_parse_avx512;

#endif
