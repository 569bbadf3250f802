/* Figures of sets and of pairs of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/judge.h"

#include "base/holm.h"
#include "base/memory.h"
#include "design/split.h"
#include "evaluate/curves.h"
#include "evaluate/figures.h"
#include "evaluate/logit.h"
#include "evaluate/measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double level = 0.95;

typedef struct judging {
  const churn_judge_input *input;
  const churn_run *run;
  churn_judged judged;
  int8_t *labels;
  double *values;
  double *weights; /* of the population; NULL = 1 each */
  uint32_t *clusters, *folds;
  double *logits; /* [sets][judged rows], in the input's place */
  churn_ordering *orderings;
  churn_measured_set *sets;
  double *places; /* [folds] */
  double *areas;
  double *covariance;
  double *measures; /* [sets][CHURN_MEASURES] */
  double *draws;    /* [sets][CHURN_MEASURES][draws] */
} judging;

static void clear(judging *j)
{
  for (size_t s = 0; j->orderings != NULL && s < j->input->sets; s++)
    churn_ordering_clear(&j->orderings[s]);
  free(j->labels);
  free(j->values);
  free(j->weights);
  free(j->clusters);
  free(j->folds);
  free(j->orderings);
  free(j->sets);
  free(j->places);
  free(j->areas);
  free(j->covariance);
  free(j->measures);
  free(j->draws);
}

