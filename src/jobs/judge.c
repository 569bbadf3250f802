/* Figures of sets of features, a few at a time.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/judge_parts.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "design/split.h"
#include "evaluate/curves.h"
#include "fit/logit_line.h"
#include "jobs/verdict.h"

#include <stdlib.h>

static const double level = CHURN_VERDICT_LEVEL;

static void clear(churn_judging *j)
{
  for (size_t s = 0; j->parts != NULL && s < j->sets; s++)
    free(j->parts[s]);
  free(j->parts);
  free(j->spare);
  churn_judged_rows_clear(&j->rows);
  churn_auc_rows_free(j->auc_rows);
  churn_bootstrap_free(j->bootstrap);
  churn_linear_rows_clear(&j->linear);
  churn_cluster_groups_clear(&j->groups);
  free(j->places);
  free(j->areas);
  free(j->covariance);
  free(j->measures);
  free(j->values);
  for (size_t s = 0; s < CHURN_JUDGED_AT_ONCE; s++) {
    churn_ordering_clear(&j->orderings[s]);
    churn_list_clear(&j->lists[s]);
  }
  free(j->logits);
  free(j->room);
}

static churn_status allocate(churn_judging *j, churn_error *error)
{
  size_t sets = j->sets;
  j->places = churn_array_new(j->input->folds->count, sizeof *j->places);
  j->areas = churn_array_new(sets, sizeof *j->areas);
  j->covariance = churn_array_new(sets * sets, sizeof *j->covariance);
  j->measures = churn_array_new(sets * CHURN_MEASURES, sizeof *j->measures);
  j->values = churn_array_new(sets * CHURN_MEASURES * j->width, sizeof *j->values);
  j->parts = churn_array_new(sets, sizeof *j->parts);
  return j->places == NULL || j->areas == NULL || j->covariance == NULL || j->measures == NULL ||
                 j->values == NULL || j->parts == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

/* The desk calls `capacity` customers as of each day. A fold by time is one day's list; a fold of
 * customers is its share of every day's. */
static churn_status find_places(churn_judging *j, const churn_comparison *c, churn_error *error)
{
  const churn_judging_folds *folds = j->input->folds;
  churn_span span;
  churn_status status = churn_span_of(j->input->rows, &span, error);
  if (status != CHURN_OK)
    return status;
  double all = 0, days = span.days > 1 ? span.days : 1;
  for (uint32_t f = 0; f < folds->count; f++)
    j->places[f] = 0;
  for (size_t i = 0; i < j->rows.judged.rows; i++) {
    double weight = churn_judged_weight(&j->rows.judged, i);
    j->places[j->rows.of_fold[i]] += weight;
    all += weight;
  }
  for (uint32_t f = 0; f < folds->count; f++)
    j->places[f] = c->capacity == 0 ? j->places[f] / 10
                   : folds->by_time ? (double)c->capacity
                                    : (double)c->capacity * days * j->places[f] / all;
  return CHURN_OK;
}

/* Of more customers than groups, the draws' percentiles and the linearised intervals agree. */
static churn_status choose_intervals(churn_judging *j, churn_error *error)
{
  churn_comparison *c = j->comparison;
  churn_status status =
      churn_cluster_groups_deal(&j->rows.judged, c->seed, c->draws, &j->groups, error);
  if (c->settings.draws == 0 && j->groups.clusters > CHURN_MOST_GROUPS)
    c->draws = 0;
  j->width = c->draws == 0 ? j->groups.count : c->draws;
  return status;
}

static churn_status open_judging(churn_judging *j, churn_error *error)
{
  const churn_judge_input *in = j->input;
  churn_status status =
      churn_judged_rows_take(in->rows, in->values, in->folds, in->weighted, &j->rows, error);
  if (status == CHURN_OK)
    status = choose_intervals(j, error);
  if (status == CHURN_OK)
    status = allocate(j, error);
  if (status == CHURN_OK)
    status = find_places(j, j->comparison, error);
  if (status == CHURN_OK)
    status = churn_auc_rows_new(&j->rows.judged, &j->auc_rows, error);
  j->logits = churn_array_new(churn_judged_at_once(j->sets, 0) * j->rows.all, sizeof *j->logits);
  j->room = churn_array_new_aligned(3 * churn_logit_padded(j->rows.judged.rows), sizeof *j->room);
  if (status == CHURN_OK && (j->logits == NULL || j->room == NULL))
    status = churn_error_no_memory(error);
  churn_bootstrap_settings settings = {j->comparison->draws, j->comparison->seed};
  if (status != CHURN_OK)
    return status;
  return settings.draws == 0
             ? churn_linear_rows_open(&j->rows.judged, &j->groups, j->places, &j->linear, error)
             : churn_bootstrap_new(&j->rows.judged, j->places, &settings, j->run, &j->bootstrap,
                                   error);
}

