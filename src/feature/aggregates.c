/* The aggregates. Formulas stand in the catalogue; n = rows in the window.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/aggregates.h"

#include <math.h>

/* Up to here insertion sort beats heapsort. */
enum { SHORT_SORT = 24 };

static double finite_or_missing(double value)
{
  return isfinite(value) ? value : NAN;
}

double churn_aggregate_count(const churn_rows *rows)
{
  return (double)(rows->end - rows->first);
}

static double plain_sum(const churn_rows *rows)
{
  double sum = 0;
  for (size_t i = rows->first; i < rows->end; i++)
    sum += rows->values[i];
  return sum;
}

double churn_aggregate_sum(const churn_rows *rows)
{
  return finite_or_missing(plain_sum(rows));
}

double churn_aggregate_mean(const churn_rows *rows)
{
  return finite_or_missing(plain_sum(rows) / churn_aggregate_count(rows));
}

double churn_aggregate_min(const churn_rows *rows)
{
  double least = rows->end > rows->first ? rows->values[rows->first] : NAN;
  for (size_t i = rows->first; i < rows->end; i++)
    least = rows->values[i] < least ? rows->values[i] : least;
  return least;
}

double churn_aggregate_max(const churn_rows *rows)
{
  double most = rows->end > rows->first ? rows->values[rows->first] : NAN;
  for (size_t i = rows->first; i < rows->end; i++)
    most = rows->values[i] > most ? rows->values[i] : most;
  return most;
}

/* Two passes: the one-pass formula loses all digits where the mean is large. */
double churn_aggregate_std(const churn_rows *rows)
{
  double n = churn_aggregate_count(rows), mean = plain_sum(rows) / n, squares = 0;
  if (n < 2)
    return NAN;
  for (size_t i = rows->first; i < rows->end; i++)
    squares += (rows->values[i] - mean) * (rows->values[i] - mean);
  return finite_or_missing(sqrt(squares / (n - 1)));
}

/* The window's values, sorted, in the scratch; how many there are. */
static size_t sort_window(const churn_rows *rows)
{
  size_t n = rows->end - rows->first;
  for (size_t i = 0; i < n; i++)
    rows->scratch[i] = rows->values[rows->first + i];
  churn_values_sort(rows->scratch, n);
  return n;
}

/* Definition 7 of Hyndman and Fan (1996), Sample Quantiles in Statistical Packages, The American
 * Statistician 50(4), 361-365: what R, numpy and SQL's percentile_cont give unasked. */
static double quantile_of(const churn_rows *rows, double fraction)
{
  size_t n = sort_window(rows);
  if (n == 0)
    return NAN;
  double place = fraction * (double)(n - 1), whole = floor(place), rest = place - whole;
  const double *at = rows->scratch + (size_t)whole;
  return rest == 0 ? at[0] : finite_or_missing(at[0] + rest * (at[1] - at[0]));
}

double churn_aggregate_quantile(const churn_rows *rows)
{
  return quantile_of(rows, rows->fraction);
}

double churn_aggregate_median(const churn_rows *rows)
{
  return quantile_of(rows, 0.5);
}

/* Truth values are 1 and 0, so that their sum counts the true ones, exactly. */
double churn_aggregate_share(const churn_rows *rows)
{
  return rows->end > rows->first ? plain_sum(rows) / churn_aggregate_count(rows) : NAN;
}

double churn_aggregate_distinct(const churn_rows *rows)
{
  size_t n = sort_window(rows), distinct = 1;
  if (n == 0)
    return NAN;
  for (size_t i = 1; i < n; i++)
    distinct += rows->scratch[i] != rows->scratch[i - 1];
  return (double)distinct;
}

double churn_aggregate_distinct_days(const churn_rows *rows)
{
  size_t days = rows->end > rows->first;
  for (size_t i = rows->first + 1; i < rows->end; i++)
    days += rows->days[i] != rows->days[i - 1];
  return (double)days;
}

/* Neither end of the window counts: the first is where somebody cut, and the silence at the last
 * one is what days_since gives, to be held against this. */
