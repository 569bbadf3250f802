/* What a feature is worth to models that are fitted already.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/shuffle.h"

#include "base/error.h"
#include "base/lanes.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/sort.h"
#include "evaluate/auc.h"
#include "jobs/judge.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TIMES = 10, ENOUGH_ROWS = 100000 };

static const double level = 0.95;

uint32_t churn_shuffle_times(uint64_t judged_rows)
{
  uint64_t times = judged_rows == 0 ? 1 : ENOUGH_ROWS / judged_rows;
  return (uint32_t)(times < 1 ? 1 : times > MOST_TIMES ? MOST_TIMES : times);
}

struct churn_shuffle {
  churn_shuffle_input input;
  churn_judged_rows rows;
  churn_auc_rows *auc_rows;
  uint32_t *from; /* [times][rows] whose part of the logit the row gets */
  double *areas;  /* [times + 1], the first of the rows as they are; the others of the feature at
                     hand */
  double **parts; /* [times + 1][judged rows], likewise */
  double *logits; /* [rows] */
  double *covariance; /* [times + 1][times + 1] */
  churn_ordering ordering;
};

/* The judged rows by fold and as-of day; returns how many, NULL in *sorted where memory ran out.
 * The caller frees *room. */
static size_t sort_places(const churn_shuffle_input *in, churn_keyed **room,
                          const churn_keyed **sorted)
{
  size_t rows = in->rows->count, count = 0;
  churn_keyed *keyed = *room = churn_array_new(2 * rows, sizeof *keyed);
  *sorted = NULL;
  for (size_t i = 0; keyed != NULL && i < rows; i++)
    if (in->folds->fold[i] != CHURN_NOT_JUDGED) {
      uint64_t day = (uint32_t)in->rows->rows[i].as_of ^ UINT32_C(0x80000000);
      keyed[count++] = (churn_keyed){(uint64_t)in->folds->fold[i] << 32 | day, (uint32_t)i};
    }
  if (keyed != NULL)
    *sorted = churn_sort(keyed, keyed + count, count);
  return count;
}

/* Rows of one fold and day swap the feature's part of their logits; others keep theirs. */
static void deal_time(const churn_shuffle_input *in, const churn_keyed *places, size_t count,
                      uint64_t time, uint32_t *order, uint32_t *from)
{
  churn_random random = churn_random_stream(in->seed, time);
  for (size_t i = 0; i < in->rows->count; i++)
    from[i] = (uint32_t)i;
  for (size_t first = 0, end; first < count; first = end) {
    for (end = first + 1; end < count && places[end].key == places[first].key;)
      end++;
    churn_random_shuffle(&random, order, (uint32_t)(end - first));
    for (size_t i = first; i < end; i++)
      from[places[i].row] = places[first + order[i - first]].row;
  }
}

