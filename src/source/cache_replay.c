/* Rows of a cached source to the table or the taker, as if they were being read. All codes are
 * final before the first row is given, so that no remaps are needed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/cache.h"
#include "source/input.h"
#include "source/piece.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Texts looked up by one task. */
enum { LOOK_UP = 64 * CHURN_DICTIONARY_BATCH };

/* Final codes of a segment's levels: `most` + 1 of them. NULL = they are final themselves. */
typedef struct code_map {
  uint32_t *codes;
  size_t count;
} code_map;

/* Where a piece is. */
typedef struct place {
  size_t segment, piece, first_row;
} place;

/* Wide columns of a thread. */
typedef struct scratch {
  churn_column *columns;
  size_t rows;
} scratch;

typedef struct replay {
  const churn_cache_list *list;
  const churn_column_request *requests;
  size_t request_count;
  const churn_table_settings *settings;
  churn_table *table;
  churn_input *data; /* [segments] */
  size_t *column;    /* [requests]; SIZE_MAX = the source has none */
  code_map *maps;    /* [request * segments + segment] */
  place *places;
  size_t piece_count;
  scratch *scratches;
  size_t worker_count;
  uint64_t *missing; /* [request * piece_count + piece] */
  atomic_bool damaged;
} replay;

static unsigned char *bytes_of(const replay *r, size_t segment, const churn_cached_array *array)
{
  return (unsigned char *)r->data[segment].bytes + array->at;
}

static bool is_intact(const replay *r, size_t segment, const churn_cached_array *array)
{
  churn_hash hash = churn_hash_bytes(bytes_of(r, segment, array), array->count * array->width);
  return memcmp(&hash, &array->hash, sizeof hash) == 0;
}

static const churn_cached_array *values_of(const replay *r, size_t request, const place *at)
{
  const churn_cached_segment *segment = &r->list->segments[at->segment];
  return &segment->values[r->column[request] * segment->piece_count + at->piece];
}

/* Opens the data files. False when one is not what the list says. */
static bool open_data(replay *r, const char *folder, const char *stem, churn_error *error,
                      churn_status *status)
{
  for (size_t s = 0; s < r->list->segment_count; s++) {
    const churn_cached_segment *segment = &r->list->segments[s];
    char head[CHURN_CACHE_HEAD] = CHURN_CACHE_DATA_MAGIC;
    memcpy(head + sizeof CHURN_CACHE_DATA_MAGIC - 1, segment->name, sizeof segment->name);
    char *path = churn_cache_path(folder, stem, segment->name, ".data");
    if (path == NULL) {
      *status = churn_error_no_memory(error);
      return true;
    }
    bool good = churn_input_read(path, &r->data[s], NULL) == CHURN_OK &&
                r->data[s].length == segment->size && segment->size >= sizeof head &&
                memcmp(r->data[s].bytes, head, sizeof head) == 0;
    free(path);
    if (!good)
      return false;
  }
  return true;
}

typedef struct look_up {
  const churn_dictionary *known;
  const char **texts;
  size_t *lengths;
  size_t count;
  uint32_t *codes;
} look_up;

static churn_status find_some(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const look_up *l = context;
  size_t last = l->count - task * LOOK_UP < LOOK_UP ? l->count : (task + 1) * LOOK_UP;
  for (size_t i = task * LOOK_UP; i < last; i += CHURN_DICTIONARY_BATCH)
    churn_dictionary_find_many(
        l->known, l->texts + i, l->lengths + i,
        last - i < CHURN_DICTIONARY_BATCH ? last - i : CHURN_DICTIONARY_BATCH, l->codes + i);
  return CHURN_OK;
}

/* The texts of a segment's levels, borrowed from the mapping. False when lengths and bytes do not
 * fit. */
