/* The runs of a project.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/runs.h"

#include "base/error.h"
#include "base/folder.h"
#include "base/memory.h"
#include "jobs/json_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char held[] = ".held";

/* The day of a folder named after one, with or without `suffix`; MISSING for other names. */
static churn_day day_of(const char *name, const char *suffix)
{
  size_t length = strlen(name), tail = strlen(suffix), day = CHURN_DAY_TEXT_SIZE - 1;
  if (length != day + tail || strcmp(name + day, suffix) != 0)
    return CHURN_DAY_MISSING;
  return churn_day_parse(name, day);
}

static churn_status list_days(const char *root, const char *suffix, churn_day **days, size_t *count,
                              churn_error *error)
{
  churn_names names = {0};
  churn_status status = churn_folder_list(root, &names, error);
  if (status != CHURN_OK)
    return status;
  *count = 0;
  *days = churn_array_new(names.count, sizeof **days);
  if (*days == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = 0; i < names.count && status == CHURN_OK; i++) {
    churn_day day = day_of(names.items[i], suffix);
    if (day != CHURN_DAY_MISSING)
      (*days)[(*count)++] = day;
  }
  churn_names_clear(&names);
  return status;
}

churn_status churn_runs_days(const char *root, churn_day **days, size_t *count, churn_error *error)
{
  return list_days(root, "", days, count, error);
}

static void clear_run(churn_past_run *run)
{
  for (size_t i = 0; i < run->source_count; i++)
    free(run->sources[i].name);
  free(run->sources);
}

void churn_past_runs_clear(churn_past_runs *past)
{
  for (size_t i = 0; i < past->count; i++)
    clear_run(&past->runs[i]);
  free(past->runs);
  *past = (churn_past_runs){0};
}

static void take_sources(churn_json_reading *r, const json_t *list, churn_past_run *run)
{
  run->sources = churn_array_new(json_array_size(list), sizeof *run->sources);
  if (run->sources == NULL) {
    r->no_memory = true;
    return;
  }
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *item = json_array_get(list, i);
    churn_past_source *to = &run->sources[run->source_count++];
    to->name = churn_json_take_text(r, item, "source");
    to->rows = churn_json_take_whole(r, item, "rows");
    to->newest = churn_json_take_day(r, item, "newest");
  }
}

static void take_run(churn_json_reading *r, const json_t *root, churn_past_run *run)
{
  const json_t *model = churn_json_member(r, root, "model", JSON_STRING);
  const json_t *verdict = churn_json_member(r, root, "verdict", JSON_STRING);
  const json_t *estimate = churn_json_member(r, root, "estimate", JSON_OBJECT);
  const json_t *sources = churn_json_member(r, root, "sources", JSON_ARRAY);
  if (r->wrong != NULL)
    return;
  snprintf(run->model, sizeof run->model, "%s", json_string_value(model));
  run->good = strcmp(json_string_value(verdict), "passed") == 0;
  run->estimated_auc = churn_json_take_number(r, estimate, "auc");
  run->head = churn_json_take_whole(r, estimate, "head");
  run->estimated_captured = churn_json_take_number(r, estimate, "captured");
  take_sources(r, sources, run);
}

/* *known false, after a warning, when the manifest cannot be read. */
static churn_status read_run(const char *root, churn_day day, const churn_run *run,
                             churn_past_run *past, bool *known, churn_error *error)
{
  char text[CHURN_DAY_TEXT_SIZE];
  churn_json_reading reading = {0};
  json_error_t fault = {0};
  churn_day_format(day, text);
  *past = (churn_past_run){.day = day};
  char *path = churn_text_format("%s/%s/manifest.json", root, text);
  json_t *json = path == NULL ? NULL : json_load_file(path, 0, &fault);
  if (json != NULL)
    take_run(&reading, json, past);
  bool good = path != NULL && !reading.no_memory;
  *known = good && json != NULL && reading.wrong == NULL;
  if (good && !*known)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "manifest_unreadable",
                    (churn_place){path, fault.line > 0 ? (uint64_t)fault.line : 0, 0},
                    "this run's manifest cannot be read, and does not count: %s",
                    json == NULL ? fault.text : reading.wrong);
  if (!*known) {
    clear_run(past);
    *past = (churn_past_run){0};
  }
  json_decref(json);
  free(path);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

