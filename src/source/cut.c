/* Cuts a document at record boundaries. Quotes are counted block by block in parallel; a block's
 * starting state is the parity of the counts before it, and its cut is the first line end from
 * there on that is outside quotes. Cost: one pass over the bytes at memory speed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "source/scan.h"

#include <stdlib.h>

/* Few large pieces: each has dictionaries of its own, and merging them costs a look-up a text. */
enum { PIECES_PER_THREAD = 2 };
#define LEAST_PIECE ((size_t)1 << 20)
#define MOST_PIECE ((size_t)1 << 28)

typedef struct survey {
  const char *text;
  size_t from;
  size_t length;
  size_t block;
  bool *odd; /* per block: an odd number of quotes */
} survey;

static size_t choose_block(size_t length, size_t piece_bytes, const churn_run *run)
{
  if (piece_bytes > 0)
    return piece_bytes;
  size_t pieces = (size_t)churn_parallel_threads(run) * PIECES_PER_THREAD;
  size_t block = length / pieces + 1;
  return block < LEAST_PIECE ? LEAST_PIECE : block > MOST_PIECE ? MOST_PIECE : block;
}

static churn_status count_quotes(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  survey *s = context;
  size_t from = s->from + task * s->block;
  size_t to = s->length - from < s->block ? s->length : from + s->block;
  size_t quotes = 0;
  for (size_t i = from; i < to; i++)
    quotes += s->text[i] == '"';
  s->odd[task] = quotes % 2 != 0;
  return CHURN_OK;
}

/* The first cut at or behind `at`, where `inside` tells whether `at` is inside quotes. A cut may
 * part CR from LF: the LF then ends a blank line, which is no record, and one line end is counted.
 */
static size_t find_cut(const survey *s, size_t at, bool inside)
{
  for (; at < s->length; at++) {
    inside ^= s->text[at] == '"';
    if (!inside && (s->text[at] == '\n' || s->text[at] == '\r'))
      return at + 1;
  }
  return s->length;
}

/* Fills starts[1..]; a block that lies wholly inside a record gives no piece. Returns the count. */
static size_t place_cuts(const survey *s, size_t blocks, size_t *starts)
{
  size_t count = 1;
  bool inside = false;
  for (size_t b = 1; b < blocks; b++) {
    inside ^= s->odd[b - 1];
    size_t at = s->from + b * s->block;
    if (at <= starts[count - 1])
      continue;
    size_t cut = find_cut(s, at, inside);
    if (cut < s->length)
      starts[count++] = cut;
    else
      break;
  }
  starts[count] = s->length;
  return count;
}

churn_status churn_cut(const churn_document *document, size_t from, size_t piece_bytes,
                       const churn_run *run, size_t **starts, size_t *piece_count,
                       churn_error *error)
{
  size_t length = document->length - from;
  survey s = {.text = document->text, .from = from, .length = document->length};
  s.block = choose_block(length, piece_bytes, run);
  size_t blocks = length == 0 ? 1 : (length - 1) / s.block + 1;
  size_t *cuts = churn_array_new(blocks + 1, sizeof *cuts);
  s.odd = churn_array_new(blocks, sizeof *s.odd);
  churn_status status = CHURN_OK;
  if (cuts == NULL || s.odd == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  if (blocks > 1)
    status = churn_parallel_run(blocks, count_quotes, &s, NULL, run, error);
  if (status != CHURN_OK)
    goto done;
  cuts[0] = from;
  *piece_count = place_cuts(&s, blocks, cuts);
  *starts = cuts;
  cuts = NULL;
done:
  free(cuts);
  free(s.odd);
  return status;
}