static bool list_texts(const replay *r, size_t segment, const churn_cached_levels *levels,
                       look_up *l)
{
  const uint32_t *lengths = (const uint32_t *)(const void *)bytes_of(r, segment, &levels->lengths);
  const char *at = (const char *)bytes_of(r, segment, &levels->bytes);
  uint64_t left = levels->bytes.count;
  for (size_t i = 0; i < l->count; i++) {
    if (lengths[i] > left)
      return false;
    l->texts[i] = at;
    l->lengths[i] = lengths[i];
    at += lengths[i];
    left -= lengths[i];
  }
  return left == 0;
}

static churn_status make_dictionary(const look_up *l, churn_dictionary **made)
{
  *made = churn_dictionary_new();
  churn_status status = *made == NULL ? CHURN_NO_MEMORY : CHURN_OK;
  for (size_t i = 0; i < l->count && status == CHURN_OK; i += CHURN_DICTIONARY_BATCH)
    status = churn_dictionary_add_many(
        *made, l->texts + i, l->lengths + i,
        l->count - i < CHURN_DICTIONARY_BATCH ? l->count - i : CHURN_DICTIONARY_BATCH,
        l->codes + i);
  return status;
}

/* Codes of one segment's levels in `known` (map->codes), or, where that is NULL, a dictionary of
 * them. */
static churn_status take_levels(replay *r, size_t request, size_t segment,
                                const churn_dictionary *known, churn_dictionary **own,
                                const churn_run *run, churn_error *error)
{
  const churn_cached_levels *levels = &r->list->segments[segment].levels[r->column[request]];
  code_map *map = &r->maps[request * r->list->segment_count + segment];
  map->count = (size_t)levels->lengths.count;
  if (!is_intact(r, segment, &levels->lengths) || !is_intact(r, segment, &levels->bytes)) {
    atomic_store(&r->damaged, true);
    return CHURN_OK;
  }
  look_up l = {.known = known, .count = map->count};
  l.texts = churn_array_new(l.count, sizeof *l.texts);
  l.lengths = churn_array_new(l.count, sizeof *l.lengths);
  map->codes = churn_array_new(l.count, sizeof *map->codes);
  l.codes = map->codes;
  churn_status status = l.texts == NULL || l.lengths == NULL || l.codes == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  if (status == CHURN_OK && !list_texts(r, segment, levels, &l))
    atomic_store(&r->damaged, true);
  else if (status == CHURN_OK && known != NULL)
    status = churn_parallel_run(l.count / LOOK_UP + 1, find_some, &l, NULL, run, error);
  else if (status == CHURN_OK && make_dictionary(&l, own) != CHURN_OK)
    status = churn_error_no_memory(error);
  free(l.texts);
  free(l.lengths);
  return status;
}

/* One dictionary of all segments; the maps get its codes. */
static churn_status merge_levels(replay *r, size_t request, churn_dictionary **parts,
                                 churn_error *error)
{
  size_t segments = r->list->segment_count;
  code_map *maps = &r->maps[request * segments];
  churn_dictionary **levels = &r->table->columns[request].levels;
  if (segments == 1) { /* written in order, so that it is merged already */
    free(maps[0].codes);
    maps[0].codes = NULL;
    *levels = parts[0];
    parts[0] = NULL;
    return CHURN_OK;
  }
  uint32_t **remaps = churn_array_new(segments, sizeof *remaps);
  if (remaps == NULL)
    return churn_error_no_memory(error);
  churn_status status =
      churn_dictionary_merge((const churn_dictionary *const *)parts, segments, levels, remaps);
  for (size_t s = 0; s < segments && status == CHURN_OK; s++) {
    free(maps[s].codes);
    maps[s].codes = remaps[s];
  }
  free(remaps);
  return status == CHURN_OK ? status : churn_reading_failed(status, error);
}

