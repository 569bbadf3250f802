/* Numbers what expressions read, so that what is the same is read and computed once. Cost: each
 * column and aggregate is compared with those found before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/compiled.h"

#include "base/memory.h"

#include <string.h>

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

/* Batches that evaluating `node` takes beside the one it gives: those of its operands but the
 * first, and behind them those of the operand at work. */
static size_t slots_of(const churn_node *node)
{
  size_t most = 0;
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

static void count_slots(churn_plan *plan, const churn_node *node)
{
  size_t slots = slots_of(node);
  plan->slots = slots > plan->slots ? slots : plan->slots;
}

typedef struct motion {
  const churn_schema *schema;
  bool moving;
} motion;

static void find_motion(void *context, churn_node *node)
{
  motion *m = context;
  if (node->kind == CHURN_NODE_AS_OF || node->kind == CHURN_NODE_JOINED)
    m->moving = true;
  if (node->kind != CHURN_NODE_COLUMN)
    return;
  const churn_schema_column *column = &m->schema->sources[node->source].columns[node->column];
  if (node->source == 0 || column->known_at >= 0)
    m->moving = true;
  if (column->type == CHURN_TYPE_DAY && node->column != m->schema->sources[node->source].day)
    m->moving = true;
}

/* Whether a row's value of `node` depends on the moment that it is looked at from. A history's own
 * day does not: a row is seen only once it lies behind. */
static bool is_moving(const churn_plan *plan, churn_node *node)
{
  motion m = {plan->schema, false};
  churn_node_walk(node, find_motion, &m);
  return m.moving;
}

static void extend(churn_reach *reach, const churn_aggregate_node *aggregate)
{
  int32_t days = aggregate->window_days + aggregate->lag_days;
  reach->unbounded =
      reach->unbounded || aggregate->window_days == 0 || aggregate->kind->reads_before;
  reach->days = days > reach->days ? days : reach->days;
}

/* The filter of an aggregate, made when there is none yet; CHURN_NO_INDEX when memory ran out. */
static size_t find_filter(churn_plan *plan, const churn_node *node)
{
  const churn_aggregate_node *aggregate = node->aggregate;
  for (size_t i = 0; i < plan->filter_count; i++)
    if (plan->filters[i].source == node->source &&
        churn_node_same(plan->filters[i].where, aggregate->where))
      return i;
  if (!churn_array_reserve(&plan->filters, &plan->filter_capacity, plan->filter_count + 1,
                           sizeof *plan->filters))
    return CHURN_NO_INDEX;
  count_slots(plan, aggregate->where);
  bool moving =
      plan->schema->sources[node->source].known_at >= 0 || is_moving(plan, aggregate->where);
  plan->filters[plan->filter_count] = (churn_filter){.source = node->source,
                                                     .where = aggregate->where,
                                                     .moving = moving,
                                                     .is_expanded = moving,
                                                     .first_set = CHURN_NO_INDEX};
  return plan->filter_count++;
}

/* The same for its row set under the filter. */
static size_t find_set(churn_plan *plan, size_t filter, churn_node *row)
{
  churn_filter *f = &plan->filters[filter];
  for (size_t i = f->first_set; i != CHURN_NO_INDEX; i = plan->sets[i].next)
    if (churn_node_same(plan->sets[i].row, row))
      return i;
  if (!churn_array_reserve(&plan->sets, &plan->set_capacity, plan->set_count + 1,
                           sizeof *plan->sets))
    return CHURN_NO_INDEX;
  count_slots(plan, row);
  bool moving = f->moving || is_moving(plan, row);
  plan->sets[plan->set_count] = (churn_row_set){.source = f->source,
                                                .next = f->first_set,
                                                .row = row,
                                                .moving = moving,
                                                .first_aggregate = CHURN_NO_INDEX};
  f->first_set = plan->set_count;
  f->is_expanded = f->is_expanded || moving;
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
  size_t filter = find_filter(plan, node);
  size_t set = filter == CHURN_NO_INDEX ? filter : find_set(plan, filter, aggregate->row);
  if (set == CHURN_NO_INDEX || !churn_array_reserve(&plan->aggregates, &plan->aggregate_capacity,
                                                    i + 1, sizeof *plan->aggregates))
    return CHURN_NO_MEMORY;
  churn_row_set *s = &plan->sets[set];
  plan->aggregates[plan->aggregate_count++] =
      (churn_plan_aggregate){.node = node, .next = s->first_aggregate};
  s->first_aggregate = i;
  s->ordered = s->ordered || aggregate->kind->ordered;
  extend(&s->reach, aggregate);
  extend(&plan->filters[filter].reach, aggregate);
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
  count_slots(plan, compiled->root);
  return n.status;
}

/* Adds a day to the set's, which stay in order. */
static churn_status add_cut(churn_row_set *set, int32_t days)
{
  size_t at = 0;
  while (at < set->cut_count && set->cuts[at] < days)
    at++;
  if (at < set->cut_count && set->cuts[at] == days)
    return CHURN_OK;
  if (!churn_array_reserve(&set->cuts, &set->cut_capacity, set->cut_count + 1, sizeof *set->cuts))
    return CHURN_NO_MEMORY;
  memmove(set->cuts + at + 1, set->cuts + at, (set->cut_count - at) * sizeof *set->cuts);
  set->cuts[at] = days;
  set->cut_count++;
  return CHURN_OK;
}

static size_t find_cut(const churn_row_set *set, int32_t days)
{
  size_t at = 0;
  while (set->cuts[at] != days)
    at++;
  return at;
}

static churn_status cut_set(churn_plan *plan, churn_row_set *set)
{
  churn_status status = CHURN_OK;
  for (size_t i = set->first_aggregate; i != CHURN_NO_INDEX; i = plan->aggregates[i].next) {
    const churn_aggregate_node *a = plan->aggregates[i].node->aggregate;
    if (a->window_days > 0 && status == CHURN_OK)
      status = add_cut(set, a->lag_days);
    if (a->window_days > 0 && status == CHURN_OK)
      status = add_cut(set, a->lag_days + a->window_days);
  }
  for (size_t i = set->first_aggregate; i != CHURN_NO_INDEX && status == CHURN_OK;
       i = plan->aggregates[i].next) {
    churn_plan_aggregate *cut = &plan->aggregates[i];
    const churn_aggregate_node *a = cut->node->aggregate;
    bool all = a->window_days == 0;
    cut->end = all ? CHURN_NO_INDEX : find_cut(set, a->lag_days);
    cut->begin = all ? CHURN_NO_INDEX : find_cut(set, a->lag_days + a->window_days);
  }
  plan->most_cuts = set->cut_count > plan->most_cuts ? set->cut_count : plan->most_cuts;
  return status;
}

churn_status churn_plan_cut(churn_plan *plan)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < plan->set_count && status == CHURN_OK; i++)
    status = cut_set(plan, &plan->sets[i]);
  return status;
}
