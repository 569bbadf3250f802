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

churn_status churn_copy_row(char *row, size_t length, const churn_copy_kind *kinds,
                            churn_spool *spool, churn_error *error)
{
  if (length > 0 && row[length - 1] == '\n')
    length--;
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