static churn_status allocate(judging *j, size_t rows, churn_error *error)
{
  size_t sets = j->input->sets;
  j->labels = churn_array_new(rows, sizeof *j->labels);
  j->values = churn_array_new(rows, sizeof *j->values);
  if (j->input->weighted && (j->weights = churn_array_new(rows, sizeof *j->weights)) == NULL)
    return churn_error_no_memory(error);
  j->clusters = churn_array_new(rows, sizeof *j->clusters);
  j->folds = churn_array_new(rows, sizeof *j->folds);
  j->orderings = churn_array_new(sets, sizeof *j->orderings);
  j->sets = churn_array_new(sets, sizeof *j->sets);
  j->places = churn_array_new(j->input->folds->count, sizeof *j->places);
  j->areas = churn_array_new(sets, sizeof *j->areas);
  j->covariance = churn_array_new(sets * sets, sizeof *j->covariance);
  j->measures = churn_array_new(sets * CHURN_MEASURES, sizeof *j->measures);
  return j->labels == NULL || j->values == NULL || j->clusters == NULL || j->folds == NULL ||
                 j->orderings == NULL || j->sets == NULL || j->places == NULL || j->areas == NULL ||
                 j->covariance == NULL || j->measures == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

/* Those of rows that are judged move together, in place: many sets' are the largest array there is.
 */
static void take_logits(judging *j)
{
  const churn_judge_input *in = j->input;
  size_t to = 0;
  for (size_t s = 0; s < in->sets; s++)
    for (size_t i = 0; i < in->rows->count; i++)
      if (in->folds->fold[i] != CHURN_NOT_JUDGED)
        in->logits[to++] = in->logits[s * in->rows->count + i];
  j->logits = in->logits;
}

/* Customers' numbers become dense: rows of one stand together. */
static void take_rows(judging *j)
{
  const churn_judge_input *in = j->input;
  uint32_t customer = 0, clusters = 0;
  size_t to = 0;
  for (size_t i = 0; i < in->rows->count; i++) {
    const churn_snapshot *row = &in->rows->rows[i];
    if (in->folds->fold[i] == CHURN_NOT_JUDGED)
      continue;
    clusters += clusters == 0 || row->customer != customer;
    customer = row->customer;
    j->labels[to] = row->label;
    j->values[to] = in->frame->values[i];
    if (j->weights != NULL)
      j->weights[to] = row->weight;
    j->clusters[to] = clusters - 1;
    j->folds[to] = in->folds->fold[i];
    to++;
  }
  j->judged.cluster_count = clusters;
}

static churn_status open_judging(judging *j, churn_error *error)
{
  const churn_judge_input *in = j->input;
  size_t rows = 0;
  for (size_t i = 0; i < in->rows->count; i++)
    rows += in->folds->fold[i] != CHURN_NOT_JUDGED;
  churn_status status = allocate(j, rows, error);
  if (status != CHURN_OK)
    return status;
  j->judged = (churn_judged){.rows = rows,
                             .labels = j->labels,
                             .weights = j->weights,
                             .values = j->values,
                             .clusters = j->clusters,
                             .folds = j->folds,
                             .fold_count = in->folds->count};
  take_rows(j);
  take_logits(j);
  status = churn_judged_check(&j->judged, error);
  for (size_t s = 0; status == CHURN_OK && s < in->sets; s++) {
    const double *logits = j->logits + s * rows;
    status = churn_ordering_build(&j->judged, logits, &j->orderings[s], error);
    j->sets[s] = (churn_measured_set){logits, &j->orderings[s]};
  }
  return status == CHURN_OK ? churn_auc_compare(&j->judged, j->orderings, in->sets, j->run,
                                                j->areas, j->covariance, error)
                            : status;
}

churn_status churn_judge_areas(const churn_judge_input *input, const churn_run *run, double *areas,
                               double *covariance, churn_error *error)
{
  judging j = {.input = input, .run = run};
  churn_status status = open_judging(&j, error);
  if (status == CHURN_OK)
    memcpy(areas, j.areas, input->sets * sizeof *areas);
  if (status == CHURN_OK && covariance != NULL)
    memcpy(covariance, j.covariance, input->sets * input->sets * sizeof *covariance);
  clear(&j);
  return status;
}

/* The desk calls `capacity` customers as of each day. A fold by time is one day's list; a fold of
 * customers is its share of every day's. */
static churn_status find_places(judging *j, const churn_comparison *c, churn_error *error)
{
  const churn_judging_folds *folds = j->input->folds;
  churn_span span;
  churn_status status = churn_span_of(j->input->rows, &span, error);
  if (status != CHURN_OK)
    return status;
  double all = 0, days = span.days > 1 ? span.days : 1;
  for (uint32_t f = 0; f < folds->count; f++)
    j->places[f] = 0;
  for (size_t i = 0; i < j->judged.rows; i++) {
    double weight = churn_judged_weight(&j->judged, i);
    j->places[j->folds[i]] += weight;
    all += weight;
  }
  for (uint32_t f = 0; f < folds->count; f++)
    j->places[f] = c->capacity == 0 ? j->places[f] / 10
                   : folds->by_time ? (double)c->capacity
                                    : (double)c->capacity * days * j->places[f] / all;
  return CHURN_OK;
}

static churn_status measure(judging *j, const churn_comparison *c, churn_error *error)
{
  churn_bootstrap_settings settings = {c->draws, c->seed};
  size_t sets = j->input->sets;
  churn_status status = find_places(j, c, error);
  j->draws = churn_array_new(sets * CHURN_MEASURES * c->draws, sizeof *j->draws);
  if (status == CHURN_OK && j->draws == NULL)
    status = churn_error_no_memory(error);
  for (size_t s = 0; status == CHURN_OK && s < sets; s++)
    status = churn_measures_compute(&j->judged, &j->sets[s], j->places,
                                    j->measures + s * CHURN_MEASURES, error);
  return status == CHURN_OK ? churn_bootstrap_run(&j->judged, j->sets, sets, j->places, &settings,
                                                  j->run, j->draws, error)
                            : status;
}

static const double *draws_of(const judging *j, const churn_comparison *c, size_t set,
                              churn_measure measure)
{
  return j->draws + (set * CHURN_MEASURES + measure) * c->draws;
}

/* Of a set, or (first not NULL) of a set minus the first. */
static churn_status estimate(const judging *j, const churn_comparison *c, const size_t *first,
                             size_t set, churn_measure measure, churn_estimate *estimate,
                             churn_error *error)
{
  churn_interval interval;
  const double *from = first == NULL ? NULL : draws_of(j, c, *first, measure);
  double base = first == NULL ? 0 : j->measures[*first * CHURN_MEASURES + measure];
  churn_status status = churn_bootstrap_interval(from, draws_of(j, c, set, measure), c->draws,
                                                 level, &interval, error);
  if (status == CHURN_OK)
    *estimate = (churn_estimate){j->measures[set * CHURN_MEASURES + measure] - base, interval.low,
                                 interval.high};
  return status;
}

static churn_status find_calibration(const judging *j, size_t set, churn_compared_set *to,
                                     churn_error *error)
{
  size_t rows = j->judged.rows;
  churn_evaluation evaluation = {0};
  double *probabilities = churn_array_new(rows, sizeof *probabilities);
  if (probabilities == NULL)
    return churn_error_no_memory(error);
  const double *logits = j->logits + set * rows;
  for (size_t i = 0; i < rows; i++)
    probabilities[i] = churn_probability(logits[i]);
  churn_scored scored = {.rows = rows,
                         .labels = j->labels,
                         .probabilities = probabilities,
                         .logits = logits,
                         .weights = j->weights,
                         .repeated = j->input->rows->repeated};
  churn_status status = churn_figures_compute(&scored, NULL, 0, j->run, &evaluation, error);
  to->calibration_slope = evaluation.figures.calibration_slope;
  to->calibration_slope_error = evaluation.slope_error;
  free(probabilities);
  return status;
}

static churn_status measure_folds(const judging *j, const churn_comparison *c, size_t set,
                                  churn_error *error)
{
  churn_compared_set *to = &c->sets[set];
  double *all = churn_array_new(c->fold_count, sizeof *all);
  if (all == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < j->judged.rows; i++) {
    double logit = j->sets[set].logits[i];
    double weight = churn_judged_weight(&j->judged, i);
    to->fold_log_losses[j->folds[i]] += weight * churn_logit_loss(logit, j->labels[i]);
    to->fold_briers[j->folds[i]] += weight * churn_logit_square(logit, j->labels[i]);
    all[j->folds[i]] += weight;
  }
  for (size_t f = 0; f < c->fold_count; f++) {
    to->fold_log_losses[f] /= all[f];
    to->fold_briers[f] /= all[f];
  }
  free(all);
  return CHURN_OK;
}

static churn_status fill_set(const judging *j, const churn_comparison *c, size_t set,
                             churn_error *error)
{
  churn_compared_set *to = &c->sets[set];
  double area = j->areas[set], variance = j->covariance[set * j->input->sets + set];
  churn_interval interval = churn_auc_interval(area, variance, level);
  to->auc = (churn_estimate){area, interval.low, interval.high};
  churn_auc_of_folds(&j->judged, &j->orderings[set], to->fold_aucs);
  churn_estimate *const estimates[CHURN_MEASURES] = {[CHURN_MEASURE_LOG_LOSS] = &to->log_loss,
                                                     [CHURN_MEASURE_BRIER] = &to->brier,
                                                     [CHURN_MEASURE_LIFT] = &to->lift,
                                                     [CHURN_MEASURE_CAPTURED] = &to->captured,
                                                     [CHURN_MEASURE_CAPTURED_VALUE] =
                                                         &to->captured_value};
  churn_status status = measure_folds(j, c, set, error);
  for (churn_measure m = 0; status == CHURN_OK && m < CHURN_MEASURES; m++)
    status = estimate(j, c, NULL, set, m, estimates[m], error);
  if (status == CHURN_OK)
    status = find_calibration(j, set, to, error);
  if (status == CHURN_OK)
    status = churn_gain_curve(&j->judged, &j->orderings[set], to->gain, error);
  return status == CHURN_OK ? churn_calibration_curve(&j->judged, j->sets[set].logits, level,
                                                      CHURN_CALIBRATION_BINS, to->calibration,
                                                      &to->calibration_count, error)
                            : status;
}

static churn_status fill_pair(const judging *j, const churn_comparison *c,
                              churn_compared_pair *pair, churn_error *error)
{
  churn_difference d = churn_auc_difference(j->areas, j->covariance, j->input->sets, pair->first,
                                            pair->second, level);
  pair->auc = (churn_estimate){d.difference, d.interval.low, d.interval.high};
  pair->auc_std_error = d.std_error;
  pair->z = d.z;
  pair->p = d.p;
  churn_status status =
      estimate(j, c, &pair->first, pair->second, CHURN_MEASURE_LOG_LOSS, &pair->log_loss, error);
  if (status == CHURN_OK)
    status =
        estimate(j, c, &pair->first, pair->second, CHURN_MEASURE_CAPTURED, &pair->captured, error);
  return status == CHURN_OK ? estimate(j, c, &pair->first, pair->second,
                                       CHURN_MEASURE_CAPTURED_VALUE, &pair->captured_value, error)
                            : status;
}

char *churn_judge_verdict(const char *first, const char *second, const churn_compared_pair *pair)
{
  const churn_estimate *d = &pair->auc;
  if (isnan(pair->p))
    return churn_text_format("too few churners to tell %s from %s", second, first);
  if (d->value == 0 && pair->auc_std_error == 0)
    return churn_text_format("%s and %s rank alike", second, first);
  if (!(pair->p_adjusted < 1 - level))
    return churn_text_format("no difference in AUC shown between %s and %s: %+.3f [%+.3f, %+.3f]",
                             second, first, d->value, d->low, d->high);
  bool better = d->value > 0;
  return churn_text_format("%s %s %s by %.3f AUC [%.3f, %.3f]", second,
                           better ? "beats" : "falls behind", first, fabs(d->value),
                           better ? d->low : -d->high, better ? d->high : -d->low);
}

static churn_status adjust_pairs(churn_comparison *c, churn_error *error)
{
  double *p = churn_array_new(c->pair_count, sizeof *p);
  churn_status status = p == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < c->pair_count; i++)
    p[i] = c->pairs[i].p;
  if (status == CHURN_OK)
    status = churn_holm_adjust(p, c->pair_count, p, error);
  for (size_t i = 0; status == CHURN_OK && i < c->pair_count; i++) {
    churn_compared_pair *pair = &c->pairs[i];
    pair->p_adjusted = p[i];
    pair->verdict =
        churn_judge_verdict(c->sets[pair->first].name, c->sets[pair->second].name, pair);
    if (pair->verdict == NULL)
      status = churn_error_no_memory(error);
  }
  free(p);
  return status;
}

static void count_rows(const judging *j, churn_comparison *c)
{
  c->rows = j->judged.rows;
  c->customers = j->judged.cluster_count;
  for (size_t i = 0; i < j->judged.rows; i++)
    c->churners += (uint64_t)j->labels[i];
}

churn_status churn_judge(const churn_judge_input *input, const churn_run *run,
                         churn_comparison *comparison, churn_error *error)
{
  judging j = {.input = input, .run = run};
  churn_status status = open_judging(&j, error);
  if (status == CHURN_OK) {
    count_rows(&j, comparison);
    status = measure(&j, comparison, error);
  }
  for (size_t s = 0; status == CHURN_OK && s < input->sets; s++)
    status = fill_set(&j, comparison, s, error);
  for (size_t i = 0; status == CHURN_OK && i < comparison->pair_count; i++)
    status = fill_pair(&j, comparison, &comparison->pairs[i], error);
  if (status == CHURN_OK)
    status = adjust_pairs(comparison, error);
  clear(&j);
  return status;
}
