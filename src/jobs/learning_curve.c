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
  churn_judged_rows rows;
  churn_auc_rows *auc_rows;
  churn_ordering ordering;
  double *logits;        /* [rows] */
  double *whole, *parts; /* [judged rows] of the area of all customers, and of the share's */
  double area, variance; /* of all customers */
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
  l->whole = churn_array_new(rows, sizeof *l->whole);
  if (l->folds.group == NULL || l->folds.trains == NULL || l->whole == NULL)
    return churn_error_no_memory(error);
  for (uint32_t f = 0; f < folds->count; f++)
    for (uint32_t g = 0; g < folds->groups; g++)
      l->folds.trains[(size_t)f * l->folds.groups + 2 * g] =
          folds->trains[(size_t)f * folds->groups + g];
  churn_status status = churn_judged_rows_take(
      l->input->rows, l->best->values, folds,
      l->input->pipeline->project->fit.weighting != CHURN_WEIGHTING_NONE, &l->rows, error);
  return status == CHURN_OK ? churn_auc_rows_new(&l->rows.judged, &l->auc_rows, error) : status;
}

/* Made anew after each share's fits, which want the room meanwhile. */
static churn_status make_scratch(learning *l, churn_error *error)
{
  size_t rows = l->input->rows->count;
  l->logits = churn_array_new(rows, sizeof *l->logits);
  l->parts = churn_array_new(rows, sizeof *l->parts);
  return l->logits == NULL || l->parts == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

static void drop_scratch(learning *l)
{
  churn_ordering_clear(&l->ordering);
  free(l->logits);
  free(l->parts);
  l->logits = l->parts = NULL;
}

static void clear(learning *l)
{
  free(l->folds.group);
  free(l->folds.trains);
  churn_judged_rows_clear(&l->rows);
  churn_auc_rows_free(l->auc_rows);
  churn_ordering_clear(&l->ordering);
  free(l->whole);
  drop_scratch(l);
}

/* Of every group of rows, those of the share train as the group did, the others never. */
static void take_share(learning *l, size_t point)
{
  for (size_t i = 0; i < l->input->rows->count; i++)
    l->folds.group[i] = 2 * l->input->folds->group[i] + (l->best->learning->bin[i] > point);
}

/* Folds that train on any of the rows [first, end), which are one customer's. */
static size_t any_training(const churn_judging_folds *folds, size_t first, size_t end)
{
  size_t count = 0;
  for (uint32_t f = 0; f < folds->count; f++) {
    bool any = false;
    for (size_t i = first; !any && i < end; i++)
      any = churn_judging_trains(folds, f, i);
    count += any;
  }
  return count;
}

/* Rows of one customer stand together. */
static double mean_customers(const learning *l)
{
  const churn_snapshots *rows = l->input->rows;
  size_t customers = 0;
  for (size_t first = 0, end; first < rows->count; first = end) {
    for (end = first + 1;
         end < rows->count && rows->rows[end].customer == rows->rows[first].customer;)
      end++;
    customers += any_training(&l->folds, first, end);
  }
  return (double)customers / l->folds.count;
}

static churn_status fit_share(learning *l, size_t point, churn_error *error)
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
    status = make_scratch(l, error);
  if (status == CHURN_OK && !l->stopped)
    status = churn_predictions_make(&predictions, 0, 1, l->run, l->logits, error);
  churn_predictions_clear(&predictions);
  return status;
}

/* All customers: the comparison's own fits. */
static churn_status judge_all(learning *l, churn_learning_point *point, churn_error *error)
{
  churn_status status = make_scratch(l, error);
  if (status == CHURN_OK)
    status = churn_predictions_make(l->best->predictions, l->comparison->best, 1, l->run, l->logits,
                                    error);
  if (status == CHURN_OK)
    status = churn_judge_area(&l->rows, l->auc_rows, l->logits, l->run, &l->ordering, &l->area,
                              l->whole, error);
  if (status == CHURN_OK)
    status = churn_auc_covary(l->auc_rows, (const double *const[]){l->whole}, 1, l->run,
                              &l->variance, error);
  churn_interval interval = churn_auc_interval(l->area, l->variance, level);
  point->auc = (churn_estimate){l->area, interval.low, interval.high};
  point->missed = (churn_estimate){NAN, NAN, NAN};
  drop_scratch(l);
  return status;
}

static churn_status judge_share(learning *l, churn_learning_point *point, churn_error *error)
{
  double areas[2] = {0, l->area}, covariance[4];
  churn_status status = churn_judge_area(&l->rows, l->auc_rows, l->logits, l->run, &l->ordering,
                                         &areas[0], l->parts, error);
  if (status == CHURN_OK)
    status = churn_auc_covary(l->auc_rows, (const double *const[]){l->parts, l->whole}, 2, l->run,
                              covariance, error);
  drop_scratch(l);
  if (status != CHURN_OK)
    return status;
  churn_interval interval = churn_auc_interval(areas[0], covariance[0], level);
  churn_difference d = churn_auc_difference(areas, covariance, 2, 0, 1, level);
  point->auc = (churn_estimate){areas[0], interval.low, interval.high};
  point->missed = (churn_estimate){d.difference, d.interval.low, d.interval.high};
  return CHURN_OK;
}

static churn_status add_point(learning *l, size_t point, churn_error *error)
{
  churn_comparison *c = l->comparison;
  take_share(l, point);
  if (!churn_judging_enough(&l->folds, l->input->rows))
    return CHURN_OK;
  churn_status status = fit_share(l, point, error);
  if (status != CHURN_OK || l->stopped)
    return status;
  churn_learning_point *to = &c->learning[c->learning_count++];
  *to = (churn_learning_point){.share = shares[point], .customers = mean_customers(l)};
  return judge_share(l, to, error);
}

/* What shares miss is told against all customers, who come last. */
static churn_status add_points(learning *l, churn_error *error)
{
  enum { SHARES = CHURN_LEARNING_POINTS - 1 };
  churn_comparison *c = l->comparison;
  churn_learning_point all = {.share = shares[SHARES]};
  churn_status status = judge_all(l, &all, error);
  for (size_t i = 0; status == CHURN_OK && !l->stopped && i < SHARES; i++)
    status = add_point(l, i, error);
  take_share(l, SHARES);
  all.customers = mean_customers(l);
  c->learning[c->learning_count++] = all;
  if (l->stopped)
    c->learning_count = 0;
  return status;
}

churn_status churn_best_set_learn(const churn_best_set *best, const churn_run *run,
                                  churn_comparison *comparison, churn_error *error)
{
  learning l = {.best = best, .input = &best->input, .run = run, .comparison = comparison};
  churn_status status = make_room(&l, error);
  if (status == CHURN_OK)
    status = add_points(&l, error);
  clear(&l);
  return status;
}
