/* Loyal and slipping, of a list that is scored already. Place in the flow: pipeline, ranking, the
 * same model's scores of an earlier day -> a list of its own. Cost: scoring the base once more, and
 * two sorts of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_LOYAL_H
#define CHURN_JOBS_LOYAL_H

#include "score/ranking.h"

#include <churn/loyal.h>

/* As churn_loyal_find, of a ranking that is by probability; borrows it, and its pipeline, which was
 * opened with the model. `top` 0 = all. */
CHURN_MUST_USE churn_status churn_loyal_choose(churn_pipeline *pipeline, const churn_model *model,
                                               const churn_ranking *ranking, uint64_t top,
                                               const churn_run *run, churn_loyal **loyal,
                                               churn_loyal_report *report, churn_error *error);

/* Where the customer stands in the ranking; index below churn_loyal_count. */
size_t churn_loyal_index(const churn_loyal *loyal, size_t index);

#endif
