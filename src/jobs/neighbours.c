/* Project files that share a registry or a folder of runs without meaning to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/neighbours.h"

#include "base/error.h"
#include "base/memory.h"
#include "project/project.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *churn_project_file(const churn_project *project)
{
  const char *path = project->path, *slash = strrchr(path, '/');
  return strcmp(path, "-") == 0 ? NULL : slash == NULL ? path : slash + 1;
}

bool churn_project_is_neighbour(const churn_project *project, const char *name)
{
  const char *own = churn_project_file(project);
  if (name == NULL || own == NULL || strcmp(name, own) == 0)
    return false;
  char *beside = churn_text_format("%.*s%s", (int)(own - project->path), project->path, name);
  bool there = beside != NULL && access(beside, F_OK) == 0;
  free(beside);
  return there;
}

const char *churn_registry_maker(const churn_registry *registry, const char *id)
{
  for (size_t i = registry->event_count; i-- > 0;) {
    const churn_registry_event *event = &registry->events[i];
    bool made = event->kind == CHURN_REGISTRY_ADDED || event->kind == CHURN_REGISTRY_PROMOTED;
    if (made && event->project != NULL && strcmp(event->model, id) == 0)
      return event->project;
  }
  return NULL;
}

void churn_registry_warn_shared(const churn_project *project, const churn_registry *registry,
                                const churn_run *run)
{
  const char *maker =
      registry->current == NULL ? NULL : churn_registry_maker(registry, registry->current);
  if (churn_project_is_neighbour(project, maker))
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "shared_registry",
                    (churn_place){registry->folder, 0, 0},
                    "the model in use, %.8s, was made by another project file, %s: `registry: "
                    "FOLDER` in one of the two keeps their models apart",
                    registry->current, maker);
}

void churn_runs_warn_shared(const churn_project *project, const char *root, const char *maker,
                            const churn_run *run)
{
  if (churn_project_is_neighbour(project, maker))
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "shared_runs", (churn_place){root, 0, 0},
                    "the newest run here was made by another project file, %s: `nightly: {output: "
                    "FOLDER}` in one of the two keeps their runs apart",
                    maker);
}
