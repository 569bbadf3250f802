/* The customers: ids, spells, and their columns, from the customers file or from the ids of a
 * history.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/sort.h"
#include "history/build.h"
#include "history/first_days.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the named columns stand among the requests. -1 = not asked for. */
typedef struct layout {
  churn_column_request *requests;
  size_t count;
  int id, joined, left, outcome;
  int *schema; /* [columns of the schema] */
} layout;

static int ask(layout *l, const churn_project *project, const churn_located *heading,
               churn_type type, bool optional)
{
  if (heading->text == NULL)
    return -1;
  l->requests[l->count] =
      (churn_column_request){heading->text, type, optional, churn_project_place(project, heading)};
  return (int)l->count++;
}

static churn_status make_layout(const churn_build *build, layout *l)
{
  const churn_project *project = build->schema->project;
  const churn_schema_source *source = &build->schema->sources[0];
  l->requests = churn_array_new(source->column_count + 4, sizeof *l->requests);
  l->schema = churn_array_new(source->column_count, sizeof *l->schema);
  if (l->requests == NULL || l->schema == NULL)
    return churn_error_no_memory(build->error);
  bool labels = build->settings->with_labels;
  l->id = ask(l, project, &project->customers.id, CHURN_TYPE_ID, false);
  l->joined = ask(l, project, &project->joined, CHURN_TYPE_DAY, false);
  l->left = ask(l, project, &project->left, CHURN_TYPE_DAY, !labels);
  l->outcome = -1;
  if (project->outcome.kind == CHURN_OUTCOME_COLUMN)
    l->outcome = ask(l, project, &project->outcome.column, CHURN_TYPE_CATEGORY, !labels);
  for (size_t i = 0; i < source->column_count; i++) {
    l->schema[i] = -1;
    if (!churn_build_is_read(build, 0, i))
      continue;
    const churn_schema_column *column = &source->columns[i];
    l->requests[l->count] =
        (churn_column_request){column->heading, column->type, false, column->place};
    l->schema[i] = (int)l->count++;
  }
  return CHURN_OK;
}

static void free_layout(layout *l)
{
  free(l->requests);
  free(l->schema);
}

static churn_day day_of(const churn_table *table, int column, size_t row)
{
  return column < 0 || !table->columns[column].present ? CHURN_DAY_MISSING
                                                       : table->columns[column].days[row];
}

/* A row as it is sorted into spell order. */
typedef struct spell_key {
  uint32_t customer;
  churn_day joined, left;
  uint32_t row;
} spell_key;