static churn_status deal(churn_shuffle *s, churn_error *error)
{
  const churn_shuffle_input *in = &s->input;
  size_t rows = in->rows->count;
  churn_keyed *room = NULL;
  const churn_keyed *places = NULL;
  uint32_t *order = churn_array_new(rows, sizeof *order);
  s->from = churn_array_new(in->times * rows, sizeof *s->from);
  size_t count = sort_places(in, &room, &places);
  bool good = order != NULL && s->from != NULL && places != NULL;
  for (size_t t = 0; good && t < in->times; t++)
    deal_time(in, places, count, t + 1, order, s->from + t * rows);
  free(room);
  free(order);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

/* The first area minus the mean of the others, as a difference of two. */
static churn_estimate contrast(const double *areas, const double *covariance, size_t count)
{
  double share = 1 / (double)(count - 1), pair[2] = {0, areas[0]};
  double of_pair[4] = {0, 0, 0, covariance[0]};
  for (size_t i = 1; i < count; i++) {
    pair[0] += share * areas[i];
    of_pair[1] += share * covariance[i];
    for (size_t k = 1; k < count; k++)
      of_pair[0] += share * share * covariance[i * count + k];
  }
  of_pair[2] = of_pair[1];
  churn_difference d = churn_auc_difference(pair, of_pair, 2, 0, 1, level);
  return (churn_estimate){d.difference, d.interval.low, d.interval.high};
}

void churn_shuffle_free(churn_shuffle *shuffle)
{
  if (shuffle == NULL)
    return;
  churn_judged_rows_clear(&shuffle->rows);
  churn_auc_rows_free(shuffle->auc_rows);
  churn_ordering_clear(&shuffle->ordering);
  for (size_t t = 0; shuffle->parts != NULL && t <= shuffle->input.times; t++)
    free(shuffle->parts[t]);
  free(shuffle->from);
  free(shuffle->areas);
  free(shuffle->parts);
  free(shuffle->logits);
  free(shuffle->covariance);
  free(shuffle);
}

static churn_status allocate(churn_shuffle *s, churn_error *error)
{
  size_t rows = s->input.rows->count, sets = (size_t)s->input.times + 1;
  s->areas = churn_array_new(sets, sizeof *s->areas);
  s->parts = churn_array_new(sets, sizeof *s->parts);
  s->logits = churn_array_new(rows, sizeof *s->logits);
  s->covariance = churn_array_new(sets * sets, sizeof *s->covariance);
  bool good = s->areas != NULL && s->parts != NULL && s->logits != NULL && s->covariance != NULL;
  for (size_t t = 0; good && t < sets; t++)
    good = (s->parts[t] = churn_array_new(rows, sizeof **s->parts)) != NULL;
  return good ? CHURN_OK : churn_error_no_memory(error);
}

/* The area of the logits at hand, which are those of a time. */
static churn_status find_area(churn_shuffle *s, size_t time, const churn_run *run,
                              churn_error *error)
{
  return churn_judge_area(&s->rows, s->auc_rows, s->logits, run, &s->ordering, &s->areas[time],
                          s->parts[time], error);
}

static churn_status prepare(churn_shuffle *s, const churn_run *run, churn_error *error)
{
  const churn_shuffle_input *in = &s->input;
  churn_status status = deal(s, error);
  if (status == CHURN_OK)
    status = allocate(s, error);
  if (status == CHURN_OK)
    status = churn_judged_rows_take(in->rows, in->values, in->folds, in->weighted, &s->rows, error);
  if (status == CHURN_OK)
    status = churn_auc_rows_new(&s->rows.judged, &s->auc_rows, error);
  if (status == CHURN_OK) {
    memcpy(s->logits, in->logits, in->rows->count * sizeof *s->logits);
    status = find_area(s, 0, run, error);
  }
  return status;
}

churn_status churn_shuffle_new(const churn_shuffle_input *input, const churn_run *run,
                               churn_shuffle **shuffle, churn_error *error)
{
  churn_shuffle *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  made->input = *input;
  churn_status status = prepare(made, run, error);
  if (status == CHURN_OK)
    *shuffle = made;
  else
    churn_shuffle_free(made);
  return status;
}

/* The feature's part of the logits changes hands. */
typedef struct swapping {
  const churn_shuffle *shuffle;
  const double *contributions; /* [rows] */
  const uint32_t *from;        /* [rows] */
} swapping;

static churn_status swap_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const swapping *w = context;
  const churn_shuffle_input *in = &w->shuffle->input;
  size_t first = tile * CHURN_TILE_ROWS, end = first + churn_tile_rows(in->rows->count, tile);
  for (size_t i = first; i < end; i++)
    w->shuffle->logits[i] = in->logits[i] - w->contributions[i] + w->contributions[w->from[i]];
  return CHURN_OK;
}

churn_status churn_shuffle_drop(churn_shuffle *shuffle, const double *contributions,
                                const churn_run *run, churn_estimate *drop, churn_error *error)
{
  churn_shuffle *s = shuffle;
  size_t rows = s->input.rows->count, sets = (size_t)s->input.times + 1;
  churn_status status = CHURN_OK;
  for (size_t t = 1; status == CHURN_OK && t < sets; t++) {
    swapping w = {s, contributions, s->from + (t - 1) * rows};
    status = churn_parallel_run(churn_tile_count(rows), swap_tile, &w, NULL, run, error);
    if (status == CHURN_OK)
      status = find_area(s, t, run, error);
  }
  if (status == CHURN_OK)
    status = churn_auc_covary(s->auc_rows, (const double *const *)s->parts, sets, run,
                              s->covariance, error);
  if (status == CHURN_OK)
    *drop = contrast(s->areas, s->covariance, sets);
  return status;
}
