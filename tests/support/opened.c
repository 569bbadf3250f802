/* A project written in a test, its schema and data.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <string.h>

churn_project *project_of(const char *text)
{
  churn_project *project = NULL;
  churn_error error = {0};
  assert_ok(
      churn_project_read(scratch_write("project.yaml", text), NULL, 0, NULL, &project, &error),
      &error);
  return project;
}

opened opened_read(const char *text, const churn_data_settings *settings, int threads)
{
  opened o = {.project = project_of(text), .notes = churn_notes_new()};
  churn_run run = {.threads = threads, .notes = o.notes};
  o.status = churn_schema_build(o.project, NULL, 0, &run, &o.schema, &o.error);
  if (o.status != CHURN_OK)
    return o;
  churn_needs *needs = churn_needs_new(o.schema);
  churn_needs_all(needs, o.schema);
  o.status = churn_data_read(o.schema, needs, settings, &run, &o.data, &o.error);
  churn_needs_free(needs);
  return o;
}

opened opened_ok(const char *text)
{
  churn_data_settings settings = {.with_labels = true};
  opened o = opened_read(text, &settings, 1);
  assert_ok(o.status, &o.error);
  return o;
}

void opened_close(opened *o)
{
  churn_data_free(o->data);
  churn_schema_free(o->schema);
  churn_notes_free(o->notes);
  churn_project_free(o->project);
}

const char *note_text(const churn_notes *notes, const char *code)
{
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    if (strcmp(churn_notes_get(notes, i)->code, code) == 0)
      return churn_notes_get(notes, i)->text;
  return NULL;
}

churn_day day(const char *iso)
{
  churn_day found = churn_day_parse(iso, strlen(iso));
  assert_true(found != CHURN_DAY_MISSING);
  return found;
}

const churn_column *column_of(const opened *o, size_t source, const char *name)
{
  int at = churn_schema_find_column(&o->schema->sources[source], name);
  assert_true(at >= 0);
  return source == 0 ? &o->data->customers.columns[at]
                     : &o->data->histories[source - 1].columns[at];
}

const char *cell_text(const churn_column *column, size_t row)
{
  uint32_t code = column->codes[row];
  return code == CHURN_CODE_MISSING ? "-" : churn_dictionary_text(column->levels, code);
}
