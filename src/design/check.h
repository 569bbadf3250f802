/* `churn check` for callers that go on with what it read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_CHECK_H
#define CHURN_DESIGN_CHECK_H

#include "design/pipeline.h"

#include <churn/check.h>

/* What check read. `snapshots`: the labelled rows; NULL where faults left none. */
typedef struct churn_checked {
  churn_pipeline *pipeline;
  churn_snapshots *snapshots;
} churn_checked;

void churn_checked_clear(churn_checked *checked);

/* As churn_check; *checked gets what was read, for the caller to clear. On failure it is untouched.
 */
CHURN_MUST_USE churn_status churn_check_keep(const churn_project *project, const churn_run *run,
                                             churn_check_report **report, churn_checked *checked,
                                             churn_error *error);

#endif
