/* What a feature is worth to models that are fitted already.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/shuffle.h"

#include "base/memory.h"
#include "base/random.h"
#include "evaluate/auc.h"

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
                          churn_random *random, uint32_t *order, double *logits)
{
  churn_random_shuffle(random, order, count);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t row = places[i].row;
    logits[row] =
        in->logits[row] - in->contributions[row] + in->contributions[places[order[i]].row];
  }
}

static void shuffle_rows(const churn_shuffle_input *in, const place *places, size_t count,
                         uint64_t time, uint32_t *order, double *logits)
{
  churn_random random = churn_random_stream(in->seed, time);
  for (size_t from = 0, end; from < count; from = end) {
    for (end = from + 1; end < count && places[end].fold == places[from].fold &&
                         places[end].as_of == places[from].as_of;)
      end++;
    shuffle_group(in, places + from, (uint32_t)(end - from), &random, order, logits);
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

churn_status churn_shuffle_drop(const churn_shuffle_input *input, const churn_run *run,
                                churn_estimate *drop, churn_error *error)
{
  size_t rows = input->rows->count, sets = (size_t)input->times + 1;
  double *logits = churn_array_new(sets * rows, sizeof *logits);
  double *areas = churn_array_new(sets, sizeof *areas);
  double *covariance = churn_array_new(sets * sets, sizeof *covariance);
  place *places = churn_array_new(rows, sizeof *places);
  uint32_t *order = churn_array_new(rows, sizeof *order);
  bool good =
      logits != NULL && areas != NULL && covariance != NULL && places != NULL && order != NULL;
  churn_status status = good ? CHURN_OK : churn_error_no_memory(error);
  if (good) {
    size_t count = list_places(input, places);
    memcpy(logits, input->logits, rows * sizeof *logits);
    for (size_t t = 1; t < sets; t++)
      shuffle_rows(input, places, count, t, order, logits + t * rows);
    churn_judge_input judging = {input->rows, input->frame, input->folds,
                                 sets,        logits,       input->weighted};
    status = churn_judge_areas(&judging, run, areas, covariance, error);
  }
  if (status == CHURN_OK)
    *drop = contrast(areas, covariance, sets);
  free(logits);
  free(areas);
  free(covariance);
  free(places);
  free(order);
  return status;
}
