/* Rows of a plain file in small batches. A block without quotes is converted column by column; rows
 * that come field by field are held until a batch of them is full.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/stream.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "source/block.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Rows that came field by field are handed over so many at a time. */
enum { HELD_ROWS = 256 };

typedef struct reading {
  const churn_scan *scan;
  const churn_column_request *requests;
  size_t request_count;
  churn_value_rules rules;
  const churn_stream_taker *taker;
  size_t mark_length;
  atomic_bool odd; /* not plain: nobody need go on */
} reading;

/* One a thread. */
typedef struct worker {
  reading *reading;
  size_t number;
  churn_splitter splitter;
  size_t capacity; /* rows */
  churn_stream_column *columns;
  const char **ids;
  size_t *id_lengths;
  churn_month months[CHURN_MONTHS];
  /* Rows that come field by field: `held` whole ones, and the fields of the next. */
  size_t held, field;
  char *texts; /* their ids */
  size_t texts_used, texts_capacity;
  size_t id_starts[HELD_ROWS];
  churn_status failure; /* of the program, not of the data */
  churn_error error;
} worker;

static bool is_days(const reading *r, size_t request)
{
  return churn_type_is_day(r->requests[request].type);
}

static bool grow(void *array_pointer, size_t held, size_t capacity, size_t size)
{
  return churn_array_reserve(array_pointer, &held, capacity, size);
}

static bool make_room(worker *w, size_t rows)
{
  const reading *r = w->reading;
  size_t capacity = w->capacity == 0 ? HELD_ROWS : w->capacity;
  if (rows <= w->capacity)
    return true;
  while (capacity < rows)
    capacity *= 2;
  bool good = grow(&w->ids, w->capacity, capacity, sizeof *w->ids) &&
              grow(&w->id_lengths, w->capacity, capacity, sizeof *w->id_lengths);
  for (size_t i = 0; good && i < r->request_count; i++) {
    churn_stream_column *c = &w->columns[i];
    if (!r->scan->present[i] || r->requests[i].type == CHURN_TYPE_ID)
      continue;
    good = is_days(r, i) ? grow(&c->days, w->capacity, capacity, sizeof *c->days)
                         : grow(&c->numbers, w->capacity, capacity, sizeof *c->numbers);
  }
  if (good)
    w->capacity = capacity;
  return good;
}

static void hand_over(worker *w, size_t rows)
{
  const churn_stream_taker *taker = w->reading->taker;
  churn_stream_batch batch = {rows, w->columns, w->ids, w->id_lengths};
  if (rows > 0 && w->failure == CHURN_OK)
    w->failure = taker->take(taker->context, w->number, &batch, &w->error);
}

static void hand_over_held(worker *w)
{
  for (size_t i = 0; i < w->held; i++)
    w->ids[i] = w->texts + w->id_starts[i];
  hand_over(w, w->held);
  w->held = 0;
  w->texts_used = 0;
}

static void give_up(worker *w)
{
  atomic_store(&w->reading->odd, true);
}

static double is_mark(const reading *r, const char *text, size_t length)
{
  return length == r->mark_length && memcmp(text, r->taker->mark, length) == 0;
}

/* One column of a block. False when a field is wrong. */
static bool fill(worker *w, const churn_rows *rows, size_t field, size_t request)
{
  const churn_value_rules *rules = &w->reading->rules;
  churn_stream_column *column = &w->columns[request];
  switch (w->reading->requests[request].type) {
  case CHURN_TYPE_ID:
    if (churn_rows_any_empty(rows, field))
      return false;
    for (size_t i = 0; i < rows->count; i++)
      w->ids[i] = churn_rows_field(rows, i, field, &w->id_lengths[i]);
    return true;
  case CHURN_TYPE_CATEGORY:
    for (size_t i = 0, length; i < rows->count; i++) {
      const char *text = churn_rows_field(rows, i, field, &length);
      column->numbers[i] = is_mark(w->reading, text, length);
    }
    return true;
  case CHURN_TYPE_DAY:
  case CHURN_TYPE_SCHEDULED:
    return churn_rows_days(rows, field, rules, w->months, column->days);
  case CHURN_TYPE_FLAG:
    return churn_rows_flags(rows, field, rules, column->numbers);
  default:
    return churn_rows_numbers(rows, field, rules, column->numbers);
  }
}

/* A block whose fields are all as they should be; others come back field by field, and are looked
 * at there. */
static bool take_rows(const churn_rows *rows, void *context)
{
  worker *w = context;
  const churn_scan *scan = w->reading->scan;
  hand_over_held(w);
  if (!make_room(w, rows->count)) {
    w->failure = CHURN_NO_MEMORY;
    return true;
  }
  for (size_t f = 0; f < rows->fields; f++)
    for (size_t i = scan->first[f]; i != CHURN_NO_REQUEST; i = scan->next[i])
      if (!fill(w, rows, f, i))
        return false;
  hand_over(w, rows->count);
  return true;
}

static bool hold_id(worker *w, const char *text, size_t length)
{
  if (churn_value_blank(text, length))
    return false;
  if (!churn_array_reserve(&w->texts, &w->texts_capacity, w->texts_used + length, 1)) {
    w->failure = CHURN_NO_MEMORY;
    return true;
  }
  memcpy(w->texts + w->texts_used, text, length);
  w->id_starts[w->held] = w->texts_used;
  w->id_lengths[w->held] = length;
  w->texts_used += length;
  return true;
}