static int compare_spells(const void *left, const void *right)
{
  const spell_key *a = left, *b = right;
  if (a->customer != b->customer)
    return a->customer < b->customer ? -1 : 1;
  if (a->joined != b->joined)
    return a->joined < b->joined ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static spell_key *make_keys(const churn_table *table, const layout *l)
{
  spell_key *keys = churn_array_new(table->rows, sizeof *keys);
  for (size_t row = 0; keys != NULL && row < table->rows; row++) {
    uint32_t customer = l->id < 0 ? (uint32_t)row : table->columns[l->id].codes[row];
    keys[row] = (spell_key){customer, day_of(table, l->joined, row), day_of(table, l->left, row),
                            (uint32_t)row};
  }
  if (keys != NULL && l->id >= 0)
    churn_sort_if_needed(keys, table->rows, sizeof *keys, compare_spells);
  return keys;
}

/* *heading is the column that the fault is about. */
static churn_status check_spell(const churn_build *build, const churn_table *table, const layout *l,
                                const spell_key *keys, size_t i, const char **heading)
{
  const churn_project *project = build->schema->project;
  const spell_key *now = &keys[i];
  churn_place place = {churn_table_name(table), table->lines[now->row], 0};
  *heading = project->left.text;
  if (now->joined != CHURN_DAY_MISSING && now->left != CHURN_DAY_MISSING && now->left < now->joined)
    return churn_error_set_at(build->error, CHURN_INCONSISTENT, place,
                              "the customer left before joining; expected \"%s\" on or after "
                              "\"%s\"",
                              project->left.text, project->joined.text);
  if (i == 0 || l->id < 0 || keys[i - 1].customer != now->customer)
    return CHURN_OK;
  const spell_key *before = &keys[i - 1];
  const char *id = churn_dictionary_text(table->columns[l->id].levels, now->customer);
  *heading = l->joined < 0 ? project->customers.id.text : project->joined.text;
  if (l->joined < 0)
    return churn_error_set_at(build->error, CHURN_INCONSISTENT, place,
                              "id \"%.60s\" is there twice, first on %s %" PRIu64
                              "; expected one row a customer (several spells need `joined` and "
                              "`left`; without `id` rows are numbered)",
                              id, churn_table_line_word(table), table->lines[before->row]);
  if (before->left == CHURN_DAY_MISSING || before->left >= now->joined)
    return churn_error_set_at(build->error, CHURN_INCONSISTENT, place,
                              "id \"%.60s\": this spell overlaps the one on %s %" PRIu64
                              "; expected it to begin after that one ended",
                              id, churn_table_line_word(table), table->lines[before->row]);
  return CHURN_OK;
}

/* Gives build->error the field's own place. */
static void point_at(const churn_build *build, const churn_table *table, uint32_t row,
                     const char *heading)
{
  churn_place place =
      churn_table_place(table, &build->schema->project->customers.format, row, heading);
  build->error->line = place.line;
  build->error->column = place.column;
}

/* Each place costs a pass over the file, so only the first faults have columns. */
enum { MOST_POINTED = 100 };

/* First fault in file order would depend on the sort only through ids, so the lowest line is
 * reported. */
static churn_status check_spells(const churn_build *build, const churn_table *table,
                                 const layout *l, const spell_key *keys)
{
  churn_status worst = CHURN_OK;
  churn_error lowest = {0};
  uint32_t lowest_row = 0;
  const char *heading = NULL, *lowest_heading = NULL;
  size_t faults = 0;
  for (size_t i = 0; i < table->rows; i++) {
    churn_status status = check_spell(build, table, l, keys, i, &heading);
    if (status == CHURN_OK)
      continue;
    if (build->settings->collect_all) {
      if (faults++ < MOST_POINTED)
        point_at(build, table, keys[i].row, heading);
      churn_notes_add_fault(churn_run_notes(build->run), build->error);
      build->data->incomplete = true;
    } else if (worst == CHURN_OK || build->error->line < lowest.line) {
      worst = status;
      lowest = *build->error;
      lowest_row = keys[i].row;
      lowest_heading = heading;
    }
  }
  if (worst != CHURN_OK) {
    *build->error = lowest;
    point_at(build, table, lowest_row, lowest_heading);
  }
  return worst;
}

static churn_status fill_spells(const churn_build *build, const churn_table *table,
                                const spell_key *keys)
{
  churn_customers *c = &build->data->customers;
  c->spell_count = table->rows;
  c->spell_customer = churn_array_new(table->rows, sizeof *c->spell_customer);
  c->joined = churn_array_new(table->rows, sizeof *c->joined);
  c->left = churn_array_new(table->rows, sizeof *c->left);
  c->lines = churn_array_new(table->rows, sizeof *c->lines);
  c->first_spell = churn_array_new(c->count + 1, sizeof *c->first_spell);
  if (c->spell_customer == NULL || c->joined == NULL || c->left == NULL || c->lines == NULL ||
      c->first_spell == NULL)
    return churn_error_no_memory(build->error);
  for (size_t i = 0; i < table->rows; i++) {
    c->spell_customer[i] = keys[i].customer;
    c->joined[i] = keys[i].joined;
    c->left[i] = keys[i].left;
    c->lines[i] = table->lines[keys[i].row];
    c->first_spell[keys[i].customer + 1] = i + 1;
  }
  for (size_t i = 1; i <= c->count; i++)
    if (c->first_spell[i] < c->first_spell[i - 1])
      c->first_spell[i] = c->first_spell[i - 1];
  return CHURN_OK;
}

static churn_status fill_ids(churn_customers *c, churn_error *error)
{
  c->ids = churn_array_new(c->count, sizeof *c->ids);
  if (c->ids == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < c->count; i++)
    c->ids[i] = churn_dictionary_text(c->index, (uint32_t)i);
  return CHURN_OK;
}

/* Without an id column the row number, counted from 1, is the id; numbers go into a dictionary so
 * that texts have an owner. */
static churn_status number_rows(churn_customers *c, churn_error *error)
{
  c->index = churn_dictionary_new();
  churn_status status = c->index == NULL ? CHURN_NO_MEMORY : CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < c->count; i++) {
    char text[24];
    int length = snprintf(text, sizeof text, "%zu", i + 1);
    uint32_t code;
    status = churn_dictionary_add(c->index, text, (size_t)length, &code);
  }
  return status == CHURN_OK ? fill_ids(c, error) : churn_error_set(error, status, "out of memory");
}

