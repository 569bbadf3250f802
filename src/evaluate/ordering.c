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
#include <string.h>

/* starts[f] becomes where fold f begins; `rows` get the row numbers fold after fold. */
static void deal(const churn_judged *judged, size_t *starts, uint32_t *rows)
{
  uint32_t folds = churn_judged_folds(judged);
  memset(starts, 0, ((size_t)folds + 1) * sizeof *starts);
  for (size_t i = 0; i < judged->rows; i++)
    starts[churn_judged_fold(judged, i) + 1]++;
  for (uint32_t f = 0; f < folds; f++)
    starts[f + 1] += starts[f];
  for (size_t i = 0; i < judged->rows; i++)
    rows[starts[churn_judged_fold(judged, i)]++] = (uint32_t)i;
  for (uint32_t f = folds; f > 0; f--)
    starts[f] = starts[f - 1];
  starts[0] = 0;
}

typedef struct sorting {
  const churn_judged *judged;
  const churn_ordering *ordering;
  const double *scores;
  size_t most;        /* rows of the largest fold */
  churn_keyed *keyed; /* [threads][2][most] */
} sorting;

static churn_status sort_fold(void *context, size_t fold, int thread, churn_error *error)
{
  (void)error;
  const sorting *s = context;
  const churn_ordering *o = s->ordering;
  size_t start = o->starts[fold], count = o->starts[fold + 1] - start;
  churn_keyed *keyed = s->keyed + (size_t)thread * 2 * s->most;
  for (size_t i = 0; i < count; i++) {
    uint32_t row = o->rows[start + i];
    keyed[i] = (churn_keyed){~churn_sort_key(s->scores[row]), row};
  }
  const churn_keyed *sorted = churn_sort(keyed, keyed + s->most, count);
  for (size_t i = 0; i < count; i++) {
    o->rows[start + i] = sorted[i].row;
    o->labels[start + i] = (uint8_t)s->judged->labels[sorted[i].row];
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

/* Keys only of the folds that are being sorted, for all of them are as much as four such orderings.
 */
static churn_status sort_folds(const churn_judged *judged, const double *scores,
                               const churn_run *run, const churn_ordering *o, churn_error *error)
{
  size_t folds = churn_judged_folds(judged), threads = (size_t)churn_parallel_threads(run);
  sorting s = {.judged = judged, .ordering = o, .scores = scores};
  deal(judged, o->starts, o->rows);
  for (size_t f = 0; f < folds; f++)
    s.most = o->starts[f + 1] - o->starts[f] > s.most ? o->starts[f + 1] - o->starts[f] : s.most;
  s.keyed =
      churn_array_new_aligned((threads < folds ? threads : folds) * 2 * s.most, sizeof *s.keyed);
  churn_status status = s.keyed == NULL
                            ? churn_error_no_memory(error)
                            : churn_parallel_run(folds, sort_fold, &s, NULL, run, error);
  free(s.keyed);
  return status;
}

static churn_status allocate(const churn_judged *judged, churn_ordering *o, churn_error *error)
{
  size_t rows = judged->rows, folds = churn_judged_folds(judged);
  *o = (churn_ordering){
      churn_array_new(rows, sizeof *o->rows), churn_array_new(rows, sizeof *o->labels),
      churn_array_new(rows, sizeof *o->opens), churn_array_new(folds + 1, sizeof *o->starts)};
  return o->rows == NULL || o->labels == NULL || o->opens == NULL || o->starts == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

churn_status churn_ordering_sort(const churn_judged *judged, const double *scores,
                                 const churn_run *run, churn_ordering *ordering, churn_error *error)
{
  churn_ordering o = *ordering;
  bool fresh = o.rows == NULL;
  churn_status status = check_scores(scores, judged->rows, error);
  if (status == CHURN_OK && fresh)
    status = allocate(judged, &o, error);
  if (status == CHURN_OK)
    status = sort_folds(judged, scores, run, &o, error);
  if (status == CHURN_OK)
    *ordering = o;
  else if (fresh)
    churn_ordering_clear(&o);
  return status;
}

churn_status churn_ordering_build(const churn_judged *judged, const double *scores,
                                  churn_ordering *ordering, churn_error *error)
{
  static const churn_run alone = {.threads = 1};
  churn_ordering fresh = {0};
  churn_status status = churn_ordering_sort(judged, scores, &alone, &fresh, error);
  if (status == CHURN_OK)
    *ordering = fresh;
  return status;
}

void churn_ordering_clear(churn_ordering *ordering)
{
  free(ordering->rows);
  free(ordering->labels);
  free(ordering->opens);
  free(ordering->starts);
  *ordering = (churn_ordering){0};
}
