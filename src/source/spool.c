/* Rows of a database written as text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/spool.h"

#include "base/memory.h"
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_BYTES = 1 << 20 };

churn_status churn_spool_new(const char *name, churn_spool **spool, churn_error *error)
{
  churn_spool *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  churn_status status = churn_text_set(&made->name, name, error);
  if (status == CHURN_OK)
    status = churn_temporary_open(&made->file, error);
  if (status == CHURN_OK)
    *spool = made;
  else
    churn_spool_free(made);
  return status;
}

void churn_spool_free(churn_spool *spool)
{
  if (spool == NULL)
    return;
  churn_temporary_close(spool->file);
  churn_buffer_clear(&spool->pending);
  free(spool->binary_row);
  free(spool->name);
  free(spool);
}

static churn_status flush(churn_spool *spool, churn_error *error)
{
  churn_buffer *pending = &spool->pending;
  uint64_t at;
  if (pending->failed)
    return churn_error_no_memory(error);
  churn_status status =
      churn_temporary_append(spool->file, pending->bytes, pending->used, &at, error);
  spool->length += pending->used;
  pending->used = 0;
  return status;
}

/* Separates a field from the one before it. */
static void begin_field(churn_spool *spool)
{
  if (spool->field++ > 0)
    churn_buffer_write(&spool->pending, ",", 1);
}

static bool needs_quotes(const char *text, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
      return true;
  return false;
}

static void write_quoted(churn_buffer *to, const char *text, size_t length)
{
  churn_buffer_write(to, "\"", 1);
  for (const char *end = text + length; text < end;) {
    const char *quote = memchr(text, '"', (size_t)(end - text));
    size_t run = quote == NULL ? (size_t)(end - text) : (size_t)(quote - text) + 1;
    churn_buffer_write(to, text, run);
    if (quote != NULL)
      churn_buffer_write(to, "\"", 1);
    text += run;
  }
  churn_buffer_write(to, "\"", 1);
}

void churn_spool_text(churn_spool *spool, const char *text, size_t length)
{
  begin_field(spool);
  while (length > 0 && (text[0] == ' ' || text[0] == '\t')) {
    text++;
    length--;
  }
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
    length--;
  if (needs_quotes(text, length))
    write_quoted(&spool->pending, text, length);
  else
    churn_buffer_write(&spool->pending, text, length);
}

void churn_spool_number(churn_spool *spool, double value)
{
  begin_field(spool);
  churn_buffer_number(&spool->pending, value);
}

void churn_spool_whole(churn_spool *spool, int64_t value)
{
  char text[CHURN_NUMBER_TEXT_SIZE];
  int length = snprintf(text, sizeof text, "%" PRId64, value);
  begin_field(spool);
  churn_buffer_write(&spool->pending, text, (size_t)length);
}

void churn_spool_missing(churn_spool *spool)
{
  begin_field(spool);
}

void churn_spool_binary(churn_spool *spool)
{
  if (spool->binary_row[spool->field] == 0)
    spool->binary_row[spool->field] = spool->rows + 1;
  begin_field(spool);
}

/* A line without any text would be a blank line, which is no record. */
static void end_line(churn_spool *spool)
{
  churn_buffer *pending = &spool->pending;
  bool blank = pending->used == 0 || pending->bytes[pending->used - 1] == '\n';
  if (blank && spool->field == 1)
    churn_buffer_write(pending, "\"\"", 2);
  churn_buffer_write(pending, "\n", 1);
  spool->field = 0;
}

churn_status churn_spool_end_headings(churn_spool *spool, churn_error *error)
{
  spool->field_count = spool->field;
  spool->binary_row = churn_array_new(spool->field_count, sizeof *spool->binary_row);
  end_line(spool);
  return spool->binary_row == NULL || spool->pending.failed ? churn_error_no_memory(error)
                                                            : CHURN_OK;
}

churn_status churn_spool_end_row(churn_spool *spool, churn_error *error)
{
  end_line(spool);
  spool->rows++;
  return spool->pending.used >= FLUSH_BYTES ? flush(spool, error) : CHURN_OK;
}

churn_status churn_spool_finish(churn_spool *spool, churn_error *error)
{
  const void *text = NULL;
  churn_status status = flush(spool, error);
  churn_buffer_clear(&spool->pending);
  if (status == CHURN_OK)
    status = churn_temporary_map(spool->file, spool->length, &text, error);
  if (status == CHURN_OK)
    spool->text = text;
  return status;
}
