/* Rows of a cached source to the table or the taker.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/cache_replay.h"

#include <stdlib.h>
#include <string.h>

static const churn_cached_array *values_of(const churn_replay *r, size_t request,
                                           const churn_cached_place *at)
{
  const churn_cached_segment *segment = &r->list->segments[at->segment];
  return &segment->values[r->column[request] * segment->piece_count + at->piece];
}

/* Codes that are final need no map. */
static const churn_code_map *map_of(const churn_replay *r, size_t request,
                                    const churn_cached_place *at)
{
  return &r->maps[request * r->list->segment_count + at->segment];
}

/* One array of a piece as it is stored. False when it is damaged. */
static bool find_narrow(const churn_replay *r, size_t request, const churn_cached_place *at,
                        churn_narrow *narrow)
{
  const churn_cached_array *array = values_of(r, request, at);
  unsigned char *values = churn_replay_bytes(r, at->segment, array);
  *narrow = (churn_narrow){.values = values,
                           .width = array->width,
                           .base = array->base,
                           .missing = array->missing,
                           .borrowed = true};
  return churn_replay_intact(r, at->segment, array) &&
         (!churn_type_is_text(r->requests[request].type) ||
          churn_replay_codes_known(values, array, map_of(r, request, at)->count));
}

static bool is_in_runs(const churn_replay *r, size_t request, const churn_cached_place *at)
{
  return r->requests[request].type == CHURN_TYPE_ID &&
         values_of(r, request, at)->width == sizeof(churn_code_run);
}

/* The runs of a piece's ids. NULL when they are damaged. */
static const churn_code_run *find_runs(const churn_replay *r, size_t request,
                                       const churn_cached_place *at)
{
  const churn_cached_array *array = values_of(r, request, at);
  const void *runs = churn_replay_bytes(r, at->segment, array);
  uint64_t rows = r->list->segments[at->segment].piece_rows[at->piece];
  bool sound = churn_replay_intact(r, at->segment, array) &&
               churn_runs_sound(runs, array->count, rows, map_of(r, request, at)->count);
  return sound ? runs : NULL;
}

/* Codes of a piece, wide. False when they are damaged. */
static bool expand(const churn_replay *r, size_t request, const churn_cached_place *at,
                   uint32_t *codes)
{
  const churn_code_run *runs = find_runs(r, request, at);
  if (runs != NULL)
    churn_runs_expand(runs, values_of(r, request, at)->count, map_of(r, request, at)->codes, codes);
  return runs != NULL;
}

/* One column of a piece, wide, to row `offset` of the column. False when it is damaged. */
static bool fill_column(const churn_replay *r, size_t request, const churn_cached_place *at,
                        const churn_column *to, size_t offset)
{
  churn_narrow narrow;
  if (is_in_runs(r, request, at))
    return expand(r, request, at, to->codes + offset);
  if (!find_narrow(r, request, at, &narrow))
    return false;
  churn_narrow_place(&narrow, 0, values_of(r, request, at)->count, NULL,
                     map_of(r, request, at)->codes, to, offset);
  return true;
}

