/* What `check` says of the playbook.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_CHECK_CAUSES_H
#define CHURN_DESIGN_CHECK_CAUSES_H

#include "design/pipeline.h"

#include <churn/check.h>

/* The cause of each feature into the report, whose features are there; nothing without a playbook.
 * One note names those that no rule takes. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_check_causes(const churn_pipeline *pipeline, const churn_run *run,
                                               churn_check_report *report, churn_error *error);

#endif
