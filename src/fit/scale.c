/* A standardised matrix and what it takes to go back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/scale.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static churn_status prepare(churn_matrix *matrix, churn_scaled *scaled, churn_error *error)
{
  *scaled = (churn_scaled){.matrix = matrix,
                           .means = churn_array_new(matrix->columns, sizeof(double)),
                           .deviations = churn_array_new(matrix->columns, sizeof(double))};
  return scaled->means == NULL || scaled->deviations == NULL ? churn_error_no_memory(error)
                                                             : CHURN_OK;
}

churn_status churn_scaled_take(churn_matrix *matrix, const churn_run *run, churn_scaled *scaled,
                               churn_error *error)
{
  churn_scaled made;
  churn_status status = prepare(matrix, &made, error);
  if (status == CHURN_OK)
    status = churn_fit_standardise(matrix, run, &made.totals, made.means, made.deviations, error);
  if (status == CHURN_OK)
    *scaled = made;
  else
    churn_scaled_clear(&made);
  return status;
}

churn_status churn_scaled_after(churn_matrix *matrix, const double *means, const double *deviations,
                                const churn_run *run, churn_scaled *scaled, churn_error *error)
{
  churn_scaled made;
  churn_status status = prepare(matrix, &made, error);
  if (status == CHURN_OK)
    status = churn_matrix_settle(matrix, means, deviations, run, error);
  if (status == CHURN_OK)
    status = churn_totals_read(matrix, run, &made.totals, error);
  if (status != CHURN_OK) {
    churn_scaled_clear(&made);
    return status;
  }
  memcpy(made.means, means, matrix->columns * sizeof *means);
  memcpy(made.deviations, deviations, matrix->columns * sizeof *deviations);
  *scaled = made;
  return CHURN_OK;
}

void churn_scaled_clear(churn_scaled *scaled)
{
  free(scaled->means);
  free(scaled->deviations);
  *scaled = (churn_scaled){0};
}

/* The intercept's column comes last: the others need it as it was. */
void churn_fit_turn_hessian(double *hessian, const double *means, const double *deviations,
                            size_t columns)
{
  const double *m = means, *s = deviations;
  for (size_t i = 1; i <= columns; i++) {
    double *row = hessian + i * (i + 1) / 2;
    for (size_t j = 1; j <= i; j++) {
      double across = hessian[j * (j + 1) / 2] - m[j - 1] * hessian[0];
      row[j] = (row[j] - m[j - 1] * row[0] - m[i - 1] * across) / (s[i - 1] * s[j - 1]);
    }
  }
  for (size_t i = 1; i <= columns; i++) {
    double *entry = hessian + i * (i + 1) / 2;
    *entry = (*entry - m[i - 1] * hessian[0]) / s[i - 1];
  }
}
