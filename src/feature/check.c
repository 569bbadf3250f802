/* Types of an expression.
 *
 * Both sides of an operator are checked even when one is wrong, so that all faults are seen at
 * once; a node above a wrong one is not judged.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/check.h"

#include "feature/catalogue.h"

const char *churn_value_type_name(churn_value_type type)
{
  static const char *const names[] = {"a number", "true or false", "a day", "text"};
  return names[type];
}

static bool is_number(const churn_node *node)
{
  return node->type == CHURN_VALUE_NUMBER || node->type == CHURN_VALUE_TRUTH;
}

static bool fault(const churn_scope *scope, size_t at, const char *message)
{
  return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, at, "%s", message);
}

static bool fault_type(const churn_scope *scope, const churn_node *node, const char *expected)
{
  return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start, "expected %s, found %s",
                          expected, churn_value_type_name(node->type));
}

static bool want_number(const churn_scope *scope, const churn_node *node)
{
  return is_number(node) || fault_type(scope, node, "a number");
}

static bool want_truth(const churn_scope *scope, const churn_node *node)
{
  if (node->type == CHURN_VALUE_TRUTH)
    return true;
  if (node->type == CHURN_VALUE_NUMBER)
    return fault(scope, node->start,
                 "expected a condition, found a number; compare it, as in x > 0");
  return fault_type(scope, node, "a condition");
}

/* + and -. */
static bool check_sum(const churn_scope *scope, churn_node *node)
{
  const churn_node *left = node->children[0], *right = node->children[1];
  bool minus = node->operation == CHURN_SUBTRACT;
  bool left_day = left->type == CHURN_VALUE_DAY, right_day = right->type == CHURN_VALUE_DAY;
  if (!left_day && !is_number(left))
    return fault_type(scope, left, "a number or a day");
  if (!right_day && !is_number(right))
    return fault_type(scope, right, "a number or a day");
  if (left_day && right_day && !minus)
    return fault(scope, node->at, "two days cannot be added; day - day is a number of days");
  if (!left_day && right_day && minus)
    return fault(scope, node->at, "a day cannot be subtracted from a number");
  node->type = left_day != right_day ? CHURN_VALUE_DAY : CHURN_VALUE_NUMBER;
  return true;
}

static bool check_numbers(const churn_scope *scope, churn_node *node)
{
  bool good = true;
  node->type = CHURN_VALUE_NUMBER;
  for (size_t i = 0; i < node->child_count; i++)
    good = want_number(scope, node->children[i]) && good;
  return good;
}

static bool check_conditions(const churn_scope *scope, churn_node *node)
{
  bool good = true;
  node->type = CHURN_VALUE_TRUTH;
  for (size_t i = 0; i < node->child_count; i++)
    good = want_truth(scope, node->children[i]) && good;
  return good;
}

static bool comparable(const churn_node *a, const churn_node *b)
{
  return a->type == b->type || (is_number(a) && is_number(b));
}

static const char *comparison_hint(const churn_node *a, const churn_node *b)
{
  const churn_node *text = a->type == CHURN_VALUE_TEXT ? a : b, *other = text == a ? b : a;
  if (a->type != CHURN_VALUE_TEXT && b->type != CHURN_VALUE_TEXT)
    return "; day - day is a number of days";
  if (other->type == CHURN_VALUE_DAY)
    return "; a day is compared with as_of or with another day";
  if (other->kind == CHURN_NODE_NUMBER)
    return "; a text stands in double quotes, as in tier = \"3\"";
  if (text->kind == CHURN_NODE_TEXT)
    return "; a number stands without quotes";
  return "";
}

static bool fault_comparison(const churn_scope *scope, size_t at, const churn_node *a,
                             const churn_node *b)
{
  return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, at, "cannot compare %s with %s%s",
                          churn_value_type_name(a->type), churn_value_type_name(b->type),
                          comparison_hint(a, b));
}

static bool check_comparison(const churn_scope *scope, churn_node *node)
{
  node->type = CHURN_VALUE_TRUTH;
  return comparable(node->children[0], node->children[1]) ||
         fault_comparison(scope, node->at, node->children[0], node->children[1]);
}

static bool check_in(const churn_scope *scope, churn_node *node)
{
  bool good = true;
  node->type = CHURN_VALUE_TRUTH;
  for (size_t i = 1; i < node->child_count; i++)
    if (!comparable(node->children[0], node->children[i]))
      good = fault_comparison(scope, node->children[i]->at, node->children[0], node->children[i]);
  return good;
}

/* All of children[from..) of one type, which the node then has; flags among numbers are numbers. */
static bool check_alike(const churn_scope *scope, churn_node *node, size_t from)
{
  bool good = true;
  node->type = node->children[from]->type;
  for (size_t i = from + 1; i < node->child_count; i++) {
    const churn_node *child = node->children[i];
    if (!comparable(node->children[from], child))
      good = fault_type(scope, child, churn_value_type_name(node->children[from]->type));
    else if (child->type != node->type)
      node->type = CHURN_VALUE_NUMBER;
  }
  return good;
}

static bool check_extreme(const churn_scope *scope, churn_node *node)
{
  for (size_t i = 0; i < node->child_count; i++)
    if (node->children[i]->type == CHURN_VALUE_TEXT)
      return fault_type(scope, node->children[i], "a number or a day");
  return check_alike(scope, node, 0);
}

