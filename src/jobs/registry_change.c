/* Changes of the registry: each under the history's lock, in the order model, line, link.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/memory.h"
#include "jobs/neighbours.h"
#include "jobs/registry_parts.h"
#include "model/file.h"
#include "project/project.h"

#include <churn/card.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The registry while it is locked for a change. */
typedef struct opened_registry {
  churn_journal journal;
  churn_registry *registry;
  churn_registry_state state;
  const char *project; /* file name; NULL = it has none */
  const char *warning; /* against the model that is taken into use; "" = none */
  bool found_written;  /* the registry's last event, where it stood in no line */
} opened_registry;

static void close_registry(opened_registry *o)
{
  churn_registry_state_clear(&o->state);
  churn_registry_free(o->registry);
  churn_journal_close(&o->journal);
}

/* What was found to be so gets its line before anything else does. */
static churn_status write_found(opened_registry *o, churn_error *error)
{
  const churn_registry *r = o->registry;
  const churn_registry_event *last = r->event_count == 0 ? NULL : &r->events[r->event_count - 1];
  if (o->found_written || last == NULL || last->line > 0)
    return CHURN_OK;
  churn_status status = churn_registry_event_write(last, &o->journal, error);
  o->found_written = status == CHURN_OK;
  return status;
}

static churn_status check_expected(const opened_registry *o, const churn_registry_change *change,
                                   churn_error *error)
{
  const char *current = o->registry->current == NULL ? "" : o->registry->current;
  if (change->expected == NULL || strcmp(change->expected, current) == 0)
    return CHURN_OK;
  return churn_error_set_at(error, CHURN_BUSY, (churn_place){o->registry->folder, 0, 0},
                            "in use was %.8s and is %.8s by now: nothing was changed",
                            change->expected[0] == '\0' ? "nothing" : change->expected,
                            current[0] == '\0' ? "nothing" : current);
}

