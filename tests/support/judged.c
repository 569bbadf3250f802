/* Made-up rows for the tests of comparisons.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "judged.h"

#include <math.h>

double draw_unit(churn_random *random)
{
  return (double)(churn_random_next(random) >> 11) * 0x1p-53;
}

double draw_normal(churn_random *random)
{
  double radius = sqrt(-2 * log(1 - draw_unit(random)));
  return radius * cos(6.283185307179586 * draw_unit(random));
}

void make_rows(made_rows *made, size_t rows, uint32_t clusters, uint32_t folds,
               churn_random *random)
{
  made->judged = (churn_judged){.rows = rows,
                                .labels = made->labels,
                                .weights = made->weights,
                                .values = made->values,
                                .clusters = made->clusters,
                                .cluster_count = 2 * clusters,
                                .folds = made->folds,
                                .fold_count = folds};
  for (size_t i = 0; i < rows; i++) {
    made->labels[i] = draw_unit(random) < 1.0 / 3;
    made->weights[i] = 0.5 + 2 * draw_unit(random);
    made->values[i] = draw_unit(random) < 0.1 ? NAN : 17.25 * draw_unit(random);
    made->clusters[i] = 1 + 2 * churn_random_below(random, clusters);
    made->folds[i] = churn_random_below(random, folds);
  }
}

void make_tied_scores(const made_rows *made, uint32_t distinct, churn_random *random,
                      double *scores)
{
  for (size_t i = 0; i < made->judged.rows; i++) {
    double raw = draw_unit(random) + 0.4 * made->labels[i];
    scores[i] = 3 * floor(raw * distinct) / distinct - 1;
  }
}