static churn_status new_values(churn_type type, size_t rows, churn_column *column,
                               churn_error *error)
{
  if (churn_type_is_text(type))
    column->codes = churn_array_new_aligned(rows, sizeof *column->codes);
  else if (churn_type_is_day(type))
    column->days = churn_array_new_aligned(rows, sizeof *column->days);
  else
    column->numbers = churn_array_new_aligned(rows, sizeof *column->numbers);
  return column->codes == NULL && column->days == NULL && column->numbers == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

void churn_replay_scratch_clear(churn_replay_scratch *s, size_t requests)
{
  for (size_t q = 0; s->columns != NULL && q < requests; q++)
    churn_column_clear(&s->columns[q]);
  free(s->columns);
  free(s->narrow);
  free(s->runs);
  *s = (churn_replay_scratch){.columns = NULL};
}

static churn_status make_room(const churn_replay *r, size_t rows, churn_replay_scratch *s,
                              churn_error *error)
{
  if (s->columns != NULL && s->rows >= rows)
    return CHURN_OK;
  churn_replay_scratch_clear(s, r->request_count);
  s->columns = churn_array_new(r->request_count, sizeof *s->columns);
  s->narrow = churn_array_new(r->request_count, sizeof *s->narrow);
  s->runs = churn_array_new(rows, sizeof *s->runs);
  s->rows = rows;
  churn_status status = s->columns == NULL || s->narrow == NULL || s->runs == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  for (size_t q = 0; q < r->request_count && status == CHURN_OK; q++)
    if (r->column[q] != SIZE_MAX)
      status = new_values(r->requests[q].type, rows, &s->columns[q], error);
  return status;
}

static size_t count_levels(const churn_replay *r, size_t request)
{
  const churn_dictionary *levels = r->table->columns[request].levels;
  if (r->requests[request].type == CHURN_TYPE_ID && r->settings->known != NULL)
    levels = r->settings->known;
  return levels == NULL ? 0 : churn_dictionary_count(levels);
}

/* The runs of a piece's ids with final codes, at most one a row. */
static bool give_runs(const churn_replay *r, size_t request, const churn_cached_place *at,
                      churn_replay_scratch *s, churn_batch_column *batch)
{
  const churn_code_map *map = map_of(r, request, at);
  const churn_code_run *stored = find_runs(r, request, at);
  batch->runs = stored;
  batch->run_count = values_of(r, request, at)->count;
  if (stored == NULL || map->codes == NULL)
    return stored != NULL;
  churn_code_run *runs = s->runs;
  for (size_t i = 0; i < batch->run_count; i++)
    runs[i] = (churn_code_run){stored[i].code == CHURN_CODE_MISSING ? CHURN_CODE_MISSING
                                                                    : map->codes[stored[i].code],
                               stored[i].rows};
  batch->runs = runs;
  return true;
}

/* One column of a piece as the taker gets it. False when it is damaged. */
static bool fill_batch(const churn_replay *r, size_t request, const churn_cached_place *at,
                       churn_replay_scratch *s, churn_batch_column *batch)
{
  const churn_column *wide = &s->columns[request];
  batch->levels = count_levels(r, request);
  if (r->settings->taker->narrow && is_in_runs(r, request, at))
    return give_runs(r, request, at, s, batch);
  if (r->settings->taker->narrow && r->requests[request].type != CHURN_TYPE_ID &&
      map_of(r, request, at)->codes == NULL) {
    batch->narrow = &s->narrow[request];
    return find_narrow(r, request, at, &s->narrow[request]);
  }
  batch->numbers = wide->numbers;
  batch->days = wide->days;
  batch->codes = wide->codes;
  return fill_column(r, request, at, wide, 0);
}

/* Task: one piece to the taker. */
static churn_status give_piece(void *context, size_t task, int thread, churn_error *error)
{
  churn_replay *r = context;
  const churn_cached_place *at = &r->places[task];
  const churn_row_taker *taker = r->settings->taker;
  size_t rows = (size_t)r->list->segments[at->segment].piece_rows[at->piece];
  churn_replay_scratch *s = &r->scratches[thread];
  if (atomic_load(&r->damaged))
    return CHURN_OK;
  churn_status status = make_room(r, rows, s, error);
  churn_batch_column *batch = churn_array_new(r->request_count, sizeof *batch);
  if (batch == NULL)
    status = churn_error_no_memory(error);
  for (size_t q = 0; q < r->request_count && status == CHURN_OK; q++)
    if (r->column[q] != SIZE_MAX && !fill_batch(r, q, at, s, &batch[q])) {
      atomic_store(&r->damaged, true);
      goto done;
    }
  if (status == CHURN_OK)
    status = taker->take(taker->context, task, (size_t)thread, batch, rows, error);
done:
  free(batch);
  return status;
}

/* Task: one piece of one column to the table. */
static churn_status place_piece(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  churn_replay *r = context;
  size_t q = task / r->piece_count;
  const churn_cached_place *at = &r->places[task % r->piece_count];
  if (r->column[q] == SIZE_MAX)
    return CHURN_OK;
  r->missing[task] = values_of(r, q, at)->missing;
  if (!fill_column(r, q, at, &r->table->columns[q], at->first_row))
    atomic_store(&r->damaged, true);
  return CHURN_OK;
}

static churn_status fill_lines(churn_replay *r, churn_error *error)
{
  uint64_t *lines = churn_array_new_aligned(r->table->rows, sizeof *lines);
  size_t row = 0;
  r->table->lines = lines;
  if (lines == NULL)
    return churn_error_no_memory(error);
  for (size_t s = 0; s < r->list->segment_count; s++) {
    const churn_cached_array *stored = &r->list->segments[s].lines;
    if (!churn_replay_intact(r, s, stored))
      atomic_store(&r->damaged, true);
    memcpy(lines + row, churn_replay_bytes(r, s, stored), stored->count * sizeof *lines);
    row += stored->count;
  }
  return CHURN_OK;
}

static churn_status fill_table(churn_replay *r, const churn_run *run, churn_error *error)
{
  churn_table *table = r->table;
  size_t tasks = r->request_count * r->piece_count;
  churn_status status = CHURN_OK;
  r->missing = churn_array_new(tasks, sizeof *r->missing);
  if (r->missing == NULL)
    return churn_error_no_memory(error);
  for (size_t q = 0; q < r->request_count && status == CHURN_OK; q++)
    if (r->column[q] != SIZE_MAX)
      status = new_values(r->requests[q].type, table->rows, &table->columns[q], error);
  if (status == CHURN_OK)
    status = churn_parallel_run(tasks, place_piece, r, NULL, run, error);
  for (size_t t = 0; status == CHURN_OK && t < tasks; t++)
    table->columns[t / r->piece_count].missing += r->missing[t];
  if (status == CHURN_OK && r->settings->keep_lines)
    status = fill_lines(r, error);
  return status;
}

churn_status churn_replay_rows(churn_replay *r, const churn_run *run, churn_error *error)
{
  const churn_row_taker *taker = r->settings->taker;
  if (taker == NULL)
    return fill_table(r, run, error);
  r->scratches = churn_array_new(r->worker_count, sizeof *r->scratches);
  churn_status status = r->scratches == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = taker->begin(taker->context, r->piece_count, r->worker_count, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(r->piece_count, give_piece, r, "read", run, error);
  return status;
}
