/* Cuts a document at record boundaries. Quotes are counted block by block in parallel; a block's
 * starting state is the parity of the counts before it, and its cut is the first line end from
 * there on that is outside quotes. Cost: one pass over the bytes at memory speed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/scan.h"

#include <stdlib.h>

/* A piece's columns, while it is read, stay in the cache. */
#define PIECE_BYTES ((size_t)1 << 20)

/* Cuts after which the pages that were looked at are let go. */
enum { LET_GO = 32 };

typedef struct survey {
  const churn_document *document;
  const char *text;
  size_t from;
  size_t length;
  size_t block;
  bool *odd; /* per block: an odd number of quotes */
} survey;

size_t churn_count_quotes(const char *text, size_t from, size_t to)
{
  size_t quotes = 0;
  for (size_t i = from; i < to; i++)
    quotes += text[i] == '"';
  return quotes;
}

static churn_status count_quotes(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  survey *s = context;
  size_t from = s->from + task * s->block;
  size_t to = s->length - from < s->block ? s->length : from + s->block;
  s->odd[task] = churn_count_quotes(s->text, from, to) % 2 != 0;
  churn_document_let_go(s->document, from, to);
  return CHURN_OK;
}

/* A cut may part CR from LF: the LF then ends a blank line, which is no record, and one line end is
 * counted. */
size_t churn_find_cut(const char *text, size_t at, size_t to, bool inside)
{
  for (; at < to; at++) {
    inside ^= text[at] == '"';
    if (!inside && (text[at] == '\n' || text[at] == '\r'))
      return at + 1;
  }
  return to;
}

/* Fills starts[1..]; a block that lies wholly inside a record gives no piece. Returns the count.
 * Looking at a byte brings the pages round it in too, which in all are many. */
static size_t place_cuts(const survey *s, size_t blocks, size_t *starts)
{
  size_t count = 1;
  size_t touched = s->from;
  bool inside = false;
  for (size_t b = 1; b < blocks; b++) {
    inside ^= s->odd[b - 1];
    size_t at = s->from + b * s->block;
    if (at <= starts[count - 1])
      continue;
    size_t cut = churn_find_cut(s->text, at, s->length, inside);
    if (b % LET_GO == 0 || b + 1 == blocks) {
      churn_document_let_go(s->document, touched, cut);
      touched = cut;
    }
    if (cut < s->length)
      starts[count++] = cut;
    else
      break;
  }
  starts[count] = s->length;
  return count;
}

churn_status churn_scan_cut(churn_scan *scan, size_t piece_bytes, bool counting,
                            const churn_run *run, churn_error *error)
{
  const churn_document *document = &scan->document;
  survey s = {.document = document,
              .text = document->text,
              .from = scan->headings.body,
              .length = document->length};
  s.block = piece_bytes > 0 ? piece_bytes : PIECE_BYTES;
  size_t length = s.length - s.from;
  size_t blocks = length == 0 ? 1 : (length - 1) / s.block + 1;
  size_t *cuts = churn_array_new(blocks + 1, sizeof *cuts);
  s.odd = churn_array_new(blocks, sizeof *s.odd);
  churn_status status = CHURN_OK;
  if (cuts == NULL || s.odd == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  if (counting && blocks > 1)
    status = churn_parallel_run(blocks, count_quotes, &s, NULL, run, error);
  if (status != CHURN_OK)
    goto done;
  cuts[0] = s.from;
  scan->piece_count = place_cuts(&s, blocks, cuts);
  free(scan->starts);
  scan->starts = cuts;
  cuts = NULL;
done:
  free(cuts);
  free(s.odd);
  return status;
}
