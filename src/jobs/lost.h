/* The customers who were lost, each at the last snapshot whose label window holds it. Place in the
 * flow: data, days -> rows to score, days of the losses -> what the model says of them against what
 * is known (agreement.c).
 *
 * By a leaving day: spells that ended within the windows; who was in the base on no such snapshot
 * is unseen. By silence, events or a level that fell: the last row of each spell with the label
 * churned, whatever kinds are excluded and whoever was contacted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_LOST_H
#define CHURN_JOBS_LOST_H

#include "design/pipeline.h"

typedef struct churn_lost {
  churn_snapshots rows;
  size_t *spells;  /* [rows] */
  churn_day *left; /* [rows] days of the losses (design/loss.h) */
  bool *reasoned;  /* [rows] the recorded reason is that of the loss */
  uint64_t unseen;
} churn_lost;

/* Whether a project says when customers are lost; *by_labels where its labels do. */
bool churn_lost_known(const churn_project *project, bool *by_labels);

/* On the snapshots `days`, ascending, with the model's gap and horizon; rows without weights and
 * offsets. NO_MEMORY. The caller clears, after a failure too. */
CHURN_MUST_USE churn_status churn_lost_find(const churn_pipeline *pipeline,
                                            const churn_model *model, const churn_day *days,
                                            size_t count, const churn_run *run, churn_lost *lost,
                                            churn_error *error);
void churn_lost_clear(churn_lost *lost);

#endif
