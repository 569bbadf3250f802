/* The bytes of a file as stored. Place in the flow: first step of source/.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_INPUT_H
#define CHURN_SOURCE_INPUT_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>

/* All bytes of a file, mapped or on the heap. A zeroed one is empty and may be cleared. `bytes` is
 * never NULL after a read. */
typedef struct churn_input {
  char *bytes;
  size_t length;
  bool mapped;
} churn_input;

/* What messages call the file: its path, or "standard input" for "-". */
const char *churn_input_name(const char *path);

/* Reads `path` whole ("-" = standard input): a regular file is mapped, all else is read to memory.
 * NO_INPUT, PERMISSION, IO (also for a folder), NO_MEMORY. */
CHURN_MUST_USE churn_status churn_input_read(const char *path, churn_input *input,
                                             churn_error *error);

void churn_input_clear(churn_input *input);

/* Says that bytes from..to are not needed soon: pages of a mapped file stop counting as this
 * process's memory. They come back when they are read again. */
void churn_input_let_go(const churn_input *input, size_t from, size_t to);

#endif
