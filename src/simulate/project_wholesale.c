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
    "  value: sum(amount from orders over 365d) * 0.18\n"
    "  columns:\n"
    "    region:    {type: category, static: true}\n"
    "    segment:   {type: category, static: true}\n"
    "    employees: {type: number, static: true}\n"
    "\n"
    "histories:\n"
    "  orders:      {from: orders.csv,          id: customer_id, day: date,           columns: "
    "{amount: number}}\n"
    "  complaints:  {from: complaints.csv,      id: customer_id, day: opened_at,      columns: "
    "{closed_at: day, severity: number, category: category}}\n"
    "  prices:      {from: prices.csv,          id: customer_id, day: effective_date, columns: "
    "{tier: category, monthly_fee: number}}\n"
    "  reps:        {from: rep_assignments.csv, id: customer_id, day: start_date,     columns: "
    "{rep_id: category}}\n"
    "  payments:    {from: invoices.csv,        id: customer_id, day: issued,         columns: "
    "{due: scheduled, paid: day, amount: number}}\n"
    "\n";

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
    "  days_since_order:      days_since(orders)\n"
    "  severe_complaints_90d: count(complaints where severity >= 3 over 90d)\n"
    "  open_complaints:       {is: count(complaints where missing(closed_at)), label: complaints "
    "still open}\n"
    "  price_tier:            {is: last(tier from prices), reference: standard}\n"
    "  fee_change_180d:       change(monthly_fee from prices over 180d)\n"
    "  rep_changes_365d:      changes(rep_id from reps over 365d)\n"
    "  payment_delay_180d:    {is: \"mean(coalesce(paid, as_of) - due from payments where due < "
    "as_of over 180d)\",\n"
    "                          label: days late with payments}\n"
    "  overdue_amount:        {is: sum(amount from payments where missing(paid) and due < as_of), "
    "label: money overdue}\n"
    "  tenure_days:           {is: as_of - joined, label: days a customer}\n"
    "  region:                customers.region\n"
    "\n"
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
