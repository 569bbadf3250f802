/* Expressions evaluated on a world made by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_EXPRESSION_H
#define CHURN_TEST_EXPRESSION_H

#include "feature/plan.h"
#include "world.h"

/* The feature `text` for one spell as of a day. It must compile. */
double evaluated(const world *w, const char *text, size_t spell, churn_day as_of);

/* The same where it gives text: static storage; "(missing)" for none. */
const char *evaluated_text(const world *w, const char *text, size_t spell, churn_day as_of);

/* Builds and binds a plan of one FEATURE expression a text. The caller frees it. */
churn_plan *plan_of(const world *w, const char *const *texts, size_t count, const char *value);

/* The first fault of an expression at line 7, column 20 of project.yaml; fails when there is none.
 * static storage. */
const churn_error *fault_of(const world *w, churn_expression_rule rule, const char *text);

#endif
