/* The place of a field of a row that was fine by itself: for messages about rows that contradict
 * each other. Tables keep lines only, so the file is walked once more. Cost: one pass over the
 * file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/record.h"
#include "source/scan.h"

#include <string.h>
#include <sys/stat.h>

/* A pipe with a name cannot be read again, and opening it might wait for ever. A database's row has
 * its number, and no line or column to look for. */
static bool can_read_again(const char *path)
{
  struct stat found;
  return strcmp(path, "-") == 0 || (stat(path, &found) == 0 && S_ISREG(found.st_mode));
}

static size_t field_of(const churn_headings *headings, const char *heading)
{
  size_t field = 0;
  while (field < headings->count && strcmp(headings->names[field], heading) != 0)
    field++;
  return field;
}

static void find_field(const churn_scan *scan, size_t field, churn_place *place)
{
  const churn_document *document = &scan->document;
  uint64_t first_line = 1 + churn_document_line_ends(document, 0, scan->headings.body);
  churn_record_walk walk = {.text = document->text,
                            .end = document->length,
                            .delimiter = scan->delimiter,
                            .next = scan->headings.body};
  while (churn_record_next(&walk) && first_line + walk.line <= place->line) {
    if (first_line + walk.line < place->line)
      continue;
    size_t at = churn_field_find(document->text, walk.start, walk.stop, scan->delimiter, field);
    place->line += churn_document_line_ends(document, walk.start, at);
    place->column = churn_document_column(document, at);
    return;
  }
}

churn_place churn_line_place(const char *path, const churn_format *format, uint64_t line,
                             const char *heading)
{
  churn_place place = {churn_input_name(path), line, 0};
  churn_scan scan;
  if (!can_read_again(path) ||
      churn_scan_open_headings(path, format, NULL, &scan, NULL) != CHURN_OK)
    return place;
  size_t field = field_of(&scan.headings, heading);
  if (field < scan.headings.count)
    find_field(&scan, field, &place);
  churn_scan_close(&scan);
  return place;
}

churn_place churn_table_place(const churn_table *table, const churn_format *format, size_t row,
                              const char *heading)
{
  return churn_line_place(table->path, format, table->lines[row], heading);
}
