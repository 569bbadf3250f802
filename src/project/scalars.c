/* Typed scalars: every one says what it expected when it finds something else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "base/suggest.h"
#include "project/reader.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* A century: far past any horizon, and no sum of a few of them overflows a day. */
enum { MOST_DAYS = 36525, MOST_MONTHS = 1200 };

static const churn_located nothing;

/* A scalar that is there and not empty; else a fault. */
static bool is_text(churn_reader *reader, const churn_yaml *node, const char *what,
                    const char *expected)
{
  if (node->kind == CHURN_YAML_SCALAR && node->text[0] != '\0')
    return true;
  const char *found = node->kind == CHURN_YAML_LIST      ? "a list"
                      : node->kind == CHURN_YAML_MAPPING ? "a mapping"
                      : node->plain                      ? "nothing"
                                                         : "an empty text";
  churn_reader_fault(reader, node, "%s: expected %s, found %s", what, expected, found);
  return false;
}

static void fault_wrong(churn_reader *reader, const churn_yaml *node, const char *what,
                        const char *expected)
{
  char shown[CHURN_SHOWN_SIZE];
  churn_reader_fault(reader, node, "%s: expected %s, found \"%s\"", what, expected,
                     churn_shown(node->text, shown));
}

churn_located churn_reader_text(churn_reader *reader, const churn_yaml *node, const char *what)
{
  if (node == NULL || !is_text(reader, node, what, "a text"))
    return nothing;
  return (churn_located){node->text, node->line, node->column};
}

churn_located churn_reader_any_text(churn_reader *reader, const churn_yaml *node, const char *what)
{
  bool quoted_empty =
      node != NULL && node->kind == CHURN_YAML_SCALAR && node->text[0] == '\0' && !node->plain;
  if (quoted_empty)
    return (churn_located){node->text, node->line, node->column};
  return churn_reader_text(reader, node, what);
}

/* True when a parenthesis, a "text" or a `name` is open where the expression ends. */
static bool is_unfinished(const char *text)
{
  int depth = 0;
  char quote = 0;
  for (; *text != '\0'; text++) {
    if (quote != 0)
      quote = *text == quote ? 0 : quote;
    else if (*text == '"' || *text == '`')
      quote = *text;
    else
      depth += (*text == '(') - (*text == ')');
  }
  return depth > 0 || quote != 0;
}

/* True when what follows a plain scalar is something that YAML, not the writer, ended it with. */
static bool cut_by_yaml(const churn_yaml *node)
{
  const char *rest = node->rest + strspn(node->rest, " \t");
  bool comment = *rest == '#' && rest > node->rest;
  return comment || (node->in_flow && *rest != '\0' && strchr(",]}[{:", *rest) != NULL);
}

churn_located churn_reader_expression(churn_reader *reader, const churn_yaml *node,
                                      const char *what)
{
  char shown[CHURN_SHOWN_SIZE];
  if (node == NULL || !is_text(reader, node, what,
                               node->in_flow || node->kind != CHURN_YAML_SCALAR
                                   ? "an expression (" CHURN_YAML_HINT ")"
                                   : "an expression"))
    return nothing;
  if (node->plain && is_unfinished(node->text) && cut_by_yaml(node)) {
    churn_reader_fault(reader, node, "%s: the expression is cut off after \"%s\"; " CHURN_YAML_HINT,
                       what, churn_shown(node->text, shown));
    return nothing;
  }
  return (churn_located){node->text, node->line, node->column};
}

uint64_t churn_reader_whole(churn_reader *reader, const churn_yaml *node, const char *what,
                            uint64_t most, uint64_t otherwise)
{
  uint64_t value = 0;
  if (node == NULL || !is_text(reader, node, what, "a whole number >= 0"))
    return otherwise;
  if (churn_whole_parse(node->text, strlen(node->text), &value) && value <= most)
    return value;
  fault_wrong(reader, node, what, "a whole number >= 0");
  return otherwise;
}

