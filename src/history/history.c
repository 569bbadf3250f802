/* One history: rows matched to customers, grouped by customer, ordered by day. A counting sort by
 * customer, then each customer's rows by day.
 *
 * Cost: one pass to count, one to place, one gather a column.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "history/build.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where the requested columns stand: 0 = id, 1 = day, then the wanted columns of the schema. */
typedef struct layout {
  churn_column_request *requests;
  size_t count;
  int *schema; /* request of each schema column, or -1 */
} layout;

static churn_status make_layout(const churn_build *build, size_t index, layout *l)
{
  const churn_project *project = build->schema->project;
  const churn_source_spec *spec = &project->histories[index];
  const churn_schema_source *source = &build->schema->sources[1 + index];
  l->requests = churn_array_new(source->column_count + 2, sizeof *l->requests);
  l->schema = churn_array_new(source->column_count, sizeof *l->schema);
  if (l->requests == NULL || l->schema == NULL)
    return churn_error_no_memory(build->error);
  l->requests[l->count++] = (churn_column_request){spec->id.text, CHURN_TYPE_ID, false,
                                                   churn_project_place(project, &spec->id)};
  l->requests[l->count++] = (churn_column_request){spec->day.text, CHURN_TYPE_DAY, false,
                                                   churn_project_place(project, &spec->day)};
  for (size_t i = 0; i < source->column_count; i++) {
    l->schema[i] = -1;
    if (!churn_build_is_read(build, 1 + index, i) || (int)i == source->day)
      continue;
    const churn_schema_column *column = &source->columns[i];
    l->requests[l->count] =
        (churn_column_request){column->heading, column->type, false, column->place};
    l->schema[i] = (int)l->count++;
  }
  return CHURN_OK;
}

static churn_status match_ids(const churn_build *build, const churn_dictionary *ids, uint32_t **map)
{
  size_t count = churn_dictionary_count(ids);
  *map = churn_array_new(count, sizeof **map);
  if (*map == NULL)
    return churn_error_no_memory(build->error);
  for (uint32_t code = 0; code < count; code++)
    (*map)[code] =
        churn_dictionary_find(build->data->customers.index, churn_dictionary_text(ids, code),
                              churn_dictionary_length(ids, code));
  return CHURN_OK;
}

/* Fills owner: the customer's code of each key of the via file. */
static churn_status read_owners(const churn_build *build, const churn_source_spec *spec,
                                const churn_table *file, uint32_t *owner)
{
  const churn_column *keys = &file->columns[0], *customers = &file->columns[1];
  for (size_t i = 0; i < churn_dictionary_count(keys->levels); i++)
    owner[i] = CHURN_CODE_MISSING;
  for (size_t row = 0; row < file->rows; row++) {
    uint32_t key = keys->codes[row], customer = customers->codes[row];
    if (owner[key] != CHURN_CODE_MISSING && owner[key] != customer)
      return churn_error_set_at(
          build->error, CHURN_INCONSISTENT,
          churn_table_place(file, &spec->format, row, spec->via.customer.text),
          "key \"%.60s\" belongs to customer \"%.60s\" here and to \"%.60s\" before",
          churn_dictionary_text(keys->levels, key),
          churn_dictionary_text(customers->levels, customer),
          churn_dictionary_text(customers->levels, owner[key]));
    owner[key] = customer;
  }
  return CHURN_OK;
}

static churn_status read_via(const churn_build *build, const churn_source_spec *spec,
                             churn_table **file)
{
  const churn_project *project = build->schema->project;
  churn_column_request requests[] = {
      {spec->via.id.text, CHURN_TYPE_ID, false, churn_project_place(project, &spec->via.id)},
      {spec->via.customer.text, CHURN_TYPE_ID, false,
       churn_project_place(project, &spec->via.customer)}};
  churn_table_settings settings = {.keep_lines = true};
  return churn_table_read(spec->via.path, &spec->format, requests, 2, &settings, build->run, file,
                          build->error);
}

churn_status churn_build_via(const churn_build *build, const churn_source_spec *spec,
                             const churn_dictionary *ids, churn_table **file, uint32_t **map)
{
  churn_table *read = NULL;
  uint32_t *owner = NULL, *made = NULL;
  size_t count = churn_dictionary_count(ids);
  churn_status status = read_via(build, spec, &read);
  if (status != CHURN_OK)
    return status;
  const churn_dictionary *keys = read->columns[0].levels;
  owner = churn_array_new(churn_dictionary_count(keys), sizeof *owner);
  made = churn_array_new(count, sizeof *made);
  status = owner == NULL || made == NULL ? churn_error_no_memory(build->error)
                                         : read_owners(build, spec, read, owner);
  for (uint32_t code = 0; status == CHURN_OK && code < count; code++) {
    uint32_t key = churn_dictionary_find(keys, churn_dictionary_text(ids, code),
                                         churn_dictionary_length(ids, code));
    made[code] = key == CHURN_CODE_MISSING ? CHURN_CODE_MISSING : owner[key];
  }
  free(owner);
  if (status == CHURN_OK) {
    *file = read;
    *map = made;
    return CHURN_OK;
  }
  free(made);
  churn_table_free(read);
  return status;
}

