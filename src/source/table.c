/* Reading a file into a table: scan, pieces in parallel, one verdict over their faults, join.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/table.h"

#include "base/memory.h"
#include "base/output.h"
#include "base/parallel.h"
#include "database/target.h"
#include "source/cache.h"
#include "source/encoding.h"
#include "source/piece.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Pieces whose pages are let go together. */
enum { LET_GO = 8 };

typedef struct work {
  churn_reading *reading;
  const churn_row_taker *taker; /* NULL = keep */
  bool bounded;                 /* the run has a memory bound */
  churn_parts parts;
} work;

/* How many codes a request's column may hold so far. */
static size_t count_levels(const churn_worker *worker, size_t request)
{
  const churn_dictionary *known = churn_reading_known(worker->reading, request);
  const churn_dictionary *levels = known == NULL ? worker->levels[request] : known;
  return levels == NULL ? 0 : churn_dictionary_count(levels);
}

static churn_status hand_over(const work *w, const churn_piece *piece, int worker,
                              churn_error *error)
{
  size_t count = w->reading->request_count;
  churn_batch_column *batch = churn_array_new(count, sizeof *batch);
  if (batch == NULL)
    return churn_error_no_memory(error);
  for (size_t r = 0; r < count; r++) {
    const churn_piece_column *from = &piece->worker->columns[r];
    batch[r] = (churn_batch_column){.numbers = from->numbers,
                                    .days = from->days,
                                    .codes = from->codes,
                                    .levels = count_levels(piece->worker, r)};
  }
  churn_status status;
  if (w->taker == NULL)
    status = churn_piece_keep(piece, worker, batch, &w->parts.kept[piece->number], error);
  else
    status =
        w->taker->take(w->taker->context, piece->number, (size_t)worker, batch, piece->rows, error);
  free(batch);
  return status;
}

/* Pages are let go some pieces behind the reader and some pieces at a time, for each time all
 * threads must be told. Under a memory bound they count, so there it is at once. */
static void let_go(const work *w, size_t task)
{
  const churn_scan *scan = w->reading->scan;
  if (w->bounded)
    churn_document_let_go(&scan->document, scan->starts[task], scan->starts[task + 1]);
  else if (task % LET_GO == LET_GO - 1 && task > LET_GO)
    churn_document_let_go(&scan->document, scan->starts[task + 1 - 2 * LET_GO],
                          scan->starts[task + 1 - LET_GO]);
}

static churn_status read_piece(void *context, size_t task, int thread, churn_error *error)
{
  work *w = context;
  churn_piece *piece = &w->parts.pieces[task];
  churn_status status = churn_piece_read(w->reading, &w->parts.workers[thread], task, piece, error);
  if (status == CHURN_OK)
    status = hand_over(w, piece, thread, error);
  let_go(w, task);
  return status;
}

/* The heading line and all pieces in one. */
static void sum_up(const churn_scan *scan, const churn_piece *pieces, bool with_headings,
                   churn_table *table)
{
  churn_line_sum all = {0, 0};
  if (with_headings)
    churn_line_sum_add(&all, scan->document.text, scan->starts[0]);
  for (size_t p = 0; p < scan->piece_count; p++)
    churn_line_sum_join(&all, &pieces[p].found.sum);
  table->sum = all;
  churn_line_sum_text(&all, table->fingerprint);
}

static churn_status check_requests(const churn_column_request *requests, size_t count,
                                   churn_error *error)
{
  for (size_t r = 0; r < count; r++)
    if (requests[r].type == CHURN_TYPE_INFER)
      return churn_error_set(error, CHURN_USAGE, "column \"%s\" has no type yet",
                             requests[r].heading);
  return CHURN_OK;
}

/* The bad row `index` of a piece as the error that ends the read. `before` rows were bad earlier.
 */
