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

/* Zeroed = the defaults in brackets. */
typedef struct churn_simulate_settings {
  uint32_t customers;  /* [2000] customers over the whole time, including those who join later */
  uint32_t months;     /* [36] length of the world */
  churn_day first_day; /* [2023-01-01 when 0] */
  uint64_t seed;       /* [1 when 0] */
  double engagements_a_day; /* [0.14] mean engagements per customer and day */
  uint32_t truth_customers; /* [2000] sample for truth.csv; at most all */
  uint32_t continuations;   /* [200] seeded continuations per truth row, at least 200 */
  uint32_t horizon_days;    /* [90] */
  uint32_t gap_days;        /* [14] */
} churn_simulate_settings;

/* What was made. */
typedef struct churn_simulate_report {
  uint64_t customers, left, engagements, complaints, prices, reps, payments, truth_rows;
  churn_day first_day, last_day;
  churn_day test_from;
  double best_auc; /* AUC of the true probabilities against what happened, over truth.csv; NaN when
                      not defined */
} churn_simulate_report;

/* Writes customers.csv, interactions.csv, complaints.csv, prices.csv, rep_assignments.csv,
 * invoices.csv, churn.yaml, truth.json and truth.csv into `folder` (made when missing), each all or
 * nothing. Same settings = same bytes for any number of threads. USAGE for settings that make no
 * world, CANNOT_CREATE, PERMISSION, IO, NO_MEMORY. */
CHURN_MUST_USE churn_status churn_simulate(const char *folder,
                                           const churn_simulate_settings *settings,
                                           const churn_run *run, churn_simulate_report *report,
                                           churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