double churn_aggregate_longest_gap(const churn_rows *rows)
{
  double longest = NAN;
  for (size_t i = rows->first + 1; i < rows->end; i++) {
    double gap = (double)rows->days[i] - (double)rows->days[i - 1];
    longest = gap <= longest ? longest : gap;
  }
  return longest;
}

double churn_aggregate_first(const churn_rows *rows)
{
  return rows->end > rows->first ? rows->values[rows->first] : NAN;
}

double churn_aggregate_last(const churn_rows *rows)
{
  return rows->end > rows->first ? rows->values[rows->end - 1] : NAN;
}

double churn_aggregate_change(const churn_rows *rows)
{
  if (rows->first == 0)
    return NAN;
  return finite_or_missing(rows->values[rows->end - 1] - rows->values[rows->first - 1]);
}

double churn_aggregate_changes(const churn_rows *rows)
{
  size_t changes = 0;
  if (rows->end == 0)
    return NAN;
  for (size_t i = rows->first > 0 ? rows->first : 1; i < rows->end; i++)
    changes += rows->values[i] != rows->values[i - 1];
  return (double)changes;
}

/* Days are taken from the first row's, so that they are small and exact. */
double churn_aggregate_slope(const churn_rows *rows)
{
  size_t first = rows->first, end = rows->end;
  if (end == first || rows->days[first] == rows->days[end - 1])
    return NAN;
  double n = (double)(end - first), mean_value = plain_sum(rows) / n, mean_day = 0;
  for (size_t i = first; i < end; i++)
    mean_day += (double)rows->days[i] - (double)rows->days[first];
  mean_day /= n;
  double squares = 0, products = 0;
  for (size_t i = first; i < end; i++) {
    double day = (double)rows->days[i] - (double)rows->days[first] - mean_day;
    squares += day * day;
    products += day * (rows->values[i] - mean_value);
  }
  return finite_or_missing(products / squares);
}

double churn_aggregate_days_since(const churn_rows *rows)
{
  return rows->end > rows->first ? (double)rows->as_of - (double)rows->days[rows->end - 1] : NAN;
}

double churn_aggregate_days_since_change(const churn_rows *rows)
{
  for (size_t i = rows->end; i > rows->first && i > 1; i--)
    if (rows->values[i - 1] != rows->values[i - 2])
      return (double)rows->as_of - (double)rows->days[i - 1];
  return NAN;
}

double churn_aggregate_days_until(const churn_rows *rows)
{
  double nearest = NAN, as_of = (double)rows->as_of;
  for (size_t i = rows->first; i < rows->end; i++)
    if (rows->values[i] >= as_of && !(rows->values[i] >= nearest))
      nearest = rows->values[i];
  return nearest - as_of;
}

static void insertion_sort(double *values, size_t count)
{
  for (size_t i = 1; i < count; i++) {
    double value = values[i];
    size_t place = i;
    for (; place > 0 && values[place - 1] > value; place--)
      values[place] = values[place - 1];
    values[place] = value;
  }
}

static void sift_down(double *values, size_t root, size_t count)
{
  double value = values[root];
  for (;;) {
    size_t child = 2 * root + 1;
    if (child >= count)
      break;
    if (child + 1 < count && values[child + 1] > values[child])
      child++;
    if (values[child] <= value)
      break;
    values[root] = values[child];
    root = child;
  }
  values[root] = value;
}

void churn_values_sort(double *values, size_t count)
{
  if (count <= SHORT_SORT) {
    insertion_sort(values, count);
    return;
  }
  for (size_t root = count / 2; root > 0; root--)
    sift_down(values, root - 1, count);
  for (size_t end = count - 1; end > 0; end--) {
    double largest = values[0];
    values[0] = values[end];
    values[end] = largest;
    sift_down(values, 0, end);
  }
}

size_t churn_days_search(const churn_day *days, size_t count, int64_t day)
{
  const churn_day *low = days;
  while (count > 1) {
    size_t half = count / 2;
    low += low[half - 1] < day ? half : 0;
    count -= half;
  }
  return (size_t)(low - days) + (*low < day);
}
