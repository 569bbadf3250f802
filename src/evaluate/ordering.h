/* Rows from the riskiest down inside each fold, ties kept together. Made once a set of scores; the
 * area under the curve, gains and intervals are walks along it. Cost: O(rows), a radix sort.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_ORDERING_H
#define CHURN_EVALUATE_ORDERING_H

#include "evaluate/judged.h"

#include <churn/run.h>

typedef struct churn_ordering {
  uint32_t *rows; /* [judged->rows] fold after fold; in a fold by falling score, rows of equal score
                     in the order of their numbers */
  uint8_t *labels; /* [judged->rows] of the row at each place */
  uint8_t *opens; /* [judged->rows] 1 where a score begins that the place before does not have, or a
                     fold */
  size_t *starts; /* [folds + 1] where each fold begins in `rows` */
} churn_ordering;

/* scores [judged->rows]: any numbers, higher = riskier, -0 equals 0. USAGE: a NaN; NO_MEMORY. The
 * caller clears. */
CHURN_MUST_USE churn_status churn_ordering_build(const churn_judged *judged, const double *scores,
                                                 churn_ordering *ordering, churn_error *error);

/* The same on the run's threads, a fold each. An ordering of as many rows and folds that is there
 * already (else all NULL) is filled anew, and of no use after an error. */
CHURN_MUST_USE churn_status churn_ordering_sort(const churn_judged *judged, const double *scores,
                                                const churn_run *run, churn_ordering *ordering,
                                                churn_error *error);
void churn_ordering_clear(churn_ordering *ordering);

/* One past the last place that ties with the one at `place`, which opens; `end` = the fold's. */
static inline size_t churn_ordering_tie_end(const churn_ordering *ordering, size_t place,
                                            size_t end)
{
  do
    place++;
  while (place < end && !ordering->opens[place]);
  return place;
}

#endif
