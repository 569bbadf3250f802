/* How the best set learns from more customers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"
#include "base/memory.h"
#include "evaluate/auc.h"
#include "jobs/best_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double level = 0.95;
static const double shares[CHURN_LEARNING_POINTS] = {0.125, 0.25, 0.5, 1};

void churn_learning_folds_clear(churn_learning_folds *learning)
{
  free(learning->bin);
  churn_judging_folds_clear(&learning->folds);
}

/* The smallest share that a customer is in. */
static uint8_t bin_of(double key)
{
  uint8_t bin = 0;
  while (bin + 1 < CHURN_LEARNING_POINTS && key >= shares[bin])
    bin++;
  return bin;
}

/* Of every group of rows there is one for each bin; fold f of share s is number s * folds + f. */
static void split_groups(const churn_judging_folds *folds, size_t rows, churn_learning_folds *l)
{
  enum { BINS = CHURN_LEARNING_POINTS };
  for (size_t i = 0; i < rows; i++)
    l->folds.group[i] = BINS * folds->group[i] + l->bin[i];
  for (uint32_t k = 0; k < l->folds.count; k++)
    for (uint32_t g = 0; g < l->folds.groups; g++)
      l->folds.trains[(size_t)k * l->folds.groups + g] =
          folds->trains[(size_t)(k % folds->count) * folds->groups + g / BINS] &&
          g % BINS <= k / folds->count;
}

churn_status churn_learning_deal(const churn_snapshots *rows, const char *const *ids,
                                 const churn_judging_folds *folds, uint64_t seed,
                                 churn_learning_folds *learning, churn_error *error)
{
  churn_learning_folds *l = learning;
  l->folds = (churn_judging_folds){.count = (CHURN_LEARNING_POINTS - 1) * folds->count,
                                   .groups = CHURN_LEARNING_POINTS * folds->groups};
  l->bin = churn_array_new(rows->count, sizeof *l->bin);
  l->folds.group = churn_array_new(rows->count, sizeof *l->folds.group);
  l->folds.trains =
      churn_array_new((size_t)l->folds.count * l->folds.groups, sizeof *l->folds.trains);
  if (l->bin == NULL || l->folds.group == NULL || l->folds.trains == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < rows->count; i++) {
    const char *id = ids[rows->rows[i].customer];
    l->bin[i] = bin_of(churn_hash_unit(id, strlen(id), seed));
  }
  split_groups(folds, rows->count, l);
  return CHURN_OK;
}

typedef struct learning {
  const churn_best_set *best;
  const churn_out_of_fold_input *input;
  const churn_run *run;
  churn_comparison *comparison;
  churn_judging_folds folds; /* of the share at hand; `fold` and `days` are borrowed */
  double *logits;            /* [points][rows] */
  bool stopped;
} learning;

static churn_status make_room(learning *l, churn_error *error)
{
  const churn_judging_folds *folds = l->input->folds;
  size_t rows = l->input->rows->count;
  l->folds = *folds;
  l->folds.groups = 2 * folds->groups;
  l->folds.group = churn_array_new(rows, sizeof *l->folds.group);
  l->folds.trains =
      churn_array_new((size_t)folds->count * l->folds.groups, sizeof *l->folds.trains);
  l->logits = churn_array_new(CHURN_LEARNING_POINTS * rows, sizeof *l->logits);
  if (l->folds.group == NULL || l->folds.trains == NULL || l->logits == NULL)
    return churn_error_no_memory(error);
  for (uint32_t f = 0; f < folds->count; f++)
    for (uint32_t g = 0; g < folds->groups; g++)
      l->folds.trains[(size_t)f * l->folds.groups + 2 * g] =
          folds->trains[(size_t)f * folds->groups + g];
  return CHURN_OK;
}

/* Of every group of rows, those of the share train as the group did, the others never. */
static void take_share(learning *l, size_t point)
{
  for (size_t i = 0; i < l->input->rows->count; i++)
    l->folds.group[i] = 2 * l->input->folds->group[i] + (l->best->learning->bin[i] > point);
}

