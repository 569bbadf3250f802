/* What a plan reads that is dated by a known_at column, and whether it was written too late to be
 * seen.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/compiled.h"

#include <math.h>

/* A source is listed once, where a row set or column reads it first. */
static bool reads_source(const churn_plan *plan, int source)
{
  for (size_t i = 0; i < plan->set_count; i++)
    if (plan->sets[i].source == source)
      return true;
  for (size_t i = 0; i < plan->column_count; i++)
    if (plan->columns[i].source == source)
      return true;
  return false;
}

static bool give(const churn_plan *plan, int source, int column, int known_at, size_t at,
                 size_t *count, churn_dated *dated)
{
  if (known_at < 0 || (*count)++ != at)
    return false;
  *dated = (churn_dated){source, column, churn_data_days(plan->data, source, known_at)};
  return true;
}

bool churn_plan_dated(const churn_plan *plan, size_t at, churn_dated *dated)
{
  size_t count = 0;
  for (size_t s = 0; s < plan->schema->source_count; s++)
    if (reads_source(plan, (int)s) &&
        give(plan, (int)s, -1, plan->schema->sources[s].known_at, at, &count, dated))
      return true;
  for (size_t i = 0; i < plan->column_count; i++) {
    const churn_plan_column *c = &plan->columns[i];
    int known_at = plan->schema->sources[c->source].columns[c->column].known_at;
    if (give(plan, c->source, c->column, known_at, at, &count, dated))
      return true;
  }
  return false;
}

static bool has_value(const churn_plan *plan, const churn_dated *dated, size_t row)
{
  if (dated->column < 0)
    return true;
  const churn_data *data = plan->data;
  const churn_column *c = dated->source == 0
                              ? &data->customers.columns[dated->column]
                              : &data->histories[dated->source - 1].columns[dated->column];
  return c->numbers != NULL ? !isnan(c->numbers[row])
         : c->codes != NULL ? c->codes[row] != CHURN_CODE_MISSING
                            : c->days != NULL && c->days[row] != CHURN_DAY_MISSING;
}

static bool is_late(const churn_plan *plan, const churn_dated *dated, size_t row, churn_day as_of)
{
  return dated->known[row] != CHURN_DAY_MISSING && dated->known[row] >= as_of &&
         has_value(plan, dated, row);
}

bool churn_plan_hides(const churn_plan *plan, const churn_dated *dated, size_t spell,
                      churn_day as_of)
{
  if (as_of == CHURN_DAY_MISSING || dated->known == NULL)
    return false;
  if (dated->source == 0)
    return is_late(plan, dated, spell, as_of);
  const churn_history *history = &plan->data->histories[dated->source - 1];
  uint32_t customer = plan->data->customers.spell_customer[spell];
  size_t end = history->first_row[customer + 1];
  for (size_t row = history->first_row[customer]; row < end && history->days[row] < as_of; row++)
    if (is_late(plan, dated, row, as_of))
      return true;
  return false;
}
