/* Types of columns from every value in the file. Each piece strikes out the types that its values
 * are not; what is left in all pieces decides.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/block.h"

#include <stdlib.h>

/* What a column may still be; SEEN = it had a value. */
enum { MAY_NUMBER = 1, MAY_DAY = 2, MAY_FLAG = 4, MAY_ALL = 7, SEEN = 8 };

typedef struct inference {
  const churn_scan *scan;
  size_t request_count;
  churn_value_rules rules;
  unsigned char *marks; /* request_count a piece */
  churn_byte_fault *faults;
} inference;

/* One piece: `row` holds the marks of the record that is being read; they count when its number of
 * fields is right. */
typedef struct inference_piece {
  const inference *shared;
  unsigned char *marks;
  unsigned char *row;
  size_t field;
} inference_piece;

static unsigned char judge_value(const churn_value_rules *rules, unsigned char open,
                                 const char *text, size_t length)
{
  double number;
  churn_day day;
  unsigned char left = SEEN;
  if ((open & MAY_NUMBER) != 0 && churn_value_number(rules, text, length, &number))
    left |= MAY_NUMBER;
  if ((open & MAY_DAY) != 0 && churn_value_day(rules, text, length, &day))
    left |= MAY_DAY;
  if ((open & MAY_FLAG) != 0 && churn_value_flag(text, length, &number))
    left |= MAY_FLAG;
  return left;
}

static unsigned char judge_field(const churn_value_rules *rules, unsigned char marks,
                                 const char *text, size_t length)
{
  return churn_value_missing(rules, text, length) ? MAY_ALL
                                                  : judge_value(rules, marks, text, length);
}

static unsigned char join_marks(unsigned char a, unsigned char b)
{
  return (unsigned char)((a & b & MAY_ALL) | ((a | b) & SEEN));
}

static void take_field(void *text, size_t length, void *context)
{
  inference_piece *piece = context;
  const inference *shared = piece->shared;
  const churn_scan *scan = shared->scan;
  if (piece->field < scan->headings.count)
    for (size_t r = scan->first[piece->field]; r != CHURN_NO_REQUEST; r = scan->next[r])
      piece->row[r] = judge_field(&shared->rules, piece->marks[r], text, length);
  piece->field++;
}

static void take_record(int end, void *context)
{
  (void)end;
  inference_piece *piece = context;
  const inference *shared = piece->shared;
  if (piece->field == shared->scan->headings.count)
    for (size_t r = 0; r < shared->request_count; r++)
      if (shared->scan->present[r])
        piece->marks[r] = join_marks(piece->marks[r], piece->row[r]);
  piece->field = 0;
}

static bool take_rows(const churn_rows *rows, void *context)
{
  inference_piece *piece = context;
  const inference *shared = piece->shared;
  const churn_scan *scan = shared->scan;
  for (size_t f = 0; f < rows->fields; f++)
    for (size_t r = scan->first[f]; r != CHURN_NO_REQUEST; r = scan->next[r])
      for (size_t row = 0; row < rows->count && piece->marks[r] != SEEN; row++) {
        size_t length;
        const char *text = churn_rows_field(rows, row, f, &length);
        piece->marks[r] =
            join_marks(piece->marks[r], judge_field(&shared->rules, piece->marks[r], text, length));
      }
  return true;
}

static bool never(void *context)
{
  (void)context;
  return false;
}

static churn_status infer_piece(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  inference *shared = context;
  const churn_scan *scan = shared->scan;
  unsigned char *row = churn_array_new(shared->request_count, 1);
  churn_splitter splitter = {.starts = NULL};
  churn_status status = row == NULL ? churn_error_no_memory(error)
                                    : churn_splitter_start(scan->headings.count, &splitter, error);
  if (status != CHURN_OK)
    goto done;
  inference_piece piece = {shared, shared->marks + task * shared->request_count, row, 0};
  for (size_t r = 0; r < shared->request_count; r++)
    piece.marks[r] = MAY_ALL;
  churn_split_sink sink = {take_field, take_record, never, &piece, take_rows};
  churn_run_found found;
  status = churn_scan_run(&scan->document, scan->starts[task], scan->starts[task + 1],
                          scan->delimiter, &sink, &splitter, &found, &shared->faults[task], error);
  churn_document_let_go(&scan->document, scan->starts[task], scan->starts[task + 1]);
done:
  churn_splitter_end(&splitter);
  free(row);
  return status;
}

static churn_type type_of(unsigned char marks)
{
  if ((marks & SEEN) == 0 || (marks & MAY_NUMBER) != 0)
    return CHURN_TYPE_NUMBER;
  if ((marks & MAY_DAY) != 0)
    return CHURN_TYPE_DAY;
  return (marks & MAY_FLAG) != 0 ? CHURN_TYPE_FLAG : CHURN_TYPE_CATEGORY;
}

/* Joins what the pieces found. */
static void decide(const inference *shared, churn_column_request *requests)
{
  size_t count = shared->request_count;
  for (size_t r = 0; r < count; r++) {
    unsigned char marks = MAY_ALL;
    for (size_t p = 0; p < shared->scan->piece_count; p++) {
      marks = join_marks(marks, shared->marks[p * count + r]);
    }
    if (requests[r].type == CHURN_TYPE_INFER)
      requests[r].type = type_of(marks);
  }
}

/* *again: a piece before any fault starts inside quotes, so that the pieces must be cut by
 * counting. */
static churn_status infer_all(inference *shared, const churn_run *run, bool *again,
                              churn_error *error)
{
  const churn_scan *scan = shared->scan;
  size_t pieces = scan->piece_count;
  free(shared->marks);
  free(shared->faults);
  shared->marks = churn_array_new(pieces * shared->request_count, 1);
  shared->faults = churn_array_new(pieces, sizeof *shared->faults);
  if (shared->marks == NULL || shared->faults == NULL)
    return churn_error_no_memory(error);
  churn_status status = churn_parallel_run(pieces, infer_piece, shared, "find types", run, error);
  *again = false;
  for (size_t p = 0; status == CHURN_OK && p < pieces && !*again; p++) {
    *again = churn_fault_is_of_cut(scan, p, &shared->faults[p]);
    if (!*again && shared->faults[p].kind != CHURN_FAULT_NONE)
      status = churn_byte_fault_report(&scan->document, scan->delimiter, &shared->faults[p], error);
  }
  return status;
}

churn_status churn_table_infer(const char *path, const churn_format *format,
                               churn_column_request *requests, size_t request_count,
                               const churn_run *run, churn_error *error)
{
  churn_scan scan = {.piece_count = 0};
  churn_status status = churn_scan_open(path, format, run, requests, request_count, &scan, error);
  if (status != CHURN_OK)
    return status;
  inference shared = {.scan = &scan, .request_count = request_count};
  shared.rules = churn_value_rules_make(format);
  bool again = true;
  for (int counting = 0; counting < 2 && again && status == CHURN_OK; counting++) {
    status = churn_scan_cut(&scan, 0, counting != 0, run, error);
    if (status == CHURN_OK)
      status = infer_all(&shared, run, &again, error);
  }
  if (status == CHURN_OK)
    decide(&shared, requests);
  free(shared.faults);
  free(shared.marks);
  churn_scan_close(&scan);
  return status;
}
