/* The objective over the fixed lanes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/objective.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/moments.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

churn_status churn_objective_prepare(churn_objective *objective, churn_error *error)
{
  size_t lanes = churn_lane_count(objective->matrix);
  size_t sums = churn_kernel_sums(objective->matrix->columns);
  objective->lane_sums = NULL;
  if (lanes == 0 || sums <= SIZE_MAX / lanes)
    objective->lane_sums = churn_array_new(lanes * sums, sizeof(double));
  return objective->lane_sums == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

void churn_objective_clear(churn_objective *objective)
{
  free(objective->lane_sums);
  objective->lane_sums = NULL;
}

churn_status churn_point_prepare(churn_point *point, size_t columns, churn_error *error)
{
  point->coefficients = churn_array_new(columns + 1, sizeof(double));
  point->sums = churn_array_new(churn_kernel_sums(columns), sizeof(double));
  if (point->coefficients == NULL || point->sums == NULL)
    return churn_error_no_memory(error);
  return CHURN_OK;
}

void churn_point_clear(churn_point *point)
{
  free(point->coefficients);
  free(point->sums);
  *point = (churn_point){0};
}

/* One pass over the rows; what a lane finds goes to its own place. */
typedef struct row_pass {
  const churn_objective *objective;
  const double *coefficients;
  double lowest[CHURN_LANES];
  double highest[CHURN_LANES];
} row_pass;

static churn_status step_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const row_pass *pass = context;
  const churn_objective *o = pass->objective;
  const churn_matrix *m = o->matrix;
  size_t tiles = churn_tile_count(m->rows), size = churn_kernel_sums(m->columns);
  double *sums = o->lane_sums + lane * size;
  memset(sums, 0, size * sizeof *sums);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++)
    o->kernel->step(churn_matrix_tile(m, t, 0), m->columns, m->y + t * CHURN_TILE_ROWS,
                    m->weight + t * CHURN_TILE_ROWS, churn_matrix_offset(m, t), pass->coefficients,
                    sums);
  return CHURN_OK;
}

static void add_penalty(const churn_objective *o, churn_point *point)
{
  double *gradient = point->sums + 1;
  double *hessian = point->sums + churn_kernel_hessian_start(o->matrix->columns);
  for (size_t j = 1; j <= o->matrix->columns; j++) {
    double b = point->coefficients[j];
    double lambda = o->ridge_lambda * (o->ridge_factors == NULL ? 1 : o->ridge_factors[j - 1]);
    point->sums[0] += lambda / 2 * b * b;
    gradient[j] += lambda * b;
    hessian[j * (j + 1) / 2 + j] += lambda;
  }
}

churn_status churn_objective_evaluate(const churn_objective *objective, churn_point *point,
                                      churn_error *error)
{
  row_pass pass = {.objective = objective, .coefficients = point->coefficients};
  size_t columns = objective->matrix->columns, size = churn_kernel_sums(columns);
  size_t lanes = churn_lane_count(objective->matrix);
  churn_status status = churn_parallel_run(lanes, step_lane, &pass, NULL, objective->run, error);
  if (status != CHURN_OK)
    return status;
  memset(point->sums, 0, size * sizeof *point->sums);
  for (size_t lane = 0; lane < lanes; lane++)
    for (size_t i = 0; i < size; i++)
      point->sums[i] += objective->lane_sums[lane * size + i];
  point->loss = point->sums[0];
  for (size_t i = 0; i < size; i++)
    point->sums[i] /= objective->total_weight;
  add_penalty(objective, point);
  point->max_gradient = 0;
  for (size_t j = 0; j <= columns; j++)
    point->max_gradient = fmax(point->max_gradient, fabs(point->sums[1 + j]));
  return CHURN_OK;
}

static void predict(const churn_matrix *m, size_t tile, const double *coefficients, double *eta)
{
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    eta[r] = coefficients[0];
  for (size_t c = 0; c < m->columns; c++) {
    const double *x = churn_matrix_tile(m, tile, c);
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      eta[r] += coefficients[1 + c] * x[r];
  }
}

static churn_status margins_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  row_pass *pass = context;
  const churn_matrix *m = pass->objective->matrix;
  size_t tiles = churn_tile_count(m->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  double eta[CHURN_TILE_ROWS], lowest = INFINITY, highest = -INFINITY;
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    predict(m, t, pass->coefficients, eta);
    for (size_t r = 0; r < churn_tile_rows(m->rows, t); r++) {
      if (m->weight[t * CHURN_TILE_ROWS + r] <= 0)
        continue;
      double margin = m->y[t * CHURN_TILE_ROWS + r] > 0 ? eta[r] : -eta[r];
      lowest = fmin(lowest, margin);
      highest = fmax(highest, margin);
    }
  }
  pass->lowest[lane] = lowest;
  pass->highest[lane] = highest;
  return CHURN_OK;
}

churn_status churn_objective_margins(const churn_objective *objective, const double *direction,
                                     double *lowest, double *highest, churn_error *error)
{
  row_pass pass = {.objective = objective, .coefficients = direction};
  size_t lanes = churn_lane_count(objective->matrix);
  churn_status status = churn_parallel_run(lanes, margins_lane, &pass, NULL, objective->run, error);
  if (status != CHURN_OK)
    return status;
  double low = INFINITY, high = -INFINITY;
  for (size_t lane = 0; lane < lanes; lane++) {
    low = fmin(low, pass.lowest[lane]);
    high = fmax(high, pass.highest[lane]);
  }
  *lowest = low;
  *highest = high;
  return CHURN_OK;
}
