/* The files of a project, each looked at by itself.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/check_files.h"

#include "base/memory.h"
#include "source/spools.h"
#include "source/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FAULTS = 1000 };

/* One file and what the project asks of it. */
typedef struct file {
  const char *path;
  const churn_rowset *rowset;
  const churn_format *format; /* the project's; of rows of a database see churn_spools_format */
  churn_column_request *requests;
  size_t count;
  bool sound; /* it opens and has every heading */
} file;

typedef struct files {
  const churn_project *project;
  file *items;
  size_t count;
  churn_spools *headings; /* of the databases: without rows, and with them */
  churn_spools *rows;
} files;

static void ask(const files *all, file *f, const churn_located *heading, churn_type type)
{
  if (heading->text != NULL)
    f->requests[f->count++] = (churn_column_request){heading->text, type, false,
                                                     churn_project_place(all->project, heading)};
}

static file *add_file(files *all, const char *path, const churn_rowset *rowset,
                      const churn_format *format, size_t most)
{
  file *f = &all->items[all->count];
  *f = (file){.path = path,
              .rowset = rowset,
              .format = format,
              .requests = churn_array_new(most, sizeof *f->requests)};
  if (f->requests == NULL)
    return NULL;
  all->count++;
  return f;
}

static bool add_source(files *all, const churn_source_spec *spec)
{
  const churn_project *project = all->project;
  file *f = add_file(all, spec->path, &spec->rowset, &spec->format, spec->column_count + 6);
  if (f == NULL)
    return false;
  bool customers = spec == &project->customers, labels = spec == &project->outcome.labels;
  ask(all, f, &spec->id, CHURN_TYPE_ID);
  ask(all, f, &spec->day, labels ? CHURN_TYPE_SCHEDULED : CHURN_TYPE_DAY);
  if (customers) {
    ask(all, f, &project->joined, CHURN_TYPE_DAY);
    ask(all, f, &project->left, CHURN_TYPE_DAY);
    if (project->outcome.kind == CHURN_OUTCOME_COLUMN)
      ask(all, f, &project->outcome.column, CHURN_TYPE_CATEGORY);
  }
  if (labels)
    ask(all, f, &project->outcome.churned, CHURN_TYPE_FLAG);
  for (size_t i = 0; i < spec->column_count; i++) {
    churn_type type = spec->columns[i].type;
    ask(all, f, &spec->columns[i].heading, type == CHURN_TYPE_INFER ? CHURN_TYPE_CATEGORY : type);
  }
  if (spec->via.path == NULL)
    return true;
  f = add_file(all, spec->via.path, &spec->via.rowset, &spec->format, 2);
  if (f == NULL)
    return false;
  ask(all, f, &spec->via.id, CHURN_TYPE_ID);
  ask(all, f, &spec->via.customer, CHURN_TYPE_ID);
  return true;
}

static bool add_all(files *all)
{
  const churn_project *project = all->project;
  all->items = churn_array_new(2 * project->history_count + 4, sizeof *all->items);
  bool good = all->items != NULL;
  if (good && project->base_kind == CHURN_BASE_FILE)
    good = add_source(all, &project->customers);
  for (size_t i = 0; good && i < project->history_count; i++)
    good = add_source(all, &project->histories[i]);
  if (good && project->outcome.kind == CHURN_OUTCOME_LABELS)
    good = add_source(all, &project->outcome.labels);
  return good;
}

static bool has_heading(char *const *headings, size_t count, const char *wanted)
{
  for (size_t i = 0; i < count; i++)
    if (strcmp(headings[i], wanted) == 0)
      return true;
  return false;
}

/* Asking for a heading that is not there fails before any row is read, with the message that every
 * verb gives. */
static churn_status tell_missing(file *f, const churn_format *format, char *const *headings,
                                 size_t count, const churn_run *run, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t r = 0; r < f->count && status == CHURN_OK; r++) {
    churn_table *table = NULL;
    if (has_heading(headings, count, f->requests[r].heading))
      continue;
    f->sound = false;
    status = churn_table_read(f->path, format, &f->requests[r], 1, NULL, NULL, &table, error);
    churn_table_free(table);
    status = churn_notes_take_fault(run->notes, status, error);
  }
  return status;
}

static churn_status open_file(const files *all, file *f, const churn_run *run, churn_error *error)
{
  char **headings = NULL;
  size_t count = 0;
  churn_format format;
  churn_status status =
      churn_spools_format(all->headings, f->rowset, f->format, run, &format, error);
  if (status == CHURN_OK)
    status = churn_table_headings(f->path, &format, run, &headings, &count, error);
  f->sound = status == CHURN_OK;
  status = status == CHURN_OK ? tell_missing(f, &format, headings, count, run, error)
                              : churn_notes_take_fault(run->notes, status, error);
  for (size_t h = 0; h < count; h++)
    free(headings[h]);
  free(headings);
  return status;
}

static churn_status read_rows(const files *all, const file *f, const churn_run *run,
                              churn_error *error)
{
  const churn_table_settings settings = {.collect_all = true, .most_rejects = MOST_FAULTS};
  churn_run quiet = *run;
  quiet.notes = NULL;
  churn_table *table = NULL;
  churn_format format;
  churn_status status = churn_spools_format(all->rows, f->rowset, f->format, run, &format, error);
  if (status == CHURN_OK)
    status =
        churn_table_read(f->path, &format, f->requests, f->count, &settings, &quiet, &table, error);
  for (size_t i = 0; status == CHURN_OK && i < table->reject_count; i++) {
    churn_error fault;
    churn_error_set_at(&fault, CHURN_MALFORMED,
                       (churn_place){f->path, table->rejects[i].line, table->rejects[i].column},
                       "%s", table->rejects[i].reason);
    churn_notes_add_fault(run->notes, &fault);
  }
  churn_table_free(table);
  return churn_notes_take_fault(run->notes, status, error);
}

churn_status churn_check_files(const churn_project *project, const churn_run *run,
                               churn_error *error)
{
  files all = {
      .project = project, .headings = churn_spools_new(true), .rows = churn_spools_new(false)};
  bool made = all.headings != NULL && all.rows != NULL && add_all(&all);
  churn_status status = made ? CHURN_OK : churn_error_no_memory(error);
  bool sound = true;
  for (size_t i = 0; i < all.count && status == CHURN_OK; i++) {
    status = open_file(&all, &all.items[i], run, error);
    sound = sound && all.items[i].sound;
  }
  for (size_t i = 0; i < all.count && status == CHURN_OK && !sound; i++)
    if (all.items[i].sound)
      status = read_rows(&all, &all.items[i], run, error);
  for (size_t i = 0; i < all.count; i++)
    free(all.items[i].requests);
  free(all.items);
  churn_spools_free(all.rows);
  churn_spools_free(all.headings);
  return status;
}
