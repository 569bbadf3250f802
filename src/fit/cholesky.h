/* Cholesky by GSL for the fit: factor, solve, invert. GSL's error handler is switched off inside
 * each call and put back after it (the handler is one for the whole process: GSL's rule that it is
 * not to be changed while another thread computes stands). Cost: n^3 / 3.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_CHOLESKY_H
#define CHURN_FIT_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* From the packed lower triangle (kernel.h) to the factor, n x n row-major. False when the matrix
 * is not positive definite or when some pivot, as a share of its diagonal element (= 1 - R^2 of
 * that column on the ones before it), is below `tolerance`; *column = which, or n where GSL does
 * not say. The factor's contents are then of no use. */
bool churn_cholesky_factor(const double *packed, size_t n, double tolerance, double *factor,
                           size_t *column);

/* Solves A x = b for the factor of A; x[n] may be b. */
bool churn_cholesky_solve(double *factor, size_t n, const double *b, double *x);

/* The factor becomes the inverse of A, both triangles. */
bool churn_cholesky_invert(double *factor, size_t n);

#endif
