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

/* starts[f] becomes where fold f begins; `rows` get the row numbers fold after fold. */
static void deal(const churn_judged *judged, size_t *starts, uint32_t *rows)
{
  uint32_t folds = churn_judged_folds(judged);
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
  sorting s = {.ordering = o, .scores = scores};
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
  if (o.rows == NULL || o.opens == NULL || o.starts == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = sort_folds(judged, scores, run, &o, error);
  if (status == CHURN_OK) {
    *ordering = o;
    o = (churn_ordering){0};
  }
  churn_ordering_clear(&o);
  return status;
}

churn_status churn_ordering_build(const churn_judged *judged, const double *scores,
                                  churn_ordering *ordering, churn_error *error)
{
  static const churn_run alone = {.threads = 1};
  return churn_ordering_sort(judged, scores, &alone, ordering, error);
}

/* The next row of a fold. */
typedef struct head {
  churn_keyed first;
  size_t place, end;
} head;

static bool precedes(const head *a, const head *b)
{
  return a->first.key != b->first.key ? a->first.key < b->first.key : a->first.row < b->first.row;
}

/* False where the fold has no more. */
static bool take_next(const churn_ordering *o, const double *scores, head *h)
{
  if (h->place == h->end)
    return false;
  uint32_t row = o->rows[h->place++];
  h->first = (churn_keyed){~churn_sort_key(scores[row]), row};
  return true;
}

/* Puts heads[at] where no head below it precedes it. */
static void sink(head *heads, size_t count, size_t at)
{
  for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    child += child + 1 < count && precedes(&heads[child + 1], &heads[child]);
    if (precedes(&heads[at], &heads[child]))
      return;
    head swap = heads[at];
    heads[at] = heads[child];
    heads[child] = swap;
    at = child;
  }
}

static void merge(const churn_ordering *o, const double *scores, size_t folds, size_t rows,
                  head *heads, churn_ordering *to)
{
  size_t count = 0;
  uint64_t before = 0;
  for (size_t f = 0; f < folds; f++) {
    heads[count] = (head){.place = o->starts[f], .end = o->starts[f + 1]};
    count += take_next(o, scores, &heads[count]);
  }
  for (size_t at = count / 2; at > 0; at--)
    sink(heads, count, at - 1);
  for (size_t i = 0; i < rows; i++) {
    to->rows[i] = heads[0].first.row;
    to->opens[i] = i == 0 || heads[0].first.key != before;
    before = heads[0].first.key;
    if (!take_next(o, scores, &heads[0]))
      heads[0] = heads[--count];
    sink(heads, count, 0);
  }
  to->starts[1] = rows;
}

churn_status churn_ordering_merge(const churn_judged *judged, const double *scores,
                                  const churn_ordering *by_fold, churn_ordering *merged,
                                  churn_error *error)
{
  size_t rows = judged->rows, folds = churn_judged_folds(judged);
  churn_ordering o = {churn_array_new(rows, sizeof *o.rows), churn_array_new(rows, sizeof *o.opens),
                      churn_array_new(2, sizeof *o.starts)};
  head *heads = churn_array_new(folds, sizeof *heads);
  bool good = o.rows != NULL && o.opens != NULL && o.starts != NULL && heads != NULL;
  if (good) {
    merge(by_fold, scores, folds, rows, heads, &o);
    *merged = o;
  } else {
    churn_ordering_clear(&o);
  }
  free(heads);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

void churn_ordering_clear(churn_ordering *ordering)
{
  free(ordering->rows);
  free(ordering->opens);
  free(ordering->starts);
  *ordering = (churn_ordering){0};
}
