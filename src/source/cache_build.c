/* One segment of a cached source: the rows are parsed, held narrow, and written column by column.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/parallel.h"
#include "source/cache.h"
#include "source/piece.h"
#include "source/runs.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a piece that is cut out of a table. */
enum { TABLE_PIECE = 1 << 16 };

/* Rows of a piece; the codes are those of the worker. */
typedef struct recorded {
  size_t rows;
  size_t worker;
  churn_narrow *columns;
} recorded;

typedef struct recorder {
  churn_column_request *requests;
  size_t count; /* of columns */
  recorded *pieces;
  size_t piece_count;
  const churn_table *table;
  churn_cached_segment *segment;
} recorder;

static void forget(recorder *r)
{
  for (size_t p = 0; r->pieces != NULL && p < r->piece_count; p++) {
    for (size_t c = 0; r->pieces[p].columns != NULL && c < r->count; c++)
      churn_narrow_clear(&r->pieces[p].columns[c]);
    free(r->pieces[p].columns);
  }
  free(r->pieces);
  r->pieces = NULL;
  r->piece_count = 0;
}

static churn_status begin(void *context, size_t pieces, size_t workers, churn_error *error)
{
  (void)workers;
  recorder *r = context;
  forget(r);
  r->pieces = churn_array_new(pieces, sizeof *r->pieces);
  if (r->pieces == NULL)
    return churn_error_no_memory(error);
  r->piece_count = pieces;
  return CHURN_OK;
}

static churn_status take(void *context, size_t number, size_t worker,
                         const churn_batch_column *columns, size_t rows, churn_error *error)
{
  recorder *r = context;
  recorded *piece = &r->pieces[number];
  piece->rows = rows;
  piece->worker = worker;
  piece->columns = churn_array_new(r->count, sizeof *piece->columns);
  if (piece->columns == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t c = 0; c < r->count && status == CHURN_OK; c++)
    status = churn_narrow_make(&columns[c], rows, NULL, rows, &piece->columns[c], error);
  return status;
}

static churn_status take_slice(recorder *r, size_t piece, churn_batch_column *batch,
                               churn_error *error)
{
  const churn_table *table = r->table;
  size_t first = piece * TABLE_PIECE, left = table->rows - first;
  for (size_t c = 0; c < r->count; c++) {
    const churn_column *from = &table->columns[c];
    batch[c] = (churn_batch_column){
        .numbers = from->numbers == NULL ? NULL : from->numbers + first,
        .days = from->days == NULL ? NULL : from->days + first,
        .codes = from->codes == NULL ? NULL : from->codes + first,
        .levels = from->levels == NULL ? 0 : churn_dictionary_count(from->levels)};
  }
  return take(r, piece, 0, batch, left < TABLE_PIECE ? left : TABLE_PIECE, error);
}

/* The rows of a table, for a read that kept lines could not give them piece by piece. */
static churn_status take_table(recorder *r, churn_error *error)
{
  size_t pieces = r->table->rows / TABLE_PIECE + (r->table->rows % TABLE_PIECE != 0);
  churn_batch_column *batch = churn_array_new(r->count, sizeof *batch);
  churn_status status = batch == NULL ? churn_error_no_memory(error) : begin(r, pieces, 1, error);
  for (size_t p = 0; p < pieces && status == CHURN_OK; p++)
    status = take_slice(r, p, batch, error);
  free(batch);
  return status;
}

/* Ids as runs where those take less than half. */
static churn_status shorten(const uint32_t *codes, size_t rows, churn_narrow *narrow,
                            size_t *stored, churn_error *error)
{
  size_t count = churn_runs_count(codes, rows);
  if (count * sizeof(churn_code_run) * 2 > rows * narrow->width)
    return CHURN_OK;
  churn_code_run *runs = churn_array_new(count, sizeof *runs);
  if (runs == NULL)
    return churn_error_no_memory(error);
  churn_runs_make(codes, rows, runs);
  free(narrow->values);
  narrow->values = (unsigned char *)runs;
  narrow->width = sizeof *runs;
  *stored = count;
  return CHURN_OK;
}

/* Codes of the worker as codes of the segment's levels; *stored = how many values that are. */
static churn_status recode(const recorder *r, size_t column, const recorded *piece,
                           churn_narrow *narrow, size_t *stored, churn_error *error)
{
  const churn_table *table = r->table;
  churn_column wide = {.codes = churn_array_new_aligned(piece->rows, sizeof *wide.codes)};
  if (wide.codes == NULL)
    return churn_error_no_memory(error);
  const uint32_t *remap =
      table->lines != NULL ? NULL : table->remaps[column * table->worker_count + piece->worker];
  churn_narrow_place(narrow, 0, piece->rows, NULL, remap, &wide, 0);
  churn_narrow_clear(narrow);
  churn_batch_column batch = {.codes = wide.codes,
                              .levels = churn_dictionary_count(table->columns[column].levels)};
  churn_status status = churn_narrow_make(&batch, piece->rows, NULL, piece->rows, narrow, error);
  if (status == CHURN_OK && r->requests[column].type == CHURN_TYPE_ID)
    status = shorten(wide.codes, piece->rows, narrow, stored, error);
  free(wide.codes);
  return status;
}

