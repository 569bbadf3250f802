/* Whether an id is there twice, by dealing hashes first, so that those that are near fit a cache.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/flat_ids.h"

#include "base/memory.h"
#include "base/parallel.h"

#include <stdlib.h>

enum { ID_BITS = 10, ID_CELLS = 1 << ID_BITS };

/* Hashes by cell: so many of their upper bits. */
typedef struct dealing {
  churn_flat_rows_kept *kept;
  size_t *at; /* [parts * ID_CELLS] where the next of the part's hashes of a cell goes */
  size_t starts[ID_CELLS + 1];
  uint64_t *hashes;
  bool same[ID_CELLS];
} dealing;

static size_t id_cell(uint64_t hash)
{
  return (size_t)(hash >> (64 - ID_BITS));
}

static churn_status count_hashes(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  dealing *d = context;
  const churn_flat_part *p = &d->kept->parts[task];
  for (size_t i = 0; i < p->seen; i++)
    d->at[task * ID_CELLS + id_cell(p->hashes[i])]++;
  return CHURN_OK;
}

static churn_status deal_hashes(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  dealing *d = context;
  churn_flat_part *p = &d->kept->parts[task];
  size_t *at = d->at + task * ID_CELLS;
  for (size_t i = 0; i < p->seen; i++)
    d->hashes[at[id_cell(p->hashes[i])]++] = p->hashes[i];
  free(p->hashes);
  p->hashes = NULL;
  return CHURN_OK;
}

/* An open table of the cell's hashes; the middle bits tell the place. */
static churn_status compare_hashes(void *context, size_t cell, int thread, churn_error *error)
{
  (void)thread;
  dealing *d = context;
  size_t first = d->starts[cell], last = d->starts[cell + 1], room = 16;
  while (room < 2 * (last - first))
    room *= 2;
  uint64_t *table = churn_array_new(room, sizeof *table);
  if (table == NULL)
    return churn_error_no_memory(error);
  for (size_t i = first; i < last && !d->same[cell]; i++) {
    uint64_t hash = d->hashes[i] | (d->hashes[i] == 0); /* 0 marks a free place */
    size_t at = (size_t)hash & (room - 1);
    while (table[at] != 0 && table[at] != hash)
      at = (at + 1) & (room - 1);
    d->same[cell] = table[at] == hash;
    table[at] = hash;
  }
  free(table);
  return CHURN_OK;
}

/* Counts become the places where each part's share of each cell begins. */
static size_t find_starts(size_t *at, size_t parts, size_t cells, size_t *starts)
{
  size_t sum = 0;
  for (size_t c = 0; c < cells; c++) {
    starts[c] = sum;
    for (size_t p = 0; p < parts; p++) {
      size_t count = at[p * cells + c];
      at[p * cells + c] = sum;
      sum += count;
    }
  }
  starts[cells] = sum;
  return sum;
}

churn_status churn_flat_ids_differ(churn_flat_rows_kept *kept, const churn_run *run, bool *differ,
                                   churn_error *error)
{
  size_t parts = kept->part_count;
  dealing *d = calloc(1, sizeof *d);
  churn_status status = CHURN_OK;
  if (d == NULL || (d->at = churn_array_new(parts * ID_CELLS, sizeof *d->at)) == NULL) {
    status = churn_error_no_memory(error);
    goto done;
  }
  d->kept = kept;
  status = churn_parallel_run(parts, count_hashes, d, NULL, run, error);
  if (status != CHURN_OK)
    goto done;
  d->hashes =
      churn_array_new_aligned(find_starts(d->at, parts, ID_CELLS, d->starts), sizeof *d->hashes);
  if (d->hashes == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status = churn_parallel_run(parts, deal_hashes, d, NULL, run, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(ID_CELLS, compare_hashes, d, NULL, run, error);
  *differ = true;
  for (size_t c = 0; c < ID_CELLS; c++)
    *differ = *differ && !d->same[c];
done:
  if (d != NULL) {
    free(d->at);
    free(d->hashes);
  }
  free(d);
  return status;
}
