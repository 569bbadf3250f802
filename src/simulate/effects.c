/* The coefficients of leaving. Chosen so that about a fifth of the customers leave in a year, and
 * so that a logistic model on the default features can come near the truth: every effect is
 * monotone, nearly linear inside its bounds, and most of what drives it lasts longer than a label
 * window.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/effects.h"

#include <string.h>

/* The engagement features are given for this many engagements a day. */
static const double reference_rate = 0.14;

static const churn_effect table[CHURN_EFFECTS] = {
    [CHURN_EFFECT_ENGAGEMENTS] = {"engagements_30d", "count(engagements over 30d)",
                                  "engagements in the last 30 days", "engagements", -0.07, 0, 25,
                                  0},
    [CHURN_EFFECT_TREND] = {"engagement_trend",
                            "count(engagements over 30d) / (count(engagements over 90d) / 3)",
                            "engagements of the last 30 days against a month's share of the last "
                            "90; no value without any in 90 days",
                            "ratio", -0.1, 0, 3, 1},
    [CHURN_EFFECT_SINCE_ENGAGEMENT] = {"days_since_engagement", "days_since(engagements)",
                                       "days since the last engagement; no value before the first",
                                       "days", 0.006, 0, 60, 0},
    [CHURN_EFFECT_TENURE] = {"tenure_days", "as_of - joined", "days since signing up", "days",
                             -0.00095, 0, 3650, 0},
    [CHURN_EFFECT_SEVERE] = {"severe_complaints_90d",
                             "count(complaints where severity >= 3 over 90d)",
                             "complaints of severity 3 or more opened in the last 90 days",
                             "complaints", 0.35, 0, 3, 0},
    [CHURN_EFFECT_OPEN] = {"open_complaints", "count(complaints where missing(closed_at))",
                           "complaints not closed yet", "complaints", 0.3, 0, 3, 0},
    [CHURN_EFFECT_BASIC] = {"price_tier=basic", "last(tier from prices)",
                            "1 while the tier is basic, against standard", "0 or 1", 0.8, 0, 1, 0},
    [CHURN_EFFECT_PREMIUM] = {"price_tier=premium", "last(tier from prices)",
                              "1 while the tier is premium, against standard", "0 or 1", -0.8, 0, 1,
                              0},
    [CHURN_EFFECT_FEE_CHANGE] = {"fee_change_180d", "change(monthly_fee from prices over 180d)",
                                 "monthly fee now less the one in force 180 days ago; no value for "
                                 "who had none then",
                                 "money a month", 0.07, -10, 10, 0},
    [CHURN_EFFECT_REP_CHANGES] = {"rep_changes_365d", "changes(rep_id from reps over 365d)",
                                  "changes of the account's rep in the last 365 days", "changes",
                                  0.35, 0, 3, 0},
    [CHURN_EFFECT_DELAY] =
        {"payment_delay_180d",
         "mean(coalesce(paid, as_of) - due from payments where due < as_of over "
         "180d)",
         "mean days from due to paid (to now where unpaid), invoices of the last "
         "180 days; no value before the first is due",
         "days", 0.05, -10, 60, 0},
    [CHURN_EFFECT_OVERDUE] = {"overdue_amount",
                              "sum(amount from payments where missing(paid) and due < as_of)",
                              "money overdue", "money", 0.003, 0, 300, 0},
};

double churn_effects_intercept(void)
{
  return -6.8;
}

void churn_effects_fill(double engagements_a_day, churn_effect effects[CHURN_EFFECTS])
{
  memcpy(effects, table, sizeof table);
  double busier = engagements_a_day / reference_rate;
  effects[CHURN_EFFECT_ENGAGEMENTS].coefficient /= busier;
  effects[CHURN_EFFECT_ENGAGEMENTS].highest *= busier;
  effects[CHURN_EFFECT_SINCE_ENGAGEMENT].coefficient *= busier;
  effects[CHURN_EFFECT_SINCE_ENGAGEMENT].highest /= busier;
}
