/* How far features move from one training snapshot to the next, so that a night knows what is
 * usual. Place in the flow: training rows, learnt bins -> model->features[].spread. Cost: rows x
 * features, and a snapshot's rows twice in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_SPREAD_H
#define CHURN_JOBS_SPREAD_H

#include "design/frame.h"

#include <churn/model.h>

/* `frame` holds the rows of the snapshots; outputs 0..features-1 of the plan are the model's
 * features, whose bins were learnt, and whose spread is NaN; it stays so with fewer than two as-of
 * days, and where rows stand for several. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_spread_measure(churn_model *model, const churn_plan *plan,
                                                 const churn_frame *frame,
                                                 const churn_snapshots *snapshots,
                                                 const churn_run *run, churn_error *error);

#endif
