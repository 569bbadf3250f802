/* Customers put together into groups at random, so that whatever is kept of each stays small. Place
 * in the flow: judged rows -> variances between groups (bootstrap.h, curves.h, linear.h).
 *
 * Up to 4096 clusters each one is a group; more are dealt out evenly: the expectation of a variance
 * between groups is that between clusters, and 4096 of them tell a standard error to 1.1 % (Wolter
 * 2007, Introduction to Variance Estimation, chapter 2).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_CLUSTER_GROUPS_H
#define CHURN_EVALUATE_CLUSTER_GROUPS_H

#include "evaluate/gain.h"

enum { CHURN_MOST_GROUPS = 4096 };

typedef struct churn_cluster_groups {
  uint32_t *of; /* [clusters] */
  uint32_t count;
  uint32_t clusters;  /* that have rows */
  churn_gain *totals; /* [count] over all rows of a group */
} churn_cluster_groups;

/* Dealt by stream number `stream` of the seed. NO_MEMORY; the caller clears, whatever happens. */
CHURN_MUST_USE churn_status churn_cluster_groups_deal(const churn_judged *judged, uint64_t seed,
                                                      uint64_t stream, churn_cluster_groups *groups,
                                                      churn_error *error);
void churn_cluster_groups_clear(churn_cluster_groups *groups);

#endif
