/* The function that a fit minimises, with gradient and Hessian, over the fixed lanes. Place in the
 * flow: standardised design matrix and coefficients -> value, for the solver. Cost: see kernel.h,
 * times the number of tiles; lanes x columns^2 / 2 doubles of memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_OBJECTIVE_H
#define CHURN_FIT_OBJECTIVE_H

#include "design/matrix.h"
#include "fit/coded.h"
#include "fit/kernel.h"
#include "fit/moments.h"
#include "fit/subsample.h"

#include <churn/run.h>
#include <stdbool.h>

/* f(b) = sum w_i (log(1 + exp(eta_i)) - y_i eta_i) / total_weight + ridge_lambda / 2 * sum_j>0
 * factor_j b_j^2, eta = offset + b_0 + z b: z are the columns of the matrix as they are, or, where
 * `means` is given, those less their means over their deviations. They are not written out: eta =
 * offset + (b_0 - sum b_j m_j / s_j) + x (b / s), and sums over rows of z are those of x turned the
 * same way, which costs digits where a mean is many deviations from 0. */
typedef struct churn_objective {
  const churn_matrix *matrix;
  const churn_kernel *kernel;
  const churn_run *run;
  double total_weight;
  double ridge_lambda;
  const double *ridge_factors;     /* [columns]; NULL = all 1 */
  const double *means;             /* [columns]; NULL = the columns as they are */
  const double *deviations;        /* [columns] */
  const churn_subsample *borrowed; /* the matrix is that, outlined; NULL = it has its tiles */
  double *lane_sums;               /* [lanes][churn_lane_stride(sums)] */
  double *turned;                  /* [columns + 1]: coefficients on the columns as they are */
  float *floats;                   /* [threads][churn_kernel_rough_room(columns)]; NULL = none */
  double *brought;                 /* [threads][2 * dense * 256]; NULL = nothing is borrowed */
  churn_coded *coded;              /* where the matrix has codes */
} churn_objective;

/* Where f was looked at, and what was found there. */
typedef struct churn_point {
  double *coefficients; /* [columns + 1], intercept first */
  double *sums;         /* f, its gradient, its Hessian, laid out as in kernel.h */
  double loss;          /* summed, without penalty */
  double max_gradient;
} churn_point;

/* Fields but lane_sums and those after it are set by the caller before. */
CHURN_MUST_USE churn_status churn_objective_prepare(churn_objective *objective, churn_error *error);
void churn_objective_clear(churn_objective *objective);

CHURN_MUST_USE churn_status churn_point_prepare(churn_point *point, size_t columns,
                                                churn_error *error);
void churn_point_clear(churn_point *point);

/* Fills sums, loss and max_gradient at the point's coefficients. */
CHURN_MUST_USE churn_status churn_objective_evaluate(const churn_objective *objective,
                                                     churn_point *point, churn_error *error);

/* The same with a Hessian to single precision where that takes less time: of many columns, all in
 * the tiles. For steps on the way. */
CHURN_MUST_USE churn_status churn_objective_evaluate_roughly(const churn_objective *objective,
                                                             churn_point *point,
                                                             churn_error *error);

/* The same without the Hessian, which is left as it was in sums. A third of the work, and where
 * memory is the limit nearly as long. */
CHURN_MUST_USE churn_status churn_objective_slope(const churn_objective *objective,
                                                  churn_point *point, churn_error *error);

/* The same slope in two halves, where means and deviations are not known before. First the sweep at
 * `raw` coefficients [columns + 1] on columns as they are, while `moments` take the rows; */
CHURN_MUST_USE churn_status churn_objective_look(churn_objective *objective, const double *raw,
                                                 const churn_moment_sums *moments,
                                                 churn_error *error);

/* then, once the objective has them, the point: raw coefficients on standardised columns, sums,
 * loss and max_gradient. */
void churn_objective_conclude(const churn_objective *objective, const double *raw,
                              churn_point *point);

/* The lowest and highest value of (2 y_i - 1) d_i over the rows with weight, d = direction_0 + x
 * direction, without the offset: `direction` [columns + 1] is a change of coefficients. A direction
 * whose lowest is >= 0 and highest > 0 separates the classes. */
CHURN_MUST_USE churn_status churn_objective_margins(const churn_objective *objective,
                                                    const double *direction, double *lowest,
                                                    double *highest, churn_error *error);

#endif
