/* Log-loss, Brier score, lift, churners and money captured.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/measures.h"

#include "base/lanes.h"
#include "base/parallel.h"
#include "evaluate/logit.h"

#include <math.h>

void churn_measures_fill(double loss, double square, churn_gain all, churn_gain top,
                         churn_gain reached, double *measures, size_t stride)
{
  measures[CHURN_MEASURE_LOG_LOSS * stride] = loss / all.rows;
  measures[CHURN_MEASURE_BRIER * stride] = square / all.rows;
  measures[CHURN_MEASURE_LIFT * stride] = churn_gain_lift(top, all);
  measures[CHURN_MEASURE_CAPTURED * stride] = churn_gain_captured(reached, all);
  measures[CHURN_MEASURE_CAPTURED_VALUE * stride] = churn_gain_captured_value(reached, all);
}

typedef struct loss_work {
  const churn_judged *judged;
  const double *logits;
  double *losses, *squares;
} loss_work;

static churn_status lose_tile(void *context, size_t tile, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const loss_work *w = context;
  size_t first = tile * CHURN_TILE_ROWS, end = first + churn_tile_rows(w->judged->rows, tile);
  for (size_t i = first; i < end; i++)
    churn_logit_miss(w->logits[i], w->judged->labels[i], &w->losses[i], &w->squares[i]);
  return CHURN_OK;
}

churn_status churn_measures_lose(const churn_judged *judged, const double *logits,
                                 const churn_run *run, double *losses, double *squares,
                                 churn_error *error)
{
  loss_work w = {judged, logits, losses, squares};
  return churn_parallel_run(churn_tile_count(judged->rows), lose_tile, &w, NULL, run, error);
}

/* Both places of a fold at once: gains[0] the lift's, gains[1] capacity's. */
static void add_places(const churn_list *list, uint32_t fold, const double *multiples,
                       double lift_place, double capacity, churn_gain *gains)
{
  double places[2] = {fmin(lift_place, capacity), fmax(lift_place, capacity)};
  bool swapped = capacity < lift_place;
  churn_gain at[2] = {gains[swapped], gains[!swapped]};
  churn_gain_add_fold(list, fold, multiples, places, 2, at);
  gains[swapped] = at[0];
  gains[!swapped] = at[1];
}

static void compute(const churn_judged *judged, const churn_measured_set *set,
                    const churn_list *list, const double *places, double *measures)
{
  churn_gain gains[2] = {{0, 0, 0}, {0, 0, 0}};
  double loss = 0, square = 0;
  for (size_t i = 0; i < judged->rows; i++) {
    loss += churn_judged_weight(judged, i) * set->losses[i];
    square += churn_judged_weight(judged, i) * set->squares[i];
  }
  for (uint32_t f = 0; f < list->folds; f++)
    add_places(list, f, NULL, CHURN_LIFT_SHARE * churn_gain_of_fold(list, f, NULL).rows, places[f],
               gains);
  churn_measures_fill(loss, square, churn_gain_all(list), gains[0], gains[1], measures, 1);
}

churn_status churn_measures_compute(const churn_judged *judged, const churn_measured_set *set,
                                    const double *places, double *measures, churn_error *error)
{
  churn_list list = {0};
  churn_status status = CHURN_OK;
  if (set->list == NULL)
    status = churn_list_build(judged, set->ordering, NULL, &list, error);
  if (status == CHURN_OK)
    compute(judged, set, set->list == NULL ? &list : set->list, places, measures);
  churn_list_clear(&list);
  return status;
}
