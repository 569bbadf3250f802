/* Calibration curves: bins of equal weight.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "base/sort.h"
#include "evaluate/curves.h"
#include "evaluate/linear.h"
#include "evaluate/logit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One bin's rows. */
typedef struct bin_rows {
  const churn_judged *judged;
  const uint32_t *rows; /* [count] */
  size_t count;
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
  for (size_t i = 0; i < b->count; i++) {
    uint32_t row = b->rows[i];
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
  for (size_t i = 0; i < b->count; i++) {
    uint32_t row = b->rows[i], cluster = churn_judged_cluster(b->judged, row);
    residuals[cluster] += residual_of(b, row, rate, rows);
    *clusters += seen[cluster] ? 0 : copies_of(b->judged, row);
    seen[cluster] = true;
  }
  for (size_t i = 0; i < b->count; i++) {
    uint32_t cluster = churn_judged_cluster(b->judged, b->rows[i]);
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
  for (size_t i = 0; i < b->count; i++) {
    uint32_t row = b->rows[i];
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

/* The lists of all folds, from which bins are cut without putting them into one. */
typedef struct bin_lists {
  const churn_judged *judged;
  const churn_ordering *ordering;
  const double *logits;
  double *weights; /* [rows] of a place and those above it in its fold; NULL = 1 a row */
  size_t *from;    /* [folds] where the bin at hand begins */
  size_t *to;      /* [folds] and ends */
} bin_lists;

static void sum_weights(const bin_lists *l)
{
  const size_t *starts = l->ordering->starts;
  for (uint32_t f = 0; f < churn_judged_folds(l->judged); f++) {
    double sum = 0;
    for (size_t i = starts[f]; i < starts[f + 1]; i++)
      l->weights[i] = sum += churn_judged_weight(l->judged, l->ordering->rows[i]);
  }
}

static churn_status open_lists(bin_lists *l, churn_error *error)
{
  size_t folds = churn_judged_folds(l->judged);
  bool weighted = l->judged->weights != NULL;
  l->from = churn_array_new(folds, sizeof *l->from);
  l->to = churn_array_new(folds, sizeof *l->to);
  if (weighted)
    l->weights = churn_array_new(l->judged->rows, sizeof *l->weights);
  if (l->from == NULL || l->to == NULL || (weighted && l->weights == NULL))
    return churn_error_no_memory(error);
  memcpy(l->from, l->ordering->starts, folds * sizeof *l->from);
  if (weighted)
    sum_weights(l);
  return CHURN_OK;
}

static void close_lists(bin_lists *l)
{
  free(l->weights);
  free(l->from);
  free(l->to);
}

/* The place behind the rows of a fold whose logits are not below the one with this key. */
static size_t find_end(const bin_lists *l, uint32_t fold, uint64_t key)
{
  size_t first = l->from[fold], last = l->ordering->starts[fold + 1];
  while (first < last) {
    size_t middle = first + (last - first) / 2;
    if (churn_sort_key(l->logits[l->ordering->rows[middle]]) >= key)
      first = middle + 1;
    else
      last = middle;
  }
  return first;
}

/* Ends the bin where the key says; the weight of all rows down to there. */
static double end_bin(const bin_lists *l, uint64_t key)
{
  double sum = 0;
  for (uint32_t f = 0; f < churn_judged_folds(l->judged); f++) {
    size_t start = l->ordering->starts[f], end = l->to[f] = find_end(l, f, key);
    if (end > start)
      sum += l->weights == NULL ? (double)(end - start) : l->weights[end - 1];
  }
  return sum;
}

/* Ends it at the highest logit that brings `least` rows by weight, or with the last; how many there
 * are then. */
static double cut_bin(const bin_lists *l, double least)
{
  uint64_t low = 0, high = UINT64_MAX;
  while (low < high) {
    uint64_t middle = high - (high - low) / 2;
    if (end_bin(l, middle) >= least)
      low = middle;
    else
      high = middle - 1;
  }
  return end_bin(l, low);
}

/* The rows of the bin at hand, fold after fold; the next one begins behind them. */
static size_t take_bin(const bin_lists *l, uint32_t *rows)
{
  size_t count = 0;
  for (uint32_t f = 0; f < churn_judged_folds(l->judged); f++) {
    size_t here = l->to[f] - l->from[f];
    memcpy(rows + count, l->ordering->rows + l->from[f], here * sizeof *rows);
    l->from[f] = l->to[f];
    count += here;
  }
  return count;
}

/* From the highest probability down, which is how an ordering stands; rows [rows] is scratch. */
static size_t cut_bins(const bin_lists *l, double level, size_t most, uint32_t *rows,
                       double *residuals, bool *seen, churn_calibration_bin *bins)
{
  double all = end_bin(l, 0), above = 0, target = 1;
  size_t count = 0, left = l->judged->rows;
  while (left > 0) {
    above = cut_bin(l, fmax(target * all / (double)most, nextafter(above, INFINITY)));
    bin_rows bin = {l->judged, rows, take_bin(l, rows)};
    bins[count++] = measure_bin(&bin, l->logits, level, residuals, seen);
    left -= bin.count;
    target = fmax(target, floor(above / all * (double)most)) + 1;
  }
  return count;
}

static churn_status fill_bins(const bin_lists *l, double level, size_t most,
                              churn_calibration_bin *bins, size_t *count, churn_error *error)
{
  size_t clusters = churn_judged_clusters(l->judged);
  bool several = l->judged->clusters != NULL; /* rows of a cluster, perhaps */
  uint32_t *rows = churn_array_new(l->judged->rows, sizeof *rows);
  double *residuals = several ? churn_array_new(clusters, sizeof *residuals) : NULL;
  bool *seen = several ? churn_array_new(clusters, sizeof *seen) : NULL;
  bool good = rows != NULL && (!several || (residuals != NULL && seen != NULL));
  if (good) {
    *count = cut_bins(l, level, most, rows, residuals, seen, bins);
    for (size_t i = 0; i < *count / 2; i++) {
      churn_calibration_bin swap = bins[i];
      bins[i] = bins[*count - 1 - i];
      bins[*count - 1 - i] = swap;
    }
  }
  free(rows);
  free(residuals);
  free(seen);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

churn_status churn_calibration_curve_of(const churn_judged *judged, const churn_ordering *by_fold,
                                        const double *logits, double level, size_t most,
                                        churn_calibration_bin *bins, size_t *count,
                                        churn_error *error)
{
  bin_lists lists = {.judged = judged, .ordering = by_fold, .logits = logits};
  churn_status status = open_lists(&lists, error);
  if (status == CHURN_OK)
    status = fill_bins(&lists, level, most, bins, count, error);
  close_lists(&lists);
  return status;
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
    status =
        churn_calibration_curve_of(&one_list, &ordering, logits, level, most, bins, count, error);
  churn_ordering_clear(&ordering);
  return status;
}
