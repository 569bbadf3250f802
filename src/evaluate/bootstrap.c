/* Log-loss, Brier score, lift, churners and money captured in rows drawn anew.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/bootstrap.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "evaluate/cluster_groups.h"
#include "evaluate/cut.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_DRAWS = 2000, BLOCK = CHURN_CUT_DRAWS };

struct churn_bootstrap {
  const churn_judged *judged;
  const double *places;
  uint32_t draws;
  uint64_t seed;
  churn_cluster_groups clusters;
  uint32_t groups;          /* theirs */
  double *shares;           /* [folds] capacity as a share of the fold */
  bool one_cut;             /* capacity is the lift's tenth in every fold */
  uint16_t *times;          /* [draws][groups] how often each group was drawn */
  double *totals;           /* [folds + 2][groups]: each fold's weight, all churners, their money */
  double *sums;             /* [folds + 2][draws]: the same of each draw */
  churn_listed_row *listed; /* [rows] */
};

uint32_t churn_bootstrap_draws(const churn_bootstrap_settings *settings)
{
  return settings->draws == 0 ? DEFAULT_DRAWS : settings->draws;
}

void churn_bootstrap_free(churn_bootstrap *b)
{
  if (b == NULL)
    return;
  churn_cluster_groups_clear(&b->clusters);
  free(b->shares);
  free(b->times);
  free(b->totals);
  free(b->sums);
  free(b->listed);
  free(b);
}

static void list_rows(churn_bootstrap *b)
{
  const churn_judged *j = b->judged;
  size_t folds = churn_judged_folds(j);
  for (size_t i = 0; i < j->rows; i++) {
    churn_listed_row *row = &b->listed[i];
    *row = churn_listed_row_of(j, b->clusters.of, i);
    b->totals[churn_judged_fold(j, i) * b->groups + row->group] += row->weight;
    b->totals[folds * b->groups + row->group] += row->label ? row->weight : 0;
    b->totals[(folds + 1) * b->groups + row->group] += row->weight * row->value;
  }
}

static void find_shares(churn_bootstrap *b)
{
  b->one_cut = true;
  for (size_t f = 0; f < churn_judged_folds(b->judged); f++) {
    double rows = 0;
    for (uint32_t g = 0; g < b->groups; g++)
      rows += b->totals[f * b->groups + g];
    b->shares[f] = rows > 0 ? b->places[f] / rows : 0;
    b->one_cut = b->one_cut && fabs(b->shares[f] - CHURN_LIFT_SHARE) <= DBL_EPSILON;
  }
}

static size_t blocks_of(const churn_bootstrap *b)
{
  return b->draws / BLOCK + (b->draws % BLOCK != 0);
}

/* The times of a block's draws side by side; 0 past the last one. */
static void spread_times(const churn_bootstrap *b, size_t block, double *times)
{
  memset(times, 0, sizeof *times * BLOCK * b->groups);
  for (size_t i = 0; i < BLOCK && block * BLOCK + i < b->draws; i++) {
    const uint16_t *from = b->times + (block * BLOCK + i) * b->groups;
    for (uint32_t g = 0; g < b->groups; g++)
      times[g * BLOCK + i] = from[g];
  }
}

typedef struct drawing {
  churn_bootstrap *bootstrap;
  double *times; /* [threads][groups * BLOCK] */
} drawing;

static churn_status draw_block(void *context, size_t block, int thread, churn_error *error)
{
  (void)error;
  const drawing *d = context;
  churn_bootstrap *b = d->bootstrap;
  size_t count = churn_judged_folds(b->judged) + 2;
  double *times = d->times + (size_t)thread * b->groups * BLOCK, sums[BLOCK];
  for (size_t draw = block * BLOCK; draw < (block + 1) * BLOCK && draw < b->draws; draw++) {
    churn_random random = churn_random_stream(b->seed, draw);
    for (uint32_t i = 0; i < b->groups; i++)
      b->times[draw * b->groups + churn_random_below(&random, b->groups)]++;
  }
  spread_times(b, block, times);
  for (size_t k = 0; k < count; k++) {
    churn_cut_weigh(b->totals + k * b->groups, times, b->groups, sums);
    for (size_t i = 0; i < BLOCK && block * BLOCK + i < b->draws; i++)
      b->sums[k * b->draws + block * BLOCK + i] = sums[i];
  }
  return CHURN_OK;
}

static churn_status draw_all(churn_bootstrap *b, const churn_run *run, churn_error *error)
{
  size_t threads = (size_t)churn_parallel_threads(run);
  drawing d = {b, churn_array_new_aligned(threads * b->groups * BLOCK, sizeof *d.times)};
  churn_status status = d.times == NULL
                            ? churn_error_no_memory(error)
                            : churn_parallel_run(blocks_of(b), draw_block, &d, NULL, run, error);
  free(d.times);
  return status;
}

static churn_status fill(churn_bootstrap *b, const churn_run *run, churn_error *error)
{
  size_t folds = churn_judged_folds(b->judged);
  /* streams 0..draws-1 are the draws' */
  churn_status status =
      churn_cluster_groups_deal(b->judged, b->seed, b->draws, &b->clusters, error);
  if (status != CHURN_OK)
    return status;
  b->groups = b->clusters.count;
  b->shares = churn_array_new(folds, sizeof *b->shares);
  b->times = churn_array_new((size_t)b->draws * b->groups, sizeof *b->times);
  b->totals = churn_array_new((folds + 2) * b->groups, sizeof *b->totals);
  b->sums = churn_array_new((folds + 2) * b->draws, sizeof *b->sums);
  b->listed = churn_array_new(b->judged->rows, sizeof *b->listed);
  if (b->shares == NULL || b->times == NULL || b->totals == NULL || b->sums == NULL ||
      b->listed == NULL)
    return churn_error_no_memory(error);
  list_rows(b);
  find_shares(b);
  return draw_all(b, run, error);
}

