/* The catalogue of aggregates and functions.
 *
 * T = as-of day, window = [T-M-N, T-M), x_i = row expression in (day, value) order, d_i = day,
 * n = rows in the window.
 *
 * All can be said in SQL, with FILTER (WHERE day >= T-M-N AND day < T-M). Of the less plain ones:
 * quantile and median are percentile_cont(p) WITHIN GROUP (ORDER BY x), share is avg(x::int),
 * distinct_days is count(DISTINCT day), longest_gap is max(gap) over a subquery that cuts the
 * window and takes day - lag(day) OVER (PARTITION BY id ORDER BY day) as gap.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/catalogue.h"

#include "base/suggest.h"

#include <string.h>

const churn_aggregate churn_aggregates[] = {
    {"count", CHURN_ARGUMENT_OPTIONAL, false, false, false, false, "rows",
     "rows in the window; with an expression, those where it is not missing", "n; 0 of nothing",
     "count(complaints over 90d)", CHURN_WORDS_ROWS, churn_aggregate_count},
    {"sum", CHURN_ARGUMENT_NUMBER, false, false, false, true, "of the expression",
     "sum of the expression", "x_1 + … + x_n; 0 of nothing", "sum(amount from payments)",
     CHURN_WORDS_SUM, churn_aggregate_sum},
    {"mean", CHURN_ARGUMENT_NUMBER, false, false, false, true, "of the expression",
     "mean of the expression", "(x_1 + … + x_n) / n; missing of nothing",
     "mean(amount from payments)", CHURN_WORDS_MEAN, churn_aggregate_mean},
    {"min", CHURN_ARGUMENT_NUMBER_OR_DAY, true, false, false, false, "of the expression",
     "smallest value", "min x_i; missing of nothing", "min(amount from payments)",
     CHURN_WORDS_LEAST, churn_aggregate_min},
    {"max", CHURN_ARGUMENT_NUMBER_OR_DAY, true, false, false, false, "of the expression",
     "largest value", "max x_i; missing of nothing", "max(amount from payments)", CHURN_WORDS_MOST,
     churn_aggregate_max},
    {"std", CHURN_ARGUMENT_NUMBER, false, false, false, true, "of the expression",
     "sample standard deviation", "sqrt(sum (x_i - mean)^2 / (n - 1)); missing for n < 2",
     "std(amount from payments)", CHURN_WORDS_NONE, churn_aggregate_std},
    {"quantile", CHURN_ARGUMENT_QUANTILE, false, false, false, false, "of the expression",
     "value below which a given share of the rows lies, by linear interpolation",
     "v_k + (h - k)(v_(k+1) - v_k), v_1 <= … <= v_n the sorted x, h = 1 + (n - 1) p, k = floor(h); "
     "missing of nothing",
     "quantile(0.9, amount from payments)", CHURN_WORDS_NONE, churn_aggregate_quantile},
    {"median", CHURN_ARGUMENT_NUMBER, false, false, false, false, "of the expression",
     "middle value; of an even number of rows the mean of the two in the middle",
     "quantile(0.5, x); missing of nothing", "median(amount from payments)", CHURN_WORDS_NONE,
     churn_aggregate_median},
    {"share", CHURN_ARGUMENT_TRUTH, false, false, false, false, "of 1",
     "share of rows for which the condition is true, of those where it is not missing",
     "|{i : x_i true}| / n; missing of nothing", "share(severity >= 3 from complaints over 365d)",
     CHURN_WORDS_SHARE, churn_aggregate_share},
    {"distinct", CHURN_ARGUMENT_ANY, false, false, false, false, "values",
     "number of different values", "|{x_1, …, x_n}|; missing of nothing",
     "distinct(channel from engagements)", CHURN_WORDS_NONE, churn_aggregate_distinct},
    {"distinct_days", CHURN_ARGUMENT_NONE, false, false, false, false, "days",
     "number of different days that have rows", "|{d_1, …, d_n}|; 0 of nothing",
     "distinct_days(engagements over 30d)", CHURN_WORDS_DAYS, churn_aggregate_distinct_days},
    {"longest_gap", CHURN_ARGUMENT_NONE, false, false, false, false, "days",
     "most days from a row in the window to the next row in it",
     "max (d_i - d_(i-1)) for i = 2 … n; missing for n < 2", "longest_gap(engagements over 365d)",
     CHURN_WORDS_GAP, churn_aggregate_longest_gap},
    {"first", CHURN_ARGUMENT_ANY, true, false, false, true, "of the expression",
     "earliest value in the window; the smallest of one day", "x_1; missing of nothing",
     "first(tier from prices)", CHURN_WORDS_AT_END, churn_aggregate_first},
    {"last", CHURN_ARGUMENT_ANY, true, false, false, true, "of the expression",
     "latest value in the window; the largest of one day", "x_n; missing of nothing",
     "last(tier from prices)", CHURN_WORDS_AT_END, churn_aggregate_last},
    {"change", CHURN_ARGUMENT_NUMBER, false, true, true, true, "of the expression",
     "value in force at the window's end minus the value in force at its start",
     "last x before T-M, minus last x before T-M-N; missing where there is none",
     "change(monthly_fee from prices over 180d)", CHURN_WORDS_CHANGE, churn_aggregate_change},
    {"changes", CHURN_ARGUMENT_ANY, false, false, true, true, "rows",
     "rows in the window whose value differs from the row before, also from one before the window",
     "|{i : x_i != x_(i-1)}|; missing where no row is known", "changes(rep_id from reps over 365d)",
     CHURN_WORDS_CHANGES, churn_aggregate_changes},
    {"slope", CHURN_ARGUMENT_NUMBER, false, false, false, true, "of the expression, a day",
     "slope of the least-squares line of the value on the day",
     "sum (d_i - d)(x_i - x) / sum (d_i - d)^2, d and x the means; missing below two days",
     "slope(amount from payments over 365d)", CHURN_WORDS_NONE, churn_aggregate_slope},
    {"days_since", CHURN_ARGUMENT_NONE, false, false, false, false, "days",
     "days from the last row in the window to T", "T - d_n; missing of nothing",
     "days_since(engagements)", CHURN_WORDS_SINCE, churn_aggregate_days_since},
    {"days_since_change", CHURN_ARGUMENT_ANY, false, false, true, true, "days",
     "days from the last row in the window whose value differs from the row before it, to T",
     "T - d_i for the largest i with x_i != x_(i-1); missing where there is none",
     "days_since_change(rep_id from reps)", CHURN_WORDS_SINCE_CHANGE,
     churn_aggregate_days_since_change},
    {"days_until", CHURN_ARGUMENT_DAY, false, false, false, false, "days",
     "days from T to the nearest day on or after T",
     "min {x_i : x_i >= T} - T; missing where there is none", "days_until(due from payments)",
     CHURN_WORDS_UNTIL, churn_aggregate_days_until},
};
const size_t churn_aggregate_total = sizeof churn_aggregates / sizeof churn_aggregates[0];

const churn_function churn_functions[] = {
    {"missing", CHURN_IS_MISSING, 1, 1, "true where there is no value"},
    {"coalesce", CHURN_COALESCE, 2, SIZE_MAX, "the first value that is not missing"},
    {"abs", CHURN_ABS, 1, 1, "without the sign"},
    {"log1p", CHURN_LOG1P, 1, 1, "log(1 + x); missing for x <= -1"},
    {"min", CHURN_LEAST, 2, SIZE_MAX, "the smallest; missing when any is"},
    {"max", CHURN_GREATEST, 2, SIZE_MAX, "the largest; missing when any is"},
    {"if", CHURN_IF, 3, 3, "if(condition, a, b): a where the condition is true, else b"},
};
const size_t churn_function_total = sizeof churn_functions / sizeof churn_functions[0];

const churn_aggregate *churn_aggregate_find(const char *name)
{
  for (size_t i = 0; i < churn_aggregate_total; i++)
    if (strcmp(churn_aggregates[i].name, name) == 0)
      return &churn_aggregates[i];
  return NULL;
}

const churn_function *churn_function_find(const char *name)
{
  for (size_t i = 0; i < churn_function_total; i++)
    if (strcmp(churn_functions[i].name, name) == 0)
      return &churn_functions[i];
  return NULL;
}

const char *churn_catalogue_suggest(const char *name)
{
  const char *names[sizeof churn_aggregates / sizeof churn_aggregates[0] +
                    sizeof churn_functions / sizeof churn_functions[0]];
  size_t count = 0;
  for (size_t i = 0; i < churn_aggregate_total; i++)
    names[count++] = churn_aggregates[i].name;
  for (size_t i = 0; i < churn_function_total; i++)
    names[count++] = churn_functions[i].name;
  return churn_suggest(name, names, count);
}
