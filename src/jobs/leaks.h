/* The leak audit for callers that have read the data already.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_LEAKS_H
#define CHURN_JOBS_LEAKS_H

#include "design/pipeline.h"

#include <churn/leaks.h>

/* Audits labelled rows; what is named goes to run->notes. `leaks->named` is left 0. The rules stand
 * in include/churn/leaks.h. Same bits for any number of threads. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_leaks_audit(const churn_pipeline *pipeline,
                                              const churn_snapshots *snapshots,
                                              const churn_run *run, churn_leaks **leaks,
                                              churn_error *error);

/* For training: the audit's warnings, and check's on time, to run->notes. */
CHURN_MUST_USE churn_status churn_leaks_warn(const churn_pipeline *pipeline,
                                             const churn_snapshots *snapshots, const churn_run *run,
                                             churn_error *error);

#endif
