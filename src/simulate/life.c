/* One customer's life, and the true probabilities on the way.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/life.h"

#include "simulate/balance.h"
#include "simulate/stream.h"

#include <math.h>

static void look(churn_watch *watch, const churn_actor *actor, churn_day day)
{
  if (watch->end < watch->count && watch->days[watch->end] == day && day > actor->joined)
    watch->states[watch->end++] = *actor;
}

static void start_watch(churn_watch *watch, const churn_actor *actor)
{
  watch->first = 0;
  while (watch->first < watch->count &&
         (watch->days[watch->first] <= actor->joined || watch->days[watch->first] < actor->start))
    watch->first++;
  watch->end = watch->first;
}

/* Leaving comes when the hazards lived through reach an exponential draw: the same law as a trial a
 * day with probability 1 - exp(-hazard). */
static churn_day live_until_left(const churn_world *world, churn_actor *actor,
                                 churn_balance *balance, gsl_rng *random, churn_records *records,
                                 churn_watch *watch)
{
  double pending = churn_stream_exponential(random);
  for (churn_day day = actor->start; day <= world->last_day; day++) {
    if (watch != NULL)
      look(watch, actor, day);
    double hazard = churn_actor_hazard(actor, world, day);
    pending -= hazard;
    if (pending <= 0)
      return day;
    churn_actor_live(actor, world, day, random, records);
    if (balance != NULL)
      churn_balance_live(balance, day, hazard, records);
  }
  return CHURN_DAY_MISSING;
}

churn_life churn_life_run(const churn_world *world, uint32_t number, gsl_rng *random,
                          churn_records *records, churn_watch *watch)
{
  churn_actor actor;
  churn_profile profile;
  churn_stream_seed(random, world->settings.seed, CHURN_STREAM_CUSTOMER, number);
  churn_actor_born(world, number, random, &actor, &profile);
  if (watch != NULL)
    start_watch(watch, &actor);
  if (records != NULL) {
    churn_records_begin(records, number, &profile);
    churn_actor_open_books(&actor, world, records);
  }
  churn_life life = {.joined = actor.joined};
  churn_balance balance;
  bool bank = world->settings.world == CHURN_WORLD_BANK;
  if (bank)
    churn_balance_born(&balance, world, number, &profile, actor.start);
  life.left = live_until_left(world, &actor, bank ? &balance : NULL, random, records, watch);
  if (records != NULL) {
    churn_actor_close_books(&actor, random, records);
    churn_records_end(records, life.joined, life.left);
  }
  return life;
}

static double live_on(const churn_world *world, churn_actor *actor, churn_day from, churn_day to,
                      gsl_rng *random)
{
  double sum = 0;
  for (churn_day day = from; day < to; day++) {
    sum += churn_actor_hazard(actor, world, day);
    churn_actor_live(actor, world, day, random, NULL);
  }
  return sum;
}

double churn_life_truth(const churn_world *world, const churn_actor *state, churn_day day,
                        gsl_rng *random)
{
  churn_day window = day + (churn_day)world->settings.gap_days;
  churn_day end = window + (churn_day)world->settings.horizon_days;
  double leaves = 0, waits = 0;
  for (uint32_t i = 0; i < world->settings.continuations; i++) {
    churn_actor future = *state;
    churn_actor_redraw(&future, world, day, random);
    double waited = exp(-live_on(world, &future, day, window, random));
    leaves += waited * -expm1(-live_on(world, &future, window, end, random));
    waits += waited;
  }
  return leaves / waits;
}
