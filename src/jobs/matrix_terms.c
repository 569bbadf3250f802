/* Weights and offsets of a matrix' rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/matrix_terms.h"

#include "base/error.h"
#include "base/memory.h"
#include "design/split.h"

#include <math.h>
#include <stdlib.h>

double churn_sampling_shift(const churn_fit_spec *fit)
{
  return log(fit->sampled.churners / fit->sampled.others);
}

churn_status churn_matrix_set_terms(const churn_fit_spec *fit, const churn_snapshots *rows,
                                    churn_matrix *matrix, churn_error *error)
{
  double shift = churn_sampling_shift(fit);
  bool shifted = fit->offset.text != NULL || shift != 0;
  bool weighted =
      fit->weighting == CHURN_WEIGHTING_FREQUENCY || fit->weighting == CHURN_WEIGHTING_INCLUSION;
  churn_status status = shifted ? churn_matrix_add_offset(matrix, error) : CHURN_OK;
  matrix->repeated = fit->weighting == CHURN_WEIGHTING_FREQUENCY;
  for (size_t r = 0; status == CHURN_OK && r < matrix->rows; r++) {
    if (weighted)
      matrix->weight[r] = rows->rows[r].weight;
    if (shifted)
      matrix->offset[r] = rows->rows[r].offset + shift;
  }
  return status;
}

churn_status churn_matrix_set_clusters(const churn_snapshots *rows, churn_matrix *matrix,
                                       churn_error *error)
{
  free(matrix->cluster);
  matrix->cluster = churn_array_new(rows->count, sizeof *matrix->cluster);
  if (matrix->cluster == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < rows->count; i++)
    matrix->cluster[i] = rows->rows[i].customer;
  return CHURN_OK;
}

churn_status churn_population_weights(const churn_fit_spec *fit, const churn_snapshots *rows,
                                      double **weights, churn_error *error)
{
  *weights = NULL;
  if (fit->weighting == CHURN_WEIGHTING_NONE)
    return CHURN_OK;
  *weights = churn_snapshots_weights(rows);
  return *weights == NULL ? churn_error_no_memory(error) : CHURN_OK;
}
