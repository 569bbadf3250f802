/* Two areas under the ROC curve on the same rows: auc.h for one fold, with what it wants made.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/auc_pair.h"

#include "base/error.h"
#include "base/memory.h"
#include "evaluate/auc.h"

#include <stdlib.h>

/* Clusters numbered from 0 in the order of rows; how many there are. */
static uint32_t number_clusters(const uint32_t *clusters, size_t rows, uint32_t *numbers)
{
  uint32_t number = 0;
  for (size_t i = 0; i < rows; i++) {
    number += i > 0 && clusters[i] != clusters[i - 1];
    numbers[i] = number;
  }
  return rows > 0 ? number + 1 : 0;
}

churn_status churn_auc_pair_compute(const int8_t *labels, const uint32_t *clusters,
                                    const double *first, const double *second, size_t rows,
                                    churn_auc_pair *pair, churn_error *error)
{
  const churn_run alone = {.threads = 1}; /* callers are tasks themselves */
  double areas[2], covariance[4];
  churn_ordering orderings[2] = {{0}, {0}};
  uint32_t *numbers = churn_array_new(rows, sizeof *numbers);
  churn_status status = numbers == NULL ? churn_error_no_memory(error) : CHURN_OK;
  churn_judged judged = {.rows = rows, .labels = labels, .clusters = numbers};
  if (status == CHURN_OK) {
    judged.cluster_count = number_clusters(clusters, rows, numbers);
    status = churn_ordering_build(&judged, first, &orderings[0], error);
  }
  if (status == CHURN_OK)
    status = churn_ordering_build(&judged, second, &orderings[1], error);
  if (status == CHURN_OK)
    status = churn_auc_compare(&judged, orderings, 2, &alone, areas, covariance, error);
  if (status == CHURN_OK)
    *pair = (churn_auc_pair){areas[0], areas[1], covariance[0], covariance[3], covariance[1]};
  churn_ordering_clear(&orderings[0]);
  churn_ordering_clear(&orderings[1]);
  free(numbers);
  return status;
}
