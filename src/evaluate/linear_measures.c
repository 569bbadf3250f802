/* Linearised values of log-loss, Brier score, lift, churners and money captured.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/linear_measures.h"

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/group_walk.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void churn_linear_rows_clear(churn_linear_rows *rows)
{
  free(rows->rows);
  free(rows->shares);
  free(rows->reached);
  *rows = (churn_linear_rows){0};
}

churn_status churn_linear_rows_open(const churn_judged *judged, const churn_cluster_groups *groups,
                                    const double *places, churn_linear_rows *rows,
                                    churn_error *error)
{
  size_t folds = churn_judged_folds(judged);
  *rows = (churn_linear_rows){.judged = judged, .groups = groups, .one_cut = true};
  rows->rows = churn_array_new(folds, sizeof *rows->rows);
  rows->shares = churn_array_new(folds, sizeof *rows->shares);
  rows->reached = churn_array_new(groups->count, sizeof *rows->reached);
  if (rows->rows == NULL || rows->shares == NULL || rows->reached == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < judged->rows; i++)
    rows->rows[churn_judged_fold(judged, i)] += churn_judged_weight(judged, i);
  for (size_t f = 0; f < folds; f++) {
    rows->shares[f] = rows->rows[f] > 0 ? fmin(places[f] / rows->rows[f], 1) : 0;
    rows->one_cut = rows->one_cut && fabs(rows->shares[f] - CHURN_LIFT_SHARE) <= DBL_EPSILON;
  }
  for (size_t i = 0; i < judged->rows; i++)
    rows->reached[groups->of[churn_judged_cluster(judged, i)]] +=
        churn_judged_weight(judged, i) * rows->shares[churn_judged_fold(judged, i)];
  return CHURN_OK;
}

static void sum_losses(const churn_linear_rows *r, const churn_measured_set *set,
                       const double *measures, double *losses, double *squares)
{
  double all = 0;
  for (size_t i = 0; i < r->judged->rows; i++) {
    double weight = churn_judged_weight(r->judged, i);
    uint32_t group = r->groups->of[churn_judged_cluster(r->judged, i)];
    losses[group] += weight * (set->losses[i] - measures[CHURN_MEASURE_LOG_LOSS]);
    squares[group] += weight * (set->squares[i] - measures[CHURN_MEASURE_BRIER]);
    all += weight;
  }
  for (uint32_t g = 0; g < r->groups->count; g++) {
    losses[g] /= all;
    squares[g] /= all;
  }
}

/* One cut at a share of each fold; shares NULL = the lift's everywhere. */
typedef struct linear_cut {
  const churn_linear_rows *rows;
  const churn_list *list;
  const double *shares;
  churn_gain all;
  churn_marginal margin;
} linear_cut;

static double share_of(const linear_cut *cut, uint32_t fold)
{
  return cut->shares == NULL ? CHURN_LIFT_SHARE : cut->shares[fold];
}

static void find_margin(linear_cut *cut)
{
  churn_gain gains[2] = {{0, 0, 0}, {0, 0, 0}};
  double reach = churn_linear_reach(cut->rows->judged);
  for (uint32_t f = 0; f < cut->list->folds; f++) {
    double share = share_of(cut, f), rows = cut->rows->rows[f];
    const double places[2] = {fmax(share - reach, 0) * rows, fmin(share + reach, 1) * rows};
    churn_gain_add_fold(cut->list, f, NULL, places, 2, gains);
  }
  cut->margin = churn_marginal_between(gains[0], gains[1]);
}

/* What a group catches beyond the share of all: churners over all churners, money over all. */
static void fill_cut(const linear_cut *cut, const churn_gain *above, double captured,
                     double captured_value, double *churners, double *values)
{
  const churn_cluster_groups *groups = cut->rows->groups;
  for (uint32_t g = 0; g < groups->count; g++) {
    churn_gain total = groups->totals[g], top = above[g];
    double share = cut->shares == NULL ? CHURN_LIFT_SHARE * total.rows : cut->rows->reached[g];
    double moved = top.rows - share;
    churners[g] = (top.churners - cut->margin.churners * moved - captured * total.churners) /
                  cut->all.churners;
    if (values != NULL)
      values[g] =
          (top.value - cut->margin.value * moved - captured_value * total.value) / cut->all.value;
  }
}

static churn_status find_cut(linear_cut *cut, double captured, double captured_value,
                             double *churners, double *values, churn_error *error)
{
  churn_group_walk walk;
  churn_status status = churn_group_walk_open(cut->list, cut->rows->groups->count, &walk, error);
  find_margin(cut);
  for (uint32_t f = 0; status == CHURN_OK && f < cut->list->folds; f++)
    status = churn_group_walk_on(&walk, f, share_of(cut, f) * cut->rows->rows[f], error);
  if (status == CHURN_OK)
    fill_cut(cut, walk.above, captured, captured_value, churners, values);
  churn_group_walk_clear(&walk);
  return status;
}

churn_status churn_linear_measures(const churn_linear_rows *rows, const churn_measured_set *set,
                                   const double *measures, double *values, churn_error *error)
{
  size_t n = rows->groups->count;
  double *of[CHURN_MEASURES];
  for (size_t m = 0; m < CHURN_MEASURES; m++)
    of[m] = values + m * n;
  for (size_t i = 0; i < 2 * n; i++)
    of[CHURN_MEASURE_LOG_LOSS][i] = 0;
  sum_losses(rows, set, measures, of[CHURN_MEASURE_LOG_LOSS], of[CHURN_MEASURE_BRIER]);
  linear_cut cut = {rows, set->list, rows->shares, churn_gain_all(set->list), {0, 0}};
  churn_status status =
      find_cut(&cut, measures[CHURN_MEASURE_CAPTURED], measures[CHURN_MEASURE_CAPTURED_VALUE],
               of[CHURN_MEASURE_CAPTURED], of[CHURN_MEASURE_CAPTURED_VALUE], error);
  double captured = measures[CHURN_MEASURE_LIFT] * CHURN_LIFT_SHARE;
  cut.shares = NULL;
  if (status == CHURN_OK && !rows->one_cut)
    status = find_cut(&cut, captured, NAN, of[CHURN_MEASURE_LIFT], NULL, error);
  /* the lift is the share captured by a tenth, over that tenth */
  for (size_t g = 0; status == CHURN_OK && g < n; g++)
    of[CHURN_MEASURE_LIFT][g] =
        of[rows->one_cut ? CHURN_MEASURE_CAPTURED : CHURN_MEASURE_LIFT][g] / CHURN_LIFT_SHARE;
  return status;
}

double churn_linear_variance(const double *a, const double *b, uint32_t groups)
{
  double sum = 0;
  for (uint32_t g = 0; g < groups; g++) {
    double z = b[g] - (a == NULL ? 0 : a[g]);
    sum += z * z;
  }
  return groups > 1 ? sum * groups / (groups - 1) : NAN;
}
