/* Labels from a file: one row per (customer, as-of day).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/sort.h"
#include "history/build.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

typedef struct label_key {
  uint32_t customer;
  churn_day as_of;
  int8_t churned;
  uint32_t row;
} label_key;

static int compare_labels(const void *left, const void *right)
{
  const label_key *a = left, *b = right;
  if (a->customer != b->customer)
    return a->customer < b->customer ? -1 : 1;
  if (a->as_of != b->as_of)
    return a->as_of < b->as_of ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

/* `map` NULL = the codes are customers. */
static size_t collect(const churn_build *build, const churn_table *table, const uint32_t *map,
                      label_key *keys)
{
  churn_label_rows *labels = &build->data->labels;
  size_t kept = 0;
  for (size_t row = 0; row < table->rows; row++) {
    uint32_t code = table->columns[0].codes[row], customer = map == NULL ? code : map[code];
    if (customer == CHURN_CODE_MISSING) {
      labels->unmatched++;
      continue;
    }
    double churned = table->columns[2].numbers[row];
    keys[kept++] = (label_key){customer, table->columns[1].days[row],
                               isnan(churned) ? -1 : churned != 0.0, (uint32_t)row};
  }
  return kept;
}

/* The first row in file order that has no day, or has the customer and day of a row before it. */
static const label_key *find_wrong(const label_key *keys, size_t count)
{
  const label_key *first = NULL;
  for (size_t i = 0; i < count; i++) {
    bool twice =
        i > 0 && keys[i].customer == keys[i - 1].customer && keys[i].as_of == keys[i - 1].as_of;
    if ((twice || keys[i].as_of == CHURN_DAY_MISSING) &&
        (first == NULL || keys[i].row < first->row))
      first = &keys[i];
  }
  return first;
}

static churn_status check_keys(const churn_build *build, const churn_table *table,
                               const label_key *keys, size_t count)
{
  const churn_source_spec *spec = &build->schema->project->outcome.labels;
  const label_key *wrong = find_wrong(keys, count);
  if (wrong == NULL)
    return CHURN_OK;
  if (wrong->as_of == CHURN_DAY_MISSING)
    return churn_error_set_at(build->error, CHURN_MALFORMED,
                              churn_table_place(table, &spec->format, wrong->row, spec->day.text),
                              "a label without a day; expected the as-of day");
  return churn_error_set_at(
      build->error, CHURN_INCONSISTENT,
      churn_table_place(table, &spec->format, wrong->row, spec->id.text),
      "customer \"%.60s\" has two labels for this day, the first on %s %" PRIu64 "; expected one",
      build->data->customers.ids[wrong->customer], churn_table_line_word(table),
      table->lines[wrong[-1].row]);
}

static churn_status fill(const churn_build *build, const label_key *keys, size_t count)
{
  churn_label_rows *labels = &build->data->labels;
  labels->customer = churn_array_new(count, sizeof *labels->customer);
  labels->as_of = churn_array_new(count, sizeof *labels->as_of);
  labels->churned = churn_array_new(count, sizeof *labels->churned);
  if (labels->customer == NULL || labels->as_of == NULL || labels->churned == NULL)
    return churn_error_no_memory(build->error);
  for (size_t i = 0; i < count; i++) {
    labels->customer[i] = keys[i].customer;
    labels->as_of[i] = keys[i].as_of;
    labels->churned[i] = keys[i].churned;
  }
  labels->count = count;
  return CHURN_OK;
}

static churn_status take_table(const churn_build *build, const churn_table *table)
{
  const churn_source_spec *spec = &build->schema->project->outcome.labels;
  uint32_t *map = NULL;
  if (table->rows >= UINT32_MAX)
    return churn_error_set(build->error, CHURN_INCONSISTENT, "more than 4 billion labels");
  label_key *keys = churn_array_new(table->rows, sizeof *keys);
  churn_status status = keys == NULL ? churn_error_no_memory(build->error) : CHURN_OK;
  if (status == CHURN_OK && spec->via.path != NULL)
    status = churn_build_id_map(build, spec, &table->columns[0], &map);
  if (status == CHURN_OK) {
    size_t kept = collect(build, table, map, keys);
    churn_sort_if_needed(keys, kept, sizeof *keys, compare_labels);
    status = check_keys(build, table, keys, kept);
    if (status == CHURN_OK)
      status = fill(build, keys, kept);
  }
  if (status == CHURN_OK && build->data->labels.unmatched > 0)
    churn_notes_add(churn_run_notes(build->run), CHURN_NOTE, "unmatched_rows",
                    (churn_place){churn_table_name(table), 0, 0},
                    "%" PRIu64 " labels belong to no known customer and were left out",
                    build->data->labels.unmatched);
  free(map);
  free(keys);
  return status;
}

churn_status churn_build_labels(const churn_build *build)
{
  const churn_project *project = build->schema->project;
  const churn_outcome_spec *outcome = &project->outcome;
  const churn_source_spec *spec = &outcome->labels;
  churn_column_request requests[] = {
      {spec->id.text, CHURN_TYPE_ID, false, churn_project_place(project, &spec->id)},
      {spec->day.text, CHURN_TYPE_SCHEDULED, false, churn_project_place(project, &spec->day)},
      {outcome->churned.text, CHURN_TYPE_FLAG, false,
       churn_project_place(project, &outcome->churned)}};
  const churn_table_settings settings = {
      .keep_lines = true, .known = spec->via.path == NULL ? build->data->customers.index : NULL};
  churn_table *table = NULL;
  churn_status status = churn_build_read(build, spec, requests, 3, &settings, &table);
  if (status == CHURN_OK)
    status = take_table(build, table);
  churn_table_free(table);
  return status;
}
