/* One penalised fit as a state that is fed with evaluations: proximal Newton with step halving.
 * Place in the flow: a batch of problems says which points it wants to know, one sweep over the
 * rows answers all of them (batch.h), each problem moves on.
 *
 * The Hessian is exact where a step asks for one; from there on it is kept up to date by BFGS from
 * the gradients that come anyway (Nocedal and Wright, Numerical Optimization, 6.1), so that most
 * sweeps need no Hessian. Once the gradient falls too slowly, the next sweep brings an exact one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_PROBLEM_H
#define CHURN_FIT_PROBLEM_H

#include "fit/logistic.h"
#include "fit/quadratic.h"

/* What the problem wants to know at `trial`. */
typedef enum churn_want {
  CHURN_WANT_NOTHING, /* it is done */
  CHURN_WANT_SLOPE,   /* value and gradient */
  CHURN_WANT_STEP     /* and the Hessian */
} churn_want;

typedef enum churn_problem_phase {
  CHURN_PHASE_START,   /* the trial is where to begin */
  CHURN_PHASE_REFRESH, /* the trial is the point again, for its Hessian */
  CHURN_PHASE_STEP
} churn_problem_phase;

/* Minimises sum w_i loss_i / total_weight + penalty over the rows of the groups that it trains on,
 * on the columns as they are in the matrix. */
typedef struct churn_problem {
  size_t unknowns;        /* columns + 1; number 0 is the intercept */
  const bool *trains;     /* [groups], borrowed; NULL = all rows */
  const uint32_t *chosen; /* [unknowns - 1] columns of the matrix, borrowed; NULL = all */
  double total_weight;    /* of the rows that count */
  churn_penalty_terms penalty;
  double tolerance;      /* of the residual (churn_penalty_residual) */
  double step_tolerance; /* and no coefficient would move by more than this in the next step */
  double slow;           /* a step that leaves more than this share of the residual is slow */
  uint32_t most_sweeps;
  bool blind; /* the last step, which leaves a tenth of the tolerance if it shrinks the residual
                 like the one before, is taken without a sweep to see where it ends: loss and
                 gradient are those before it */
  /* the point: the best so far */
  double *coefficients;
  double *gradient; /* of the unpenalised mean loss */
  double *hessian;  /* packed */
  double loss;      /* mean, without penalty */
  double residual;
  double left; /* of the residual, by the step to the point; 1 = not known */
  bool placed; /* the point has been evaluated, and there is a Hessian */
  bool fresh;  /* the Hessian is that of the point, not an update of one */
  /* the trial */
  churn_want want;
  churn_problem_phase phase;
  double *trial;
  double *sums; /* laid out as in kernel.h: filled by the sweep, as means */
  double *direction;
  double length;
  double promise; /* what the whole direction changes in the quadratic model, <= 0 */
  double move;    /* largest |direction| */
  uint32_t halvings;
  uint32_t runaways;
  uint32_t sweeps;
  churn_stop stop;
  size_t separating_column;
} churn_problem;

/* Tolerances and limits as of churn_fit_logistic, no penalty, all rows, all columns. */
CHURN_MUST_USE churn_status churn_problem_prepare(churn_problem *problem, size_t columns,
                                                  churn_error *error);
void churn_problem_clear(churn_problem *problem);

/* Begins at `coefficients` [unknowns]. Keeps the Hessian of a problem that has one. */
void churn_problem_start(churn_problem *problem, const double *coefficients);

/* Begins where another problem (or this one, under a new penalty) stands, without a sweep: the
 * function is the same, the penalty another. */
void churn_problem_follow(churn_problem *problem, const churn_problem *other,
                          churn_quadratic *scratch);

/* Begins at `coefficients` whose loss, gradient and Hessian are known already. */
void churn_problem_place(churn_problem *problem, const double *coefficients, double loss,
                         const double *gradient, const double *hessian, churn_quadratic *scratch);

/* The sums at the trial have come: goes on, or ends with want = NOTHING. */
void churn_problem_take(churn_problem *problem, churn_quadratic *scratch);

/* Mean loss plus penalty at the point. */
double churn_problem_objective(const churn_problem *problem);

/* Stopped by the residual, or by no progress near enough. */
bool churn_problem_converged(const churn_problem *problem);

#endif
