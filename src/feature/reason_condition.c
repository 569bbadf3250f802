/* Conditions in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/reason_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void churn_say(churn_writer *w, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(w->text + w->used, w->size - w->used, format, arguments);
  va_end(arguments);
  size_t left = w->size - w->used - 1;
  w->cut = w->cut || (size_t)length > left;
  w->used += (size_t)length > left ? left : (size_t)length;
}

void churn_say_source(churn_writer *w, const char *text, size_t start, size_t end)
{
  for (size_t i = start; i < end; i++)
    churn_say(w, "%c", text[i] == '\n' || text[i] == '\r' || text[i] == '\t' ? ' ' : text[i]);
}

void churn_say_name(churn_writer *w, const char *name, size_t length)
{
  for (size_t i = 0; i < length; i++)
    churn_say(w, "%c", name[i] == '_' ? ' ' : name[i]);
}

void churn_say_words(churn_writer *w, const char *name)
{
  churn_say_name(w, name, strlen(name));
}

static const char *column_name(const churn_plan *plan, const churn_node *node)
{
  return node->kind != CHURN_NODE_COLUMN
             ? NULL
             : plan->schema->sources[node->source].columns[node->column].name;
}

/* How atoms are put: what came before them decides whether "with" is said anew. */
typedef struct sentence {
  churn_writer *w;
  const churn_plan *plan;
  const char *text;
  const char *preposition; /* of the atom before */
} sentence;

static void begin(sentence *s, const char *preposition)
{
  if (s->preposition == NULL || strcmp(s->preposition, preposition) != 0)
    churn_say(s->w, " %s", preposition);
  s->preposition = preposition;
}

/* "closed" of closed_at; 0 = the name is no participle with its day. */
static size_t participle(const char *name)
{
  size_t length = strlen(name);
  bool day = length > 5 &&
             (strcmp(name + length - 3, "_at") == 0 || strcmp(name + length - 3, "_on") == 0);
  return day && strncmp(name + length - 5, "ed", 2) == 0 ? length - 3 : 0;
}

static void say_missing(sentence *s, const char *name, bool missing)
{
  size_t length = participle(name);
  if (length > 0) {
    churn_say(s->w, missing ? " not " : " ");
    churn_say_name(s->w, name, length);
    s->preposition = NULL;
    return;
  }
  begin(s, missing ? "without" : "with");
  churn_say(s->w, " ");
  churn_say_words(s->w, name);
}

static void say_operand(sentence *s, const churn_node *node)
{
  const char *name = column_name(s->plan, node);
  churn_say(s->w, " ");
  if (name != NULL)
    churn_say_words(s->w, name);
  else if (node->kind == CHURN_NODE_TEXT)
    churn_say(s->w, "%s", node->text);
  else
    churn_say_source(s->w, s->text, node->start, node->end);
}

/* "priority urgent", "priority urgent or high"; other comparisons keep their sign. */
static bool say_comparison(sentence *s, const churn_node *node)
{
  static const char *const signs[] = {
      [CHURN_EQUAL] = "=",       [CHURN_UNEQUAL] = "!=", [CHURN_LESS] = "<",
      [CHURN_LESS_EQUAL] = "<=", [CHURN_GREATER] = ">",  [CHURN_GREATER_EQUAL] = ">="};
  bool compares = node->operation >= CHURN_EQUAL && node->operation <= CHURN_GREATER_EQUAL;
  if (!compares && node->operation != CHURN_IN)
    return false;
  bool level = node->children[1]->kind == CHURN_NODE_TEXT;
  if (!compares && !level)
    return false;
  begin(s, "with");
  say_operand(s, node->children[0]);
  if (compares && level && node->operation == CHURN_UNEQUAL)
    churn_say(s->w, " not");
  else if (compares && (!level || node->operation != CHURN_EQUAL))
    churn_say(s->w, " %s", signs[node->operation]);
  for (size_t i = 1; i < node->child_count; i++) {
    churn_say(s->w, i > 1 ? " or" : "");
    say_operand(s, node->children[i]);
  }
  return true;
}

/* False where there are no words for it. */
static bool say_atom(sentence *s, const churn_node *node)
{
  bool negated = node->kind == CHURN_NODE_OPERATION && node->operation == CHURN_NOT;
  const churn_node *inner = negated ? node->children[0] : node;
  const char *name = column_name(s->plan, inner);
  if (name != NULL) {
    begin(s, negated ? "without" : "with");
    churn_say(s->w, " ");
    churn_say_words(s->w, name);
    return true;
  }
  if (inner->kind != CHURN_NODE_OPERATION)
    return false;
  name = inner->operation == CHURN_IS_MISSING ? column_name(s->plan, inner->children[0]) : NULL;
  if (name != NULL) {
    say_missing(s, name, !negated);
    return true;
  }
  return !negated && say_comparison(s, inner);
}

static void say_part(sentence *s, const churn_node *node)
{
  if (say_atom(s, node))
    return;
  begin(s, "with");
  churn_say(s->w, " ");
  churn_say_source(s->w, s->text, node->start, node->end);
}

/* A chain of one operator, from left to right. */
static void say_chain(sentence *s, const churn_node *node, churn_operation operation)
{
  if (node->kind != CHURN_NODE_OPERATION || node->operation != operation) {
    say_part(s, node);
    return;
  }
  say_chain(s, node->children[0], operation);
  churn_say(s->w, operation == CHURN_AND ? " and" : " or");
  say_chain(s, node->children[1], operation);
}

void churn_say_condition(churn_writer *w, const churn_plan *plan, const char *text,
                         const churn_node *where)
{
  sentence s = {w, plan, text, NULL};
  bool chain = where->kind == CHURN_NODE_OPERATION &&
               (where->operation == CHURN_AND || where->operation == CHURN_OR);
  say_chain(&s, where, chain ? where->operation : CHURN_AND);
}
