/* Pieces into one table: dictionaries merged bytewise, columns copied in file order, lines counted
 * on from piece to piece. Cost: one copy of the columns and one look-up a level and piece.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/piece.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* remaps[column * piece_count + piece] and missing[...] alike. */
typedef struct joining {
  const churn_reading *reading;
  churn_piece *pieces;
  size_t piece_count;
  size_t *first_row; /* per piece */
  uint32_t **remaps;
  uint64_t *missing;
  churn_column *columns;
  size_t column_count;
  size_t rows;
} joining;

static churn_status merge_levels(joining *j, size_t column, churn_error *error)
{
  const churn_dictionary **parts = churn_array_new(j->piece_count, sizeof *parts);
  uint32_t **remaps = churn_array_new(j->piece_count, sizeof *remaps);
  churn_status status = CHURN_NO_MEMORY;
  if (parts == NULL || remaps == NULL)
    goto done;
  for (size_t p = 0; p < j->piece_count; p++)
    parts[p] = j->pieces[p].columns[column].levels;
  status = churn_dictionary_merge(parts, j->piece_count, &j->columns[column].levels, remaps);
  if (status == CHURN_OK)
    memcpy(j->remaps + column * j->piece_count, remaps, j->piece_count * sizeof *remaps);
done:
  free(remaps);
  free(parts);
  return status == CHURN_OK ? status : churn_reading_failed(status, error);
}

/* Task: the final arrays of one column. */
static churn_status make_column(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  joining *j = context;
  churn_column *column = &j->columns[task];
  if (!column->present)
    return CHURN_OK;
  if (churn_type_is_text(column->type))
    column->codes = churn_array_new_aligned(j->rows, sizeof *column->codes);
  else if (churn_type_is_day(column->type))
    column->days = churn_array_new_aligned(j->rows, sizeof *column->days);
  else
    column->numbers = churn_array_new_aligned(j->rows, sizeof *column->numbers);
  if (column->codes == NULL && column->days == NULL && column->numbers == NULL)
    return churn_error_no_memory(error);
  return churn_type_is_text(column->type) ? merge_levels(j, task, error) : CHURN_OK;
}

static uint64_t copy_codes(const uint32_t *from, const uint32_t *remap, size_t rows, uint32_t *to)
{
  uint64_t missing = 0;
  for (size_t i = 0; i < rows; i++) {
    to[i] = from[i] == CHURN_CODE_MISSING ? CHURN_CODE_MISSING : remap[from[i]];
    missing += from[i] == CHURN_CODE_MISSING;
  }
  return missing;
}

static uint64_t copy_days(const churn_day *from, size_t rows, churn_day *to)
{
  uint64_t missing = 0;
  for (size_t i = 0; i < rows; i++) {
    to[i] = from[i];
    missing += from[i] == CHURN_DAY_MISSING;
  }
  return missing;
}

static uint64_t copy_numbers(const double *from, size_t rows, double *to)
{
  uint64_t missing = 0;
  for (size_t i = 0; i < rows; i++) {
    to[i] = from[i];
    missing += isnan(from[i]) != 0;
  }
  return missing;
}

/* Task: one piece of one column. The piece's array goes at once, so that the peak is not two copies
 * of everything. */
static churn_status copy_column(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  joining *j = context;
  size_t c = task / j->piece_count, p = task % j->piece_count;
  churn_piece_column *from = &j->pieces[p].columns[c];
  churn_column *to = &j->columns[c];
  size_t rows = j->pieces[p].rows, row = j->first_row[p];
  if (to->codes != NULL)
    j->missing[task] = copy_codes(from->codes, j->remaps[task], rows, to->codes + row);
  else if (to->days != NULL)
    j->missing[task] = copy_days(from->days, rows, to->days + row);
  else if (to->numbers != NULL)
    j->missing[task] = copy_numbers(from->numbers, rows, to->numbers + row);
  free(from->codes);
  free(from->days);
  free(from->numbers);
  from->codes = NULL;
  from->days = NULL;
  from->numbers = NULL;
  return CHURN_OK;
}

