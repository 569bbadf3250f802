/* Which columns exist, of what type: declared, known from a model, or inferred by reading the file
 * once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/schema.h"

#include "base/memory.h"
#include "source/cache.h"

#include <stdlib.h>
#include <string.h>

/* What one source's columns are built from. */
typedef struct builder {
  churn_schema *schema;
  const churn_source_spec *spec;
  churn_schema_source *source;
  const churn_format *format; /* the spec's, or that of a database's rows */
  size_t capacity;
  const churn_run *run;
  churn_error *error;
} builder;

int churn_schema_find_source(const churn_schema *schema, const char *name)
{
  for (size_t i = 0; i < schema->source_count; i++)
    if (strcmp(schema->sources[i].name, name) == 0)
      return (int)i;
  return -1;
}

int churn_schema_find_column(const churn_schema_source *source, const char *name)
{
  for (size_t i = 0; i < source->column_count; i++)
    if (strcmp(source->columns[i].name, name) == 0)
      return (int)i;
  return -1;
}

static int find_heading(const churn_schema_source *source, const char *heading)
{
  for (size_t i = 0; i < source->column_count; i++)
    if (strcmp(source->columns[i].heading, heading) == 0)
      return (int)i;
  return -1;
}

void churn_schema_free(churn_schema *schema)
{
  if (schema == NULL)
    return;
  for (size_t i = 0; schema->sources != NULL && i < schema->source_count; i++)
    free(schema->sources[i].columns);
  for (size_t i = 0; i < schema->owned_count; i++)
    free(schema->owned[i]);
  churn_spools_free(schema->spools);
  free(schema->owned);
  free(schema->sources);
  free(schema);
}

static churn_status add_column(builder *b, churn_schema_column column)
{
  churn_schema_source *source = b->source;
  if (!churn_array_reserve(&source->columns, &b->capacity, source->column_count + 1,
                           sizeof *source->columns))
    return churn_error_no_memory(b->error);
  source->columns[source->column_count++] = column;
  return CHURN_OK;
}

static bool is_text(const churn_located *located, const char *text)
{
  return located->text != NULL && strcmp(located->text, text) == 0;
}

/* Headings that are not columns: the id, and on customers what would give the answer away or has a
 * name of its own. */
static bool is_kept_out(const churn_project *project, const churn_source_spec *spec,
                        const char *heading)
{
  if (is_text(&spec->id, heading))
    return true;
  if (spec != &project->customers)
    return false;
  return is_text(&project->joined, heading) || is_text(&project->left, heading) ||
         churn_project_is_outcome_column(project, heading);
}

static churn_status check_readable(const churn_project *project, const churn_column_spec *column,
                                   churn_error *error)
{
  const char *heading = column->heading.text;
  bool is_outcome = churn_project_is_outcome_column(project, heading);
  if (!is_outcome && !is_text(&project->left, heading))
    return CHURN_OK;
  return churn_error_set_at(
      error, CHURN_BAD_PROJECT, churn_project_place(project, &column->name),
      "column \"%s\" is %s and cannot be read by features; take it out of `columns`", heading,
      is_outcome ? "the outcome" : "`left`");
}

static churn_status add_declared(builder *b)
{
  const churn_project *project = b->schema->project;
  for (size_t i = 0; i < b->spec->column_count; i++) {
    const churn_column_spec *column = &b->spec->columns[i];
    churn_status status =
        b->spec == &project->customers ? check_readable(project, column, b->error) : CHURN_OK;
    if (status == CHURN_OK)
      status = add_column(b, (churn_schema_column){column->name.text, column->heading.text,
                                                   column->type, -1, column->is_static,
                                                   churn_project_place(project, &column->name)});
    if (status != CHURN_OK)
      return status;
  }
  return CHURN_OK;
}

static churn_status keep_text(churn_schema *schema, size_t *capacity, char *text,
                              churn_error *error)
{
  if (!churn_array_reserve(&schema->owned, capacity, schema->owned_count + 1,
                           sizeof *schema->owned))
    return churn_error_no_memory(error);
  schema->owned[schema->owned_count++] = text;
  return CHURN_OK;
}

