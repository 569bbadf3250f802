/* The runs of a project.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/runs.h"

#include "base/error.h"
#include "base/folder.h"
#include "base/memory.h"
#include "jobs/json_read.h"
#include "project/project.h"

#include <churn/nightly.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

char *churn_run_path(const char *root, churn_day day, const char *name)
{
  char text[CHURN_DAY_TEXT_SIZE];
  churn_day_format(day, text);
  return churn_text_format("%s/%s/%s", root, text, name);
}

void churn_past_run_clear(churn_past_run *past)
{
  for (size_t i = 0; i < past->source_count; i++)
    free(past->sources[i].name);
  for (size_t i = 0; i < past->gate_count; i++) {
    free(past->gates[i].name);
    free(past->gates[i].subject);
  }
  free(past->sources);
  free(past->gates);
  free(past->project);
  *past = (churn_past_run){0};
}

void churn_past_runs_clear(churn_past_runs *past)
{
  for (size_t i = 0; i < past->count; i++)
    churn_past_run_clear(&past->runs[i]);
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

/* Manifests of earlier programs know of no `since`. */
static void take_gate(churn_json_reading *r, const json_t *item, churn_past_run *run)
{
  churn_past_gate *to = &run->gates[run->gate_count++];
  to->name = churn_json_take_text(r, item, "gate");
  to->subject = churn_json_take_text_or_null(r, item, "subject");
  if (to->subject == NULL && (to->subject = churn_text_copy("", 0)) == NULL)
    r->no_memory = true;
  to->value = churn_json_take_number(r, item, "value");
  to->since =
      json_object_get(item, "since") == NULL ? run->day : churn_json_take_day(r, item, "since");
}

static void take_gates(churn_json_reading *r, const json_t *list, churn_past_run *run)
{
  run->gates = churn_array_new(json_array_size(list), sizeof *run->gates);
  if (run->gates == NULL) {
    r->no_memory = true;
    return;
  }
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *item = json_array_get(list, i);
    const char *verdict = json_string_value(json_object_get(item, "verdict"));
    if (verdict != NULL && (strcmp(verdict, "tripped") == 0 || strcmp(verdict, "known") == 0))
      take_gate(r, item, run);
  }
}

static void take_run(churn_json_reading *r, const json_t *root, churn_past_run *run)
{
  const json_t *model = churn_json_member(r, root, "model", JSON_STRING);
  const json_t *verdict = churn_json_member(r, root, "verdict", JSON_STRING);
  const json_t *estimate = churn_json_member(r, root, "estimate", JSON_OBJECT);
  const json_t *sources = churn_json_member(r, root, "sources", JSON_ARRAY);
  const json_t *gates = churn_json_member(r, root, "gates", JSON_ARRAY);
  if (r->wrong != NULL)
    return;
  snprintf(run->model, sizeof run->model, "%s", json_string_value(model));
  run->good = strcmp(json_string_value(verdict), "passed") == 0;
  run->released = strcmp(json_string_value(verdict), "released") == 0;
  if (json_object_get(root, "project") != NULL)
    run->project = churn_json_take_text_or_null(r, root, "project");
  run->hindsight = json_is_true(json_object_get(root, "hindsight"));
  run->estimated_auc = churn_json_take_number(r, estimate, "auc");
  run->head = churn_json_take_whole(r, estimate, "head");
  run->estimated_captured = churn_json_take_number(r, estimate, "captured");
  run->cut = churn_json_take_whole(r, root, "listed") < churn_json_take_whole(r, root, "customers");
  take_sources(r, sources, run);
  take_gates(r, gates, run);
}

