/* Evaluates a plan for many moments at once: every filter's aggregates, then the expressions over
 * them. Cost: see evaluate_filter.c; the expressions take one pass over the moments a node.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/evaluate.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

churn_workspace *churn_workspace_new(const churn_plan *plan)
{
  churn_workspace *workspace = calloc(1, sizeof *workspace);
  if (workspace == NULL)
    return NULL;
  workspace->slots = churn_array_new_aligned(plan->slots * CHURN_BATCH_ROWS, sizeof(double));
  workspace->aggregates =
      churn_array_new_aligned(plan->aggregate_count * CHURN_BATCH_ROWS, sizeof(double));
  workspace->bounds = churn_array_new(plan->most_cuts, sizeof *workspace->bounds);
  if (workspace->slots == NULL || workspace->aggregates == NULL || workspace->bounds == NULL) {
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
  free(workspace->bounds);
  free(workspace->scratch);
  churn_row_list_clear(&workspace->filter_rows);
  churn_row_list_clear(&workspace->set_rows);
  free(workspace);
}

static void evaluate_root(const churn_cells *cells, const churn_compiled *compiled,
                          churn_workspace *workspace, double *values)
{
  if (compiled->root != NULL && compiled->rule != CHURN_EXPRESSION_CONDITION) {
    churn_evaluate_canonical(cells, compiled->root, workspace->slots, values);
    return;
  }
  for (size_t i = 0; i < cells->count; i++)
    values[i] = NAN;
}

churn_status churn_plan_evaluate_moments(const churn_plan *plan, churn_workspace *workspace,
                                         const churn_moments *moments, size_t outputs,
                                         size_t stride, double *values, double *at_risk)
{
  churn_cells cells = {.plan = plan,
                       .count = moments->count,
                       .spells = moments->spells,
                       .as_of = moments->as_of,
                       .aggregates = workspace->aggregates,
                       .value = workspace->value};
  for (size_t i = 0; i < plan->filter_count; i++)
    if (!churn_evaluate_filter(plan, workspace, &plan->filters[i], moments))
      return CHURN_NO_MEMORY;
  evaluate_root(&cells, &plan->value, workspace, workspace->value);
  for (size_t o = 0; o < outputs; o++)
    evaluate_root(&cells, &plan->outputs[o], workspace, values + o * stride);
  for (size_t i = 0; at_risk != NULL && i < moments->count; i++)
    at_risk[i] = workspace->value[i];
  churn_spill_walked(plan->data->spill, moments->count);
  return CHURN_OK;
}

void churn_plan_see_before(churn_plan *plan, churn_day day)
{
  plan->seen_before = day == CHURN_DAY_MISSING ? INT32_MAX : day;
}

churn_status churn_plan_evaluate(const churn_plan *plan, churn_workspace *workspace, size_t spell,
                                 churn_day as_of, double *values, double *value)
{
  churn_moments moment = {1, &spell, &as_of};
  return churn_plan_evaluate_moments(plan, workspace, &moment, plan->count, 1, values, value);
}

/* The first or newest row of at most CHURN_BATCH_ROWS for which the condition is true as of
 * `as_of`; SIZE_MAX = none. */
static size_t pick_row(const churn_plan *plan, churn_workspace *workspace,
                       const churn_compiled *compiled, churn_segment segment, churn_day as_of,
                       churn_row_pick pick)
{
  int known_at = plan->schema->sources[compiled->source].known_at;
  const churn_day *known =
      known_at < 0 ? NULL : churn_data_days(plan->data, compiled->source, known_at);
  size_t rows[CHURN_BATCH_ROWS], picked = SIZE_MAX;
  churn_day days[CHURN_BATCH_ROWS];
  double selected[CHURN_BATCH_ROWS];
  churn_cells cells = {.plan = plan, .rows = rows, .as_of = days};
  for (size_t row = segment.begin; row < segment.end; row++, cells.count++) {
    rows[cells.count] = row;
    days[cells.count] = as_of;
  }
  churn_evaluate_condition(&cells, known, compiled->root, workspace->slots, selected);
  for (size_t i = 0; i < cells.count && (picked == SIZE_MAX || pick == CHURN_ROW_NEWEST); i++)
    if (selected[i] == 1)
      picked = rows[i];
  return picked;
}

/* A batch of the rows that are left, from the end that is wanted. */
static churn_segment take_batch(churn_segment *rest, churn_row_pick pick)
{
  size_t count = rest->end - rest->begin;
  churn_segment batch = *rest;
  if (count > CHURN_BATCH_ROWS && pick == CHURN_ROW_NEWEST)
    batch.begin = rest->end - CHURN_BATCH_ROWS;
  else if (count > CHURN_BATCH_ROWS)
    batch.end = rest->begin + CHURN_BATCH_ROWS;
  if (pick == CHURN_ROW_NEWEST)
    rest->end = batch.begin;
  else
    rest->begin = batch.end;
  return batch;
}

churn_status churn_plan_find_row(const churn_plan *plan, churn_workspace *workspace, size_t output,
                                 size_t customer, churn_day first, churn_day last, churn_day known,
                                 churn_row_pick pick, size_t *row)
{
  const churn_compiled *compiled = &plan->outputs[output];
  if (compiled->source == 0)
    return CHURN_USAGE;
  const churn_history *history = &plan->data->histories[compiled->source - 1];
  size_t begin = history->first_row[customer], rows = history->first_row[customer + 1] - begin;
  size_t end = begin + (rows == 0 ? 0 : churn_days_find(history->days + begin, rows, last));
  begin += end == begin ? 0 : churn_days_find(history->days + begin, end - begin, first);
  churn_segment rest = {begin, end};
  size_t found = SIZE_MAX;
  while (rest.begin < rest.end && found == SIZE_MAX) {
    churn_segment batch = take_batch(&rest, pick);
    found = pick_row(plan, workspace, compiled, batch, known, pick);
  }
  *row = found;
  churn_spill_walked(plan->data->spill, 1);
  return CHURN_OK;
}

churn_status churn_plan_any_row(const churn_plan *plan, churn_workspace *workspace, size_t output,
                                size_t customer, churn_day first, churn_day last, churn_day known,
                                bool *any)
{
  size_t row = SIZE_MAX;
  churn_status status = churn_plan_find_row(plan, workspace, output, customer, first, last, known,
                                            CHURN_ROW_FIRST, &row);
  *any = row != SIZE_MAX;
  return status;
}
