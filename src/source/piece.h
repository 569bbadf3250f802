/* One piece of a file, read by a worker: no lock, no shared write, so pieces are read on any
 * thread. A worker's columns are as long as its longest piece and stay in the cache; what is to be
 * kept of a piece is taken out of them before the next one is read. Place in the flow: scan ->
 * pieces -> join, or the taker of the settings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_PIECE_H
#define CHURN_SOURCE_PIECE_H

#include "source/block.h"
#include "source/narrow.h"
#include "source/pending.h"

#include <stdatomic.h>

/* What all pieces of one read share. `lowest_failed` is the lowest piece that is sure to fail the
 * read; those behind it need not go on. `most_bad` bad rows are kept a piece. */
typedef struct churn_reading {
  const churn_scan *scan;
  const churn_column_request *requests;
  size_t request_count;
  churn_value_rules rules;
  const churn_dictionary *known; /* ids; NULL = none */
  bool keep_lines;
  bool collect_all;
  uint64_t max_bad_rows;
  uint64_t most_bad;
  atomic_size_t lowest_failed;
} churn_reading;

/* Values of one request; the array by type, as in churn_column; all NULL when the file lacks the
 * heading. */
typedef struct churn_piece_column {
  double *numbers;
  churn_day *days;
  uint32_t *codes;
} churn_piece_column;

/* One a thread. Codes are those of `levels`, or of the known ids. */
typedef struct churn_worker {
  const churn_reading *reading;
  churn_splitter splitter;
  size_t capacity;
  churn_piece_column *columns;
  churn_dictionary **levels;  /* per request; NULL = no text, or known */
  churn_pending **pending;    /* per request; texts of the rows from `flushed` on */
  churn_recent_text **recent; /* per request; categories */
  churn_month months[CHURN_MONTHS];
  uint64_t *lines; /* per row, when lines are kept */
} churn_worker;

/* The ids whose codes a request's are; NULL = the worker's own levels. */
static inline const churn_dictionary *churn_reading_known(const churn_reading *reading,
                                                          size_t request)
{
  return reading->requests[request].type == CHURN_TYPE_ID ? reading->known : NULL;
}

/* A row left out. `record` is its number in the piece. Lines count from 0 at the piece's start. */
typedef struct churn_bad_row {
  uint64_t record;
  bool by_field; /* a field is wrong, else the number of fields */
  size_t field;
  char *reason;
  uint64_t line;
  uint64_t column;
  char *bytes;
} churn_bad_row;

typedef struct churn_piece {
  churn_worker *worker;
  size_t number;
  size_t rows;
  size_t flushed; /* rows whose texts have their codes */
  churn_bad_row *bad;
  size_t bad_kept;
  size_t bad_capacity;
  uint64_t bad_count;
  churn_byte_fault fault;
  churn_run_found found;
  size_t field; /* of the record that is being read */
  uint64_t record;
  bool row_wrong; /* `wrong` is filled for that record */
  churn_bad_row wrong;
  churn_status failure; /* of the program, not of the data */
} churn_piece;

/* Zeroed workers may be ended. */
CHURN_MUST_USE churn_status churn_worker_start(const churn_reading *reading, churn_worker *worker,
                                               churn_error *error);
void churn_worker_end(churn_worker *worker);

/* Reads piece `number` of the scan into the worker's columns and lines. Faults of data are left in
 * the piece; only NO_MEMORY and INTERNAL are returned. `piece` may be cleared after any outcome. */
CHURN_MUST_USE churn_status churn_piece_read(churn_reading *reading, churn_worker *worker,
                                             size_t number, churn_piece *piece, churn_error *error);

/* Words for a dictionary that cannot take a text. Returns `status`. */
churn_status churn_reading_failed(churn_status status, churn_error *error);

/* Takes a zeroed one too. */
void churn_piece_clear(churn_piece *piece);

/* piece_place.c: lines and places of kept and bad rows, by one walk over the piece. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_piece_find_places(churn_piece *piece, churn_error *error);

/* What is kept of the pieces for the table: narrow columns and lines, the codes those of the
 * worker.
 */
typedef struct churn_kept_piece {
  churn_narrow *columns; /* per request */
  unsigned char *values; /* [bytes] of all of them, so that they go back to the system together */
  size_t bytes;
  uint64_t *lines;
  size_t rows;
  int worker;
} churn_kept_piece;

/* join.c: copies what is to be kept of the piece that the worker has just read into `batch`. */
CHURN_MUST_USE churn_status churn_piece_keep(const churn_piece *piece, int worker,
                                             const churn_batch_column *batch,
                                             churn_kept_piece *kept, churn_error *error);
void churn_kept_piece_clear(churn_kept_piece *kept);

/* What a table is made of. */
typedef struct churn_parts {
  const churn_reading *reading;
  churn_piece *pieces;
  churn_kept_piece *kept; /* NULL = a taker has the rows */
  size_t piece_count;
  churn_worker *workers;
  size_t worker_count;
} churn_parts;

/* Workers' dictionaries into the table's, and pieces into the table's columns, lines and rejects,
 * in file order. The pieces' bad rows are moved, what was kept is freed. Fills rows, columns,
 * remaps, lines, rejects; the rest of the table is the caller's. */
CHURN_MUST_USE churn_status churn_parts_join(churn_parts *parts, size_t most_rejects,
                                             const churn_run *run, churn_table *table,
                                             churn_error *error);

#endif
