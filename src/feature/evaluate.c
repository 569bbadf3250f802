/* Evaluates a plan for one spell and as-of day.
 *
 * Expressions are walked with batches of up to 256 rows at every node, so the walk costs little
 * beside the arithmetic; outside of aggregates a batch has one row. A node writes its values to its
 * own batch and has the batches behind it for its operands.
 *
 * Cost: for each row set one pass over the rows it can reach (none where there is neither row
 * expression nor condition: then windows are found by binary search alone), a sort of each day's
 * values where order matters, and for each aggregate its function over its window.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/compiled.h"
#include "feature/operate.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct churn_workspace {
  double *slots; /* [plan->slots * CHURN_BATCH_ROWS] */
  double *aggregates;
  churn_day *days; /* rows of the set at hand */
  double *values;
  double *scratch;
  size_t capacity;
};

/* What an expression is evaluated for. */
typedef struct moment {
  const churn_plan *plan;
  churn_workspace *workspace;
  size_t spell; /* CHURN_NO_INDEX in a CONDITION, which reads no customers' columns */
  churn_day as_of;
  double value;
} moment;

churn_workspace *churn_workspace_new(const churn_plan *plan)
{
  churn_workspace *workspace = calloc(1, sizeof *workspace);
  if (workspace == NULL)
    return NULL;
  workspace->slots = churn_array_new_aligned(plan->slots * CHURN_BATCH_ROWS, sizeof(double));
  workspace->aggregates = churn_array_new(plan->aggregate_count, sizeof(double));
  if (workspace->slots == NULL || workspace->aggregates == NULL) {
    churn_workspace_free(workspace);
    return NULL;
  }
  return workspace;
}

void churn_workspace_free(churn_workspace *workspace)
{
  if (workspace == NULL)
    return;
  free(workspace->slots);
  free(workspace->aggregates);
  free(workspace->days);
  free(workspace->values);
  free(workspace->scratch);
  free(workspace);
}

/* Room for `rows` rows of a set. */
static bool reserve_rows(churn_workspace *workspace, size_t rows)
{
  size_t days = workspace->capacity, values = days, scratch = days;
  if (!churn_array_reserve(&workspace->days, &days, rows, sizeof(churn_day)) ||
      !churn_array_reserve(&workspace->values, &values, rows, sizeof(double)) ||
      !churn_array_reserve(&workspace->scratch, &scratch, rows, sizeof(double)))
    return false;
  workspace->capacity = days;
  return true;
}

/* One NaN for all missing values and one zero, so that equal values have equal bits. */
static double canonical(double value)
{
  return isnan(value) ? NAN : value + 0.0;
}

static double day_value(churn_day day)
{
  return day == CHURN_DAY_MISSING ? NAN : (double)day;
}

/* Whether what is dated `known` can be seen as of `as_of`. */
static bool is_known(churn_day known, churn_day as_of)
{
  return known != CHURN_DAY_MISSING && as_of != CHURN_DAY_MISSING && known < as_of;
}

/* Values of rows first..first+count-1 of a column as they can be seen as of `as_of`. */
static void read_column(const churn_plan_column *column, churn_day as_of, size_t first,
                        size_t count, double *values)
{
  for (size_t i = 0; i < count; i++) {
    size_t row = first + i;
    if (column->numbers != NULL)
      values[i] = column->numbers[row];
    else if (column->codes != NULL)
      values[i] = column->codes[row] == CHURN_CODE_MISSING
                      ? NAN
                      : (double)column->pool_codes[column->codes[row]];
    else if (column->hides_future && !is_known(column->days[row], as_of))
      values[i] = NAN;
    else
      values[i] = day_value(column->days[row]);
  }
  for (size_t i = 0; column->known != NULL && i < count; i++)
    if (!is_known(column->known[first + i], as_of))
      values[i] = NAN;
  for (size_t i = 0; column->row_known != NULL && i < count; i++)
    if (!is_known(column->row_known[first + i], as_of))
      values[i] = NAN;
}

static void fill(double value, size_t count, double *values)
{
  for (size_t i = 0; i < count; i++)
    values[i] = value;
}

/* A customer is known from the day of joining; where there are no as-of days nothing is hidden. */
static double joined_value(const moment *m)
{
  churn_day joined = m->plan->data->customers.joined == NULL
                         ? CHURN_DAY_MISSING
                         : m->plan->data->customers.joined[m->spell];
  return m->as_of != CHURN_DAY_MISSING && joined >= m->as_of ? NAN : day_value(joined);
}

