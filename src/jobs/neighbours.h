/* Project files that share a registry or a folder of runs without meaning to. Place in the flow:
 * the name that a model's line or a run's manifest holds -> a warning.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_NEIGHBOURS_H
#define CHURN_JOBS_NEIGHBOURS_H

#include <churn/registry.h>

/* The project's file without its folder; NULL for standard input. Borrowed. */
const char *churn_project_file(const churn_project *project);

/* Whether `name` (NULL = not known) is another project file than this one, and stands beside it:
 * one that is gone was renamed. */
bool churn_project_is_neighbour(const churn_project *project, const char *name);

/* The project file by which a model last came into the registry or into use; NULL = no line says.
 * Borrowed. */
const char *churn_registry_maker(const churn_registry *registry, const char *id);

/* Warns ("shared_registry") where the model in use was made by a neighbour. */
void churn_registry_warn_shared(const churn_project *project, const churn_registry *registry,
                                const churn_run *run);

/* Warns ("shared_runs") where a run of `root` was made by a neighbour. */
void churn_runs_warn_shared(const churn_project *project, const char *root, const char *maker,
                            const churn_run *run);

#endif