static churn_status match_via(const churn_build *build, const churn_source_spec *spec,
                              const churn_dictionary *ids, uint32_t **map)
{
  churn_table *file = NULL;
  uint32_t *owners = NULL, *numbers = NULL;
  churn_status status = churn_build_via(build, spec, ids, &file, &owners);
  if (status != CHURN_OK)
    return status;
  status = churn_build_record(build, spec->name.text, ".via", file);
  if (status == CHURN_OK)
    status = match_ids(build, file->columns[1].levels, &numbers);
  for (size_t code = 0; status == CHURN_OK && code < churn_dictionary_count(ids); code++)
    if (owners[code] != CHURN_CODE_MISSING)
      owners[code] = numbers[owners[code]];
  free(numbers);
  churn_table_free(file);
  if (status == CHURN_OK)
    *map = owners;
  else
    free(owners);
  return status;
}

churn_status churn_build_id_map(const churn_build *build, const churn_source_spec *spec,
                                const churn_column *id, uint32_t **map)
{
  return spec->via.path == NULL ? match_ids(build, id->levels, map)
                                : match_via(build, spec, id->levels, map);
}

/* Span of days and what is left out; map gives each id's customer. */
static void count_rows(const churn_table *table, const uint32_t *map, churn_history *h)
{
  h->first_day = h->last_day = CHURN_DAY_MISSING;
  for (size_t row = 0; row < table->rows; row++) {
    churn_day day = table->columns[1].days[row];
    uint32_t customer = map[table->columns[0].codes[row]];
    if (day == CHURN_DAY_MISSING) {
      h->rows_dayless++;
      continue;
    }
    if (h->first_day == CHURN_DAY_MISSING || day < h->first_day)
      h->first_day = day;
    if (h->last_day == CHURN_DAY_MISSING || day > h->last_day)
      h->last_day = day;
    if (customer == CHURN_CODE_MISSING)
      h->rows_unmatched++;
    else
      h->first_row[customer + 1]++;
  }
}

static void place_rows(const churn_table *table, const uint32_t *map, const size_t *first_row,
                       size_t *next, size_t customers, uint32_t *order)
{
  memcpy(next, first_row, customers * sizeof *next);
  for (size_t row = 0; row < table->rows; row++) {
    uint32_t customer = map[table->columns[0].codes[row]];
    if (customer != CHURN_CODE_MISSING && table->columns[1].days[row] != CHURN_DAY_MISSING)
      order[next[customer]++] = (uint32_t)row;
  }
}

typedef struct day_sort {
  const churn_day *days; /* of the table's rows */
  uint32_t *order;
  const size_t *first_row;
  size_t customers;
} day_sort;

enum { SORT_CUSTOMERS = 4096, SHORT_RUN = 32 };

typedef struct dated_row {
  churn_day day;
  uint32_t row;
} dated_row;

