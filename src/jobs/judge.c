/* Figures of sets and of pairs of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/judge.h"

#include "base/holm.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "design/split.h"
#include "evaluate/bootstrap.h"
#include "evaluate/curves.h"
#include "evaluate/linear_measures.h"
#include "fit/logit_line.h"
#include "jobs/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double level = CHURN_VERDICT_LEVEL;

/* Sets whose logits are made in one reading of the tiles. */
enum { AT_ONCE = 2 };

typedef struct judging {
  const churn_judge_input *input;
  const churn_run *run;
  churn_comparison *comparison;
  size_t sets;
  churn_judged_rows rows;
  churn_auc_rows *auc_rows;
  churn_bootstrap *bootstrap; /* NULL where intervals come without draws */
  churn_cluster_groups groups;
  churn_linear_rows linear;
  size_t width;       /* draws, or groups */
  double *places;     /* [folds] */
  double *areas;      /* [sets] */
  double *covariance; /* [sets][sets]: of pairs that are wanted */
  double *measures;   /* [sets][CHURN_MEASURES] */
  double *values;     /* [sets][CHURN_MEASURES][width]: of each draw, or linearised */
  double **parts;     /* [sets]: [judged rows] of the area; NULL = not held, or not yet */
  bool all_pairs;
  int workers;     /* sets that are measured at a time */
  churn_run inner; /* of one of them */
  double *logits;  /* [AT_ONCE][rows] */
  double *losses;  /* [workers][judged rows] of the set at hand */
  double *squares; /* alike */
  churn_ordering orderings[AT_ONCE];
  size_t first; /* set of those at hand */
} judging;

static void clear(judging *j)
{
  for (size_t s = 0; j->parts != NULL && s < j->sets; s++)
    free(j->parts[s]);
  free(j->parts);
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
  for (size_t s = 0; s < AT_ONCE; s++)
    churn_ordering_clear(&j->orderings[s]);
  free(j->logits);
  free(j->losses);
  free(j->squares);
}

