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

typedef struct learning {
  const churn_out_of_fold_input *input;
  const churn_run *run;
  churn_comparison *comparison;
  double *keys;              /* [rows] in [0, 1), one a customer */
  churn_judging_folds folds; /* the input's, with groups of its own; the rest is borrowed */
  double *logits;            /* [points][rows] */
  bool stopped;
} learning;

static churn_status draw_keys(learning *l, churn_error *error)
{
  const churn_snapshots *rows = l->input->rows;
  const char *const *ids = l->input->pipeline->data->customers.ids;
  const churn_judging_folds *folds = l->input->folds;
  l->folds = *folds;
  l->folds.groups = 2 * folds->groups;
  l->folds.group = churn_array_new(rows->count, sizeof *l->folds.group);
  l->folds.trains =
      churn_array_new((size_t)folds->count * l->folds.groups, sizeof *l->folds.trains);
  l->keys = churn_array_new(rows->count, sizeof *l->keys);
  l->logits = churn_array_new(CHURN_LEARNING_POINTS * rows->count, sizeof *l->logits);
  if (l->folds.group == NULL || l->folds.trains == NULL || l->keys == NULL || l->logits == NULL)
    return churn_error_no_memory(error);
  for (uint32_t f = 0; f < folds->count; f++)
    for (uint32_t g = 0; g < folds->groups; g++)
      l->folds.trains[(size_t)f * l->folds.groups + 2 * g] =
          folds->trains[(size_t)f * folds->groups + g];
  for (size_t i = 0; i < rows->count; i++) {
    const char *id = ids[rows->rows[i].customer];
    l->keys[i] = churn_hash_unit(id, strlen(id), l->comparison->seed);
  }
  return CHURN_OK;
}

/* Of every group of rows, those below the share train as the group did, the others never. */
static void split_groups(learning *l, double share)
{
  for (size_t i = 0; i < l->input->rows->count; i++)
    l->folds.group[i] = 2 * l->input->folds->group[i] + (l->keys[i] >= share);
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

static churn_status fit_share(learning *l, double share, churn_error *error)
{
  churn_comparison *c = l->comparison;
  churn_out_of_fold_input input = *l->input;
  churn_set_outcome fits;
  uint32_t finished = 0;
  input.folds = &l->folds;
  split_groups(l, share);
  if (!churn_judging_enough(&l->folds, input.rows))
    return CHURN_OK;
  churn_status status =
      churn_out_of_fold(&input, "learning", l->run,
                        l->logits + c->learning_count * input.rows->count, &fits, &finished, error);
  l->stopped = finished < l->folds.count;
  if (status == CHURN_OK && !l->stopped)
    c->learning[c->learning_count++] =
        (churn_learning_point){.share = share, .customers = mean_customers(l)};
  return status;
}

static churn_status judge_shares(const learning *l, churn_error *error)
{
  churn_comparison *c = l->comparison;
  size_t count = c->learning_count, last = count - 1;
  double areas[CHURN_LEARNING_POINTS], covariance[CHURN_LEARNING_POINTS * CHURN_LEARNING_POINTS];
  churn_judge_input judging = {
      l->input->rows,  l->input->frame,
      l->input->folds, count,
      l->logits,       l->input->pipeline->project->fit.weighting != CHURN_WEIGHTING_NONE};
  churn_status status = churn_judge_areas(&judging, l->run, areas, covariance, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    churn_interval of_area = churn_auc_interval(areas[i], covariance[i * count + i], level);
    churn_difference d = churn_auc_difference(areas, covariance, count, i, last, level);
    c->learning[i].auc = (churn_estimate){areas[i], of_area.low, of_area.high};
    c->learning[i].missed = i == last
                                ? (churn_estimate){NAN, NAN, NAN}
                                : (churn_estimate){d.difference, d.interval.low, d.interval.high};
  }
  return status;
}

churn_status churn_best_set_learn(const churn_out_of_fold_input *input, const churn_run *run,
                                  churn_comparison *comparison, churn_error *error)
{
  learning l = {.input = input, .run = run, .comparison = comparison};
  churn_status status = draw_keys(&l, error);
  for (size_t i = 0; status == CHURN_OK && !l.stopped && i < CHURN_LEARNING_POINTS; i++)
    status = fit_share(&l, shares[i], error);
  if (l.stopped)
    comparison->learning_count = 0;
  else if (status == CHURN_OK)
    status = judge_shares(&l, error);
  free(l.folds.group);
  free(l.folds.trains);
  free(l.keys);
  free(l.logits);
  return status;
}
