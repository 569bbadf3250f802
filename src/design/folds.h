/* Folds for cross-validation: customers whole, stratified, from their ids alone. Place in the flow:
 * snapshots -> a fold for each row. Cost: customers x log customers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_FOLDS_H
#define CHURN_DESIGN_FOLDS_H

#include "design/snapshots.h"

/* fold[rows->count]: 0..folds-1. Customers who churn in any row, then the others, each ordered by
 * the hash of their id under `seed`, are dealt out in turn: folds differ by at most one customer of
 * each kind, all rows of a customer share a fold, and neither the order of input rows nor anything
 * but the set of customers and the seed matters. ids: by customer number (churn_data's). USAGE:
 * fewer than two folds. DEGENERATE: fewer customers than folds. */
CHURN_MUST_USE churn_status churn_folds_deal(const churn_snapshots *rows, const char *const *ids,
                                             uint32_t folds, uint64_t seed, uint32_t *fold,
                                             churn_error *error);

#endif
