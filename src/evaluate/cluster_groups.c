/* Customers put together into groups at random.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/cluster_groups.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdlib.h>

void churn_cluster_groups_clear(churn_cluster_groups *groups)
{
  free(groups->of);
  free(groups->totals);
  *groups = (churn_cluster_groups){0};
}

/* Clusters that have rows are shuffled and dealt out. */
static void deal(const churn_judged *judged, uint64_t seed, uint64_t stream, uint32_t *order,
                 churn_cluster_groups *groups)
{
  size_t clusters = churn_judged_clusters(judged);
  churn_random random = churn_random_stream(seed, stream);
  for (size_t i = 0; i < judged->rows; i++)
    groups->of[churn_judged_cluster(judged, i)] = 1;
  for (size_t c = 0; c < clusters; c++)
    groups->clusters += groups->of[c];
  groups->count = groups->clusters < CHURN_MOST_GROUPS ? groups->clusters : CHURN_MOST_GROUPS;
  churn_random_shuffle(&random, order, groups->clusters);
  for (size_t c = 0, at = 0; c < clusters; c++)
    if (groups->of[c] == 1)
      groups->of[c] = order[at++] % groups->count;
}

churn_status churn_cluster_groups_deal(const churn_judged *judged, uint64_t seed, uint64_t stream,
                                       churn_cluster_groups *groups, churn_error *error)
{
  size_t clusters = churn_judged_clusters(judged);
  uint32_t *order = churn_array_new(clusters, sizeof *order);
  *groups = (churn_cluster_groups){.of = churn_array_new(clusters, sizeof *groups->of)};
  if (order == NULL || groups->of == NULL) {
    free(order);
    return churn_error_no_memory(error);
  }
  deal(judged, seed, stream, order, groups);
  free(order);
  groups->totals = churn_array_new(groups->count, sizeof *groups->totals);
  if (groups->totals == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < judged->rows; i++) {
    churn_gain *to = &groups->totals[groups->of[churn_judged_cluster(judged, i)]];
    double weight = churn_judged_weight(judged, i);
    to->rows += weight;
    to->churners += judged->labels[i] ? weight : 0;
    to->value += weight * churn_judged_loss(judged, i);
  }
  return CHURN_OK;
}
