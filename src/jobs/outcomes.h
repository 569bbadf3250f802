/* What became of past lists: once the label window of a run has closed, its list is joined with
 * what happened, and a line is appended to RUNS/outcomes.jsonl, beside what was estimated that
 * night. Place in the flow: published runs, tonight's data -> the ledger of outcomes. Cost: each
 * list is read once in its life, and its customers are labelled.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_OUTCOMES_H
#define CHURN_JOBS_OUTCOMES_H

#include "jobs/night.h"
#include "jobs/runs.h"

#include <churn/nightly.h>

/* Published runs whose window has closed and that are not judged yet, though they can be. */
typedef struct churn_waiting {
  churn_day *days; /* the caller frees */
  size_t count;
  bool known; /* false after a failure before the runs were read */
} churn_waiting;

/* Judges the published runs whose window has closed before the night and that the ledger does not
 * hold yet, oldest first. RUNS is locked. A run that cannot be judged gets a warning, and waits
 * only where another night may be luckier (IO, PERMISSION, BUSY). `told` (NULL = nobody) is called
 * for each line. CANNOT_CREATE, PERMISSION, IO, NO_MEMORY; what was appended before a failure
 * stays, and *waiting is true also then. */
CHURN_MUST_USE churn_status
churn_outcomes_judge(const churn_night *night, const char *root, const churn_run *run,
                     void (*told)(void *context, const churn_outcome *outcome), void *context,
                     churn_waiting *waiting, churn_error *error);

#endif
