/* What contacting customers has saved, of data that are open already, and as JSON. Place in the
 * flow: pipeline, past lists -> churn_savings. Cost: each list is read once, and each customer of
 * their heads labelled about once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_SAVINGS_H
#define CHURN_JOBS_SAVINGS_H

#include "design/pipeline.h"
#include "model/text.h"

#include <churn/savings.h>

/* As churn_savings_measure, of the newest `most` runs in `root` of days before `before`, with the
 * labels that the pipeline's data hold. `kinds`: a plan bound to them (design/kinds.h), for an
 * outcome that excludes kinds of loss; NULL = none is excluded. */
CHURN_MUST_USE churn_status churn_savings_of_pipeline(churn_pipeline *pipeline, churn_plan *kinds,
                                                      const char *root, churn_day before,
                                                      size_t most, const churn_run *run,
                                                      churn_savings **savings, churn_error *error);

/* What `churn outcomes --json` prints, as one object, with the first `most` ids of `crossed`. */
void churn_savings_json(const churn_savings *savings, size_t most, churn_json_text *text);

#endif