static double leaf_value(const moment *m, const churn_node *node)
{
  double value = NAN;
  switch (node->kind) {
  case CHURN_NODE_NUMBER:
  case CHURN_NODE_TEXT:
    return node->number;
  case CHURN_NODE_AS_OF:
    return day_value(m->as_of);
  case CHURN_NODE_JOINED:
    return joined_value(m);
  case CHURN_NODE_VALUE:
    return m->value;
  case CHURN_NODE_AGGREGATE:
    return m->workspace->aggregates[node->index];
  case CHURN_NODE_COLUMN:
    read_column(&m->plan->columns[node->index], m->as_of, m->spell, 1, &value);
    return value;
  case CHURN_NODE_NAME:
  case CHURN_NODE_MEMBER:
  case CHURN_NODE_OPERATION:
    break;
  }
  return value;
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

/* Values of `node` for `count` rows from `first` of the history at hand into values[0..count);
 * batches behind `values` are scratch. */
static void evaluate(const moment *m, const churn_node *node, size_t first, size_t count,
                     double *values)
{
  double *next = values + CHURN_BATCH_ROWS;
  if (node->kind == CHURN_NODE_COLUMN && node->source > 0) {
    read_column(&m->plan->columns[node->index], m->as_of, first, count, values);
    return;
  }
  if (node->kind != CHURN_NODE_OPERATION) {
    fill(leaf_value(m, node), count, values);
    return;
  }
  evaluate(m, node->children[0], first, count, values);
  if (node->operation == CHURN_IN) {
    find_in(node, count, values);
  } else if (node->operation == CHURN_IF) {
    evaluate(m, node->children[1], first, count, next);
    evaluate(m, node->children[2], first, count, next + CHURN_BATCH_ROWS);
    churn_operate_if(count, next, next + CHURN_BATCH_ROWS, values);
  } else if (node->child_count == 1) {
    churn_operate_one(node->operation, count, values);
  } else {
    for (size_t i = 1; i < node->child_count; i++) {
      evaluate(m, node->children[i], first, count, next);
      churn_operate_two(node->operation, count, next, values);
    }
  }
}

/* Whether each of `count` rows from `first` is known and true under `where` (NULL = all): selected
 * as 1 in selected[0..count). */
static void select_rows(const moment *m, const churn_day *known, const churn_node *where,
                        size_t first, size_t count, double *selected)
{
  if (where == NULL)
    fill(1, count, selected);
  else
    evaluate(m, where, first, count, selected);
  for (size_t i = 0; known != NULL && i < count; i++)
    if (!is_known(known[first + i], m->as_of))
      selected[i] = 0;
}

/* Appends the selected rows of one batch to the set's rows; returns how many there are now. */
static size_t append_batch(const moment *m, const churn_row_set *set, const churn_day *days,
                           size_t first, size_t count, size_t used)
{
  churn_workspace *w = m->workspace;
  double *selected = w->slots, *values = selected + CHURN_BATCH_ROWS;
  select_rows(m, set->known, set->where, first, count, selected);
  if (set->row != NULL)
    evaluate(m, set->row, first, count, values);
  for (size_t i = 0; i < count; i++) {
    if (selected[i] != 1 || (set->row != NULL && isnan(values[i])))
      continue;
    w->days[used] = days[first + i];
    w->values[used] = set->row != NULL ? canonical(values[i]) : 0;
    used++;
  }
  return used;
}

/* Orders the values of each day. */
static void sort_days(const churn_day *days, double *values, size_t count)
{
  size_t first = 0;
  for (size_t i = 1; i <= count; i++)
    if (i == count || days[i] != days[first]) {
      churn_values_sort(values + first, i - first);
      first = i;
    }
}

/* Rows of the set that are known as of the moment, from the day its longest window reaches back
 * to. False when memory ran out. */
static bool gather_rows(const moment *m, const churn_row_set *set, churn_rows *rows)
{
  const churn_history *history = &m->plan->data->histories[set->source - 1];
  uint32_t customer = m->plan->data->customers.spell_customer[m->spell];
  size_t begin = history->first_row[customer], end = history->first_row[customer + 1];
  churn_workspace *w = m->workspace;
  if (end > begin) {
    const churn_day *days = history->days + begin;
    int64_t reach = set->unbounded ? INT32_MIN : (int64_t)m->as_of - set->reach_days;
    end = begin + churn_days_find(days, end - begin, m->as_of);
    begin += churn_days_find(days, end - begin, reach);
  }
  *rows = (churn_rows){.as_of = m->as_of};
  if (set->row == NULL && set->where == NULL && set->known == NULL) {
    rows->days = end > begin ? history->days + begin : NULL;
    rows->end = end - begin;
    return true;
  }
  if (!reserve_rows(w, end - begin))
    return false;
  for (size_t first = begin; first < end; first += CHURN_BATCH_ROWS) {
    size_t count = end - first < CHURN_BATCH_ROWS ? end - first : CHURN_BATCH_ROWS;
    rows->end = append_batch(m, set, history->days, first, count, rows->end);
  }
  if (set->ordered)
    sort_days(w->days, w->values, rows->end);
  rows->days = w->days;
  rows->values = set->row == NULL ? NULL : w->values;
  rows->scratch = w->scratch;
  return true;
}

/* Cuts the window of an aggregate out of its set's rows. */
static double aggregate_window(const churn_node *node, const churn_rows *known)
{
  churn_rows rows = *known;
  const churn_aggregate_node *a = node->aggregate;
  if (a->window_days > 0) {
    int64_t stop = (int64_t)rows.as_of - a->lag_days;
    rows.end = churn_days_find(rows.days, known->end, stop);
    rows.first = churn_days_find(rows.days, rows.end, stop - a->window_days);
  }
  rows.fraction = a->fraction;
  return canonical(a->kind->function(&rows));
}

static bool evaluate_set(const moment *m, const churn_row_set *set)
{
  churn_rows rows;
  if (!gather_rows(m, set, &rows))
    return false;
  for (size_t i = set->first_aggregate; i != CHURN_NO_INDEX; i = m->plan->aggregates[i].next)
    m->workspace->aggregates[i] = aggregate_window(m->plan->aggregates[i].node, &rows);
  return true;
}

static double evaluate_root(const moment *m, const churn_compiled *compiled)
{
  if (compiled->root == NULL || compiled->rule == CHURN_EXPRESSION_CONDITION)
    return NAN;
  evaluate(m, compiled->root, 0, 1, m->workspace->slots);
  return canonical(m->workspace->slots[0]);
}

churn_status churn_plan_evaluate(const churn_plan *plan, churn_workspace *workspace, size_t spell,
                                 churn_day as_of, double *values, double *value)
{
  moment m = {plan, workspace, spell, as_of, NAN};
  fill(NAN, plan->aggregate_count, workspace->aggregates);
  for (size_t i = 0; i < plan->set_count && as_of != CHURN_DAY_MISSING; i++)
    if (!evaluate_set(&m, &plan->sets[i]))
      return CHURN_NO_MEMORY;
  m.value = evaluate_root(&m, &plan->value);
  for (size_t i = 0; i < plan->count; i++)
    values[i] = evaluate_root(&m, &plan->outputs[i]);
  if (value != NULL)
    *value = m.value;
  return CHURN_OK;
}

churn_status churn_plan_any_row(const churn_plan *plan, churn_workspace *workspace, size_t output,
                                size_t customer, churn_day first, churn_day last,
                                churn_day known_day, bool *any)
{
  const churn_compiled *compiled = &plan->outputs[output];
  if (compiled->source == 0)
    return CHURN_USAGE;
  const churn_history *history = &plan->data->histories[compiled->source - 1];
  int known_at = plan->schema->sources[compiled->source].known_at;
  const churn_day *known =
      known_at < 0 ? NULL : churn_data_days(plan->data, compiled->source, known_at);
  moment m = {plan, workspace, CHURN_NO_INDEX, known_day, NAN};
  size_t begin = history->first_row[customer], rows = history->first_row[customer + 1] - begin;
  size_t end = begin + (rows == 0 ? 0 : churn_days_find(history->days + begin, rows, last));
  begin += end == begin ? 0 : churn_days_find(history->days + begin, end - begin, first);
  bool found = false;
  for (size_t row = begin; row < end && !found; row += CHURN_BATCH_ROWS) {
    size_t count = end - row < CHURN_BATCH_ROWS ? end - row : CHURN_BATCH_ROWS;
    select_rows(&m, known, compiled->root, row, count, workspace->slots);
    for (size_t i = 0; i < count && !found; i++)
      found = workspace->slots[i] == 1;
  }
  *any = found;
  return CHURN_OK;
}
