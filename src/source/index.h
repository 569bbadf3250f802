/* Where the fields of a block of text begin: delimiters and line ends found by vector code, without
 * any grammar. The same source is compiled for several instruction sets (index_body.h) and chosen
 * at run time. Cost: some bytes a cycle, and a write a field.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_INDEX_H
#define CHURN_SOURCE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a block holds. `separators` counts delimiters and LF; `returns` = a CR before an LF;
 * `special` = a quote, a NUL byte, or a CR that no LF follows; `wide` = a byte above 127. */
typedef struct churn_index {
  size_t separators;
  size_t lines;
  bool returns;
  bool special;
  bool wide;
} churn_index;

/* Elements that `starts` must have for a block of `length` bytes. */
static inline size_t churn_index_room(size_t length)
{
  return length + 1 + 16;
}

/* starts[0] = 0 and starts[k] = the byte behind the k-th separator; what stands behind
 * starts[separators] is undefined. `length` is below 2^32. */
typedef churn_index churn_index_fill(const char *text, size_t length, char delimiter,
                                     uint32_t *starts);

/* The one for the widest instruction set that this machine runs, or that CHURN_ISA names. */
churn_index_fill *churn_index_choose(void);

churn_index_fill churn_index_fill_baseline, churn_index_fill_avx2, churn_index_fill_avx512;

#endif
