/* Text of one field to a value, by the format of the source. Plain functions, safe on any thread.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_VALUE_H
#define CHURN_SOURCE_VALUE_H

#include "base/type.h"
#include "source/words.h"

#include <churn/day.h>
#include <stdbool.h>
#include <stddef.h>

/* A format made ready; borrows its texts. */
typedef struct churn_value_rules {
  const char *const *missing;
  size_t missing_count;
  bool may_be_missing[256];  /* by first byte */
  churn_words_parse *words;  /* NULL = the decimal mark is another one */
  bool words_may_be_missing; /* 999 and the like */
  const char *date_format;
  int utc_offset_minutes;
  char decimal;
  char thousands;
} churn_value_rules;

churn_value_rules churn_value_rules_make(const churn_format *format);

/* Nothing, blanks alone, or exactly one of the tokens. */
bool churn_value_missing(const churn_value_rules *rules, const char *text, size_t length);

/* Nothing or blanks alone. */
bool churn_value_blank(const char *text, size_t length);

/* False, and *value untouched, when the text is not of the type. */
bool churn_value_number(const churn_value_rules *rules, const char *text, size_t length,
                        double *value);
bool churn_value_day(const churn_value_rules *rules, const char *text, size_t length,
                     churn_day *value);
bool churn_value_flag(const char *text, size_t length, double *value);

/* The same for a field that may be a gap, which is MISSING and NaN, and so is a text that is not of
 * the type. `type` is NUMBER or FLAG. */
bool churn_value_day_or_gap(const churn_value_rules *rules, const char *text, size_t length,
                            bool missing, churn_day *value);
bool churn_value_number_or_gap(const churn_value_rules *rules, churn_type type, const char *text,
                               size_t length, bool missing, double *value);

/* A fresh message: the text is not of the type, and what is accepted. NULL when memory ran out. */
char *churn_value_complaint(const churn_value_rules *rules, churn_type type, const char *heading,
                            const char *text, size_t length);

#endif
