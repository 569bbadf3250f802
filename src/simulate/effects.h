/* What drives leaving: the hazard of a day as a log-linear function of what the recorded histories
 * say that morning. The only place with the coefficients; truth.json is written from it.
 *
 * hazard(d) = exp(intercept + sum of coefficient_k * value_k(d)), value_k a default feature as of
 * d, bounded to [lowest, highest], `when_missing` where it has no value. A customer present at the
 * start of d leaves on d with probability 1 - exp(-hazard(d)).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_EFFECTS_H
#define CHURN_SIMULATE_EFFECTS_H

typedef enum churn_effect_name {
  CHURN_EFFECT_ENGAGEMENTS,
  CHURN_EFFECT_TREND,
  CHURN_EFFECT_SINCE_ENGAGEMENT,
  CHURN_EFFECT_TENURE,
  CHURN_EFFECT_SEVERE, /* from here on values change only now and then */
  CHURN_EFFECT_OPEN,
  CHURN_EFFECT_BASIC,
  CHURN_EFFECT_PREMIUM,
  CHURN_EFFECT_FEE_CHANGE,
  CHURN_EFFECT_REP_CHANGES,
  CHURN_EFFECT_DELAY,
  CHURN_EFFECT_OVERDUE,
  CHURN_EFFECTS
} churn_effect_name;

typedef struct churn_effect {
  const char *name;  /* of the feature, and =LEVEL for a category */
  const char *is;    /* in the feature language */
  const char *words; /* what it is, for people */
  const char *unit;
  double coefficient; /* per unit, on the log hazard */
  double lowest, highest;
  double when_missing;
} churn_effect;

/* Log of the daily hazard where every value is 0. */
double churn_effects_intercept(void);

/* The table for a world with `engagements_a_day` per customer. Coefficients and bounds of the
 * engagement features scale with it, so that a busier world is no safer one. */
void churn_effects_fill(double engagements_a_day, churn_effect effects[CHURN_EFFECTS]);

/* coefficient * bounded value; `value` NaN = missing. */
static inline double churn_effect_term(const churn_effect *effect, double value)
{
  double x = value != value            ? effect->when_missing
             : value < effect->lowest  ? effect->lowest
             : value > effect->highest ? effect->highest
                                       : value;
  return effect->coefficient * x;
}

#endif
