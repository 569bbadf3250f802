/* churn.yaml of the wholesaler: churn is silence.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "simulate/project_text.h"

static const char sources[] =
    "# A made-up wholesaler, and how churn is told to read it. Paths are relative to this file.\n"
    "# Try: churn check churn.yaml\n"
    "version: 1\n"
    "\n"
    "# One row a customer. There is no leaving day: nobody says so who buys elsewhere from now "
    "on.\n"
    "# `value` is the money at risk: what a year's orders earn.\n"
    "customers:\n"
    "  from: customers.csv\n"
    "  id: customer_id\n"
    "  joined: signup_date\n"
    "  value: sum(amount from orders over 365d) * 0.18\n" CHURN_TEXT_COLUMNS "\n"
    "histories:\n"
    "  orders:      {from: orders.csv,          id: customer_id, day: date,           columns: "
    "{amount: number}}\n" CHURN_TEXT_HISTORIES "\n";

static const char features[] =
    "# What the model may look at, in the feature language.\n"
    "features:\n"
    "  orders_90d:            count(orders over 90d)\n"
    "  order_trend:           {is: \"coalesce(count(orders over 45d) / (count(orders over 180d) / "
    "4), 1)\",\n"
    "                          label: of the usual orders}\n"
    "  amount_trend:          {is: \"coalesce(sum(amount from orders over 90d) / (sum(amount from "
    "orders over 365d) / 4), 1)\",\n"
    "                          label: of the usual amount}\n"
    "  days_since_order:      days_since(orders)\n" CHURN_TEXT_COMPLAINT_FEATURES
        CHURN_TEXT_PRICE_FEATURES CHURN_TEXT_PAYMENT_FEATURES "\n"
    "# Sets of features to try: churn train churn.yaml --set full -o MODEL. Names may hold * and "
    "?.\n"
    "feature_sets:\n"
    "  full:   [\"*\"]\n"
    "  orders: [orders_90d, order_trend, amount_trend, days_since_order]\n";

static void write_outcomes(const churn_world *world, churn_output *output)
{
  uint32_t horizon = world->settings.horizon_days, gap = world->settings.gap_days;
  churn_output_printf(
      output,
      "# What is predicted; the first unless --outcome names one. `silence`: who ordered in the "
      "last %u days\n# orders nothing for the next %u. `shrinking`: the orders of a quarter come "
      "to "
      "less than half of those\n# of the quarter before the snapshot.\n"
      "outcomes:\n"
      "  silence:   {silent: orders, horizon: %ud, active_within: %ud}\n"
      "  shrinking: {drop: sum(amount from orders over %ud), below: 0.5, horizon: %ud, gap: "
      "%ud}\n\n",
      2 * horizon, horizon, horizon, 2 * horizon, horizon, horizon, gap);
}

const churn_project_text churn_wholesale_text = {sources, write_outcomes, features};
