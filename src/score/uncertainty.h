/* How sure a model's logits are: its coefficients are known up to their covariance, and so is
 * everything that is made of them. About the average training row, where the logit's error is
 * nearly that of the intercept alone, so that no digits cancel.
 *
 * The error of a logit is sqrt((1, x - mean)' C (1, x - mean)), C the covariance of (logit of the
 * average row, coefficients): the delta method, exact here because the logit is linear (McCullagh
 * and Nelder 1989, section 4.4). What cannot be known from the model, whether one customer with
 * that probability leaves, is not in it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_UNCERTAINTY_H
#define CHURN_SCORE_UNCERTAINTY_H

#include "base/lanes.h"

#include <churn/model.h>
#include <stdint.h>

typedef struct churn_uncertainty churn_uncertainty;

/* *made is NULL where the model has no covariance. Borrows the model. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_uncertainty_new(const churn_model *model,
                                                  churn_uncertainty **made, churn_error *error);
void churn_uncertainty_free(churn_uncertainty *uncertainty);

/* Standard errors of the logits of a tile's rows; columns[c][256], errors[256]. Cost: rows x
 * columns^2. */
void churn_uncertainty_errors(const churn_uncertainty *uncertainty, const double *const *columns,
                              double *errors);

/* Draw `number` of `seed`: how far coefficients from the normal distribution with this covariance
 * lie from the estimates. away[columns + 1]: the average row's logit, then the coefficients. */
void churn_uncertainty_draw(const churn_uncertainty *uncertainty, uint64_t seed, uint64_t number,
                            double *away);

/* How far such coefficients take the logits of a tile's rows. logits[256]. */
void churn_uncertainty_move(const churn_uncertainty *uncertainty, const double *away,
                            const double *design, double *logits);

#endif
