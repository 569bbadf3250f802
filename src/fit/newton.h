/* Newton's method on the objective: steps, halving, stopping rules, separation. Place in the flow:
 * objective -> the point where it is smallest. Cost: one evaluation of the objective a step, and
 * columns^3 / 3.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_NEWTON_H
#define CHURN_FIT_NEWTON_H

#include "fit/logistic.h"
#include "fit/objective.h"

/* Workspace of one fit. */
typedef struct churn_newton {
  churn_objective objective;
  churn_fit_settings settings; /* without zeros that mean a default */
  double lowest_weight;        /* smallest weight above 0 */
  churn_point point;           /* the best so far */
  churn_point trial;
  double *factor;    /* [(columns + 1)^2] */
  double *direction; /* [columns + 1]: -inverse(Hessian) gradient at `point` */
  double *solution;  /* [columns + 1], scratch */
  double *pivots;    /* [columns + 1], of the Hessian at `point` */
  double
      last_gradient; /* largest, before the step to `point`; 0 = not known, or a shortened step */
  uint32_t iterations;
  bool far;          /* the next step would still move some row a long way */
  bool suspected;    /* some step looked like separation */
  uint32_t runaways; /* so many in a row certainly did */
  churn_stop stop;
  size_t separating_column;
} churn_newton;

/* Objective (but its lane_sums), settings and lowest_weight are set before. */
CHURN_MUST_USE churn_status churn_newton_prepare(churn_newton *newton, churn_error *error);
void churn_newton_clear(churn_newton *newton);

/* Minimises from point, which has been evaluated. DEGENERATE when the Hessian cannot be factored
 * there; every other end is told by `stop`. */
CHURN_MUST_USE churn_status churn_newton_run(churn_newton *newton, churn_error *error);

#endif
