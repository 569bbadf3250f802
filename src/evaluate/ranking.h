/* Scored rows from the riskiest down, and what lies above any place in that order.
 *
 * Rows are sorted by everything they hold (rank, probability, logit, label, value), so that rows in
 * another order give the same array and every sum over it the same bits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_RANKING_H
#define CHURN_EVALUATE_RANKING_H

#include "evaluate/figures.h"

typedef struct churn_ranked_row {
  double rank; /* by which rows are ordered: the probability, or the order that was given */
  double probability;
  double logit;
  double value; /* 0 where there is none */
  double weight;
  int8_t label;
} churn_ranked_row;

/* What lies above a place: weighted sums over rows, whole or in part. */
typedef struct churn_above {
  double weight;
  double churners;
  double probability; /* sum */
  double value;       /* of churners */
} churn_above;

typedef struct churn_ranking {
  size_t count;
  uint64_t represented; /* count; of `repeated` rows the sum of weights */
  uint64_t churners;    /* likewise */
  double population;    /* sum of weights, and of the churners' */
  double population_churners;
  bool repeated;
  bool weighted;          /* some weight is not 1 */
  churn_ranked_row *rows; /* [count] riskiest first */
  churn_above *above;     /* [count + 1] sums over rows[0..i) */
} churn_ranking;

/* Checks and sorts. USAGE names the first row that breaks churn_scored's promises, or says that
 * there are more than 2^32 - 2; NO_MEMORY. Cost: a radix sort, and n log n of rows that tie. */
CHURN_MUST_USE churn_status churn_ranking_build(const churn_scored *scored, churn_ranking *ranking,
                                                churn_error *error);
void churn_ranking_clear(churn_ranking *ranking);

/* The expected sums over the first `place` of the population (0 to all of it, need not be whole)
 * when rows of equal rank come in random order. O(log n). */
churn_above churn_ranking_above(const churn_ranking *ranking, double place);

/* Area under the ROC curve over the ranks, every row counting as its weight; NaN with one
 * class. */
double churn_ranking_auc(const churn_ranking *ranking);

#endif
