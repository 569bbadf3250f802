/* Text of one field to a value.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/value.h"

#include "base/memory.h"
#include "base/number.h"
#include "source/encoding.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const default_missing[] = {"", "NA", "NaN", "NULL", "\\N"};

static bool is_word(const char *text)
{
  char padded[8] = "";
  double value;
  size_t length = strlen(text);
  memcpy(padded, text, length < sizeof padded ? length : sizeof padded);
  return churn_number_parse_word(padded, length, &value);
}

churn_value_rules churn_value_rules_make(const churn_format *format)
{
  churn_value_rules rules = {.missing = format->missing,
                             .missing_count = format->missing_count,
                             .date_format = format->date_format,
                             .utc_offset_minutes = format->utc_offset_minutes,
                             .decimal = format->decimal == 0 ? '.' : format->decimal,
                             .thousands = format->thousands};
  if (format->missing == NULL) {
    rules.missing = default_missing;
    rules.missing_count = sizeof default_missing / sizeof default_missing[0];
  }
  for (size_t i = 0; i < rules.missing_count; i++) {
    rules.may_be_missing[(unsigned char)rules.missing[i][0]] = true;
    rules.words_may_be_missing = rules.words_may_be_missing || is_word(rules.missing[i]);
  }
  rules.words = rules.decimal == '.' ? churn_words_choose() : NULL;
  rules.may_be_missing[' '] = true;
  rules.may_be_missing['\t'] = true;
  return rules;
}

bool churn_value_blank(const char *text, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (text[i] != ' ' && text[i] != '\t')
      return false;
  return true;
}

static bool is_token(const churn_value_rules *rules, const char *text, size_t length)
{
  for (size_t i = 0; i < rules->missing_count; i++)
    if (strlen(rules->missing[i]) == length && memcmp(rules->missing[i], text, length) == 0)
      return true;
  return false;
}

bool churn_value_missing(const churn_value_rules *rules, const char *text, size_t length)
{
  if (length == 0)
    return true;
  if (!rules->may_be_missing[(unsigned char)text[0]])
    return false;
  return is_token(rules, text, length) || churn_value_blank(text, length);
}

bool churn_value_number(const churn_value_rules *rules, const char *text, size_t length,
                        double *value)
{
  return churn_number_parse(text, length, rules->decimal, rules->thousands, value);
}

static int two_digits(const char *text)
{
  unsigned tens = (unsigned char)text[0] - (unsigned)'0';
  unsigned ones = (unsigned char)text[1] - (unsigned)'0';
  return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* YYYY-MM-DD alone, the form nearly all dates have; CHURN_DAY_MISSING for every other text. */
static churn_day parse_plain_day(const char *text, size_t length)
{
  if (length != 10 || text[4] != '-' || text[7] != '-')
    return CHURN_DAY_MISSING;
  int century = two_digits(text), year = two_digits(text + 2);
  if (century < 0 || year < 0)
    return CHURN_DAY_MISSING;
  return churn_day_from_civil(century * 100 + year, two_digits(text + 5), two_digits(text + 8));
}

bool churn_value_day(const churn_value_rules *rules, const char *text, size_t length,
                     churn_day *value)
{
  bool plain = rules->date_format == NULL && rules->utc_offset_minutes == 0;
  churn_day day = plain ? parse_plain_day(text, length) : CHURN_DAY_MISSING;
  if (day == CHURN_DAY_MISSING)
    day = churn_day_parse_format(text, length, rules->date_format, rules->utc_offset_minutes);
  /* An offset can carry the first or last day out of the range that can be written. */
  if (day == CHURN_DAY_MISSING || day < CHURN_DAY_FIRST || day > CHURN_DAY_LAST)
    return false;
  *value = day;
  return true;
}

bool churn_value_flag(const char *text, size_t length, double *value)
{
  static const struct {
    const char *word;
    double value;
  } words[] = {{"1", 1}, {"0", 0}, {"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (strlen(words[i].word) == length && strncasecmp(words[i].word, text, length) == 0) {
      *value = words[i].value;
      return true;
    }
  return false;
}

bool churn_value_day_or_gap(const churn_value_rules *rules, const char *text, size_t length,
                            bool missing, churn_day *value)
{
  *value = CHURN_DAY_MISSING;
  return missing || churn_value_day(rules, text, length, value);
}

bool churn_value_number_or_gap(const churn_value_rules *rules, churn_type type, const char *text,
                               size_t length, bool missing, double *value)
{
  *value = NAN;
  if (missing)
    return true;
  return type == CHURN_TYPE_FLAG ? churn_value_flag(text, length, value)
                                 : churn_value_number(rules, text, length, value);
}

static char *complain_number(const churn_value_rules *rules, const char *shown, const char *heading)
{
  char thousands[48] = "";
  if (rules->thousands != 0)
    snprintf(thousands, sizeof thousands, ", '%c' between groups of three digits",
             rules->thousands);
  return churn_text_format("\"%s\" is no number; expected digits, '%c' as decimal mark%s (column "
                           "\"%s\")",
                           shown, rules->decimal, thousands, heading);
}

char *churn_value_complaint(const churn_value_rules *rules, churn_type type, const char *heading,
                            const char *text, size_t length)
{
  char shown[CHURN_SHOWN_SIZE], column[CHURN_SHOWN_SIZE];
  churn_utf8_show(text, length, shown);
  churn_utf8_show(heading, strlen(heading), column);
  switch (type) {
  case CHURN_TYPE_NUMBER:
    return complain_number(rules, shown, column);
  case CHURN_TYPE_FLAG:
    return churn_text_format("\"%s\" is no flag; expected 1 or 0, true or false, yes or no (column "
                             "\"%s\")",
                             shown, column);
  case CHURN_TYPE_ID:
    return churn_text_format("the id is empty; every row needs one (column \"%s\")", column);
  default:
    return churn_text_format("\"%s\" is no day; expected %s (column \"%s\")", shown,
                             rules->date_format == NULL ? "YYYY-MM-DD" : rules->date_format,
                             column);
  }
}
