/* Folds for cross-validation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/folds.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

/* One past the customer's rows, which stand together from `first` on. */
static size_t end_of(const churn_snapshots *rows, size_t first)
{
  size_t end = first + 1;
  while (end < rows->count && rows->rows[end].customer == rows->rows[first].customer)
    end++;
  return end;
}

/* A hash is not below 0, so its highest bit is free to put churners first. */
static uint64_t key_of(double hash, bool churned)
{
  uint64_t key = churn_sort_key(hash), highest = UINT64_C(1) << 63;
  return churned ? key & ~highest : key | highest;
}

/* Customers by outcome and hash, each known by its first row; returns how many. */
static size_t list_customers(const churn_snapshots *rows, const char *const *ids, uint64_t seed,
                             churn_keyed *keyed)
{
  size_t count = 0;
  for (size_t i = 0, end; i < rows->count; i = end) {
    const char *id = ids[rows->rows[i].customer];
    bool churned = false;
    end = end_of(rows, i);
    for (size_t r = i; r < end; r++)
      churned = churned || rows->rows[r].label == CHURN_LABEL_CHURNED;
    keyed[count++] =
        (churn_keyed){key_of(churn_hash_unit(id, strlen(id), seed), churned), (uint32_t)i};
  }
  return count;
}

/* Equal keys, which are all but never there, by id. */
static void order_equal(const churn_snapshots *rows, const char *const *ids, churn_keyed *keyed,
                        size_t count)
{
  for (size_t i = 1; i < count; i++) {
    churn_keyed one = keyed[i];
    const char *id = ids[rows->rows[one.row].customer];
    size_t at = i;
    for (; at > 0 && keyed[at - 1].key == one.key &&
           strcmp(ids[rows->rows[keyed[at - 1].row].customer], id) > 0;
         at--)
      keyed[at] = keyed[at - 1];
    keyed[at] = one;
  }
}

churn_status churn_folds_deal(const churn_snapshots *rows, const char *const *ids, uint32_t folds,
                              uint64_t seed, uint32_t *fold, churn_error *error)
{
  if (folds < 2)
    return churn_error_set(error, CHURN_USAGE, "cross-validation takes 2 folds or more, not %u",
                           folds);
  churn_keyed *room = churn_array_new(2 * rows->count, sizeof *room);
  if (room == NULL)
    return churn_error_no_memory(error);
  size_t count = list_customers(rows, ids, seed, room);
  churn_status status = CHURN_OK;
  if (count < folds)
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "cross-validation in %u folds needs as many customers; there are %zu",
                             folds, count);
  churn_keyed *keyed = churn_sort(room, room + count, count);
  order_equal(rows, ids, keyed, count);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    for (size_t r = keyed[i].row, end = end_of(rows, r); r < end; r++)
      fold[r] = (uint32_t)(i % folds);
  free(room);
  return status;
}
