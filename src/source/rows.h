/* Rows of a block without quotes, as places in the text: what the splitter gives where no grammar
 * is needed, and their conversion column by column.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_ROWS_H
#define CHURN_SOURCE_ROWS_H

#include "base/dictionary.h"
#include "source/value.h"

/* `count` rows of `fields` fields: field f of row r stands behind starts[r * fields + f] and ends
 * before the separator that is in front of the next start. `returns`: a row may end with CR LF. */
typedef struct churn_rows {
  const char *text;
  const char *readable; /* bytes up to here may be read */
  const uint32_t *starts;
  size_t count;
  size_t fields;
  bool returns;
} churn_rows;

/* The text of a field, without the blanks round it. */
static inline const char *churn_rows_field(const churn_rows *rows, size_t row, size_t field,
                                           size_t *length)
{
  const uint32_t *start = rows->starts + row * rows->fields + field;
  const char *from = rows->text + start[0], *to = rows->text + start[1] - 1;
  if (rows->returns && field + 1 == rows->fields && to > from && to[-1] == '\r')
    to--;
  if (from < to && (unsigned char)*from > ' ' && (unsigned char)to[-1] > ' ') {
    *length = (size_t)(to - from);
    return from;
  }
  while (from < to && (*from == ' ' || *from == '\t'))
    from++;
  while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
    to--;
  *length = (size_t)(to - from);
  return from;
}

/* Months seen lately, each with its first day: dates of a file share few of them. A place for every
 * month of ten years, found by the low bits of the digits. */
enum { CHURN_MONTHS = 16 << 5 };

typedef struct churn_month {
  uint64_t text; /* YYYY-MM-; 0 = none */
  churn_day first;
  int days;
} churn_month;

/* Short texts seen lately, with their codes. */
enum { CHURN_RECENT_TEXTS = 256, CHURN_RECENT_LENGTH = 16 };

typedef struct churn_recent_text {
  uint64_t bytes[2];
  size_t length; /* 0 = none */
  uint32_t code;
} churn_recent_text;

/* One field of all rows as values. False when a field is not of the type: then the values are
 * undefined. */
bool churn_rows_days(const churn_rows *rows, size_t field, const churn_value_rules *rules,
                     churn_month *months, churn_day *days);
bool churn_rows_numbers(const churn_rows *rows, size_t field, const churn_value_rules *rules,
                        double *numbers);
bool churn_rows_flags(const churn_rows *rows, size_t field, const churn_value_rules *rules,
                      double *numbers);

/* True when the field is empty in some row. */
bool churn_rows_any_empty(const churn_rows *rows, size_t field);

/* Codes of a category, of an id that is added where it is new, and of an id that is known or not
 * (CHURN_CODE_MISSING). Errors of churn_dictionary_add. */
CHURN_MUST_USE churn_status churn_rows_categories(const churn_rows *rows, size_t field,
                                                  const churn_value_rules *rules,
                                                  churn_recent_text *recent,
                                                  churn_dictionary *levels, uint32_t *codes);
CHURN_MUST_USE churn_status churn_rows_ids(const churn_rows *rows, size_t field,
                                           churn_dictionary *levels, uint32_t *codes);
void churn_rows_known_ids(const churn_rows *rows, size_t field, const churn_dictionary *known,
                          uint32_t *codes);

#endif
