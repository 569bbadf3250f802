/* One history: rows matched to customers while they are read, grouped by customer, ordered by day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "history/build.h"
#include "history/grouping.h"

#include <inttypes.h>
#include <stdlib.h>

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
  churn_table_settings settings = {.keep_lines = true, .cache = churn_build_cache(build)};
  churn_format format;
  churn_status status = churn_spools_format(build->schema->spools, &spec->via.rowset, &spec->format,
                                            build->run, &format, build->error);
  return status != CHURN_OK ? status
                            : churn_table_read(spec->via.path, &format, requests, 2, &settings,
                                               build->run, file, build->error);
}

/* The file that maps keys to customers (*file), and the code of the customer of each of its keys.
 */
static churn_status read_keys(const churn_build *build, const churn_source_spec *spec,
                              churn_table **file, uint32_t **owner)
{
  churn_table *read = NULL;
  churn_status status = read_via(build, spec, &read);
  if (status != CHURN_OK)
    return status;
  uint32_t *made = churn_array_new(churn_dictionary_count(read->columns[0].levels), sizeof *made);
  status =
      made == NULL ? churn_error_no_memory(build->error) : read_owners(build, spec, read, made);
  if (status == CHURN_OK) {
    *file = read;
    *owner = made;
    return CHURN_OK;
  }
  free(made);
  churn_table_free(read);
  return status;
}

churn_status churn_build_via(const churn_build *build, const churn_source_spec *spec,
                             const churn_dictionary *ids, churn_table **file, uint32_t **map)
{
  churn_table *read = NULL;
  uint32_t *owner = NULL;
  size_t count = churn_dictionary_count(ids);
  churn_status status = read_keys(build, spec, &read, &owner);
  if (status != CHURN_OK)
    return status;
  const churn_dictionary *keys = read->columns[0].levels;
  uint32_t *made = churn_array_new(count, sizeof *made);
  for (uint32_t code = 0; made != NULL && code < count; code++) {
    uint32_t key = churn_dictionary_find(keys, churn_dictionary_text(ids, code),
                                         churn_dictionary_length(ids, code));
    made[code] = key == CHURN_CODE_MISSING ? CHURN_CODE_MISSING : owner[key];
  }
  free(owner);
  if (made == NULL) {
    churn_table_free(read);
    return churn_error_no_memory(build->error);
  }
  *file = read;
  *map = made;
  return CHURN_OK;
}

/* Customers' numbers for their codes in the via file. */
static churn_status number_owners(const churn_build *build, const churn_table *file,
                                  uint32_t *owners, size_t count)
{
  uint32_t *numbers = NULL;
  churn_status status = match_ids(build, file->columns[1].levels, &numbers);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    if (owners[i] != CHURN_CODE_MISSING)
      owners[i] = numbers[owners[i]];
  free(numbers);
  return status;
}

