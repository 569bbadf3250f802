/* All sources of a project into memory: customers first, then histories, then labels.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/data.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "history/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

churn_needs *churn_needs_new(const churn_schema *schema)
{
  churn_needs *needs = calloc(1, sizeof *needs);
  if (needs == NULL)
    return NULL;
  needs->source_count = schema->source_count;
  needs->wanted = churn_array_new(schema->source_count, sizeof *needs->wanted);
  needs->source = churn_array_new(schema->source_count, sizeof *needs->source);
  bool good = needs->wanted != NULL && needs->source != NULL;
  for (size_t i = 0; good && i < schema->source_count; i++) {
    needs->wanted[i] = churn_array_new(schema->sources[i].column_count, sizeof **needs->wanted);
    good = needs->wanted[i] != NULL;
  }
  if (good)
    return needs;
  churn_needs_free(needs);
  return NULL;
}

void churn_needs_free(churn_needs *needs)
{
  if (needs == NULL)
    return;
  for (size_t i = 0; needs->wanted != NULL && i < needs->source_count; i++)
    free(needs->wanted[i]);
  free(needs->wanted);
  free(needs->source);
  free(needs);
}

void churn_needs_all(churn_needs *needs, const churn_schema *schema)
{
  for (size_t i = 0; i < schema->source_count; i++) {
    needs->source[i] = true;
    for (size_t c = 0; c < schema->sources[i].column_count; c++)
      needs->wanted[i][c] = true;
  }
}

void churn_needs_days(churn_needs *needs, const churn_schema *schema)
{
  for (size_t i = 1; schema->project->data_until == CHURN_DAY_MISSING && i < schema->source_count;
       i++)
    needs->source[i] = true;
}

/* Bad rows that a lenient read kept are named one by one: warnings while max_bad_rows allows them,
 * faults past that. */
static void note_rejects(const churn_build *build, const churn_source_spec *spec,
                         const churn_table *table)
{
  if (!build->settings->collect_all)
    return;
  churn_severity severity =
      table->reject_count <= spec->format.max_bad_rows ? CHURN_WARNING : CHURN_FAULT;
  for (size_t i = 0; i < table->reject_count; i++)
    churn_notes_add(
        churn_run_notes(build->run), severity, "bad_row",
        (churn_place){churn_table_name(table), table->rejects[i].line, table->rejects[i].column},
        "%s", table->rejects[i].reason);
}

/* Bad rows of one file that `check` names; the count covers all. */
enum { MOST_FAULTS = 1000 };

enum { MOST_NAMED = 10, NAMES_SIZE = 768 };

/* Rejected rows are kept where a person can mend them: REJECTS/SOURCE.csv. `check` writes nothing.
 */
static churn_status keep_rejects(const churn_build *build, const churn_source_spec *spec,
                                 const churn_table *table)
{
  const char *folder = build->schema->project->rejects;
  if (table->reject_count == 0 || build->settings->collect_all)
    return CHURN_OK;
  if (mkdir(folder, 0777) != 0 && errno != EEXIST)
    return churn_error_set_errno(build->error, CHURN_CANNOT_CREATE, folder,
                                 "create the folder for rejected rows", errno);
  char *path = churn_text_format("%s/%s.csv", folder, spec->name.text);
  churn_status status = path == NULL ? churn_error_no_memory(build->error)
                                     : churn_table_write_rejects(table, path, build->error);
  if (status == CHURN_OK)
    churn_notes_add(churn_run_notes(build->run), CHURN_NOTE, "rejects_file",
                    (churn_place){path, 0, 0}, "holds the %zu rejected rows of %s",
                    table->reject_count, spec->name.text);
  free(path);
  return status;
}

/* Which of the project's sources a spec is; NULL for a label file, which is no source of the
 * schema. */
static const churn_schema_source *source_of(const churn_schema *schema,
                                            const churn_source_spec *spec)
{
  if (spec == &schema->project->customers)
    return &schema->sources[0];
  for (size_t i = 0; i < schema->project->history_count; i++)
    if (spec == &schema->project->histories[i])
      return &schema->sources[1 + i];
  return NULL;
}

