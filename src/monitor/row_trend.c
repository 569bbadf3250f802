/* How many rows a source should have tonight.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/row_trend.h"

#include <stdlib.h>

enum { MOST_PAIRS = CHURN_MOST_ROW_COUNTS * (CHURN_MOST_ROW_COUNTS - 1) / 2 };

/* Days for which the counts are taken as they are, and then those that widen what passes by once
 * more. */
enum { USUAL_DAYS = 7, DAYS_WITH_GROWTH = 30, DAYS_WITHOUT = 7 };

static int compare(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double median_of(double *values, size_t count)
{
  qsort(values, count, sizeof *values, compare);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* False where no two counts are of different days. */
static bool find_growth(const churn_row_count *counts, size_t count, double *growth)
{
  double slopes[MOST_PAIRS];
  size_t pairs = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (counts[i].day != counts[j].day)
        slopes[pairs++] = ((double)counts[i].rows - (double)counts[j].rows) /
                          ((double)counts[i].day - (double)counts[j].day);
  *growth = pairs == 0 ? 0 : median_of(slopes, pairs);
  return pairs > 0;
}

churn_row_trend churn_row_trend_of(const churn_row_count *counts, size_t count, churn_day as_of)
{
  double rows[CHURN_MOST_ROW_COUNTS], carried[CHURN_MOST_ROW_COUNTS];
  churn_row_trend trend = {.growth = 0};
  churn_day newest = counts[0].day;
  bool known = find_growth(counts, count, &trend.growth);
  for (size_t i = 0; i < count; i++) {
    rows[i] = (double)counts[i].rows;
    carried[i] = rows[i] + trend.growth * ((double)as_of - (double)counts[i].day);
    newest = counts[i].day > newest ? counts[i].day : newest;
  }
  trend.median = median_of(rows, count);
  trend.expected = median_of(carried, count);
  if (trend.expected <= 0)
    trend.expected = trend.median;
  double late = (double)as_of - (double)newest - USUAL_DAYS;
  trend.widening = 1 + (late > 0 ? late : 0) / (known ? DAYS_WITH_GROWTH : DAYS_WITHOUT);
  return trend;
}
