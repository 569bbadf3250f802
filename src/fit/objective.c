/* The objective over the fixed lanes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/objective.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/moments.h"
#include "fit/scale.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* From so many columns on a Hessian to single precision is worth turning the rows. */
enum { ROUGH_COLUMNS = 48 };

/* Scratch of threads. Each has twice the tile that is brought: kernels fetch what comes after one,
 * which is not to be what another thread writes. */
static churn_status prepare_scratch(churn_objective *objective, churn_error *error)
{
  const churn_matrix *m = objective->matrix;
  size_t threads = (size_t)churn_parallel_threads(objective->run);
  bool rough = m->columns >= ROUGH_COLUMNS && m->block_count == 0;
  objective->floats = NULL;
  objective->brought = NULL;
  if (rough)
    objective->floats =
        churn_array_new_aligned(threads * churn_kernel_rough_room(m->columns), sizeof(float));
  if (objective->borrowed != NULL)
    objective->brought =
        churn_array_new_aligned(threads * 2 * m->dense, CHURN_TILE_ROWS * sizeof(double));
  bool good = (!rough || objective->floats != NULL) &&
              (objective->borrowed == NULL || objective->brought != NULL);
  return good ? CHURN_OK : churn_error_no_memory(error);
}

/* Columns of one tile. */
static const double *tile_columns(const churn_objective *o, size_t tile, int thread)
{
  if (o->borrowed == NULL)
    return churn_matrix_tile(o->matrix, tile, 0);
  double *x = o->brought + (size_t)thread * 2 * o->matrix->dense * CHURN_TILE_ROWS;
  churn_subsample_bring(o->borrowed, tile, x);
  return x;
}

churn_status churn_objective_prepare(churn_objective *objective, churn_error *error)
{
  size_t lanes = churn_lane_count(objective->matrix);
  size_t sums = churn_lane_stride(churn_kernel_sums(objective->matrix->columns));
  objective->lane_sums = NULL;
  if (lanes == 0 || sums <= SIZE_MAX / lanes)
    objective->lane_sums = churn_array_new_aligned(lanes * sums, sizeof(double));
  objective->turned = churn_array_new(objective->matrix->columns + 1, sizeof(double));
  objective->coded = churn_array_new(1, sizeof *objective->coded);
  if (objective->lane_sums == NULL || objective->turned == NULL || objective->coded == NULL)
    return churn_error_no_memory(error);
  churn_status status = prepare_scratch(objective, error);
  return status == CHURN_OK ? churn_coded_prepare(objective->coded, objective->matrix,
                                                  objective->kernel, objective->run, error)
                            : status;
}

void churn_objective_clear(churn_objective *objective)
{
  free(objective->lane_sums);
  free(objective->turned);
  free(objective->floats);
  free(objective->brought);
  if (objective->coded != NULL)
    churn_coded_clear(objective->coded);
  free(objective->coded);
  objective->lane_sums = NULL;
  objective->turned = NULL;
  objective->floats = NULL;
  objective->brought = NULL;
  objective->coded = NULL;
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
  const churn_moment_sums *moments; /* NULL = none to take */
  bool with_hessian;
  bool roughly; /* to single precision */
  double lowest[CHURN_LANES];
  double highest[CHURN_LANES];
} row_pass;

/* How many sums it takes. */
static size_t pass_sums(const row_pass *pass)
{
  size_t columns = pass->objective->matrix->columns;
  return pass->with_hessian ? churn_kernel_sums(columns) : churn_kernel_hessian_start(columns);
}

static void step_tile(const row_pass *pass, size_t tile, int thread, double *sums)
{
  const churn_objective *o = pass->objective;
  const churn_matrix *m = o->matrix;
  const double *x = tile_columns(o, tile, thread), *y = m->y + tile * CHURN_TILE_ROWS;
  const double *weight = m->weight + tile * CHURN_TILE_ROWS, *offset = churn_matrix_offset(m, tile);
  if (m->block_count > 0)
    churn_coded_step(o->coded, thread, tile, x, pass->with_hessian);
  else if (pass->roughly)
    o->kernel->rough(x, m->columns, y, weight, offset, pass->coefficients, o->means, o->deviations,
                     o->floats + (size_t)thread * churn_kernel_rough_room(m->columns), sums);
  else if (pass->with_hessian)
    o->kernel->step(x, NULL, m->columns, y, weight, offset, pass->coefficients, sums);
  else
    o->kernel->slope(x, NULL, m->columns, y, weight, offset, pass->coefficients, sums);
}

static churn_status step_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const row_pass *pass = context;
  const churn_objective *o = pass->objective;
  size_t tiles = churn_tile_count(o->matrix->rows), size = pass_sums(pass);
  double *sums = o->lane_sums + lane * churn_lane_stride(size);
  memset(sums, 0, size * sizeof *sums);
  if (o->matrix->block_count > 0)
    churn_coded_begin(o->coded, thread);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    step_tile(pass, t, thread, sums);
    if (pass->moments != NULL)
      churn_moment_sums_take(pass->moments, lane, t);
  }
  if (o->matrix->block_count > 0)
    churn_coded_end(o->coded, thread, pass->with_hessian, sums);
  return CHURN_OK;
}

/* Coefficients on the columns as they are. */
static const double *turn_coefficients(const churn_objective *o, const double *coefficients)
{
  if (o->means == NULL)
    return coefficients;
  churn_fit_unscale(coefficients, o->means, o->deviations, o->matrix->columns, o->turned);
  return o->turned;
}