/* Rows of one customer stand together. */
static double mean_customers(const learning *l)
{
  const churn_snapshots *rows = l->input->rows;
  double customers = 0;
  for (uint32_t f = 0; f < l->folds.count; f++)
    for (size_t i = 0, counted = SIZE_MAX; i < rows->count; i++)
      if (churn_judging_trains(&l->folds, f, i) && counted != rows->rows[i].customer) {
        counted = rows->rows[i].customer;
        customers++;
      }
  return customers / l->folds.count;
}

/* All customers: the comparison's own fits. */
static churn_status take_all(learning *l, double *logits, churn_error *error)
{
  return churn_predictions_make(l->best->predictions, l->comparison->best, 1, l->run, logits,
                                error);
}

static churn_status fit_share(learning *l, size_t point, double *logits, churn_error *error)
{
  churn_out_of_fold_input input = *l->input;
  churn_predictions predictions = {0};
  churn_set_outcome fits;
  uint32_t finished = 0;
  input.folds = &l->folds;
  if (l->best->learning_agrees != NULL)
    input.agrees = l->best->learning_agrees + point * l->best->learning->folds.count /
                                                  (CHURN_LEARNING_POINTS - 1) *
                                                  input.pipeline->feature_count;
  churn_status status = churn_predictions_open(input.rows, &l->folds, 1, &predictions, error);
  if (status == CHURN_OK)
    status = churn_out_of_fold(&input, "learning", l->run, &predictions, &fits, &finished, error);
  l->stopped = finished < l->folds.count;
  if (status == CHURN_OK && !l->stopped)
    status = churn_predictions_make(&predictions, 0, 1, l->run, logits, error);
  churn_predictions_clear(&predictions);
  return status;
}

static churn_status add_point(learning *l, size_t point, churn_error *error)
{
  churn_comparison *c = l->comparison;
  double *logits = l->logits + c->learning_count * l->input->rows->count;
  take_share(l, point);
  if (!churn_judging_enough(&l->folds, l->input->rows))
    return CHURN_OK;
  churn_status status = point + 1 == CHURN_LEARNING_POINTS ? take_all(l, logits, error)
                                                           : fit_share(l, point, logits, error);
  if (status == CHURN_OK && !l->stopped)
    c->learning[c->learning_count++] =
        (churn_learning_point){.share = shares[point], .customers = mean_customers(l)};
  return status;
}

static churn_status judge_shares(const learning *l, churn_error *error)
{
  churn_comparison *c = l->comparison;
  size_t count = c->learning_count, last = count - 1;
  double areas[CHURN_LEARNING_POINTS], covariance[CHURN_LEARNING_POINTS * CHURN_LEARNING_POINTS];
  churn_judged_rows rows = {0};
  churn_status status = churn_judged_rows_take(
      l->input->rows, l->best->values, l->input->folds,
      l->input->pipeline->project->fit.weighting != CHURN_WEIGHTING_NONE, &rows, error);
  if (status == CHURN_OK)
    status = churn_judge_areas(&rows, count, l->logits, l->run, areas, covariance, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_interval of_area = churn_auc_interval(areas[i], covariance[i * count + i], level);
    churn_difference d = churn_auc_difference(areas, covariance, count, i, last, level);
    c->learning[i].auc = (churn_estimate){areas[i], of_area.low, of_area.high};
    c->learning[i].missed = i == last
                                ? (churn_estimate){NAN, NAN, NAN}
                                : (churn_estimate){d.difference, d.interval.low, d.interval.high};
  }
  churn_judged_rows_clear(&rows);
  return status;
}

churn_status churn_best_set_learn(const churn_best_set *best, const churn_run *run,
                                  churn_comparison *comparison, churn_error *error)
{
  learning l = {.best = best, .input = &best->input, .run = run, .comparison = comparison};
  churn_status status = make_room(&l, error);
  for (size_t i = 0; status == CHURN_OK && !l.stopped && i < CHURN_LEARNING_POINTS; i++)
    status = add_point(&l, i, error);
  if (l.stopped)
    comparison->learning_count = 0;
  else if (status == CHURN_OK)
    status = judge_shares(&l, error);
  free(l.folds.group);
  free(l.folds.trains);
  free(l.logits);
  return status;
}
