/* Folds for cross-validation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/folds.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A customer's rows stand together, from `first` on. */
typedef struct group {
  size_t first;
  size_t end;
  const char *id;
  double hash;
  bool churned;
} group;

static int compare(const void *left, const void *right)
{
  const group *a = left, *b = right;
  if (a->churned != b->churned)
    return a->churned ? -1 : 1;
  if (a->hash != b->hash)
    return a->hash < b->hash ? -1 : 1;
  return strcmp(a->id, b->id);
}

static size_t find_groups(const churn_snapshots *rows, const char *const *ids, uint64_t seed,
                          group *groups)
{
  size_t count = 0;
  for (size_t i = 0; i < rows->count; i++) {
    const churn_snapshot *row = &rows->rows[i];
    if (i == 0 || row->customer != rows->rows[i - 1].customer) {
      const char *id = ids[row->customer];
      groups[count++] =
          (group){.first = i, .id = id, .hash = churn_hash_unit(id, strlen(id), seed)};
    }
    groups[count - 1].end = i + 1;
    groups[count - 1].churned |= row->label == CHURN_LABEL_CHURNED;
  }
  return count;
}

churn_status churn_folds_deal(const churn_snapshots *rows, const char *const *ids, uint32_t folds,
                              uint64_t seed, uint32_t *fold, churn_error *error)
{
  if (folds < 2)
    return churn_error_set(error, CHURN_USAGE, "cross-validation takes 2 folds or more, not %u",
                           folds);
  group *groups = churn_array_new(rows->count, sizeof *groups);
  if (groups == NULL)
    return churn_error_no_memory(error);
  size_t count = find_groups(rows, ids, seed, groups);
  churn_status status = CHURN_OK;
  if (count < folds)
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "cross-validation in %u folds needs as many customers; there are %zu",
                             folds, count);
  if (status == CHURN_OK)
    qsort(groups, count, sizeof *groups, compare);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    for (size_t r = groups[i].first; r < groups[i].end; r++)
      fold[r] = (uint32_t)(i % folds);
  free(groups);
  return status;
}
