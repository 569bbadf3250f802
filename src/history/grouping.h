/* A history's rows, taken in while they are read and grouped by customer afterwards. Place in the
 * flow: table (taker) -> grouping -> churn_history.
 *
 * Customers are dealt to some hundreds of parts, each a run of numbers. What is kept of a piece is
 * in order of parts and narrow (days as distances, codes by the number of levels, whole numbers as
 * bytes). Then each part is grouped by one task: a counting sort by customer within the cache, and
 * each customer's rows by day. Rows come in file order into every step, so the result depends
 * neither on threads nor on the cut.
 *
 * Cost: three passes over rows of some bytes; memory: the narrow rows beside the history itself.
 *
 * Under a memory bound (spill.h) pieces that find no room go to a temporary file, from which a part
 * is read at a time; the grouped columns go to another one, part by part, and are read in place
 * from there. The values are the same. Memory then: the largest part, a 256th of the history where
 * customers have about as many rows each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_GROUPING_H
#define CHURN_HISTORY_GROUPING_H

#include "history/data.h"
#include "history/spill.h"

typedef struct churn_grouping churn_grouping;

/* For requests 0 = id, 1 = day, the rest any. `map` gives the customer of each code of the id
 * (CHURN_CODE_MISSING = none); NULL = the codes are customers. Unmatched rows dated before `before`
 * are counted apart. `spill` (NULL = no bound) says how much memory there is. All are borrowed.
 * NULL when memory ran out. */
churn_grouping *churn_grouping_new(const churn_column_request *requests, size_t request_count,
                                   size_t customers, const uint32_t *map, churn_day before,
                                   churn_spill *spill);
void churn_grouping_free(churn_grouping *grouping);

/* What the read is to give its rows to. */
churn_row_taker churn_grouping_taker(churn_grouping *grouping);

/* After the read that gave `table`: fills history->rows, first_row, days, the counts and the span
 * of days; columns[request] gets the arrays of each request from 2 on, their `missing` counted over
 * all rows read. Where the bound has no room for them the arrays lie in a file that the spill keeps
 * open, and history->mapped is set: they must be neither written nor freed. NO_MEMORY, IO,
 * CANNOT_CREATE. */
CHURN_MUST_USE churn_status churn_grouping_finish(churn_grouping *grouping,
                                                  const churn_table *table, churn_column *columns,
                                                  churn_history *history, const churn_run *run,
                                                  churn_error *error);

#endif
