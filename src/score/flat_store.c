/* Rows of a flat export by the cell of their key.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/flat_store.h"

#include "base/memory.h"

#include <stdlib.h>

static size_t aligned(size_t bytes)
{
  return (bytes + sizeof(double) - 1) / sizeof(double) * sizeof(double);
}

churn_flat_layout churn_flat_layout_make(bool reasons, bool value, bool contributions)
{
  churn_flat_layout l = {.reasons = reasons};
  l.stride = aligned(reasons ? sizeof(churn_flat_row) : offsetof(churn_flat_row, reasons));
  if (value) {
    l.value = l.stride;
    l.stride += sizeof(double);
  }
  if (contributions) {
    l.contributions = l.stride;
    l.stride += CHURN_REASONS * sizeof(double);
  }
  return l;
}

bool churn_flat_store_start(const churn_flat_layout *layout, churn_flat_store *store)
{
  *store = (churn_flat_store){.layout = *layout};
  store->cells = churn_array_new(CHURN_FLAT_CELLS, sizeof *store->cells);
  return store->cells != NULL;
}

void churn_flat_store_clear(churn_flat_store *store)
{
  for (size_t i = 0; i < store->slab_count; i++)
    free(store->slabs[i]);
  free(store->slabs);
  free(store->cells);
  free(store->next);
}

static bool add_chunk(churn_flat_store *store, churn_flat_cell *cell)
{
  if (!churn_array_reserve(&store->next, &store->chunk_capacity, store->chunks + 1,
                           sizeof *store->next) ||
      !churn_array_reserve(&store->slabs, &store->slab_capacity, store->slab_count + 1,
                           sizeof(char *)))
    return false;
  if (store->chunks == store->slab_count * CHURN_FLAT_SLAB_CHUNKS) {
    char *slab =
        churn_array_new_aligned(CHURN_FLAT_SLAB_CHUNKS, churn_flat_chunk_bytes(&store->layout));
    if (slab == NULL)
      return false;
    store->slabs[store->slab_count++] = slab;
  }
  uint32_t chunk = (uint32_t)store->chunks++;
  *(cell->count == 0 ? &cell->first : &store->next[cell->last]) = chunk;
  store->next[chunk] = chunk;
  cell->last = chunk;
  return true;
}

churn_flat_row *churn_flat_store_add(churn_flat_store *store, uint32_t key)
{
  churn_flat_cell *c = &store->cells[churn_flat_cell_of(key)];
  size_t in_chunk = c->count % CHURN_FLAT_CHUNK_ROWS;
  if (in_chunk == 0 && !add_chunk(store, c))
    return NULL;
  c->count++;
  store->count++;
  churn_flat_store_keys(store, c->last)[in_chunk] = key;
  return churn_flat_store_row(store, (size_t)c->last * CHURN_FLAT_CHUNK_ROWS + in_chunk);
}

size_t churn_flat_store_list(const churn_flat_store *store, size_t cell, uint64_t base,
                             uint64_t *rows)
{
  const churn_flat_cell *c = &store->cells[cell];
  size_t count = c->count;
  uint32_t chunk = c->first;
  for (size_t first = 0; first < count;
       first += CHURN_FLAT_CHUNK_ROWS, chunk = store->next[chunk]) {
    const uint32_t *keys = churn_flat_store_keys(store, chunk);
    size_t here = count - first < CHURN_FLAT_CHUNK_ROWS ? count - first : CHURN_FLAT_CHUNK_ROWS;
    uint64_t number = base + (uint64_t)chunk * CHURN_FLAT_CHUNK_ROWS;
    __builtin_prefetch(churn_flat_store_keys(store, store->next[chunk]));
    for (size_t i = 0; i < here; i++)
      rows[first + i] = (uint64_t)keys[i] << 32 | (number + i);
  }
  return count;
}
