/* JSON text built in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MODEL_TEXT_H
#define CHURN_MODEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed = empty. `failed` is set when memory ran out; callers may append on and look at the end.
 * Free `bytes`. */
typedef struct churn_json_text {
  char *bytes; /* not terminated */
  size_t length;
  size_t capacity;
  bool failed;
} churn_json_text;

void churn_json_append(churn_json_text *text, const char *plain);

/* The same of bytes [length]; NULL for none. */
void churn_json_append_bytes(churn_json_text *text, const char *bytes, size_t length);

/* A line end and `indent` blanks. */
void churn_json_line(churn_json_text *text, int indent);

/* A JSON string; control characters and DEL are escaped, all else stands as it is. */
void churn_json_quote(churn_json_text *text, const char *plain);

/* The shortest text that a JSON reader turns back into the same bits (negative zero as -0.0: -0
 * would be the whole number 0). `value` is finite. */
void churn_json_number(churn_json_text *text, double value);

void churn_json_whole(churn_json_text *text, uint64_t value);

/* True when `plain` is UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
bool churn_utf8_valid(const char *plain);

#endif