static bool check_operation(const churn_scope *scope, churn_node *node)
{
  bool good = true;
  for (size_t i = 0; i < node->child_count; i++)
    good = churn_check_node(scope, node->children[i]) && good;
  if (!good)
    return false;
  switch (node->operation) {
  case CHURN_ADD:
  case CHURN_SUBTRACT:
    return check_sum(scope, node);
  case CHURN_NEGATE:
  case CHURN_MULTIPLY:
  case CHURN_DIVIDE:
  case CHURN_ABS:
  case CHURN_LOG1P:
    return check_numbers(scope, node);
  case CHURN_NOT:
  case CHURN_AND:
  case CHURN_OR:
    return check_conditions(scope, node);
  case CHURN_EQUAL:
  case CHURN_UNEQUAL:
  case CHURN_LESS:
  case CHURN_LESS_EQUAL:
  case CHURN_GREATER:
  case CHURN_GREATER_EQUAL:
    return check_comparison(scope, node);
  case CHURN_IN:
    return check_in(scope, node);
  case CHURN_IS_MISSING:
    node->type = CHURN_VALUE_TRUTH;
    return true;
  case CHURN_COALESCE:
    return check_alike(scope, node, 0);
  case CHURN_LEAST:
  case CHURN_GREATEST:
    return check_extreme(scope, node);
  case CHURN_IF:
    good = want_truth(scope, node->children[0]);
    return check_alike(scope, node, 1) && good;
  }
  return false;
}

static bool argument_fits(churn_argument argument, const churn_node *row)
{
  switch (argument) {
  case CHURN_ARGUMENT_NUMBER:
  case CHURN_ARGUMENT_QUANTILE:
    return is_number(row);
  case CHURN_ARGUMENT_TRUTH:
    return row->type == CHURN_VALUE_TRUTH;
  case CHURN_ARGUMENT_NUMBER_OR_DAY:
    return row->type != CHURN_VALUE_TEXT;
  case CHURN_ARGUMENT_DAY:
    return row->type == CHURN_VALUE_DAY;
  case CHURN_ARGUMENT_NONE:
    return false;
  case CHURN_ARGUMENT_OPTIONAL:
  case CHURN_ARGUMENT_ANY:
    break;
  }
  return true;
}

static bool check_argument(const churn_scope *scope, const churn_node *node)
{
  const churn_aggregate *kind = node->aggregate->kind;
  const churn_node *row = node->aggregate->row;
  bool none_allowed =
      kind->argument == CHURN_ARGUMENT_NONE || kind->argument == CHURN_ARGUMENT_OPTIONAL;
  static const char *const expected[] = {[CHURN_ARGUMENT_NUMBER] = "a number",
                                         [CHURN_ARGUMENT_QUANTILE] = "a number",
                                         [CHURN_ARGUMENT_TRUTH] = "a condition or flag",
                                         [CHURN_ARGUMENT_DAY] = "a day",
                                         [CHURN_ARGUMENT_NUMBER_OR_DAY] = "a number or a day"};
  if (row == NULL)
    return none_allowed ||
           churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start,
                            "%s needs an expression and 'from' before the history, as in %s",
                            kind->name, kind->example);
  if (kind->argument == CHURN_ARGUMENT_NONE)
    return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, row->start,
                            "%s takes a history only, as in %s; choose rows with 'where'",
                            kind->name, kind->example);
  if (argument_fits(kind->argument, row))
    return true;
  return churn_faults_add(scope->faults, CHURN_FAULT_WRONG, row->start, "%s needs %s, found %s",
                          kind->name, expected[kind->argument], churn_value_type_name(row->type));
}

static bool check_aggregate(const churn_scope *scope, churn_node *node)
{
  churn_aggregate_node *aggregate = node->aggregate;
  if (scope->rule == CHURN_EXPRESSION_CONDITION)
    return fault(scope, node->start, "a condition on rows cannot hold an aggregate");
  if (scope->source != 0)
    return fault(scope, node->start, "an aggregate cannot stand inside another one");
  node->source = churn_scope_history(scope, aggregate->history, aggregate->history_at);
  if (node->source < 0)
    return false;
  churn_scope rows = *scope;
  rows.source = node->source;
  bool row_good = aggregate->row == NULL || churn_check_node(&rows, aggregate->row);
  bool where_good = aggregate->where == NULL || (churn_check_node(&rows, aggregate->where) &&
                                                 want_truth(scope, aggregate->where));
  bool good = row_good && where_good;
  if (row_good)
    good = check_argument(scope, node) && good;
  if (aggregate->kind->needs_over && aggregate->window_days == 0)
    good = churn_faults_add(scope->faults, CHURN_FAULT_WRONG, node->start,
                            "%s needs a window, as in %s", aggregate->kind->name,
                            aggregate->kind->example);
  node->type = aggregate->kind->gives_argument && aggregate->row != NULL ? aggregate->row->type
                                                                         : CHURN_VALUE_NUMBER;
  return good;
}

bool churn_check_node(const churn_scope *scope, churn_node *node)
{
  switch (node->kind) {
  case CHURN_NODE_NUMBER:
  case CHURN_NODE_VALUE:
    node->type = CHURN_VALUE_NUMBER;
    return true;
  case CHURN_NODE_TEXT:
    node->type = CHURN_VALUE_TEXT;
    return true;
  case CHURN_NODE_AS_OF:
  case CHURN_NODE_JOINED:
    node->type = CHURN_VALUE_DAY;
    return true;
  case CHURN_NODE_NAME:
  case CHURN_NODE_MEMBER:
    return churn_scope_resolve(scope, node);
  case CHURN_NODE_OPERATION:
    return check_operation(scope, node);
  case CHURN_NODE_AGGREGATE:
    return check_aggregate(scope, node);
  case CHURN_NODE_COLUMN:
    break;
  }
  return true;
}
