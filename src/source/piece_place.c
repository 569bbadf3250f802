/* Lines and places of rows: the walk over a piece that is made only where lines are kept or rows
 * were left out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "source/encoding.h"
#include "source/piece.h"
#include "source/record.h"

/* Fills the places and the bytes of a bad row whose record the walk stands on. */
static bool place_bad_row(const churn_scan *scan, const churn_record_walk *walk, churn_bad_row *bad)
{
  const churn_document *document = &scan->document;
  size_t at = walk->start;
  if (bad->by_field)
    at = churn_field_find(document->text, walk->start, walk->stop, scan->delimiter, bad->field);
  bad->line = walk->line + churn_document_line_ends(document, walk->start, at);
  bad->column = churn_document_column(document, at);
  bad->bytes = churn_text_copy(document->text + walk->start, walk->stop - walk->start);
  return bad->bytes != NULL;
}

churn_status churn_piece_find_places(churn_piece *piece, churn_error *error)
{
  const churn_scan *scan = piece->worker->reading->scan;
  size_t row = 0, bad = 0;
  churn_record_walk walk = {.text = scan->document.text,
                            .end = scan->starts[piece->number + 1],
                            .delimiter = scan->delimiter,
                            .by_row = scan->document.spool != NULL,
                            .next = scan->starts[piece->number]};
  uint64_t *lines = piece->worker->lines;
  size_t rows = lines == NULL ? 0 : piece->rows;
  for (uint64_t record = 0; row < rows || bad < piece->bad_kept; record++) {
    if (!churn_record_next(&walk))
      return churn_error_set(error, CHURN_INTERNAL, "the walk over records lost its way");
    if (row < rows && lines[row] == record)
      lines[row++] = walk.line;
    if (bad < piece->bad_kept && piece->bad[bad].record == record &&
        !place_bad_row(scan, &walk, &piece->bad[bad++]))
      return churn_error_no_memory(error);
  }
  return CHURN_OK;
}
