/* The population behind a thinned sample: moments and the mean slope of the probability,
 * reweighted.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/population.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/objective.h"
#include "fit/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weighted mean of p (1 - p) at the fit, the logits lowered by `shift`. */
static churn_status find_slope(const churn_matrix *rows, double total, double shift,
                               const churn_fit_result *fit, const churn_run *run, double *slope,
                               churn_error *error)
{
  churn_objective objective = {
      .matrix = rows, .kernel = churn_kernel_choose(NULL), .run = run, .total_weight = total};
  churn_point at = {0};
  churn_status status = churn_objective_prepare(&objective, error);
  if (status == CHURN_OK)
    status = churn_point_prepare(&at, rows->columns, error);
  if (status == CHURN_OK) {
    churn_fit_rescale(fit->coefficients, fit->means, fit->deviations, rows->columns,
                      at.coefficients);
    at.coefficients[0] -= shift;
    status = churn_objective_evaluate(&objective, &at, error);
  }
  if (status == CHURN_OK)
    *slope = at.sums[churn_kernel_hessian_start(rows->columns)];
  churn_point_clear(&at);
  churn_objective_clear(&objective);
  return status;
}

/* means and deviations are of the standardised columns. */
static void describe_columns(const churn_fit_result *fit, const double *means,
                             const double *deviations, double slope, churn_model *model)
{
  for (size_t c = 0; c < model->column_count; c++) {
    churn_model_column *column = &model->columns[c];
    column->mean = fit->means[c] + fit->deviations[c] * means[c];
    column->deviation = fit->deviations[c] * deviations[c];
    if (!isnan(column->sd_effect))
      column->sd_effect = 100 * slope * column->estimate * column->deviation;
  }
}

churn_status churn_population_describe(churn_matrix *matrix, const double *weights, double shift,
                                       const churn_fit_result *result, const churn_run *run,
                                       churn_model *model, churn_error *error)
{
  churn_status status = churn_matrix_settle(matrix, result->means, result->deviations, run, error);
  if (status != CHURN_OK)
    return status;
  churn_matrix rows = *matrix;
  churn_totals totals;
  double slope = NAN;
  double *means = churn_array_new(rows.columns, sizeof *means);
  double *deviations = churn_array_new(rows.columns, sizeof *deviations);
  rows.weight =
      churn_array_new_aligned(churn_tile_count(rows.rows), CHURN_TILE_ROWS * sizeof *rows.weight);
  if (means == NULL || deviations == NULL || rows.weight == NULL)
    status = churn_error_no_memory(error);
  for (size_t r = 0; status == CHURN_OK && r < churn_tile_count(rows.rows) * CHURN_TILE_ROWS; r++)
    rows.weight[r] = r < rows.rows ? weights[r] : 0;
  if (status == CHURN_OK)
    status = churn_totals_read(&rows, run, &totals, error);
  if (status == CHURN_OK)
    status = churn_moments_read(&rows, NULL, run, means, deviations, error);
  if (status == CHURN_OK)
    status = find_slope(&rows, totals.weight, shift, result, run, &slope, error);
  if (status == CHURN_OK)
    describe_columns(result, means, deviations, slope, model);
  free(rows.weight);
  free(means);
  free(deviations);
  return status;
}
