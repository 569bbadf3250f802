/* What gradients tell of a Hessian. Place in the flow: a step and the gradients at its ends ->
 * solvers whose sweeps bring no Hessian. Cost: columns^2.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_SECANT_H
#define CHURN_FIT_SECANT_H

#include <stddef.h>

/* BFGS (Nocedal and Wright, Numerical Optimization, 2006, 6.1): hessian (packed lower triangle of n
 * unknowns, as in kernel.h) becomes one that maps `step` [n] to the change of the gradient, `after`
 * less `before` [n], and stays positive definite. Left as it is where the change is rounding, or
 * shows next to no curvature. product [n] is scratch. */
void churn_secant_learn(double *hessian, size_t n, const double *step, const double *before,
                        const double *after, double *product);

#endif
