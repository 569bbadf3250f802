/* Text that grows in memory, so that many threads can write pieces of one file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_BUFFER_H
#define CHURN_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed = empty. When memory runs out it says so in `failed` and takes no more, so that callers
 * may write on and look once. */
typedef struct churn_buffer {
  char *bytes;
  size_t used, capacity;
  bool failed;
} churn_buffer;

void churn_buffer_write(churn_buffer *buffer, const void *bytes, size_t length);

/* Room for `length` bytes behind the used ones, for who writes them there and adds to `used`; NULL
 * when memory ran out. */
char *churn_buffer_room(churn_buffer *buffer, size_t length);
void churn_buffer_number(churn_buffer *buffer, double value); /* as churn_number_format */

/* Room for `length` more bytes behind the last one, for who writes them and then adds to `used`;
 * NULL when memory ran out. */
char *churn_buffer_room(churn_buffer *buffer, size_t length);

/* One CSV field: quoted by RFC 4180 where it holds the comma, a quote, a line end, or
 * leading/trailing blanks. */
void churn_buffer_csv(churn_buffer *buffer, const char *text, size_t length);

/* True where a field must be quoted. */
bool churn_csv_needs_quotes(const char *text, size_t length);

/* Frees the bytes and leaves it empty. */
void churn_buffer_clear(churn_buffer *buffer);

#endif
