/* Gain, ROC, precision-recall and calibration curves.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/curves.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/wilson.h"
#include "evaluate/gain.h"
#include "evaluate/logit.h"

#include <gsl/gsl_cdf.h>
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

churn_status churn_gain_curve(const churn_judged *judged, const churn_ordering *ordering,
                              churn_gain_point *points, churn_error *error)
{
  churn_list list = {0};
  churn_gain gains[CHURN_GAIN_POINTS] = {{0, 0, 0}};
  double places[CHURN_GAIN_POINTS];
  churn_status status = churn_list_build(judged, ordering, NULL, &list, error);
  if (status != CHURN_OK)
    return status;
  for (uint32_t f = 0; f < list.folds; f++) {
    double rows = churn_gain_of_fold(&list, f, NULL).rows;
    for (size_t i = 0; i < CHURN_GAIN_POINTS; i++)
      places[i] = depth_of(i) * rows;
    churn_gain_add_fold(&list, f, NULL, places, CHURN_GAIN_POINTS, gains);
  }
  fill_points(gains, churn_gain_all(&list), points);
  churn_list_clear(&list);
  return CHURN_OK;
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

/* Variance of the bin's rate between its *clusters, n/(n - 1) of clusters; residuals [all clusters]
 * and `seen` [all clusters] all zero before and after. 0 where there is one cluster. Squared, the
 * residual of w equal clusters must count w times. */
static double rate_variance(const bin_rows *b, double rate, double rows, double *residuals,
                            bool *seen, double *clusters)
{
  double sum = 0;
  *clusters = 0;
  for (size_t i = b->from; i < b->end; i++) {
    uint32_t row = b->ordering->rows[i], cluster = churn_judged_cluster(b->judged, row);
    double copies = copies_of(b->judged, row);
    residuals[cluster] +=
        churn_judged_weight(b->judged, row) / sqrt(copies) * (b->judged->labels[row] - rate) / rows;
    *clusters += seen[cluster] ? 0 : copies;
    seen[cluster] = true;
  }
  for (size_t i = b->from; i < b->end; i++) {
    uint32_t cluster = churn_judged_cluster(b->judged, b->ordering->rows[i]);
    sum += residuals[cluster] * residuals[cluster];
    residuals[cluster] = 0;
    seen[cluster] = false;
  }
  return *clusters > 1 ? sum * *clusters / (*clusters - 1) : 0;
}

static churn_interval wilson(double rate, double rows, double level)
{
  churn_interval made;
  churn_wilson(rate, rows, gsl_cdf_ugaussian_Pinv(0.5 + level / 2), &made.low, &made.high);
  return made;
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
  double variance = rate_variance(b, bin.observed, bin.rows, residuals, seen, &clusters);
  double effective = bin.rows * bin.rows / squares;
  /* More precise than independent rows, or no variance at all, is chance. */
  effective =
      fmin(effective, variance > 0 ? bin.observed * (1 - bin.observed) / variance : clusters);
  bin.interval = wilson(bin.observed, effective, level);
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

churn_status churn_calibration_curve(const churn_judged *judged, const double *logits, double level,
                                     size_t most, churn_calibration_bin *bins, size_t *count,
                                     churn_error *error)
{
  churn_judged one_list = *judged;
  churn_ordering ordering = {0};
  size_t clusters = churn_judged_clusters(judged);
  double *residuals = churn_array_new(clusters, sizeof *residuals);
  bool *seen = churn_array_new(clusters, sizeof *seen);
  one_list.folds = NULL;
  churn_status status = residuals == NULL || seen == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_ordering_build(&one_list, logits, &ordering, error);
  if (status == CHURN_OK) {
    *count = cut_bins(&one_list, &ordering, logits, level, most, residuals, seen, bins);
    for (size_t i = 0; i < *count / 2; i++) {
      churn_calibration_bin swap = bins[i];
      bins[i] = bins[*count - 1 - i];
      bins[*count - 1 - i] = swap;
    }
  }
  churn_ordering_clear(&ordering);
  free(residuals);
  free(seen);
  return status;
}
