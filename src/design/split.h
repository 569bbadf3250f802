/* Which labelled rows train and which judge. One rule, used by training and by evaluation.
 *
 * With `test_from`: snapshots whose label window closed before it train; snapshots from it on
 * judge; those in between do neither, so that no label window is shared. Else with `split: {test:
 * share}`: customers whose hashed id falls below the share judge. Else everything trains and
 * nothing judges.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_SPLIT_H
#define CHURN_DESIGN_SPLIT_H

#include "design/snapshots.h"

typedef enum churn_split_kind {
  CHURN_SPLIT_NONE,
  CHURN_SPLIT_CUSTOMERS,
  CHURN_SPLIT_TIME
} churn_split_kind;

typedef enum churn_split_part { CHURN_PART_TRAIN, CHURN_PART_TEST } churn_split_part;

/* The rule of the project; `test_from` MISSING = the project's. */
typedef struct churn_split {
  const churn_project *project;
  churn_split_kind kind;
  churn_day test_from;
  int32_t span_days; /* gap + horizon */
  double test_share;
  churn_day asked; /* the test_from that was asked for by hand */
} churn_split;

churn_split churn_split_of(const churn_project *project, churn_day test_from);

/* Whether labelled rows of the day may train: without a rule by time, all of them. */
bool churn_split_trains_on(const churn_split *split, churn_day as_of);

/* The rows of one part, in the same order. Day counts are not carried over. USAGE when a test_from
 * was asked for of a flat export. */
CHURN_MUST_USE churn_status churn_split_take(const churn_split *split, const churn_data *data,
                                             const churn_snapshots *all, churn_split_part part,
                                             churn_snapshots **taken, churn_error *error);

/* First and last as-of day, how many distinct ones; rows, distinct customers, churners, `repeated`
 * ones as often as they are. Days MISSING for flat exports. Rows without a label count as having
 * stayed. */
typedef struct churn_span {
  churn_day first, last;
  uint32_t days;
  uint64_t rows;
  uint64_t customers;
  uint64_t churners;
  uint64_t churned_customers; /* distinct customers among the churners */
  uint64_t stayed_customers;  /* and among the others */
  double population;          /* sum of the rows' weights */
  double population_churners; /* of the churners' */
} churn_span;

CHURN_MUST_USE churn_status churn_span_of(const churn_snapshots *snapshots, churn_span *span,
                                          churn_error *error);

/* The rows' labels, or their weights, as an array the caller frees; NULL when memory ran out. */
int8_t *churn_snapshots_labels(const churn_snapshots *snapshots);
double *churn_snapshots_weights(const churn_snapshots *snapshots);

/* The rows' customers as dense numbers in the rows' order, *count of them; likewise. */
uint32_t *churn_snapshots_clusters(const churn_snapshots *snapshots, uint32_t *count);

#endif
