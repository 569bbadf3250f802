/* One row of PostgreSQL's COPY in text format (manual, chapter COPY, "Text Format"): fields between
 * tabs, \N = NULL, control characters and the backslash escaped by a backslash.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_COPY_TEXT_H
#define CHURN_SOURCE_COPY_TEXT_H

#include "source/spool.h"

/* What a field of the row is, by its column's type. */
typedef enum churn_copy_kind {
  CHURN_COPY_TEXT,
  CHURN_COPY_TRUTH, /* t or f */
  CHURN_COPY_BINARY /* bytea */
} churn_copy_kind;

/* Writes the fields of row[0..length) to the spool and ends its row there; a line end behind the
 * row is dropped. The row's bytes are changed. `kinds` has one for each of the spool's fields;
 * `all_text`: all of them are CHURN_COPY_TEXT. MALFORMED for another number of fields; errors of
 * churn_spool_end_row. */
CHURN_MUST_USE churn_status churn_copy_row(char *row, size_t length, const churn_copy_kind *kinds,
                                           bool all_text, churn_spool *spool, churn_error *error);

#endif
