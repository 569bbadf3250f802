/* One piece of a file as typed columns. Rows of a block are converted column by column. A field
 * that comes by itself is converted as soon as it is split; a row's values are written behind the
 * kept rows and count only when the record's end finds nothing wrong.
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
  const churn_column_request *asked = &piece->worker->reading->requests[request];
  if (piece->row_wrong || piece->bad_count >= piece->worker->reading->most_bad) {
    piece->row_wrong = true;
    return;
  }
  char *reason = churn_value_complaint(&piece->worker->reading->rules, asked->type, asked->heading,
                                       text, length);
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
  const churn_worker *w = piece->worker;
  churn_status status = CHURN_OK;
  for (size_t r = 0; r < w->reading->request_count && status == CHURN_OK; r++)
    if (w->pending[r] != NULL)
      status = churn_pending_flush(w->pending[r], piece->rows - piece->flushed, w->levels[r],
                                   churn_reading_known(w->reading, r),
                                   w->columns[r].codes + piece->flushed);
  piece->flushed = piece->rows;
  return status;
}

/* Converts a field for one request. False when it is not of its type. */
static bool store(churn_piece *piece, size_t request, const char *text, size_t length)
{
  const churn_value_rules *rules = &piece->worker->reading->rules;
  churn_piece_column *column = &piece->worker->columns[request];
  churn_type type = piece->worker->reading->requests[request].type;
  size_t row = piece->rows;
  if (type == CHURN_TYPE_ID && churn_value_blank(text, length))
    return false;
  bool missing = type != CHURN_TYPE_ID && churn_value_missing(rules, text, length);
  if (churn_type_is_text(type)) {
    hold_text(piece, piece->worker->pending[request], text, length, missing);
    return true;
  }
  return churn_type_is_day(type)
             ? churn_value_day_or_gap(rules, text, length, missing, &column->days[row])
             : churn_value_number_or_gap(rules, type, text, length, missing, &column->numbers[row]);
}

static void take_field(void *text, size_t length, void *context)
{
  churn_piece *piece = context;
  const churn_scan *scan = piece->worker->reading->scan;
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
                        size_t held, size_t capacity)
{
  churn_type type = reading->requests[request].type;
  if (churn_type_is_text(type))
    return churn_array_reserve(&column->codes, &held, capacity, sizeof *column->codes);
  if (churn_type_is_day(type))
    return churn_array_reserve(&column->days, &held, capacity, sizeof *column->days);
  return churn_array_reserve(&column->numbers, &held, capacity, sizeof *column->numbers);
}

/* Room for so many rows. All columns have one capacity, a power of two. */
static bool make_room(churn_worker *worker, size_t rows)
{
  const churn_reading *reading = worker->reading;
  size_t capacity = worker->capacity == 0 ? FIRST_ROWS : worker->capacity;
  size_t lines = worker->capacity;
  if (rows <= worker->capacity)
    return true;
  while (capacity < rows)
    capacity *= 2;
  for (size_t r = 0; r < reading->request_count; r++)
    if (reading->scan->present[r] &&
        !grow_column(reading, r, &worker->columns[r], worker->capacity, capacity))
      return false;
  if (reading->keep_lines &&
      !churn_array_reserve(&worker->lines, &lines, capacity, sizeof *worker->lines))
    return false;
  worker->capacity = capacity;
  return true;
}

