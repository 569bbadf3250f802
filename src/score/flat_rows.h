/* What is kept of the rows of a flat export, and how it comes about. Private to score/flat_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_FLAT_ROWS_H
#define CHURN_SCORE_FLAT_ROWS_H

#include "base/exact_sum.h"
#include "history/flat.h"
#include "score/flat.h"
#include "score/flat_store.h"
#include "score/packed.h"
#include "score/scorer.h"

/* An id of up to 16 bytes as numbers in whose order a shorter id comes before a longer one, and
 * others byte by byte: the order that exports of numbered customers have. */
typedef struct churn_flat_id_key {
  uint64_t length, head, tail;
} churn_flat_id_key;

typedef struct churn_flat_id_range {
  churn_flat_id_key first, last;
} churn_flat_id_range;

/* The rows that one worker has read. */
typedef struct churn_flat_part {
  churn_flat_store store;
  char *ids; /* those too long for a row, each with a zero behind it */
  size_t id_bytes, id_capacity;
  churn_unpacked unpacked;
  churn_flat_id_range *ranges; /* of the ids of each batch, where they are in order */
  size_t range_count, range_capacity;
  uint64_t *hashes; /* [seen] of all ids, where they are not */
  size_t seen, hashes_capacity;
  uint32_t last_cell; /* rows of later cells cannot be listed */
  size_t next_look;   /* at last_cell, when so many rows are kept */
  churn_exact_sum churners, loss;
  uint64_t valued, unseen;
  uint64_t gone; /* seen, and have left already */
} churn_flat_part;

typedef struct churn_flat_worker churn_flat_worker;

typedef struct churn_flat_rows_kept {
  const churn_model *model;
  churn_pipeline *pipeline;
  churn_rank_by by;
  uint64_t top;             /* 0 = all */
  bool reasons;             /* are asked for */
  bool hash_ids;            /* they are in no order */
  churn_flat_layout layout; /* contributions are kept where a feature's depends on others, through a
                               ?missing column they share; else they follow from the values */
  churn_flat_worker *workers;
  churn_flat_part *parts; /* [part_count] */
  size_t part_count;
} churn_flat_rows_kept;

/* Reads and scores; *plain as of churn_flat_read, and false where a row does not fit or cannot be
 * scored. NO_MEMORY. The caller clears, whatever happens. */
CHURN_MUST_USE churn_status churn_flat_rows_read(churn_flat_rows_kept *kept, const churn_run *run,
                                                 bool *plain, churn_error *error);
void churn_flat_rows_clear(churn_flat_rows_kept *kept);

/* What of the workers is needed no more once all is read. */
void churn_flat_workers_end(churn_flat_rows_kept *kept);

#endif
