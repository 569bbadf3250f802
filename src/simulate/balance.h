/* The money on a customer's accounts, in a bank: statements a month apart, and the silent way of
 * leaving, in which the money moves out and the account stays open.
 *
 * A drain starts on day d with probability 1 - exp(-churn_drains_over_leaves * hazard(d)), hazard
 * as for leaving (effects.h): what drives the one drives the other. The balance then falls to a
 * share drawn once, most of the way within three months; some come back. Draws come from a stream
 * of the customer's own, so that the rest of the life is the same with and without.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_BALANCE_H
#define CHURN_SIMULATE_BALANCE_H

#include "base/random.h"
#include "simulate/records.h"

typedef struct churn_balance {
  churn_random random;
  double usual;   /* log of the balance that the customer keeps; -inf = an account without money */
  double wobble;  /* deviation of the log, moves with each statement */
  double drained; /* log of the share that is left, 0 = all */
  double goal;    /* where that is heading */
  double pending; /* hazard to live through until the drain starts, or ends */
  churn_day next; /* of the next statement */
} churn_balance;

/* Drains a leaving: how much likelier it is that the money leaves than that the customer does. */
extern const double churn_drains_over_leaves;

/* Of customer `number`, whose books begin on `start`. */
void churn_balance_born(churn_balance *balance, const churn_world *world, uint32_t number,
                        const churn_profile *profile, churn_day start);

/* Lives one day, of that hazard; writes the statement that falls on it. */
void churn_balance_live(churn_balance *balance, churn_day day, double hazard,
                        churn_records *records);

#endif
