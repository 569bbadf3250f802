/* Log-loss, Brier score, lift, churners and money captured, and their bootstrap.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/measures.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "evaluate/gain.h"
#include "evaluate/logit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 4096, DEFAULT_DRAWS = 2000 };

static const double lift_share = 0.1;

/* Weighted sums over the rows of one group. */
typedef struct losses {
  double loss;
  double square;
} losses;

typedef struct bootstrap {
  const churn_judged *judged;
  const double *places;
  uint32_t draws;
  uint64_t seed;
  uint32_t *group_of; /* [clusters] */
  uint32_t groups;
  double *shares;     /* [folds] capacity as a share of the fold */
  churn_gain *totals; /* [folds][groups] */
  double *multiples;  /* [threads][groups] how often each group was drawn */
  /* of the set at hand */
  churn_list list;
  losses *sums; /* [groups] */
  double *values;
} bootstrap;

static void fill_measures(const losses *sums, churn_gain all, churn_gain top, churn_gain reached,
                          double *measures, size_t stride)
{
  measures[CHURN_MEASURE_LOG_LOSS * stride] = sums->loss / all.rows;
  measures[CHURN_MEASURE_BRIER * stride] = sums->square / all.rows;
  measures[CHURN_MEASURE_LIFT * stride] = churn_gain_lift(top, all);
  measures[CHURN_MEASURE_CAPTURED * stride] = churn_gain_captured(reached, all);
  measures[CHURN_MEASURE_CAPTURED_VALUE * stride] = churn_gain_captured_value(reached, all);
}

