/* How far a coefficient may be relied on: counting 0/1 columns against labels, and the bounds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/condition.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "fit/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double most_scaled_gvif = 3.1622776601683795; /* sqrt(10) */
static const double least_curvature = 0.01;
enum { FEWEST_ROWS = 10 };

/* A value is 0 or 1 when standardising and back leaves it so but for rounding: within this share of
 * the column's standard deviation. */
static const double near_whole = 1e-6;

const char *churn_condition_name(churn_condition condition)
{
  static const char *const names[] = {"ok", "collinear", "few_rows", "near_separation",
                                      "separation"};
  return (size_t)condition < sizeof names / sizeof names[0] ? names[condition] : "unknown";
}

churn_condition churn_condition_of(const churn_condition_facts *facts)
{
  if (facts->separates)
    return CHURN_CONDITION_SEPARATION;
  if (facts->curvature < least_curvature || facts->fewest_rows == 0)
    return CHURN_CONDITION_NEAR_SEPARATION;
  if (facts->fewest_rows < FEWEST_ROWS)
    return CHURN_CONDITION_FEW_ROWS;
  return facts->scaled_gvif > most_scaled_gvif ? CHURN_CONDITION_COLLINEAR : CHURN_CONDITION_OK;
}

/* Rows of a column by value and label; `others`: neither 0 nor 1. */
typedef struct cells {
  uint64_t at[2][2];
  uint64_t others;
} cells;

typedef struct cells_pass {
  const churn_matrix *matrix;
  const double *means;
  const double *deviations;
  double *scratch;   /* [threads][columns * 256] */
  cells *lane_cells; /* [lanes][columns] */
} cells_pass;

static void count_column(const double *x, const double *y, const double *weight, bool repeated,
                         double mean, double deviation, cells *c)
{
  for (size_t r = 0; r < CHURN_TILE_ROWS; r++) {
    if (!(weight[r] > 0))
      continue;
    double raw = mean + deviation * x[r];
    bool one = raw > 0.5;
    if (fabs(raw - one) <= near_whole * deviation)
      c->at[one][y[r] > 0] += repeated ? (uint64_t)weight[r] : 1;
    else
      c->others++;
  }
}

static churn_status count_lane(void *context, size_t lane, int thread, churn_error *error)
{
  (void)error;
  const cells_pass *pass = context;
  const churn_matrix *m = pass->matrix;
  double *scratch = pass->scratch + (size_t)thread * m->columns * CHURN_TILE_ROWS;
  cells *counted = pass->lane_cells + lane * m->columns;
  size_t tiles = churn_tile_count(m->rows), end = churn_lane_first_tile(tiles, lane + 1);
  for (size_t t = churn_lane_first_tile(tiles, lane); t < end; t++) {
    const double *x = churn_matrix_dense(m, t, scratch);
    for (size_t c = 0; c < m->columns; c++)
      if (counted[c].others == 0)
        count_column(x + c * CHURN_TILE_ROWS, m->y + t * CHURN_TILE_ROWS,
                     m->weight + t * CHURN_TILE_ROWS, m->repeated, pass->means[c],
                     pass->deviations[c], &counted[c]);
  }
  return CHURN_OK;
}

static uint64_t fewest(const cells_pass *pass, size_t lanes, size_t column)
{
  cells sum = {0};
  for (size_t lane = 0; lane < lanes; lane++) {
    const cells *c = &pass->lane_cells[lane * pass->matrix->columns + column];
    for (int i = 0; i < 4; i++)
      sum.at[i / 2][i % 2] += c->at[i / 2][i % 2];
    sum.others += c->others;
  }
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 4 && sum.others == 0; i++)
    least = sum.at[i / 2][i % 2] < least ? sum.at[i / 2][i % 2] : least;
  return least;
}

churn_status churn_condition_rows(const churn_matrix *matrix, const double *means,
                                  const double *deviations, const churn_run *run,
                                  uint64_t *fewest_rows, churn_error *error)
{
  churn_status status = CHURN_OK;
  size_t lanes = churn_lane_count(matrix), threads = (size_t)churn_parallel_threads(run);
  cells_pass pass = {.matrix = matrix, .means = means, .deviations = deviations};
  pass.scratch =
      churn_array_new_aligned(threads * matrix->columns, CHURN_TILE_ROWS * sizeof(double));
  pass.lane_cells = churn_array_new(lanes * matrix->columns, sizeof *pass.lane_cells);
  if (pass.scratch == NULL || pass.lane_cells == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = churn_parallel_run(lanes, count_lane, &pass, NULL, run, error);
  for (size_t c = 0; status == CHURN_OK && c < matrix->columns; c++)
    fewest_rows[c] = fewest(&pass, lanes, c);
  free(pass.scratch);
  free(pass.lane_cells);
  return status;
}
