/* Where records and fields stand in the bytes. The splitter gives no places, so faults and line
 * numbers are found by walking once more over a piece; only pieces that need it are walked.
 *
 * Valid for text that the splitter took without a fault: there a line end is inside a field exactly
 * when an odd number of quotes stands before it in the record.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_RECORD_H
#define CHURN_SOURCE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A walk over text[..end). Set `text`, `end`, `delimiter` and `next` (a record boundary), zero the
 * rest; then every call gives one record: bytes start..stop without the line end, and the line it
 * starts on, from 0 at the walk's start. `by_row`: the line is the number of records before it. */
typedef struct churn_record_walk {
  const char *text;
  size_t end;
  char delimiter;
  bool by_row;
  size_t next;
  uint64_t next_line;
  size_t start;
  size_t stop;
  uint64_t line;
} churn_record_walk;

/* False when there is no further record. Lines of blanks alone are no records. */
bool churn_record_next(churn_record_walk *walk);

/* Fields of one record: `at` is the first byte of the current field (its quote, if quoted) and
 * `behind` the byte after the field and its delimiter. Start with behind = record start; `end` is
 * the record's. False after the last field. */
typedef struct churn_field_walk {
  const char *text;
  size_t end;
  char delimiter;
  size_t at;
  size_t behind;
  bool ended;
} churn_field_walk;

bool churn_field_next(churn_field_walk *walk);

/* First byte of field `index` (from 0) of the record start..stop; its end when it has fewer. */
size_t churn_field_find(const char *text, size_t start, size_t stop, char delimiter, size_t index);

#endif