/* One field for one request. False when it is wrong. */
static bool hold(worker *w, size_t request, const char *text, size_t length)
{
  const churn_value_rules *rules = &w->reading->rules;
  churn_stream_column *column = &w->columns[request];
  churn_type type = w->reading->requests[request].type;
  size_t row = w->held;
  if (type == CHURN_TYPE_ID)
    return hold_id(w, text, length);
  if (type == CHURN_TYPE_CATEGORY) {
    column->numbers[row] = is_mark(w->reading, text, length);
    return true;
  }
  bool missing = churn_value_missing(rules, text, length);
  return churn_type_is_day(type)
             ? churn_value_day_or_gap(rules, text, length, missing, &column->days[row])
             : churn_value_number_or_gap(rules, type, text, length, missing, &column->numbers[row]);
}

static void take_field(void *text, size_t length, void *context)
{
  worker *w = context;
  const churn_scan *scan = w->reading->scan;
  size_t f = w->field++;
  if (f >= scan->headings.count || w->failure != CHURN_OK)
    return;
  for (size_t i = scan->first[f]; i != CHURN_NO_REQUEST; i = scan->next[i])
    if (!hold(w, i, text == NULL ? "" : text, length))
      give_up(w);
}

static void take_record(int end, void *context)
{
  (void)end;
  worker *w = context;
  if (w->field != w->reading->scan->headings.count)
    give_up(w);
  else if (++w->held == HELD_ROWS)
    hand_over_held(w);
  w->field = 0;
}

static bool stopped(void *context)
{
  const worker *w = context;
  return w->failure != CHURN_OK || atomic_load(&w->reading->odd);
}

static churn_status read_piece(void *context, size_t task, int thread, churn_error *error)
{
  worker *w = (worker *)context + thread;
  const churn_scan *scan = w->reading->scan;
  churn_split_sink sink = {take_field, take_record, stopped, w, take_rows};
  churn_byte_fault fault;
  if (stopped(w))
    return CHURN_OK;
  churn_status status = churn_scan_run(&scan->document, scan->starts[task], scan->starts[task + 1],
                                       scan->delimiter, &sink, &w->splitter, NULL, &fault, error);
  if (status == CHURN_OK && fault.kind != CHURN_FAULT_NONE)
    give_up(w);
  if (status == CHURN_OK && !stopped(w))
    hand_over_held(w);
  churn_document_let_go(&scan->document, scan->starts[task], scan->starts[task + 1]);
  if (status == CHURN_OK && w->failure == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  if (status == CHURN_OK && w->failure != CHURN_OK) {
    *error = w->error;
    return w->failure;
  }
  return status;
}

static churn_status start(worker *w, reading *r, size_t number, churn_error *error)
{
  *w = (worker){.reading = r, .number = number};
  w->columns = churn_array_new(r->request_count, sizeof *w->columns);
  if (w->columns == NULL || !make_room(w, HELD_ROWS))
    return churn_error_no_memory(error);
  return churn_splitter_start(r->scan->headings.count, &w->splitter, error);
}

static void end(worker *w)
{
  for (size_t i = 0; w->columns != NULL && i < w->reading->request_count; i++) {
    free(w->columns[i].numbers);
    free(w->columns[i].days);
  }
  free(w->columns);
  free(w->ids);
  free(w->id_lengths);
  free(w->texts);
  churn_splitter_end(&w->splitter);
}

static churn_status list_ignored(const churn_scan *scan, churn_stream_found *found,
                                 churn_error *error)
{
  found->ignored = churn_array_new(scan->headings.count, sizeof *found->ignored);
  if (found->ignored == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < scan->headings.count; f++) {
    if (scan->first[f] != CHURN_NO_REQUEST)
      continue;
    const char *name = scan->headings.names[f];
    if ((found->ignored[found->ignored_count] = churn_text_copy(name, strlen(name))) == NULL)
      return churn_error_no_memory(error);
    found->ignored_count++;
  }
  return CHURN_OK;
}

static churn_status read_all(reading *r, const churn_run *run, churn_error *error)
{
  size_t pieces = r->scan->piece_count, threads = (size_t)churn_parallel_threads(run);
  threads = threads < pieces ? threads : pieces;
  worker *workers = churn_array_new(threads, sizeof *workers);
  churn_status status = workers == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; i < threads && status == CHURN_OK; i++)
    status = start(&workers[i], r, i, error);
  if (status == CHURN_OK)
    status = r->taker->begin(r->taker->context, threads, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(pieces, read_piece, workers, "read", run, error);
  for (size_t i = 0; workers != NULL && i < threads; i++)
    end(&workers[i]);
  free(workers);
  return status;
}

/* A pipe gives its bytes once, and they may be wanted again. */
static bool can_be_read_again(const char *path)
{
  struct stat found;
  return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

churn_status churn_stream_read(const char *path, const churn_format *format,
                               const churn_column_request *requests, size_t request_count,
                               const churn_stream_taker *taker, const churn_run *run,
                               churn_stream_found *found, churn_error *error)
{
  churn_scan scan = {.piece_count = 0};
  reading r = {.scan = &scan,
               .requests = requests,
               .request_count = request_count,
               .rules = churn_value_rules_make(format),
               .taker = taker,
               .mark_length = taker->mark == NULL ? 0 : strlen(taker->mark)};
  *found = (churn_stream_found){.plain = false};
  if (!can_be_read_again(path))
    return CHURN_OK;
  churn_status status = churn_scan_open(path, format, run, requests, request_count, &scan, NULL);
  if (status != CHURN_OK)
    return status == CHURN_NO_MEMORY ? churn_error_no_memory(error) : CHURN_OK;
  status = churn_scan_cut(&scan, 0, false, run, error);
  if (status == CHURN_OK)
    status = read_all(&r, run, error);
  if (status == CHURN_OK && !atomic_load(&r.odd)) {
    status = list_ignored(&scan, found, error);
    found->plain = status == CHURN_OK;
  }
  churn_scan_close(&scan);
  return status;
}
