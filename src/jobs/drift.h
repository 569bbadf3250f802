/* How far features moved between the first and the last as-of day. Place in the flow: frame -> a
 * number a feature.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_DRIFT_H
#define CHURN_JOBS_DRIFT_H

#include "design/frame.h"
#include "design/pipeline.h"

/* drifts [features of the pipeline]: population stability index (monitor/stability.h) of the last
 * as-of day against the first; NaN where there is one day. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_drift_measure(const churn_pipeline *pipeline,
                                                const churn_snapshots *rows,
                                                const churn_frame *frame, const churn_run *run,
                                                double *drifts, churn_error *error);

#endif
