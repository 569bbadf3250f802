/* What a grouping holds. Private to grouping.c (taking rows in) and grouping_finish.c (grouping
 * them).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_GROUPING_PARTS_H
#define CHURN_HISTORY_GROUPING_PARTS_H

#include "history/grouping.h"
#include "source/narrow.h"
#include "source/runs.h"

#include <stdatomic.h>

/* A worker's scratch: where the rows of the piece at hand go. */
typedef struct churn_grouping_scratch {
  uint32_t *place;
  uint32_t *customer;
  uint32_t *codes; /* of ids that came as runs */
  size_t place_capacity, customer_capacity, codes_capacity;
} churn_grouping_scratch;

/* What is kept of one piece. Rows of part q are starts[q]..starts[q + 1]. */
typedef struct churn_stored_piece {
  size_t worker;
  uint32_t *starts;
  churn_narrow *columns; /* per request; that of the id holds the customers' numbers within the
                            part, as uint16_t, unless there are runs */
  churn_code_run *runs;  /* of customers' numbers within the part; NULL = none */
  uint32_t *run_starts;  /* runs of part q are run_starts[q]..run_starts[q + 1] */
  bool spilled;          /* the values are in the grouping's file, from `at` on */
  uint64_t at;
  uint64_t rows_unmatched, rows_unmatched_before;
  uint64_t rows_dayless;
  churn_day first_day, last_day;
} churn_stored_piece;

struct churn_grouping {
  const churn_column_request *requests;
  size_t request_count;
  size_t customers;
  const uint32_t *map;
  churn_day before; /* see churn_data_settings */
  unsigned shift;   /* customer >> shift = part */
  size_t parts;
  churn_stored_piece *pieces;
  size_t piece_count;
  churn_grouping_scratch *scratches;
  size_t worker_count;
  churn_spill *spill;              /* borrowed; NULL = no bound */
  _Atomic(churn_temporary *) file; /* of spilled pieces; NULL = none so far */
};

#endif