static churn_status allocate(judging *j, churn_error *error)
{
  size_t sets = j->sets, rows = j->rows.judged.rows;
  j->places = churn_array_new(j->input->folds->count, sizeof *j->places);
  j->areas = churn_array_new(sets, sizeof *j->areas);
  j->covariance = churn_array_new(sets * sets, sizeof *j->covariance);
  j->measures = churn_array_new(sets * CHURN_MEASURES, sizeof *j->measures);
  j->values = churn_array_new(sets * CHURN_MEASURES * j->width, sizeof *j->values);
  j->parts = churn_array_new(sets, sizeof *j->parts);
  j->losses = churn_array_new((size_t)j->workers * rows, sizeof *j->losses);
  j->squares = churn_array_new((size_t)j->workers * rows, sizeof *j->squares);
  return j->places == NULL || j->areas == NULL || j->covariance == NULL || j->measures == NULL ||
                 j->values == NULL || j->parts == NULL || j->losses == NULL || j->squares == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

static size_t at_once(size_t sets, size_t first)
{
  return sets - first < AT_ONCE ? sets - first : AT_ONCE;
}

/* Logits of sets first.. at once, those of judged rows packed. */
static churn_status make_logits(const churn_judge_input *in, const churn_judged_rows *rows,
                                size_t first, size_t count, const churn_run *run, double *logits,
                                churn_error *error)
{
  churn_status status = churn_predictions_make(in->predictions, first, count, run, logits, error);
  for (size_t s = 0; status == CHURN_OK && s < count; s++)
    churn_judged_rows_pack(rows, logits + s * rows->all);
  return status;
}

static churn_status area_of(const churn_judged_rows *rows, const churn_auc_rows *auc_rows,
                            const double *logits, const churn_run *run, double *parts, double *area,
                            churn_error *error)
{
  churn_ordering ordering = {NULL, NULL, NULL};
  churn_status status = churn_ordering_sort(&rows->judged, logits, run, &ordering, error);
  if (status == CHURN_OK)
    status = churn_auc_parts(auc_rows, &ordering, run, area, parts, error);
  churn_ordering_clear(&ordering);
  return status;
}

churn_status churn_judge_area(const churn_judged_rows *rows, const churn_auc_rows *auc_rows,
                              double *logits, const churn_run *run, double *area, double *parts,
                              churn_error *error)
{
  churn_judged_rows_pack(rows, logits);
  return area_of(rows, auc_rows, logits, run, parts, area, error);
}

churn_status churn_judge_predicted(const churn_judge_input *input, const churn_run *run,
                                   double *areas, churn_error *error)
{
  churn_judged_rows rows = {0};
  churn_auc_rows *auc_rows = NULL;
  size_t sets = input->predictions->set_count;
  double *logits = churn_array_new(at_once(sets, 0) * input->rows->count, sizeof *logits);
  double *parts = churn_array_new(input->rows->count, sizeof *parts);
  churn_status status = logits == NULL || parts == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_judged_rows_take(input->rows, input->values, input->folds, input->weighted,
                                    &rows, error);
  if (status == CHURN_OK)
    status = churn_auc_rows_new(&rows.judged, &auc_rows, error);
  for (size_t s = 0; status == CHURN_OK && s < sets; s++) {
    if (s % AT_ONCE == 0)
      status = make_logits(input, &rows, s, at_once(sets, s), run, logits, error);
    if (status == CHURN_OK)
      status =
          area_of(&rows, auc_rows, logits + s % AT_ONCE * rows.all, run, parts, &areas[s], error);
  }
  churn_judged_rows_clear(&rows);
  churn_auc_rows_free(auc_rows);
  free(logits);
  free(parts);
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
static churn_status choose_intervals(judging *j, churn_error *error)
{
  churn_comparison *c = j->comparison;
  churn_status status =
      churn_cluster_groups_deal(&j->rows.judged, c->seed, c->draws, &j->groups, error);
  if (c->settings.draws == 0 && j->groups.clusters > CHURN_MOST_GROUPS)
    c->draws = 0;
  j->width = c->draws == 0 ? j->groups.count : c->draws;
  return status;
}

static churn_status open_judging(judging *j, churn_error *error)
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
  j->logits = churn_array_new(at_once(j->sets, 0) * j->rows.all, sizeof *j->logits);
  if (status == CHURN_OK && j->logits == NULL)
    status = churn_error_no_memory(error);
  churn_bootstrap_settings settings = {j->comparison->draws, j->comparison->seed};
  if (status != CHURN_OK)
    return status;
  return settings.draws == 0
             ? churn_linear_rows_open(&j->rows.judged, &j->groups, j->places, &j->linear, error)
             : churn_bootstrap_new(&j->rows.judged, j->places, &settings, j->run, &j->bootstrap,
                                   error);
}

static const double *values_of(const judging *j, size_t set, churn_measure measure)
{
  return j->values + (set * CHURN_MEASURES + measure) * j->width;
}

static churn_status find_interval(const judging *j, const double *base, const double *values,
                                  double figure, bool is_share, churn_interval *interval,
                                  churn_error *error)
{
  if (j->bootstrap != NULL)
    return churn_bootstrap_interval(base, values, (uint32_t)j->width, level, interval, error);
  double variance = churn_linear_variance(base, values, j->groups.count);
  *interval = is_share ? churn_share_interval(figure, variance, j->groups.clusters, level)
                       : churn_normal_interval(figure, variance, level);
  return CHURN_OK;
}

/* Of a set, or (first not NULL) of a set minus the first. */
static churn_status estimate(const judging *j, const size_t *first, size_t set,
                             churn_measure measure, churn_estimate *estimate, churn_error *error)
{
  churn_interval interval;
  const double *from = first == NULL ? NULL : values_of(j, *first, measure);
  double base = first == NULL ? 0 : j->measures[*first * CHURN_MEASURES + measure];
  double figure = j->measures[set * CHURN_MEASURES + measure] - base;
  bool is_share = first == NULL &&
                  (measure == CHURN_MEASURE_CAPTURED || measure == CHURN_MEASURE_CAPTURED_VALUE);
  churn_status status =
      find_interval(j, from, values_of(j, set, measure), figure, is_share, &interval, error);
  if (status == CHURN_OK)
    *estimate = (churn_estimate){figure, interval.low, interval.high};
  return status;
}

static churn_status find_calibration(const judging *j, const double *logits, churn_compared_set *to,
                                     churn_error *error)
{
  churn_logit_line line;
  churn_logit_rows rows = {.rows = j->rows.judged.rows,
                           .logits = logits,
                           .labels = j->rows.labels,
                           .weights = j->rows.weights,
                           .repeated = j->input->rows->repeated,
                           .clusters = j->rows.judged.clusters};
  churn_status status = churn_logit_line_fit(&rows, j->run, &line, error);
  if (status == CHURN_OK) {
    to->calibration_slope = line.slope;
    to->calibration_slope_error = line.slope_error;
  }
  return status;
}

static churn_status measure_folds(const judging *j, const double *losses, const double *squares,
                                  churn_compared_set *to, churn_error *error)
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

/* Its own variance, and its covariance with the sets whose parts are held. */
static churn_status find_area(judging *j, size_t set, const churn_ordering *ordering,
                              churn_error *error)
{
  double *parts = j->parts[set] = churn_array_new(j->rows.judged.rows, sizeof *parts);
  if (parts == NULL)
    return churn_error_no_memory(error);
  churn_status status =
      churn_auc_parts(j->auc_rows, ordering, j->run, &j->areas[set], parts, error);
  for (size_t other = 0; status == CHURN_OK && other <= set; other++) {
    const double *two[] = {j->parts[other], parts};
    double covariance[4];
    if (two[0] == NULL)
      continue;
    status = churn_auc_covary(j->auc_rows, two, 2, j->run, covariance, error);
    j->covariance[other * j->sets + other] = covariance[0];
    j->covariance[set * j->sets + set] = covariance[3];
    j->covariance[other * j->sets + set] = j->covariance[set * j->sets + other] = covariance[1];
  }
  if (set > 0 && !j->all_pairs) {
    free(parts);
    j->parts[set] = NULL;
  }
  return status;
}

static churn_status fill_estimates(const judging *j, size_t set, churn_error *error)
{
  churn_comparison *c = j->comparison;
  churn_compared_set *to = &c->sets[set];
  double area = j->areas[set], variance = j->covariance[set * j->sets + set];
  churn_interval interval = churn_auc_interval(area, variance, level);
  churn_estimate *const estimates[CHURN_MEASURES] = {[CHURN_MEASURE_LOG_LOSS] = &to->log_loss,
                                                     [CHURN_MEASURE_BRIER] = &to->brier,
                                                     [CHURN_MEASURE_LIFT] = &to->lift,
                                                     [CHURN_MEASURE_CAPTURED] = &to->captured,
                                                     [CHURN_MEASURE_CAPTURED_VALUE] =
                                                         &to->captured_value};
  churn_status status = CHURN_OK;
  to->auc = (churn_estimate){area, interval.low, interval.high};
  for (churn_measure m = 0; status == CHURN_OK && m < CHURN_MEASURES; m++)
    status = estimate(j, NULL, set, m, estimates[m], error);
  return status;
}

/* Its figures, and what their intervals rest on. */
static churn_status measure_set(const judging *j, size_t set, const churn_measured_set *measured,
                                churn_error *error)
{
  double *measures = j->measures + set * CHURN_MEASURES;
  double *values = j->values + set * CHURN_MEASURES * j->width;
  churn_status status =
      churn_measures_compute(&j->rows.judged, measured, j->places, measures, error);
  if (status != CHURN_OK)
    return status;
  return j->bootstrap == NULL
             ? churn_linear_measures(&j->linear, measured, measures, values, error)
             : churn_bootstrap_draw(j->bootstrap, measured, &j->inner, values, error);
}

/* All that a set's figures need of itself alone. */
static churn_status judge_alone(void *context, size_t task, int thread, churn_error *error)
{
  judging *j = context;
  const churn_judged *judged = &j->rows.judged;
  const double *logits = j->logits + task * j->rows.all;
  double *losses = j->losses + (size_t)thread * judged->rows;
  double *squares = j->squares + (size_t)thread * judged->rows;
  churn_compared_set *to = &j->comparison->sets[j->first + task];
  churn_list list = {0};
  churn_measured_set measured = {losses, squares, &j->orderings[task], &list};
  churn_status status = churn_ordering_sort(judged, logits, &j->inner, &j->orderings[task], error);
  if (status == CHURN_OK)
    status = churn_list_build(judged, &j->orderings[task], j->groups.of, &list, error);
  if (status == CHURN_OK)
    status = churn_measures_lose(judged, logits, &j->inner, losses, squares, error);
  if (status == CHURN_OK)
    status = measure_set(j, j->first + task, &measured, error);
  if (status == CHURN_OK)
    status = measure_folds(j, losses, squares, to, error);
  if (status == CHURN_OK)
    status = churn_gain_curve(judged, &list, &j->groups, level, to->gain, error);
  churn_list_clear(&list);
  return status == CHURN_OK ? churn_calibration_curve_of(judged, &j->orderings[task], logits, level,
                                                         CHURN_CALIBRATION_BINS, to->calibration,
                                                         &to->calibration_count, error)
                            : status;
}

/* The rest: areas go with those of other sets, and the line takes all threads. */
static churn_status judge_among(judging *j, size_t task, churn_error *error)
{
  size_t set = j->first + task;
  churn_compared_set *to = &j->comparison->sets[set];
  churn_status status = find_area(j, set, &j->orderings[task], error);
  if (status == CHURN_OK) {
    churn_auc_of_folds(&j->rows.judged, &j->orderings[task], to->fold_aucs);
    status = fill_estimates(j, set, error);
  }
  if (status == CHURN_OK)
    status = find_calibration(j, j->logits + task * j->rows.all, to, error);
  churn_ordering_clear(&j->orderings[task]);
  return status;
}

/* As many sets side by side as there are threads; fewer sets than threads share these inside. */
static void choose_workers(judging *j)
{
  size_t sets = at_once(j->sets, 0), threads = (size_t)churn_parallel_threads(j->run);
  j->workers = sets < threads ? 1 : (int)threads;
  j->inner.threads = sets < threads ? (int)threads : 1;
}

static churn_status judge_sets(judging *j, churn_error *error)
{
  const churn_run side_by_side = {.threads = j->workers};
  size_t count = at_once(j->sets, j->first);
  churn_status status = make_logits(j->input, &j->rows, j->first, count, j->run, j->logits, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(count, judge_alone, j, NULL, &side_by_side, error);
  for (size_t s = 0; status == CHURN_OK && s < count; s++)
    status = judge_among(j, s, error);
  return status;
}

static churn_status fill_pair(const judging *j, churn_compared_pair *pair, churn_error *error)
{
  churn_difference d =
      churn_auc_difference(j->areas, j->covariance, j->sets, pair->first, pair->second, level);
  pair->auc = (churn_estimate){d.difference, d.interval.low, d.interval.high};
  pair->auc_std_error = d.std_error;
  pair->z = d.z;
  pair->p = d.p;
  churn_status status =
      estimate(j, &pair->first, pair->second, CHURN_MEASURE_LOG_LOSS, &pair->log_loss, error);
  if (status == CHURN_OK)
    status =
        estimate(j, &pair->first, pair->second, CHURN_MEASURE_CAPTURED, &pair->captured, error);
  return status == CHURN_OK ? estimate(j, &pair->first, pair->second, CHURN_MEASURE_CAPTURED_VALUE,
                                       &pair->captured_value, error)
                            : status;
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
        churn_verdict_words(c->sets[pair->first].name, c->sets[pair->second].name, pair);
    if (pair->verdict == NULL)
      status = churn_error_no_memory(error);
  }
  free(p);
  return status;
}

static void count_rows(const judging *j, churn_comparison *c)
{
  c->rows = j->rows.judged.rows;
  c->customers = j->rows.judged.cluster_count;
  for (size_t i = 0; i < j->rows.judged.rows; i++)
    c->churners += (uint64_t)j->rows.labels[i];
}

churn_status churn_judge(const churn_judge_input *input, const churn_run *run,
                         churn_comparison *comparison, churn_error *error)
{
  judging j = {.input = input,
               .run = run,
               .comparison = comparison,
               .sets = input->predictions->set_count,
               .all_pairs = comparison->settings.all_pairs};
  choose_workers(&j);
  churn_status status = open_judging(&j, error);
  if (status == CHURN_OK)
    count_rows(&j, comparison);
  for (; status == CHURN_OK && j.first < j.sets; j.first += AT_ONCE)
    status = judge_sets(&j, error);
  for (size_t i = 0; status == CHURN_OK && i < comparison->pair_count; i++)
    status = fill_pair(&j, &comparison->pairs[i], error);
  if (status == CHURN_OK)
    status = adjust_pairs(comparison, error);
  clear(&j);
  return status;
}
