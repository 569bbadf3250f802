/* Walking and comparing syntax trees.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/ast.h"

#include <string.h>

static bool same_aggregate(const churn_node *a, const churn_node *b)
{
  return a->source == b->source && a->aggregate->kind == b->aggregate->kind &&
         a->aggregate->window_days == b->aggregate->window_days &&
         a->aggregate->lag_days == b->aggregate->lag_days &&
         a->aggregate->fraction == b->aggregate->fraction &&
         churn_node_same(a->aggregate->row, b->aggregate->row) &&
         churn_node_same(a->aggregate->where, b->aggregate->where);
}

static bool same_operation(const churn_node *a, const churn_node *b)
{
  if (a->operation != b->operation || a->child_count != b->child_count)
    return false;
  for (size_t i = 0; i < a->child_count; i++)
    if (!churn_node_same(a->children[i], b->children[i]))
      return false;
  return true;
}

bool churn_node_same(const churn_node *a, const churn_node *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (a->kind != b->kind || a->type != b->type)
    return false;
  switch (a->kind) {
  case CHURN_NODE_NUMBER:
    return memcmp(&a->number, &b->number, sizeof a->number) == 0;
  case CHURN_NODE_TEXT:
  case CHURN_NODE_NAME:
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
  case CHURN_NODE_MEMBER:
    return strcmp(a->owner, b->owner) == 0 && strcmp(a->text, b->text) == 0;
  case CHURN_NODE_COLUMN:
    return a->source == b->source && a->column == b->column;
  case CHURN_NODE_OPERATION:
    return same_operation(a, b);
  case CHURN_NODE_AGGREGATE:
    return same_aggregate(a, b);
  case CHURN_NODE_AS_OF:
  case CHURN_NODE_JOINED:
  case CHURN_NODE_VALUE:
    break;
  }
  return true;
}

void churn_node_walk(churn_node *node, void (*visit)(void *context, churn_node *node),
                     void *context)
{
  if (node == NULL)
    return;
  visit(context, node);
  for (size_t i = 0; i < node->child_count; i++)
    churn_node_walk(node->children[i], visit, context);
  if (node->aggregate != NULL) {
    churn_node_walk(node->aggregate->row, visit, context);
    churn_node_walk(node->aggregate->where, visit, context);
  }
}
