/* The same bytes split twice.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "two_splits.h"

#include "source/block.h"

#include <stdlib.h>
#include <string.h>

/* All that came out, as bytes: fields and ends of records. */
typedef struct transcript {
  char *bytes;
  size_t length, capacity;
  size_t refuse, blocks, rows;
} transcript;

static void put(transcript *t, const void *bytes, size_t length)
{
  if (length == 0)
    return;
  if (t->length + length > t->capacity) {
    t->capacity = 2 * (t->length + length);
    t->bytes = realloc(t->bytes, t->capacity);
    if (t->bytes == NULL)
      abort();
  }
  memcpy(t->bytes + t->length, bytes, length);
  t->length += length;
}

static void take_field(void *text, size_t length, void *context)
{
  put(context, "f", 1);
  put(context, &length, sizeof length);
  put(context, text, length);
}

static void take_record(int end, void *context)
{
  (void)end;
  put(context, "r", 1);
}

static bool never(void *context)
{
  (void)context;
  return false;
}

static bool take_rows(const churn_rows *rows, void *context)
{
  transcript *t = context;
  t->blocks++;
  if (t->refuse > 0 && t->blocks % t->refuse == 0)
    return false;
  for (size_t row = 0; row < rows->count; row++) {
    for (size_t f = 0; f < rows->fields; f++) {
      size_t length;
      const char *text = churn_rows_field(rows, row, f, &length);
      put(t, "f", 1);
      put(t, &length, sizeof length);
      put(t, text, length);
    }
    put(t, "r", 1);
  }
  t->rows += rows->count;
  return true;
}

static const char *compare(const churn_document *document, const transcript *whole,
                           const churn_byte_fault *fault, const transcript *blocks,
                           const churn_byte_fault *found_fault, const churn_run_found *found)
{
  churn_line_sum sum = {0, 0};
  if (fault->kind != found_fault->kind)
    return "the fault";
  if (fault->kind != CHURN_FAULT_NONE && fault->at != found_fault->at)
    return "the place of the fault";
  if (whole->length != blocks->length ||
      (whole->length > 0 && memcmp(whole->bytes, blocks->bytes, whole->length) != 0))
    return "the fields";
  if (fault->kind != CHURN_FAULT_NONE)
    return NULL;
  churn_line_sum_add(&sum, document->text, document->length);
  if (sum.low != found->sum.low || sum.high != found->sum.high)
    return "the sum of the lines";
  return churn_document_line_ends(document, 0, document->length) == found->line_ends
             ? NULL
             : "the line ends";
}

const char *two_splits_differ(const two_splits *how, const char *text, size_t length, size_t *rows)
{
  churn_document document = {.name = "bytes", .text = text, .length = length};
  transcript whole = {.refuse = 0}, blocks = {.refuse = how->refuse};
  churn_split_sink sink = {take_field, take_record, never, &whole, NULL};
  churn_split_sink block_sink = {take_field, take_record, never, &blocks, take_rows};
  churn_byte_fault fault, found_fault;
  churn_run_found found;
  churn_splitter splitter;
  if (churn_splitter_start(how->fields, &splitter, NULL) != CHURN_OK)
    return "no memory";
  splitter.block = how->block < splitter.block ? how->block : splitter.block;
  splitter.fill = how->fill == NULL ? splitter.fill : how->fill;
  const char *differs = "no memory";
  if (churn_scan_split(&document, 0, length, how->delimiter, &sink, &fault, NULL) == CHURN_OK &&
      churn_scan_run(&document, 0, length, how->delimiter, &block_sink, &splitter, &found,
                     &found_fault, NULL) == CHURN_OK)
    differs = compare(&document, &whole, &fault, &blocks, &found_fault, &found);
  if (rows != NULL)
    *rows = blocks.rows;
  churn_splitter_end(&splitter);
  free(whole.bytes);
  free(blocks.bytes);
  return differs;
}
