/* Lists of earlier nights, read again. Place in the flow: RUNS/DAY/ranked.csv and calls.csv -> who
 * was on them, of what value, and who was not to be contacted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_PAST_LISTS_H
#define CHURN_JOBS_PAST_LISTS_H

#include "history/data.h"
#include "source/table.h"

#include <churn/run.h>

extern const char churn_past_ranked[], churn_past_calls[]; /* names of the files */

/* Columns of a list. */
typedef enum churn_past_column {
  CHURN_PAST_RANK,
  CHURN_PAST_ID,
  CHURN_PAST_VALUE,
  CHURN_PAST_CONTROL, /* not present on lists from before there was a control group */
  CHURN_PAST_COLUMNS
} churn_past_column;

/* Whether the run of the day has such a list. *there false for NO_MEMORY alone. */
CHURN_MUST_USE churn_status churn_past_list_there(const char *root, churn_day day, const char *name,
                                                  bool *there, churn_error *error);

/* Errors of reading a table. The caller frees. */
CHURN_MUST_USE churn_status churn_past_list_read(const char *root, churn_day day, const char *name,
                                                 const churn_run *run, churn_table **list,
                                                 churn_error *error);

/* (*listed)[customers]: the newest day of [first, end) on whose list of whom to contact the
 * customer stood as one of the control group; MISSING = none. A list that cannot be read gets a
 * warning. NO_MEMORY, and errors of looking into `root`. The caller frees. */
CHURN_MUST_USE churn_status churn_past_control(const char *root, const churn_data *data,
                                               churn_day first, churn_day end, const churn_run *run,
                                               churn_day **listed, churn_error *error);

#endif
