/* The objective's minimum where some linear functions of the coefficients are held: a refit without
 * columns, or with one coefficient fixed, on the same matrix and warm from the free minimum. Place
 * in the flow: objective and free minimum -> likelihood-ratio tests, profile intervals. Cost: one
 * evaluation of the objective a step, and columns^3 / 3.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_RESTRICTED_H
#define CHURN_FIT_RESTRICTED_H

#include "fit/objective.h"

#include <stdbool.h>

/* n = columns + 1 coefficients b, of which q linear functions A b are held. */
typedef struct churn_restricted {
  const churn_objective *objective;
  const churn_point *best; /* the free minimum, evaluated */
  size_t held;             /* q */
  const double *functions; /* A, [q][n], rows independent of each other */
  churn_point point;       /* where we are, evaluated */
  /* about the point: */
  double deviance;  /* 2 (loss - loss at the free minimum) */
  double decrement; /* by how much a step along A b = constant still lowers the deviance, to second
                       order */
  double *multipliers; /* [q]: d deviance / d (A b) at the restricted minimum, to first order */
  /* workspace: */
  double *start;        /* [n] */
  double *direction;    /* [n] */
  double *rest;         /* [n]: inverse(Hessian) (gradient - A' multipliers) */
  double *factor;       /* [n^2] */
  double *solved;       /* [q][n]: inverse(Hessian) A' */
  double *packed;       /* [q (q + 1) / 2] */
  double *small;        /* [q^2]: factor of A inverse(Hessian) A' */
  double *small_vector; /* [q] */
} churn_restricted;

/* Starts at the free minimum. objective, best, held and functions are set before. *regular false
 * when the Hessian has no inverse there, and nothing more can be done. */
CHURN_MUST_USE churn_status churn_restricted_prepare(churn_restricted *restricted, bool *regular,
                                                     churn_error *error);
void churn_restricted_clear(churn_restricted *restricted);

/* A Newton step that changes A b by `change` [q] (all 0: stays) and lets the rest follow;
 * shortened, change and all, until the objective has a Hessian there and does not rise more than
 * such a change explains. *moved false when no length will do. */
CHURN_MUST_USE churn_status churn_restricted_step(churn_restricted *restricted,
                                                  const double *change, bool *moved,
                                                  churn_error *error);

/* Value of function i at the point. */
double churn_restricted_value(const churn_restricted *restricted, size_t i);

/* The deviance at the restricted minimum, from a point near it: the decrement is taken off. */
double churn_restricted_deviance(const churn_restricted *restricted);

#endif