static churn_status move_columns(const churn_build *build, churn_table *table, const layout *l,
                                 const spell_key *keys)
{
  churn_customers *c = &build->data->customers;
  size_t count = build->schema->sources[0].column_count;
  uint32_t *order = churn_array_new(table->rows, sizeof *order);
  churn_status status = CHURN_OK;
  if (order == NULL)
    return churn_error_no_memory(build->error);
  for (size_t i = 0; i < table->rows; i++)
    order[i] = keys[i].row;
  for (size_t i = 0; i <= count && status == CHURN_OK; i++) {
    int at = i == count ? l->outcome : l->schema[i];
    if (at < 0)
      continue;
    churn_column *to = i == count ? &c->outcome : &c->columns[i];
    *to = table->columns[at];
    table->columns[at] = (churn_column){0};
    status = churn_build_reorder(to, order, table->rows, build->run, build->error);
  }
  free(order);
  return status;
}

/* Who scores asks of the outcome's column only who is there no more. */
static churn_status find_gone(const churn_build *build)
{
  churn_customers *c = &build->data->customers;
  const char *positive = build->schema->project->outcome.positive.text;
  if (build->settings->with_labels || !c->outcome.present)
    return CHURN_OK;
  c->gone = churn_array_new(c->spell_count, sizeof *c->gone);
  if (c->gone == NULL)
    return churn_error_no_memory(build->error);
  uint32_t code = churn_dictionary_find(c->outcome.levels, positive, strlen(positive));
  for (size_t i = 0; i < c->spell_count; i++)
    c->gone[i] = code != CHURN_CODE_MISSING && c->outcome.codes[i] == code;
  churn_column_clear(&c->outcome);
  return CHURN_OK;
}

static void note_undated(const churn_build *build, const churn_table *table, const layout *l)
{
  if (l->joined < 0 || table->columns[l->joined].missing == 0)
    return;
  churn_notes_add(churn_run_notes(build->run), CHURN_WARNING, "no_joined_date",
                  (churn_place){table->path, 0, 0},
                  "%" PRIu64
                  " customers have no \"%s\"; they count as joined before the data begins",
                  table->columns[l->joined].missing, table->columns[l->joined].heading);
}

/* An export of nobody is one that went wrong: a list without a line must not pass for a quiet
 * night. */
static churn_status nobody(const churn_build *build, const churn_table *table)
{
  return churn_error_set_at(build->error, CHURN_DEGENERATE,
                            (churn_place){churn_table_name(table), 0, 0},
                            "no customer is there; expected a row a customer%s",
                            table->reject_count > 0 ? " (all rows were rejected)" : "");
}

static churn_status take_table(const churn_build *build, churn_table *table, const layout *l)
{
  churn_customers *c = &build->data->customers;
  if (table->rows >= UINT32_MAX)
    return churn_error_set(build->error, CHURN_INCONSISTENT,
                           "more than 4 billion rows of customers");
  if (table->rows == 0)
    return nobody(build, table);
  spell_key *keys = make_keys(table, l);
  if (keys == NULL)
    return churn_error_no_memory(build->error);
  churn_status status = check_spells(build, table, l, keys);
  c->count = table->rows;
  if (status == CHURN_OK && l->id >= 0) {
    c->index = table->columns[l->id].levels;
    table->columns[l->id].levels = NULL;
    c->count = churn_dictionary_count(c->index);
    status = fill_ids(c, build->error);
  } else if (status == CHURN_OK) {
    status = number_rows(c, build->error);
  }
  if (status == CHURN_OK)
    status = fill_spells(build, table, keys);
  if (status == CHURN_OK)
    status = move_columns(build, table, l, keys);
  if (status == CHURN_OK)
    status = find_gone(build);
  if (status == CHURN_OK)
    note_undated(build, table, l);
  free(keys);
  return status;
}

static churn_status allocate_columns(const churn_build *build)
{
  size_t count = build->schema->sources[0].column_count;
  build->data->customers.columns = churn_array_new(count, sizeof(churn_column));
  return build->data->customers.columns == NULL ? churn_error_no_memory(build->error) : CHURN_OK;
}

churn_status churn_build_customers(const churn_build *build)
{
  const churn_table_settings settings = {.keep_lines = true};
  layout l = {0};
  churn_table *table = NULL;
  churn_status status = allocate_columns(build);
  if (status == CHURN_OK)
    status = make_layout(build, &l);
  if (status == CHURN_OK)
    status = churn_build_read(build, &build->schema->project->customers, l.requests, l.count,
                              &settings, &table);
  if (status == CHURN_OK)
    status = take_table(build, table, &l);
  churn_table_free(table);
  free_layout(&l);
  return status;
}

