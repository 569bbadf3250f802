/* The registry, read: models, history, what is in use.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/memory.h"
#include "jobs/registry_parts.h"
#include "project/project.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *churn_registry_path(const churn_project *project, const char *id)
{
  return churn_text_format("%s/%s.json", project->registry, id);
}

static churn_status refuse_link(const churn_project *project, const churn_registry_link *link,
                                churn_error *error)
{
  char place[CHURN_PLACE_SIZE];
  snprintf(place, sizeof place, "%s/current", project->registry);
  if (!link->there)
    return churn_error_set_at(
        error, CHURN_NO_INPUT, (churn_place){place, 0, 0},
        "no model is promoted yet; `churn retrain %s` trains one, `churn models promote %s MODEL` "
        "takes one that is there",
        project->path, project->path);
  return churn_error_set_at(error, CHURN_INCONSISTENT, (churn_place){place, 0, 0},
                            "expected a link to a model of this folder, ID.json; `churn models "
                            "promote %s MODEL` makes it",
                            project->path);
}

churn_status churn_registry_current(const churn_project *project, char **path, churn_error *error)
{
  churn_registry_link link;
  char *found = NULL;
  churn_status status = churn_registry_link_read(project->registry, &link, error);
  if (status == CHURN_OK && link.id[0] == '\0')
    status = refuse_link(project, &link, error);
  if (status == CHURN_OK && (found = churn_registry_path(project, link.id)) == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK && access(found, R_OK) != 0)
    status = churn_error_set_errno(error, CHURN_IO, found, "read the promoted model", errno);
  if (status == CHURN_OK) {
    *path = found;
    found = NULL;
  }
  free(found);
  return status;
}

void churn_registry_free(churn_registry *registry)
{
  if (registry == NULL)
    return;
  for (size_t i = 0; i < registry->event_count; i++)
    churn_registry_event_clear(&registry->events[i]);
  for (size_t i = 0; i < registry->model_count; i++) {
    free(registry->models[i].id);
    free(registry->models[i].set);
  }
  free(registry->events);
  free(registry->models);
  free(registry->current);
  free(registry->folder);
  free(registry);
}

static churn_status read_events(churn_registry *registry, const churn_journal *journal,
                                const churn_run *run, churn_error *error)
{
  churn_journal_line line = {0};
  size_t capacity = 0;
  churn_status status = CHURN_OK;
  while (status == CHURN_OK && churn_journal_next(journal, &line)) {
    char *why = NULL;
    if (line.length == 0)
      continue;
    if (!churn_array_reserve(&registry->events, &capacity, registry->event_count + 1,
                             sizeof *registry->events))
      return churn_error_no_memory(error);
    churn_registry_event *event = &registry->events[registry->event_count];
    status = churn_registry_event_read(&line, event, &why, error);
    if (status == CHURN_OK && why == NULL) {
      registry->event_count++;
    } else if (status == CHURN_OK) {
      registry->unreadable++;
      churn_notes_add(churn_run_notes(run), CHURN_WARNING, "bad_record",
                      (churn_place){journal->path, line.number, 0}, "this line is left out: %s%s",
                      churn_journal_cut(&line), why);
    }
    free(why);
  }
  return status;
}

static void say_found(const churn_registry *registry, const churn_registry_event *last,
                      const churn_run *run)
{
  char place[CHURN_PLACE_SIZE];
  snprintf(place, sizeof place, "%s/current", registry->folder);
  churn_notes_add(churn_run_notes(run), CHURN_WARNING, "current_differs",
                  (churn_place){place, 0, 0}, "in use is %.8s, and the history says %.8s: %s",
                  last->model == NULL ? "nothing" : last->model,
                  last->previous == NULL ? "nothing" : last->previous, last->why);
}

/* What the link says is so. A link older than the last line was to be changed by what that line
 * records; a newer one was changed since. */
static churn_status add_found(churn_registry *registry, const churn_registry_link *link,
                              const churn_registry_state *state, churn_error *error)
{
  bool older = link->there && link->time <= state->time;
  churn_registry_event *events =
      realloc(registry->events, (registry->event_count + 1) * sizeof *events);
  if (events == NULL)
    return churn_error_no_memory(error);
  registry->events = events;
  churn_registry_event *event = &events[registry->event_count++];
  *event = (churn_registry_event){.kind = CHURN_REGISTRY_FOUND,
                                  .day = CHURN_DAY_MISSING,
                                  .time = older         ? state->time
                                          : link->there ? link->time
                                                        : churn_clock_now()};
  churn_status status = churn_text_set(&event->by, "churn", error);
  if (status == CHURN_OK)
    status = churn_text_set(&event->why,
                            older ? "the change that the line before records was not finished"
                                  : "the link was changed without a line",
                            error);
  if (status == CHURN_OK && link->id[0] != '\0')
    status = churn_text_set(&event->model, link->id, error);
  if (status == CHURN_OK && state->current != NULL)
    status = churn_text_set(&event->previous, state->current, error);
  return status;
}

