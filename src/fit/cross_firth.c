/* Cross-validation of Firth's method.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/cross_firth.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/firth.h"

#include <stdlib.h>
#include <string.h>

/* On the columns as they are in the matrix. */
static churn_status fit_fold(const churn_scaled *data, const churn_run *run,
                             churn_fit_result *result, double *standardised,
                             churn_cross_report *report, churn_error *error)
{
  churn_fit_report fitted;
  churn_scaled part = {0};
  churn_status status =
      churn_scaled_after(data->matrix, data->means, data->deviations, run, &part, error);
  if (status == CHURN_OK &&
      !(part.totals.positive > 0 && part.totals.positive < part.totals.weight))
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "without some fold all rows have the same outcome");
  if (status == CHURN_OK)
    status = churn_firth_fit(&part, run, result, &fitted, error);
  if (status == CHURN_OK) {
    churn_fit_rescale(result->coefficients, data->means, data->deviations, data->matrix->columns,
                      standardised);
    report->sweeps += 2 * fitted.iterations;
    report->not_converged += !fitted.converged;
  }
  churn_scaled_clear(&part);
  return status;
}

churn_status churn_cross_firth(const churn_scaled *data, const churn_fold_map *map,
                               const churn_run *run, double *logits, churn_cross_report *report,
                               churn_error *error)
{
  churn_matrix *m = data->matrix;
  size_t k = m->columns, n = k + 1;
  double *coefficients = churn_array_new(map->count * n, sizeof *coefficients);
  double *weights = churn_array_new(m->rows, sizeof *weights);
  churn_fit_result result = {
      churn_array_new(n, sizeof(double)), churn_array_new(n * n, sizeof(double)),
      churn_array_new(k, sizeof(double)), churn_array_new(k, sizeof(double))};
  churn_cross_report made = {0};
  churn_status status = coefficients == NULL || weights == NULL || result.coefficients == NULL ||
                                result.covariance == NULL || result.means == NULL ||
                                result.deviations == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  if (status == CHURN_OK)
    memcpy(weights, m->weight, m->rows * sizeof *weights);
  for (uint32_t f = 0; f < map->count && status == CHURN_OK; f++) {
    for (size_t r = 0; r < m->rows; r++)
      m->weight[r] = map->fold[r] == f ? 0 : weights[r];
    status = fit_fold(data, run, &result, coefficients + f * n, &made, error);
    memcpy(m->weight, weights, m->rows * sizeof *weights);
  }
  if (status == CHURN_OK)
    status = churn_fold_predict(m, map, coefficients, run, logits, NULL, error);
  if (status == CHURN_OK)
    *report = made;
  free(coefficients);
  free(weights);
  free(result.coefficients);
  free(result.covariance);
  free(result.means);
  free(result.deviations);
  return status;
}
