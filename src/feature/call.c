/* Calls: functions, and aggregates with their history, condition and window. The grammar stands at
 * the head of parse.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/catalogue.h"
#include "feature/parser.h"

#include <inttypes.h>
#include <stdio.h>

static bool parse_days(churn_parser *p, const char *after, uint64_t least, int32_t *days)
{
  char expected[64];
  snprintf(expected, sizeof expected, "a number of days such as 90d after '%s'", after);
  churn_token token = p->token;
  if (!churn_parser_expect(p, CHURN_TOKEN_DURATION, expected))
    return false;
  if (token.days < least || token.days > CHURN_LONGEST_DAYS) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, token.start,
                     "expected %" PRIu64 "d to %dd after '%s'", least, CHURN_LONGEST_DAYS, after);
    return false;
  }
  *days = (int32_t)token.days;
  return true;
}

/* What follows the history's name, with the closing bracket. */
static bool parse_selection(churn_parser *p, churn_aggregate_node *aggregate)
{
  if (churn_parser_take(p, CHURN_TOKEN_WHERE) &&
      (aggregate->where = churn_parse_expression(p)) == NULL)
    return false;
  bool windowed = churn_parser_take(p, CHURN_TOKEN_OVER);
  if (windowed && !parse_days(p, "over", 1, &aggregate->window_days))
    return false;
  if (!windowed && p->token.kind == CHURN_TOKEN_LAG) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start,
                     "'lag' needs a window before it, as in over 90d lag 30d");
    return false;
  }
  if (churn_parser_take(p, CHURN_TOKEN_LAG) && !parse_days(p, "lag", 0, &aggregate->lag_days))
    return false;
  if (windowed && p->token.kind == CHURN_TOKEN_WHERE) {
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, p->token.start, "'where' stands before 'over'");
    return false;
  }
  return churn_parser_expect(p, CHURN_TOKEN_CLOSE,
                             windowed ? "a closing bracket"
                             : aggregate->where == NULL
                                 ? "'where', 'over' or a closing bracket"
                                 : "an operator, 'over' or a closing bracket");
}

static churn_node *aggregate_node(churn_parser *p, const churn_token *name,
                                  churn_aggregate_node *aggregate)
{
  churn_node *node = churn_parser_node(p, CHURN_NODE_AGGREGATE, name->start, name->start);
  if (node == NULL)
    return NULL;
  node->aggregate = aggregate;
  if (aggregate->row != NULL && aggregate->row->height >= node->height)
    node->height = aggregate->row->height + 1;
  if (aggregate->where != NULL && aggregate->where->height >= node->height)
    node->height = aggregate->where->height + 1;
  return churn_parser_height_fits(p, node) ? node : NULL;
}

/* A quantile's number and its comma. */
static bool parse_fraction(churn_parser *p, const churn_aggregate *kind, double *fraction)
{
  churn_token token = p->token;
  char expected[96];
  snprintf(expected, sizeof expected, "a number from 0 to 1 and a comma, as in %s", kind->example);
  if (token.kind != CHURN_TOKEN_NUMBER || token.number > 1) {
    churn_parser_fail(p, expected);
    return false;
  }
  *fraction = token.number;
  churn_parser_advance(p);
  snprintf(expected, sizeof expected, "a comma, as in %s", kind->example);
  return churn_parser_expect(p, CHURN_TOKEN_COMMA, expected);
}

/* `first` is what stands behind the opening bracket and the fraction: the row expression or the
 * history. */
static churn_node *parse_aggregate(churn_parser *p, const churn_token *name,
                                   const churn_aggregate *kind, double fraction, churn_node *first)
{
  churn_aggregate_node *aggregate = churn_arena_take(p->arena, 1, sizeof *aggregate);
  if (aggregate == NULL) {
    p->faults->no_memory = true;
    return NULL;
  }
  aggregate->kind = kind;
  aggregate->fraction = fraction;
  if (churn_parser_take(p, CHURN_TOKEN_FROM)) {
    churn_token history = p->token;
    if (!churn_parser_expect(p, CHURN_TOKEN_NAME, "the name of a history"))
      return NULL;
    aggregate->row = first;
    aggregate->history = history.text;
    aggregate->history_at = history.start;
  } else if (first->kind == CHURN_NODE_NAME) {
    aggregate->history = first->text;
    aggregate->history_at = first->at;
  } else {
    return churn_parser_fail(p, "'from' and the name of a history");
  }
  return parse_selection(p, aggregate) ? aggregate_node(p, name, aggregate) : NULL;
}

static bool check_argument_count(churn_parser *p, const churn_token *name,
                                 const churn_function *function, size_t count)
{
  if (count >= function->least && count <= function->most)
    return true;
  if (churn_aggregate_find(function->name) != NULL)
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, name->start,
                     "%s takes two or more expressions, or one from a history, as in %s",
                     function->name, churn_aggregate_find(function->name)->example);
  else
    churn_faults_add(p->faults, CHURN_FAULT_WRONG, name->start,
                     "%s takes %s%zu expression%s, not %zu", function->name,
                     function->most == function->least ? "" : "at least ", function->least,
                     function->least == 1 ? "" : "s", count);
  return false;
}

static churn_node *parse_function(churn_parser *p, const churn_token *name,
                                  const churn_function *function, churn_node *first)
{
  churn_node_list list = {NULL, 0, 0};
  if (!churn_node_list_add(p, &list, first))
    return NULL;
  while (churn_parser_take(p, CHURN_TOKEN_COMMA))
    if (!churn_node_list_add(p, &list, churn_parse_expression(p)))
      return NULL;
  if (!churn_parser_expect(p, CHURN_TOKEN_CLOSE, "a comma, an operator or a closing bracket") ||
      !check_argument_count(p, name, function, list.count))
    return NULL;
  return churn_parser_operation(p, function->operation, name->start, name->start, list.items,
                                list.count);
}

static churn_node *fail_unknown_call(churn_parser *p, const churn_token *name)
{
  char piece[CHURN_PIECE_SIZE];
  const char *nearest = churn_catalogue_suggest(name->text);
  churn_fault_piece(name->text, name->length, piece);
  churn_faults_add(p->faults, CHURN_FAULT_WRONG, name->start,
                   nearest == NULL ? "there is no function or aggregate '%s'"
                                   : "there is no function or aggregate '%s'; did you mean '%s'?",
                   piece, nearest);
  return NULL;
}

churn_node *churn_parse_call(churn_parser *p, const churn_token *name)
{
  const churn_aggregate *aggregate = churn_aggregate_find(name->text);
  const churn_function *function = churn_function_find(name->text);
  if (aggregate == NULL && function == NULL)
    return fail_unknown_call(p, name);
  churn_parser_advance(p);
  if (p->token.kind == CHURN_TOKEN_CLOSE)
    return churn_parser_fail(p, aggregate != NULL ? "an expression or the name of a history"
                                                  : "an expression");
  double fraction = 0;
  if (aggregate != NULL && aggregate->argument == CHURN_ARGUMENT_QUANTILE &&
      !parse_fraction(p, aggregate, &fraction))
    return NULL;
  churn_node *first = churn_parse_expression(p);
  if (first == NULL)
    return NULL;
  if (function == NULL || (aggregate != NULL && p->token.kind == CHURN_TOKEN_FROM))
    return parse_aggregate(p, name, aggregate, fraction, first);
  return parse_function(p, name, function, first);
}
