/* The first known day of every id of a history, found while its rows are read: what customers who
 * come from a history join on. Memory: a day an id and thread, whatever the number of rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_FIRST_DAYS_H
#define CHURN_HISTORY_FIRST_DAYS_H

#include "source/table.h"

typedef struct churn_first_days churn_first_days;

/* For requests 0 = id, 1 = day and, when `dated`, 2 = the day from which a row is known (missing =
 * never). NULL when memory ran out. */
churn_first_days *churn_first_days_new(bool dated);
void churn_first_days_free(churn_first_days *days);

/* What the read is to give its rows to. */
churn_row_taker churn_first_days_taker(churn_first_days *days);

/* After the read that gave `table`: the first day of each of `count` customers, who are codes[id]
 * (NULL: the ids themselves); MISSING for who has none. The caller frees *first. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_first_days_finish(const churn_first_days *days,
                                                    const churn_table *table, const uint32_t *codes,
                                                    size_t count, churn_day **first,
                                                    churn_error *error);

#endif
