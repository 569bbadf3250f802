/* Questions to the registry: which model is meant, which was in use when.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/neighbours.h"
#include "jobs/registry_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static churn_status find_one(const churn_registry *registry, const char *text,
                             const churn_registry_model **model, churn_error *error)
{
  const churn_registry_model *found = NULL;
  size_t length = strlen(text), count = 0;
  for (size_t i = 0; i < registry->model_count; i++)
    if (strncmp(registry->models[i].id, text, length) == 0) {
      found = &registry->models[i];
      count++;
    }
  if (count > 1)
    return churn_error_set(error, CHURN_USAGE,
                           "%zu models of %s begin with \"%s\"; expected more of the id", count,
                           registry->folder, text);
  if (count == 0)
    return churn_error_set_at(
        error, CHURN_NO_INPUT, (churn_place){registry->folder, 0, 0},
        "there is no model \"%.40s\"; `churn models list PROJECT` names those "
        "that are there",
        text);
  *model = found;
  return CHURN_OK;
}

churn_status churn_registry_find(const churn_registry *registry, const char *text,
                                 const churn_registry_model **model, churn_error *error)
{
  bool current = strcmp(text, "current") == 0;
  if (current && registry->current == NULL)
    return churn_error_set_at(error, CHURN_NO_INPUT, (churn_place){registry->folder, 0, 0},
                              "no model is in use");
  if (!current && strlen(text) < CHURN_REGISTRY_SHORTEST)
    return churn_error_set(error, CHURN_USAGE,
                           "\"%s\" is too short; expected at least %d letters of an id", text,
                           CHURN_REGISTRY_SHORTEST);
  return find_one(registry, current ? registry->current : text, model, error);
}

static churn_status find_path(const churn_project *project, const char *text, const churn_run *run,
                              char **path, churn_error *error)
{
  churn_registry *registry = NULL;
  const churn_registry_model *model = NULL;
  churn_status status = churn_registry_read(project, run, &registry, error);
  if (status == CHURN_OK)
    status = churn_registry_find(registry, text, &model, error);
  if (status == CHURN_OK && (*path = churn_registry_path(project, model->id)) == NULL)
    status = churn_error_no_memory(error);
  churn_registry_free(registry);
  return status;
}

/* A history that cannot be read tells nothing, and the model in use is in use all the same. */
static churn_status find_current(const churn_project *project, const churn_run *run, char **path,
                                 churn_error *error)
{
  churn_registry *registry = NULL;
  churn_status status = churn_registry_current(project, path, error);
  if (status == CHURN_OK && churn_registry_read(project, NULL, &registry, NULL) == CHURN_OK)
    churn_registry_warn_shared(project, registry, run);
  churn_registry_free(registry);
  return status;
}

churn_status churn_registry_model_path(const churn_project *project, const char *text,
                                       const churn_run *run, char **path, churn_error *error)
{
  if (text == NULL)
    return find_current(project, run, path, error);
  if (strpbrk(text, "./") == NULL && strcmp(text, "-") != 0 && access(text, F_OK) != 0)
    return find_path(project, text, run, path, error);
  *path = churn_text_copy(text, strlen(text));
  return *path == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

static bool add_span(churn_registry_span **spans, size_t *capacity, size_t *count,
                     const churn_registry_span *span)
{
  if (!churn_array_reserve(spans, capacity, *count + 1, sizeof **spans))
    return false;
  (*spans)[(*count)++] = *span;
  return true;
}

static bool same_model(const char *a, const char *b)
{
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

churn_status churn_registry_on_day(const churn_registry *registry, churn_day day,
                                   churn_registry_span **spans, size_t *count, churn_error *error)
{
  int64_t start = (int64_t)day * 86400, end = start + 86400;
  churn_registry_span now = {NULL, INT64_MIN, INT64_MAX}, *found = NULL;
  churn_registry_state state = {0};
  size_t capacity = 0, made = 0;
  bool good = true;
  churn_status status = CHURN_OK;
  for (size_t i = 0; good && status == CHURN_OK && i <= registry->event_count; i++) {
    const churn_registry_event *event = i < registry->event_count ? &registry->events[i] : NULL;
    if (event != NULL)
      status = churn_registry_state_apply(&state, event, error);
    if (status != CHURN_OK || (event != NULL && same_model(state.current, now.model)))
      continue;
    int64_t until = event == NULL ? INT64_MAX : event->time;
    now.until = until;
    if (now.from < end && until > start && now.from < until)
      good = add_span(&found, &capacity, &made, &now);
    now = (churn_registry_span){state.current, until, INT64_MAX};
  }
  churn_registry_state_clear(&state);
  if (status == CHURN_OK && !good)
    status = churn_error_no_memory(error);
  if (status != CHURN_OK) {
    free(found);
    return status;
  }
  *spans = found;
  *count = made;
  return CHURN_OK;
}
