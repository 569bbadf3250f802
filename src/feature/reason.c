/* A feature's value in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/reason.h"

#include "feature/compiled.h"
#include "feature/reason_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS = 4 };

/* Takes back a UTF-8 character that was cut in two. */
static void mend_cut(churn_writer *w)
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

static void append_value(churn_writer *w, const churn_plan *plan, churn_value_type type,
                         double value)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  const char *text = churn_plan_text(plan, value);
  churn_reason_number(value, number);
  if (type == CHURN_VALUE_TEXT)
    churn_say(w, "%s", text == NULL ? "" : text);
  else if (type == CHURN_VALUE_TRUTH)
    churn_say(w, "%s", value != 0 ? "yes" : "no");
  else
    churn_say(w, "%s", number);
}

/* What an aggregate looks at: the column's name, or the row expression as written. */
static void append_row(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled)
{
  const churn_node *row = compiled->root->aggregate->row;
  if (row->kind == CHURN_NODE_COLUMN)
    churn_say_words(w, plan->schema->sources[row->source].columns[row->column].name);
  else
    churn_say_source(w, compiled->text, row->start, row->end);
}

static void append_days(churn_writer *w, int32_t days)
{
  churn_say(w, "%" PRId32 " day%s", days, days == 1 ? "" : "s");
}

static bool is_selective(const churn_compiled *compiled)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  return a->where != NULL || a->window_days > 0;
}

/* " with severity >= 3 in 90 days up to 30 days ago". */
static void append_selection(churn_writer *w, const churn_plan *plan,
                             const churn_compiled *compiled)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  if (a->where != NULL)
    churn_say_condition(w, plan, compiled->text, a->where);
  if (a->window_days > 0) {
    churn_say(w, " in ");
    append_days(w, a->window_days);
  }
  if (a->lag_days > 0) {
    churn_say(w, " up to ");
    append_days(w, a->lag_days);
    churn_say(w, " ago");
  }
}

/* Bytes of text[0..length) that stay when the word is put into the singular: fewer than all where
 * it looks like an English plural; *ies: a "y" follows them. */
static size_t singular(const char *text, size_t length, bool *ies)
{
  bool plural = length > 3 && text[length - 1] == 's' && strchr("sui", text[length - 2]) == NULL;
  *ies = plural && strncmp(text + length - 3, "ies", 3) == 0;
  return *ies ? length - 3 : plural ? length - 1 : length;
}

/* A name whose last word is put into the singular where there is one of it. */
static void append_counted(churn_writer *w, const char *text, size_t length, bool one)
{
  bool ies = false;
  size_t kept = one ? singular(text, length, &ies) : length;
  churn_say_name(w, text, kept);
  if (ies)
    churn_say(w, "y");
}

static void say_count(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                      double value, const char *number)
{
  const char *history = compiled->root->aggregate->history;
  churn_say(w, "%s ", number);
  append_counted(w, history, strlen(history), value == 1);
  append_selection(w, plan, compiled);
}

static void say_end(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                    double value)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  if (is_selective(compiled) || strcmp(a->kind->name, "last") != 0)
    churn_say(w, "%s ", a->kind->name);
  append_row(w, plan, compiled);
  if (is_selective(compiled)) {
    churn_say(w, " of ");
    churn_say_words(w, a->history);
    append_selection(w, plan, compiled);
  }
  churn_say(w, ": ");
  append_value(w, plan, compiled->root->type, value);
}

static void say_change(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                       double value)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_reason_number(fabs(value), number);
  append_row(w, plan, compiled);
  if (value == 0)
    churn_say(w, " unchanged");
  else
    churn_say(w, " %s %s", value > 0 ? "up" : "down", number);
  append_selection(w, plan, compiled);
}

/* "41 days since the last change of rep_id": `between` stands before the row expression. */
static void say_days(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                     double value, const char *number, const char *between)
{
  churn_say(w, "%s day%s %s", number, value == 1 ? "" : "s", between);
  if (compiled->root->aggregate->row != NULL)
    append_row(w, plan, compiled);
  else
    churn_say_words(w, compiled->root->aggregate->history);
  append_selection(w, plan, compiled);
}

/* "12 days with engagements", "up to 41 days between engagements". */
static void say_active(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                       double value, const char *before, const char *number, const char *between)
{
  churn_say(w, "%s%s day%s %s ", before, number, value == 1 ? "" : "s", between);
  churn_say_words(w, compiled->root->aggregate->history);
  append_selection(w, plan, compiled);
}

/* "severity >= 3 in 33.3 % of complaints". */
static void say_share(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                      double value)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_reason_number(100 * value, number);
  append_row(w, plan, compiled);
  churn_say(w, " in %s %% of ", number);
  churn_say_words(w, compiled->root->aggregate->history);
  append_selection(w, plan, compiled);
}

/* "mean severity of complaints in 90 days: 2.5". */
static bool say_figure(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                       const char *word, double value)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  if (compiled->root->type != CHURN_VALUE_NUMBER)
    return false;
  churn_say(w, "%s ", word);
  append_row(w, plan, compiled);
  churn_say(w, " of ");
  churn_say_words(w, a->history);
  append_selection(w, plan, compiled);
  churn_say(w, ": ");
  append_value(w, plan, CHURN_VALUE_NUMBER, value);
  return true;
}