static churn_status derive(const churn_build *build, const churn_dictionary *levels,
                           const churn_day *first)
{
  churn_customers *c = &build->data->customers;
  size_t most = churn_dictionary_count(levels);
  c->index = churn_dictionary_new();
  c->joined = churn_array_new(most, sizeof *c->joined);
  c->left = churn_array_new(most, sizeof *c->left);
  c->spell_customer = churn_array_new(most, sizeof *c->spell_customer);
  c->first_spell = churn_array_new(most + 1, sizeof *c->first_spell);
  if (c->index == NULL || c->joined == NULL || c->left == NULL || c->spell_customer == NULL ||
      c->first_spell == NULL)
    return churn_error_no_memory(build->error);
  for (uint32_t code = 0; code < most; code++) {
    if (first[code] == CHURN_DAY_MISSING)
      continue;
    uint32_t number;
    if (churn_dictionary_add(c->index, churn_dictionary_text(levels, code),
                             churn_dictionary_length(levels, code), &number) != CHURN_OK)
      return churn_error_no_memory(build->error);
    c->joined[number] = first[code];
    c->left[number] = CHURN_DAY_MISSING;
    c->spell_customer[number] = number;
    c->first_spell[number + 1] = number + 1;
    c->count = number + 1;
  }
  c->spell_count = c->count;
  return fill_ids(c, build->error);
}

/* The customers are the ids of the table, or what `via` makes of them; who has no known row is
 * nobody yet. */
static churn_status derive_from(const churn_build *build, const churn_source_spec *spec,
                                const churn_table *table, const churn_first_days *days)
{
  const churn_dictionary *levels = table->columns[0].levels;
  churn_table *file = NULL;
  uint32_t *codes = NULL;
  churn_day *first = NULL;
  churn_status status = CHURN_OK;
  if (spec->via.path != NULL)
    status = churn_build_via(build, spec, levels, &file, &codes);
  if (file != NULL)
    levels = file->columns[1].levels;
  if (status == CHURN_OK)
    status = churn_first_days_finish(days, table, codes, churn_dictionary_count(levels), &first,
                                     build->error);
  if (status == CHURN_OK)
    status = derive(build, levels, first);
  free(first);
  free(codes);
  churn_table_free(file);
  return status;
}

churn_status churn_build_customers_from_history(const churn_build *build)
{
  const churn_project *project = build->schema->project;
  int index = churn_project_find_history(project, project->from_history.text);
  const churn_source_spec *spec = &project->histories[index];
  const churn_schema_source *source = &build->schema->sources[1 + index];
  churn_column_request requests[] = {
      {spec->id.text, CHURN_TYPE_ID, false, churn_project_place(project, &spec->id)},
      {spec->day.text, CHURN_TYPE_DAY, false, churn_project_place(project, &spec->day)},
      {NULL, CHURN_TYPE_DAY, false, CHURN_NOWHERE}};
  size_t count = source->known_at < 0 ? 2 : 3;
  if (count == 3)
    requests[2].heading = source->columns[source->known_at].heading;
  churn_table *table = NULL;
  churn_first_days *days = churn_first_days_new(count == 3);
  if (days == NULL)
    return churn_error_no_memory(build->error);
  churn_row_taker taker = churn_first_days_taker(days);
  churn_table_settings settings = {.collect_all = build->settings->collect_all,
                                   .taker = &taker,
                                   .cache = churn_build_cache(build)};
  churn_run quiet = build->run == NULL ? (churn_run){0} : *build->run;
  quiet.notes = NULL; /* the history itself is read again, and says what there is to say */
  churn_status status = allocate_columns(build);
  churn_format format;
  if (status == CHURN_OK)
    status = churn_spools_format(build->schema->spools, &spec->rowset, &spec->format, build->run,
                                 &format, build->error);
  if (status == CHURN_OK)
    status = churn_table_read(spec->path, &format, requests, count, &settings, &quiet, &table,
                              build->error);
  if (status == CHURN_OK)
    status = derive_from(build, spec, table, days);
  if (status == CHURN_OK && build->data->customers.count == 0)
    status = nobody(build, table);
  churn_first_days_free(days);
  churn_table_free(table);
  return status;
}
