/* One piece of a file as typed columns. A field is converted as soon as it is split; a row's values
 * are written behind the kept rows and count only when the record's end finds nothing wrong.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/piece.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROWS = 64 };

/* Remembers what is wrong with the row, unless something before it was. */
static void note_wrong_field(churn_piece *piece, size_t request, const char *text, size_t length)
{
  const churn_column_request *asked = &piece->reading->requests[request];
  if (piece->row_wrong || piece->bad_count >= piece->reading->most_bad) {
    piece->row_wrong = true;
    return;
  }
  char *reason =
      churn_value_complaint(&piece->reading->rules, asked->type, asked->heading, text, length);
  piece->failure = reason == NULL ? CHURN_NO_MEMORY : piece->failure;
  piece->row_wrong = true;
  piece->wrong = (churn_bad_row){
      .record = piece->record, .by_field = true, .field = piece->field, .reason = reason};
}

static void hold_text(churn_piece *piece, churn_pending *pending, const char *text, size_t length,
                      bool missing)
{
  size_t row = piece->rows - piece->flushed;
  if (missing)
    churn_pending_set_missing(pending, row);
  else if (!churn_pending_set(pending, row, text, length))
    piece->failure = CHURN_NO_MEMORY;
}

/* Gives all held texts their codes. */
static churn_status flush_texts(churn_piece *piece)
{
  churn_status status = CHURN_OK;
  for (size_t r = 0; r < piece->reading->request_count && status == CHURN_OK; r++) {
    churn_piece_column *column = &piece->columns[r];
    if (column->pending != NULL)
      status = churn_pending_flush(column->pending, piece->rows - piece->flushed, column->levels,
                                   column->codes + piece->flushed);
  }
  piece->flushed = piece->rows;
  return status;
}

/* Converts a field for one request. False when it is not of its type. */
static bool store(churn_piece *piece, size_t request, const char *text, size_t length)
{
  const churn_value_rules *rules = &piece->reading->rules;
  churn_piece_column *column = &piece->columns[request];
  churn_type type = piece->reading->requests[request].type;
  size_t row = piece->rows;
  if (type == CHURN_TYPE_ID && churn_value_blank(text, length))
    return false;
  bool missing = type != CHURN_TYPE_ID && churn_value_missing(rules, text, length);
  if (churn_type_is_text(type)) {
    hold_text(piece, column->pending, text, length, missing);
    return true;
  }
  if (churn_type_is_day(type)) {
    column->days[row] = CHURN_DAY_MISSING;
    return missing || churn_value_day(rules, text, length, &column->days[row]);
  }
  column->numbers[row] = NAN;
  if (missing)
    return true;
  return type == CHURN_TYPE_FLAG ? churn_value_flag(text, length, &column->numbers[row])
                                 : churn_value_number(rules, text, length, &column->numbers[row]);
}

static void take_field(void *text, size_t length, void *context)
{
  churn_piece *piece = context;
  const churn_scan *scan = piece->reading->scan;
  const char *bytes = text == NULL ? "" : text;
  if (piece->failure != CHURN_OK)
    return;
  if (piece->field < scan->headings.count)
    for (size_t r = scan->first[piece->field]; r != CHURN_NO_REQUEST; r = scan->next[r])
      if (!store(piece, r, bytes, length))
        note_wrong_field(piece, r, bytes, length);
  piece->field++;
}

static bool grow_column(const churn_reading *reading, size_t request, churn_piece_column *column,
                        size_t capacity)
{
  churn_type type = reading->requests[request].type;
  size_t numbers = column->numbers == NULL ? 0 : capacity / 2;
  size_t days = column->days == NULL ? 0 : capacity / 2;
  size_t codes = column->codes == NULL ? 0 : capacity / 2;
  if (churn_type_is_text(type))
    return churn_array_reserve(&column->codes, &codes, capacity, sizeof *column->codes);
  if (churn_type_is_day(type))
    return churn_array_reserve(&column->days, &days, capacity, sizeof *column->days);
  return churn_array_reserve(&column->numbers, &numbers, capacity, sizeof *column->numbers);
}

/* Room for one row more. All columns have one capacity, a power of two. */
static bool make_room(churn_piece *piece)
{
  if (piece->rows < piece->capacity)
    return true;
  const churn_reading *reading = piece->reading;
  size_t capacity = piece->capacity == 0 ? FIRST_ROWS : piece->capacity * 2;
  size_t lines = piece->capacity;
  for (size_t r = 0; r < reading->request_count; r++)
    if (reading->scan->present[r] && !grow_column(reading, r, &piece->columns[r], capacity))
      return false;
  if (reading->keep_lines &&
      !churn_array_reserve(&piece->lines, &lines, capacity, sizeof *piece->lines))
    return false;
  piece->capacity = capacity;
  return true;
}

