/* The project file: where the histories are, what they mean, what churn is, which features to use.
 * See DESIGN-level documentation in churn(1), section PROJECT FILE.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_PROJECT_H
#define CHURN_PROJECT_H

#include <churn/day.h>
#include <churn/notes.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct churn_project churn_project;

/* Points a source of the project at another file: `name` is "customers", a history's name, or
 * "outcome" (a label file). */
typedef struct churn_source_override {
  const char *name;
  const char *path;
} churn_source_override;

/* Reads the project file at `path`. Relative paths in it are relative to its folder; override paths
 * to the current folder. Every fault found is appended to `notes` (NULL allowed) as CHURN_FAULT;
 * `error` gets the first. Errors: NO_INPUT, PERMISSION, IO, BAD_PROJECT with file:line:column,
 * USAGE for an override that names no source. */
CHURN_MUST_USE churn_status churn_project_read(const char *path,
                                               const churn_source_override *overrides,
                                               size_t override_count, churn_notes *notes,
                                               churn_project **project, churn_error *error);

/* Works with the outcome `name` of the project's `outcomes` from here on, instead of the default:
 * `outcome`, else the first of `outcomes`. Models and runs of another than the default have folders
 * of their own, and their scores a table: the project's names with -NAME or _NAME behind. Once a
 * project. USAGE where there is no such outcome. */
CHURN_MUST_USE churn_status churn_project_choose_outcome(churn_project *project, const char *name,
                                                         churn_error *error);

/* The name of the outcome that is worked with; NULL where it has none. Borrowed. */
const char *churn_project_outcome(const churn_project *project);

/* Reads and writes no cache from here on, whatever the project file says. */
void churn_project_forget_cache(churn_project *project);

void churn_project_free(churn_project *project);

#ifdef __cplusplus
}
#endif

#endif
