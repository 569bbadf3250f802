/* One row of COPY text into the spool.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/copy_text.h"

#include <inttypes.h>
#include <string.h>

static char unescape(char letter)
{
  switch (letter) {
  case 'b':
    return '\b';
  case 'f':
    return '\f';
  case 'n':
    return '\n';
  case 'r':
    return '\r';
  case 't':
    return '\t';
  case 'v':
    return '\v';
  default:
    return letter;
  }
}

/* In place; the new length. */
static size_t unescape_all(char *text, size_t length)
{
  char *to = memchr(text, '\\', length);
  if (to == NULL)
    return length;
  for (const char *from = to, *end = text + length; from < end; from++)
    if (*from == '\\' && from + 1 < end)
      *to++ = unescape(*++from);
    else
      *to++ = *from;
  return (size_t)(to - text);
}

static void write_field(churn_spool *spool, char *text, size_t length, churn_copy_kind kind)
{
  if (length == 2 && text[0] == '\\' && text[1] == 'N')
    churn_spool_missing(spool);
  else if (kind == CHURN_COPY_BINARY)
    churn_spool_binary(spool);
  else if (kind == CHURN_COPY_TRUTH)
    churn_spool_text(spool, text[0] == 't' ? "true" : "false", text[0] == 't' ? 4 : 5);
  else
    churn_spool_text(spool, text, unescape_all(text, length));
}

/* A blank at an end of a field. */
static bool any_to_trim(const char *row, size_t length)
{
  const char *at = row, *end = row + length;
  while ((at = memchr(at, ' ', (size_t)(end - at))) != NULL) {
    if (at == row || at + 1 == end || at[-1] == '\t' || at[1] == '\t')
      return true;
    at++;
  }
  return false;
}

/* The way of nearly all rows: nothing is escaped, quoted or trimmed, and tabs become commas. False,
 * and nothing written, for all others. */
static bool copy_plain(const char *row, size_t length, churn_spool *spool)
{
  char *to = churn_buffer_room(&spool->pending, length);
  size_t tabs = 0;
  unsigned special = 0, blank = 0;
  if (to == NULL || spool->field_count == 1)
    return false;
  for (size_t i = 0; i < length; i++) {
    char c = row[i];
    special |= (unsigned)(c == '\\') | (unsigned)(c == '"') | (unsigned)(c == ',') |
               (unsigned)(c == '\r') | (unsigned)(c == '\n');
    blank |= (unsigned)(c == ' ');
    tabs += c == '\t';
    to[i] = c == '\t' ? ',' : c;
  }
  if (special != 0 || tabs + 1 != spool->field_count || (blank != 0 && any_to_trim(row, length)))
    return false;
  spool->pending.used += length;
  return true;
}

churn_status churn_copy_row(char *row, size_t length, const churn_copy_kind *kinds, bool all_text,
                            churn_spool *spool, churn_error *error)
{
  if (length > 0 && row[length - 1] == '\n')
    length--;
  if (all_text && copy_plain(row, length, spool))
    return churn_spool_end_row(spool, error);
  char *at = row, *end = row + length, *stop = NULL;
  size_t fields = 0;
  for (; stop != end && fields < spool->field_count; fields++) {
    stop = memchr(at, '\t', (size_t)(end - at));
    stop = stop == NULL ? end : stop;
    write_field(spool, at, (size_t)(stop - at), kinds[fields]);
    at = stop + 1;
  }
  if (stop != end || fields != spool->field_count)
    return churn_error_set_at(error, CHURN_MALFORMED, (churn_place){spool->name, 0, 0},
                              "the server's row %" PRIu64 " has another number of fields than the "
                              "%zu columns",
                              spool->rows + 1, spool->field_count);
  return churn_spool_end_row(spool, error);
}
