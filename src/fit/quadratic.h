/* The step of a penalised fit: the minimum of a quadratic with a penalty on absolute values. Place
 * in the flow: value, gradient and Hessian at a point -> step from there, for the solver. Works on
 * the sufficient statistics only, never on rows.
 *
 * Coordinate descent (Friedman, Hastie and Tibshirani, Journal of Statistical Software 33, 2010)
 * finds which coefficients are 0 and the signs of the others; given those the minimum solves a
 * linear system, which Cholesky gives to the last digit. Cost: unknowns^2 a pass, and unknowns^3
 * / 3.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_QUADRATIC_H
#define CHURN_FIT_QUADRATIC_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>

/* sum_j l1[j] |b_j| + l2[j] / 2 b_j^2 over the unknowns 0..n-1; those `frozen` stay as they are. */
typedef struct churn_penalty_terms {
  size_t unknowns;
  double *l1;
  double *l2;
  bool *frozen;
} churn_penalty_terms;

CHURN_MUST_USE churn_status churn_penalty_prepare(churn_penalty_terms *penalty, size_t unknowns,
                                                  churn_error *error);
void churn_penalty_clear(churn_penalty_terms *penalty);

double churn_penalty_value(const churn_penalty_terms *penalty, const double *b);

/* How far b is from a minimum of f + penalty, `gradient` that of f: the largest element of the
 * subgradient of least size (0 exactly where the Karush-Kuhn-Tucker conditions hold). */
double churn_penalty_residual(const churn_penalty_terms *penalty, const double *b,
                              const double *gradient);

/* Scratch of a solver for at most as many `unknowns` as it was prepared for; those of the last. */
typedef struct churn_quadratic {
  size_t unknowns;
  double *hessian;                /* [n^2], with l2 on its diagonal */
  double *slope;                  /* [n]: derivative of the smooth part at b + step */
  double *packed;                 /* [n (n + 1) / 2]: of the coefficients in the support */
  double *factor;                 /* [n^2] */
  double *move;                   /* [n] */
  size_t *support;                /* [n] */
  signed char *signs, *old_signs; /* [n] */
} churn_quadratic;

CHURN_MUST_USE churn_status churn_quadratic_prepare(churn_quadratic *quadratic, size_t unknowns,
                                                    churn_error *error);
void churn_quadratic_clear(churn_quadratic *quadratic);

/* step [n] = argmin_d gradient'd + d'Hd / 2 + penalty(b + d), H the packed lower triangle (as in
 * kernel.h). Where H is singular, one of the minima, near b. */
void churn_quadratic_solve(churn_quadratic *quadratic, const churn_penalty_terms *penalty,
                           const double *b, const double *gradient, const double *packed,
                           double *step);

#endif
