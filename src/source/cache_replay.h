/* What a replay of a cached source holds. Private to cache_replay.c (what the table says beside its
 * rows), cache_codes.c (final codes of texts) and cache_give.c (rows to the table or the taker).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_CACHE_REPLAY_H
#define CHURN_SOURCE_CACHE_REPLAY_H

#include "source/cache.h"
#include "source/input.h"
#include "source/narrow.h"
#include "source/runs.h"

#include <stdatomic.h>

/* Final codes of a segment's levels: `most` + 1 of them. NULL = they are final themselves. */
typedef struct churn_code_map {
  uint32_t *codes;
  size_t count;
} churn_code_map;

/* Where a piece is. */
typedef struct churn_cached_place {
  size_t segment, piece, first_row;
} churn_cached_place;

/* Columns of a thread, per request: wide ones, and where narrow ones stand; runs of ids, one a row
 * at most. */
typedef struct churn_replay_scratch {
  churn_column *columns;
  churn_narrow *narrow;
  churn_code_run *runs;
  size_t rows;
} churn_replay_scratch;

/* The data files, one a segment; the table's, so that batches may point into them. */
typedef struct churn_cached_data {
  size_t count;
  churn_input files[];
} churn_cached_data;

typedef struct churn_replay {
  const churn_cache_list *list;
  const churn_column_request *requests;
  size_t request_count;
  const churn_table_settings *settings;
  churn_table *table;
  size_t *column;       /* [requests]; SIZE_MAX = the source has none */
  churn_code_map *maps; /* [request * segments + segment] */
  churn_cached_place *places;
  size_t piece_count;
  churn_replay_scratch *scratches;
  size_t worker_count;
  uint64_t *missing; /* [request * piece_count + piece] */
  atomic_bool damaged;
} churn_replay;

/* Where an array stands; the caller has checked that its place lies in the file. */
unsigned char *churn_replay_bytes(const churn_replay *r, size_t segment,
                                  const churn_cached_array *array);

/* Whether an array's bytes are those that were written. */
bool churn_replay_intact(const churn_replay *r, size_t segment, const churn_cached_array *array);

/* cache_codes.c: the dictionary of a text column and its segments' maps; sets r->damaged. */
CHURN_MUST_USE churn_status churn_replay_codes(churn_replay *r, size_t request,
                                               const churn_run *run, churn_error *error);

/* True when all codes are of levels that there are. */
bool churn_replay_codes_known(const unsigned char *values, const churn_cached_array *array,
                              size_t levels);

/* cache_give.c: all rows to the table or the taker; sets r->damaged. */
CHURN_MUST_USE churn_status churn_replay_rows(churn_replay *r, const churn_run *run,
                                              churn_error *error);
void churn_replay_scratch_clear(churn_replay_scratch *s, size_t requests);

#endif