double churn_reader_number(churn_reader *reader, const churn_yaml *node, const char *what)
{
  double value = NAN;
  if (node == NULL || !is_text(reader, node, what, "a number"))
    return NAN;
  if (!churn_number_parse(node->text, strlen(node->text), '.', 0, &value))
    fault_wrong(reader, node, what, "a number with a decimal point");
  return value;
}

churn_day churn_reader_day(churn_reader *reader, const churn_yaml *node, const char *what)
{
  if (node == NULL || !is_text(reader, node, what, "a day like 2024-01-31"))
    return CHURN_DAY_MISSING;
  size_t length = strlen(node->text);
  churn_day day =
      length == CHURN_DAY_TEXT_SIZE - 1 ? churn_day_parse(node->text, length) : CHURN_DAY_MISSING;
  if (day == CHURN_DAY_MISSING)
    fault_wrong(reader, node, what, "a day like 2024-01-31");
  return day;
}

/* `COUNT UNIT` with or without a blank: days or months, the other 0. */
static bool parse_span(const char *text, uint64_t *days, uint64_t *months)
{
  static const struct {
    const char *name;
    uint64_t days, months;
  } units[] = {{"d", 1, 0},     {"day", 1, 0},   {"days", 1, 0},  {"w", 7, 0},
               {"week", 7, 0},  {"weeks", 7, 0}, {"month", 0, 1}, {"months", 0, 1},
               {"year", 0, 12}, {"years", 0, 12}};
  size_t digits = strspn(text, "0123456789");
  uint64_t count = 0;
  if (!churn_whole_parse(text, digits, &count) || count > MOST_DAYS)
    return false;
  const char *unit = text + digits + strspn(text + digits, " ");
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (strcmp(units[i].name, unit) == 0) {
      *days = count * units[i].days;
      *months = count * units[i].months;
      return *days <= MOST_DAYS && *months <= MOST_MONTHS;
    }
  return false;
}

int32_t churn_reader_days(churn_reader *reader, const churn_yaml *node, const char *what,
                          int32_t least)
{
  const char *expected = least > 0 ? "a number of whole days from 1d to 36525d, like 90d"
                                   : "a number of whole days from 0d to 36525d, like 14d";
  uint64_t days = 0, months = 0;
  if (node == NULL || !is_text(reader, node, what, expected))
    return 0;
  if (parse_span(node->text, &days, &months) && months == 0 && days >= (uint64_t)least)
    return (int32_t)days;
  fault_wrong(reader, node, what, expected);
  return 0;
}

bool churn_step_parse(const char *text, int32_t *days, int32_t *months)
{
  uint64_t read_days = 0, read_months = 0;
  if (!parse_span(text, &read_days, &read_months) || read_days + read_months == 0)
    return false;
  *days = (int32_t)read_days;
  *months = (int32_t)read_months;
  return true;
}

void churn_reader_step(churn_reader *reader, const churn_yaml *node, const char *what,
                       int32_t *days, int32_t *months)
{
  if (node == NULL || !is_text(reader, node, what, CHURN_STEP_EXPECTED))
    return;
  if (!churn_step_parse(node->text, days, months))
    fault_wrong(reader, node, what, CHURN_STEP_EXPECTED);
}

int churn_reader_choice(churn_reader *reader, const churn_yaml *node, const char *what,
                        const char *const *names, size_t count)
{
  char list[256], shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2];
  churn_join_names(names, count, list, sizeof list);
  if (node == NULL || !is_text(reader, node, what, list))
    return -1;
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], node->text) == 0)
      return (int)i;
  churn_reader_fault(reader, node, "%s: \"%s\" is not known%s; accepted: %s", what,
                     churn_shown(node->text, shown),
                     churn_did_you_mean(node->text, names, count, nearest), list);
  return -1;
}

bool churn_reader_flag(churn_reader *reader, const churn_yaml *node, const char *what)
{
  if (node == NULL || !is_text(reader, node, what, "true or false"))
    return false;
  if (strcasecmp(node->text, "true") == 0 || strcasecmp(node->text, "yes") == 0)
    return true;
  if (strcasecmp(node->text, "false") != 0 && strcasecmp(node->text, "no") != 0)
    fault_wrong(reader, node, what, "true or false");
  return false;
}
