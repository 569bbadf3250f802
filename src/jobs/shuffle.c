/* What a feature is worth to models that are fitted already.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/shuffle.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
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

/* A row, and where it stands among those that it may swap with. */
typedef struct place {
  uint32_t fold;
  churn_day as_of;
  uint32_t row;
} place;

struct churn_shuffle {
  churn_shuffle_input input;
  churn_judged_rows rows;
  churn_auc_rows *auc_rows;
  place *places; /* [count] */
  size_t count;
  double area;
  double *parts; /* [judged rows] of the rows as they are */
};

static int compare_places(const void *left, const void *right)
{
  const place *a = left, *b = right;
  if (a->fold != b->fold)
    return a->fold < b->fold ? -1 : 1;
  if (a->as_of != b->as_of)
    return a->as_of < b->as_of ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static size_t list_places(const churn_shuffle_input *in, place *places)
{
  size_t count = 0;
  for (size_t i = 0; i < in->rows->count; i++)
    if (in->folds->fold[i] != CHURN_NOT_JUDGED)
      places[count++] = (place){in->folds->fold[i], in->rows->rows[i].as_of, (uint32_t)i};
  qsort(places, count, sizeof *places, compare_places);
  return count;
}

/* Rows of one fold and day swap the feature's part of their logits. */
static void shuffle_group(const churn_shuffle_input *in, const place *places, uint32_t count,
                          const double *contributions, churn_random *random, uint32_t *order,
                          double *logits)
{
  churn_random_shuffle(random, order, count);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t row = places[i].row;
    logits[row] = in->logits[row] - contributions[row] + contributions[places[order[i]].row];
  }
}

static void shuffle_rows(const churn_shuffle *s, const double *contributions, uint64_t time,
                         uint32_t *order, double *logits)
{
  const place *places = s->places;
  churn_random random = churn_random_stream(s->input.seed, time);
  for (size_t from = 0, end; from < s->count; from = end) {
    for (end = from + 1; end < s->count && places[end].fold == places[from].fold &&
                         places[end].as_of == places[from].as_of;)
      end++;
    shuffle_group(&s->input, places + from, (uint32_t)(end - from), contributions, &random, order,
                  logits);
  }
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
  free(shuffle->places);
  free(shuffle->parts);
  free(shuffle);
}

static churn_status prepare(churn_shuffle *s, const churn_run *run, churn_error *error)
{
  const churn_shuffle_input *in = &s->input;
  size_t rows = in->rows->count;
  double *logits = churn_array_new(rows, sizeof *logits);
  s->places = churn_array_new(rows, sizeof *s->places);
  s->parts = churn_array_new(rows, sizeof *s->parts);
  churn_status status =
      logits == NULL || s->places == NULL || s->parts == NULL
          ? churn_error_no_memory(error)
          : churn_judged_rows_take(in->rows, in->values, in->folds, in->weighted, &s->rows, error);
  if (status == CHURN_OK)
    status = churn_auc_rows_new(&s->rows.judged, &s->auc_rows, error);
  if (status == CHURN_OK) {
    s->count = list_places(in, s->places);
    memcpy(logits, in->logits, rows * sizeof *logits);
    status = churn_judge_area(&s->rows, s->auc_rows, logits, run, &s->area, s->parts, error);
  }
  free(logits);
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

typedef struct dealing {
  const churn_shuffle *shuffle;
  uint32_t *order; /* [rows] */
  double *logits;  /* [rows] */
  double *areas;   /* [times + 1], the first of the rows as they are */
  double **parts;  /* [times + 1] */
  double *covariance;
} dealing;

static churn_status open_dealing(dealing *d, churn_error *error)
{
  size_t rows = d->shuffle->input.rows->count, sets = (size_t)d->shuffle->input.times + 1;
  d->order = churn_array_new(rows, sizeof *d->order);
  d->logits = churn_array_new(rows, sizeof *d->logits);
  d->areas = churn_array_new(sets, sizeof *d->areas);
  d->parts = churn_array_new(sets, sizeof *d->parts);
  d->covariance = churn_array_new(sets * sets, sizeof *d->covariance);
  if (d->order == NULL || d->logits == NULL || d->areas == NULL || d->parts == NULL ||
      d->covariance == NULL)
    return churn_error_no_memory(error);
  for (size_t t = 1; t < sets; t++)
    if ((d->parts[t] = churn_array_new(rows, sizeof **d->parts)) == NULL)
      return churn_error_no_memory(error);
  d->areas[0] = d->shuffle->area;
  d->parts[0] = d->shuffle->parts;
  return CHURN_OK;
}

static void close_dealing(dealing *d)
{
  for (size_t t = 1; d->parts != NULL && t <= d->shuffle->input.times; t++)
    free(d->parts[t]);
  free(d->order);
  free(d->logits);
  free(d->areas);
  free(d->parts);
  free(d->covariance);
}

churn_status churn_shuffle_drop(const churn_shuffle *shuffle, const double *contributions,
                                const churn_run *run, churn_estimate *drop, churn_error *error)
{
  dealing d = {.shuffle = shuffle};
  size_t sets = (size_t)shuffle->input.times + 1;
  churn_status status = open_dealing(&d, error);
  for (size_t t = 1; status == CHURN_OK && t < sets; t++) {
    shuffle_rows(shuffle, contributions, t, d.order, d.logits);
    status = churn_judge_area(&shuffle->rows, shuffle->auc_rows, d.logits, run, &d.areas[t],
                              d.parts[t], error);
  }
  if (status == CHURN_OK)
    status = churn_auc_covary(shuffle->auc_rows, (const double *const *)d.parts, sets, run,
                              d.covariance, error);
  if (status == CHURN_OK)
    *drop = contrast(d.areas, d.covariance, sets);
  close_dealing(&d);
  return status;
}
