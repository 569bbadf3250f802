/* How far one distribution has moved from another.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/stability.h"

#include "base/error.h"
#include "base/memory.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

enum { NUMBER_BINS = 10 };

/* Bins: below bounds[0], …, from bounds[count - 1] on, missing. */
typedef struct bins {
  double *bounds; /* [count], ascending, each once */
  size_t count;
} bins;

static int compare_numbers(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static size_t add_present(const churn_sample *sample, double *to, size_t used)
{
  for (size_t i = 0; i < sample->count; i++)
    if (!isnan(sample->values[i]))
      to[used++] = sample->values[i];
  return used;
}

/* Every code that occurs on either day opens a bin. */
static size_t bound_codes(double *sorted, size_t count)
{
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (kept == 0 || sorted[i] > sorted[kept - 1])
      sorted[kept++] = sorted[i];
  return kept;
}

/* The tenths of what is sorted, those above its least value. */
static size_t bound_numbers(double *sorted, size_t count)
{
  size_t kept = 0;
  double least = count > 0 ? sorted[0] : 0, bounds[NUMBER_BINS];
  for (size_t i = 1; count > 0 && i < NUMBER_BINS; i++) {
    double bound = sorted[i * count / NUMBER_BINS];
    if (bound > (kept == 0 ? least : bounds[kept - 1]))
      bounds[kept++] = bound;
  }
  /* More than nine tenths have the least value: the others are a bin. */
  for (size_t i = 1; kept == 0 && i < count; i++)
    if (sorted[i] > least)
      bounds[kept++] = sorted[i];
  for (size_t i = 0; i < kept; i++)
    sorted[i] = bounds[i];
  return kept;
}

static size_t bin_of(const bins *b, double value)
{
  size_t low = 0, high = b->count;
  if (isnan(value))
    return b->count + 1;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (value < b->bounds[middle])
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void count_rows(const bins *b, const churn_sample *sample, double *counts)
{
  for (size_t i = 0; i < sample->count; i++)
    counts[bin_of(b, sample->values[i])]++;
}

/* Rows in a bin, half a row in an empty one. */
static double at_least_half(double rows)
{
  return rows > 0 ? rows : 0.5;
}

churn_stability churn_stability_of(const double *before, const double *after, size_t count)
{
  churn_stability found = {0, 0};
  double rows_before = 0, rows_after = 0, all_before = 0, all_after = 0;
  for (size_t i = 0; i < count; i++)
    if (before[i] + after[i] > 0) {
      rows_before += before[i];
      rows_after += after[i];
      all_before += at_least_half(before[i]);
      all_after += at_least_half(after[i]);
      found.bins++;
    }
  for (size_t i = 0; i < count; i++)
    if (before[i] + after[i] > 0) {
      double p = at_least_half(before[i]) / all_before, q = at_least_half(after[i]) / all_after;
      found.index += (q - p) * log(q / p);
    }
  if (!(rows_before > 0 && rows_after > 0))
    found.index = NAN;
  return found;
}

double churn_stability_p(const churn_stability *stability, double n, double m)
{
  if (isnan(stability->index) || !(n > 0 && m > 0))
    return NAN;
  if (stability->bins < 2)
    return 1;
  return gsl_cdf_chisq_Q(stability->index / (1 / n + 1 / m), (double)(stability->bins - 1));
}

churn_status churn_stability_index(const churn_sample *before, const churn_sample *after,
                                   bool codes, churn_stability *stability, churn_error *error)
{
  size_t room = before->count + after->count;
  bins b = {churn_array_new(room, sizeof *b.bounds), 0};
  double *counts = churn_array_new(2 * (room + 2), sizeof *counts);
  churn_status status =
      b.bounds == NULL || counts == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    size_t used = add_present(before, b.bounds, 0);
    if (codes)
      used = add_present(after, b.bounds, used);
    qsort(b.bounds, used, sizeof *b.bounds, compare_numbers);
    b.count = codes ? bound_codes(b.bounds, used) : bound_numbers(b.bounds, used);
    count_rows(&b, before, counts);
    count_rows(&b, after, counts + b.count + 2);
    *stability = churn_stability_of(counts, counts + b.count + 2, b.count + 2);
  }
  free(b.bounds);
  free(counts);
  return status;
}
