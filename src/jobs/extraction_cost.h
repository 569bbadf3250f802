/* How long a set of features takes to extract. Place in the flow: plan, data -> a comparison's
 * costs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_EXTRACTION_COST_H
#define CHURN_JOBS_EXTRACTION_COST_H

#include "jobs/feature_sets.h"

/* *milliseconds a thousand rows, on one thread: a plan of the set's features alone, evaluated on at
 * most 4096 rows spread over all, the best of three times. NO_MEMORY; errors of building a plan. */
CHURN_MUST_USE churn_status churn_extraction_cost(const churn_pipeline *pipeline,
                                                  const churn_snapshots *rows,
                                                  const churn_feature_set *set,
                                                  double *milliseconds, churn_error *error);

#endif
