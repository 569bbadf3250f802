/* How many rows a source should have tonight, by what earlier runs counted, however long ago they
 * were. Place in the flow: (day, rows) of earlier runs -> gates. Plain functions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_ROW_TREND_H
#define CHURN_MONITOR_ROW_TREND_H

#include <churn/day.h>

enum { CHURN_MOST_ROW_COUNTS = 7 };

/* What a run counted. */
typedef struct churn_row_count {
  churn_day day; /* its as-of day */
  uint64_t rows;
} churn_row_count;

typedef struct churn_row_trend {
  double median;   /* of the counts */
  double growth;   /* rows a day: the median of the slopes between any two counts (Theil 1950; Sen
                      1968, Journal of the American Statistical Association 63:1379), so that one
                      broken run moves nothing; 0 where all are of one day */
  double expected; /* tonight: the median of the counts, each carried on by the growth; the median
                      of the counts where that is no more than 0 */
  double widening; /* exponent of what share passes: 1 up to a week after the newest run, then one
                      more every 30 days; where a single day tells no growth, every 7 */
} churn_row_trend;

/* Of `count` counts, 1 to CHURN_MOST_ROW_COUNTS, of days before `as_of`, in any order. */
churn_row_trend churn_row_trend_of(const churn_row_count *counts, size_t count, churn_day as_of);

#endif
