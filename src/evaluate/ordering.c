/* Rows from the riskiest down inside each fold.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/ordering.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/sort.h"

#include <math.h>
#include <stdlib.h>

/* starts[f] becomes where fold f begins; the rows stand fold after fold in `all`. */
static void deal(const churn_judged *judged, const double *scores, size_t *starts, churn_keyed *all)
{
  uint32_t folds = churn_judged_folds(judged);
  for (size_t i = 0; i < judged->rows; i++)
    starts[churn_judged_fold(judged, i) + 1]++;
  for (uint32_t f = 0; f < folds; f++)
    starts[f + 1] += starts[f];
  for (size_t i = 0; i < judged->rows; i++)
    all[starts[churn_judged_fold(judged, i)]++] =
        (churn_keyed){~churn_sort_key(scores[i]), (uint32_t)i};
  for (uint32_t f = folds; f > 0; f--)
    starts[f] = starts[f - 1];
  starts[0] = 0;
}

typedef struct sorting {
  const churn_ordering *ordering;
  churn_keyed *all, *spare;
} sorting;

static churn_status sort_fold(void *context, size_t fold, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const sorting *s = context;
  const churn_ordering *o = s->ordering;
  size_t start = o->starts[fold], count = o->starts[fold + 1] - start;
  const churn_keyed *sorted = churn_sort(s->all + start, s->spare + start, count);
  for (size_t i = 0; i < count; i++) {
    o->rows[start + i] = sorted[i].row;
    o->opens[start + i] = i == 0 || sorted[i].key != sorted[i - 1].key;
  }
  return CHURN_OK;
}

static churn_status check_scores(const double *scores, size_t rows, churn_error *error)
{
  for (size_t i = 0; i < rows; i++)
    if (isnan(scores[i]))
      return churn_error_set(error, CHURN_USAGE, "row %zu has no score; expected a number", i);
  return CHURN_OK;
}

churn_status churn_ordering_sort(const churn_judged *judged, const double *scores,
                                 const churn_run *run, churn_ordering *ordering, churn_error *error)
{
  size_t rows = judged->rows;
  uint32_t folds = churn_judged_folds(judged);
  churn_status status = check_scores(scores, rows, error);
  if (status != CHURN_OK)
    return status;
  churn_ordering o = {churn_array_new(rows, sizeof *o.rows), churn_array_new(rows, sizeof *o.opens),
                      churn_array_new((size_t)folds + 1, sizeof *o.starts)};
  sorting s = {&o, churn_array_new(rows, sizeof *s.all), churn_array_new(rows, sizeof *s.spare)};
  if (o.rows == NULL || o.opens == NULL || o.starts == NULL || s.all == NULL || s.spare == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK) {
    deal(judged, scores, o.starts, s.all);
    status = churn_parallel_run(folds, sort_fold, &s, NULL, run, error);
  }
  if (status == CHURN_OK) {
    *ordering = o;
    o = (churn_ordering){0};
  }
  churn_ordering_clear(&o);
  free(s.all);
  free(s.spare);
  return status;
}

churn_status churn_ordering_build(const churn_judged *judged, const double *scores,
                                  churn_ordering *ordering, churn_error *error)
{
  static const churn_run alone = {.threads = 1};
  return churn_ordering_sort(judged, scores, &alone, ordering, error);
}

void churn_ordering_clear(churn_ordering *ordering)
{
  free(ordering->rows);
  free(ordering->opens);
  free(ordering->starts);
  *ordering = (churn_ordering){0};
}
