/* One customer, day by day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/actor.h"

#include "simulate/stream.h"

#include <gsl/gsl_randist.h>
#include <math.h>

enum {
  SEVERE_WINDOW_DAYS = 90,
  CHANGES_WINDOW_DAYS = 365,
  FEE_WINDOW_DAYS = 180,
  LAST_JOIN_DAYS = 30, /* nobody joins in the world's last month */
  REGIONS = 4,
  CHANNELS = CHURN_MOODS / 2
};

/* Share of the customers that are there on the first day. */
static const double there_at_start = 0.60;

/* Mean engagement level over base rate, from fading; base rates are raised by it. */
static const double mean_fade = 0.94;

/* Day of joining: ids are in the order of joining, spread evenly over the five years before the
 * first day and then over the world. */
static churn_day draw_joined(const churn_world *world, uint32_t number, gsl_rng *random)
{
  double place = ((double)number + gsl_rng_uniform(random)) / (double)world->settings.customers;
  double days;
  if (place < there_at_start) {
    days = (place / there_at_start - 1) * CHURN_JOINED_BEFORE_DAYS;
  } else {
    double span = (double)(world->last_day - world->first_day - LAST_JOIN_DAYS);
    days = (place - there_at_start) / (1 - there_at_start) * span;
  }
  return world->first_day + (churn_day)floor(days);
}

static double draw_level(gsl_rng *random, double contentment, double weight, double deviation)
{
  double own = gsl_ran_gaussian_ziggurat(random, 1);
  return exp(deviation * (weight * contentment + sqrt(1 - weight * weight) * own));
}

/* Content customers engage more, complain less, pay sooner. */
static churn_temperament draw_temperament(const churn_world *world, gsl_rng *random)
{
  const double spread = 0.35;
  double contentment = gsl_ran_gaussian_ziggurat(random, 1);
  churn_temperament t;
  t.engagements_a_day = world->settings.engagements_a_day / mean_fade * exp(-spread * spread / 2) *
                        draw_level(random, contentment, 0.4, spread);
  t.complaints_a_day = gsl_ran_gamma(random, 0.7, 1 / 0.7) * 1.6 / 365 * exp(-0.3 * contentment);
  t.payment_days = 9 * draw_level(random, contentment, -0.3, 0.8);
  t.stops_paying_a_day = 0.3 / 365;
  t.discount = 1 + 0.06 * gsl_ran_gaussian_ziggurat(random, 1);
  return t;
}

static churn_profile draw_profile(gsl_rng *random)
{
  static const double typical_employees[] = {12, 110, 1400};
  churn_profile p;
  double draw = gsl_rng_uniform(random);
  p.segment = draw < 0.6 ? 0 : draw < 0.9 ? 1 : 2;
  p.region = (unsigned)gsl_rng_uniform_int(random, REGIONS);
  p.favourite_channel = (unsigned)gsl_rng_uniform_int(random, CHANNELS);
  p.employees = (uint32_t)ceil(typical_employees[p.segment] * gsl_ran_lognormal(random, 0, 0.6));
  return p;
}

static void set_wakes(churn_actor *actor)
{
  churn_day clocks[] = {actor->engagement.fade_turns, churn_complaints_wake(&actor->complaints),
                        churn_account_wake(&actor->account), churn_payments_wake(&actor->payments)};
  actor->wakes = clocks[0];
  for (size_t i = 1; i < sizeof clocks / sizeof clocks[0]; i++)
    actor->wakes = clocks[i] < actor->wakes ? clocks[i] : actor->wakes;
}

static void draw_clocks(churn_actor *actor, const churn_world *world, churn_day day,
                        gsl_rng *random)
{
  churn_engagement_redraw(&actor->engagement, day, random);
  churn_complaints_redraw(&actor->complaints, &actor->temperament, day, random);
  churn_account_redraw(&actor->account, world, actor->foreseen, day, random);
  churn_payments_redraw(&actor->payments, &actor->temperament, day, random);
  set_wakes(actor);
}

void churn_actor_born(const churn_world *world, uint32_t number, gsl_rng *random,
                      churn_actor *actor, churn_profile *profile)
{
  *actor = (churn_actor){.foreseen = true};
  actor->joined = draw_joined(world, number, random);
  actor->start = actor->joined < world->first_day ? world->first_day : actor->joined;
  actor->changed = actor->start;
  actor->temperament = draw_temperament(world, random);
  *profile = draw_profile(random);
  churn_engagement_born(&actor->engagement, &actor->temperament, random);
  churn_complaints_born(&actor->complaints);
  churn_account_born(&actor->account, world, &actor->temperament, profile->segment, actor->start,
                     random);
  churn_payments_born(&actor->payments, actor->joined, actor->start);
  draw_clocks(actor, world, actor->start + 1, random);
}

void churn_actor_open_books(const churn_actor *actor, const churn_world *world,
                            churn_records *records)
{
  const churn_account *account = &actor->account;
  churn_records_price(records, actor->start, account->tier, account->cents);
  churn_records_rep(records, actor->start, world->reps[account->rep_index].rep);
}

void churn_actor_redraw(churn_actor *actor, const churn_world *world, churn_day day,
                        gsl_rng *random)
{
  actor->foreseen = false;
  draw_clocks(actor, world, day, random);
}

/* How many of the days, newest first, lie in the window; `changes` becomes the day on which one
 * drops out of it, when sooner. */
static double count_recent(const churn_day *days, int kept, churn_day day, churn_day window,
                           churn_day *changes)
{
  int count = 0;
  while (count < kept && days[count] != CHURN_DAY_MISSING && days[count] >= day - window)
    count++;
  if (count > 0 && days[count - 1] + window + 1 < *changes)
    *changes = days[count - 1] + window + 1;
  return count;
}

