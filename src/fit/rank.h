/* Which columns are told apart from those before them: the step that every such check shares. Place
 * in the flow: a matrix of correlations -> which columns to keep.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_RANK_H
#define CHURN_FIT_RANK_H

#include <stdbool.h>
#include <stddef.h>

/* A column whose pivot is not above this is collinear with those before it. */
extern const double churn_rank_tolerance;

/* Makes row j of the correlations' [k * k] lower triangle the row of their Cholesky factor over the
 * kept columns before it, whose rows are factored with the root of the pivot on the diagonal;
 * returns the pivot, 1 - R^2 of column j on those. */
double churn_rank_row(double *matrix, size_t k, const bool *keep, size_t j);

#endif
