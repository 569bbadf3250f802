/* Judging each feature by itself: what it knows as of T, a while before, and of who ever left.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_LEAK_COLUMNS_H
#define CHURN_JOBS_LEAK_COLUMNS_H

#include "design/frame.h"
#include "design/pipeline.h"

#include <churn/leaks.h>

enum { CHURN_LEAK_LEAST_ROWS = 10 }; /* churned, and other ones, for an area to be worth anything */

#define CHURN_LEAK_ALONE 0.95  /* an area above it tells alone */
#define CHURN_LEAK_EXCESS 0.02 /* an area within this of 1/2 is not worth a word */
#define CHURN_LEAK_ERRORS 4.0  /* standard errors that are more than noise, over many columns */

/* Labelled rows and their features as of T and as of T - back_days. */
typedef struct churn_leak_rows {
  const churn_pipeline *pipeline;
  const churn_snapshots *snapshots;
  const int8_t *labels;
  const bool *half; /* which half of the customers the row belongs to */
  const churn_frame *now;
  const churn_frame *back; /* NULL: a flat export */
  int32_t back_days;
} churn_leak_rows;

/* columns [2 * features]: feature f's two at 2f and 2f + 1; name NULL where there is none. The
 * caller frees the names, also after a failure. NO_MEMORY. Cost a feature: three sorts. */
CHURN_MUST_USE churn_status churn_leak_columns_judge(const churn_leak_rows *rows,
                                                     const churn_run *run,
                                                     churn_leak_column *columns,
                                                     churn_error *error);

#endif
