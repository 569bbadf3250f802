/* Texts that the expressions of a plan compare columns with, so that they can be held against what
 * the columns hold. Place in the flow: plan -> `check`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_LITERALS_H
#define CHURN_FEATURE_LITERALS_H

#include "feature/plan.h"

typedef struct churn_literal {
  int source,
      column;       /* what it is compared with: a category's column, or its first or last value */
  const char *text; /* terminated; borrowed from the plan */
} churn_literal;

/* Calls `found` for each literal of an output that is compared by =, != or in; of the plan's value
 * for `output` = churn_plan_count(). Once for each time it is written. */
void churn_plan_literals(const churn_plan *plan, size_t output,
                         void (*found)(void *context, const churn_literal *literal), void *context);

#endif
