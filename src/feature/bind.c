/* Ties a plan to data: what to read, where it is, and one numbering of all texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/compiled.h"

#include "base/memory.h"

#include <stdlib.h>

static void need(const churn_schema *schema, churn_needs *needs, int source, int column)
{
  if (column >= 0 && column != schema->sources[source].day)
    needs->wanted[source][column] = true;
}

static void need_source(const churn_schema *schema, churn_needs *needs, int source)
{
  needs->source[source] = true;
  need(schema, needs, source, schema->sources[source].known_at);
}

void churn_plan_add_needs(const churn_plan *plan, churn_needs *needs)
{
  const churn_schema *schema = plan->schema;
  for (size_t i = 0; i < plan->column_count; i++) {
    const churn_plan_column *c = &plan->columns[i];
    need_source(schema, needs, c->source);
    need(schema, needs, c->source, c->column);
    need(schema, needs, c->source, schema->sources[c->source].columns[c->column].known_at);
  }
  for (size_t i = 0; i < plan->filter_count; i++)
    need_source(schema, needs, plan->filters[i].source);
  for (size_t i = 0; i < plan->count; i++)
    if (plan->outputs[i].source != 0)
      need_source(schema, needs, plan->outputs[i].source);
}

static const churn_column *data_column(const churn_data *data, int source, int column)
{
  return source == 0 ? &data->customers.columns[column]
                     : &data->histories[source - 1].columns[column];
}

const churn_day *churn_data_days(const churn_data *data, int source, int column)
{
  if (source > 0 && column == data->schema->sources[source].day)
    return data->histories[source - 1].days;
  const churn_column *c = data_column(data, source, column);
  return c->present ? c->days : NULL;
}

static size_t data_rows(const churn_data *data, int source)
{
  return source == 0 ? data->customers.spell_count : data->histories[source - 1].rows;
}

static churn_status not_read(const churn_schema *schema, int source, int column, churn_error *error)
{
  const churn_schema_source *s = &schema->sources[source];
  return churn_error_set(error, CHURN_INTERNAL, "%s of %s was not read",
                         column < 0 ? "the history" : s->columns[column].name, s->name);
}

/* The day column that dates a column or a row; *days stays NULL where `column` is -1. */
static churn_status bind_known(const churn_data *data, int source, int column,
                               const churn_day **days, churn_error *error)
{
  if (column < 0)
    return CHURN_OK;
  *days = churn_data_days(data, source, column);
  if (*days == NULL && data_rows(data, source) > 0)
    return not_read(data->schema, source, column, error);
  return CHURN_OK;
}

static churn_status bind_column(const churn_data *data, churn_plan_column *c, churn_error *error)
{
  const churn_schema_source *source = &data->schema->sources[c->source];
  churn_status status =
      bind_known(data, c->source, source->columns[c->column].known_at, &c->known, error);
  if (status == CHURN_OK && c->source == 0)
    status = bind_known(data, 0, source->known_at, &c->row_known, error);
  if (status != CHURN_OK)
    return status;
  if (c->source > 0 && c->column == source->day) {
    c->days = data->histories[c->source - 1].days;
    return CHURN_OK;
  }
  const churn_column *column = data_column(data, c->source, c->column);
  c->numbers = column->numbers;
  c->days = column->days;
  c->codes = column->codes;
  if (!column->present ||
      (data_rows(data, c->source) > 0 && c->numbers == NULL && c->days == NULL && c->codes == NULL))
    return not_read(data->schema, c->source, c->column, error);
  return CHURN_OK;
}

static churn_status bind_sources(churn_plan *plan, const churn_data *data, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < plan->filter_count && status == CHURN_OK; i++) {
    churn_filter *filter = &plan->filters[i];
    if (!data->histories[filter->source - 1].loaded)
      return not_read(plan->schema, filter->source, -1, error);
    status = bind_known(data, filter->source, plan->schema->sources[filter->source].known_at,
                        &filter->known, error);
  }
  for (size_t i = 0; i < plan->count && status == CHURN_OK; i++)
    if (plan->outputs[i].source != 0 && !data->histories[plan->outputs[i].source - 1].loaded)
      status = not_read(plan->schema, plan->outputs[i].source, -1, error);
  return status;
}

static void set_code(void *context, churn_node *node)
{
  const uint32_t *codes = context;
  if (node->kind == CHURN_NODE_TEXT)
    node->number = codes[node->index];
}

/* Merges the texts of the literals and of all category columns into the pool. `parts` and `remaps`
 * have room for one more than there are columns. */
static churn_status merge_texts(churn_plan *plan, const churn_data *data,
                                const churn_dictionary **parts, uint32_t **remaps)
{
  size_t count = 0;
  parts[count++] = plan->literals;
  for (size_t i = 0; i < plan->column_count; i++)
    if (plan->columns[i].codes != NULL)
      parts[count++] = data_column(data, plan->columns[i].source, plan->columns[i].column)->levels;
  churn_status status = churn_dictionary_merge(parts, count, &plan->pool, remaps);
  if (status != CHURN_OK)
    return status;
  count = 0;
  uint32_t *literal_codes = remaps[count++];
  for (size_t i = 0; i < plan->column_count; i++)
    if (plan->columns[i].codes != NULL)
      plan->columns[i].pool_codes = remaps[count++];
  churn_node_walk(plan->value.root, set_code, literal_codes);
  for (size_t i = 0; i < plan->count; i++)
    churn_node_walk(plan->outputs[i].root, set_code, literal_codes);
  free(literal_codes);
  return CHURN_OK;
}

static churn_status bind_texts(churn_plan *plan, const churn_data *data)
{
  const churn_dictionary **parts = churn_array_new(plan->column_count + 1, sizeof(*parts));
  uint32_t **remaps = churn_array_new(plan->column_count + 1, sizeof(*remaps));
  churn_status status = CHURN_NO_MEMORY;
  if (parts != NULL && remaps != NULL)
    status = merge_texts(plan, data, parts, remaps);
  free(parts);
  free(remaps);
  return status;
}

churn_status churn_plan_bind(churn_plan *plan, const churn_data *data, churn_error *error)
{
  if (plan->data != NULL)
    return churn_error_set(error, CHURN_INTERNAL, "the plan is bound already");
  churn_status status = bind_sources(plan, data, error);
  for (size_t i = 0; i < plan->column_count && status == CHURN_OK; i++)
    status = bind_column(data, &plan->columns[i], error);
  if (status != CHURN_OK)
    return status;
  status = bind_texts(plan, data);
  if (status == CHURN_NO_MEMORY)
    return churn_error_no_memory(error);
  if (status != CHURN_OK)
    return churn_error_set(error, status, "the data holds too many texts");
  plan->data = data;
  return CHURN_OK;
}

const char *churn_plan_text(const churn_plan *plan, double code)
{
  if (plan->pool == NULL || !(code >= 0) || code >= (double)churn_dictionary_count(plan->pool))
    return NULL;
  return churn_dictionary_text(plan->pool, (uint32_t)code);
}

size_t churn_plan_text_count(const churn_plan *plan)
{
  return plan->pool == NULL ? 0 : churn_dictionary_count(plan->pool);
}
