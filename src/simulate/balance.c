/* Balances.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/balance.h"

#include "simulate/stream.h"

#include <math.h>

enum { STATEMENT_DAYS = 30 };

const double churn_drains_over_leaves = 2.0;

static const double empty_share = 0.04; /* accounts on which there never is any money */
static const double least_left = 0.05, most_left = 0.35;
static const double moves_a_day = 1.0 / 45;
static const double returns_a_day = 0.25 / 365;
static const double wobble_kept = 0.8, wobble_impulse = 0.09;
static const double typical[3] = {4200, 38000, 310000}; /* by segment */

static double exponential(churn_random *random)
{
  return -log1p(-churn_random_uniform(random));
}

void churn_balance_born(churn_balance *balance, const churn_world *world, uint32_t number,
                        const churn_profile *profile, churn_day start)
{
  churn_random random =
      churn_random_stream(world->settings.seed, churn_stream_number(CHURN_STREAM_BALANCE, number));
  double usual = log(typical[profile->segment]) + 0.7 * churn_random_gaussian(&random);
  bool empty = churn_random_uniform(&random) < empty_share;
  double pending = exponential(&random);
  *balance = (churn_balance){
      .random = random, .usual = empty ? -INFINITY : usual, .pending = pending, .next = start};
}

/* The drain starts, or the money comes back. */
static void turn(churn_balance *balance)
{
  double share = least_left + (most_left - least_left) * churn_random_uniform(&balance->random);
  balance->goal = balance->goal < 0 ? 0 : log(share);
  balance->pending = exponential(&balance->random);
}

static void write_statement(churn_balance *balance, churn_day day, churn_records *records)
{
  balance->wobble =
      wobble_kept * balance->wobble + wobble_impulse * churn_random_gaussian(&balance->random);
  double cents = 100 * exp(balance->usual + balance->wobble + balance->drained);
  balance->next = day + STATEMENT_DAYS;
  if (records != NULL)
    churn_records_balance(records, day, cents < UINT32_MAX ? (uint32_t)lround(cents) : UINT32_MAX);
}

void churn_balance_live(churn_balance *balance, churn_day day, double hazard,
                        churn_records *records)
{
  bool draining = balance->goal < 0;
  balance->pending -= draining ? returns_a_day : churn_drains_over_leaves * hazard;
  if (balance->pending <= 0)
    turn(balance);
  balance->drained += moves_a_day * (balance->goal - balance->drained);
  if (day >= balance->next)
    write_statement(balance, day, records);
}