/* Sums over the columns as they are become those over standardised ones. A rough Hessian is. */
static void turn_sums(const row_pass *pass, double *sums)
{
  const churn_objective *o = pass->objective;
  size_t columns = o->means == NULL ? 0 : o->matrix->columns;
  double *gradient = sums + 1;
  for (size_t c = 0; c < columns; c++)
    gradient[1 + c] = (gradient[1 + c] - o->means[c] * gradient[0]) / o->deviations[c];
  if (pass->with_hessian && !pass->roughly)
    churn_fit_turn_hessian(sums + churn_kernel_hessian_start(columns), o->means, o->deviations,
                           columns);
}

static void add_penalty(const row_pass *pass, churn_point *point)
{
  const churn_objective *o = pass->objective;
  double *gradient = point->sums + 1;
  double *hessian = point->sums + churn_kernel_hessian_start(o->matrix->columns);
  for (size_t j = 1; j <= o->matrix->columns; j++) {
    double b = point->coefficients[j];
    double lambda = o->ridge_lambda * (o->ridge_factors == NULL ? 1 : o->ridge_factors[j - 1]);
    point->sums[0] += lambda / 2 * b * b;
    gradient[j] += lambda * b;
    if (pass->with_hessian)
      hessian[j * (j + 1) / 2 + j] += lambda;
  }
}

static churn_status sweep(row_pass *pass, churn_error *error)
{
  const churn_objective *objective = pass->objective;
  if (objective->matrix->block_count > 0)
    churn_coded_set(objective->coded, pass->coefficients);
  return churn_parallel_run(churn_lane_count(objective->matrix), step_lane, pass, NULL,
                            objective->run, error);
}

/* The lanes' sums become those of the point, whose coefficients are set. */
static void conclude(const row_pass *pass, churn_point *point)
{
  const churn_objective *objective = pass->objective;
  size_t columns = objective->matrix->columns, size = pass_sums(pass);
  size_t lanes = churn_lane_count(objective->matrix);
  memset(point->sums, 0, size * sizeof *point->sums);
  for (size_t lane = 0; lane < lanes; lane++)
    for (size_t i = 0; i < size; i++)
      point->sums[i] += objective->lane_sums[lane * churn_lane_stride(size) + i];
  if (objective->matrix->block_count > 0)
    churn_coded_finish(objective->coded, NULL, NULL, pass->with_hessian, point->sums);
  turn_sums(pass, point->sums);
  point->loss = point->sums[0];
  for (size_t i = 0; i < size; i++)
    point->sums[i] /= objective->total_weight;
  add_penalty(pass, point);
  point->max_gradient = 0;
  for (size_t j = 0; j <= columns; j++)
    point->max_gradient = fmax(point->max_gradient, fabs(point->sums[1 + j]));
}

static churn_status evaluate(row_pass *pass, churn_point *point, churn_error *error)
{
  pass->coefficients = turn_coefficients(pass->objective, point->coefficients);
  churn_status status = sweep(pass, error);
  if (status == CHURN_OK)
    conclude(pass, point);
  return status;
}

churn_status churn_objective_evaluate(const churn_objective *objective, churn_point *point,
                                      churn_error *error)
{
  row_pass pass = {.objective = objective, .with_hessian = true};
  return evaluate(&pass, point, error);
}

churn_status churn_objective_evaluate_roughly(const churn_objective *objective, churn_point *point,
                                              churn_error *error)
{
  row_pass pass = {
      .objective = objective, .with_hessian = true, .roughly = objective->floats != NULL};
  return evaluate(&pass, point, error);
}

churn_status churn_objective_slope(const churn_objective *objective, churn_point *point,
                                   churn_error *error)
{
  row_pass pass = {.objective = objective};
  return evaluate(&pass, point, error);
}

churn_status churn_objective_look(churn_objective *objective, const double *raw,
                                  const churn_moment_sums *moments, churn_error *error)
{
  row_pass pass = {.objective = objective, .coefficients = raw, .moments = moments};
  return sweep(&pass, error);
}

void churn_objective_conclude(const churn_objective *objective, const double *raw,
                              churn_point *point)
{
  row_pass pass = {.objective = objective};
  churn_fit_rescale(raw, objective->means, objective->deviations, objective->matrix->columns,
                    point->coefficients);
  conclude(&pass, point);
}

static void predict(const churn_objective *o, size_t tile, int thread, const double *coefficients,
                    double *eta)
{
  const churn_matrix *m = o->matrix;
  const double *x = tile_columns(o, tile, thread);
  if (m->block_count > 0) {
    churn_coded_predict(o->coded, tile, x, eta);
    return;
  }
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
    eta[r] = coefficients[0];
  for (size_t c = 0; c < m->columns; c++)
    for (size_t r = 0; r < CHURN_TILE_ROWS; r++)
      eta[r] += coefficients[1 + c] * x[c * CHURN_TILE_ROWS + r];
}

static churn_status margins_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  row_pass *pass = context;
  const churn_matrix *m = pass->objective->matrix;
  size_t tiles = churn_tile_count(m->rows);
  size_t end = churn_lane_first_tile(tiles, lane + 1);
  double eta[CHURN_TILE_ROWS], lowest = INFINITY, highest = -INFINITY;
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    predict(pass->objective, t, thread, pass->coefficients, eta);
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
  row_pass pass = {.objective = objective, .coefficients = turn_coefficients(objective, direction)};
  if (objective->matrix->block_count > 0)
    churn_coded_set(objective->coded, pass.coefficients);
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
