/* Kinds of loss: which kind each leaving was. Place in the flow: project, schema -> a plan of its
 * own -> data -> kinds, for labels, rates and what the model says of the lost.
 *
 * A recorded reason that some kind lists decides. Else the rules are asked in the order of the
 * project file, as of the leaving day (what was known before it), and the first that is true
 * decides. Else it is unclassified.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_KINDS_H
#define CHURN_DESIGN_KINDS_H

#include "feature/plan.h"

/* The plan that tells kinds: outputs are the rules, in order, then the reason where one is
 * recorded; *plan stays NULL where the project has no kinds. In a rule, a feature's name stands for
 * its expression. BAD_PROJECT for rules that are no conditions, and a reason that is no column. */
CHURN_MUST_USE churn_status churn_kinds_plan(const churn_project *project,
                                             const churn_schema *schema, const churn_run *run,
                                             churn_plan **plan, churn_error *error);

/* Who left, and when: spells[i] on left[i], MISSING for a flat export, whose rules see no
 * histories. */
typedef struct churn_leavings {
  size_t count;
  const size_t *spells;
  const churn_day *left;
  const bool *reasoned; /* whether the recorded reason is that of this leaving; NULL = of all */
} churn_leavings;

/* kinds [count], by a plan that is bound to the data; reasons [count] (NULL = not wanted) get the
 * code of the recorded reason, NaN where there is none. NO_MEMORY. Cost: that of the rules. */
CHURN_MUST_USE churn_status churn_kinds_find(const churn_project *project, const churn_plan *plan,
                                             const churn_data *data, const churn_leavings *leavings,
                                             churn_kind *kinds, double *reasons,
                                             churn_error *error);

/* The same of at most CHURN_BATCH_ROWS, with a workspace of the plan. */
CHURN_MUST_USE churn_status churn_kinds_ask(const churn_project *project, const churn_plan *plan,
                                            const churn_data *data, churn_workspace *workspace,
                                            const churn_leavings *batch, churn_kind *kinds,
                                            double *reasons);

/* The text of such a code: a number as text too, into `text`. */
const char *churn_kinds_reason(const churn_plan *plan, double code, char *text);

/* The kinds that the outcome excludes, like "natural,malicious", as the model file holds them; ""
 * = none. The caller frees; NULL when memory ran out. */
char *churn_kinds_excluded(const churn_project *project);

/* BAD_PROJECT where one of the plan's first `features` outputs reads the recorded reason, which is
 * known only afterwards. */
CHURN_MUST_USE churn_status churn_kinds_check_features(const churn_project *project,
                                                       const churn_plan *plan, size_t features,
                                                       churn_error *error);

#endif
