/* Which feature belongs to which cause of the project's playbook. Place in the flow: plan,
 * playbook -> an index a feature, for scoring and for `check`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_CAUSE_MAP_H
#define CHURN_DESIGN_CAUSE_MAP_H

#include "feature/plan.h"

#include <churn/model.h>

typedef struct churn_cause_map {
  size_t causes;        /* 0 = the project has no playbook */
  uint32_t *of_feature; /* [features] cause; NULL without a playbook */
} churn_cause_map;

/* The cause of the plan's output `feature`, named `name`. *found as churn_playbook_cause_of. */
uint32_t churn_cause_of(const churn_project *project, const churn_plan *plan, size_t feature,
                        const char *name, bool *found);

/* Of the model's features, which are the plan's first outputs. NO_MEMORY. The caller clears. */
CHURN_MUST_USE churn_status churn_cause_map_make(const churn_project *project,
                                                 const churn_plan *plan, const churn_model *model,
                                                 churn_cause_map *map, churn_error *error);
void churn_cause_map_clear(churn_cause_map *map);

#endif
