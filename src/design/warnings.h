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

#endif
