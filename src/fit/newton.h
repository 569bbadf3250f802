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
  bool loose;                  /* stops at the gradient without a last step: the caller takes it;
                                  Hessians are rough */
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
  uint32_t hessians; /* so many evaluations brought one */
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

/* Evaluates the objective with its Hessian, exact or rough (objective.h), at one of newton's
 * points.
 */
CHURN_MUST_USE churn_status churn_newton_evaluate(churn_newton *newton, churn_point *point,
                                                  bool roughly, churn_error *error);

/* Whether adding `step` [columns + 1] to the coefficients could change some row's eta by much; no
 * where the bounds on standardised columns rule it out, which is nearly always and costs no pass
 * over the rows. */
bool churn_newton_may_move_far(const churn_newton *newton, const double *step);

/* Tells the caller's progress how many steps there were. */
void churn_newton_progress(const churn_newton *newton);

#endif
