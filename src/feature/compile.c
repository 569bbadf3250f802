/* Numbers what expressions read, so that what is the same is read and computed once. Cost: each
 * column and aggregate is compared with those found before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/compiled.h"

#include "base/memory.h"

typedef struct numbering {
  churn_plan *plan;
  churn_status status;
} numbering;

static churn_status number_column(churn_plan *plan, churn_node *node)
{
  size_t i = 0;
  while (i < plan->column_count &&
         (plan->columns[i].source != node->source || plan->columns[i].column != node->column))
    i++;
  node->index = i;
  if (i < plan->column_count)
    return CHURN_OK;
  if (!churn_array_reserve(&plan->columns, &plan->column_capacity, i + 1, sizeof *plan->columns))
    return CHURN_NO_MEMORY;
  const churn_schema_source *source = &plan->schema->sources[node->source];
  plan->columns[plan->column_count++] =
      (churn_plan_column){.source = node->source,
                          .column = node->column,
                          .hides_future = source->columns[node->column].type == CHURN_TYPE_DAY};
  return CHURN_OK;
}

static churn_status number_literal(churn_plan *plan, churn_node *node)
{
  uint32_t code;
  churn_status status = churn_dictionary_add(plan->literals, node->text, node->length, &code);
  if (status == CHURN_OK)
    node->index = code;
  return status;
}

/* Batches that evaluating `node` takes: its own, and behind it those of the operand at work. */
static size_t slots_of(const churn_node *node)
{
  size_t most = 1;
  if (node == NULL || node->kind != CHURN_NODE_OPERATION)
    return most;
  if (node->operation == CHURN_IN)
    return slots_of(node->children[0]);
  for (size_t i = 0; i < node->child_count; i++) {
    size_t before = node->operation == CHURN_IF || i == 0 ? i : 1;
    size_t slots = before + slots_of(node->children[i]);
    most = slots > most ? slots : most;
  }
  return most;
}

static void count_slots(churn_plan *plan, const churn_node *node, size_t before)
{
  size_t slots = before + slots_of(node);
  plan->slots = slots > plan->slots ? slots : plan->slots;
}

/* The row set of an aggregate, made when there is none yet; CHURN_NO_INDEX when memory ran out. */
static size_t find_set(churn_plan *plan, const churn_node *node)
{
  const churn_aggregate_node *aggregate = node->aggregate;
  for (size_t i = 0; i < plan->set_count; i++)
    if (plan->sets[i].source == node->source &&
        churn_node_same(plan->sets[i].row, aggregate->row) &&
        churn_node_same(plan->sets[i].where, aggregate->where))
      return i;
  if (!churn_array_reserve(&plan->sets, &plan->set_capacity, plan->set_count + 1,
                           sizeof *plan->sets))
    return CHURN_NO_INDEX;
  count_slots(plan, aggregate->where, 0);
  count_slots(plan, aggregate->row, 1);
  plan->sets[plan->set_count] = (churn_row_set){.source = node->source,
                                                .row = aggregate->row,
                                                .where = aggregate->where,
                                                .first_aggregate = CHURN_NO_INDEX};
  return plan->set_count++;
}

static churn_status number_aggregate(churn_plan *plan, churn_node *node)
{
  const churn_aggregate_node *aggregate = node->aggregate;
  size_t i = 0;
  while (i < plan->aggregate_count && !churn_node_same(plan->aggregates[i].node, node))
    i++;
  node->index = i;
  if (i < plan->aggregate_count)
    return CHURN_OK;
  size_t set = find_set(plan, node);
  if (set == CHURN_NO_INDEX || !churn_array_reserve(&plan->aggregates, &plan->aggregate_capacity,
                                                    i + 1, sizeof *plan->aggregates))
    return CHURN_NO_MEMORY;
  churn_row_set *s = &plan->sets[set];
  plan->aggregates[plan->aggregate_count++] = (churn_plan_aggregate){node, s->first_aggregate};
  s->first_aggregate = i;
  s->ordered = s->ordered || aggregate->kind->ordered;
  s->unbounded = s->unbounded || aggregate->window_days == 0 || aggregate->kind->reads_before;
  if (aggregate->window_days + aggregate->lag_days > s->reach_days)
    s->reach_days = aggregate->window_days + aggregate->lag_days;
  return CHURN_OK;
}

static void number_node(void *context, churn_node *node)
{
  numbering *n = context;
  if (n->status != CHURN_OK)
    return;
  if (node->kind == CHURN_NODE_COLUMN)
    n->status = number_column(n->plan, node);
  else if (node->kind == CHURN_NODE_TEXT)
    n->status = number_literal(n->plan, node);
  else if (node->kind == CHURN_NODE_AGGREGATE)
    n->status = number_aggregate(n->plan, node);
}

churn_status churn_plan_number(churn_plan *plan, churn_compiled *compiled)
{
  numbering n = {plan, CHURN_OK};
  churn_node_walk(compiled->root, number_node, &n);
  count_slots(plan, compiled->root, 0);
  return n.status;
}