static churn_status report_bad_row(const churn_scan *scan, const churn_piece *piece, size_t index,
                                   uint64_t before, churn_error *error)
{
  const churn_bad_row *bad = &piece->bad[index];
  churn_place place = {scan->document.name, 0, bad->column};
  place.line = churn_document_first_line(&scan->document) + bad->line +
               churn_document_line_ends(&scan->document, 0, scan->starts[piece->number]);
  if (before == 0)
    return churn_error_set_at(error, CHURN_MALFORMED, place, "%s", bad->reason);
  return churn_error_set_at(error, CHURN_MALFORMED, place,
                            "%s; %" PRIu64 " bad row%s before this one, and max_bad_rows allows no "
                            "more",
                            bad->reason, before, before == 1 ? "" : "s");
}

/* The first fault of the file that ends the read, if any: bad rows and faults of the bytes count in
 * the order in which they stand. *again: no fault came before a piece that starts inside quotes, so
 * that all is void. */
static churn_status judge(const churn_reading *reading, const churn_piece *pieces, uint64_t *bad,
                          bool *again, churn_error *error)
{
  const churn_scan *scan = reading->scan;
  uint64_t before = 0;
  *again = false;
  for (size_t p = 0; p < scan->piece_count && !*again; p++) {
    const churn_piece *piece = &pieces[p];
    uint64_t allowed = reading->max_bad_rows - before;
    if (!reading->collect_all && piece->bad_count > allowed)
      return report_bad_row(scan, piece, (size_t)allowed, reading->max_bad_rows, error);
    before += piece->bad_count;
    *again = churn_fault_is_of_cut(scan, p, &piece->fault);
    if (!*again && piece->fault.kind != CHURN_FAULT_NONE)
      return churn_byte_fault_report(&scan->document, scan->delimiter, &piece->fault, error);
  }
  *bad = before;
  return CHURN_OK;
}

static churn_status list_ignored(const churn_scan *scan, churn_table *table, churn_error *error)
{
  table->ignored = churn_array_new(scan->headings.count, sizeof *table->ignored);
  if (table->ignored == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < scan->headings.count; f++) {
    if (scan->first[f] != CHURN_NO_REQUEST)
      continue;
    const char *name = scan->headings.names[f];
    if ((table->ignored[table->ignored_count] = churn_text_copy(name, strlen(name))) == NULL)
      return churn_error_no_memory(error);
    table->ignored_count++;
  }
  return CHURN_OK;
}

void churn_table_note_rejects(const churn_table *table, uint64_t bad, churn_notes *notes)
{
  if (bad == 0)
    return;
  const churn_reject *first = &table->rejects[0];
  churn_notes_add(notes, CHURN_WARNING, "rejected_rows",
                  (churn_place){churn_table_name(table), first->line, first->column},
                  "%" PRIu64 " of %" PRIu64 " rows left out; the first: %s", bad, bad + table->rows,
                  first->reason);
}

static churn_status make_table(work *w, const char *path, const churn_table_settings *settings,
                               const churn_run *run, churn_table *table, churn_error *error)
{
  table->path = churn_text_copy(path, strlen(path));
  if (table->path == NULL)
    return churn_error_no_memory(error);
  sum_up(w->reading->scan, w->parts.pieces, settings->from == 0, table);
  churn_status status = list_ignored(w->reading->scan, table, error);
  if (status == CHURN_OK)
    status = churn_parts_join(&w->parts, settings->most_rejects, run, table, error);
  return status;
}

static void end_parts(work *w)
{
  churn_parts *parts = &w->parts;
  for (size_t p = 0; parts->pieces != NULL && p < parts->piece_count; p++)
    churn_piece_clear(&parts->pieces[p]);
  for (size_t p = 0; parts->kept != NULL && p < parts->piece_count; p++)
    churn_kept_piece_clear(&parts->kept[p]);
  for (size_t i = 0; parts->workers != NULL && i < parts->worker_count; i++)
    churn_worker_end(&parts->workers[i]);
  free(parts->pieces);
  free(parts->kept);
  free(parts->workers);
}