/* Names and types of the columns; nothing is read yet. */
static churn_status name_columns(joining *j, churn_error *error)
{
  const churn_reading *reading = j->reading;
  for (size_t c = 0; c < j->column_count; c++) {
    const char *heading = reading->requests[c].heading;
    j->columns[c].type = reading->requests[c].type;
    j->columns[c].present = reading->scan->present[c];
    j->columns[c].heading = churn_text_copy(heading, strlen(heading));
    if (j->columns[c].heading == NULL)
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}

static churn_status join_columns(joining *j, const churn_run *run, churn_error *error)
{
  churn_status status = name_columns(j, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(j->column_count, make_column, j, NULL, run, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(j->column_count * j->piece_count, copy_column, j, NULL, run, error);
  for (size_t t = 0; status == CHURN_OK && t < j->column_count * j->piece_count; t++)
    j->columns[t / j->piece_count].missing += j->missing[t];
  return status;
}

/* Line on which each piece starts, from 1. */
static void count_lines(const joining *j, uint64_t *first_line)
{
  const churn_scan *scan = j->reading->scan;
  uint64_t line = 1 + churn_document_line_ends(&scan->document, 0, scan->headings.body);
  for (size_t p = 0; p < j->piece_count; p++) {
    first_line[p] = line;
    line += churn_document_line_ends(&scan->document, scan->starts[p], scan->starts[p + 1]);
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

static churn_status join_lines(joining *j, size_t most_rejects, churn_table *table,
                               churn_error *error)
{
  size_t kept = 0;
  for (size_t p = 0; p < j->piece_count; p++)
    kept += j->pieces[p].bad_kept;
  if (kept == 0 && !j->reading->keep_lines)
    return CHURN_OK;
  uint64_t *first_line = churn_array_new(j->piece_count, sizeof *first_line);
  table->rejects = churn_array_new(kept, sizeof *table->rejects);
  if (j->reading->keep_lines)
    table->lines = churn_array_new_aligned(j->rows, sizeof *table->lines);
  if (first_line == NULL || table->rejects == NULL ||
      (j->reading->keep_lines && table->lines == NULL)) {
    free(first_line);
    return churn_error_no_memory(error);
  }
  count_lines(j, first_line);
  for (size_t p = 0; p < j->piece_count; p++) {
    move_bad_rows(&j->pieces[p], first_line[p], most_rejects == 0 ? kept : most_rejects, table);
    for (size_t i = 0; table->lines != NULL && i < j->pieces[p].rows; i++)
      table->lines[j->first_row[p] + i] = first_line[p] + j->pieces[p].lines[i];
  }
  free(first_line);
  return CHURN_OK;
}

churn_status churn_pieces_join(const churn_reading *reading, churn_piece *pieces,
                               size_t piece_count, size_t most_rejects, const churn_run *run,
                               churn_table *table, churn_error *error)
{
  size_t tasks = reading->request_count * piece_count;
  joining j = {.reading = reading, .pieces = pieces, .piece_count = piece_count};
  j.column_count = reading->request_count;
  j.first_row = churn_array_new(piece_count, sizeof *j.first_row);
  j.remaps = churn_array_new(tasks, sizeof *j.remaps);
  j.missing = churn_array_new(tasks, sizeof *j.missing);
  j.columns = table->columns = churn_array_new(j.column_count, sizeof *j.columns);
  churn_status status = CHURN_OK;
  if (j.first_row == NULL || j.remaps == NULL || j.missing == NULL || j.columns == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  table->column_count = j.column_count;
  for (size_t p = 0; p < piece_count; p++) {
    j.first_row[p] = j.rows;
    j.rows += pieces[p].rows;
  }
  table->rows = j.rows;
  status = join_columns(&j, run, error);
  if (status == CHURN_OK)
    status = join_lines(&j, most_rejects, table, error);
done:
  for (size_t t = 0; j.remaps != NULL && t < tasks; t++)
    free(j.remaps[t]);
  free(j.remaps);
  free(j.missing);
  free(j.first_row);
  return status;
}