/* Every heading of the file becomes a column of unknown type. */
static churn_status add_headings(builder *b)
{
  char **headings = NULL;
  size_t count = 0, taken = 0, capacity = b->schema->owned_count;
  churn_status status = churn_cache_headings(b->spec->path, b->format, b->schema->project->cache,
                                             b->run, &headings, &count, b->error);
  for (; status == CHURN_OK && taken < count; taken++) {
    status = keep_text(b->schema, &capacity, headings[taken], b->error);
    if (status != CHURN_OK)
      break;
    if (!is_kept_out(b->schema->project, b->spec, headings[taken]))
      status = add_column(b, (churn_schema_column){headings[taken], headings[taken],
                                                   CHURN_TYPE_INFER, -1, false, CHURN_NOWHERE});
  }
  for (; taken < count; taken++)
    free(headings[taken]);
  free(headings);
  return status;
}

/* A history's day column is always there, of type day. */
static churn_status settle_day(builder *b)
{
  if (b->spec->day.text == NULL)
    return CHURN_OK;
  int at = find_heading(b->source, b->spec->day.text);
  if (at < 0) {
    const char *heading = b->spec->day.text;
    churn_place place = churn_project_place(b->schema->project, &b->spec->day);
    churn_status status =
        add_column(b, (churn_schema_column){heading, heading, CHURN_TYPE_DAY, -1, false, place});
    if (status != CHURN_OK)
      return status;
    at = (int)b->source->column_count - 1;
  }
  b->source->columns[at].type = CHURN_TYPE_DAY;
  b->source->day = at;
  return CHURN_OK;
}

static churn_status find_known_at(builder *b, const churn_located *name, int *found)
{
  *found = churn_schema_find_column(b->source, name->text);
  if (*found >= 0 || !b->spec->columns_declared)
    return CHURN_OK;
  *found = (int)b->source->column_count;
  churn_place place = churn_project_place(b->schema->project, name);
  return add_column(
      b, (churn_schema_column){name->text, name->text, CHURN_TYPE_DAY, -1, false, place});
}

static churn_status settle_known_at(builder *b)
{
  churn_status status = CHURN_OK;
  if (b->spec->known_at.text != NULL)
    status = find_known_at(b, &b->spec->known_at, &b->source->known_at);
  for (size_t i = 0; status == CHURN_OK && i < b->spec->column_count; i++)
    if (b->spec->columns[i].known_at.text != NULL) {
      int found = -1;
      status = find_known_at(b, &b->spec->columns[i].known_at, &found);
      b->source->columns[i].known_at = found;
    }
  return status;
}

static void apply_known_types(builder *b, const churn_known_type *known, size_t known_count)
{
  for (size_t i = 0; i < known_count; i++) {
    if (strcmp(known[i].source, b->source->name) != 0)
      continue;
    int at = churn_schema_find_column(b->source, known[i].column);
    if (at >= 0 && b->source->columns[at].type == CHURN_TYPE_INFER)
      b->source->columns[at].type = known[i].type;
  }
}

static churn_status infer_types(builder *b)
{
  churn_schema_source *source = b->source;
  size_t wanted = 0;
  for (size_t i = 0; i < source->column_count; i++)
    wanted += source->columns[i].type == CHURN_TYPE_INFER;
  if (wanted == 0)
    return CHURN_OK;
  churn_column_request *requests = churn_array_new(source->column_count, sizeof *requests);
  if (requests == NULL)
    return churn_error_no_memory(b->error);
  for (size_t i = 0; i < source->column_count; i++)
    requests[i] = (churn_column_request){source->columns[i].heading, source->columns[i].type, false,
                                         source->columns[i].place};
  churn_status status = churn_cache_infer(b->spec->path, b->format, requests, source->column_count,
                                          b->schema->project->cache, b->run, b->error);
  for (size_t i = 0; status == CHURN_OK && i < source->column_count; i++)
    source->columns[i].type = requests[i].type;
  free(requests);
  return status;
}

/* A column without any value is inferred as a number, yet where it is known_at it is a day on which
 * nothing is known so far. (Real numbers there are refused when they are read.) */
static void settle_inferred_known_at(builder *b)
{
  int at = b->source->known_at;
  if (!b->spec->columns_declared && at >= 0 && b->source->columns[at].type == CHURN_TYPE_NUMBER)
    b->source->columns[at].type = CHURN_TYPE_DAY;
}

