/* Two reads of one file must give the same.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "same_table.h"

#include <string.h>

read_outcome read_outcome_of(const char *path, const churn_format *format,
                             const churn_column_request *requests, size_t count,
                             const churn_table_settings *settings, int threads)
{
  read_outcome o = {.table = NULL, .notes = churn_notes_new()};
  const churn_run run = {.threads = threads, .notes = o.notes};
  assert_non_null(o.notes);
  o.status = churn_table_read(path, format, requests, count, settings, &run, &o.table, &o.error);
  return o;
}

void read_outcome_clear(read_outcome *outcome)
{
  churn_table_free(outcome->table);
  churn_notes_free(outcome->notes);
  *outcome = (read_outcome){.table = NULL};
}

size_t count_notes(const churn_notes *notes, const char *code)
{
  size_t count = 0;
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    count += strcmp(churn_notes_get(notes, i)->code, code) == 0;
  return count;
}

static const churn_note *next_note(const churn_notes *notes, size_t *at)
{
  while (*at < churn_notes_count(notes)) {
    const churn_note *note = churn_notes_get(notes, (*at)++);
    if (strncmp(note->code, "cache_", 6) != 0)
      return note;
  }
  return NULL;
}

static void assert_same_notes(const churn_notes *a, const churn_notes *b)
{
  size_t i = 0, j = 0;
  for (;;) {
    const churn_note *x = next_note(a, &i), *y = next_note(b, &j);
    assert_int_equal(x == NULL, y == NULL);
    if (x == NULL)
      return;
    assert_string_equal(x->code, y->code);
    assert_string_equal(x->text, y->text);
    assert_string_equal(x->file, y->file);
    assert_int_equal(x->line, y->line);
    assert_int_equal(x->column, y->column);
  }
}

static void assert_same_column(const churn_column *x, const churn_column *y, size_t rows)
{
  assert_string_equal(x->heading, y->heading);
  assert_int_equal(x->present, y->present);
  assert_int_equal(x->missing, y->missing);
  assert_int_equal(x->numbers == NULL, y->numbers == NULL);
  assert_int_equal(x->days == NULL, y->days == NULL);
  assert_int_equal(x->codes == NULL, y->codes == NULL);
  assert_int_equal(x->levels == NULL, y->levels == NULL);
  if (x->numbers != NULL)
    assert_memory_equal(x->numbers, y->numbers, rows * sizeof *x->numbers);
  if (x->days != NULL)
    assert_memory_equal(x->days, y->days, rows * sizeof *x->days);
  if (x->codes != NULL)
    assert_memory_equal(x->codes, y->codes, rows * sizeof *x->codes);
  size_t levels = x->levels == NULL ? 0 : churn_dictionary_count(x->levels);
  assert_int_equal(levels, y->levels == NULL ? 0 : churn_dictionary_count(y->levels));
  for (uint32_t i = 0; i < levels; i++)
    assert_string_equal(churn_dictionary_text(x->levels, i), churn_dictionary_text(y->levels, i));
}

static void assert_same_table(const churn_table *a, const churn_table *b)
{
  assert_string_equal(a->path, b->path);
  assert_string_equal(a->fingerprint, b->fingerprint);
  assert_int_equal(a->rows, b->rows);
  for (size_t c = 0; c < a->column_count; c++)
    assert_same_column(&a->columns[c], &b->columns[c], a->rows);
  assert_int_equal(a->lines == NULL, b->lines == NULL);
  if (a->lines != NULL)
    assert_memory_equal(a->lines, b->lines, a->rows * sizeof *a->lines);
  assert_int_equal(a->reject_count, b->reject_count);
  for (size_t i = 0; i < a->reject_count; i++) {
    assert_int_equal(a->rejects[i].line, b->rejects[i].line);
    assert_int_equal(a->rejects[i].column, b->rejects[i].column);
    assert_string_equal(a->rejects[i].reason, b->rejects[i].reason);
    assert_string_equal(a->rejects[i].record, b->rejects[i].record);
  }
  assert_int_equal(a->ignored_count, b->ignored_count);
  for (size_t i = 0; i < a->ignored_count; i++)
    assert_string_equal(a->ignored[i], b->ignored[i]);
}

void assert_same_outcome(const read_outcome *a, const read_outcome *b)
{
  assert_int_equal(a->status, b->status);
  assert_int_equal(a->table == NULL, b->table == NULL);
  if (a->table != NULL)
    assert_same_table(a->table, b->table);
  else
    assert_string_equal(a->error.message, b->error.message);
  if (a->table == NULL)
    assert_int_equal(a->error.line, b->error.line);
  assert_same_notes(a->notes, b->notes);
}
