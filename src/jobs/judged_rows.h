/* The rows of a comparison that are judged, as the figures want them. Place in the flow: snapshots,
 * folds -> evaluate/judged.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_JUDGED_ROWS_H
#define CHURN_JOBS_JUDGED_ROWS_H

#include "evaluate/judged.h"
#include "jobs/judging_folds.h"

typedef struct churn_judged_rows {
  churn_judged judged;
  const churn_judging_folds *folds; /* borrowed */
  size_t all;                       /* rows, judged or not */
  int8_t *labels;
  double *values;  /* NULL = none at all */
  double *weights; /* of the population; NULL = 1 each */
  uint32_t *clusters, *of_fold;
} churn_judged_rows;

/* values [rows]: money at risk, NaN = none; NULL = none at all. weighted: rows count as their
 * weights say. NO_MEMORY, or a row that the figures cannot take. The caller clears, whatever
 * happens. */
CHURN_MUST_USE churn_status churn_judged_rows_take(const churn_snapshots *rows,
                                                   const double *values,
                                                   const churn_judging_folds *folds, bool weighted,
                                                   churn_judged_rows *taken, churn_error *error);
void churn_judged_rows_clear(churn_judged_rows *rows);

/* Of numbers [all rows], those of judged rows move together, in place. */
void churn_judged_rows_pack(const churn_judged_rows *rows, double *numbers);

#endif
