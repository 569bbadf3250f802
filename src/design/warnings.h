/* Warnings about what lies behind a feature in time: what the data cannot show to have been known.
 * For `check`, and for training, which looks for leaks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_WARNINGS_H
#define CHURN_DESIGN_WARNINGS_H

#include "design/pipeline.h"

/* "undated_column": a feature reads a customers' column that has no date (not for flat exports).
 * "rewritten_schedule": a scheduled column, if it was read, equals `left` for more than 5 % of the
 * leavers. To run->notes. */
void churn_warn_columns(const churn_pipeline *p, const churn_run *run);

/* "window_before_data": more than a twentieth of a window lies before the first day of its history,
 * seen from the first as-of day (MISSING: none). */
void churn_warn_windows(const churn_pipeline *p, churn_day first_as_of, const churn_run *run);

/* Rows of history `source` (number in the schema, 1 and up) dated before their customer's first
 * spell began; 0 where customers have no joining day. O(log rows) a customer. */
uint64_t churn_count_before_joining(const churn_pipeline *pipeline, size_t source);

/* Warns of histories of which more than a twentieth is dated before joining: `joined` is not the
 * day the relation began, or the rows are not these customers'. */
void churn_warn_before_joining(const churn_pipeline *pipeline, const churn_run *run);

#endif