static churn_status settle_codes(replay *r, size_t request, const churn_run *run,
                                 churn_error *error)
{
  size_t segments = r->list->segment_count;
  const churn_dictionary *known =
      r->requests[request].type == CHURN_TYPE_ID ? r->settings->known : NULL;
  churn_dictionary **parts = churn_array_new(segments, sizeof *parts);
  churn_status status = parts == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t s = 0; s < segments && status == CHURN_OK && !atomic_load(&r->damaged); s++)
    status = take_levels(r, request, s, known, &parts[s], run, error);
  if (status == CHURN_OK && known == NULL && !atomic_load(&r->damaged))
    status = merge_levels(r, request, parts, error);
  for (size_t s = 0; parts != NULL && s < segments; s++)
    churn_dictionary_free(parts[s]);
  free(parts);
  return status;
}

/* True when all codes are of levels that there are. */
static bool codes_are_known(const unsigned char *values, const churn_cached_array *array,
                            size_t levels)
{
  uint32_t most = 0;
#define HIGHEST(type, missing)                                                                     \
  for (size_t i = 0; i < array->count; i++) {                                                      \
    type code = ((const type *)(const void *)values)[i];                                           \
    uint32_t next = code == (type)(missing) ? 0 : (uint32_t)code + 1;                              \
    most = next > most ? next : most;                                                              \
  }
  if (array->width == 1)
    HIGHEST(uint8_t, UINT8_MAX)
  else if (array->width == 2)
    HIGHEST(uint16_t, UINT16_MAX)
  else
    HIGHEST(uint32_t, CHURN_CODE_MISSING)
#undef HIGHEST
  return most <= levels;
}

/* One array of a piece, wide, to row `offset` of the column. False when it is damaged. */
static bool fill_column(const replay *r, size_t request, const place *at, const churn_column *to,
                        size_t offset)
{
  const churn_cached_array *array = values_of(r, request, at);
  const code_map *map = &r->maps[request * r->list->segment_count + at->segment];
  unsigned char *values = bytes_of(r, at->segment, array);
  if (!is_intact(r, at->segment, array) ||
      (to->codes != NULL && !codes_are_known(values, array, map->count)))
    return false;
  churn_narrow narrow = {values, array->width, array->base, array->missing};
  churn_narrow_place(&narrow, 0, array->count, NULL, map->codes, to, offset);
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

static void clear_scratch(scratch *s, size_t requests)
{
  for (size_t q = 0; s->columns != NULL && q < requests; q++)
    churn_column_clear(&s->columns[q]);
  free(s->columns);
  *s = (scratch){.columns = NULL};
}

static churn_status make_room(const replay *r, size_t rows, scratch *s, churn_error *error)
{
  if (s->columns != NULL && s->rows >= rows)
    return CHURN_OK;
  clear_scratch(s, r->request_count);
  s->columns = churn_array_new(r->request_count, sizeof *s->columns);
  s->rows = rows;
  churn_status status = s->columns == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t q = 0; q < r->request_count && status == CHURN_OK; q++)
    if (r->column[q] != SIZE_MAX)
      status = new_values(r->requests[q].type, rows, &s->columns[q], error);
  return status;
}

static size_t count_levels(const replay *r, size_t request)
{
  const churn_dictionary *levels = r->table->columns[request].levels;
  if (r->requests[request].type == CHURN_TYPE_ID && r->settings->known != NULL)
    levels = r->settings->known;
  return levels == NULL ? 0 : churn_dictionary_count(levels);
}

