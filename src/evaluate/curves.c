/* Gain, ROC, precision-recall and calibration curves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/curves.h"

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/group_walk.h"
#include "evaluate/linear.h"
#include "evaluate/logit.h"

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

/* One bin's rows: places [from, end) of the ordering. */
typedef struct bin_rows {
  const churn_judged *judged;
  const churn_ordering *ordering;
  size_t from, end;
} bin_rows;

/* As how many rows a row is counted. */
static double copies_of(const churn_judged *judged, size_t row)
{
  return judged->repeated ? churn_judged_weight(judged, row) : 1;
}

/* What a row moves its bin's rate by. Squared, the residual of w equal clusters must count w times.
 */
static double residual_of(const bin_rows *b, uint32_t row, double rate, double rows)
{
  double copies = copies_of(b->judged, row);
  return churn_judged_weight(b->judged, row) / sqrt(copies) * (b->judged->labels[row] - rate) /
         rows;
}

static double corrected(double sum, double clusters)
{
  return clusters > 1 ? sum * clusters / (clusters - 1) : 0;
}

/* rate_variance where every row is a cluster. */
static double rate_variance_of_rows(const bin_rows *b, double rate, double rows, double *clusters)
{
  double sum = 0;
  *clusters = 0;
  for (size_t i = b->from; i < b->end; i++) {
    uint32_t row = b->ordering->rows[i];
    double residual = residual_of(b, row, rate, rows);
    *clusters += copies_of(b->judged, row);
    sum += residual * residual;
  }
  return corrected(sum, *clusters);
}

/* Variance of the bin's rate between its *clusters, n/(n - 1) of clusters; residuals [all clusters]
 * and `seen` [all clusters] all zero before and after. 0 where there is one cluster. */
static double rate_variance(const bin_rows *b, double rate, double rows, double *residuals,
                            bool *seen, double *clusters)
{
  double sum = 0;
  *clusters = 0;
  for (size_t i = b->from; i < b->end; i++) {
    uint32_t row = b->ordering->rows[i], cluster = churn_judged_cluster(b->judged, row);
    residuals[cluster] += residual_of(b, row, rate, rows);
    *clusters += seen[cluster] ? 0 : copies_of(b->judged, row);
    seen[cluster] = true;
  }
  for (size_t i = b->from; i < b->end; i++) {
    uint32_t cluster = churn_judged_cluster(b->judged, b->ordering->rows[i]);
    sum += residuals[cluster] * residuals[cluster];
    residuals[cluster] = 0;
    seen[cluster] = false;
  }
  return corrected(sum, *clusters);
}

static churn_calibration_bin measure_bin(const bin_rows *b, const double *logits, double level,
                                         double *residuals, bool *seen)
{
  churn_calibration_bin bin = {0};
  double squares = 0, clusters;
  for (size_t i = b->from; i < b->end; i++) {
    uint32_t row = b->ordering->rows[i];
    double weight = churn_judged_weight(b->judged, row), copies = copies_of(b->judged, row);
    bin.count += (uint64_t)copies;
    bin.churners += b->judged->labels[row] == 1 ? (uint64_t)copies : 0;
    bin.rows += weight;
    squares += weight * weight / copies;
    bin.mean_probability += weight * churn_probability(logits[row]);
    bin.observed += b->judged->labels[row] ? weight : 0;
  }
  bin.mean_probability /= bin.rows;
  bin.observed /= bin.rows;
  double variance = residuals == NULL
                        ? rate_variance_of_rows(b, bin.observed, bin.rows, &clusters)
                        : rate_variance(b, bin.observed, bin.rows, residuals, seen, &clusters);
  double effective = bin.rows * bin.rows / squares;
  /* More precise than independent rows, or no variance at all, is chance. */
  if (variance == 0)
    effective = fmin(effective, clusters);
  variance = fmax(variance, bin.observed * (1 - bin.observed) / effective);
  bin.interval = churn_share_interval(bin.observed, variance, effective, level);
  return bin;
}

/* From the highest probability down, which is how an ordering stands. */
static size_t cut_bins(const churn_judged *judged, const churn_ordering *ordering,
                       const double *logits, double level, size_t most, double *residuals,
                       bool *seen, churn_calibration_bin *bins)
{
  double all = 0, above = 0, target = 1;
  size_t count = 0, from = 0;
  for (size_t i = 0; i < judged->rows; i++)
    all += churn_judged_weight(judged, i);
  for (size_t i = 0, end; i < judged->rows; i = end) {
    end = churn_ordering_tie_end(ordering, i, judged->rows);
    for (size_t k = i; k < end; k++)
      above += churn_judged_weight(judged, ordering->rows[k]);
    if (end < judged->rows && above < target * all / (double)most)
      continue;
    bin_rows rows = {judged, ordering, from, end};
    bins[count++] = measure_bin(&rows, logits, level, residuals, seen);
    from = end;
    target = fmax(target, floor(above / all * (double)most)) + 1;
  }
  return count;
}

/* Along an ordering of all rows as one fold. */
static churn_status fill_bins(const churn_judged *judged, const churn_ordering *ordering,
                              const double *logits, double level, size_t most,
                              churn_calibration_bin *bins, size_t *count, churn_error *error)
{
  size_t clusters = churn_judged_clusters(judged);
  bool several = judged->clusters != NULL; /* rows of a cluster, perhaps */
  double *residuals = several ? churn_array_new(clusters, sizeof *residuals) : NULL;
  bool *seen = several ? churn_array_new(clusters, sizeof *seen) : NULL;
  bool good = !several || (residuals != NULL && seen != NULL);
  if (good) {
    *count = cut_bins(judged, ordering, logits, level, most, residuals, seen, bins);
    for (size_t i = 0; i < *count / 2; i++) {
      churn_calibration_bin swap = bins[i];
      bins[i] = bins[*count - 1 - i];
      bins[*count - 1 - i] = swap;
    }
  }
  free(residuals);
  free(seen);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

churn_status churn_calibration_curve(const churn_judged *judged, const double *logits, double level,
                                     size_t most, churn_calibration_bin *bins, size_t *count,
                                     churn_error *error)
{
  churn_judged one_list = *judged;
  churn_ordering ordering = {0};
  one_list.folds = NULL;
  churn_status status = churn_ordering_build(&one_list, logits, &ordering, error);
  if (status == CHURN_OK)
    status = fill_bins(&one_list, &ordering, logits, level, most, bins, count, error);
  churn_ordering_clear(&ordering);
  return status;
}

churn_status churn_calibration_curve_of(const churn_judged *judged, const churn_ordering *by_fold,
                                        const double *logits, double level, size_t most,
                                        churn_calibration_bin *bins, size_t *count,
                                        churn_error *error)
{
  churn_ordering merged = {0};
  churn_status status = churn_ordering_merge(judged, logits, by_fold, &merged, error);
  if (status == CHURN_OK)
    status = fill_bins(judged, &merged, logits, level, most, bins, count, error);
  churn_ordering_clear(&merged);
  return status;
}
