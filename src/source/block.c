/* A run of records split block by block. A block without quotes whose lines all have the heading's
 * number of fields needs no grammar: it goes as rows. Every other one, and one whose rows the taker
 * refuses, goes through libcsv, the parser of record, which tells what is wrong and where.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/block.h"

#include "base/error.h"
#include "source/encoding.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 15 };

churn_status churn_splitter_start(size_t fields, churn_splitter *splitter, churn_error *error)
{
  uint32_t *starts = malloc(churn_index_room(BLOCK) * sizeof *starts);
  if (starts == NULL)
    return churn_error_no_memory(error);
  *splitter = (churn_splitter){
      .fields = fields, .block = BLOCK, .fill = churn_index_choose(), .starts = starts};
  return CHURN_OK;
}

void churn_splitter_end(churn_splitter *splitter)
{
  free(splitter->starts);
  splitter->starts = NULL;
}

/* What one call works on. */
typedef struct run {
  const churn_document *document;
  char delimiter;
  const churn_split_sink *sink;
  const churn_splitter *splitter;
  size_t to;
  churn_run_found *found; /* NULL = nobody asks */
} run;

/* Every line has all its fields: then the starts are a table. A line of a single field that is
 * empty is a blank line. */
static bool is_table(const churn_rows *rows)
{
  bool good = true;
  for (size_t row = 1; row <= rows->count; row++)
    good &= rows->text[rows->starts[row * rows->fields] - 1] == '\n';
  return good && (rows->fields > 1 || !churn_rows_any_empty(rows, 0));
}

/* The block at `at` as rows. Returns the bytes taken; 0 = it must go through libcsv. */
static size_t take_rows(const run *r, size_t at)
{
  const churn_splitter *s = r->splitter;
  const char *text = r->document->text + at;
  size_t window = r->to - at < s->block ? r->to - at : s->block;
  const char *last = memrchr(text, '\n', window);
  if (last == NULL)
    return 0;
  size_t length = (size_t)(last - text) + 1;
  churn_index index = s->fill(text, length, r->delimiter, s->starts);
  churn_rows rows = {text,      r->document->text + r->document->length,
                     s->starts, index.lines,
                     s->fields, index.returns};
  if (index.special || index.separators != index.lines * s->fields || !is_table(&rows) ||
      (index.wide && churn_utf8_check(text, length) < length) ||
      !r->sink->rows(&rows, r->sink->context))
    return 0;
  if (r->found != NULL) {
    churn_line_sum_add_lines(&r->found->sum, text, s->starts, s->fields, index.lines,
                             index.returns);
    r->found->line_ends += index.lines;
  }
  return length;
}

/* The end of the records that cover the block at `at`: the next line end outside quotes. */
static size_t end_of_records(const run *r, size_t at)
{
  const char *text = r->document->text;
  size_t end = r->to - at < r->splitter->block ? r->to : at + r->splitter->block;
  const char *last = memrchr(text + at, '\n', end - at);
  if (last != NULL)
    end = (size_t)(last - text) + 1;
  bool inside = churn_count_quotes(text, at, end) % 2 != 0;
  return last != NULL && !inside ? end : churn_find_cut(text, end, r->to, inside);
}

static churn_status take_records(const run *r, size_t at, size_t *taken, churn_byte_fault *fault,
                                 churn_error *error)
{
  size_t end = end_of_records(r, at);
  churn_status status = churn_scan_split(r->document, at, end, r->delimiter, r->sink, fault, error);
  if (r->found != NULL) {
    churn_line_sum_add(&r->found->sum, r->document->text + at, end - at);
    r->found->line_ends += churn_document_line_ends(r->document, at, end);
  }
  *taken = end - at;
  return status;
}

churn_status churn_scan_run(const churn_document *document, size_t from, size_t to, char delimiter,
                            const churn_split_sink *sink, const churn_splitter *splitter,
                            churn_run_found *found, churn_byte_fault *fault, churn_error *error)
{
  run r = {document, delimiter, sink, splitter, to, found};
  churn_status status = CHURN_OK;
  bool damaged = to == document->length && document->damage != NULL;
  if (found != NULL)
    *found = (churn_run_found){.line_ends = 0};
  *fault = (churn_byte_fault){CHURN_FAULT_NONE, 0, from};
  for (size_t at = from; status == CHURN_OK && fault->kind == CHURN_FAULT_NONE && at < to &&
                         !sink->stopped(sink->context);) {
    size_t taken = take_rows(&r, at);
    if (taken == 0)
      status = take_records(&r, at, &taken, fault, error);
    at += taken;
  }
  if (status == CHURN_OK && fault->kind == CHURN_FAULT_NONE && damaged)
    *fault = (churn_byte_fault){CHURN_FAULT_DAMAGE, to, from};
  return status;
}
