/* Evaluates an expression for a batch of cells.
 *
 * A node writes its values to the place that it is given and has the batches of `slots` for its
 * operands. Cost: one pass over the cells a node.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/evaluate.h"
#include "feature/operate.h"

#include <math.h>
#include <string.h>

/* `value`, or missing. Without a branch: whether a day lies ahead cannot be predicted. */
static double shown(double value, bool visible)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  bits |= (uint64_t)visible - 1; /* all ones are a NaN */
  memcpy(&value, &bits, sizeof bits);
  return value;
}

static double day_value(churn_day day)
{
  return shown((double)day, day != CHURN_DAY_MISSING);
}

/* Whether what is dated `known` can be seen in cell i. A missing as-of day is smaller than every
 * day. */
static bool is_known(const churn_cells *cells, size_t i, churn_day known)
{
  return (known != CHURN_DAY_MISSING) & (known < cells->as_of[i]) &
         (known < cells->plan->seen_before);
}

static void hide(const churn_day *known, const size_t *rows, const churn_cells *cells,
                 double *values)
{
  for (size_t i = 0; known != NULL && i < cells->count; i++)
    values[i] = shown(values[i], is_known(cells, i, known[rows[i]]));
}

/* Values of a column as they can be seen as of each cell's day. */
static void read_column(const churn_cells *cells, const churn_plan_column *column, double *values)
{
  const size_t *rows = column->source > 0 ? cells->rows : cells->spells;
  size_t count = cells->count;
  if (column->numbers != NULL) {
    for (size_t i = 0; i < count; i++)
      values[i] = column->numbers[rows[i]];
  } else if (column->codes != NULL) {
    for (size_t i = 0; i < count; i++) {
      uint32_t code = column->codes[rows[i]];
      values[i] = code == CHURN_CODE_MISSING ? NAN : (double)column->pool_codes[code];
    }
  } else if (column->days != NULL && column->hides_future) {
    for (size_t i = 0; i < count; i++) {
      churn_day day = column->days[rows[i]];
      values[i] = shown((double)day, is_known(cells, i, day));
    }
  } else if (column->days != NULL) {
    for (size_t i = 0; i < count; i++)
      values[i] = day_value(column->days[rows[i]]);
  }
  hide(column->known, rows, cells, values);
  hide(column->row_known, rows, cells, values);
}

static void fill(double value, size_t count, double *values)
{
  for (size_t i = 0; i < count; i++)
    values[i] = value;
}

/* A customer is known from the day of joining; where there are no as-of days nothing is hidden. */
static void read_joined(const churn_cells *cells, double *values)
{
  const churn_day *joined = cells->plan->data->customers.joined;
  for (size_t i = 0; i < cells->count; i++) {
    churn_day day = joined == NULL ? CHURN_DAY_MISSING : joined[cells->spells[i]];
    churn_day as_of = cells->as_of[i];
    values[i] = as_of != CHURN_DAY_MISSING && day >= as_of ? NAN : day_value(day);
  }
}

static void evaluate_leaf(const churn_cells *cells, const churn_node *node, double *values)
{
  size_t count = cells->count;
  switch (node->kind) {
  case CHURN_NODE_NUMBER:
  case CHURN_NODE_TEXT:
    fill(node->number, count, values);
    break;
  case CHURN_NODE_AS_OF:
    for (size_t i = 0; i < count; i++)
      values[i] = day_value(cells->as_of[i]);
    break;
  case CHURN_NODE_JOINED:
    read_joined(cells, values);
    break;
  case CHURN_NODE_VALUE:
    for (size_t i = 0; i < count; i++)
      values[i] = cells->value[i];
    break;
  case CHURN_NODE_AGGREGATE:
    for (size_t i = 0; i < count; i++)
      values[i] = cells->aggregates[node->index * CHURN_BATCH_ROWS + i];
    break;
  case CHURN_NODE_COLUMN:
    read_column(cells, &cells->plan->columns[node->index], values);
    break;
  case CHURN_NODE_NAME:
  case CHURN_NODE_MEMBER:
  case CHURN_NODE_OPERATION:
    break;
  }
}

static void find_in(const churn_node *node, size_t count, double *values)
{
  for (size_t i = 0; i < count; i++) {
    double x = values[i], found = 0;
    for (size_t k = 1; k < node->child_count && found == 0; k++)
      found = (double)(x == node->children[k]->number);
    values[i] = isnan(x) ? NAN : found;
  }
}

void churn_evaluate_node(const churn_cells *cells, const churn_node *node, double *slots,
                         double *values)
{
  double *next = slots + CHURN_BATCH_ROWS;
  if (node->kind != CHURN_NODE_OPERATION) {
    evaluate_leaf(cells, node, values);
    return;
  }
  churn_evaluate_node(cells, node->children[0], slots, values);
  if (node->operation == CHURN_IN) {
    find_in(node, cells->count, values);
  } else if (node->operation == CHURN_IF) {
    churn_evaluate_node(cells, node->children[1], next, slots);
    churn_evaluate_node(cells, node->children[2], next + CHURN_BATCH_ROWS, next);
    churn_operate_if(cells->count, slots, next, values);
  } else if (node->child_count == 1) {
    churn_operate_one(node->operation, cells->count, values);
  } else {
    for (size_t i = 1; i < node->child_count; i++) {
      churn_evaluate_node(cells, node->children[i], next, slots);
      churn_operate_two(node->operation, cells->count, slots, values);
    }
  }
}

void churn_evaluate_canonical(const churn_cells *cells, const churn_node *node, double *slots,
                              double *values)
{
  churn_evaluate_node(cells, node, slots, values);
  for (size_t i = 0; i < cells->count; i++)
    values[i] = churn_canonical(values[i]);
}

void churn_evaluate_condition(const churn_cells *cells, const churn_day *known,
                              const churn_node *where, double *slots, double *selected)
{
  if (where == NULL)
    fill(1, cells->count, selected);
  else
    churn_evaluate_node(cells, where, slots, selected);
  for (size_t i = 0; i < cells->count; i++)
    selected[i] = selected[i] == 1 ? 1 : NAN;
  hide(known, cells->rows, cells, selected);
}