/* Task: one array as it is stored. */
static churn_status finish_array(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  recorder *r = context;
  size_t c = task / r->piece_count, p = task % r->piece_count, stored = r->pieces[p].rows;
  churn_narrow *narrow = &r->pieces[p].columns[c];
  churn_status status = CHURN_OK;
  if (churn_type_is_text(r->requests[c].type))
    status = recode(r, c, &r->pieces[p], narrow, &stored, error);
  if (status == CHURN_OK)
    r->segment->values[task] =
        (churn_cached_array){.count = stored,
                             .missing = narrow->missing,
                             .hash = churn_hash_bytes(narrow->values, stored * narrow->width),
                             .width = (uint32_t)narrow->width,
                             .base = narrow->base};
  return status;
}

/* Writes an array behind what is there. */
static void write_array(churn_output *output, uint64_t *at, const void *values,
                        churn_cached_array *array)
{
  static const char padding[8] = {0};
  size_t size = (size_t)(array->count * array->width), rest = (8 - size % 8) % 8;
  array->at = *at;
  churn_output_write(output, values, size);
  churn_output_write(output, padding, rest);
  *at += size + rest;
}

static void write_plain(churn_output *output, uint64_t *at, const void *values, size_t count,
                        size_t width, churn_cached_array *array)
{
  *array = (churn_cached_array){
      .count = count, .hash = churn_hash_bytes(values, count * width), .width = (uint32_t)width};
  write_array(output, at, values, array);
}

static churn_status write_levels(churn_output *output, uint64_t *at, const churn_dictionary *levels,
                                 churn_cached_levels *stored, churn_error *error)
{
  size_t count = churn_dictionary_count(levels);
  churn_buffer bytes = {.bytes = NULL};
  uint32_t *lengths = churn_array_new(count, sizeof *lengths);
  for (uint32_t i = 0; lengths != NULL && i < count; i++) {
    lengths[i] = (uint32_t)churn_dictionary_length(levels, i);
    churn_buffer_write(&bytes, churn_dictionary_text(levels, i), lengths[i]);
  }
  bool good = lengths != NULL && !bytes.failed;
  if (good) {
    write_plain(output, at, lengths, count, sizeof *lengths, &stored->lengths);
    write_plain(output, at, bytes.bytes == NULL ? "" : bytes.bytes, bytes.used, 1, &stored->bytes);
  }
  churn_buffer_clear(&bytes);
  free(lengths);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

static churn_status write_columns(recorder *r, churn_output *output, uint64_t *at,
                                  churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < r->segment->value_count; i++)
    write_array(output, at, r->pieces[i % r->piece_count].columns[i / r->piece_count].values,
                &r->segment->values[i]);
  for (size_t c = 0; c < r->count && status == CHURN_OK; c++)
    if (churn_type_is_text(r->requests[c].type))
      status = write_levels(output, at, r->table->columns[c].levels, &r->segment->levels[c], error);
  if (r->table->lines != NULL)
    write_plain(output, at, r->table->lines, r->table->rows, sizeof *r->table->lines,
                &r->segment->lines);
  return status;
}

char *churn_cache_path(const char *folder, const char *stem, const char *name, const char *suffix)
{
  return churn_text_format("%s/%s%s%s%s", folder, stem, name == NULL ? "" : "-",
                           name == NULL ? "" : name, suffix);
}

/* The same bytes under the same name: a run that was killed leaves no other file behind. */
static churn_status name_segment(const churn_cache_list *list, churn_cached_segment *segment,
                                 churn_error *error)
{
  churn_buffer all = {.bytes = NULL};
  churn_buffer_write(&all, list->key, sizeof list->key);
  churn_buffer_write(&all, list->blocks, list->block_count * sizeof *list->blocks);
  churn_buffer_write(&all, &segment->from, sizeof segment->from);
  churn_buffer_write(&all, &list->with_lines, sizeof list->with_lines);
  for (size_t c = 0; c < list->column_count; c++) {
    const churn_cached_column *column = &list->columns[c];
    churn_buffer_write(&all, column->heading, strlen(column->heading) + 1);
    churn_buffer_write(&all, &column->type, sizeof column->type);
  }
  if (!all.failed)
    churn_hash_text(all.bytes, all.used, segment->name);
  bool failed = all.failed;
  churn_buffer_clear(&all);
  return failed ? churn_error_no_memory(error) : CHURN_OK;
}

