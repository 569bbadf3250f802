/* Holm's correction.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/holm.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct ranked {
  double p;
  size_t at;
} ranked;

static int compare(const void *left, const void *right)
{
  const ranked *a = left, *b = right;
  if (a->p != b->p)
    return a->p < b->p ? -1 : 1;
  return (a->at > b->at) - (a->at < b->at);
}

churn_status churn_holm_adjust(const double *p, size_t count, double *adjusted, churn_error *error)
{
  ranked *tests = churn_array_new(count, sizeof *tests);
  size_t known = 0;
  double largest = 0;
  if (tests == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++) {
    if (!isnan(p[i]))
      tests[known++] = (ranked){p[i], i};
    adjusted[i] = p[i];
  }
  qsort(tests, known, sizeof *tests, compare);
  for (size_t i = 0; i < known; i++) {
    largest = fmax(largest, fmin(1, (double)(known - i) * tests[i].p));
    adjusted[tests[i].at] = largest;
  }
  free(tests);
  return CHURN_OK;
}
