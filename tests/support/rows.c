/* A plain CSV as rows of texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"

#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static char *inflate_file(const char *path)
{
  gzFile file = gzopen(path, "rb");
  size_t used = 0, size = 1 << 20;
  char *bytes = malloc(size);
  if (file == NULL || bytes == NULL)
    fail_msg("cannot read %s", path);
  for (int got; (got = gzread(file, bytes + used, (unsigned)(size - used - 1))) > 0;) {
    used += (size_t)got;
    if (used + 1 == size)
      bytes = realloc(bytes, size *= 2);
  }
  gzclose(file);
  bytes[used] = '\0';
  return bytes;
}

/* Ends the cell at `at` and gives where the next one begins; quotes are taken off in place. */
static char *end_cell(char *at, char **cell, char *separator)
{
  char *out = at;
  bool quoted = *at == '"';
  *cell = at;
  at += quoted;
  for (; *at != '\0' && (quoted || (*at != ',' && *at != '\n')); at++) {
    if (quoted && *at == '"') {
      if (at[1] != '"') {
        at++;
        break;
      }
      at++;
    }
    *out++ = *at;
  }
  *separator = *at;
  if (out > *cell && out[-1] == '\r')
    out--;
  char *next = *at == '\0' ? at : at + 1;
  *out = '\0';
  return next;
}

rows rows_read(const char *path)
{
  rows r = {.bytes = inflate_file(path)};
  size_t capacity = 0, used = 0;
  for (char *at = r.bytes; *at != '\0';) {
    if (used == capacity)
      r.cells = realloc(r.cells, (capacity = capacity * 2 + 4096) * sizeof *r.cells);
    char separator;
    at = end_cell(at, &r.cells[used++], &separator);
    if (separator != ',' && r.columns == 0)
      r.columns = used;
  }
  r.count = r.columns == 0 ? 0 : used / r.columns;
  return r;
}

void rows_free(rows *r)
{
  free(r->bytes);
  free(r->cells);
}

size_t rows_column(const rows *r, const char *heading)
{
  for (size_t c = 0; c < r->columns; c++)
    if (strcmp(r->cells[c], heading) == 0)
      return c;
  fail_msg("no column %s", heading);
  return 0;
}

const char *rows_text(const rows *r, size_t row, size_t column)
{
  return r->cells[row * r->columns + column];
}

double rows_number(const rows *r, size_t row, size_t column)
{
  const char *text = rows_text(r, row, column);
  return text[0] == '\0' ? NAN : strtod(text, NULL);
}