static churn_status find_calibration(const churn_judging *j, const double *logits,
                                     churn_compared_set *to, churn_error *error)
{
  churn_logit_line line;
  churn_logit_rows rows = {.rows = j->rows.judged.rows,
                           .logits = logits,
                           .labels = j->rows.labels,
                           .weights = j->rows.weights,
                           .repeated = j->input->rows->repeated,
                           .clusters = j->rows.judged.clusters};
  churn_status status = churn_logit_line_fit_in(&rows, j->room, j->run, &line, error);
  if (status == CHURN_OK) {
    to->calibration_slope = line.slope;
    to->calibration_slope_error = line.slope_error;
  }
  return status;
}

static churn_status measure_folds(const churn_judging *j, const double *losses,
                                  const double *squares, churn_compared_set *to, churn_error *error)
{
  size_t folds = j->comparison->fold_count;
  double *all = churn_array_new(folds, sizeof *all);
  if (all == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < j->rows.judged.rows; i++) {
    double weight = churn_judged_weight(&j->rows.judged, i);
    to->fold_log_losses[j->rows.of_fold[i]] += weight * losses[i];
    to->fold_briers[j->rows.of_fold[i]] += weight * squares[i];
    all[j->rows.of_fold[i]] += weight;
  }
  for (size_t f = 0; f < folds; f++) {
    to->fold_log_losses[f] /= all[f];
    to->fold_briers[f] /= all[f];
  }
  free(all);
  return CHURN_OK;
}

/* The covariance of two sets whose parts are held, and their variances. */
static churn_status covary(churn_judging *j, size_t other, size_t set, churn_error *error)
{
  const double *const parts[] = {j->parts[other], j->parts[set]};
  double covariance[4];
  churn_status status = churn_auc_covary(j->auc_rows, parts, 2, j->run, covariance, error);
  j->covariance[other * j->sets + other] = covariance[0];
  j->covariance[set * j->sets + set] = covariance[3];
  j->covariance[other * j->sets + set] = j->covariance[set * j->sets + other] = covariance[1];
  return status;
}

/* Its area, and how that varies with those of the sets before it whose parts are held. */
static churn_status find_area(churn_judging *j, size_t set, const churn_ordering *ordering,
                              churn_error *error)
{
  /* a set that is not held has the place of the one before it */
  double *parts = j->parts[set] =
      j->spare != NULL ? j->spare : churn_array_new(j->rows.judged.rows, sizeof *parts);
  j->spare = NULL;
  if (parts == NULL)
    return churn_error_no_memory(error);
  churn_status status = churn_auc_parts(j->auc_rows, ordering, j->run, &j->areas[set],
                                        j->comparison->sets[set].fold_aucs, parts, error);
  if (status == CHURN_OK && set == 0)
    status = churn_auc_covary(j->auc_rows, (const double *const[]){parts}, 1, j->run, j->covariance,
                              error);
  for (size_t other = 0; status == CHURN_OK && other < set; other++)
    if (j->parts[other] != NULL)
      status = covary(j, other, set, error);
  if (set > 0 && !j->all_pairs) {
    j->spare = parts;
    j->parts[set] = NULL;
  }
  return status;
}

/* Its figures, and what their intervals rest on. */
static churn_status measure_set(const churn_judging *j, size_t set,
                                const churn_measured_set *measured, churn_error *error)
{
  double *measures = j->measures + set * CHURN_MEASURES;
  double *values = j->values + set * CHURN_MEASURES * j->width;
  churn_status status =
      churn_measures_compute(&j->rows.judged, measured, j->places, measures, error);
  if (status != CHURN_OK)
    return status;
  return j->bootstrap == NULL ? churn_linear_measures(&j->linear, measured, measures, values, error)
                              : churn_bootstrap_draw(j->bootstrap, measured, j->run, values, error);
}