static churn_status match_via(const churn_build *build, const churn_source_spec *spec,
                              const churn_dictionary *ids, uint32_t **map)
{
  churn_table *file = NULL;
  uint32_t *owners = NULL;
  churn_status status = churn_build_via(build, spec, ids, &file, &owners);
  if (status != CHURN_OK)
    return status;
  status = churn_build_record(build, spec->name.text, ".via", file);
  if (status == CHURN_OK)
    status = number_owners(build, file, owners, churn_dictionary_count(ids));
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

/* Which ids a history's rows may have, and whose they are. */
typedef struct id_space {
  const churn_dictionary *known;
  churn_table *via; /* NULL = ids are customers */
  uint32_t *map;    /* customer of each known key; NULL without via */
} id_space;

static churn_status find_id_space(const churn_build *build, const churn_source_spec *spec,
                                  id_space *space)
{
  *space = (id_space){.known = build->data->customers.index};
  if (spec->via.path == NULL)
    return CHURN_OK;
  churn_status status = read_keys(build, spec, &space->via, &space->map);
  if (status != CHURN_OK)
    return status;
  space->known = space->via->columns[0].levels;
  return number_owners(build, space->via, space->map, churn_dictionary_count(space->known));
}

/* The grouped columns become the schema's. */
static void move_columns(const churn_build *build, churn_table *table, const layout *l,
                         size_t index, churn_history *h)
{
  h->days = table->columns[1].days;
  table->columns[1].days = NULL;
  for (size_t i = 0; i < build->schema->sources[1 + index].column_count; i++) {
    if (l->schema[i] < 0)
      continue;
    h->columns[i] = table->columns[l->schema[i]];
    table->columns[l->schema[i]] = (churn_column){0};
  }
}

/* Counts of nothing are 0, so a file with other ids would make features without a word. */
static void warn_nothing_left(const churn_build *build, const churn_table *table,
                              const churn_history *h)
{
  churn_place place = {table->path, 0, 0};
  if (h->rows_read == 0)
    churn_notes_add(churn_run_notes(build->run), CHURN_WARNING, "history_empty", place,
                    "the file has no rows: every feature of %s sees nothing", h->name);
  else if (h->rows == 0 && h->rows_unmatched > 0)
    churn_notes_add(churn_run_notes(build->run), CHURN_WARNING, "history_unmatched", place,
                    "no row of %s belongs to a customer, so its features see nothing: are the ids "
                    "in \"%s\" written as in the customers' file?",
                    h->name, table->columns[0].heading);
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

/* Reads the file into `grouping`, and takes the groups. */
static churn_status read_rows(const churn_build *build, size_t index, const layout *l,
                              const id_space *space, churn_grouping *grouping)
{
  churn_history *h = &build->data->histories[index];
  const churn_source_spec *spec = &build->schema->project->histories[index];
  churn_row_taker taker = churn_grouping_taker(grouping);
  churn_table_settings settings = {.taker = &taker, .known = space->known};
  churn_table *table = NULL;
  churn_status status = churn_build_read(build, spec, l->requests, l->count, &settings, &table);
  if (status == CHURN_OK && table->rows >= UINT32_MAX)
    status = churn_error_set(build->error, CHURN_INCONSISTENT,
                             "more than 4 billion rows in one history");
  if (status == CHURN_OK && space->via != NULL)
    status = churn_build_record(build, spec->name.text, ".via", space->via);
  if (status == CHURN_OK)
    status = churn_grouping_finish(grouping, table, table->columns, h, build->run, build->error);
  if (status == CHURN_OK) {
    h->rows_read = table->rows;
    note_left_out(build, table, h);
    warn_nothing_left(build, table, h);
    move_columns(build, table, l, index, h);
  }
  churn_table_free(table);
  return status;
}

static churn_status take_history(const churn_build *build, size_t index, const layout *l)
{
  const churn_source_spec *spec = &build->schema->project->histories[index];
  id_space space;
  churn_status status = find_id_space(build, spec, &space);
  churn_grouping *grouping = NULL;
  if (status == CHURN_OK) {
    grouping = churn_grouping_new(l->requests, l->count, build->data->customers.count, space.map,
                                  build->settings->before, build->data->spill);
    status = grouping == NULL ? churn_error_no_memory(build->error)
                              : read_rows(build, index, l, &space, grouping);
  }
  churn_grouping_free(grouping);
  churn_table_free(space.via);
  free(space.map);
  churn_spill_trim(build->data->spill);
  return status;
}

churn_status churn_build_history(const churn_build *build, size_t index)
{
  churn_history *h = &build->data->histories[index];
  layout l = {0};
  h->name = build->schema->project->histories[index].name.text;
  h->first_day = h->last_day = CHURN_DAY_MISSING;
  h->first_row = churn_array_new(build->data->customers.count + 1, sizeof *h->first_row);
  h->columns = churn_array_new(build->schema->sources[1 + index].column_count, sizeof *h->columns);
  churn_status status =
      h->first_row == NULL || h->columns == NULL ? churn_error_no_memory(build->error) : CHURN_OK;
  if (status == CHURN_OK)
    status = make_layout(build, index, &l);
  if (status == CHURN_OK)
    status = take_history(build, index, &l);
  h->loaded = status == CHURN_OK;
  free(l.requests);
  free(l.schema);
  return status;
}