churn_status churn_bootstrap_new(const churn_judged *judged, const double *places,
                                 const churn_bootstrap_settings *settings, const churn_run *run,
                                 churn_bootstrap **bootstrap, churn_error *error)
{
  churn_bootstrap *b = calloc(1, sizeof *b);
  if (b == NULL)
    return churn_error_no_memory(error);
  b->judged = judged;
  b->places = places;
  b->draws = churn_bootstrap_draws(settings);
  b->seed = settings->seed;
  churn_status status = fill(b, run, error);
  if (status == CHURN_OK)
    *bootstrap = b;
  else
    churn_bootstrap_free(b);
  return status;
}

/* One set's part. */
typedef struct set_draws {
  const churn_bootstrap *bootstrap;
  double *losses; /* [2][groups]: loss, square */
  churn_cut cuts[2];
  size_t cut_count;
  double *times;  /* [threads][groups * BLOCK] */
  double *values; /* [CHURN_MEASURES][draws] */
} set_draws;

static void sum_losses(const churn_bootstrap *b, const churn_measured_set *set, double *losses)
{
  for (size_t i = 0; i < b->judged->rows; i++) {
    const churn_listed_row *row = &b->listed[i];
    losses[row->group] += row->weight * set->losses[i];
    losses[b->groups + row->group] += row->weight * set->squares[i];
  }
}

/* What lies above a cut in each draw of a block: gains [BLOCK]. */
static void cut_block(const set_draws *s, size_t cut, size_t block, const double *times,
                      churn_gain *gains)
{
  const churn_bootstrap *b = s->bootstrap;
  size_t count = b->draws - block * BLOCK < BLOCK ? b->draws - block * BLOCK : BLOCK;
  churn_cut_start(&s->cuts[cut], times, gains);
  for (uint32_t f = 0; f < churn_judged_folds(b->judged); f++) {
    double places[BLOCK] = {0}, share = cut == 0 ? CHURN_LIFT_SHARE : b->shares[f];
    for (size_t i = 0; i < count; i++)
      places[i] = share * b->sums[f * b->draws + block * BLOCK + i];
    churn_cut_fold(&s->cuts[cut], f, times, places, count, gains);
  }
}

static churn_status set_block(void *context, size_t block, int thread, churn_error *error)
{
  (void)error;
  const set_draws *s = context;
  const churn_bootstrap *b = s->bootstrap;
  size_t folds = churn_judged_folds(b->judged);
  double *times = s->times + (size_t)thread * b->groups * BLOCK, sums[2][BLOCK];
  churn_gain gains[2][BLOCK];
  spread_times(b, block, times);
  churn_cut_weigh(s->losses, times, b->groups, sums[0]);
  churn_cut_weigh(s->losses + b->groups, times, b->groups, sums[1]);
  for (size_t c = 0; c < s->cut_count; c++)
    cut_block(s, c, block, times, gains[c]);
  for (size_t i = 0; i < BLOCK && block * BLOCK + i < b->draws; i++) {
    size_t draw = block * BLOCK + i;
    churn_gain all = {0, b->sums[folds * b->draws + draw], b->sums[(folds + 1) * b->draws + draw]};
    for (size_t f = 0; f < folds; f++)
      all.rows += b->sums[f * b->draws + draw];
    churn_measures_fill(sums[0][i], sums[1][i], all, gains[0][i], gains[s->cut_count - 1][i],
                        s->values + draw, b->draws);
  }
  return CHURN_OK;
}

churn_status churn_bootstrap_draw(const churn_bootstrap *bootstrap, const churn_measured_set *set,
                                  const churn_run *run, double *values, churn_error *error)
{
  const churn_bootstrap *b = bootstrap;
  size_t threads = (size_t)churn_parallel_threads(run), folds = churn_judged_folds(b->judged);
  set_draws s = {.bootstrap = b, .cut_count = b->one_cut ? 1 : 2, .values = values};
  double *shares = churn_array_new(folds, sizeof *shares);
  s.losses = churn_array_new(2 * (size_t)b->groups, sizeof *s.losses);
  s.times = churn_array_new_aligned(threads * b->groups * BLOCK, sizeof *s.times);
  churn_status status = shares == NULL || s.losses == NULL || s.times == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  for (size_t f = 0; status == CHURN_OK && f < folds; f++)
    shares[f] = CHURN_LIFT_SHARE;
  for (size_t c = 0; status == CHURN_OK && c < s.cut_count; c++)
    status = churn_cut_build(b->listed, set->ordering, (uint32_t)folds, b->groups,
                             c == 0 ? shares : b->shares, &s.cuts[c], error);
  if (status == CHURN_OK) {
    sum_losses(b, set, s.losses);
    status = churn_parallel_run(blocks_of(b), set_block, &s, NULL, run, error);
  }
  churn_cut_clear(&s.cuts[0]);
  churn_cut_clear(&s.cuts[1]);
  free(shares);
  free(s.losses);
  free(s.times);
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
