/* The solver behind Firth's penalised likelihood. Place in the flow: standardised matrix -> point
 * where the penalised likelihood is largest, for firth.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_FIRTH_SOLVER_H
#define CHURN_FIT_FIRTH_SOLVER_H

#include "fit/logistic.h"
#include "fit/objective.h"

/* Where the penalised likelihood was looked at. */
typedef struct churn_firth_point {
  churn_point point;
  double *factor; /* [n^2] Cholesky factor of the likelihood's Hessian, lower triangle */
  double *score;  /* [n] U / total weight, less multiplier x held */
  double value;   /* minus the penalised log-likelihood / total weight; infinite without a factor */
  double max_score;
  double multiplier; /* d -value / d (held' b), where the rest of the score is 0 */
} churn_firth_point;

/* objective (but its lane_sums) and n are set before. */
typedef struct churn_firth_solver {
  churn_objective objective;
  size_t n;           /* columns + 1 */
  const double *held; /* [n]: held' b stays as it is at the start; NULL = all free */
  churn_firth_point best, trial;
  double *direction; /* [n] */
  double *follow;    /* [n], scratch: inverse(Hessian) held */
  double *scratch;   /* [threads][columns + n] tiles */
  double *lane_sums; /* [lanes][n] */
  uint32_t steps;    /* in all */
  churn_stop stop;   /* of the last run */
} churn_firth_solver;

CHURN_MUST_USE churn_status churn_firth_prepare(churn_firth_solver *s, churn_error *error);
void churn_firth_clear(churn_firth_solver *s);

/* Value and factor at the point's coefficients. */
CHURN_MUST_USE churn_status churn_firth_value(const churn_firth_solver *s, churn_firth_point *at,
                                              churn_error *error);

/* From s->best, whose value is there and finite, to the largest penalised likelihood. */
CHURN_MUST_USE churn_status churn_firth_maximise(churn_firth_solver *s, churn_error *error);

#endif
