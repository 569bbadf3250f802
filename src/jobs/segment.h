/* Groups of customers by what somebody names: a feature, a customers' column, or an expression.
 * Place in the flow: the text of --by -> an expression to plan; its values -> words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_SEGMENT_H
#define CHURN_JOBS_SEGMENT_H

#include "feature/plan.h"

/* What `by` stands for: a feature of the project by name, a customers' column by name, or an
 * expression as it is. *made (NULL = none) is the text that the expression borrows, for the caller
 * to free. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_segment_expression(const churn_project *project,
                                                     const churn_schema *schema, const char *by,
                                                     churn_expression *expression, char **made,
                                                     churn_error *error);

/* Words for a value of an output: "(missing)" for NaN. The caller frees. NULL when memory ran out.
 */
char *churn_segment_text(const churn_plan *plan, size_t output, double code);

/* For qsort and bsearch of such values: ascending, as texts are ordered, missing last. */
int churn_segments_compare(const void *left, const void *right);

#endif
