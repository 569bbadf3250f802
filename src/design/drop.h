/* The outcome `drop`: a customer's level falls below a share of what it was, while the account
 * stays open. Place in the flow: the outcome's own plan, data -> levels of a customer on its as-of
 * days and at the end of their label windows -> labels (snapshots.c).
 *
 * Both levels are the same expression, each as of its own day: the one before as of T, the one
 * after as of T + gap + horizon, the first day after the label window. What was written down late
 * is missed by both alike, so that lateness makes no fall. A window `over 90d` at the end of a
 * label window of 90 days is just that window.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_DROP_H
#define CHURN_DESIGN_DROP_H

#include "feature/plan.h"
#include "history/data.h"

/* A level as of T, and as of the end of T's label window; NaN = missing, and where the customer is
 * not in the base at T, or the window is open. */
typedef struct churn_drop_levels {
  double before, after;
} churn_drop_levels;

typedef struct churn_drop_days {
  const churn_day *days; /* ascending */
  const bool *closed;    /* whether the label window of the day is */
  size_t count;
} churn_drop_days;

typedef enum churn_drop_verdict {
  CHURN_DROP_STAYED,
  CHURN_DROP_FELL,
  CHURN_DROP_NO_LEVEL, /* nothing that could fall: the level before is missing, zero or less */
  CHURN_DROP_LEFT,     /* the account was closed before the window ended */
  CHURN_DROP_UNSEEN    /* the level after is missing */
} churn_drop_verdict;

/* The plan of `drop`, with one output. BAD_PROJECT for an expression that does not fit the schema,
 * is no number or reads no history; NO_MEMORY. The caller frees, before the schema. */
CHURN_MUST_USE churn_status churn_drop_plan(const churn_project *project,
                                            const churn_schema *schema, const churn_run *run,
                                            churn_plan **plan, churn_error *error);

/* levels[days->count] of a customer. Cost: one walk over its rows for some hundred days. NO_MEMORY.
 */
CHURN_MUST_USE churn_status churn_drop_measure(const churn_outcome_spec *outcome,
                                               const churn_plan *plan, churn_workspace *workspace,
                                               size_t customer, const churn_drop_days *days,
                                               churn_drop_levels *levels);

/* Whether a level is one that can fall. */
bool churn_drop_can_fall(double level);

/* What became of a customer of the base at `as_of` who left on `left` (MISSING = is still there),
 * once the window is closed: FELL when after < below x before. Who had nothing that could fall is
 * NO_LEVEL whether or not the account was closed: that is known as of T, and so takes churners and
 * stayers out alike. */
churn_drop_verdict churn_drop_judge(const churn_outcome_spec *outcome,
                                    const churn_drop_levels *levels, churn_day left,
                                    churn_day as_of);

/* Warns of windows that reach back before the label window, and of levels that never forget: for
 * `check`. */
void churn_drop_warn(const churn_project *project, const churn_plan *plan,
                     const churn_schema *schema, const churn_run *run);

#endif
