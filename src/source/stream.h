/* The rows of a plain file in small batches that are gone at once: typed columns, and ids as the
 * bytes of the file, which no dictionary holds. Place in the flow: source -> whoever keeps less of
 * a row than a table would.
 *
 * Nothing out of the ordinary is judged here: a wrong field, a wrong number of fields, a fault of
 * the bytes, a file that can be read only once. Then the answer is "not plain", and the caller
 * reads the same file by churn_table_read, which tells what is wrong and where, or leaves it out.
 * Cost: one parse of the bytes; memory: one block a thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_STREAM_H
#define CHURN_SOURCE_STREAM_H

#include "source/table.h"

/* One request's values of a batch: the array by type, as in churn_column (but codes: see
 * churn_stream_batch); all NULL when the file lacks the heading. */
typedef struct churn_stream_column {
  double *numbers;
  churn_day *days;
} churn_stream_column;

/* Rows in the order of the file. `ids` are of the one request of type ID. Borrowed until `take`
 * returns; the numbers may be written to. */
typedef struct churn_stream_batch {
  size_t rows;
  const churn_stream_column *columns; /* per request */
  const char *const *ids;             /* [rows], not terminated */
  const size_t *id_lengths;           /* [rows] */
} churn_stream_batch;

/* `begin` comes first. `take` may be called by all workers at once; `worker` is below the number
 * told to `begin`. */
typedef struct churn_stream_taker {
  churn_status (*begin)(void *context, size_t workers, churn_error *error);
  churn_status (*take)(void *context, size_t worker, const churn_stream_batch *batch,
                       churn_error *error);
  void *context;
  const char *mark; /* what a CATEGORY is compared with; NULL = there is none among the requests */
} churn_stream_taker;

/* Of types only ID (exactly one), NUMBER, FLAG, DAY, SCHEDULED and CATEGORY, whose numbers are 1
 * where the text is the taker's mark, else 0. *plain false: what was taken
 * counts for nothing, and nothing is told. Else headings that nobody asked for go to `ignored`,
 * which the caller frees with each of its texts. Errors: NO_MEMORY, and those of the taker. */
typedef struct churn_stream_found {
  bool plain;
  char **ignored;
  size_t ignored_count;
} churn_stream_found;
CHURN_MUST_USE churn_status churn_stream_read(const char *path, const churn_format *format,
                                              const churn_column_request *requests,
                                              size_t request_count, const churn_stream_taker *taker,
                                              const churn_run *run, churn_stream_found *found,
                                              churn_error *error);

#endif