static churn_status start_parts(work *w, const churn_run *run, churn_error *error)
{
  churn_parts *parts = &w->parts;
  size_t pieces = w->reading->scan->piece_count, threads = (size_t)churn_parallel_threads(run);
  *parts = (churn_parts){.reading = w->reading,
                         .piece_count = pieces,
                         .worker_count = threads < pieces ? threads : pieces};
  parts->pieces = churn_array_new(pieces, sizeof *parts->pieces);
  parts->workers = churn_array_new(parts->worker_count, sizeof *parts->workers);
  if (w->taker == NULL)
    parts->kept = churn_array_new(pieces, sizeof *parts->kept);
  churn_status status = CHURN_OK;
  if (parts->pieces == NULL || parts->workers == NULL || (w->taker == NULL && parts->kept == NULL))
    status = churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < parts->worker_count; i++)
    status = churn_worker_start(w->reading, &parts->workers[i], error);
  if (status == CHURN_OK && w->taker != NULL)
    status = w->taker->begin(w->taker->context, pieces, parts->worker_count, error);
  return status;
}

/* All pieces, the verdict over them, and the table. *again: the pieces must be cut by counting. */
static churn_status read_pieces(churn_reading *reading, const churn_table_settings *settings,
                                const char *path, const churn_run *run, churn_table *table,
                                bool *again, churn_error *error)
{
  work w = {.reading = reading,
            .taker = settings->taker,
            .bounded = run != NULL && run->memory_bytes > 0};
  uint64_t bad = 0;
  atomic_init(&reading->lowest_failed, SIZE_MAX);
  churn_status status = start_parts(&w, run, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(w.parts.piece_count, read_piece, &w, "read", run, error);
  if (status == CHURN_OK)
    status = judge(reading, w.parts.pieces, &bad, again, error);
  if (status == CHURN_OK && !*again)
    status = make_table(&w, path, settings, run, table, error);
  if (status == CHURN_OK && !*again)
    churn_table_note_rejects(table, bad, churn_run_notes(run));
  end_parts(&w);
  return status;
}

static void prepare(const churn_scan *scan, const churn_format *format,
                    const churn_column_request *requests, size_t request_count,
                    const churn_table_settings *settings, churn_reading *reading)
{
  reading->scan = scan;
  reading->requests = requests;
  reading->request_count = request_count;
  reading->rules = churn_value_rules_make(format);
  reading->known = settings->known;
  reading->keep_lines = settings->keep_lines;
  reading->collect_all = settings->collect_all;
  reading->max_bad_rows = format->max_bad_rows;
  if (settings->collect_all)
    reading->most_bad = settings->most_rejects == 0 ? UINT64_MAX : settings->most_rejects;
  else
    reading->most_bad = format->max_bad_rows + (format->max_bad_rows < UINT64_MAX);
}

/* Leaves out what stands before byte `from` of the file. */
static void skip_to(churn_scan *scan, size_t from)
{
  size_t skipped = churn_document_skipped(&scan->document);
  if (from > skipped + scan->headings.body)
    scan->headings.body = from - skipped;
}

/* Headings go to the table, with the place where the text ended. */
static void move_headings(churn_scan *scan, churn_table *table)
{
  const churn_document *document = &scan->document;
  table->headings = scan->headings.names;
  table->heading_count = scan->headings.count;
  scan->headings.names = NULL;
  scan->headings.count = 0;
  if (document->made.bytes == NULL)
    table->end = churn_document_skipped(document) + document->length;
}

churn_status churn_table_parse(const char *path, const churn_format *format,
                               const churn_column_request *requests, size_t request_count,
                               const churn_table_settings *settings, const churn_run *run,
                               churn_table **table, churn_error *error)
{
  static const churn_table_settings defaults = {.piece_bytes = 0};
  const churn_table_settings *how = settings == NULL ? &defaults : settings;
  churn_scan scan = {.piece_count = 0};
  churn_reading reading;
  churn_table *made = calloc(1, sizeof *made);
  churn_status status =
      made == NULL ? churn_error_no_memory(error) : check_requests(requests, request_count, error);
  if (status == CHURN_OK)
    status = churn_scan_open(path, format, run, requests, request_count, &scan, error);
  if (status != CHURN_OK)
    goto done;
  skip_to(&scan, how->from);
  prepare(&scan, format, requests, request_count, how, &reading);
  bool again = true;
  for (int counting = 0; counting < 2 && again && status == CHURN_OK; counting++) {
    status = churn_scan_cut(&scan, how->piece_bytes, counting != 0, run, error);
    if (status == CHURN_OK)
      status = read_pieces(&reading, how, path, run, made, &again, error);
  }
  if (status == CHURN_OK) {
    move_headings(&scan, made);
    *table = made;
    made = NULL;
  }
done:
  churn_scan_close(&scan);
  churn_table_free(made);
  return status;
}

/* Making a cache holds the narrow columns twice, and reading one maps them. */
static bool cache_fits(const char *path, const churn_run *run)
{
  struct stat found;
  return run == NULL || run->memory_bytes == 0 ||
         (stat(path, &found) == 0 && (uint64_t)found.st_size <= run->memory_bytes / 2);
}

churn_status churn_table_read(const char *path, const churn_format *format,
                              const churn_column_request *requests, size_t request_count,
                              const churn_table_settings *settings, const churn_run *run,
                              churn_table **table, churn_error *error)
{
  bool cached = settings != NULL && settings->cache != NULL && !settings->collect_all &&
                format->spool == NULL && cache_fits(path, run);
  return cached
             ? churn_cache_table(path, format, requests, request_count, settings, run, table, error)
             : churn_table_parse(path, format, requests, request_count, settings, run, table,
                                 error);
}

void churn_column_clear(churn_column *column)
{
  free(column->heading);
  free(column->numbers);
  free(column->days);
  free(column->codes);
  churn_dictionary_free(column->levels);
  memset(column, 0, sizeof *column);
}

const char *churn_table_name(const churn_table *table)
{
  return churn_input_name(table->path);
}

const char *churn_table_line_word(const churn_table *table)
{
  return churn_database_kind_of(table->path) == CHURN_DATABASE_NONE ? "line" : "row";
}

void churn_table_free(churn_table *table)
{
  if (table == NULL)
    return;
  churn_cached_data_free(table->cached);
  for (size_t i = 0; table->remaps != NULL && i < table->column_count * table->worker_count; i++)
    free(table->remaps[i]);
  free(table->remaps);
  for (size_t c = 0; c < table->column_count; c++)
    churn_column_clear(&table->columns[c]);
  for (size_t i = 0; i < table->reject_count; i++) {
    free(table->rejects[i].reason);
    free(table->rejects[i].record);
  }
  for (size_t i = 0; i < table->ignored_count; i++)
    free(table->ignored[i]);
  for (size_t i = 0; i < table->heading_count; i++)
    free(table->headings[i]);
  free(table->ignored);
  free(table->headings);
  free(table->rejects);
  free(table->lines);
  free(table->columns);
  free(table->path);
  free(table);
}

churn_status churn_table_headings(const char *path, const churn_format *format,
                                  const churn_run *run, char ***headings, size_t *count,
                                  churn_error *error)
{
  churn_scan scan = {.piece_count = 0};
  churn_status status = churn_scan_open_headings(path, format, run, &scan, error);
  if (status == CHURN_OK) {
    *headings = scan.headings.names;
    *count = scan.headings.count;
    scan.headings = (churn_headings){.names = NULL};
  }
  churn_scan_close(&scan);
  return status;
}

churn_status churn_table_write_rejects(const churn_table *table, const char *path,
                                       churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  churn_output_text(output, "line,column,reason,record\n");
  for (size_t i = 0; i < table->reject_count; i++) {
    const churn_reject *reject = &table->rejects[i];
    churn_output_printf(output, "%" PRIu64 ",%" PRIu64 ",", reject->line, reject->column);
    churn_output_csv(output, reject->reason, strlen(reject->reason));
    churn_output_text(output, ",");
    churn_output_csv(output, reject->record, strlen(reject->record));
    churn_output_text(output, "\n");
  }
  return churn_output_commit(output, error);
}
