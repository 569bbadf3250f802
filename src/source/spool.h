/* Rows of a database as the text that the CSV reader takes: fetched once, kept in a temporary file
 * without a name, and mapped. Place in the flow: before the document, so that everything behind it
 * (types, rejected rows, pieces on all threads, the memory bound) is the same for files and
 * databases.
 *
 * The text is CSV in UTF-8 with commas: a heading line, then one record a row. A missing value
 * (NULL) is an empty field. Blanks round a text are dropped, as round an unquoted field of a file:
 * so CHAR(n) is matched by its text. Numbers are in the shortest text that reads back to the same
 * bits (SQLite) or in the server's (PostgreSQL, which gives the same for floats and all digits for
 * numeric); truths are "true" and "false". A row's number is its place in the order in which the
 * database gave it, from 1.
 *
 * Cost: one pass over the bytes of the rows; memory: a buffer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_SPOOL_H
#define CHURN_SOURCE_SPOOL_H

#include "base/buffer.h"
#include "base/temporary.h"
#include "database/target.h"

#include <churn/run.h>

/* `binary_row[f]`: the first row whose field f holds bytes that are no text (a BLOB, bytea), 0 =
 * none; such a field is empty in the text, and must not be asked for. */
typedef struct churn_spool {
  char *name; /* the rowset's */
  churn_temporary *file;
  const char *text; /* mapped once complete */
  size_t length;
  uint64_t rows;
  size_t field_count;
  uint64_t *binary_row; /* [field_count] */
  churn_buffer pending; /* not yet in the file */
  size_t field;         /* the next one of the row that is written */
} churn_spool;

/* A spool without text yet. The caller ends it with churn_spool_free. */
CHURN_MUST_USE churn_status churn_spool_new(const char *name, churn_spool **spool,
                                            churn_error *error);
void churn_spool_free(churn_spool *spool);

/* The heading line: its fields are written like those of a row, then this. */
CHURN_MUST_USE churn_status churn_spool_end_headings(churn_spool *spool, churn_error *error);

/* The next field of the row: a text, a number, bytes that are no text, or nothing. */
void churn_spool_text(churn_spool *spool, const char *text, size_t length);
void churn_spool_number(churn_spool *spool, double value);
void churn_spool_whole(churn_spool *spool, int64_t value);
void churn_spool_binary(churn_spool *spool);
void churn_spool_missing(churn_spool *spool);

/* Ends the row. IO when the temporary file cannot be written; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_spool_end_row(churn_spool *spool, churn_error *error);

/* All rows are there: text and length are set. */
CHURN_MUST_USE churn_status churn_spool_finish(churn_spool *spool, churn_error *error);

#endif
