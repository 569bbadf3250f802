/* What is kept of one piece of a history until its rows are grouped: narrow columns, in order of
 * parts of the customers. Inside history/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_STORED_H
#define CHURN_HISTORY_STORED_H

#include "history/data.h"

/* Values of `width` bytes: days of 2 are distances from `base`, codes of 1 and 2 and numbers of 1
 * (whole ones) are themselves; the highest value is a missing one. Other widths are as in
 * churn_column. */
typedef struct churn_stored_column {
  unsigned char *values;
  size_t width;
  churn_day base;
} churn_stored_column;

/* Rows of part q are starts[q]..starts[q + 1]; `customers` are numbers within the part. */
typedef struct churn_stored_piece {
  size_t worker;
  uint32_t *starts;
  uint16_t *customers;
  churn_stored_column *columns; /* per request; that of the id is empty */
  uint64_t *missing;            /* per request, of all rows of the piece */
  uint64_t rows_unmatched;
  uint64_t rows_dayless;
  churn_day first_day, last_day;
} churn_stored_piece;

/* The values of `from` (one array, as many as `rows`), each at place[row] (UINT32_MAX = left out),
 * `kept` of them. *missing counts those of all rows. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_stored_column_make(const churn_batch_column *from, size_t rows,
                                                     const uint32_t *place, size_t kept,
                                                     churn_stored_column *to, uint64_t *missing,
                                                     churn_error *error);

/* Values first..last to to[at[i - first]], wide: codes through `remap` (NULL = as they are).
 * Exactly one array of `to` is set. */
void churn_stored_column_place(const churn_stored_column *from, size_t first, size_t last,
                               const uint32_t *at, const uint32_t *remap, const churn_column *to,
                               size_t offset);

void churn_stored_piece_clear(churn_stored_piece *piece, size_t columns);

#endif
