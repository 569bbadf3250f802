/* The customers of a flat export while the file is read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/flat.h"

#include "base/memory.h"
#include "history/build.h"

#include <stdlib.h>

/* A column is read when it is wanted, or is the day from which another is visible. */
static bool is_read(const churn_schema *schema, const churn_needs *needs, size_t column)
{
  const churn_build build = {.schema = schema, .needs = needs};
  return churn_build_is_read(&build, 0, column);
}

bool churn_flat_readable(const churn_schema *schema, const churn_needs *needs)
{
  const churn_project *project = schema->project;
  const churn_schema_source *source = &schema->sources[0];
  if (project->base_kind != CHURN_BASE_FILE || project->customers.rowset.target != NULL ||
      project->customers.id.text == NULL || project->joined.text != NULL ||
      project->left.text != NULL || project->history_count > 0)
    return false;
  for (size_t c = 0; c < source->column_count; c++)
    if (is_read(schema, needs, c) && churn_type_is_text(source->columns[c].type))
      return false;
  return true;
}

typedef struct reading {
  const churn_flat_taker *taker;
  int *request; /* [columns] of each column, -1 = not read */
  size_t columns;
  int outcome;       /* request of the outcome's column, -1 = the project has none */
  double ***numbers; /* [workers] of [columns] */
  churn_day ***days;
  size_t workers;
} reading;

static churn_status begin(void *context, size_t workers, churn_error *error)
{
  reading *r = context;
  r->numbers = churn_array_new(workers, sizeof *r->numbers);
  r->days = churn_array_new(workers, sizeof *r->days);
  if (r->numbers == NULL || r->days == NULL)
    return churn_error_no_memory(error);
  r->workers = workers;
  for (size_t w = 0; w < workers; w++) {
    r->numbers[w] = churn_array_new(r->columns, sizeof **r->numbers);
    r->days[w] = churn_array_new(r->columns, sizeof **r->days);
    if (r->numbers[w] == NULL || r->days[w] == NULL)
      return churn_error_no_memory(error);
  }
  return r->taker->begin(r->taker->context, workers, error);
}

static churn_status take(void *context, size_t worker, const churn_stream_batch *batch,
                         churn_error *error)
{
  const reading *r = context;
  for (size_t c = 0; c < r->columns; c++) {
    if (r->request[c] < 0)
      continue;
    r->numbers[worker][c] = batch->columns[r->request[c]].numbers;
    r->days[worker][c] = batch->columns[r->request[c]].days;
  }
  churn_flat_rows rows = {
      batch->rows, r->numbers[worker], r->days[worker],
      batch->ids,  batch->id_lengths,  r->outcome < 0 ? NULL : batch->columns[r->outcome].numbers};
  return r->taker->take(r->taker->context, worker, &rows, error);
}

static void clear(reading *r)
{
  for (size_t w = 0; w < r->workers; w++) {
    free(r->numbers[w]);
    free(r->days[w]);
  }
  free(r->numbers);
  free(r->days);
}

/* The id first, then every column that is read, then the outcome's; how many. */
static size_t ask(const churn_schema *schema, const churn_needs *needs,
                  churn_column_request *requests, reading *r)
{
  int *request = r->request;
  const churn_project *project = schema->project;
  const churn_located *id = &project->customers.id;
  size_t count = 0;
  requests[count++] =
      (churn_column_request){id->text, CHURN_TYPE_ID, false, churn_project_place(project, id)};
  for (size_t c = 0; c < schema->sources[0].column_count; c++) {
    const churn_schema_column *column = &schema->sources[0].columns[c];
    request[c] = -1;
    if (!is_read(schema, needs, c))
      continue;
    request[c] = (int)count;
    requests[count++] = (churn_column_request){column->heading, column->type, false, column->place};
  }
  r->outcome = -1;
  if (project->outcome.kind == CHURN_OUTCOME_COLUMN) {
    const churn_located *heading = &project->outcome.column;
    r->outcome = (int)count;
    requests[count++] = (churn_column_request){heading->text, CHURN_TYPE_CATEGORY, true,
                                               churn_project_place(project, heading)};
  }
  return count;
}

churn_status churn_flat_read(const churn_schema *schema, const churn_needs *needs,
                             const churn_flat_taker *taker, const churn_run *run, bool *plain,
                             churn_error *error)
{
  const churn_source_spec *spec = &schema->project->customers;
  size_t columns = schema->sources[0].column_count;
  churn_column_request *requests = churn_array_new(columns + 2, sizeof *requests);
  int *request = churn_array_new(columns, sizeof *request);
  churn_stream_found found = {.plain = false};
  reading r = {.taker = taker, .request = request, .columns = columns};
  churn_stream_taker stream = {begin, take, &r, schema->project->outcome.positive.text};
  churn_status status =
      requests == NULL || request == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_stream_read(spec->path, &spec->format, requests,
                               ask(schema, needs, requests, &r), &stream, run, &found, error);
  if (status == CHURN_OK && found.plain)
    churn_build_note_ignored(schema, spec, found.ignored, found.ignored_count, run);
  for (size_t i = 0; i < found.ignored_count; i++)
    free(found.ignored[i]);
  free(found.ignored);
  clear(&r);
  free(request);
  free(requests);
  if (status == CHURN_OK)
    *plain = found.plain;
  return status;
}
