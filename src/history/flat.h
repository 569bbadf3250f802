/* The customers of a flat export, row by row while the file is read, instead of all of them in
 * memory: for whoever looks at each customer once. Place in the flow: source -> history -> score.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_FLAT_H
#define CHURN_HISTORY_FLAT_H

#include "history/data.h"
#include "source/stream.h"

/* Rows in the order of the file. numbers[c] or days[c] are the values of column c of the schema's
 * customers, both NULL where it is not read. Borrowed until `take` returns; the numbers may be
 * written to. */
typedef struct churn_flat_rows {
  size_t count;
  double *const *numbers;
  churn_day *const *days;
  const char *const *ids; /* [count], not terminated */
  const size_t *id_lengths;
  const double *gone; /* [count] 1 where the outcome's column says that the customer has left
                         already, else 0; NULL = the file has no such column */
} churn_flat_rows;

/* As churn_stream_taker. */
typedef struct churn_flat_taker {
  churn_status (*begin)(void *context, size_t workers, churn_error *error);
  churn_status (*take)(void *context, size_t worker, const churn_flat_rows *rows,
                       churn_error *error);
  void *context;
} churn_flat_taker;

/* True when customers can be read this way: a file of one row an id without dates, and no text
 * among what is needed. */
bool churn_flat_readable(const churn_schema *schema, const churn_needs *needs);

/* Reads all customers. *plain false: the file has something out of the ordinary (source/stream.h),
 * and what was taken counts for nothing; then churn_data_read has the word. Ids may be there twice.
 * The note on headings that the project does not map is given when `plain`. Errors: NO_MEMORY, and
 * those of the taker. */
CHURN_MUST_USE churn_status churn_flat_read(const churn_schema *schema, const churn_needs *needs,
                                            const churn_flat_taker *taker, const churn_run *run,
                                            bool *plain, churn_error *error);

#endif
