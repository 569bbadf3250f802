/* Types of columns from every value in the file. Each piece strikes out the types that its values
 * are not; what is left in all pieces decides.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/scan.h"
#include "source/value.h"

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

static void take_field(void *text, size_t length, void *context)
{
  inference_piece *piece = context;
  const inference *shared = piece->shared;
  const churn_scan *scan = shared->scan;
  if (piece->field < scan->headings.count)
    for (size_t r = scan->first[piece->field]; r != CHURN_NO_REQUEST; r = scan->next[r])
      piece->row[r] = churn_value_missing(&shared->rules, text, length)
                          ? MAY_ALL
                          : judge_value(&shared->rules, piece->marks[r], text, length);
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
        piece->marks[r] = (unsigned char)((piece->marks[r] & piece->row[r] & MAY_ALL) |
                                          ((piece->marks[r] | piece->row[r]) & SEEN));
  piece->field = 0;
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
  if (row == NULL)
    return churn_error_no_memory(error);
  inference_piece piece = {shared, shared->marks + task * shared->request_count, row, 0};
  for (size_t r = 0; r < shared->request_count; r++)
    piece.marks[r] = MAY_ALL;
  churn_split_sink sink = {take_field, take_record, never, &piece};
  churn_status status =
      churn_scan_split(&scan->document, scan->starts[task], scan->starts[task + 1], scan->delimiter,
                       &sink, &shared->faults[task], error);
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
      unsigned char found = shared->marks[p * count + r];
      marks = (unsigned char)((marks & found & MAY_ALL) | ((marks | found) & SEEN));
    }
    if (requests[r].type == CHURN_TYPE_INFER)
      requests[r].type = type_of(marks);
  }
}

static churn_status infer_all(inference *shared, const churn_run *run, churn_error *error)
{
  const churn_scan *scan = shared->scan;
  shared->marks = churn_array_new(scan->piece_count * shared->request_count, 1);
  shared->faults = churn_array_new(scan->piece_count, sizeof *shared->faults);
  if (shared->marks == NULL || shared->faults == NULL)
    return churn_error_no_memory(error);
  churn_status status =
      churn_parallel_run(scan->piece_count, infer_piece, shared, "find types", run, error);
  for (size_t p = 0; status == CHURN_OK && p < scan->piece_count; p++)
    if (shared->faults[p].kind != CHURN_FAULT_NONE)
      status = churn_byte_fault_report(&scan->document, scan->delimiter, &shared->faults[p], error);
  return status;
}

churn_status churn_table_infer(const char *path, const churn_format *format,
                               churn_column_request *requests, size_t request_count,
                               const churn_run *run, churn_error *error)
{
  churn_scan scan = {.piece_count = 0};
  churn_status status =
      churn_scan_open(path, format, requests, request_count, 0, run, &scan, error);
  if (status != CHURN_OK)
    return status;
  inference shared = {.scan = &scan, .request_count = request_count};
  shared.rules = churn_value_rules_make(format);
  status = infer_all(&shared, run, error);
  if (status == CHURN_OK)
    decide(&shared, requests);
  free(shared.faults);
  free(shared.marks);
  churn_scan_close(&scan);
  return status;
}
