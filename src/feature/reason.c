/* A feature's value in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/reason.h"

#include "feature/compiled.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 4 };

/* Text that grows until it is full. */
typedef struct writer {
  char *text;
  size_t size;
  size_t used;
  bool cut;
} writer;

static void append(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(writer *w, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(w->text + w->used, w->size - w->used, format, arguments);
  va_end(arguments);
  size_t left = w->size - w->used - 1;
  w->cut = w->cut || (size_t)length > left;
  w->used += (size_t)length > left ? left : (size_t)length;
}

/* Takes back a UTF-8 character that was cut in two. */
static void mend_cut(writer *w)
{
  size_t lead = w->used;
  while (w->cut && lead > 0 && ((unsigned char)w->text[lead - 1] & 0xc0) == 0x80)
    lead--;
  if (!w->cut || lead == 0)
    return;
  unsigned char byte = (unsigned char)w->text[lead - 1];
  size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
  if (lead - 1 + length > w->used)
    w->text[lead - 1] = '\0';
}

/* At most DIGITS significant digits: a whole number of that many digits times a power of ten, read
 * back, so that the shortest text is exact. */
void churn_reason_number(double value, char text[CHURN_NUMBER_TEXT_SIZE])
{
  double rounded = value;
  if (value != 0 && isfinite(value)) {
    int power = (int)floor(log10(fabs(value))) - (DIGITS - 1);
    double scaled = power < -300 ? value : value * pow(10, -power);
    char exact[64];
    int length = snprintf(exact, sizeof exact, "%.0fe%d", scaled, power);
    if (power >= -300)
      churn_number_parse(exact, (size_t)length, '.', 0, &rounded);
  }
  churn_number_format(rounded, text);
}

static void append_value(writer *w, const churn_plan *plan, churn_value_type type, double value)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  const char *text = churn_plan_text(plan, value);
  churn_reason_number(value, number);
  if (type == CHURN_VALUE_TEXT)
    append(w, "%s", text == NULL ? "" : text);
  else if (type == CHURN_VALUE_TRUTH)
    append(w, "%s", value != 0 ? "yes" : "no");
  else
    append(w, "%s", number);
}

/* The expression's own text from byte `start` to `end`, on one line. */
static void append_source(writer *w, const char *text, size_t start, size_t end)
{
  for (size_t i = start; i < end; i++)
    append(w, "%c", text[i] == '\n' || text[i] == '\r' || text[i] == '\t' ? ' ' : text[i]);
}

/* A name as a person would write it: an underscore is a blank. */
static void append_name(writer *w, const char *name, size_t length)
{
  for (size_t i = 0; i < length; i++)
    append(w, "%c", name[i] == '_' ? ' ' : name[i]);
}

static void append_words(writer *w, const char *name)
{
  append_name(w, name, strlen(name));
}

/* What an aggregate looks at: the column's name, or the row expression as written. */
static void append_row(writer *w, const churn_plan *plan, const churn_compiled *compiled)
{
  const churn_node *row = compiled->root->aggregate->row;
  if (row->kind == CHURN_NODE_COLUMN)
    append_words(w, plan->schema->sources[row->source].columns[row->column].name);
  else
    append_source(w, compiled->text, row->start, row->end);
}

static void append_days(writer *w, int32_t days)
{
  append(w, "%" PRId32 " day%s", days, days == 1 ? "" : "s");
}

static bool is_selective(const churn_compiled *compiled)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  return a->where != NULL || a->window_days > 0;
}

/* " with severity >= 3 in 90 days up to 30 days ago". */
static void append_selection(writer *w, const churn_compiled *compiled)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  if (a->where != NULL) {
    append(w, " with ");
    append_source(w, compiled->text, a->where->start, a->where->end);
  }
  if (a->window_days > 0) {
    append(w, " in ");
    append_days(w, a->window_days);
  }
  if (a->lag_days > 0) {
    append(w, " up to ");
    append_days(w, a->lag_days);
    append(w, " ago");
  }
}

/* The history's name; one of it in the singular where the name looks like an English plural. */
static void append_history(writer *w, const char *name, bool one)
{
  size_t length = strlen(name);
  bool plural =
      one && length > 3 && name[length - 1] == 's' && strchr("sui", name[length - 2]) == NULL;
  bool changes = plural && strcmp(name + length - 3, "ies") == 0;
  append_name(w, name, changes ? length - 3 : plural ? length - 1 : length);
  if (changes)
    append(w, "y");
}

static void say_count(writer *w, const churn_compiled *compiled, double value, const char *number)
{
  append(w, "%s ", number);
  append_history(w, compiled->root->aggregate->history, value == 1);
  append_selection(w, compiled);
}

static void say_end(writer *w, const churn_plan *plan, const churn_compiled *compiled, double value)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  if (is_selective(compiled) || strcmp(a->kind->name, "last") != 0)
    append(w, "%s ", a->kind->name);
  append_row(w, plan, compiled);
  if (is_selective(compiled)) {
    append(w, " of ");
    append_words(w, a->history);
    append_selection(w, compiled);
  }
  append(w, ": ");
  append_value(w, plan, compiled->root->type, value);
}

