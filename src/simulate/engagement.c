/* How often a customer engages: base rate, drift, fading.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/actor.h"
#include "simulate/stream.h"

#include <gsl/gsl_randist.h>
#include <math.h>

/* The log rate wanders in slow waves: its weekly change (the heading) keeps most of itself, is
 * pulled back to the long run, and gets a new impulse. A wave takes about a year. Stationary
 * moments: of the second-order autoregression with coefficients 1 + kept - pull and -kept (Box &
 * Jenkins, Time Series Analysis, section 3.2.4). */
static const double heading_kept = 0.97;
static const double heading_pull = 0.010;
static const double drift_deviation = 0.45;

/* Fading: starts once in five years, lasts a year and a half unless they leave first; the rate
 * falls by 6 % a week to three tenths, and comes back by 15 % a week. */
static const double fades_a_day = 0.2 / 365;
static const double recovers_a_day = 0.7 / 365;
static const double fade_a_week = 0.94;
static const double recovery_a_week = 1.15;
static const double fade_least = 0.30;

static void set_rate(churn_engagement *e, const churn_temperament *temperament)
{
  double level = exp(e->drift - drift_deviation * drift_deviation / 2);
  e->rate = temperament->engagements_a_day * level * e->fade;
}

void churn_engagement_born(churn_engagement *e, const churn_temperament *temperament,
                           gsl_rng *random)
{
  *e = (churn_engagement){.fade = 1, .last = CHURN_DAY_MISSING};
  double heading_deviation = drift_deviation * sqrt(2 * heading_pull / (1 + heading_kept));
  e->drift = gsl_ran_gaussian_ziggurat(random, drift_deviation);
  e->heading = gsl_ran_gaussian_ziggurat(random, heading_deviation);
  e->stage = (uint32_t)gsl_rng_uniform_int(random, CHURN_ENGAGEMENT_STAGES);
  set_rate(e, temperament);
}

static double turns_a_day(const churn_engagement *e)
{
  return e->fading ? recovers_a_day : fades_a_day;
}

void churn_engagement_redraw(churn_engagement *e, churn_day day, gsl_rng *random)
{
  e->pending = churn_stream_exponential(random);
  e->fade_turns = churn_stream_next(random, day - 1, turns_a_day(e));
}

void churn_engagement_week(churn_engagement *e, const churn_temperament *temperament,
                           gsl_rng *random)
{
  const double kept = heading_kept, turn = 1 + kept - heading_pull;
  double impulse =
      drift_deviation * sqrt((1 - kept) * ((1 + kept) * (1 + kept) - turn * turn) / (1 + kept));
  e->heading =
      kept * e->heading - heading_pull * e->drift + gsl_ran_gaussian_ziggurat(random, impulse);
  e->drift += e->heading;
  e->fade =
      e->fading ? fmax(fade_least, e->fade * fade_a_week) : fmin(1, e->fade * recovery_a_week);
  set_rate(e, temperament);
}

void churn_engagement_turn(churn_engagement *e, churn_day day, gsl_rng *random)
{
  e->fading = !e->fading;
  e->fade_turns = churn_stream_next(random, day, turns_a_day(e));
}
