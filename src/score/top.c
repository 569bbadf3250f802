/* The probability that a row belongs among the first of a ranking.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/top.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "score/recalibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Draws that are looked at in one pass over the rows. */
enum { TOGETHER = 16 };

typedef struct drawing {
  const churn_top *top;
  uint32_t first, count; /* draws at work */
  double *away;          /* [TOGETHER * (columns + 1)] */
  double *scores;        /* [TOGETHER * rows] */
  double *spare;         /* [threads * rows] */
  uint32_t *times;       /* [rows] among the first */
} drawing;

static double score_of(const churn_top *top, size_t row, double logit)
{
  if (top->values == NULL)
    return logit;
  double value = top->values[row];
  return isnan(value) ? -INFINITY : churn_recalibrated(top->recalibration, logit) * value;
}

/* Task: the scores of a tile's rows in all draws at work. */
static churn_status score_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const drawing *d = context;
  const churn_top *top = d->top;
  size_t rows = churn_tile_rows(top->rows, tile), first = tile * CHURN_TILE_ROWS;
  const double *design = top->design + tile * top->columns * CHURN_TILE_ROWS;
  for (uint32_t b = 0; b < d->count; b++) {
    double moved[CHURN_TILE_ROWS];
    churn_uncertainty_move(top->uncertainty, d->away + b * (top->columns + 1), design, moved);
    for (size_t r = 0; r < rows; r++)
      d->scores[b * top->rows + first + r] =
          score_of(top, first + r, top->logits[first + r] + moved[r]);
  }
  return CHURN_OK;
}

/* The value at place `wanted` (from 0) when the largest comes first: FIND (Hoare 1961, CACM
 * algorithm 65, in the form of Wirth 1976). The values change places. */
static double find_largest(double *values, ptrdiff_t count, ptrdiff_t wanted)
{
  ptrdiff_t low = 0, high = count - 1;
  while (low < high) {
    double pivot = values[wanted];
    ptrdiff_t i = low, j = high;
    while (i <= j) {
      while (values[i] > pivot)
        i++;
      while (pivot > values[j])
        j--;
      if (i > j)
        break;
      double kept = values[i];
      values[i++] = values[j];
      values[j--] = kept;
    }
    if (j < wanted)
      low = i;
    if (wanted < i)
      high = j;
  }
  return values[wanted];
}

/* Task: which rows are among the first in one draw; those that are keep NaN as their score. */
static churn_status find_first(void *context, size_t draw, int thread, churn_error *error)
{
  (void)error;
  const drawing *d = context;
  size_t rows = d->top->rows, above = 0;
  double *scores = d->scores + draw * rows, *spare = d->spare + (size_t)thread * rows;
  memcpy(spare, scores, rows * sizeof *spare);
  double last = find_largest(spare, (ptrdiff_t)rows, (ptrdiff_t)d->top->places - 1);
  for (size_t i = 0; i < rows; i++)
    above += scores[i] > last;
  size_t equal = d->top->places - above;
  for (size_t i = 0; i < rows; i++)
    if (scores[i] > last || (scores[i] == last && equal > 0)) {
      equal -= scores[i] == last;
      scores[i] = NAN;
    }
  return CHURN_OK;
}

static churn_status draw_some(drawing *d, const churn_run *run, churn_error *error)
{
  const churn_top *top = d->top;
  for (uint32_t b = 0; b < d->count; b++)
    churn_uncertainty_draw(top->uncertainty, top->seed, d->first + b,
                           d->away + b * (top->columns + 1));
  churn_status status =
      churn_parallel_run(churn_tile_count(top->rows), score_tile, d, NULL, run, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(d->count, find_first, d, NULL, run, error);
  for (size_t i = 0; status == CHURN_OK && i < d->count * top->rows; i++)
    d->times[i % top->rows] += isnan(d->scores[i]) != 0;
  return status;
}

churn_status churn_top_shares(const churn_top *top, const churn_run *run, double *shares,
                              churn_error *error)
{
  drawing d = {.top = top};
  size_t threads = (size_t)churn_parallel_threads(run);
  if (top->rows == 0 || top->places == 0 || top->places >= top->rows) {
    for (size_t i = 0; i < top->rows; i++)
      shares[i] = top->places > 0;
    return CHURN_OK;
  }
  d.away = churn_array_new(TOGETHER * (top->columns + 1), sizeof *d.away);
  d.scores = churn_array_new(TOGETHER * top->rows, sizeof *d.scores);
  d.spare = churn_array_new(threads * top->rows, sizeof *d.spare);
  d.times = churn_array_new(top->rows, sizeof *d.times);
  churn_status status = d.away == NULL || d.scores == NULL || d.spare == NULL || d.times == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  for (; status == CHURN_OK && d.first < top->draws; d.first += TOGETHER) {
    d.count = top->draws - d.first < TOGETHER ? top->draws - d.first : TOGETHER;
    status = draw_some(&d, run, error);
  }
  for (size_t i = 0; status == CHURN_OK && i < top->rows; i++)
    shares[i] = (double)d.times[i] / top->draws;
  free(d.away);
  free(d.scores);
  free(d.spare);
  free(d.times);
  return status;
}
