/* Which feature belongs to which cause.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/cause_map.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

uint32_t churn_cause_of(const churn_project *project, const churn_plan *plan, size_t feature,
                        const char *name, bool *found)
{
  int history = churn_plan_history(plan, feature);
  return churn_playbook_cause_of(project->playbook, name,
                                 history < 0 ? NULL : project->histories[history].name.text, found);
}

churn_status churn_cause_map_make(const churn_project *project, const churn_plan *plan,
                                  const churn_model *model, churn_cause_map *map,
                                  churn_error *error)
{
  *map = (churn_cause_map){.causes = churn_playbook_count(project)};
  if (map->causes == 0)
    return CHURN_OK;
  map->of_feature = churn_array_new(model->feature_count, sizeof *map->of_feature);
  if (map->of_feature == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < model->feature_count; f++)
    map->of_feature[f] = churn_cause_of(project, plan, f, model->features[f].name, NULL);
  return CHURN_OK;
}

void churn_cause_map_clear(churn_cause_map *map)
{
  free(map->of_feature);
  *map = (churn_cause_map){0};
}
