/* Made-up rows for the tests of comparisons: labels and scores with ties, folds, customers with
 * several rows, weights, values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_JUDGED_H
#define CHURN_TEST_JUDGED_H

#include "base/random.h"
#include "evaluate/judged.h"

enum { MOST_JUDGED = 2000 };

typedef struct made_rows {
  churn_judged judged; /* points into the arrays below */
  int8_t labels[MOST_JUDGED];
  double weights[MOST_JUDGED];
  double values[MOST_JUDGED];
  uint32_t clusters[MOST_JUDGED];
  uint32_t folds[MOST_JUDGED];
} made_rows;

/* Uniform on [0, 1), and a standard normal draw (Box and Muller). */
double draw_unit(churn_random *random);
double draw_normal(churn_random *random);

/* rows in `clusters` clusters (numbers spread, not all used) and `folds` folds, a third churners,
 * weights of 0.5 to 2.5, values some of which are missing. The caller takes out what it does not
 * want by setting judged's pointers to NULL. */
void make_rows(made_rows *made, size_t rows, uint32_t clusters, uint32_t folds,
               churn_random *random);

/* Scores of few distinct values that know something of the labels. */
void make_tied_scores(const made_rows *made, uint32_t distinct, churn_random *random,
                      double *scores);

#endif