/* Words for an aggregate; false where there are none. */
static bool say_aggregate(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                          double value)
{
  const churn_aggregate_node *a = compiled->root->aggregate;
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_reason_number(value, number);
  switch (a->kind->wording) {
  case CHURN_WORDS_ROWS:
    if (a->row != NULL)
      return false;
    say_count(w, plan, compiled, value, number);
    return true;
  case CHURN_WORDS_AT_END:
    say_end(w, plan, compiled, value);
    return true;
  case CHURN_WORDS_CHANGE:
    say_change(w, plan, compiled, value);
    return true;
  case CHURN_WORDS_CHANGES:
    churn_say(w, "%s change%s of ", number, value == 1 ? "" : "s");
    append_row(w, plan, compiled);
    append_selection(w, plan, compiled);
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
    say_active(w, plan, compiled, value, "", number, "with");
    return true;
  case CHURN_WORDS_GAP:
    say_active(w, plan, compiled, value, "up to ", number, "between");
    return true;
  case CHURN_WORDS_SHARE:
    say_share(w, plan, compiled, value);
    return true;
  case CHURN_WORDS_SUM:
    return say_figure(w, plan, compiled, "total", value);
  case CHURN_WORDS_MEAN:
    return say_figure(w, plan, compiled, "mean", value);
  case CHURN_WORDS_LEAST:
    return say_figure(w, plan, compiled, "lowest", value);
  case CHURN_WORDS_MOST:
    return say_figure(w, plan, compiled, "highest", value);
  case CHURN_WORDS_NONE:
    break;
  }
  return false;
}

/* Its first word is what is counted: "tickets still open". */
static void append_label(churn_writer *w, const char *label, bool one)
{
  size_t word = strcspn(label, " ");
  bool ies = false;
  size_t kept = one ? singular(label, word, &ies) : word;
  churn_say(w, "%.*s%s%s", (int)kept, label, ies ? "y" : "", label + word);
}

static void say_label(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                      const char *label, double value)
{
  if (compiled->root->type == CHURN_VALUE_NUMBER) {
    append_value(w, plan, CHURN_VALUE_NUMBER, value);
    churn_say(w, " ");
    append_label(w, label, value == 1);
  } else {
    churn_say(w, "%s: ", label);
    append_value(w, plan, compiled->root->type, value);
  }
}

/* "region: ", "usage trend = ": what stands before the value. */
static void say_name(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled)
{
  const churn_node *root = compiled->root;
  bool column = root->kind == CHURN_NODE_COLUMN;
  churn_say_words(w, column ? plan->schema->sources[root->source].columns[root->column].name
                            : compiled->name);
  churn_say(w, column ? ": " : " = ");
}

static bool is_tenure(const churn_node *root)
{
  return root->kind == CHURN_NODE_OPERATION && root->operation == CHURN_SUBTRACT &&
         root->children[0]->kind == CHURN_NODE_AS_OF &&
         root->children[1]->kind == CHURN_NODE_JOINED;
}

static void say(churn_writer *w, const churn_plan *plan, const churn_compiled *compiled,
                double value)
{
  const churn_node *root = compiled->root;
  if (root->kind == CHURN_NODE_AGGREGATE && say_aggregate(w, plan, compiled, value))
    return;
  if (is_tenure(root)) {
    append_value(w, plan, root->type, value);
    churn_say(w, " day%s a customer", value == 1 ? "" : "s");
    return;
  }
  say_name(w, plan, compiled);
  append_value(w, plan, root->type, value);
}

void churn_reason_text(const churn_plan *plan, size_t output, const char *label, double value,
                       char *text, size_t size)
{
  const churn_compiled *compiled = &plan->outputs[output];
  churn_writer w = {text, size, 0, false};
  if (size == 0)
    return;
  text[0] = '\0';
  if (isnan(value) || compiled->root == NULL) {
    churn_say(&w, "no value: ");
    churn_say_words(&w, compiled->name);
  } else if (label != NULL)
    say_label(&w, plan, compiled, label, value);
  else
    say(&w, plan, compiled, value);
  mend_cut(&w);
}

bool churn_reason_around(const churn_plan *plan, size_t output, const char *label, size_t size,
                         char *before, char *after, bool *but_one)
{
  const churn_compiled *compiled = &plan->outputs[output];
  const churn_node *root = compiled->root;
  bool ies = false;
  size_t word = label == NULL ? 0 : strcspn(label, " ");
  if (root == NULL || root->type != CHURN_VALUE_NUMBER || root->kind == CHURN_NODE_AGGREGATE ||
      is_tenure(root))
    return false;
  *but_one = label != NULL && singular(label, word, &ies) < word;
  churn_writer first = {before, size, 0, false}, last = {after, size, 0, false};
  before[0] = after[0] = '\0';
  if (label != NULL)
    churn_say(&last, " %s", label);
  else
    say_name(&first, plan, compiled);
  return !first.cut && !last.cut;
}