static bool agrees(const churn_registry_link *link, const char *current)
{
  return strcmp(link->id, current == NULL ? "" : current) == 0;
}

churn_status churn_registry_fill(churn_registry *registry, const churn_journal *journal,
                                 const churn_run *run, churn_error *error)
{
  churn_registry_link link;
  churn_registry_state state = {0};
  churn_status status = read_events(registry, journal, run, error);
  if (status == CHURN_OK)
    status = churn_registry_link_read(registry->folder, &link, error);
  if (status == CHURN_OK)
    status = churn_registry_state_of(registry, &state, error);
  if (status == CHURN_OK && !agrees(&link, state.current)) {
    status = add_found(registry, &link, &state, error);
    if (status == CHURN_OK)
      say_found(registry, &registry->events[registry->event_count - 1], run);
  }
  if (status == CHURN_OK && link.id[0] != '\0')
    status = churn_text_set(&registry->current, link.id, error);
  churn_registry_state_clear(&state);
  return status;
}

static churn_registry_model *find_exact(const churn_registry *registry, const char *id)
{
  for (size_t i = 0; i < registry->model_count; i++)
    if (strcmp(registry->models[i].id, id) == 0)
      return &registry->models[i];
  return NULL;
}

static churn_status list_files(churn_registry *registry, churn_error *error)
{
  size_t capacity = 0;
  churn_status status = CHURN_OK;
  DIR *folder = opendir(registry->folder);
  if (folder == NULL && (errno == ENOENT || errno == ENOTDIR))
    return CHURN_OK;
  if (folder == NULL)
    return churn_error_set_errno(error, CHURN_IO, registry->folder, "list the folder", errno);
  errno = 0;
  for (struct dirent *entry; status == CHURN_OK && (entry = readdir(folder)) != NULL; errno = 0) {
    size_t length = strlen(entry->d_name);
    if (length != CHURN_ID_LENGTH + 5 || strcmp(entry->d_name + CHURN_ID_LENGTH, ".json") != 0 ||
        !churn_registry_is_id(entry->d_name, CHURN_ID_LENGTH))
      continue;
    char *id = churn_text_copy(entry->d_name, CHURN_ID_LENGTH);
    if (id == NULL || !churn_array_reserve(&registry->models, &capacity, registry->model_count + 1,
                                           sizeof *registry->models)) {
      free(id);
      status = churn_error_no_memory(error);
    } else {
      registry->models[registry->model_count++] =
          (churn_registry_model){.id = id, .added = INT64_MIN};
    }
  }
  if (status == CHURN_OK && errno != 0)
    status = churn_error_set_errno(error, CHURN_IO, registry->folder, "list the folder", errno);
  closedir(folder);
  return status;
}

/* Those of no line stand last. */
static int compare_models(const void *left, const void *right)
{
  const churn_registry_model *a = left, *b = right;
  uint64_t first = (uint64_t)a->added - 1 - (uint64_t)INT64_MIN;
  uint64_t second = (uint64_t)b->added - 1 - (uint64_t)INT64_MIN;
  return first != second ? (first > second) - (first < second) : strcmp(a->id, b->id);
}

static void date_models(churn_registry *registry)
{
  for (size_t i = 0; i < registry->event_count; i++) {
    const churn_registry_event *event = &registry->events[i];
    churn_registry_model *model = event->model == NULL ? NULL : find_exact(registry, event->model);
    if (model == NULL)
      continue;
    if (event->kind == CHURN_REGISTRY_ADDED && model->added == INT64_MIN)
      model->added = event->time;
    model->times += event->kind == CHURN_REGISTRY_PROMOTED;
  }
  if (registry->model_count > 0)
    qsort(registry->models, registry->model_count, sizeof *registry->models, compare_models);
}

churn_status churn_registry_read(const churn_project *project, const churn_run *run,
                                 churn_registry **registry, churn_error *error)
{
  churn_journal journal = {.descriptor = -1};
  churn_registry *made = calloc(1, sizeof *made);
  churn_status status = made == NULL ? churn_error_no_memory(error)
                                     : churn_text_set(&made->folder, project->registry, error);
  if (status == CHURN_OK)
    status = churn_journal_open(project->registry, CHURN_HISTORY_NAME, false, &journal, error);
  if (status == CHURN_OK)
    status = churn_registry_fill(made, &journal, run, error);
  if (status == CHURN_OK)
    status = list_files(made, error);
  churn_journal_close(&journal);
  if (status != CHURN_OK) {
    churn_registry_free(made);
    return status;
  }
  date_models(made);
  *registry = made;
  return CHURN_OK;
}
