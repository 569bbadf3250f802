/* Which feature belongs to which cause of the project's playbook. Place in the flow: plan,
 * playbook, model -> an index a feature, for scoring and for `check`.
 *
 * A number's contribution is (x - mean) * coefficient, so it is above 0 for high values where the
 * coefficient is, and for low ones where it is not. Where the playbook says which of them speak for
 * a cause (`when_high`, `when_low`; of the rows of a history `when_many`, `when_few`) and the
 * coefficient has the other sign, all that the feature contributes counts as the cause "other": a
 * good mark is no sign of bad service, whatever the fit made of it. Sums by cause stay sums of
 * whole features.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_CAUSE_MAP_H
#define CHURN_DESIGN_CAUSE_MAP_H

#include "feature/plan.h"

#include <churn/model.h>

typedef struct churn_cause_map {
  size_t causes;        /* 0 = the project has no playbook */
  uint32_t *of_feature; /* [features] cause; NULL without a playbook */
  bool *against;        /* [features] the coefficient's sign is not the one that speaks for the
                           feature's cause, so it counts as "other" */
} churn_cause_map;

/* The cause of the plan's output `feature`, named `name`. *found as churn_playbook_cause_of. */
uint32_t churn_cause_of(const churn_project *project, const churn_plan *plan, size_t feature,
                        const char *name, bool *found);

/* Of the model's features, which are the plan's first outputs, once it is fitted. NO_MEMORY. The
 * caller clears. */
CHURN_MUST_USE churn_status churn_cause_map_make(const churn_project *project,
                                                 const churn_plan *plan, const churn_model *model,
                                                 churn_cause_map *map, churn_error *error);
void churn_cause_map_clear(churn_cause_map *map);

/* A warning that names the features whose coefficient has the sign that does not speak for their
 * cause. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_cause_map_warn(const churn_project *project,
                                                 const churn_plan *plan, const churn_model *model,
                                                 const churn_run *run, churn_error *error);

#endif
