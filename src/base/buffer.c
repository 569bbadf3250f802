/* Text that grows in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

char *churn_buffer_room(churn_buffer *buffer, size_t length)
{
  if (length > buffer->capacity - buffer->used)
    buffer->failed = buffer->failed || !churn_array_reserve(&buffer->bytes, &buffer->capacity,
                                                            buffer->used + length, 1);
  return buffer->failed ? NULL : buffer->bytes + buffer->used;
}

void churn_buffer_write(churn_buffer *buffer, const void *bytes, size_t length)
{
  char *to = churn_buffer_room(buffer, length);
  if (to == NULL || length == 0)
    return;
  memcpy(to, bytes, length);
  buffer->used += length;
}

void churn_buffer_number(churn_buffer *buffer, double value)
{
  char *to = churn_buffer_room(buffer, CHURN_NUMBER_TEXT_SIZE);
  if (to != NULL)
    buffer->used += churn_number_format(value, to);
}

bool churn_csv_needs_quotes(const char *text, size_t length)
{
  if (length == 0)
    return false;
  if (text[0] == ' ' || text[length - 1] == ' ' || text[0] == '\t' || text[length - 1] == '\t')
    return true;
  for (size_t i = 0; i < length; i++)
    if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
      return true;
  return false;
}

void churn_buffer_csv(churn_buffer *buffer, const char *text, size_t length)
{
  if (!churn_csv_needs_quotes(text, length)) {
    churn_buffer_write(buffer, text, length);
    return;
  }
  churn_buffer_write(buffer, "\"", 1);
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '"')
      churn_buffer_write(buffer, "\"", 1);
    churn_buffer_write(buffer, &text[i], 1);
  }
  churn_buffer_write(buffer, "\"", 1);
}

void churn_buffer_clear(churn_buffer *buffer)
{
  free(buffer->bytes);
  *buffer = (churn_buffer){0};
}