/* *known false, after a warning, when the manifest cannot be read. */
static churn_status read_run(const char *root, churn_day day, const churn_run *run,
                             churn_past_run *past, bool *known, churn_error *error)
{
  churn_json_reading reading = {0};
  json_error_t fault = {0};
  *past = (churn_past_run){.day = day};
  char *path = churn_run_path(root, day, "manifest.json");
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
  if (!*known)
    churn_past_run_clear(past);
  json_decref(json);
  free(path);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

churn_status churn_past_run_read(const char *root, churn_day day, const churn_run *run,
                                 churn_past_run *past, bool *known, churn_error *error)
{
  char *folder = churn_run_path(root, day, "");
  bool there = folder != NULL && access(folder, F_OK) == 0;
  *past = (churn_past_run){0};
  *known = false;
  churn_status status = folder == NULL ? churn_error_no_memory(error)
                        : there        ? read_run(root, day, run, past, known, error)
                                       : CHURN_OK;
  free(folder);
  return status;
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

churn_status churn_published_lists(const churn_project *project, const char *output, churn_day day,
                                   const char *model, const churn_run *run,
                                   churn_published_list **lists, size_t *count, churn_error *error)
{
  churn_past_runs past = {0};
  bool any = day == CHURN_DAY_MISSING;
  churn_status status =
      churn_past_runs_read(output == NULL ? project->nightly.output : output,
                           any ? CHURN_DAY_LAST : day + 1, any ? SIZE_MAX : 1, run, &past, error);
  churn_published_list *made = churn_array_new(past.count, sizeof *made);
  size_t found = 0;
  if (status == CHURN_OK && made == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = past.count; i-- > 0 && status == CHURN_OK;) {
    const churn_past_run *of = &past.runs[i];
    if ((!any && of->day != day) || (model != NULL && strcmp(model, of->model) != 0))
      continue;
    made[found].day = of->day;
    memcpy(made[found++].model, of->model, sizeof of->model);
  }
  churn_past_runs_clear(&past);
  if (status != CHURN_OK) {
    free(made);
    return status;
  }
  *lists = made;
  *count = found;
  return CHURN_OK;
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
    churn_past_run_clear(&past);
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

/* Held runs of days before `before`, and the oldest beyond `keep`. */
static churn_status remove_held(churn_staging *staging, const churn_retention *r, churn_day before,
                                uint64_t *removed, churn_error *error)
{
  churn_day *days = NULL;
  size_t count = 0;
  churn_status status = list_days(staging->root, held, &days, &count, error);
  for (size_t i = 0; i < count && status == CHURN_OK; i++)
    if (days[i] != r->own && (days[i] < before || count - i > r->keep))
      status = remove_day(staging, days[i], held, removed, error);
  free(days);
  return status;
}

static bool is_settled(const churn_retention *r, churn_day day)
{
  if (r->closed != CHURN_DAY_MISSING && day >= r->closed)
    return false;
  for (size_t i = 0; i < r->waiting_count; i++)
    if (r->waiting[i] == day)
      return false;
  return true;
}

/* Takes those that may go; *oldest gets the first day that stays where there are such. */
static churn_status remove_surplus(churn_staging *staging, const churn_retention *r,
                                   const churn_day *days, size_t count, const churn_run *run,
                                   churn_day *oldest, uint64_t *removed, churn_error *error)
{
  churn_day latest = CHURN_DAY_MISSING, good = CHURN_DAY_MISSING;
  uint64_t settled = 0;
  for (size_t i = 0; i < count; i++)
    settled += is_settled(r, days[i]);
  if (settled <= r->keep)
    return CHURN_OK;
  churn_status status = churn_runs_latest(staging->root, &latest, error);
  if (status == CHURN_OK)
    status = find_good(staging->root, days, count, run, &good, error);
  for (size_t i = 0; i < count && status == CHURN_OK; i++) {
    bool goes = settled > r->keep && is_settled(r, days[i]);
    settled -= goes;
    if (goes && days[i] != latest && days[i] != good && days[i] != r->own)
      status = remove_day(staging, days[i], "", removed, error);
    else if (!goes && *oldest == CHURN_DAY_MISSING)
      *oldest = days[i];
  }
  return status;
}

churn_status churn_runs_retain(churn_staging *staging, const churn_retention *retention,
                               const churn_run *run, uint64_t *removed, churn_error *error)
{
  churn_day *days = NULL, oldest = CHURN_DAY_MISSING;
  size_t count = 0;
  *removed = 0;
  churn_status status = churn_runs_days(staging->root, &days, &count, error);
  if (status == CHURN_OK && !retention->held_only)
    status = remove_surplus(staging, retention, days, count, run, &oldest, removed, error);
  if (status == CHURN_OK)
    status = remove_held(staging, retention, oldest, removed, error);
  free(days);
  return status;
}

static churn_status check_latest(const char *path, churn_error *error)
{
  struct stat found;
  if (lstat(path, &found) != 0 || S_ISLNK(found.st_mode))
    return CHURN_OK;
  return churn_error_set_at(error, CHURN_CANNOT_CREATE, (churn_place){path, 0, 0},
                            "expected a symbolic link, or nothing: it is to point to the newest "
                            "run");
}

static churn_status check_ledger(const char *path, churn_error *error)
{
  struct stat found;
  bool there = stat(path, &found) == 0;
  if (there && S_ISREG(found.st_mode) && access(path, W_OK) == 0)
    return CHURN_OK;
  if (!there && errno == ENOENT)
    return CHURN_OK;
  return churn_error_set_errno(error, CHURN_CANNOT_CREATE, path, "append to the file",
                               there && !S_ISREG(found.st_mode) ? EISDIR : errno);
}

churn_status churn_runs_check(const char *root, bool with_ledger, churn_error *error)
{
  char *latest = churn_text_format("%s/latest", root);
  char *ledger = churn_text_format("%s/outcomes.jsonl", root);
  churn_status status =
      latest == NULL || ledger == NULL ? churn_error_no_memory(error) : check_latest(latest, error);
  if (status == CHURN_OK && with_ledger)
    status = check_ledger(ledger, error);
  free(latest);
  free(ledger);
  return status;
}