/* The next day on which a fee row passes out of the window. */
static churn_day fee_row_ages(const churn_account *account, churn_day day)
{
  for (uint32_t i = 0; i < account->fee_count; i++)
    if (account->fees[i].day >= day - FEE_WINDOW_DAYS)
      return account->fees[i].day + FEE_WINDOW_DAYS + 1;
  return CHURN_DAY_LAST;
}

/* Reads the values that change only now and then, and when they will next without any event. */
static void read_slow(churn_actor *actor, const churn_world *world, churn_day day)
{
  const churn_account *account = &actor->account;
  double values[CHURN_EFFECTS];
  churn_day changes = churn_payments_values(&actor->payments, day, &values[CHURN_EFFECT_DELAY],
                                            &values[CHURN_EFFECT_OVERDUE]);
  churn_day ages = fee_row_ages(account, day);
  changes = ages < changes ? ages : changes;
  values[CHURN_EFFECT_SEVERE] =
      count_recent(actor->complaints.severe, CHURN_SEVERE_KEPT, day, SEVERE_WINDOW_DAYS, &changes);
  values[CHURN_EFFECT_OPEN] = actor->complaints.open_count;
  values[CHURN_EFFECT_BASIC] = account->tier == 0;
  values[CHURN_EFFECT_PREMIUM] = account->tier == 2;
  values[CHURN_EFFECT_FEE_CHANGE] = churn_account_fee_change(account, day);
  values[CHURN_EFFECT_REP_CHANGES] =
      count_recent(account->changes, CHURN_CHANGES_KEPT, day, CHANGES_WINDOW_DAYS, &changes);
  actor->slow_terms = world->intercept;
  for (int i = CHURN_EFFECT_SEVERE; i < CHURN_EFFECTS; i++)
    actor->slow_terms += churn_effect_term(&world->effects[i], values[i]);
  actor->changed = changes;
}

double churn_actor_hazard(churn_actor *actor, const churn_world *world, churn_day day)
{
  if (day <= actor->joined || day < world->leaving_from)
    return 0;
  if (day >= actor->changed)
    read_slow(actor, world, day);
  const churn_engagement *e = &actor->engagement;
  const churn_effect *effects = world->effects;
  double since = e->last == CHURN_DAY_MISSING ? NAN : (double)(day - e->last);
  double trend = e->last_90 == 0 ? NAN : 3.0 * e->last_30 / e->last_90;
  double sum = actor->slow_terms +
               churn_effect_term(&effects[CHURN_EFFECT_ENGAGEMENTS], e->last_30) +
               churn_effect_term(&effects[CHURN_EFFECT_TREND], trend) +
               churn_effect_term(&effects[CHURN_EFFECT_SINCE_ENGAGEMENT], since) +
               churn_effect_term(&effects[CHURN_EFFECT_TENURE], day - actor->joined);
  return exp(sum);
}

/* The day's engagements: the stages are lived through at the day's rate. */
static unsigned engage(churn_engagement *e, double rate, churn_day day, gsl_rng *random)
{
  unsigned count = 0;
  e->pending -= rate * CHURN_ENGAGEMENT_STAGES;
  while (e->pending <= 0 && count < UINT16_MAX) {
    e->pending += churn_stream_exponential(random);
    if (++e->stage == CHURN_ENGAGEMENT_STAGES) {
      e->stage = 0;
      count++;
    }
  }
  unsigned today = (unsigned)(day - CHURN_DAY_FIRST);
  e->last_30 += count - e->ring[(today - 30) % CHURN_RING_DAYS];
  e->last_90 += count - e->ring[(today - 90) % CHURN_RING_DAYS];
  e->ring[today % CHURN_RING_DAYS] = (uint16_t)count;
  if (count > 0)
    e->last = day;
  return count;
}

/* Whatever has a clock that is due. */
static void wake(churn_actor *actor, const churn_world *world, churn_day day, gsl_rng *random,
                 churn_records *records)
{
  if (actor->engagement.fade_turns <= day)
    churn_engagement_turn(&actor->engagement, day, random);
  bool changed =
      churn_complaints_live(&actor->complaints, &actor->temperament, day, random, records);
  changed |= churn_account_live(&actor->account, world, actor->foreseen, day, random, records);
  changed |= churn_payments_live(&actor->payments, &actor->temperament, actor->joined,
                                 actor->account.cents, day, random, records);
  if (changed)
    actor->changed = day + 1;
  set_wakes(actor);
}

void churn_actor_live(churn_actor *actor, const churn_world *world, churn_day day, gsl_rng *random,
                      churn_records *records)
{
  churn_engagement *e = &actor->engagement;
  unsigned weekday = churn_world_weekday(day);
  if (weekday == 0)
    churn_engagement_week(e, &actor->temperament, random);
  unsigned count = engage(e, e->rate * world->weekday[weekday], day, random);
  for (unsigned i = 0; i < count; i++) {
    /* Drawn even when nothing is written, so that a life is the same either way. */
    unsigned mood = (unsigned)gsl_rng_uniform_int(random, CHURN_MOODS);
    if (records != NULL)
      churn_records_engagement(records, day, mood);
  }
  if (day >= actor->wakes)
    wake(actor, world, day, random, records);
}

void churn_actor_close_books(const churn_actor *actor, gsl_rng *random, churn_records *records)
{
  for (uint32_t i = 0; i < actor->complaints.open_count; i++)
    churn_records_closed(records, actor->complaints.open[i].record,
                         actor->complaints.open[i].closes);
  churn_payments_close_books(&actor->payments, &actor->temperament, random, records);
}
