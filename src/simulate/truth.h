/* The rows of truth.csv in memory: what was foretold and what happened.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SIMULATE_TRUTH_H
#define CHURN_SIMULATE_TRUTH_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct churn_truth {
  double probability;
  bool left;
} churn_truth;

typedef struct churn_truths {
  churn_truth *rows;
  size_t count, capacity;
} churn_truths;

/* False when memory ran out. */
bool churn_truths_add(churn_truths *truths, churn_truth row);

/* Share of (left, stayed) pairs in which who left had the higher probability, ties half; NaN when
 * one of the two is missing. Sorts the rows. Source: the Mann-Whitney statistic by mid-ranks. */
double churn_truths_auc(churn_truths *truths);

#endif
