/* The feature table: what the model sees, as CSV, for people and other programs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURES_H
#define CHURN_FEATURES_H

#include <churn/day.h>
#include <churn/project.h>
#include <churn/run.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct churn_features_settings {
  const char *set;       /* NULL = every feature */
  churn_day first, last; /* CHURN_DAY_MISSING = the project's snapshots */
} churn_features_settings;

typedef struct churn_features_report {
  uint64_t rows;
  uint32_t features;
  uint32_t snapshot_days;
} churn_features_report;

/* Writes `customer_id,as_of,churned,FEATURE…` for everybody in the base on each as-of day, ordered
 * by customer id (bytewise; without ids, file order), then as_of. Where the outcome is a label file
 * and no single day is asked for, a row for each of its rows whose customer is in the base on that
 * day. `churned` is empty where it is not known; a missing value is an empty field. "-" = standard
 * output. All or nothing. */
CHURN_MUST_USE churn_status churn_features_write(const churn_project *project,
                                                 const churn_features_settings *settings,
                                                 const char *path, const churn_run *run,
                                                 churn_features_report *report, churn_error *error);

#ifdef __cplusplus
}
#endif

#endif