static churn_status write_file(recorder *r, const char *path, churn_error *error)
{
  char head[CHURN_CACHE_HEAD] = CHURN_CACHE_DATA_MAGIC;
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  memcpy(head + sizeof CHURN_CACHE_DATA_MAGIC - 1, r->segment->name, sizeof r->segment->name);
  uint64_t at = sizeof head;
  churn_output_write(output, head, sizeof head);
  status = write_columns(r, output, &at, error);
  if (status != CHURN_OK) {
    churn_output_discard(output);
    return status;
  }
  r->segment->size = at;
  return churn_output_commit(output, error);
}

static churn_status write_segment(recorder *r, const churn_cache_list *list, const char *folder,
                                  const char *stem, bool *written, churn_error *error)
{
  churn_status status = name_segment(list, r->segment, error);
  char *path = churn_cache_path(folder, stem, r->segment->name, ".data");
  if (path == NULL)
    return churn_error_no_memory(error);
  if (status == CHURN_OK) {
    *written = false;
    status = write_file(r, path, error);
    *written = status == CHURN_OK;
  }
  free(path);
  return status;
}

static churn_status fill_segment(recorder *r, churn_table *table, size_t from, const churn_run *run,
                                 churn_error *error)
{
  churn_cached_segment *segment = r->segment;
  segment->from = from;
  segment->to = table->end;
  segment->sum = table->sum;
  segment->rows = table->rows;
  segment->piece_count = r->piece_count;
  segment->value_count = r->piece_count * r->count;
  segment->level_count = r->count;
  segment->piece_rows = churn_array_new(r->piece_count, sizeof *segment->piece_rows);
  segment->values = churn_array_new(segment->value_count, sizeof *segment->values);
  segment->levels = churn_array_new(r->count, sizeof *segment->levels);
  if (segment->piece_rows == NULL || segment->values == NULL || segment->levels == NULL)
    return churn_error_no_memory(error);
  for (size_t p = 0; p < r->piece_count; p++)
    segment->piece_rows[p] = r->pieces[p].rows;
  segment->rejects = table->rejects;
  segment->reject_count = table->reject_count;
  table->rejects = NULL;
  table->reject_count = 0;
  return churn_parallel_run(segment->value_count, finish_array, r, NULL, run, error);
}

static churn_status parse(recorder *r, const char *path, const churn_format *format, size_t from,
                          bool with_lines, const churn_run *run, churn_table **table,
                          churn_error *error)
{
  churn_run quiet = run == NULL ? (churn_run){0} : *run;
  quiet.notes = NULL; /* who takes the rows from the cache says what there is to say */
  churn_row_taker taker = {.begin = begin, .take = take, .context = r};
  churn_table_settings how = {
      .keep_lines = with_lines, .taker = with_lines ? NULL : &taker, .from = from};
  churn_status status =
      churn_table_parse(path, format, r->requests, r->count, &how, &quiet, table, error);
  r->table = *table;
  return status == CHURN_OK && with_lines ? take_table(r, error) : status;
}

churn_status churn_cache_build(const char *path, const churn_format *format, const char *folder,
                               const char *stem, size_t from, const churn_run *run,
                               churn_cache_list *list, churn_cached_segment *segment, bool *written,
                               churn_error *error)
{
  recorder r = {.count = list->column_count, .segment = segment};
  churn_table *table = NULL;
  r.requests = churn_array_new(r.count, sizeof *r.requests);
  churn_status status = r.requests == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t c = 0; status == CHURN_OK && c < r.count; c++)
    r.requests[c] = (churn_column_request){list->columns[c].heading,
                                           (churn_type)list->columns[c].type, false, CHURN_NOWHERE};
  *written = true;
  if (status == CHURN_OK)
    status = parse(&r, path, format, from, list->with_lines != 0, run, &table, error);
  if (status == CHURN_OK)
    status = fill_segment(&r, table, from, run, error);
  if (status == CHURN_OK)
    status = write_segment(&r, list, folder, stem, written, error);
  if (status == CHURN_OK && from == 0) {
    list->headings = table->headings;
    list->heading_count = table->heading_count;
    list->plain = table->end > 0;
    table->headings = NULL;
    table->heading_count = 0;
  }
  if (status != CHURN_OK)
    churn_cache_segment_clear(segment);
  forget(&r);
  churn_table_free(table);
  free(r.requests);
  return status;
}