static churn_status open_registry(const churn_project *project, const churn_registry_change *change,
                                  opened_registry *o, churn_error *error)
{
  *o = (opened_registry){.journal = {.descriptor = -1}, .project = churn_project_file(project)};
  if (!churn_utf8_valid(change->why) || !churn_utf8_valid(change->by))
    return churn_error_set(error, CHURN_USAGE, "the reason is no UTF-8 text");
  churn_status status =
      churn_journal_open(project->registry, CHURN_HISTORY_NAME, true, &o->journal, error);
  if (status == CHURN_OK)
    churn_registry_sweep(project->registry);
  if (status == CHURN_OK && (o->registry = calloc(1, sizeof *o->registry)) == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = churn_text_set(&o->registry->folder, project->registry, error);
  if (status == CHURN_OK)
    status = churn_registry_fill(o->registry, &o->journal, NULL, error);
  if (status == CHURN_OK)
    status = churn_registry_state_of(o->registry, &o->state, error);
  return status == CHURN_OK ? check_expected(o, change, error) : status;
}

static churn_status write_line(opened_registry *o, churn_registry_kind kind, const char *id,
                               const churn_registry_change *change, churn_error *error)
{
  churn_registry_event event = {.time = churn_clock_now(),
                                .kind = kind,
                                .day = change->day,
                                .judged = change->figures != NULL};
  if (event.judged)
    event.figures = *change->figures;
  churn_status status = id == NULL ? CHURN_OK : churn_text_set(&event.model, id, error);
  if (status == CHURN_OK && o->registry->current != NULL)
    status = churn_text_set(&event.previous, o->registry->current, error);
  if (status == CHURN_OK)
    status = churn_text_set(&event.by, change->by, error);
  if (status == CHURN_OK)
    status = churn_text_set(&event.why, change->why, error);
  if (status == CHURN_OK && o->project != NULL)
    status = churn_text_set(&event.project, o->project, error);
  if (status == CHURN_OK && o->warning != NULL && o->warning[0] != '\0')
    status = churn_text_set(&event.warning, o->warning, error);
  if (status == CHURN_OK)
    status = write_found(o, error);
  if (status == CHURN_OK)
    status = churn_registry_event_write(&event, &o->journal, error);
  churn_registry_event_clear(&event);
  return status;
}

/* A link that cannot be made takes its line back; where not even that can be done, the next change
 * finds it. */
static churn_status step_to(opened_registry *o, churn_registry_kind kind, const char *id,
                            const churn_registry_change *change, churn_error *error)
{
  churn_status status = write_found(o, error);
  size_t before = o->journal.end;
  if (status == CHURN_OK)
    status = write_line(o, kind, id, change, error);
  if (status != CHURN_OK)
    return status;
  status = churn_registry_link_set(o->registry->folder, id, error);
  churn_registry_link link;
  if (status != CHURN_OK &&
      churn_registry_link_read(o->registry->folder, &link, NULL) == CHURN_OK &&
      strcmp(link.id, id) != 0)
    (void)!ftruncate(o->journal.descriptor, (off_t)before);
  return status;
}

static bool was_added(const churn_registry *registry, const char *id)
{
  for (size_t i = 0; i < registry->event_count; i++)
    if (registry->events[i].kind == CHURN_REGISTRY_ADDED &&
        strcmp(registry->events[i].model, id) == 0)
      return true;
  return false;
}

/* One that is there and whole stays; what is broken is made anew. */
static churn_status write_model(churn_model *model, const char *path, churn_error *error)
{
  churn_model *there = NULL;
  churn_status status = churn_model_read(path, &there, error);
  bool same = status == CHURN_OK && strcmp(there->id, model->id) == 0;
  churn_model_free(there);
  if (same || status == CHURN_NO_MEMORY)
    return status;
  return churn_model_write(model, path, error);
}

/* ID.json, then ID.md beside it. */
static churn_status write_files(const churn_project *project, churn_model *model,
                                churn_error *error)
{
  char *path = churn_registry_path(project, model->id);
  char *card = churn_text_format("%s/%s.md", project->registry, model->id);
  churn_status status =
      path == NULL || card == NULL ? churn_error_no_memory(error) : write_model(model, path, error);
  if (status == CHURN_OK && access(card, F_OK) != 0)
    status = churn_card_write(model, card, error);
  free(path);
  free(card);
  return status;
}

churn_status churn_registry_add(const churn_project *project, churn_model *model,
                                const churn_registry_change *change, churn_error *error)
{
  opened_registry o = {.journal = {.descriptor = -1}};
  churn_status status = churn_model_identify(model, error);
  if (status == CHURN_OK)
    status = open_registry(project, change, &o, error);
  if (status == CHURN_OK)
    status = write_files(project, model, error);
  if (status == CHURN_OK && !was_added(o.registry, model->id))
    status = write_line(&o, CHURN_REGISTRY_ADDED, model->id, change, error);
  close_registry(&o);
  return status;
}

/* What is taken into use can be read, and is what its name says. */
static churn_status check_model(const churn_project *project, const char *id,
                                char warning[CHURN_MODEL_GUESSING_SIZE], churn_error *error)
{
  churn_model *model = NULL;
  char *path = churn_registry_path(project, id);
  if (path == NULL)
    return churn_error_no_memory(error);
  churn_status status = churn_model_read(path, &model, error);
  if (status == CHURN_OK && strcmp(model->id, id) != 0)
    status = churn_error_set_at(error, CHURN_MALFORMED, (churn_place){path, 0, 0},
                                "the file holds the model %s", model->id);
  if (status == CHURN_OK)
    churn_model_guessing_text(model, warning);
  churn_model_free(model);
  free(path);
  return status;
}

churn_status churn_registry_promote(const churn_project *project, const char *id,
                                    const churn_registry_change *change, bool *changed,
                                    churn_error *error)
{
  char warning[CHURN_MODEL_GUESSING_SIZE] = "";
  opened_registry o = {.journal = {.descriptor = -1}};
  churn_status status = check_model(project, id, warning, error);
  if (status == CHURN_OK)
    status = open_registry(project, change, &o, error);
  o.warning = warning;
  if (status == CHURN_OK) {
    *changed = o.registry->current == NULL || strcmp(o.registry->current, id) != 0;
    status =
        *changed ? step_to(&o, CHURN_REGISTRY_PROMOTED, id, change, error) : write_found(&o, error);
  }
  close_registry(&o);
  return status;
}

churn_status churn_registry_rollback(const churn_project *project,
                                     const churn_registry_change *change, char id[33],
                                     churn_error *error)
{
  char warning[CHURN_MODEL_GUESSING_SIZE] = "";
  opened_registry o = {.journal = {.descriptor = -1}};
  churn_status status = open_registry(project, change, &o, error);
  o.warning = warning;
  if (status == CHURN_OK && (o.registry->current == NULL || o.state.depth < 2))
    status = churn_error_set_at(error, CHURN_INCONSISTENT, (churn_place){project->registry, 0, 0},
                                o.registry->current == NULL
                                    ? "no model is in use, so there is none to go back from"
                                    : "no other model was in use before this one");
  const char *before = status == CHURN_OK ? o.state.stack[o.state.depth - 2] : NULL;
  if (status == CHURN_OK)
    status = check_model(project, before, warning, error);
  if (status == CHURN_OK)
    status = step_to(&o, CHURN_REGISTRY_ROLLED_BACK, before, change, error);
  if (status == CHURN_OK)
    memcpy(id, before, CHURN_HASH_TEXT_SIZE);
  close_registry(&o);
  return status;
}

churn_status churn_registry_keep(const churn_project *project, const char *id,
                                 const churn_registry_change *change, churn_error *error)
{
  opened_registry o;
  churn_status status = open_registry(project, change, &o, error);
  if (status == CHURN_OK)
    status = write_line(&o, CHURN_REGISTRY_KEPT, id, change, error);
  close_registry(&o);
  return status;
}