static bool is_mapped(const churn_project *project, const churn_schema_source *source,
                      const char *heading)
{
  if (churn_project_is_outcome_column(project, heading))
    return true;
  for (size_t i = 0; source != NULL && i < source->column_count; i++)
    if (strcmp(source->columns[i].heading, heading) == 0)
      return true;
  return false;
}

void churn_build_note_ignored(const churn_schema *schema, const churn_source_spec *spec,
                              char *const *ignored, size_t count, const churn_run *run)
{
  const churn_schema_source *source = source_of(schema, spec);
  char names[NAMES_SIZE] = "";
  size_t named = 0;
  for (size_t i = 0; i < count; i++) {
    if (is_mapped(schema->project, source, ignored[i]))
      continue;
    size_t used = strlen(names);
    if (named++ < MOST_NAMED)
      snprintf(names + used, sizeof names - used, "%s%.60s", used == 0 ? "" : ", ", ignored[i]);
  }
  if (named > 0)
    churn_notes_add(churn_run_notes(run), CHURN_NOTE, "ignored_columns",
                    (churn_place){spec->path, 0, 0}, "the project maps no column to %s%s", names,
                    named > MOST_NAMED ? " and others" : "");
}

churn_status churn_build_record(const churn_build *build, const char *name, const char *suffix,
                                const churn_table *table)
{
  churn_data *data = build->data;
  churn_error *error = build->error;
  size_t capacity = data->input_count;
  if (!churn_array_reserve(&data->inputs, &capacity, data->input_count + 1, sizeof *data->inputs))
    return churn_error_no_memory(error);
  churn_input *input = &data->inputs[data->input_count];
  *input = (churn_input){.rows = table->rows, .rejected = table->reject_count};
  memcpy(input->fingerprint, table->fingerprint, sizeof input->fingerprint);
  input->name = churn_text_format("%s%s", name, suffix);
  input->path = churn_text_copy(table->path, strlen(table->path));
  data->input_count++;
  return input->name == NULL || input->path == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

const char *churn_build_cache(const churn_build *build)
{
  return build->settings->collect_all ? NULL : build->schema->project->cache;
}

churn_status churn_build_read(const churn_build *build, const churn_source_spec *spec,
                              const churn_column_request *requests, size_t count,
                              const churn_table_settings *settings, churn_table **table)
{
  churn_table_settings how = *settings;
  how.collect_all = build->settings->collect_all;
  how.most_rejects = MOST_FAULTS;
  how.cache = churn_build_cache(build);
  churn_table *read = NULL;
  churn_format format;
  churn_status status = churn_spools_format(build->schema->spools, &spec->rowset, &spec->format,
                                            build->run, &format, build->error);
  if (status == CHURN_OK)
    status = churn_table_read(spec->path, &format, requests, count, &how, build->run, &read,
                              build->error);
  if (status != CHURN_OK)
    return status;
  note_rejects(build, spec, read);
  churn_build_note_ignored(build->schema, spec, read->ignored, read->ignored_count, build->run);
  status = keep_rejects(build, spec, read);
  if (status == CHURN_OK)
    status = churn_build_record(build, spec->name.text, "", read);
  if (status == CHURN_OK)
    *table = read;
  else
    churn_table_free(read);
  return status;
}

bool churn_build_is_read(const churn_build *build, size_t source, size_t column)
{
  const churn_schema_source *s = &build->schema->sources[source];
  const bool *wanted = build->needs->wanted[source];
  bool read = wanted[column] || s->known_at == (int)column;
  for (size_t i = 0; i < s->column_count && !read; i++)
    read = wanted[i] && s->columns[i].known_at == (int)column;
  return read;
}

static void gather_8(const uint64_t *values, const uint32_t *order, size_t first, size_t last,
                     uint64_t *out)
{
  for (size_t i = first; i < last; i++)
    out[i] = values[order[i]];
}

static void gather_4(const uint32_t *values, const uint32_t *order, size_t first, size_t last,
                     uint32_t *out)
{
  for (size_t i = first; i < last; i++)
    out[i] = values[order[i]];
}

typedef struct reorder {
  const void *from;
  void *to;
  size_t width;
  const uint32_t *order;
  size_t rows;
} reorder;

enum { REORDER_ROWS = 1 << 18 };

static churn_status reorder_task(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const reorder *r = context;
  size_t first = task * REORDER_ROWS;
  size_t last = r->rows - first < REORDER_ROWS ? r->rows : first + REORDER_ROWS;
  if (r->width == 8)
    gather_8(r->from, r->order, first, last, r->to);
  else
    gather_4(r->from, r->order, first, last, r->to);
  return CHURN_OK;
}

/* One array in a new order; *values is replaced (and is as it was when memory runs out). */
static churn_status reorder_array(void *values_pointer, size_t width, const uint32_t *order,
                                  size_t rows, const churn_run *run, churn_error *error)
{
  void *from;
  memcpy(&from, values_pointer, sizeof from);
  if (from == NULL)
    return CHURN_OK;
  void *to = churn_array_new_aligned(rows, width);
  if (to == NULL)
    return churn_error_no_memory(error);
  reorder r = {from, to, width, order, rows};
  churn_status status = churn_parallel_run((rows + REORDER_ROWS - 1) / REORDER_ROWS, reorder_task,
                                           &r, NULL, run, error);
  free(from);
  memcpy(values_pointer, &to, sizeof to);
  return status;
}

churn_status churn_build_reorder(churn_column *column, const uint32_t *order, size_t rows,
                                 const churn_run *run, churn_error *error)
{
  churn_status status = reorder_array(&column->numbers, sizeof(double), order, rows, run, error);
  if (status == CHURN_OK)
    status = reorder_array(&column->days, sizeof(churn_day), order, rows, run, error);
  if (status == CHURN_OK)
    status = reorder_array(&column->codes, sizeof(uint32_t), order, rows, run, error);
  return status;
}

static void find_data_until(churn_data *data)
{
  data->data_until = data->schema->project->data_until;
  if (data->data_until != CHURN_DAY_MISSING)
    return;
  const char *contacts = data->schema->project->contacts.history.text;
  for (size_t i = 0; i + 1 < data->schema->source_count; i++)
    if (data->histories[i].loaded &&
        (contacts == NULL || strcmp(contacts, data->histories[i].name) != 0) &&
        data->histories[i].last_day != CHURN_DAY_MISSING &&
        (data->data_until == CHURN_DAY_MISSING || data->histories[i].last_day > data->data_until))
      data->data_until = data->histories[i].last_day;
}

/* True when the failure may be noted and reading may go on. */
static bool go_on(const churn_build *build, churn_status status)
{
  if (!build->settings->collect_all || status == CHURN_NO_MEMORY || status == CHURN_INTERNAL)
    return false;
  churn_notes_add_fault(churn_run_notes(build->run), build->error);
  build->data->incomplete = true;
  return true;
}

static churn_status build_all(const churn_build *build)
{
  const churn_project *project = build->schema->project;
  churn_status status = project->base_kind == CHURN_BASE_FILE
                            ? churn_build_customers(build)
                            : churn_build_customers_from_history(build);
  for (size_t i = 0; status == CHURN_OK && i < project->history_count; i++) {
    if (!build->needs->source[1 + i])
      continue;
    status = churn_build_history(build, i);
    if (status != CHURN_OK && go_on(build, status))
      status = CHURN_OK;
  }
  if (status == CHURN_OK && build->settings->with_labels &&
      project->outcome.kind == CHURN_OUTCOME_LABELS) {
    status = churn_build_labels(build);
    if (status != CHURN_OK && go_on(build, status))
      status = CHURN_OK;
  }
  return status;
}

churn_status churn_data_read(const churn_schema *schema, const churn_needs *needs,
                             const churn_data_settings *settings, const churn_run *run,
                             churn_data **data, churn_error *error)
{
  static const churn_data_settings defaults = {0};
  churn_data *d = calloc(1, sizeof *d);
  if (d == NULL)
    return churn_error_no_memory(error);
  d->schema = schema;
  d->histories = churn_array_new(schema->source_count, sizeof *d->histories);
  if (d->histories == NULL) {
    churn_data_free(d);
    return churn_error_no_memory(error);
  }
  churn_error local = {0};
  churn_build build = {schema, needs, settings == NULL ? &defaults : settings,
                       run,    d,     error == NULL ? &local : error};
  churn_status status = churn_spill_new(run, &d->spill, error);
  if (status == CHURN_OK)
    status = build_all(&build);
  churn_spools_disconnect(schema->spools);
  if (status != CHURN_OK) {
    churn_data_free(d);
    return status;
  }
  find_data_until(d);
  *data = d;
  return CHURN_OK;
}

void churn_data_let_index_go(churn_data *data)
{
  churn_dictionary_settle(data->customers.index);
}

void churn_data_let_ids_go(churn_data *data)
{
  churn_customers *customers = &data->customers;
  free(customers->ids);
  churn_dictionary_free(customers->index);
  customers->ids = NULL;
  customers->index = NULL;
}

static void free_columns(churn_column *columns, size_t count)
{
  for (size_t i = 0; columns != NULL && i < count; i++)
    churn_column_clear(&columns[i]);
  free(columns);
}

static void free_spells(churn_customers *customers)
{
  free(customers->first_spell);
  free(customers->spell_customer);
  free(customers->joined);
  free(customers->left);
  free(customers->lines);
  customers->first_spell = NULL;
  customers->spell_customer = NULL;
  customers->joined = customers->left = NULL;
  customers->lines = NULL;
}

static void free_customers(churn_customers *customers, size_t column_count)
{
  free(customers->ids);
  churn_dictionary_free(customers->index);
  free_spells(customers);
  free_columns(customers->columns, column_count);
  churn_column_clear(&customers->outcome);
  free(customers->gone);
}

/* They belong to a file of the spill. */
static void forget_arrays(churn_history *history, size_t column_count)
{
  history->days = NULL;
  for (size_t c = 0; c < column_count; c++) {
    history->columns[c].numbers = NULL;
    history->columns[c].days = NULL;
    history->columns[c].codes = NULL;
  }
}

static void let_rows_go(const churn_column *column, size_t first, size_t last)
{
  if (column->numbers != NULL)
    churn_array_let_go(column->numbers + first, (last - first) * sizeof *column->numbers);
  if (column->days != NULL)
    churn_array_let_go(column->days + first, (last - first) * sizeof *column->days);
  if (column->codes != NULL)
    churn_array_let_go(column->codes + first, (last - first) * sizeof *column->codes);
}

void churn_data_let_spells_go(const churn_data *data, size_t first, size_t last)
{
  const churn_customers *customers = &data->customers;
  for (size_t i = 0; customers->columns != NULL && i < data->schema->sources[0].column_count; i++)
    let_rows_go(&customers->columns[i], first, last);
}

/* Freed alone, arrays that are not the largest would stay with the allocator. */
static void let_columns_go(churn_column *columns, size_t count, size_t rows)
{
  for (size_t i = 0; columns != NULL && i < count; i++) {
    let_rows_go(&columns[i], 0, rows);
    free(columns[i].numbers);
    free(columns[i].days);
    free(columns[i].codes);
    columns[i].numbers = NULL;
    columns[i].days = NULL;
    columns[i].codes = NULL;
  }
}

void churn_data_let_go(churn_data *data)
{
  const churn_schema *schema = data->schema;
  let_columns_go(data->customers.columns, schema->sources[0].column_count,
                 data->customers.spell_count);
  let_columns_go(&data->customers.outcome, 1, data->customers.spell_count);
  free_spells(&data->customers);
  for (size_t i = 0; data->histories != NULL && i + 1 < schema->source_count; i++) {
    churn_history *history = &data->histories[i];
    if (history->mapped)
      continue;
    let_columns_go(history->columns, schema->sources[1 + i].column_count, history->rows);
    free(history->days);
    history->days = NULL;
  }
}

void churn_data_free(churn_data *data)
{
  if (data == NULL)
    return;
  const churn_schema *schema = data->schema;
  free_customers(&data->customers, schema->sources[0].column_count);
  for (size_t i = 0; data->histories != NULL && i + 1 < schema->source_count; i++) {
    if (data->histories[i].mapped)
      forget_arrays(&data->histories[i], schema->sources[1 + i].column_count);
    free(data->histories[i].first_row);
    free(data->histories[i].days);
    free_columns(data->histories[i].columns, schema->sources[1 + i].column_count);
  }
  free(data->histories);
  free(data->labels.customer);
  free(data->labels.as_of);
  free(data->labels.churned);
  for (size_t i = 0; i < data->input_count; i++) {
    free(data->inputs[i].name);
    free(data->inputs[i].path);
  }
  free(data->inputs);
  churn_spill_free(data->spill);
  free(data);
}
