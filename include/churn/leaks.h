/* Looking for leaks: features that know what happened after the as-of day T.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_LEAKS_H
#define CHURN_LEAKS_H

#include <churn/check.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One column, judged by itself: a feature (a number's missing values at its mean, a category by its
 * levels' churn rates), or FEATURE?missing, whether the feature has a value.
 *
 * Areas are under the ROC curve (0.5 = knows nothing). A number counts in whichever direction it
 * works, so `auc` >= 0.5. A level's rate is that of the other half of the customers (halves by a
 * hash of the id), pulled towards all customers' as if 20 more rows had it: an id that nobody
 * shares knows nothing, however many levels it has.
 *
 * `auc_back`: the same rows and labels, the feature as of T - back_days, in the direction that
 * works as of T; on rows of customers who had joined by then, and of which half the days of the
 * feature's history were there. `back_error`: the standard error of (auc_back - 1/2) - (auc - 1/2)
 * / 2 on those rows, rows of one customer being dependent (DeLong et al. 1988, Obuchowski 1997).
 * NaN: not judged, for want of 10 churned and 10 other rows, of days, or of an undated column. */
typedef struct churn_leak_column {
  char *name;
  double auc;      /* as of T */
  double auc_at;   /* as of T, on the rows of auc_back */
  double auc_back; /* back_days earlier */
  double back_error;
  double auc_left; /* who ever left against who never did; features of undated columns only */
  bool alone;      /* auc above 0.95 */
  bool recent;     /* auc_at above 0.52, and more than half of auc_at - 1/2 gone, by 4 back_error */
  bool left;       /* auc_left above 0.95 */
  bool undated;    /* it reads a column that has no date and is not static: the warning
                      undated_column names it */
} churn_leak_column;

/* What known_at hides: shares of rows as of whose T features were denied a value because it was
 * written on or after T. Named where the area of being denied is more than 0.02 and 4 standard
 * errors from 1/2: what is hidden from all alike tells nothing. */
typedef struct churn_leak_late {
  char *name; /* SOURCE, all its rows; or SOURCE.COLUMN */
  double churned, stayed;
  bool named;
} churn_leak_late;

typedef struct churn_leaks {
  int32_t back_days;       /* 0: a flat export, which has no T to move */
  uint64_t rows, churners; /* judged */
  bool sampled;            /* only some customers, to stay within 100,000 rows */
  churn_leak_column *columns;
  size_t column_count;
  churn_leak_late *late;
  size_t late_count;
  uint64_t named; /* warnings that this audit and check's on time left in run->notes */
} churn_leaks;

/* churn_check, then the audit of all labelled rows. What is named goes to run->notes as warnings
 * (codes leak_alone, leak_left, leak_recent, leak_late; check's own undated_column,
 * rewritten_schedule, window_before_data, no_leavers count as named too). *leaks stays NULL where
 * faults, or no row, leave nothing to look at. Cost: two evaluations of the features on at most
 * 100,000 rows, and three sorts of them a feature. */
CHURN_MUST_USE churn_status churn_check_leaks(const churn_project *project, const churn_run *run,
                                              churn_check_report **report, churn_leaks **leaks,
                                              churn_error *error);
void churn_leaks_free(churn_leaks *leaks);

#ifdef __cplusplus
}
#endif

#endif
