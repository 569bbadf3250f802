/* Cholesky by GSL, its error handler kept out of the way.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/cholesky.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

static void unpack(const double *packed, size_t n, double *square)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double value = packed[i * (i + 1) / 2 + j];
      square[i * n + j] = value;
      square[j * n + i] = value;
    }
}

bool churn_cholesky_factor(const double *packed, size_t n, double tolerance, double *factor,
                           size_t *column)
{
  unpack(packed, n, factor);
  gsl_matrix_view view = gsl_matrix_view_array(factor, n, n);
  gsl_error_handler_t *handler = gsl_set_error_handler_off();
  int fault = gsl_linalg_cholesky_decomp1(&view.matrix);
  gsl_set_error_handler(handler);
  *column = n;
  if (fault != GSL_SUCCESS)
    return false;
  for (size_t i = 0; i < n; i++) {
    double pivot = factor[i * n + i] * factor[i * n + i];
    if (!(pivot >= tolerance * packed[i * (i + 1) / 2 + i] && isfinite(pivot))) {
      *column = i;
      return false;
    }
  }
  return true;
}

bool churn_cholesky_solve(double *factor, size_t n, const double *b, double *x)
{
  for (size_t i = 0; i < n; i++)
    x[i] = b[i];
  gsl_matrix_view view = gsl_matrix_view_array(factor, n, n);
  gsl_vector_view vector = gsl_vector_view_array(x, n);
  gsl_error_handler_t *handler = gsl_set_error_handler_off();
  int fault = gsl_linalg_cholesky_svx(&view.matrix, &vector.vector);
  gsl_set_error_handler(handler);
  return fault == GSL_SUCCESS;
}

bool churn_cholesky_invert(double *factor, size_t n)
{
  gsl_matrix_view view = gsl_matrix_view_array(factor, n, n);
  gsl_error_handler_t *handler = gsl_set_error_handler_off();
  int fault = gsl_linalg_cholesky_invert(&view.matrix);
  gsl_set_error_handler(handler);
  return fault == GSL_SUCCESS;
}