static int compare_dated(const void *left, const void *right)
{
  const dated_row *a = left, *b = right;
  if (a->day != b->day)
    return a->day < b->day ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

/* Exports are mostly in order of time already, so insertion is near linear; it gives up when it
 * moves too much. */
static bool insertion_sort(uint32_t *order, size_t count, const churn_day *days)
{
  size_t moves = 0, most = count * SHORT_RUN;
  for (size_t i = 1; i < count; i++) {
    uint32_t row = order[i];
    size_t j = i;
    for (; j > 0 && days[order[j - 1]] > days[row]; j--, moves++)
      order[j] = order[j - 1];
    order[j] = row;
    if (moves > most)
      return false;
  }
  return true;
}

static churn_status sort_run(uint32_t *order, size_t count, const churn_day *days,
                             churn_error *error)
{
  if (insertion_sort(order, count, days))
    return CHURN_OK;
  dated_row *rows = churn_array_new(count, sizeof *rows);
  if (rows == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++)
    rows[i] = (dated_row){days[order[i]], order[i]};
  qsort(rows, count, sizeof *rows, compare_dated);
  for (size_t i = 0; i < count; i++)
    order[i] = rows[i].row;
  free(rows);
  return CHURN_OK;
}

static churn_status sort_task(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  const day_sort *s = context;
  size_t last =
      (task + 1) * SORT_CUSTOMERS < s->customers ? (task + 1) * SORT_CUSTOMERS : s->customers;
  churn_status status = CHURN_OK;
  for (size_t c = task * SORT_CUSTOMERS; c < last && status == CHURN_OK; c++)
    status =
        sort_run(s->order + s->first_row[c], s->first_row[c + 1] - s->first_row[c], s->days, error);
  return status;
}

/* The order of the kept rows: by customer, then day. The caller frees *order. */
static churn_status find_order(const churn_build *build, const churn_table *table,
                               const uint32_t *map, churn_history *h, uint32_t **order)
{
  size_t customers = build->data->customers.count;
  count_rows(table, map, h);
  for (size_t i = 0; i < customers; i++) {
    h->customers_matched += h->first_row[i + 1] > 0;
    h->first_row[i + 1] += h->first_row[i];
  }
  h->rows = h->first_row[customers];
  size_t *next = churn_array_new(customers, sizeof *next);
  *order = churn_array_new(h->rows, sizeof **order);
  churn_status status =
      next == NULL || *order == NULL ? churn_error_no_memory(build->error) : CHURN_OK;
  if (status == CHURN_OK) {
    place_rows(table, map, h->first_row, next, customers, *order);
    day_sort sort = {table->columns[1].days, *order, h->first_row, customers};
    status = churn_parallel_run((customers + SORT_CUSTOMERS - 1) / SORT_CUSTOMERS, sort_task, &sort,
                                NULL, build->run, build->error);
  }
  free(next);
  return status;
}

static churn_status move_columns(const churn_build *build, churn_table *table, const layout *l,
                                 size_t index, const uint32_t *order, churn_history *h)
{
  churn_column day = table->columns[1];
  table->columns[1] = (churn_column){0};
  churn_status status = churn_build_reorder(&day, order, h->rows, build->run, build->error);
  h->days = day.days;
  day.days = NULL;
  churn_column_clear(&day);
  for (size_t i = 0; status == CHURN_OK && i < build->schema->sources[1 + index].column_count;
       i++) {
    if (l->schema[i] < 0)
      continue;
    h->columns[i] = table->columns[l->schema[i]];
    table->columns[l->schema[i]] = (churn_column){0};
    status = churn_build_reorder(&h->columns[i], order, h->rows, build->run, build->error);
  }
  return status;
}

static void note_left_out(const churn_build *build, const churn_table *table,
                          const churn_history *h)
{
  churn_place place = {table->path, 0, 0};
  if (h->rows_unmatched > 0)
    churn_notes_add(churn_run_notes(build->run), CHURN_NOTE, "unmatched_rows", place,
                    "%" PRIu64 " of %" PRIu64
                    " rows of %s belong to no known customer and were left out",
                    h->rows_unmatched, h->rows_read, h->name);
  if (h->rows_dayless > 0)
    churn_notes_add(churn_run_notes(build->run), CHURN_NOTE, "rows_without_day", place,
                    "%" PRIu64 " of %" PRIu64 " rows of %s have no \"%s\" and were left out",
                    h->rows_dayless, h->rows_read, h->name, table->columns[1].heading);
}

static churn_status take_table(const churn_build *build, churn_table *table, const layout *l,
                               size_t index)
{
  churn_history *h = &build->data->histories[index];
  uint32_t *map = NULL, *order = NULL;
  if (table->rows >= UINT32_MAX)
    return churn_error_set(build->error, CHURN_INCONSISTENT,
                           "more than 4 billion rows in one history");
  h->rows_read = table->rows;
  churn_status status = churn_build_id_map(build, &build->schema->project->histories[index],
                                           &table->columns[0], &map);
  if (status == CHURN_OK)
    status = find_order(build, table, map, h, &order);
  if (status == CHURN_OK) {
    note_left_out(build, table, h);
    status = move_columns(build, table, l, index, order, h);
  }
  h->loaded = status == CHURN_OK;
  free(map);
  free(order);
  return status;
}

churn_status churn_build_history(const churn_build *build, size_t index)
{
  churn_history *h = &build->data->histories[index];
  const churn_source_spec *spec = &build->schema->project->histories[index];
  layout l = {0};
  churn_table *table = NULL;
  h->name = spec->name.text;
  h->first_day = h->last_day = CHURN_DAY_MISSING;
  h->first_row = churn_array_new(build->data->customers.count + 1, sizeof *h->first_row);
  h->columns = churn_array_new(build->schema->sources[1 + index].column_count, sizeof *h->columns);
  churn_status status =
      h->first_row == NULL || h->columns == NULL ? churn_error_no_memory(build->error) : CHURN_OK;
  if (status == CHURN_OK)
    status = make_layout(build, index, &l);
  if (status == CHURN_OK)
    status = churn_build_read(build, spec, l.requests, l.count, false, &table);
  if (status == CHURN_OK)
    status = take_table(build, table, &l, index);
  churn_table_free(table);
  free(l.requests);
  free(l.schema);
  return status;
}
