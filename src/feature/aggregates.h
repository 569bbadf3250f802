/* The aggregates as pure functions over selected rows, and the order of values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_AGGREGATES_H
#define CHURN_FEATURE_AGGREGATES_H

#include <churn/day.h>
#include <stddef.h>
#include <stdint.h>

/* Selected rows of one customer: known at the as-of day, true under the condition, without those
 * whose row expression is missing; ordered by day, and within a day by value where the catalogue
 * says so. Rows [first, end) lie in the window; rows [0, first) are earlier ones, there only where
 * the catalogue says that the aggregate reads them. */
typedef struct churn_rows {
  const churn_day *days;
  const double *values; /* NULL where there is no row expression */
  size_t first;
  size_t end;
  churn_day as_of;
  double fraction; /* of a quantile, in [0, 1] */
  double *scratch; /* room for `end` values */
} churn_rows;

/* A number, a code or a day; NaN = missing. Sums that overflow are missing. */
typedef double churn_aggregate_function(const churn_rows *rows);

churn_aggregate_function churn_aggregate_count;
churn_aggregate_function churn_aggregate_sum;
churn_aggregate_function churn_aggregate_mean;
churn_aggregate_function churn_aggregate_min;
churn_aggregate_function churn_aggregate_max;
churn_aggregate_function churn_aggregate_std;
churn_aggregate_function churn_aggregate_quantile;
churn_aggregate_function churn_aggregate_median;
churn_aggregate_function churn_aggregate_share;
churn_aggregate_function churn_aggregate_distinct;
churn_aggregate_function churn_aggregate_distinct_days;
churn_aggregate_function churn_aggregate_longest_gap;
churn_aggregate_function churn_aggregate_first;
churn_aggregate_function churn_aggregate_last;
churn_aggregate_function churn_aggregate_change;
churn_aggregate_function churn_aggregate_changes;
churn_aggregate_function churn_aggregate_slope;
churn_aggregate_function churn_aggregate_days_since;
churn_aggregate_function churn_aggregate_days_since_change;
churn_aggregate_function churn_aggregate_days_until;

/* Sorts values[0..count) upwards, in place, without allocating. No value may be NaN. */
void churn_values_sort(double *values, size_t count);

/* The search of churn_days_find where count > 0; no branch to mispredict. */
size_t churn_days_search(const churn_day *days, size_t count, int64_t day);

/* Index of the first of days[0..count), non-decreasing, that is >= `day`; `count` when none is.
 * Windows mostly end with the rows or begin before them, so both ends are asked first. */
static inline size_t churn_days_find(const churn_day *days, size_t count, int64_t day)
{
  if (count == 0 || days[count - 1] < day)
    return count;
  return days[0] >= day ? 0 : churn_days_search(days, count, day);
}

#endif