static void keep_bad_row(churn_piece *piece)
{
  bool wrong_count = piece->field != piece->reading->scan->headings.count;
  piece->bad_count++;
  if (piece->bad_count > piece->reading->most_bad)
    return;
  if (wrong_count) {
    free(piece->wrong.reason);
    size_t expected = piece->reading->scan->headings.count;
    piece->wrong = (churn_bad_row){
        .record = piece->record,
        .reason = churn_text_format("%zu field%s, but the heading line has %zu", piece->field,
                                    piece->field == 1 ? "" : "s", expected)};
  }
  if (piece->wrong.reason == NULL ||
      !churn_array_reserve(&piece->bad, &piece->bad_capacity, piece->bad_kept + 1,
                           sizeof *piece->bad)) {
    piece->failure = CHURN_NO_MEMORY;
    return;
  }
  piece->bad[piece->bad_kept++] = piece->wrong;
  piece->wrong = (churn_bad_row){.reason = NULL};
}

static void take_record(int end, void *context)
{
  (void)end;
  churn_piece *piece = context;
  if (piece->failure != CHURN_OK)
    return;
  if (piece->row_wrong || piece->field != piece->reading->scan->headings.count) {
    keep_bad_row(piece);
  } else {
    if (piece->lines != NULL)
      piece->lines[piece->rows] = piece->record;
    piece->rows++;
    if (piece->rows - piece->flushed == CHURN_PENDING_ROWS)
      piece->failure = flush_texts(piece);
    if (!make_room(piece))
      piece->failure = CHURN_NO_MEMORY;
  }
  piece->record++;
  piece->field = 0;
  piece->row_wrong = false;
}

static bool too_many_bad(const churn_piece *piece)
{
  return !piece->reading->collect_all && piece->bad_count > piece->reading->max_bad_rows;
}

static bool stopped(void *context)
{
  const churn_piece *piece = context;
  return piece->failure != CHURN_OK || too_many_bad(piece) ||
         atomic_load(&piece->reading->lowest_failed) < piece->number;
}

static void tell_failed(churn_reading *reading, size_t number)
{
  size_t lowest = atomic_load(&reading->lowest_failed);
  while (number < lowest && !atomic_compare_exchange_weak(&reading->lowest_failed, &lowest, number))
    ;
}

static bool begin_texts(churn_piece_column *column)
{
  column->levels = churn_dictionary_new();
  column->pending = calloc(1, sizeof *column->pending);
  return column->levels != NULL && column->pending != NULL;
}

static void clear_texts(churn_piece_column *column)
{
  churn_dictionary_free(column->levels);
  if (column->pending != NULL)
    free(column->pending->bytes);
  free(column->pending);
}

churn_status churn_reading_failed(churn_status status, churn_error *error)
{
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  return churn_error_set(error, status, "a column holds more distinct texts than codes can count");
}

static bool begin(churn_piece *piece)
{
  const churn_reading *reading = piece->reading;
  piece->columns = churn_array_new(reading->request_count, sizeof *piece->columns);
  if (piece->columns == NULL)
    return false;
  for (size_t r = 0; r < reading->request_count; r++)
    if (reading->scan->present[r] && churn_type_is_text(reading->requests[r].type) &&
        !begin_texts(&piece->columns[r]))
      return false;
  return make_room(piece);
}

churn_status churn_piece_read(churn_reading *reading, size_t number, churn_piece *piece,
                              churn_error *error)
{
  const churn_scan *scan = reading->scan;
  *piece = (churn_piece){.reading = reading, .number = number};
  if (!begin(piece))
    return churn_error_no_memory(error);
  churn_split_sink sink = {take_field, take_record, stopped, piece};
  churn_status status =
      churn_scan_split(&scan->document, scan->starts[number], scan->starts[number + 1],
                       scan->delimiter, &sink, &piece->fault, error);
  if (status != CHURN_OK)
    return status;
  if (piece->failure == CHURN_OK)
    piece->failure = flush_texts(piece);
  if (piece->failure != CHURN_OK)
    return churn_reading_failed(piece->failure, error);
  if (too_many_bad(piece) || piece->fault.kind != CHURN_FAULT_NONE)
    tell_failed(reading, number);
  return churn_piece_find_places(piece, error);
}

void churn_piece_clear(churn_piece *piece)
{
  for (size_t r = 0; piece->columns != NULL && r < piece->reading->request_count; r++) {
    free(piece->columns[r].numbers);
    free(piece->columns[r].days);
    free(piece->columns[r].codes);
    clear_texts(&piece->columns[r]);
  }
  for (size_t i = 0; i < piece->bad_kept; i++) {
    free(piece->bad[i].reason);
    free(piece->bad[i].bytes);
  }
  free(piece->wrong.reason);
  free(piece->bad);
  free(piece->lines);
  free(piece->columns);
  *piece = (churn_piece){.reading = NULL};
}
