/* Who looks after a customer: the project's key `rep`, else the one category of a history called
 * `reps`. Place in the flow: project, schema -> a plan of its own -> books, capacities.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_REP_H
#define CHURN_DESIGN_REP_H

#include "feature/plan.h"

/* The history that the default looks at. */
extern const char churn_rep_history[];

/* A plan whose output 0 is the rep; *text (NULL allowed) gets its expression, for the caller to
 * free. BAD_PROJECT where nothing tells the rep, or what does is no category; NO_MEMORY. */
CHURN_MUST_USE churn_status churn_rep_plan(const churn_project *project, const churn_schema *schema,
                                           const churn_run *run, churn_plan **plan, char **text,
                                           churn_error *error);

#endif
