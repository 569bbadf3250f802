/* Sums over rows where some columns are kept as level codes (design/matrix.h). Place in the flow:
 * the objective and the rank check, for matrices that have such columns.
 *
 * A coded column is 0 or 1 here and its sums are those of the rows at its level: index adds, one a
 * row and block for the gradient and the columns in the tiles, one a row and pair of blocks for the
 * Hessian between them. That the column stands for another low and high value is put in after the
 * lanes are added up: both are linear. Cost: rows x (columns in tiles^2 / 2 + blocks x columns in
 * tiles + blocks^2 / 2), whatever the number of levels.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_CODED_H
#define CHURN_FIT_CODED_H

#include "design/matrix.h"
#include "fit/kernel.h"

#include <churn/run.h>
#include <stdbool.h>

/* Workspace; all NULL where the matrix has no codes. */
typedef struct churn_coded {
  const churn_matrix *matrix;
  const churn_kernel *kernel;
  size_t *dense_columns; /* [matrix->dense]: their numbers among all */
  double *coefficients;  /* [matrix->dense + 1], intercept with all low values' share */
  double *values;        /* [blocks][levels + 1]: what a level adds to that */
  double *totals;        /* [columns + 1] */
  double *scratch;       /* [threads][room] */
  size_t room;
} churn_coded;

CHURN_MUST_USE churn_status churn_coded_prepare(churn_coded *coded, const churn_matrix *matrix,
                                                const churn_kernel *kernel, const churn_run *run,
                                                churn_error *error);
void churn_coded_clear(churn_coded *coded);

/* Coefficients [columns + 1] for what follows. */
void churn_coded_set(churn_coded *coded, const double *coefficients);

/* The linear predictor of one tile's rows [256], without the offset. x = the columns in the tiles,
 * here and below. */
void churn_coded_predict(const churn_coded *coded, size_t tile, const double *x, double *eta);

/* A lane: begin; step (as churn_kernel_step or, without Hessian, _slope) or cross (as
 * churn_kernel_cross) for each tile; end adds all to sums, laid out
 * by all columns as in kernel.h, coded ones as 0 and 1. */
void churn_coded_begin(const churn_coded *coded, int thread);
void churn_coded_step(const churn_coded *coded, int thread, size_t tile, const double *x,
                      bool with_hessian);
void churn_coded_cross(const churn_coded *coded, int thread, size_t tile, const double *x);
void churn_coded_end(const churn_coded *coded, int thread, bool with_hessian, double *sums);

/* After the lanes: sums of columns that are 0 and 1 become those of low and high values, less means
 * over deviations [columns] where those are not NULL. */
void churn_coded_finish(churn_coded *coded, const double *means, const double *deviations,
                        bool with_hessian, double *sums);

#endif