static void say_change(writer *w, const churn_plan *plan, const churn_compiled *compiled,
                       double value)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_reason_number(fabs(value), number);
  append_row(w, plan, compiled);
  if (value == 0)
    append(w, " unchanged");
  else
    append(w, " %s %s", value > 0 ? "up" : "down", number);
  append_selection(w, compiled);
}

/* "41 days since the last change of rep_id": `between` stands before the row expression. */
static void say_days(writer *w, const churn_plan *plan, const churn_compiled *compiled,
                     double value, const char *number, const char *between)
{
  append(w, "%s day%s %s", number, value == 1 ? "" : "s", between);
  if (compiled->root->aggregate->row != NULL)
    append_row(w, plan, compiled);
  else
    append_words(w, compiled->root->aggregate->history);
  append_selection(w, compiled);
}

/* "12 days with engagements", "up to 41 days between engagements". */
static void say_active(writer *w, const churn_compiled *compiled, double value, const char *before,
                       const char *number, const char *between)
{
  append(w, "%s%s day%s %s ", before, number, value == 1 ? "" : "s", between);
  append_words(w, compiled->root->aggregate->history);
  append_selection(w, compiled);
}

/* "severity >= 3 in 33.3 % of complaints". */
static void say_share(writer *w, const churn_plan *plan, const churn_compiled *compiled,
                      double value)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_reason_number(100 * value, number);
  append_row(w, plan, compiled);
  append(w, " in %s %% of ", number);
  append_words(w, compiled->root->aggregate->history);
  append_selection(w, compiled);
}

/* Words for an aggregate; false where there are none. */
static bool say_aggregate(writer *w, const churn_plan *plan, const churn_compiled *compiled,
                          double value)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_reason_number(value, number);
  switch (a->kind->wording) {
  case CHURN_WORDS_ROWS:
    if (a->row != NULL)
      return false;
    say_count(w, compiled, value, number);
    return true;
  case CHURN_WORDS_AT_END:
    say_end(w, plan, compiled, value);
    return true;
  case CHURN_WORDS_CHANGE:
    say_change(w, plan, compiled, value);
    return true;
  case CHURN_WORDS_CHANGES:
    append(w, "%s change%s of ", number, value == 1 ? "" : "s");
    append_row(w, plan, compiled);
    append_selection(w, compiled);
    return true;
  case CHURN_WORDS_SINCE:
    say_days(w, plan, compiled, value, number, "since the last of ");
    return true;
  case CHURN_WORDS_SINCE_CHANGE:
    say_days(w, plan, compiled, value, number, "since the last change of ");
    return true;
  case CHURN_WORDS_UNTIL:
    say_days(w, plan, compiled, value, number, "until ");
    return true;
  case CHURN_WORDS_DAYS:
    say_active(w, compiled, value, "", number, "with");
    return true;
  case CHURN_WORDS_GAP:
    say_active(w, compiled, value, "up to ", number, "between");
    return true;
  case CHURN_WORDS_SHARE:
    say_share(w, plan, compiled, value);
    return true;
  case CHURN_WORDS_NONE:
    break;
  }
  return false;
}

static void say_label(writer *w, const churn_plan *plan, const churn_compiled *compiled,
                      const char *label, double value)
{
  if (compiled->root->type == CHURN_VALUE_NUMBER) {
    append_value(w, plan, CHURN_VALUE_NUMBER, value);
    append(w, " %s", label);
  } else {
    append(w, "%s: ", label);
    append_value(w, plan, compiled->root->type, value);
  }
}

static void say(writer *w, const churn_plan *plan, const churn_compiled *compiled, double value)
{
  const churn_node *root = compiled->root;
  if (root->kind == CHURN_NODE_AGGREGATE && say_aggregate(w, plan, compiled, value))
    return;
  bool column = root->kind == CHURN_NODE_COLUMN;
  append_words(w, column ? plan->schema->sources[root->source].columns[root->column].name
                         : compiled->name);
  append(w, "%s", column ? ": " : " = ");
  append_value(w, plan, root->type, value);
}

void churn_reason_text(const churn_plan *plan, size_t output, const char *label, double value,
                       char *text, size_t size)
{
  const churn_compiled *compiled = &plan->outputs[output];
  writer w = {text, size, 0, false};
  if (size == 0)
    return;
  text[0] = '\0';
  if (isnan(value) || compiled->root == NULL) {
    append(&w, "no value: ");
    append_words(&w, compiled->name);
  } else if (label != NULL)
    say_label(&w, plan, compiled, label, value);
  else
    say(&w, plan, compiled, value);
  mend_cut(&w);
}

bool churn_reason_around(const churn_plan *plan, size_t output, const char *label, size_t size,
                         char *before, char *after)
{
  const churn_compiled *compiled = &plan->outputs[output];
  const churn_node *root = compiled->root;
  if (root == NULL || root->type != CHURN_VALUE_NUMBER || root->kind == CHURN_NODE_AGGREGATE)
    return false;
  writer first = {before, size, 0, false}, last = {after, size, 0, false};
  before[0] = after[0] = '\0';
  if (label != NULL)
    append(&last, " %s", label);
  else if (root->kind == CHURN_NODE_COLUMN)
    append(&first, "%s: ", plan->schema->sources[root->source].columns[root->column].name);
  else
    append(&first, "%s = ", compiled->name);
  return !first.cut && !last.cut;
}
