/* The way from a start near the answer to the answer, where rows are many: full gradients with a
 * Hessian that is only about right, and the exact one at the end. Place in the flow: warm start
 * -> approach -> Newton, where that did not do.
 *
 * With the Hessian of n rows each step leaves about sqrt(columns / churners among them) of the
 * error, and less as BFGS mends it (secant.h). A sweep for the gradient alone costs as much as
 * reading the matrix. With few columns one with the Hessian costs half as much again, and each step
 * after the first brings all rows' Hessian; with many it costs four times as much, and is made once
 * on the way and once at the end. Cost: rows x columns a step, rows x columns^2 / 2 twice or three
 * times.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_APPROACH_H
#define CHURN_FIT_APPROACH_H

#include "fit/newton.h"

/* From newton's point, whose slope has been evaluated, to the minimum: evaluated with its Hessian,
 * and newton's stop is GRADIENT. hessian: a packed one of the objective about there, overwritten.
 * Where the start is no lower than `worst`, as soon as steps fail to shrink the gradient fast, or
 * when separation cannot be ruled out, *arrived = false and the point is of no use. newton is
 * prepared.
 */
CHURN_MUST_USE churn_status churn_approach_run(churn_newton *newton, double *hessian, double worst,
                                               bool *arrived, churn_error *error);

#endif
