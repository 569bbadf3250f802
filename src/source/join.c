/* Pieces into one table: dictionaries merged bytewise, columns copied in file order, lines counted
 * on from piece to piece. Cost: one copy of the columns and one look-up a level and piece.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/piece.h"

#include <stdlib.h>
#include <string.h>

/* missing[column * piece_count + piece]. */
typedef struct joining {
  churn_parts *parts;
  size_t *first_row; /* per piece */
  uint64_t *missing;
  churn_table *table;
} joining;

static churn_status merge_levels(joining *j, size_t column, churn_error *error)
{
  const churn_parts *parts = j->parts;
  const churn_dictionary **levels = churn_array_new(parts->worker_count, sizeof *levels);
  churn_status status = CHURN_NO_MEMORY;
  if (levels == NULL)
    goto done;
  for (size_t w = 0; w < parts->worker_count; w++)
    levels[w] = parts->workers[w].levels[column];
  status = churn_dictionary_merge(levels, parts->worker_count, &j->table->columns[column].levels,
                                  j->table->remaps + column * parts->worker_count);
  /* the columns are still to come, and ids may be as many as rows */
  for (size_t w = 0; status == CHURN_OK && w < parts->worker_count; w++) {
    churn_dictionary_free(parts->workers[w].levels[column]);
    parts->workers[w].levels[column] = NULL;
  }
done:
  free(levels);
  return status == CHURN_OK ? status : churn_reading_failed(status, error);
}

/* Task: the final arrays of one column, and its dictionary. */
static churn_status make_column(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  joining *j = context;
  churn_column *column = &j->table->columns[task];
  size_t rows = j->table->rows;
  if (!column->present)
    return CHURN_OK;
  if (j->parts->kept == NULL)
    ;
  else if (churn_type_is_text(column->type))
    column->codes = churn_array_new_aligned(rows, sizeof *column->codes);
  else if (churn_type_is_day(column->type))
    column->days = churn_array_new_aligned(rows, sizeof *column->days);
  else
    column->numbers = churn_array_new_aligned(rows, sizeof *column->numbers);
  if (j->parts->kept != NULL && column->codes == NULL && column->days == NULL &&
      column->numbers == NULL)
    return churn_error_no_memory(error);
  bool own = j->parts->workers[0].levels[task] != NULL;
  return own ? merge_levels(j, task, error) : CHURN_OK;
}

static void let_values_go(churn_kept_piece *kept)
{
  if (kept->values != NULL)
    churn_array_let_go(kept->values, kept->bytes);
  free(kept->values);
  kept->values = NULL;
}

/* Task: one piece. Its values go at once, so that the peak is not two copies of everything. */
static churn_status copy_piece(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  joining *j = context;
  const churn_parts *parts = j->parts;
  churn_kept_piece *kept = &parts->kept[task];
  for (size_t c = 0; c < j->table->column_count; c++) {
    if (kept->columns[c].values == NULL)
      continue;
    churn_narrow_place(&kept->columns[c], 0, kept->rows, NULL,
                       j->table->remaps[c * parts->worker_count + (size_t)kept->worker],
                       &j->table->columns[c], j->first_row[task]);
    j->missing[c * parts->piece_count + task] = kept->columns[c].missing;
  }
  let_values_go(kept);
  return CHURN_OK;
}

/* Narrow columns of a piece, each from a place that any of their widths may begin at. */
static churn_status keep_columns(const churn_batch_column *batch, size_t count,
                                 churn_kept_piece *kept, churn_error *error)
{
  enum { ALIGNED = 8 };
  size_t at = 0;
  for (size_t r = 0; r < count; r++) {
    churn_narrow_measure(&batch[r], kept->rows, &kept->columns[r]);
    kept->bytes += (kept->rows * kept->columns[r].width + ALIGNED - 1) / ALIGNED * ALIGNED;
  }
  kept->values = churn_array_new_aligned(kept->bytes, 1);
  if (kept->values == NULL)
    return churn_error_no_memory(error);
  for (size_t r = 0; r < count; r++) {
    churn_narrow *column = &kept->columns[r];
    if (column->width == 0)
      continue;
    column->values = kept->values + at;
    churn_narrow_store(&batch[r], kept->rows, NULL, column);
    at += (kept->rows * column->width + ALIGNED - 1) / ALIGNED * ALIGNED;
  }
  return CHURN_OK;
}

churn_status churn_piece_keep(const churn_piece *piece, int worker, const churn_batch_column *batch,
                              churn_kept_piece *kept, churn_error *error)
{
  const churn_worker *w = piece->worker;
  size_t count = w->reading->request_count;
  *kept = (churn_kept_piece){.rows = piece->rows, .worker = worker};
  kept->columns = churn_array_new(count, sizeof *kept->columns);
  if (kept->columns == NULL)
    return churn_error_no_memory(error);
  churn_status status = keep_columns(batch, count, kept, error);
  if (status != CHURN_OK || w->lines == NULL)
    return status;
  kept->lines = churn_array_new(piece->rows, sizeof *kept->lines);
  if (kept->lines == NULL)
    return churn_error_no_memory(error);
  memcpy(kept->lines, w->lines, piece->rows * sizeof *kept->lines);
  return CHURN_OK;
}

