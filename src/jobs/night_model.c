/* Which model scores a night: a past day gets the model of that day, not the one that is in use
 * now. Place in the flow: RUNS, registry, day -> the night's model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "jobs/neighbours.h"
#include "jobs/night.h"
#include "jobs/runs.h"

#include <churn/registry.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct choosing {
  const churn_project *project;
  const char *root;
  churn_day as_of;
  const churn_run *run;
  churn_chosen_model *to;
} choosing;

/* The labels that the model learned from reach to the as-of day or beyond it. */
static bool learned_later(const churn_model *m, churn_day as_of)
{
  return m->last_as_of != CHURN_DAY_MISSING &&
         m->last_as_of + m->gap_days + m->horizon_days > as_of;
}

static churn_status take_file(const choosing *c, const char *path, churn_model_choice choice,
                              bool hindsight, churn_error *error)
{
  churn_model *model = NULL;
  churn_status status = churn_model_read(path, &model, error);
  if (status != CHURN_OK)
    return status;
  c->to->model = model;
  c->to->choice = choice;
  c->to->hindsight = hindsight || learned_later(model, c->as_of);
  return CHURN_OK;
}

/* A run whose model cannot be read tells nothing: the registry does then. */
static churn_status take_model_of_run(const choosing *c, const churn_past_run *past,
                                      churn_error *error)
{
  churn_error fault = {0};
  char *path = churn_run_path(c->root, c->as_of, "model.json");
  if (path == NULL)
    return churn_error_no_memory(error);
  churn_status status = take_file(c, path, CHURN_MODEL_OF_RUN, past->hindsight, &fault);
  bool other = status == CHURN_OK && strcmp(c->to->model->id, past->model) != 0;
  if (other || (status != CHURN_OK && status != CHURN_NO_MEMORY)) {
    churn_notes_add(churn_run_notes(c->run), CHURN_WARNING, "no_model_of_run",
                    (churn_place){path, fault.line, fault.column},
                    "the model that made the published list cannot be had: %s",
                    other ? "the manifest names another one" : fault.message);
    churn_model_free(c->to->model);
    c->to->model = NULL;
    status = CHURN_OK;
  }
  free(path);
  return status == CHURN_OK ? CHURN_OK : churn_error_no_memory(error);
}

static churn_status look_at_run(const choosing *c, churn_error *error)
{
  churn_past_run past = {0};
  bool known = false;
  churn_status status = churn_past_run_read(c->root, c->as_of, c->run, &past, &known, error);
  if (status == CHURN_OK && known)
    status = take_model_of_run(c, &past, error);
  churn_past_run_clear(&past);
  return status;
}

/* *id: what was in use at the end of that day; "" = nothing. */
static churn_status find_of_day(const choosing *c, const churn_registry *registry, char id[33],
                                churn_error *error)
{
  churn_registry_span *spans = NULL;
  size_t count = 0;
  churn_status status = churn_registry_on_day(registry, c->as_of, &spans, &count, error);
  const char *model = status == CHURN_OK && count > 0 ? spans[count - 1].model : NULL;
  snprintf(id, 33, "%s", model == NULL ? "" : model);
  free(spans);
  return status;
}

static churn_status take_from_registry(const choosing *c, const char *of_day, churn_error *error)
{
  char *path = NULL;
  churn_status status = CHURN_OK;
  bool known = of_day[0] != '\0';
  if (!known)
    status = churn_registry_current(c->project, &path, error);
  else if ((path = churn_registry_path(c->project, of_day)) == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = take_file(c, path, known ? CHURN_MODEL_OF_DAY : CHURN_MODEL_PROMOTED, !known, error);
  free(path);
  return status;
}

static churn_status take_named(const choosing *c, const char *named, churn_error *error)
{
  char *path = NULL;
  churn_status status = churn_registry_model_path(c->project, named, c->run, &path, error);
  if (status == CHURN_OK)
    status = take_file(c, path, CHURN_MODEL_NAMED, false, error);
  free(path);
  return status;
}

churn_status churn_night_choose(const churn_project *project, const char *root, const char *named,
                                churn_day as_of, const churn_run *run, churn_chosen_model *chosen,
                                churn_error *error)
{
  *chosen = (churn_chosen_model){0};
  const choosing c = {project, root, as_of, run, chosen};
  churn_registry *registry = NULL;
  char of_day[33] = "";
  if (named != NULL)
    return take_named(&c, named, error);
  churn_status status = look_at_run(&c, error);
  if (status == CHURN_OK)
    status = churn_registry_read(project, run, &registry, error);
  if (status == CHURN_OK && registry->current != NULL)
    memcpy(chosen->current, registry->current, sizeof chosen->current);
  if (status == CHURN_OK && chosen->model == NULL)
    status = find_of_day(&c, registry, of_day, error);
  if (status == CHURN_OK && chosen->model == NULL)
    status = take_from_registry(&c, of_day, error);
  if (status == CHURN_OK)
    churn_registry_warn_shared(project, registry, run);
  churn_registry_free(registry);
  if (status != CHURN_OK) {
    churn_model_free(chosen->model);
    chosen->model = NULL;
  }
  return status;
}
