/* Totals, means, deviations and standardising, over the fixed lanes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/moments.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/null_model.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Partial sums that run side by side, so that a sum does not wait for its own last addition. */
enum { STRIDE = 8 };

size_t churn_lane_count(const churn_matrix *matrix)
{
  size_t tiles = churn_tile_count(matrix->rows);
  return tiles < CHURN_LANES ? tiles : CHURN_LANES;
}

typedef struct totals_pass {
  const churn_matrix *matrix;
  churn_totals lanes[CHURN_LANES];
} totals_pass;

static churn_status read_totals(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  totals_pass *pass = context;
  const churn_matrix *m = pass->matrix;
  size_t tiles = churn_tile_count(m->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  churn_totals sum = {.lowest_weight = INFINITY};
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    size_t first = t * CHURN_TILE_ROWS;
    for (size_t r = first; r < first + churn_tile_rows(m->rows, t); r++) {
      double weight = m->weight[r];
      if (!(weight >= 0 && isfinite(weight)))
        return churn_error_set(error, CHURN_USAGE,
                               "row %zu has the weight %g; it must be 0 or more", r + 1, weight);
      if (m->y[r] != 0 && m->y[r] != 1)
        return churn_error_set(error, CHURN_USAGE, "row %zu has the label %g; it must be 0 or 1",
                               r + 1, m->y[r]);
      if (m->offset != NULL && !isfinite(m->offset[r]))
        return churn_error_set(error, CHURN_USAGE, "row %zu has the offset %g; it must be a number",
                               r + 1, m->offset[r]);
      sum.weight += weight;
      sum.positive += weight * m->y[r];
      if (weight > 0 && weight < sum.lowest_weight)
        sum.lowest_weight = weight;
    }
  }
  pass->lanes[lane] = sum;
  return CHURN_OK;
}

churn_status churn_totals_read(const churn_matrix *matrix, const churn_run *run,
                               churn_totals *totals, churn_error *error)
{
  totals_pass pass = {.matrix = matrix};
  size_t lanes = churn_lane_count(matrix);
  churn_status status = churn_parallel_run(lanes, read_totals, &pass, NULL, run, error);
  if (status != CHURN_OK)
    return status;
  churn_totals sum = {.lowest_weight = INFINITY};
  for (size_t lane = 0; lane < lanes; lane++) {
    sum.weight += pass.lanes[lane].weight;
    sum.positive += pass.lanes[lane].positive;
    sum.lowest_weight = fmin(sum.lowest_weight, pass.lanes[lane].lowest_weight);
  }
  if (!(sum.weight > 0))
    return churn_error_set(error, CHURN_DEGENERATE, "there are no rows to fit on");
  status = churn_null_model_find(matrix, run, &sum, error);
  if (status == CHURN_OK)
    *totals = sum;
  return status;
}

static double add_up(const double part[STRIDE])
{
  return ((part[0] + part[1]) + (part[2] + part[3])) + ((part[4] + part[5]) + (part[6] + part[7]));
}

static double weighted_sum(const double *x, const double *weight)
{
  double part[STRIDE] = {0};
  for (size_t r = 0; r < CHURN_TILE_ROWS; r += STRIDE)
    for (size_t i = 0; i < STRIDE; i++)
      part[i] += weight[r + i] * x[r + i];
  return add_up(part);
}

/* Adds sum w (x - mean) to sums[0], sum w (x - mean)^2 to sums[1]. */
static void add_centred(const double *x, const double *weight, double mean, double sums[2])
{
  double first[STRIDE] = {0}, second[STRIDE] = {0};
  for (size_t r = 0; r < CHURN_TILE_ROWS; r += STRIDE)
    for (size_t i = 0; i < STRIDE; i++) {
      double distance = x[r + i] - mean;
      first[i] += weight[r + i] * distance;
      second[i] += weight[r + i] * distance * distance;
    }
  sums[0] += add_up(first);
  sums[1] += add_up(second);
}

/* means NULL: the first pass, sum w x; else the second. Sums [lanes][columns][2]. */
typedef struct moments_pass {
  const churn_matrix *matrix;
  const double *means;
  double *sums;
} moments_pass;