/* Task: one piece to the taker. */
static churn_status give_piece(void *context, size_t task, int thread, churn_error *error)
{
  replay *r = context;
  const place *at = &r->places[task];
  const churn_row_taker *taker = r->settings->taker;
  size_t rows = (size_t)r->list->segments[at->segment].piece_rows[at->piece];
  scratch *s = &r->scratches[thread];
  if (atomic_load(&r->damaged))
    return CHURN_OK;
  churn_status status = make_room(r, rows, s, error);
  churn_batch_column *batch = churn_array_new(r->request_count, sizeof *batch);
  if (batch == NULL)
    status = churn_error_no_memory(error);
  for (size_t q = 0; q < r->request_count && status == CHURN_OK; q++) {
    if (r->column[q] == SIZE_MAX)
      continue;
    if (!fill_column(r, q, at, &s->columns[q], 0)) {
      atomic_store(&r->damaged, true);
      goto done;
    }
    batch[q] = (churn_batch_column){s->columns[q].numbers, s->columns[q].days, s->columns[q].codes,
                                    count_levels(r, q)};
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
  replay *r = context;
  size_t q = task / r->piece_count;
  const place *at = &r->places[task % r->piece_count];
  if (r->column[q] == SIZE_MAX)
    return CHURN_OK;
  r->missing[task] = values_of(r, q, at)->missing;
  if (!fill_column(r, q, at, &r->table->columns[q], at->first_row))
    atomic_store(&r->damaged, true);
  return CHURN_OK;
}

static churn_status fill_lines(replay *r, churn_error *error)
{
  uint64_t *lines = churn_array_new_aligned(r->table->rows, sizeof *lines);
  size_t row = 0;
  r->table->lines = lines;
  if (lines == NULL)
    return churn_error_no_memory(error);
  for (size_t s = 0; s < r->list->segment_count; s++) {
    const churn_cached_array *stored = &r->list->segments[s].lines;
    if (!is_intact(r, s, stored))
      atomic_store(&r->damaged, true);
    memcpy(lines + row, bytes_of(r, s, stored), stored->count * sizeof *lines);
    row += stored->count;
  }
  return CHURN_OK;
}

static churn_status fill_table(replay *r, const churn_run *run, churn_error *error)
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

static churn_status give_rows(replay *r, const churn_run *run, churn_error *error)
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

static churn_status list_places(replay *r, churn_error *error)
{
  const churn_cache_list *list = r->list;
  for (size_t s = 0; s < list->segment_count; s++)
    r->piece_count += list->segments[s].piece_count;
  r->places = churn_array_new(r->piece_count, sizeof *r->places);
  if (r->places == NULL)
    return churn_error_no_memory(error);
  place *next = r->places;
  for (size_t s = 0; s < list->segment_count; s++)
    for (size_t p = 0; p < list->segments[s].piece_count; p++) {
      *next++ = (place){s, p, r->table->rows};
      r->table->rows += list->segments[s].piece_rows[p];
    }
  return CHURN_OK;
}

/* As many as the settings want. */
static churn_status copy_rejects(const replay *r, churn_error *error)
{
  const churn_cache_list *list = r->list;
  churn_table *table = r->table;
  size_t count = (size_t)churn_cache_rejected(list), most = r->settings->most_rejects;
  count = most > 0 && most < count ? most : count;
  table->rejects = churn_array_new(count, sizeof *table->rejects);
  if (table->rejects == NULL)
    return churn_error_no_memory(error);
  for (size_t s = 0; s < list->segment_count; s++)
    for (size_t i = 0; i < list->segments[s].reject_count && table->reject_count < count; i++) {
      const churn_reject *from = &list->segments[s].rejects[i];
      churn_reject *to = &table->rejects[table->reject_count++];
      *to = (churn_reject){.line = from->line, .column = from->column};
      if (churn_text_set(&to->reason, from->reason, error) != CHURN_OK ||
          churn_text_set(&to->record, from->record, error) != CHURN_OK)
        return CHURN_NO_MEMORY;
    }
  return CHURN_OK;
}

static bool is_asked_for(const replay *r, const char *heading)
{
  for (size_t q = 0; q < r->request_count; q++)
    if (strcmp(r->requests[q].heading, heading) == 0)
      return true;
  return false;
}

/* What the table says beside its rows. */
static churn_status describe(replay *r, const char *path, churn_error *error)
{
  churn_table *table = r->table;
  const churn_cache_list *list = r->list;
  churn_status status = churn_text_set(&table->path, path, error);
  table->ignored = churn_array_new(list->heading_count, sizeof *table->ignored);
  if (status != CHURN_OK || table->ignored == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < list->heading_count && status == CHURN_OK; i++)
    if (!is_asked_for(r, list->headings[i]))
      status = churn_text_set(&table->ignored[table->ignored_count++], list->headings[i], error);
  for (size_t s = 0; s < list->segment_count; s++)
    churn_line_sum_join(&table->sum, &list->segments[s].sum);
  churn_line_sum_text(&table->sum, table->fingerprint);
  return status == CHURN_OK ? copy_rejects(r, error) : status;
}

static churn_status prepare(replay *r, const char *path, const churn_run *run, churn_error *error)
{
  churn_table *table = r->table = calloc(1, sizeof *r->table);
  size_t count = r->request_count, segments = r->list->segment_count;
  if (table == NULL)
    return churn_error_no_memory(error);
  r->worker_count = table->worker_count = (size_t)churn_parallel_threads(run);
  table->columns = churn_array_new(count, sizeof *table->columns);
  table->column_count = table->columns == NULL ? 0 : count;
  table->remaps = churn_array_new(count * r->worker_count, sizeof *table->remaps);
  r->data = churn_array_new(segments, sizeof *r->data);
  r->column = churn_array_new(count, sizeof *r->column);
  r->maps = churn_array_new(count * segments, sizeof *r->maps);
  if (table->columns == NULL || table->remaps == NULL || r->data == NULL || r->column == NULL ||
      r->maps == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t q = 0; q < count && status == CHURN_OK; q++) {
    r->column[q] = churn_cache_find_column(r->list, r->requests[q].heading, r->requests[q].type);
    table->columns[q].type = r->requests[q].type;
    table->columns[q].present = r->column[q] != SIZE_MAX;
    status = churn_text_set(&table->columns[q].heading, r->requests[q].heading, error);
  }
  if (status == CHURN_OK)
    status = describe(r, path, error);
  return status == CHURN_OK ? list_places(r, error) : status;
}

static void end(replay *r)
{
  size_t segments = r->list->segment_count;
  for (size_t s = 0; r->data != NULL && s < segments; s++)
    churn_input_clear(&r->data[s]);
  for (size_t m = 0; r->maps != NULL && m < r->request_count * segments; m++)
    free(r->maps[m].codes);
  for (size_t w = 0; r->scratches != NULL && w < r->worker_count; w++)
    clear_scratch(&r->scratches[w], r->request_count);
  free(r->data);
  free(r->column);
  free(r->maps);
  free(r->places);
  free(r->scratches);
  free(r->missing);
  churn_table_free(r->table);
}

churn_status churn_cache_replay(const churn_cache_list *list, const char *folder, const char *stem,
                                const char *path, const churn_column_request *requests,
                                size_t request_count, const churn_table_settings *settings,
                                const churn_run *run, churn_table **table, const char **damage,
                                churn_error *error)
{
  replay r = {
      .list = list, .requests = requests, .request_count = request_count, .settings = settings};
  atomic_init(&r.damaged, false);
  *damage = NULL;
  churn_status status = prepare(&r, path, run, error);
  bool good = status != CHURN_OK || open_data(&r, folder, stem, error, &status);
  if (!good)
    *damage = "a data file of it is missing or of another size";
  for (size_t q = 0; q < request_count && status == CHURN_OK && good; q++)
    if (r.column[q] != SIZE_MAX && churn_type_is_text(requests[q].type))
      status = settle_codes(&r, q, run, error);
  if (status == CHURN_OK && good && !atomic_load(&r.damaged))
    status = give_rows(&r, run, error);
  if (status == CHURN_OK && good && atomic_load(&r.damaged)) {
    *damage = "a data file of it is damaged";
    good = false;
  }
  if (status == CHURN_OK && good) {
    *table = r.table;
    r.table = NULL;
    churn_table_note_rejects(*table, churn_cache_rejected(list), churn_run_notes(run));
  }
  end(&r);
  return status;
}