static void add_losses(const churn_judged *judged, const double *logits, size_t row, losses *sums)
{
  double weight = churn_judged_weight(judged, row);
  sums->loss += weight * churn_logit_loss(logits[row], judged->labels[row]);
  sums->square += weight * churn_logit_square(logits[row], judged->labels[row]);
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

churn_status churn_measures_compute(const churn_judged *judged, const churn_measured_set *set,
                                    const double *places, double *measures, churn_error *error)
{
  churn_list list = {0};
  churn_gain gains[2] = {{0, 0, 0}, {0, 0, 0}};
  losses sums = {0, 0};
  churn_status status = churn_list_build(judged, set->ordering, NULL, &list, error);
  if (status != CHURN_OK)
    return status;
  for (size_t i = 0; i < judged->rows; i++)
    add_losses(judged, set->logits, i, &sums);
  for (uint32_t f = 0; f < list.folds; f++)
    add_places(&list, f, NULL, lift_share * churn_gain_of_fold(&list, f, NULL).rows, places[f],
               gains);
  fill_measures(&sums, churn_gain_all(&list), gains[0], gains[1], measures, 1);
  churn_list_clear(&list);
  return CHURN_OK;
}

uint32_t churn_bootstrap_draws(const churn_bootstrap_settings *settings)
{
  return settings->draws == 0 ? DEFAULT_DRAWS : settings->draws;
}

/* Clusters that have rows are shuffled and dealt out. Streams 0..draws-1 are the draws'. */
static churn_status group_clusters(bootstrap *b, churn_error *error)
{
  size_t clusters = churn_judged_clusters(b->judged);
  uint32_t used = 0;
  uint32_t *order = churn_array_new(clusters, sizeof *order);
  churn_random random = churn_random_stream(b->seed, b->draws);
  if (order == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < b->judged->rows; i++)
    b->group_of[churn_judged_cluster(b->judged, i)] = 1;
  for (size_t c = 0; c < clusters; c++)
    used += b->group_of[c];
  b->groups = used < MOST_GROUPS ? used : MOST_GROUPS;
  churn_random_shuffle(&random, order, used);
  for (size_t c = 0, at = 0; c < clusters; c++)
    if (b->group_of[c] == 1)
      b->group_of[c] = order[at++] % b->groups;
  free(order);
  return CHURN_OK;
}

static void sum_totals(bootstrap *b)
{
  const churn_judged *j = b->judged;
  for (size_t i = 0; i < j->rows; i++) {
    uint32_t group = b->group_of[churn_judged_cluster(j, i)];
    churn_gain *total = &b->totals[(size_t)churn_judged_fold(j, i) * b->groups + group];
    double weight = churn_judged_weight(j, i);
    total->rows += weight;
    total->churners += j->labels[i] ? weight : 0;
    total->value += weight * churn_judged_loss(j, i);
  }
  for (uint32_t f = 0; f < churn_judged_folds(j); f++) {
    double rows = 0;
    for (uint32_t g = 0; g < b->groups; g++)
      rows += b->totals[(size_t)f * b->groups + g].rows;
    b->shares[f] = rows > 0 ? b->places[f] / rows : 0;
  }
}

static churn_status prepare(bootstrap *b, const churn_run *run, churn_error *error)
{
  size_t folds = churn_judged_folds(b->judged), threads = (size_t)churn_parallel_threads(run);
  b->group_of = churn_array_new(churn_judged_clusters(b->judged), sizeof *b->group_of);
  b->shares = churn_array_new(folds, sizeof *b->shares);
  if (b->group_of == NULL || b->shares == NULL)
    return churn_error_no_memory(error);
  churn_status status = group_clusters(b, error);
  if (status != CHURN_OK)
    return status;
  b->totals = churn_array_new(folds * b->groups, sizeof *b->totals);
  b->multiples = churn_array_new(threads * b->groups, sizeof *b->multiples);
  b->sums = churn_array_new(b->groups, sizeof *b->sums);
  if (b->totals == NULL || b->multiples == NULL || b->sums == NULL)
    return churn_error_no_memory(error);
  sum_totals(b);
  return CHURN_OK;
}

static void clear(bootstrap *b)
{
  free(b->group_of);
  free(b->shares);
  free(b->totals);
  free(b->multiples);
  free(b->sums);
  churn_list_clear(&b->list);
}

static churn_gain draw_total(const bootstrap *b, uint32_t fold, const double *multiples)
{
  churn_gain all = {0, 0, 0};
  for (uint32_t g = 0; g < b->groups; g++) {
    const churn_gain *total = &b->totals[(size_t)fold * b->groups + g];
    all.rows += multiples[g] * total->rows;
    all.churners += multiples[g] * total->churners;
    all.value += multiples[g] * total->value;
  }
  return all;
}

static churn_status run_draw(void *context, size_t draw, int thread, churn_error *error)
{
  (void)error;
  const bootstrap *b = context;
  double *multiples = b->multiples + (size_t)thread * b->groups;
  churn_random random = churn_random_stream(b->seed, draw);
  churn_gain all = {0, 0, 0}, gains[2] = {{0, 0, 0}, {0, 0, 0}};
  losses sums = {0, 0};
  memset(multiples, 0, b->groups * sizeof *multiples);
  for (uint32_t i = 0; i < b->groups; i++)
    multiples[churn_random_below(&random, b->groups)]++;
  for (uint32_t g = 0; g < b->groups; g++) {
    sums.loss += multiples[g] * b->sums[g].loss;
    sums.square += multiples[g] * b->sums[g].square;
  }
  for (uint32_t f = 0; f < b->list.folds; f++) {
    churn_gain fold = draw_total(b, f, multiples);
    add_places(&b->list, f, multiples, lift_share * fold.rows, b->shares[f] * fold.rows, gains);
    all.rows += fold.rows;
    all.churners += fold.churners;
    all.value += fold.value;
  }
  fill_measures(&sums, all, gains[0], gains[1], b->values + draw, b->draws);
  return CHURN_OK;
}

static churn_status run_set(bootstrap *b, const churn_measured_set *set, const churn_run *run,
                            double *values, churn_error *error)
{
  churn_list_clear(&b->list);
  churn_status status = churn_list_build(b->judged, set->ordering, b->group_of, &b->list, error);
  if (status != CHURN_OK)
    return status;
  memset(b->sums, 0, b->groups * sizeof *b->sums);
  for (size_t i = 0; i < b->judged->rows; i++)
    add_losses(b->judged, set->logits, i,
               &b->sums[b->group_of[churn_judged_cluster(b->judged, i)]]);
  b->values = values;
  return churn_parallel_run(b->draws, run_draw, b, NULL, run, error);
}

churn_status churn_bootstrap_run(const churn_judged *judged, const churn_measured_set *sets,
                                 size_t count, const double *places,
                                 const churn_bootstrap_settings *settings, const churn_run *run,
                                 double *values, churn_error *error)
{
  bootstrap b = {.judged = judged,
                 .places = places,
                 .draws = churn_bootstrap_draws(settings),
                 .seed = settings->seed};
  churn_status status = prepare(&b, run, error);
  for (size_t s = 0; status == CHURN_OK && s < count; s++)
    status = run_set(&b, &sets[s], run, values + s * CHURN_MEASURES * b.draws, error);
  clear(&b);
  return status;
}

static int compare(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

/* Hyndman and Fan 1996, definition 7. */
static double quantile(const double *sorted, size_t count, double share)
{
  double place = share * (double)(count - 1);
  size_t below = (size_t)place;
  if (below + 1 >= count)
    return sorted[count - 1];
  return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

churn_status churn_bootstrap_interval(const double *a, const double *b, uint32_t draws,
                                      double level, churn_interval *interval, churn_error *error)
{
  double *sorted = churn_array_new(draws, sizeof *sorted);
  size_t count = 0;
  if (sorted == NULL)
    return churn_error_no_memory(error);
  for (uint32_t i = 0; i < draws; i++) {
    double value = a == NULL ? b[i] : b[i] - a[i];
    if (!isnan(value))
      sorted[count++] = value;
  }
  *interval = (churn_interval){NAN, NAN};
  if (count > 0 && count >= draws / 2) {
    qsort(sorted, count, sizeof *sorted, compare);
    *interval = (churn_interval){quantile(sorted, count, (1 - level) / 2),
                                 quantile(sorted, count, (1 + level) / 2)};
  }
  free(sorted);
  return CHURN_OK;
}