churn_status churn_past_runs_read(const char *root, churn_day before, size_t most,
                                  const churn_run *run, churn_past_runs *past, churn_error *error)
{
  churn_day *days = NULL;
  size_t count = 0;
  *past = (churn_past_runs){0};
  churn_status status = churn_runs_days(root, &days, &count, error);
  if (status == CHURN_OK)
    past->runs = churn_array_new(count < most ? count : most, sizeof *past->runs);
  if (status == CHURN_OK && past->runs == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = count; i-- > 0 && past->count < most && status == CHURN_OK;) {
    bool known = false;
    if (days[i] >= before)
      continue;
    status = read_run(root, days[i], run, &past->runs[past->count], &known, error);
    past->count += known;
  }
  free(days);
  return status;
}

bool churn_past_rows(const churn_past_run *run, const char *source, uint64_t *rows)
{
  for (size_t i = 0; i < run->source_count; i++)
    if (strcmp(run->sources[i].name, source) == 0) {
      *rows = run->sources[i].rows;
      return true;
    }
  return false;
}

churn_status churn_runs_latest(const char *root, churn_day *day, churn_error *error)
{
  char target[64];
  char *path = churn_text_format("%s/latest", root);
  if (path == NULL)
    return churn_error_no_memory(error);
  ssize_t length = readlink(path, target, sizeof target - 1);
  free(path);
  target[length < 0 ? 0 : length] = '\0';
  *day = day_of(target, "");
  return CHURN_OK;
}

/* The newest run in which no gate tripped; MISSING where there is none. */
static churn_status find_good(const char *root, const churn_day *days, size_t count,
                              const churn_run *run, churn_day *good, churn_error *error)
{
  churn_status status = CHURN_OK;
  *good = CHURN_DAY_MISSING;
  for (size_t i = count; i-- > 0 && *good == CHURN_DAY_MISSING && status == CHURN_OK;) {
    churn_past_run past;
    bool known = false;
    status = read_run(root, days[i], run, &past, &known, error);
    if (known && past.good)
      *good = days[i];
    clear_run(&past);
  }
  return status;
}

static churn_status remove_day(churn_staging *staging, churn_day day, const char *suffix,
                               uint64_t *removed, churn_error *error)
{
  char name[32], text[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day, text);
  snprintf(name, sizeof name, "%s%s", text, suffix);
  churn_status status = churn_staging_remove(staging, name, error);
  *removed += status == CHURN_OK;
  return status;
}

static churn_status remove_held(churn_staging *staging, churn_day before, uint64_t *removed,
                                churn_error *error)
{
  churn_day *days = NULL;
  size_t count = 0;
  churn_status status = list_days(staging->root, held, &days, &count, error);
  for (size_t i = 0; i < count && days[i] < before && status == CHURN_OK; i++)
    status = remove_day(staging, days[i], held, removed, error);
  free(days);
  return status;
}

churn_status churn_runs_retain(churn_staging *staging, uint64_t keep, churn_day closed,
                               churn_day own, const churn_run *run, uint64_t *removed,
                               churn_error *error)
{
  churn_day *days = NULL, latest = CHURN_DAY_MISSING, good = CHURN_DAY_MISSING;
  size_t count = 0;
  *removed = 0;
  churn_status status = churn_runs_days(staging->root, &days, &count, error);
  size_t settled = count;
  while (status == CHURN_OK && closed != CHURN_DAY_MISSING && settled > 0 &&
         days[settled - 1] >= closed)
    settled--;
  if (status == CHURN_OK && settled > keep) {
    size_t surplus = settled - (size_t)keep;
    churn_day oldest_kept = days[surplus];
    status = churn_runs_latest(staging->root, &latest, error);
    if (status == CHURN_OK)
      status = find_good(staging->root, days, count, run, &good, error);
    for (size_t i = 0; i < surplus && status == CHURN_OK; i++)
      if (days[i] != latest && days[i] != good && days[i] != own)
        status = remove_day(staging, days[i], "", removed, error);
    if (status == CHURN_OK)
      status = remove_held(staging, oldest_kept, removed, error);
  }
  free(days);
  return status;
}
