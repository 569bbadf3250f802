/* A customer's rows in order of their days.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_HISTORY_DAY_ORDER_H
#define CHURN_HISTORY_DAY_ORDER_H

#include "source/table.h"

/* Orders rows first..first + count of the columns by `days` (one of the columns' arrays), those of
 * a day as they were. Scratch: `order` a value and `spare` 8 bytes a row. */
void churn_rows_order(const churn_day *days, const churn_column *columns, size_t column_count,
                      size_t first, size_t count, uint32_t *order, void *spare);

#endif