/* known_at must name a day; a wrong name is found here when columns were inferred. */
static churn_status check_known_at(builder *b, const churn_located *name, int column)
{
  churn_place place = churn_project_place(b->schema->project, name);
  if (column < 0)
    return churn_error_set_at(b->error, CHURN_BAD_PROJECT, place,
                              "known_at: \"%s\" is no column of %s", name->text, b->source->name);
  churn_type type = b->source->columns[column].type;
  if (type == CHURN_TYPE_DAY || type == CHURN_TYPE_SCHEDULED)
    return CHURN_OK;
  return churn_error_set_at(b->error, CHURN_BAD_PROJECT, place,
                            "known_at: \"%s\" is a %s; expected a day", name->text,
                            churn_type_name(type));
}

static churn_status check_all_known_at(builder *b)
{
  churn_status status = CHURN_OK;
  if (b->spec->known_at.text != NULL)
    status = check_known_at(b, &b->spec->known_at, b->source->known_at);
  for (size_t i = 0; status == CHURN_OK && i < b->spec->column_count; i++)
    if (b->spec->columns[i].known_at.text != NULL)
      status = check_known_at(b, &b->spec->columns[i].known_at, b->source->columns[i].known_at);
  return status;
}

/* Columns or types must be found by reading. */
static bool needs_a_look(const churn_source_spec *spec)
{
  bool look = !spec->columns_declared;
  for (size_t i = 0; i < spec->column_count; i++)
    look = look || spec->columns[i].type == CHURN_TYPE_INFER;
  return look;
}

static churn_status build_source(churn_schema *schema, size_t index, const churn_source_spec *spec,
                                 const churn_known_type *known, size_t known_count,
                                 const churn_run *run, churn_error *error)
{
  churn_format format = spec->format;
  builder b = {schema, spec, &schema->sources[index], &format, 0, run, error};
  churn_status status = CHURN_OK;
  if (needs_a_look(spec))
    status = churn_spools_format(schema->spools, &spec->rowset, &spec->format, run, &format, error);
  if (status == CHURN_OK)
    status = spec->columns_declared ? add_declared(&b) : add_headings(&b);
  if (status == CHURN_OK)
    status = settle_day(&b);
  if (status == CHURN_OK)
    status = settle_known_at(&b);
  if (status != CHURN_OK)
    return status;
  apply_known_types(&b, known, known_count);
  status = infer_types(&b);
  settle_inferred_known_at(&b);
  return status == CHURN_OK ? check_all_known_at(&b) : status;
}

static churn_status check_ids(const churn_project *project, churn_error *error)
{
  if (project->base_kind != CHURN_BASE_FILE || project->customers.id.text != NULL ||
      project->history_count == 0)
    return CHURN_OK;
  return churn_error_set_at(
      error, CHURN_BAD_PROJECT, churn_project_place(project, &project->customers.from),
      "customers have no `id`, so histories cannot be matched to them; expected id: HEADING");
}

churn_status churn_schema_build(const churn_project *project, const churn_known_type *known,
                                size_t known_count, const churn_run *run, churn_schema **schema,
                                churn_error *error)
{
  churn_status status = check_ids(project, error);
  if (status != CHURN_OK)
    return status;
  churn_schema *s = calloc(1, sizeof *s);
  if (s == NULL)
    return churn_error_no_memory(error);
  s->project = project;
  s->source_count = 1 + project->history_count;
  s->sources = churn_array_new(s->source_count, sizeof *s->sources);
  s->spools = churn_spools_new(false);
  if (s->sources == NULL || s->spools == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  for (size_t i = 0; i < s->source_count; i++)
    s->sources[i] = (churn_schema_source){
        i == 0 ? "customers" : project->histories[i - 1].name.text, NULL, 0, -1, -1};
  if (project->base_kind == CHURN_BASE_FILE)
    status = build_source(s, 0, &project->customers, known, known_count, run, error);
  for (size_t i = 0; status == CHURN_OK && i < project->history_count; i++)
    status = build_source(s, 1 + i, &project->histories[i], known, known_count, run, error);
done:
  if (status == CHURN_OK)
    *schema = s;
  else
    churn_schema_free(s);
  return status;
}
