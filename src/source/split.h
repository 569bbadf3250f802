/* Bytes into fields: the one step that knows the CSV grammar, behind two callbacks. libcsv in
 * strict mode is the parser of record; block.c passes it by only where it would give the same
 * fields.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_SPLIT_H
#define CHURN_SOURCE_SPLIT_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>

struct churn_rows;

/* Who takes the fields. The fields of a record come in order, then the record's end. `text` is not
 * terminated, lives until the callback returns, and is NULL for an unquoted field without text (a
 * quoted one has an address and length 0). Blanks round an unquoted field are gone; blank lines
 * make no record. `stopped` is asked now and then: true ends the work. (The callbacks have
 * libcsv's own shape, so that no call stands between.) `rows` takes many records at once, or
 * refuses them all and leaves no trace: then they come field by field. churn_split never calls it.
 */
typedef struct churn_split_sink {
  void (*field)(void *text, size_t length, void *context);
  void (*record)(int end, void *context);
  bool (*stopped)(void *context);
  void *context;
  bool (*rows)(const struct churn_rows *rows, void *context);
} churn_split_sink;

typedef enum churn_split_fault {
  CHURN_SPLIT_CLEAN,
  CHURN_SPLIT_STRAY_QUOTE,      /* a quote inside an unquoted field; at = the quote */
  CHURN_SPLIT_TEXT_AFTER_QUOTE, /* at = the byte behind the closing quote (and blanks) */
  CHURN_SPLIT_UNCLOSED_QUOTE    /* at = length */
} churn_split_fault;

/* Splits text[0..length), which starts at a record. `finish` says that the text ends there too:
 * then a last record without line end is one. *fault and *at tell what breaks the grammar first;
 * all records before it were given to the sink. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_split(const char *text, size_t length, bool finish,
                                        char delimiter, const churn_split_sink *sink,
                                        churn_split_fault *fault, size_t *at, churn_error *error);

#endif
