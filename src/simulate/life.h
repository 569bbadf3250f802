/* One customer's life from birth to leaving or the world's end, and the true probabilities on the
 * way.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_LIFE_H
#define CHURN_SIMULATE_LIFE_H

#include "simulate/actor.h"

typedef struct churn_life {
  churn_day joined;
  churn_day left; /* MISSING = still there at the end */
} churn_life;

/* What to look at on the way: the state on the morning of each of `days` (ascending) on which the
 * customer is there; states[i] is filled for i in [first, end). */
typedef struct churn_watch {
  const churn_day *days;
  size_t count;
  churn_actor *states; /* [count] */
  size_t first, end;
} churn_watch;

/* Lives the life of customer `number`. A customer who leaves on day d has no row dated d or later,
 * only later dates inside earlier rows (an invoice paid, a complaint closed). `records` NULL =
 * nothing is written, the life is the same; `watch` may be NULL. */
churn_life churn_life_run(const churn_world *world, uint32_t number, gsl_rng *random,
                          churn_records *records, churn_watch *watch);

/* The true probability that a customer in `state` on the morning of `day` leaves in
 * [day + gap, day + gap + horizon), given that they do not leave in the gap: over `continuations`
 * futures of the histories, each with its own H_gap and H_window (sums of the daily hazards along
 * it), sum of exp(-H_gap) (1 - exp(-H_window)) over sum of exp(-H_gap). The futures are lived
 * without leaving: the hazard follows the histories and not the reverse. `random` must have been
 * seeded for the row. Cost: continuations * (gap + horizon) days. */
double churn_life_truth(const churn_world *world, const churn_actor *state, churn_day day,
                        gsl_rng *random);

#endif
