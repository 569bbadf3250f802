/* Faults of expressions in a project that has others.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "feature/fault.h"
#include "feature/parse.h"
#include "project/project.h"

#include <churn/check.h>

#include <string.h>

static churn_status look_at(const churn_project *project, const churn_feature_spec *spec,
                            churn_arena *arena, churn_notes *notes, churn_error *error)
{
  churn_expression expression = {.name = spec->name.text,
                                 .text = spec->expression.text,
                                 .place = churn_project_place(project, &spec->expression)};
  churn_faults faults = {.expression = &expression};
  churn_error first = {.status = CHURN_OK};
  if (spec->is_default || expression.text == NULL)
    return CHURN_OK;
  const churn_node *root = churn_parse(expression.text, arena, &faults);
  bool no_memory = faults.no_memory || (root == NULL && faults.count == 0);
  churn_faults_report(&faults, false, notes, &first);
  churn_faults_clear(&faults);
  return no_memory ? churn_error_no_memory(error) : CHURN_OK;
}

churn_status churn_check_expressions(const char *path, churn_notes *notes, churn_error *error)
{
  churn_project *project = NULL;
  if (strcmp(path, "-") == 0)
    return CHURN_OK;
  churn_arena *arena = churn_arena_new();
  churn_status status = arena == NULL ? churn_error_no_memory(error)
                                      : churn_project_read_faulty(path, &project, error);
  for (size_t i = 0; status == CHURN_OK && i < project->feature_count; i++)
    status = look_at(project, &project->features[i], arena, notes, error);
  churn_project_free(project);
  churn_arena_free(arena);
  return status;
}
