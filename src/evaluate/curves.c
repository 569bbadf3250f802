/* Gain, ROC and precision-recall curves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/curves.h"

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/group_walk.h"
#include "evaluate/linear.h"

#include <math.h>
#include <stdlib.h>

static double depth_of(size_t point)
{
  return (double)point / (CHURN_GAIN_POINTS - 1);
}

static void fill_points(const churn_gain *gains, churn_gain all, churn_gain_point *points)
{
  double stayers = all.rows - all.churners;
  for (size_t i = CHURN_GAIN_POINTS; i-- > 0;) {
    churn_gain top = gains[i];
    points[i] = (churn_gain_point){
        .depth = depth_of(i),
        .captured = churn_gain_captured(top, all),
        .captured_value = churn_gain_captured_value(top, all),
        .false_positive_rate = stayers > 0 ? (top.rows - top.churners) / stayers : NAN,
        .precision = top.rows > 0                ? top.churners / top.rows
                     : i + 1 < CHURN_GAIN_POINTS ? points[i + 1].precision
                                                 : NAN};
  }
}

/* One set's curve and its intervals. */
typedef struct gain_curve {
  const churn_list *list;
  const churn_cluster_groups *groups;
  double level;
  double *rows; /* [folds] weight */
  churn_gain all;
  churn_gain gains[CHURN_GAIN_POINTS];
  churn_gain_point *points;
  size_t reach; /* points up and down that tell what lies at a cut */
} gain_curve;

typedef struct point_variances {
  double captured, captured_value, precision, true_positives;
} point_variances;

static churn_marginal marginal_at(const gain_curve *c, size_t point)
{
  size_t last = CHURN_GAIN_POINTS - 1;
  size_t upper = point < c->reach ? 0 : point - c->reach;
  size_t lower = last - point < c->reach ? last : point + c->reach;
  return churn_marginal_between(c->gains[upper], c->gains[lower]);
}

/* The formulas of linear.h; above [groups]. */
static point_variances find_variances(const gain_curve *c, size_t point, const churn_gain *above)
{
  const churn_gain_point *p = &c->points[point];
  churn_marginal margin = marginal_at(c, point);
  double odds = margin.churners / (1 - margin.churners), groups = c->groups->count;
  double scale = groups > 1 ? groups / (groups - 1) : NAN;
  point_variances v = {0, 0, 0, 0};
  for (uint32_t g = 0; g < c->groups->count; g++) {
    churn_gain total = c->groups->totals[g], top = above[g];
    double moved = top.rows - p->depth * total.rows,
           caught = top.churners - margin.churners * moved;
    double captured = (caught - p->captured * total.churners) / c->all.churners;
    double value =
        (top.value - margin.value * moved - p->captured_value * total.value) / c->all.value;
    double precision = (caught - p->precision * p->depth * total.rows) / (p->depth * c->all.rows);
    double false_positives =
        top.rows - top.churners - p->false_positive_rate * (total.rows - total.churners);
    double roc =
        (top.churners - p->captured * total.churners - odds * false_positives) / c->all.churners;
    v.captured += captured * captured;
    v.captured_value += value * value;
    v.precision += precision * precision;
    v.true_positives += roc * roc;
  }
  return (point_variances){scale * v.captured, scale * v.captured_value, scale * v.precision,
                           scale * v.true_positives};
}

/* All or nobody is contacted: the shares are known. */
static void fill_ends(churn_gain_point *point)
{
  point->captured_interval = point->true_positive_interval =
      (churn_interval){point->captured, point->captured};
  point->captured_value_interval = (churn_interval){point->captured_value, point->captured_value};
}

static void fill_intervals(const gain_curve *c, size_t i, const churn_gain *above)
{
  churn_gain_point *p = &c->points[i];
  double clusters = c->groups->clusters, level = c->level;
  point_variances v = find_variances(c, i, above);
  p->precision_interval =
      churn_share_interval(p->precision, v.precision, p->depth * clusters, level);
  if (i + 1 == CHURN_GAIN_POINTS) {
    fill_ends(p);
    return;
  }
  p->captured_interval = churn_share_interval(p->captured, v.captured, clusters, level);
  p->captured_value_interval =
      churn_share_interval(p->captured_value, v.captured_value, clusters, level);
  /* where all rows at the cut churned the curve stands upright */
  p->true_positive_interval =
      isfinite(v.true_positives)
          ? churn_share_interval(p->captured, v.true_positives, clusters, level)
          : (churn_interval){NAN, NAN};
}

static churn_status find_intervals(gain_curve *c, churn_error *error)
{
  churn_group_walk walk;
  churn_status status = churn_group_walk_open(c->list, c->groups->count, &walk, error);
  for (size_t i = 1; status == CHURN_OK && i < CHURN_GAIN_POINTS; i++) {
    for (uint32_t f = 0; status == CHURN_OK && f < c->list->folds; f++)
      status = churn_group_walk_on(&walk, f, depth_of(i) * c->rows[f], error);
    if (status == CHURN_OK)
      fill_intervals(c, i, walk.above);
  }
  churn_group_walk_clear(&walk);
  fill_ends(&c->points[0]);
  c->points[0].precision_interval = c->points[1].precision_interval;
  return status;
}

churn_status churn_gain_curve(const churn_judged *judged, const churn_list *list,
                              const churn_cluster_groups *groups, double level,
                              churn_gain_point *points, churn_error *error)
{
  gain_curve c = {.list = list, .groups = groups, .level = level, .points = points};
  double places[CHURN_GAIN_POINTS];
  c.rows = churn_array_new(list->folds, sizeof *c.rows);
  if (c.rows == NULL)
    return churn_error_no_memory(error);
  c.reach = (size_t)fmax(1, round(churn_linear_reach(judged) * (CHURN_GAIN_POINTS - 1)));
  c.all = churn_gain_all(list);
  for (uint32_t f = 0; f < list->folds; f++) {
    c.rows[f] = churn_gain_of_fold(list, f, NULL).rows;
    for (size_t i = 0; i < CHURN_GAIN_POINTS; i++)
      places[i] = depth_of(i) * c.rows[f];
    churn_gain_add_fold(list, f, NULL, places, CHURN_GAIN_POINTS, c.gains);
  }
  fill_points(c.gains, c.all, points);
  churn_status status = find_intervals(&c, error);
  free(c.rows);
  return status;
}
