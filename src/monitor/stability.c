/* How far one distribution has moved from another.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/stability.h"

#include "base/error.h"
#include "base/memory.h"

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

/* A bin that is empty on both days says nothing. */
static double index_of(const double *before, const double *after, size_t count)
{
  double all_before = 0, all_after = 0, sum = 0;
  for (size_t i = 0; i < count; i++)
    if (before[i] + after[i] > 0) {
      all_before += before[i] + 0.5;
      all_after += after[i] + 0.5;
    }
  for (size_t i = 0; i < count; i++)
    if (before[i] + after[i] > 0) {
      double p = (before[i] + 0.5) / all_before, q = (after[i] + 0.5) / all_after;
      sum += (q - p) * log(q / p);
    }
  return sum;
}

churn_status churn_stability_index(const churn_sample *before, const churn_sample *after,
                                   bool codes, double *index, churn_error *error)
{
  size_t room = before->count + after->count;
  bins b = {churn_array_new(room, sizeof *b.bounds), 0};
  double *counts = churn_array_new(2 * (room + 2), sizeof *counts);
  churn_status status =
      b.bounds == NULL || counts == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK && (before->count == 0 || after->count == 0))
    *index = NAN;
  else if (status == CHURN_OK) {
    size_t used = add_present(before, b.bounds, 0);
    if (codes)
      used = add_present(after, b.bounds, used);
    qsort(b.bounds, used, sizeof *b.bounds, compare_numbers);
    b.count = codes ? bound_codes(b.bounds, used) : bound_numbers(b.bounds, used);
    count_rows(&b, before, counts);
    count_rows(&b, after, counts + b.count + 2);
    *index = index_of(counts, counts + b.count + 2, b.count + 2);
  }
  free(b.bounds);
  free(counts);
  return status;
}
