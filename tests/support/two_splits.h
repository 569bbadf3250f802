/* The same bytes split twice: whole by libcsv, and block by block as files are read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_TWO_SPLITS_H
#define CHURN_TEST_TWO_SPLITS_H

#include "source/index.h"

#include <stdbool.h>
#include <stddef.h>

/* How the blocks are made: bytes a block, fields a row, the index (NULL = the chosen one), and
 * `refuse` = one block of rows in so many is refused by their taker (0 = none). */
typedef struct two_splits {
  char delimiter;
  size_t fields;
  size_t block;
  churn_index_fill *fill;
  size_t refuse;
} two_splits;

/* NULL when both give the same fields, records, fault and place, and the blocks the sum of lines
 * and the line ends of the whole; else what differs. *rows (NULL allowed) = how many rows needed no
 * grammar. */
const char *two_splits_differ(const two_splits *how, const char *text, size_t length, size_t *rows);

#endif
