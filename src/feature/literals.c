/* Texts that expressions compare columns with.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/literals.h"

#include "feature/compiled.h"

typedef struct search {
  void (*found)(void *context, const churn_literal *literal);
  void *context;
} search;

/* The column whose values the node takes; NULL = it is no column's. */
static const churn_node *column_of(const churn_node *node)
{
  if (node->kind == CHURN_NODE_AGGREGATE && node->aggregate->kind->wording == CHURN_WORDS_AT_END)
    node = node->aggregate->row;
  return node != NULL && node->kind == CHURN_NODE_COLUMN ? node : NULL;
}

static void compare(const search *s, const churn_node *a, const churn_node *b)
{
  const churn_node *column = column_of(a);
  if (column != NULL && b->kind == CHURN_NODE_TEXT)
    s->found(s->context, &(churn_literal){column->source, column->column, b->text});
}

static void look_at(void *context, churn_node *node)
{
  const search *s = context;
  if (node->kind != CHURN_NODE_OPERATION)
    return;
  bool equal = node->operation == CHURN_EQUAL || node->operation == CHURN_UNEQUAL;
  for (size_t i = 1; (equal || node->operation == CHURN_IN) && i < node->child_count; i++)
    compare(s, node->children[0], node->children[i]);
  if (equal)
    compare(s, node->children[1], node->children[0]);
}

void churn_plan_literals(const churn_plan *plan, size_t output,
                         void (*found)(void *context, const churn_literal *literal), void *context)
{
  const churn_compiled *compiled = output < plan->count ? &plan->outputs[output] : &plan->value;
  search s = {found, context};
  if (compiled->root != NULL)
    churn_node_walk(compiled->root, look_at, &s);
}
