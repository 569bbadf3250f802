/* The made-up world behind `churn simulate`: customers, five histories, and the true probabilities.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_H
#define CHURN_SIMULATE_H

#include <churn/day.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the made-up company is. */
typedef enum churn_world_kind {
  CHURN_WORLD_TELECOM,  /* customers close their accounts; the five histories */
  CHURN_WORLD_BANK,     /* the same, and balances.csv: the money of some moves out while the account
                           stays open */
  CHURN_WORLD_WHOLESALE /* nobody says so when they leave: customers.csv has no closed_date, and
                           orders.csv with amounts takes the place of interactions.csv */
} churn_world_kind;

/* Zeroed = the defaults in brackets. */
typedef struct churn_simulate_settings {
  uint32_t customers;  /* [2000] customers over the whole time, including those who join later */
  uint32_t months;     /* [36] length of the world */
  churn_day first_day; /* [2023-01-01 when 0] */
  uint64_t seed;       /* [1 when 0] */
  double engagements_a_day; /* [0.14; orders 0.05] mean engagements per customer and day */
  uint32_t truth_customers; /* [2000] sample for truth.csv, evenly spaced over the ids; more than
                               all means all */
  uint32_t continuations;   /* [200] seeded continuations per truth row, at least 200 */
  uint32_t horizon_days;    /* [90] */
  uint32_t gap_days;        /* [14] */
  churn_world_kind world;   /* [telecom] */
} churn_simulate_settings;

/* What was made. */
typedef struct churn_simulate_report {
  uint64_t customers, left, engagements, complaints, prices, reps, payments, balances, truth_rows;
  churn_day first_day, last_day;
  churn_day test_from;
  double best_auc; /* AUC of the true probabilities against what happened, over truth.csv; NaN when
                      not defined */
} churn_simulate_report;

/* Writes customers.csv, interactions.csv, complaints.csv, prices.csv, rep_assignments.csv,
 * invoices.csv, churn.yaml, truth.json and truth.csv, and what churn_world_kind says, into
 * `folder`, each all or nothing; files of those names are replaced. The folder is made when
 * missing; the one it stands in must exist.
 *
 * Histories start on first_day (with a row each for the price and the rep in force) and end on the
 * last day, `months` later. A customer who left on day d has no row dated d or later; only dates
 * inside earlier rows (an invoice paid, a complaint closed) may be later. Nobody leaves in the
 * first 90 days. churn.yaml looks at the base every month from 12 months after first_day (a third
 * of a world shorter than three years) to the newest closed label window; the last six snapshots,
 * or as many as leave one to train on, are for the test.
 *
 * truth.csv has a row for each of the last nine snapshots on which a sampled customer is in the
 * base and does not leave inside the gap: the probability of leaving in [T+gap, T+gap+horizon)
 * given the whole state at T, temperament included. truth.json says how it comes about, and
 * report.best_auc is the AUC of those probabilities. Cost: a day of a customer's life
 * is the unit; a truth row takes continuations * (gap + horizon) of them, a customer as many as the
 * days present. Memory does not grow with the customers, but for 16 bytes a truth row.
 *
 * Same settings = same bytes for any number of threads. USAGE for settings that make no world:
 * above 10 million customers, 1200 months, 100 engagements a day; continuations outside
 * 200..100000; a horizon or gap above 3660 days; too few months for one training and one test
 * snapshot (12 with the default horizon and gap). CANNOT_CREATE, PERMISSION, IO, NO_MEMORY.
 * `report` may be NULL. */
CHURN_MUST_USE churn_status churn_simulate(const char *folder,
                                           const churn_simulate_settings *settings,
                                           const churn_run *run, churn_simulate_report *report,
                                           churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