/* Logits of judged rows of one of the sets at hand. */
static double *logits_of(const churn_judging *j, size_t task)
{
  return j->logits + task * j->rows.all;
}

/* What rests on losses. */
static churn_status measure_losses(const churn_judging *j, size_t task, churn_error *error)
{
  const churn_judged *judged = &j->rows.judged;
  size_t set = j->first + task;
  double *losses = j->room, *squares = j->room + churn_logit_padded(judged->rows);
  churn_measured_set measured = {losses, squares, &j->orderings[task], &j->lists[task]};
  churn_status status =
      churn_measures_lose(judged, logits_of(j, task), j->run, losses, squares, error);
  if (status == CHURN_OK)
    status = measure_set(j, set, &measured, error);
  if (status == CHURN_OK)
    status = measure_folds(j, losses, squares, &j->comparison->sets[set], error);
  return status;
}

/* What walks along one set's list, on one thread. */
static churn_status walk_list(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  churn_judging *j = context;
  const churn_judged *judged = &j->rows.judged;
  churn_compared_set *to = &j->comparison->sets[j->first + task];
  churn_list *list = &j->lists[task];
  churn_status status = churn_list_build(judged, &j->orderings[task], j->groups.of, list, error);
  if (status == CHURN_OK)
    status = churn_gain_curve(judged, list, &j->groups, level, to->gain, error);
  return status == CHURN_OK
             ? churn_calibration_curve_of(judged, &j->orderings[task], logits_of(j, task), level,
                                          CHURN_CALIBRATION_BINS, to->calibration,
                                          &to->calibration_count, error)
             : status;
}

/* The rest, one set after the other on all threads: it takes several numbers a row. */
static churn_status finish_set(churn_judging *j, size_t task, churn_error *error)
{
  size_t set = j->first + task;
  churn_status status = measure_losses(j, task, error);
  if (status == CHURN_OK)
    status = find_area(j, set, &j->orderings[task], error);
  if (status == CHURN_OK)
    status = churn_judge_estimates(j, set, error);
  return status == CHURN_OK
             ? find_calibration(j, logits_of(j, task), &j->comparison->sets[set], error)
             : status;
}

static churn_status judge_sets(churn_judging *j, churn_error *error)
{
  size_t count = churn_judged_at_once(j->sets, j->first);
  churn_status status =
      churn_judge_logits(j->input, &j->rows, j->first, count, j->run, j->logits, error);
  for (size_t s = 0; status == CHURN_OK && s < count; s++)
    status = churn_ordering_sort(&j->rows.judged, logits_of(j, s), j->run, &j->orderings[s], error);
  if (status == CHURN_OK)
    status = churn_parallel_run(count, walk_list, j, NULL, j->run, error);
  for (size_t s = 0; status == CHURN_OK && s < count; s++)
    status = finish_set(j, s, error);
  return status;
}

static void count_rows(const churn_judging *j, churn_comparison *c)
{
  c->rows = j->rows.judged.rows;
  c->customers = j->rows.judged.cluster_count;
  for (size_t i = 0; i < j->rows.judged.rows; i++)
    c->churners += (uint64_t)j->rows.labels[i];
}

churn_status churn_judge(const churn_judge_input *input, const churn_run *run,
                         churn_comparison *comparison, churn_error *error)
{
  churn_judging j = {.input = input,
                     .run = run,
                     .comparison = comparison,
                     .sets = input->predictions->set_count,
                     .all_pairs = comparison->settings.all_pairs};
  churn_status status = open_judging(&j, error);
  if (status == CHURN_OK)
    count_rows(&j, comparison);
  for (; status == CHURN_OK && j.first < j.sets; j.first += CHURN_JUDGED_AT_ONCE)
    status = judge_sets(&j, error);
  if (status == CHURN_OK)
    status = churn_judge_pairs(&j, error);
  clear(&j);
  return status;
}