static void keep_bad_row(churn_piece *piece)
{
  bool wrong_count = piece->field != piece->worker->reading->scan->headings.count;
  piece->bad_count++;
  if (piece->bad_count > piece->worker->reading->most_bad)
    return;
  if (wrong_count) {
    free(piece->wrong.reason);
    size_t expected = piece->worker->reading->scan->headings.count;
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
  if (piece->row_wrong || piece->field != piece->worker->reading->scan->headings.count) {
    keep_bad_row(piece);
  } else {
    if (piece->worker->lines != NULL)
      piece->worker->lines[piece->rows] = piece->record;
    piece->rows++;
    if (piece->rows - piece->flushed == CHURN_PENDING_ROWS)
      piece->failure = flush_texts(piece);
    if (!make_room(piece->worker, piece->rows + 1))
      piece->failure = CHURN_NO_MEMORY;
  }
  piece->record++;
  piece->field = 0;
  piece->row_wrong = false;
}

static bool too_many_bad(const churn_piece *piece)
{
  return !piece->worker->reading->collect_all &&
         piece->bad_count > piece->worker->reading->max_bad_rows;
}

static bool stopped(void *context)
{
  const churn_piece *piece = context;
  return piece->failure != CHURN_OK || too_many_bad(piece) ||
         atomic_load(&piece->worker->reading->lowest_failed) < piece->number;
}

static void tell_failed(churn_reading *reading, size_t number)
{
  size_t lowest = atomic_load(&reading->lowest_failed);
  while (number < lowest && !atomic_compare_exchange_weak(&reading->lowest_failed, &lowest, number))
    ;
}

churn_status churn_reading_failed(churn_status status, churn_error *error)
{
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  return churn_error_set(error, status, "a column holds more distinct texts than codes can count");
}

/* One column of all rows, but for texts. False when a field is wrong. */
static bool fill_values(const churn_piece *piece, const churn_rows *rows, size_t field,
                        size_t request)
{
  churn_worker *w = piece->worker;
  const churn_value_rules *rules = &w->reading->rules;
  churn_piece_column *column = &w->columns[request];
  switch (w->reading->requests[request].type) {
  case CHURN_TYPE_ID:
    return !churn_rows_any_empty(rows, field);
  case CHURN_TYPE_DAY:
  case CHURN_TYPE_SCHEDULED:
    return churn_rows_days(rows, field, rules, w->months, column->days + piece->rows);
  case CHURN_TYPE_NUMBER:
    return churn_rows_numbers(rows, field, rules, column->numbers + piece->rows);
  case CHURN_TYPE_FLAG:
    return churn_rows_flags(rows, field, rules, column->numbers + piece->rows);
  default:
    return true;
  }
}

static churn_status fill_texts(const churn_piece *piece, const churn_rows *rows, size_t field,
                               size_t request)
{
  const churn_worker *w = piece->worker;
  const churn_column_request *asked = &w->reading->requests[request];
  if (!churn_type_is_text(asked->type))
    return CHURN_OK;
  uint32_t *codes = w->columns[request].codes + piece->rows;
  if (asked->type == CHURN_TYPE_CATEGORY)
    return churn_rows_categories(rows, field, &w->reading->rules, w->recent[request],
                                 w->levels[request], codes);
  if (w->reading->known == NULL)
    return churn_rows_ids(rows, field, w->levels[request], codes);
  churn_rows_known_ids(rows, field, w->reading->known, codes);
  return CHURN_OK;
}

/* Texts come last: those of rows left out must not reach a dictionary. */
static churn_status fill_all_texts(const churn_piece *piece, const churn_rows *rows)
{
  const churn_scan *scan = piece->worker->reading->scan;
  churn_status status = CHURN_OK;
  for (size_t f = 0; f < rows->fields; f++)
    for (size_t r = scan->first[f]; r != CHURN_NO_REQUEST && status == CHURN_OK; r = scan->next[r])
      status = fill_texts(piece, rows, f, r);
  return status;
}

static bool take_rows(const churn_rows *rows, void *context)
{
  churn_piece *piece = context;
  churn_worker *w = piece->worker;
  const churn_scan *scan = w->reading->scan;
  if (!make_room(w, piece->rows + rows->count + 1)) {
    piece->failure = CHURN_NO_MEMORY;
    return true;
  }
  for (size_t f = 0; f < rows->fields; f++)
    for (size_t r = scan->first[f]; r != CHURN_NO_REQUEST; r = scan->next[r])
      if (!fill_values(piece, rows, f, r))
        return false;
  piece->failure = flush_texts(piece);
  if (piece->failure == CHURN_OK)
    piece->failure = fill_all_texts(piece, rows);
  for (size_t i = 0; w->lines != NULL && i < rows->count; i++)
    w->lines[piece->rows + i] = piece->record + i;
  piece->rows += rows->count;
  piece->flushed = piece->rows;
  piece->record += rows->count;
  return true;
}

static bool start_texts(const churn_reading *reading, size_t request, churn_worker *worker)
{
  const churn_column_request *asked = &reading->requests[request];
  if (!reading->scan->present[request] || !churn_type_is_text(asked->type))
    return true;
  worker->pending[request] = calloc(1, sizeof **worker->pending);
  if (asked->type == CHURN_TYPE_CATEGORY)
    worker->recent[request] = churn_array_new(CHURN_RECENT_TEXTS, sizeof **worker->recent);
  const churn_dictionary *known = churn_reading_known(reading, request);
  if (known == NULL)
    worker->levels[request] = churn_dictionary_new();
  return worker->pending[request] != NULL && (known != NULL || worker->levels[request] != NULL) &&
         (asked->type != CHURN_TYPE_CATEGORY || worker->recent[request] != NULL);
}

churn_status churn_worker_start(const churn_reading *reading, churn_worker *worker,
                                churn_error *error)
{
  size_t count = reading->request_count;
  *worker = (churn_worker){.reading = reading};
  worker->columns = churn_array_new(count, sizeof *worker->columns);
  worker->levels = churn_array_new(count, sizeof(churn_dictionary *));
  worker->pending = churn_array_new(count, sizeof(churn_pending *));
  worker->recent = churn_array_new(count, sizeof(churn_recent_text *));
  bool good = worker->columns != NULL && worker->levels != NULL && worker->pending != NULL &&
              worker->recent != NULL;
  for (size_t r = 0; good && r < count; r++)
    good = start_texts(reading, r, worker);
  if (!good || !make_room(worker, 1))
    return churn_error_no_memory(error);
  return churn_splitter_start(reading->scan->headings.count, &worker->splitter, error);
}

void churn_worker_end(churn_worker *worker)
{
  size_t count = worker->reading == NULL ? 0 : worker->reading->request_count;
  for (size_t r = 0; r < count; r++) {
    if (worker->columns != NULL) {
      free(worker->columns[r].numbers);
      free(worker->columns[r].days);
      free(worker->columns[r].codes);
    }
    if (worker->levels != NULL)
      churn_dictionary_free(worker->levels[r]);
    if (worker->pending != NULL && worker->pending[r] != NULL)
      free(worker->pending[r]->bytes);
    if (worker->pending != NULL)
      free(worker->pending[r]);
    if (worker->recent != NULL)
      free(worker->recent[r]);
  }
  free(worker->columns);
  free(worker->levels);
  free(worker->pending);
  free(worker->recent);
  free(worker->lines);
  churn_splitter_end(&worker->splitter);
  *worker = (churn_worker){.reading = NULL};
}

churn_status churn_piece_read(churn_reading *reading, churn_worker *worker, size_t number,
                              churn_piece *piece, churn_error *error)
{
  const churn_scan *scan = reading->scan;
  *piece = (churn_piece){.worker = worker, .number = number};
  churn_split_sink sink = {take_field, take_record, stopped, piece, take_rows};
  churn_status status = churn_scan_run(&scan->document, scan->starts[number],
                                       scan->starts[number + 1], scan->delimiter, &sink,
                                       &worker->splitter, &piece->found, &piece->fault, error);
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
  for (size_t i = 0; i < piece->bad_kept; i++) {
    free(piece->bad[i].reason);
    free(piece->bad[i].bytes);
  }
  free(piece->wrong.reason);
  free(piece->bad);
  *piece = (churn_piece){.worker = NULL};
}
