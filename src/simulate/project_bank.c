/* churn.yaml of the bank: leaving, and silent attrition beside it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/project_text.h"

static const char sources[] =
    "# A made-up bank, and how churn is told to read it. Paths are relative to this file.\n"
    "# Try: churn check churn.yaml\n"
    "version: 1\n"
    "\n"
    "# One row a customer. `left` is empty while the account is open. `value` is the money at "
    "risk: what\n"
    "# a year of the customer's balance earns the bank, and a year's fee.\n"
    "customers:\n"
    "  from: customers.csv\n"
    "  id: customer_id\n"
    "  joined: signup_date\n"
    "  left: closed_date\n"
    "  value: coalesce(last(balance from balances), 0) * 0.02 + last(monthly_fee from prices) * "
    "12\n" CHURN_TEXT_COLUMNS "\n"
    "histories:\n"
    "  balances:    {from: balances.csv,        id: customer_id, day: date,           columns: "
    "{balance: number}}\n" CHURN_TEXT_ENGAGEMENTS CHURN_TEXT_HISTORIES "\n";

static const char features[] =
    "# What the model may look at, in the feature language.\n"
    "features:\n"
    "  balance_trend:         {is: \"coalesce(mean(balance from balances over 60d) / mean(balance "
    "from balances over 180d), 1)\",\n"
    "                          label: of the usual balance}\n"
    "  engagements_30d:       count(engagements over 30d)\n"
    "  engagement_trend:      {is: \"coalesce(count(engagements over 30d) / (count(engagements "
    "over 90d) / 3), 1)\",\n"
    "                          label: of the usual engagement}\n"
    "  days_since_engagement: days_since(engagements)\n" CHURN_TEXT_COMPLAINT_FEATURES
        CHURN_TEXT_PRICE_FEATURES CHURN_TEXT_PAYMENT_FEATURES "\n"
    "# Sets of features to try: churn train churn.yaml --set full -o MODEL. Names may hold * and "
    "?.\n"
    "feature_sets:\n"
    "  full:     [\"*\"]\n"
    "  balances: [balance_trend]\n";

static void write_outcomes(const churn_world *world, churn_output *output)
{
  uint32_t horizon = world->settings.horizon_days, gap = world->settings.gap_days;
  churn_output_printf(
      output,
      "# What is predicted; the first unless --outcome names one. `leaving`: the account is closed "
      "within\n# %u days, starting %u days after the snapshot. `silent`: it stays open, and the "
      "mean balance of those\n# days is less than half of what it was before the snapshot.\n"
      "outcomes:\n"
      "  leaving: {horizon: %ud, gap: %ud}\n"
      "  silent:  {drop: mean(balance from balances over %ud), below: 0.5, horizon: %ud, gap: "
      "%ud}\n\n",
      horizon, gap, horizon, gap, horizon, horizon, gap);
}

const churn_project_text churn_bank_text = {sources, write_outcomes, features};
