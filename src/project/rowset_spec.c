/* Where a source's rows come from: a file, or a table or a query of a database.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <string.h>

/* Up to four texts as one, in the arena; NULL when memory ran out. */
static char *join(churn_arena *arena, const char *const parts[4])
{
  size_t length = 0;
  for (int i = 0; i < 4; i++)
    length += strlen(parts[i]);
  char *joined = churn_arena_take(arena, length + 1, 1), *to = joined;
  for (int i = 0; joined != NULL && i < 4; i++)
    to = stpcpy(to, parts[i]);
  return joined;
}

churn_status churn_rowset_point(churn_arena *arena, const char *target, const char *name,
                                char **path, churn_rowset *rowset, churn_error *error)
{
  const char *table = rowset->table;
  if (table == NULL && rowset->query == NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "%s: the project file names neither table nor query for it; expected "
                           "`table:` or `query:` beside `from:`",
                           name);
  const char *const what[] = {target, table == NULL ? ", query of " : ", table ",
                              table == NULL ? name : table, ""};
  const char *const whole[] = {target, "", "", ""};
  char *words = join(arena, what), *copy = join(arena, whole);
  if (words == NULL || copy == NULL)
    return churn_error_no_memory(error);
  rowset->target = copy;
  rowset->name = *path = words;
  return CHURN_OK;
}

/* The target with SQLite's file as seen from the project's folder. */
static const char *resolve(churn_reader *reader, const churn_project *project, const char *target)
{
  if (churn_database_kind_of(target) != CHURN_DATABASE_SQLITE)
    return target;
  char *file = churn_project_resolve(reader, project, churn_database_address(target));
  const char *const parts[] = {"sqlite:", file == NULL ? "" : file, "", ""};
  return file == NULL ? NULL : join(project->arena, parts);
}

/* The target that `text` names, checked and resolved; NULL after a fault there. */
static const char *read_target(churn_reader *reader, const churn_located *text,
                               const churn_project *project)
{
  churn_error fault = {.status = CHURN_OK};
  churn_status status = churn_database_check(text->text, &fault);
  const char *target = status == CHURN_OK ? resolve(reader, project, text->text) : NULL;
  if (status == CHURN_NO_MEMORY || (status == CHURN_OK && target == NULL))
    reader->no_memory = true;
  else if (status != CHURN_OK)
    churn_reader_fault_at(reader, text, "%s", fault.message);
  return target;
}

static void read_database(churn_reader *reader, const churn_located *from,
                          const churn_project *project, const char *name, char **path,
                          churn_rowset *rowset)
{
  churn_error fault = {.status = CHURN_OK};
  churn_status status = CHURN_OK;
  const char *target = read_target(reader, from, project);
  if (target != NULL)
    status = churn_rowset_point(project->arena, target, name, path, rowset, &fault);
  if (status == CHURN_NO_MEMORY)
    reader->no_memory = true;
  else if (status != CHURN_OK)
    churn_reader_fault_at(reader, from, "%s", fault.message);
}

void churn_rowset_read(churn_reader *reader, const churn_from_keys *keys,
                       const churn_project *project, const char *name, const char *table,
                       churn_located *from, char **path, churn_rowset *rowset)
{
  churn_located table_key = churn_reader_text(reader, keys->table, "table");
  churn_located query_key = churn_reader_text(reader, keys->query, "query");
  const churn_located *asked = query_key.text != NULL ? &query_key : &table_key;
  *from = churn_reader_text(reader, keys->from, "from");
  if (from->text == NULL)
    return;
  bool database = churn_database_kind_of(from->text) != CHURN_DATABASE_NONE;
  if (table_key.text != NULL && query_key.text != NULL)
    churn_reader_fault_at(reader, &query_key, "there are both \"table\" and \"query\"; give one");
  if (asked->text != NULL && !database)
    churn_reader_fault_at(reader, asked,
                          "table and query are read from a database, and \"from\" names a file; "
                          "expected from: sqlite:FILE or from: postgresql:service=NAME");
  rowset->query = query_key.text;
  rowset->table = query_key.text != NULL ? NULL : table_key.text != NULL ? table_key.text : table;
  rowset->asked_at = churn_project_place(project, asked->text != NULL ? asked : from);
  if (database)
    read_database(reader, from, project, name, path, rowset);
  else
    *path = churn_project_resolve(reader, project, from->text);
}

void churn_source_read_from(churn_reader *reader, const churn_from_keys *keys,
                            const churn_project *project, churn_source_spec *source)
{
  churn_rowset_read(reader, keys, project, source->name.text, source->name.text, &source->from,
                    &source->path, &source->rowset);
}

void churn_scores_read(churn_reader *reader, const churn_yaml *node, churn_project *project)
{
  enum { TO, TABLE, KEYS };
  churn_field fields[KEYS] = {{"to", NULL}, {"table", NULL}};
  if (node == NULL ||
      !churn_reader_fields(reader, node, "scores", "{to: sqlite:scores.db, table: churn_scores}",
                           fields, KEYS))
    return;
  churn_located to = churn_reader_text(
      reader, churn_reader_required(reader, node, &fields[TO], "scores", "a database"), "to");
  project->scores_table = churn_reader_text(reader, fields[TABLE].value, "table").text;
  if (to.text == NULL)
    return;
  if (churn_database_kind_of(to.text) == CHURN_DATABASE_NONE) {
    char shown[CHURN_SHOWN_SIZE];
    churn_reader_fault_at(reader, &to,
                          "to: \"%s\" is no database; expected sqlite:FILE or postgresql:",
                          churn_shown(to.text, shown));
    return;
  }
  const char *target = read_target(reader, &to, project);
  if (target != NULL)
    project->scores_to = churn_arena_text(project->arena, target, strlen(target));
}
