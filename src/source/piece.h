/* One piece of a file as typed columns of its own: no lock, no shared write, so pieces are read on
 * any thread. Place in the flow: scan -> pieces -> join.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_PIECE_H
#define CHURN_SOURCE_PIECE_H

#include "source/pending.h"
#include "source/scan.h"
#include "source/value.h"

#include <stdatomic.h>

/* What all pieces of one read share. `lowest_failed` is the lowest piece that is sure to fail the
 * read; those behind it need not go on. `most_bad` bad rows are kept a piece. */
typedef struct churn_reading {
  const churn_scan *scan;
  const churn_column_request *requests;
  size_t request_count;
  churn_value_rules rules;
  bool keep_lines;
  bool collect_all;
  uint64_t max_bad_rows;
  uint64_t most_bad;
  atomic_size_t lowest_failed;
} churn_reading;

static inline bool churn_type_is_text(churn_type type)
{
  return type == CHURN_TYPE_CATEGORY || type == CHURN_TYPE_ID;
}

static inline bool churn_type_is_day(churn_type type)
{
  return type == CHURN_TYPE_DAY || type == CHURN_TYPE_SCHEDULED;
}

/* Values of one request in one piece; the array by type, as in churn_column; all
 * NULL when the file lacks the heading. */
typedef struct churn_piece_column {
  double *numbers;
  churn_day *days;
  uint32_t *codes;
  churn_dictionary *levels;
  churn_pending *pending; /* texts of the rows from `flushed` on */
} churn_piece_column;

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
  churn_reading *reading;
  size_t number;
  size_t rows;
  size_t flushed; /* rows whose texts have their codes */
  size_t capacity;
  churn_piece_column *columns;
  uint64_t *lines; /* per row, when lines are kept */
  churn_bad_row *bad;
  size_t bad_kept;
  size_t bad_capacity;
  uint64_t bad_count;
  churn_byte_fault fault;
  size_t field; /* of the record that is being read */
  uint64_t record;
  bool row_wrong; /* `wrong` is filled for that record */
  churn_bad_row wrong;
  churn_status failure; /* of the program, not of the data */
} churn_piece;

/* Reads piece `number` of the scan. Faults of data are left in the piece; only NO_MEMORY and
 * INTERNAL are returned. `piece` may be cleared after any outcome. */
CHURN_MUST_USE churn_status churn_piece_read(churn_reading *reading, size_t number,
                                             churn_piece *piece, churn_error *error);

/* Words for a dictionary that cannot take a text. Returns `status`. */
churn_status churn_reading_failed(churn_status status, churn_error *error);

/* Takes a zeroed one too. */
void churn_piece_clear(churn_piece *piece);

/* piece_place.c: lines and places of kept and bad rows, by one walk over the piece. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_piece_find_places(churn_piece *piece, churn_error *error);

/* join.c: pieces into the table's columns, lines and rejects, in file order. The pieces' bad rows
 * are moved. Fills rows, columns, lines, rejects; the rest of the table is the caller's. */
CHURN_MUST_USE churn_status churn_pieces_join(const churn_reading *reading, churn_piece *pieces,
                                              size_t piece_count, size_t most_rejects,
                                              const churn_run *run, churn_table *table,
                                              churn_error *error);

#endif