void churn_kept_piece_clear(churn_kept_piece *kept)
{
  let_values_go(kept);
  free(kept->columns);
  free(kept->lines);
  *kept = (churn_kept_piece){.rows = 0};
}

/* Names and types of the columns; nothing is read yet. */
static churn_status name_columns(joining *j, churn_error *error)
{
  const churn_reading *reading = j->parts->reading;
  for (size_t c = 0; c < reading->request_count; c++) {
    churn_column *column = &j->table->columns[c];
    const char *heading = reading->requests[c].heading;
    column->type = reading->requests[c].type;
    column->present = reading->scan->present[c];
    column->heading = churn_text_copy(heading, strlen(heading));
    if (column->heading == NULL)
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}

static churn_status join_columns(joining *j, const churn_run *run, churn_error *error)
{
  size_t columns = j->table->column_count, pieces = j->parts->piece_count;
  churn_status status = name_columns(j, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(columns, make_column, j, NULL, run, error);
  if (status != CHURN_OK || j->parts->kept == NULL)
    return status;
  status = churn_parallel_run(pieces, copy_piece, j, NULL, run, error);
  for (size_t t = 0; status == CHURN_OK && t < columns * pieces; t++)
    j->table->columns[t / pieces].missing += j->missing[t];
  return status;
}

/* Line on which each piece starts, from 1. */
static void count_lines(const joining *j, uint64_t *first_line)
{
  const churn_scan *scan = j->parts->reading->scan;
  uint64_t line = churn_document_first_line(&scan->document) +
                  churn_document_line_ends(&scan->document, 0, scan->headings.body);
  for (size_t p = 0; p < j->parts->piece_count; p++) {
    first_line[p] = line;
    line += j->parts->pieces[p].found.line_ends;
  }
}

static void move_bad_rows(churn_piece *piece, uint64_t first_line, size_t most, churn_table *table)
{
  for (size_t i = 0; i < piece->bad_kept && table->reject_count < most; i++) {
    churn_bad_row *bad = &piece->bad[i];
    table->rejects[table->reject_count++] =
        (churn_reject){first_line + bad->line, bad->column, bad->reason, bad->bytes};
    bad->reason = NULL;
    bad->bytes = NULL;
  }
}

/* Lines of the kept rows. */
static void move_lines(const joining *j, size_t piece, uint64_t first_line)
{
  const uint64_t *lines = j->parts->kept[piece].lines;
  for (size_t i = 0; i < j->parts->kept[piece].rows; i++)
    j->table->lines[j->first_row[piece] + i] = first_line + lines[i];
}

static churn_status join_lines(joining *j, size_t most_rejects, churn_error *error)
{
  const churn_parts *parts = j->parts;
  churn_table *table = j->table;
  size_t kept = 0;
  for (size_t p = 0; p < parts->piece_count; p++)
    kept += parts->pieces[p].bad_kept;
  bool lines = parts->reading->keep_lines;
  if (kept == 0 && !lines)
    return CHURN_OK;
  uint64_t *first_line = churn_array_new(parts->piece_count, sizeof *first_line);
  table->rejects = churn_array_new(kept, sizeof *table->rejects);
  if (lines)
    table->lines = churn_array_new_aligned(table->rows, sizeof *table->lines);
  if (first_line == NULL || table->rejects == NULL || (lines && table->lines == NULL)) {
    free(first_line);
    return churn_error_no_memory(error);
  }
  count_lines(j, first_line);
  for (size_t p = 0; p < parts->piece_count; p++) {
    move_bad_rows(&parts->pieces[p], first_line[p], most_rejects == 0 ? kept : most_rejects, table);
    if (lines)
      move_lines(j, p, first_line[p]);
  }
  free(first_line);
  return CHURN_OK;
}

churn_status churn_parts_join(churn_parts *parts, size_t most_rejects, const churn_run *run,
                              churn_table *table, churn_error *error)
{
  size_t columns = parts->reading->request_count, pieces = parts->piece_count;
  joining j = {.parts = parts, .table = table};
  j.first_row = churn_array_new(pieces, sizeof *j.first_row);
  j.missing = churn_array_new(columns * pieces, sizeof *j.missing);
  table->worker_count = parts->worker_count;
  table->remaps = churn_array_new(columns * parts->worker_count, sizeof *table->remaps);
  table->columns = churn_array_new(columns, sizeof *table->columns);
  churn_status status = CHURN_OK;
  if (j.first_row == NULL || table->remaps == NULL || j.missing == NULL || table->columns == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  table->column_count = columns;
  for (size_t p = 0; p < pieces; p++) {
    j.first_row[p] = table->rows;
    table->rows += parts->pieces[p].rows;
  }
  status = join_columns(&j, run, error);
  if (status == CHURN_OK)
    status = join_lines(&j, most_rejects, error);
done:
  free(j.missing);
  free(j.first_row);
  return status;
}