static churn_status read_moments(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const moments_pass *pass = context;
  const churn_matrix *m = pass->matrix;
  size_t tiles = churn_tile_count(m->rows);
  double *sums = pass->sums + lane * m->columns * 2;
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    for (size_t c = 0; c < m->columns; c++) {
      const double *x = churn_matrix_tile(m, t, c);
      const double *weight = m->weight + t * CHURN_TILE_ROWS;
      if (pass->means == NULL)
        sums[2 * c] += weighted_sum(x, weight);
      else
        add_centred(x, weight, pass->means[c], sums + 2 * c);
    }
  return CHURN_OK;
}

/* Sum of entry c over the lanes, in lane order. */
static double over_lanes(const double *sums, size_t lanes, size_t stride, size_t entry)
{
  double sum = 0;
  for (size_t lane = 0; lane < lanes; lane++)
    sum += sums[lane * stride + entry];
  return sum;
}

/* The second pass also mends the rounding of the first one's mean. */
static void finish_column(double first, double second, double total_weight, double *mean,
                          double *deviation)
{
  double shift = first / total_weight;
  double variance = second / total_weight - shift * shift;
  *mean += shift;
  *deviation = variance > 0 ? sqrt(variance) : 0;
  if (*deviation <= 16 * DBL_EPSILON * fabs(*mean))
    *deviation = 0;
}

static churn_status refuse_column(const char *const *names, size_t column, churn_error *error)
{
  const char *fault = "holds a value that is not a finite number, or too large to square";
  if (names != NULL)
    return churn_error_set(error, CHURN_DEGENERATE, "column %s %s", names[column], fault);
  return churn_error_set(error, CHURN_DEGENERATE, "design column %zu %s", column + 1, fault);
}

churn_status churn_moments_read(const churn_matrix *matrix, double total_weight,
                                const char *const *names, const churn_run *run, double *means,
                                double *deviations, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t lanes = churn_lane_count(matrix), columns = matrix->columns, stride = 2 * columns;
  double *mean = churn_array_new(columns, sizeof *mean);
  double *deviation = churn_array_new(columns, sizeof *deviation);
  double *sums = churn_array_new(lanes * stride, sizeof *sums);
  if (mean == NULL || deviation == NULL || sums == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  moments_pass pass = {matrix, NULL, sums};
  status = churn_parallel_run(lanes, read_moments, &pass, NULL, run, error);
  if (status != CHURN_OK)
    goto done;
  for (size_t c = 0; c < columns; c++)
    mean[c] = over_lanes(sums, lanes, stride, 2 * c) / total_weight;
  for (size_t i = 0; i < lanes * stride; i++)
    sums[i] = 0;
  pass.means = mean;
  status = churn_parallel_run(lanes, read_moments, &pass, NULL, run, error);
  for (size_t c = 0; c < columns && status == CHURN_OK; c++) {
    double second = over_lanes(sums, lanes, stride, 2 * c + 1);
    if (!isfinite(mean[c]) || !isfinite(second))
      status = refuse_column(names, c, error);
    else
      finish_column(over_lanes(sums, lanes, stride, 2 * c), second, total_weight, &mean[c],
                    &deviation[c]);
  }
  for (size_t c = 0; c < columns && status == CHURN_OK; c++) {
    means[c] = mean[c];
    deviations[c] = deviation[c];
  }
done:
  free(mean);
  free(deviation);
  free(sums);
  return status;
}

void churn_column_standardise(const double *x, const double *weight, double mean, double deviation,
                              double *out)
{
  double scale = deviation > 0 ? 1 / deviation : 0;
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    out[r] = weight[r] > 0 ? (x[r] - mean) * scale : 0;
}

typedef struct standardise_pass {
  churn_matrix *matrix;
  const double *means;
  const double *deviations;
} standardise_pass;

static churn_status standardise_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const standardise_pass *pass = context;
  churn_matrix *m = pass->matrix;
  size_t tiles = churn_tile_count(m->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    for (size_t c = 0; c < m->columns; c++) {
      double *x = churn_matrix_tile(m, t, c);
      churn_column_standardise(x, m->weight + t * CHURN_TILE_ROWS, pass->means[c],
                               pass->deviations[c], x);
    }
  return CHURN_OK;
}

churn_status churn_matrix_standardise(churn_matrix *matrix, const double *means,
                                      const double *deviations, const churn_run *run,
                                      churn_error *error)
{
  standardise_pass pass = {matrix, means, deviations};
  return churn_parallel_run(churn_lane_count(matrix), standardise_lane, &pass, NULL, run, error);
}
