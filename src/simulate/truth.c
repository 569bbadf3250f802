/* The rows of truth.csv in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/truth.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

bool churn_truths_add(churn_truths *truths, churn_truth row)
{
  if (!churn_array_reserve(&truths->rows, &truths->capacity, truths->count + 1,
                           sizeof *truths->rows))
    return false;
  truths->rows[truths->count++] = row;
  return true;
}

static int by_probability(const void *left, const void *right)
{
  const churn_truth *a = left, *b = right;
  return a->probability < b->probability ? -1 : a->probability > b->probability;
}

double churn_truths_auc(churn_truths *truths)
{
  if (truths->count == 0)
    return NAN;
  qsort(truths->rows, truths->count, sizeof *truths->rows, by_probability);
  double left = 0, stayed = 0, pairs = 0;
  for (size_t i = 0, next; i < truths->count; i = next) {
    double left_here = 0;
    for (next = i;
         next < truths->count && truths->rows[next].probability == truths->rows[i].probability;
         next++)
      left_here += truths->rows[next].left;
    double stayed_here = (double)(next - i) - left_here;
    pairs += left_here * (stayed + stayed_here / 2);
    left += left_here;
    stayed += stayed_here;
  }
  return left > 0 && stayed > 0 ? pairs / (left * stayed) : NAN;
}
