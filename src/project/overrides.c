/* Sources pointed at other files, and the rule that standard input is read by one source only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project/spec.h"

#include <stdio.h>
#include <string.h>

/* Label file `index` of the outcomes; NULL past the end. */
static churn_source_spec *labels_at(churn_project *project, size_t index)
{
  bool unnamed = project->outcome_name == NULL;
  if (unnamed && project->outcome.kind == CHURN_OUTCOME_LABELS && index-- == 0)
    return &project->outcome.labels;
  for (size_t i = 0; i < project->outcome_count; i++)
    if (project->outcomes[i].spec.kind == CHURN_OUTCOME_LABELS && index-- == 0)
      return &project->outcomes[i].spec.labels;
  return NULL;
}

/* Number of sources that have a file; source `index` of them, NULL past the end. */
static churn_source_spec *source_at(churn_project *project, size_t index)
{
  if (project->base_kind == CHURN_BASE_FILE && index-- == 0)
    return &project->customers;
  if (index < project->history_count)
    return &project->histories[index];
  return labels_at(project, index - project->history_count);
}

/* Every name that an override may have: sources, and the via file of those that have one. */
static const char **list_names(churn_project *project, size_t *count)
{
  size_t most = 0;
  churn_source_spec *source;
  while (source_at(project, most) != NULL)
    most++;
  const char **names = churn_arena_take(project->arena, 2 * most, sizeof *names);
  *count = 0;
  for (size_t i = 0; names != NULL && (source = source_at(project, i)) != NULL; i++) {
    size_t size = strlen(source->name.text) + sizeof ".via";
    char *via = source->via.path == NULL ? NULL : churn_arena_take(project->arena, size, 1);
    names[(*count)++] = source->name.text;
    if (via == NULL)
      continue;
    snprintf(via, size, "%s.via", source->name.text);
    names[(*count)++] = via;
  }
  return names;
}

static churn_status refuse_name(churn_project *project, const char *name, churn_error *error)
{
  char list[512], shown[CHURN_SHOWN_SIZE], nearest[CHURN_SHOWN_SIZE * 2];
  size_t count = 0;
  const char **names = list_names(project, &count);
  if (names == NULL)
    return churn_error_no_memory(error);
  churn_join_names(names, count, list, sizeof list);
  return churn_error_set(error, CHURN_USAGE, "no source \"%s\"%s; sources: %s",
                         churn_shown(name, shown), churn_did_you_mean(name, names, count, nearest),
                         list);
}

/* What an override's name stands for: a source, or `HISTORY.via` for the file that maps its key. */
static char **path_of(churn_project *project, const char *name, churn_rowset **rowset)
{
  churn_source_spec *source;
  for (size_t i = 0; (source = source_at(project, i)) != NULL; i++) {
    size_t length = strlen(source->name.text);
    *rowset = &source->rowset;
    if (strcmp(source->name.text, name) == 0)
      return &source->path;
    *rowset = &source->via.rowset;
    if (source->via.path != NULL && strncmp(source->name.text, name, length) == 0 &&
        strcmp(name + length, ".via") == 0)
      return &source->via.path;
  }
  return NULL;
}

static churn_status point_at_database(churn_project *project, const churn_source_override *override,
                                      char **path, churn_rowset *rowset, churn_error *error)
{
  churn_error fault = {.status = CHURN_OK};
  if (churn_database_check(override->path, &fault) == CHURN_OK)
    return churn_rowset_point(project->arena, override->path, override->name, path, rowset, error);
  return churn_error_set(error, fault.status == CHURN_NO_MEMORY ? CHURN_NO_MEMORY : CHURN_USAGE,
                         "source \"%s\": %s", override->name, fault.message);
}

static churn_status apply(churn_project *project, const churn_source_override *override,
                          churn_error *error)
{
  churn_rowset *rowset = NULL;
  char **path = path_of(project, override->name, &rowset);
  if (path == NULL)
    return refuse_name(project, override->name, error);
  if (override->path[0] == '\0')
    return churn_error_set(error, CHURN_USAGE, "source \"%s\": the path is empty", override->name);
  if (churn_database_kind_of(override->path) != CHURN_DATABASE_NONE)
    return point_at_database(project, override, path, rowset, error);
  rowset->target = NULL;
  *path = churn_arena_text(project->arena, override->path, strlen(override->path));
  return *path == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

/* Counts a path that is standard input; the name of the one that was counted first is kept. */
static churn_status count_input(const char *path, const char *name, const char **reads_input,
                                churn_error *error)
{
  if (path == NULL || strcmp(path, "-") != 0)
    return CHURN_OK;
  if (*reads_input != NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "\"%s\" and \"%s\" both read standard input; only one can", *reads_input,
                           name);
  *reads_input = name;
  return CHURN_OK;
}

churn_status churn_overrides_apply(churn_project *project, const churn_source_override *overrides,
                                   size_t count, churn_error *error)
{
  const char *reads_input = strcmp(project->path, "-") == 0 ? "the project file" : NULL;
  for (size_t i = 0; i < count; i++) {
    churn_status status = apply(project, &overrides[i], error);
    if (status != CHURN_OK)
      return status;
  }
  churn_outcome_take(project);
  const churn_source_spec *source;
  for (size_t i = 0; (source = source_at(project, i)) != NULL; i++) {
    churn_status status = count_input(source->path, source->name.text, &reads_input, error);
    if (status == CHURN_OK)
      status = count_input(source->via.path, source->name.text, &reads_input, error);
    if (status != CHURN_OK)
      return status;
  }
  return CHURN_OK;
}
