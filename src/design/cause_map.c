/* Which feature belongs to which cause.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/cause_map.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *history_of(const churn_project *project, const churn_plan *plan, size_t feature)
{
  int history = churn_plan_history(plan, feature);
  return history < 0 ? NULL : project->histories[history].name.text;
}

uint32_t churn_cause_of(const churn_project *project, const churn_plan *plan, size_t feature,
                        const char *name, bool *found)
{
  return churn_playbook_cause_of(project->playbook, name, history_of(project, plan, feature),
                                 found);
}

/* The coefficient of the feature as a number; 0 = it has none. */
static double slope_of(const churn_model *model, size_t feature)
{
  int32_t column = model->features[feature].number_column;
  bool number = model->features[feature].kind == CHURN_FEATURE_NUMBER;
  return number && column >= 0 ? model->columns[column].estimate : 0;
}

/* `slope`: of the value, or of the number of rows where the rule names a history. */
static bool goes_against(const churn_cause_rule *rule, const churn_plan *plan, size_t feature,
                         double slope)
{
  if (rule->kind == CHURN_RULE_HISTORY)
    slope *= churn_plan_rows_sense(plan, feature);
  return rule->speaks == CHURN_SPEAKS_HIGH  ? slope < 0
         : rule->speaks == CHURN_SPEAKS_LOW ? slope > 0
                                            : false;
}

static void map_feature(const churn_project *project, const churn_plan *plan,
                        const churn_model *model, size_t f, churn_cause_map *map)
{
  const churn_cause_rule *rule =
      churn_playbook_rule(project->playbook, model->features[f].name, history_of(project, plan, f));
  map->against[f] = rule != NULL && goes_against(rule, plan, f, slope_of(model, f));
  map->of_feature[f] = rule == NULL || map->against[f] ? project->playbook->other : rule->cause;
}

churn_status churn_cause_map_make(const churn_project *project, const churn_plan *plan,
                                  const churn_model *model, churn_cause_map *map,
                                  churn_error *error)
{
  *map = (churn_cause_map){.causes = churn_playbook_count(project)};
  if (map->causes == 0)
    return CHURN_OK;
  map->of_feature = churn_array_new(model->feature_count, sizeof *map->of_feature);
  map->against = churn_array_new(model->feature_count, sizeof *map->against);
  if (map->of_feature == NULL || map->against == NULL) {
    churn_cause_map_clear(map);
    return churn_error_no_memory(error);
  }
  for (size_t f = 0; f < model->feature_count; f++)
    map_feature(project, plan, model, f, map);
  return CHURN_OK;
}

void churn_cause_map_clear(churn_cause_map *map)
{
  free(map->of_feature);
  free(map->against);
  *map = (churn_cause_map){0};
}

static void append(churn_buffer *text, const char *more)
{
  churn_buffer_write(text, more, strlen(more));
}

/* "satisfaction_180d (higher raises the risk), errors_90d (lower raises the risk)". */
static void name_those_against(const churn_model *model, const churn_cause_map *map,
                               churn_buffer *text)
{
  for (size_t f = 0; f < model->feature_count; f++) {
    if (!map->against[f])
      continue;
    append(text, text->used > 0 ? ", " : "");
    append(text, model->features[f].name);
    append(text, slope_of(model, f) > 0 ? " (higher raises the risk)" : " (lower raises the risk)");
  }
  churn_buffer_write(text, "", 1);
}

churn_status churn_cause_map_warn(const churn_project *project, const churn_plan *plan,
                                  const churn_model *model, const churn_run *run,
                                  churn_error *error)
{
  churn_cause_map map = {0};
  churn_buffer names = {0};
  churn_status status = churn_cause_map_make(project, plan, model, &map, error);
  if (status == CHURN_OK && map.causes > 0)
    name_those_against(model, &map, &names);
  if (names.failed)
    status = churn_error_no_memory(error);
  else if (names.used > 1)
    churn_notes_add(run->notes, CHURN_WARNING, "against_playbook", CHURN_NOWHERE,
                    "coefficients with the other sign than the playbook says: %s; what they add to "
                    "a risk is no sign of their cause, and counts as "
                    "\"%s\"",
                    names.bytes, project->playbook->causes[project->playbook->other].name);
  churn_buffer_clear(&names);
  churn_cause_map_clear(&map);
  return status;
}
