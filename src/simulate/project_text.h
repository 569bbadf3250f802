/* The parts of churn.yaml that differ from world to world. Inside simulate/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_PROJECT_TEXT_H
#define CHURN_SIMULATE_PROJECT_TEXT_H

#include "base/output.h"
#include "simulate/world.h"

/* Lines that several worlds have. */
#define CHURN_TEXT_COLUMNS                                                                         \
  "  columns:\n"                                                                                   \
  "    region:    {type: category, static: true}\n"                                                \
  "    segment:   {type: category, static: true}\n"                                                \
  "    employees: {type: number, static: true}\n"
#define CHURN_TEXT_ENGAGEMENTS                                                                     \
  "  engagements: {from: interactions.csv,    id: customer_id, day: date,           columns: "     \
  "{channel: category}}\n"
#define CHURN_TEXT_HISTORIES                                                                       \
  "  complaints:  {from: complaints.csv,      id: customer_id, day: opened_at,      columns: "     \
  "{closed_at: day, severity: number, category: category}}\n"                                      \
  "  prices:      {from: prices.csv,          id: customer_id, day: effective_date, columns: "     \
  "{tier: category, monthly_fee: number}}\n"                                                       \
  "  reps:        {from: rep_assignments.csv, id: customer_id, day: start_date,     columns: "     \
  "{rep_id: category}}\n"                                                                          \
  "  payments:    {from: invoices.csv,        id: customer_id, day: issued,         columns: "     \
  "{due: scheduled, paid: day, amount: number}}\n"
#define CHURN_TEXT_COMPLAINT_FEATURES                                                              \
  "  severe_complaints_90d: count(complaints where severity >= 3 over 90d)\n"                      \
  "  open_complaints:       {is: count(complaints where missing(closed_at)), label: complaints "   \
  "still open}\n"
#define CHURN_TEXT_PRICE_FEATURES                                                                  \
  "  price_tier:            {is: last(tier from prices), reference: standard}\n"                   \
  "  fee_change_180d:       change(monthly_fee from prices over 180d)\n"                           \
  "  rep_changes_365d:      changes(rep_id from reps over 365d)\n"
#define CHURN_TEXT_PAYMENT_FEATURES                                                                \
  "  payment_delay_180d:    {is: \"mean(coalesce(paid, as_of) - due from payments where due < "    \
  "as_of over 180d)\",\n"                                                                          \
  "                          label: days late with payments}\n"                                    \
  "  overdue_amount:        {is: sum(amount from payments where missing(paid) and due < as_of), "  \
  "label: money overdue}\n"                                                                        \
  "  tenure_days:           {is: as_of - joined, label: days a customer}\n"                        \
  "  region:                customers.region\n"

typedef struct churn_project_text {
  const char *sources;                                             /* down to the histories */
  void (*outcome)(const churn_world *world, churn_output *output); /* what is predicted */
  const char *features;                                            /* and feature sets */
} churn_project_text;

extern const churn_project_text churn_telecom_text, churn_bank_text, churn_wholesale_text;

#endif
