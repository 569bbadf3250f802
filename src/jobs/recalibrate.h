/* Learning a recalibration and judging it. Place in the flow: out-of-fold logits -> model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_RECALIBRATE_H
#define CHURN_JOBS_RECALIBRATE_H

#include "fit/logit_line.h"
#include "project/project.h"

#include <churn/model.h>

/* Fills an empty recalibration with the wanted one, learned from all rows; or with "none" and the
 * warning "not_recalibrated", where there are no rows (NULL), no finite answer, a line that falls,
 * fewer than 200 customers of either kind for the steps (isotonic), or where the mean cross-fitted
 * log-loss is not below that of the logits as they are. */
CHURN_MUST_USE churn_status churn_recalibrate_model(const churn_logit_rows *rows,
                                                    const churn_fold_map *map,
                                                    churn_recalibrate wanted, const churn_run *run,
                                                    churn_recalibration *recalibration,
                                                    churn_error *error);

#endif
