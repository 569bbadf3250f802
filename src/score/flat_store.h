/* Rows of a flat export that may be listed, by the cell of their key: what comes near in the list
 * lies near in memory, so that ordering and writing need not jump about in all of it. Private to
 * score/flat_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_FLAT_STORE_H
#define CHURN_SCORE_FLAT_STORE_H

#include <churn/score.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Rows are dealt to cells by the upper bits of their key, so that what is far apart need not be
 * compared. */
enum {
  CHURN_FLAT_KEY_BITS = 32,
  CHURN_FLAT_CELL_BITS = 14,
  CHURN_FLAT_CELLS = 1 << CHURN_FLAT_CELL_BITS
};

/* Rows of a cell come in chunks, the keys of a chunk's rows before them; chunks come in slabs. */
enum { CHURN_FLAT_CHUNK_ROWS = 32, CHURN_FLAT_SLAB_CHUNKS = 1 << 13 };

/* An id of up to 15 bytes, filled up with zeros, and 16 times the bytes it falls short of 15; or
 * the place and the length of one that is kept elsewhere, and 255. */
enum { CHURN_FLAT_ID_SIZE = 16, CHURN_FLAT_SHORT_ID = CHURN_FLAT_ID_SIZE - 1 };

/* No reason. */
#define CHURN_FLAT_NO_FEATURE UINT16_MAX

/* Where reasons are not kept, what stands from `reasons` on is not there. */
typedef struct churn_flat_row {
  double logit;
  char id[CHURN_FLAT_ID_SIZE];
  uint16_t reasons[CHURN_REASONS];
  uint32_t reason_values[CHURN_REASONS]; /* packed.h */
} churn_flat_row;

/* Bytes from one row to the next, and where in a row its money at risk and the contributions of
 * its reasons are; 0 = not kept. */
typedef struct churn_flat_layout {
  size_t stride, value, contributions;
  bool reasons;
} churn_flat_layout;

typedef struct churn_flat_cell {
  uint32_t first, last; /* chunks */
  uint32_t count;       /* rows */
} churn_flat_cell;

typedef struct churn_flat_store {
  churn_flat_layout layout;
  churn_flat_cell *cells; /* [CHURN_FLAT_CELLS] */
  char **slabs;
  size_t slab_count, slab_capacity;
  uint32_t *next; /* [chunks] the next chunk of the same cell, itself for the last */
  size_t chunks, chunk_capacity;
  size_t count; /* rows */
} churn_flat_store;

churn_flat_layout churn_flat_layout_make(bool reasons, bool value, bool contributions);

/* False when memory ran out. */
bool churn_flat_store_start(const churn_flat_layout *layout, churn_flat_store *store);
void churn_flat_store_clear(churn_flat_store *store);

/* A new row of the cell that the key is in, to be filled; NULL when memory ran out. A key rises
 * where a row comes later in the list, or nearly so. */
churn_flat_row *churn_flat_store_add(churn_flat_store *store, uint32_t key);

/* key << 32 | (base + number) of each row of the cell; returns how many. */
size_t churn_flat_store_list(const churn_flat_store *store, size_t cell, uint64_t base,
                             uint64_t *rows);

/* Numbers of rows are below this; not all are in use. */
static inline size_t churn_flat_store_room(const churn_flat_store *store)
{
  return store->chunks * CHURN_FLAT_CHUNK_ROWS;
}

static inline size_t churn_flat_chunk_bytes(const churn_flat_layout *layout)
{
  return CHURN_FLAT_CHUNK_ROWS * (sizeof(uint32_t) + layout->stride);
}

/* The keys of a chunk's rows. */
static inline uint32_t *churn_flat_store_keys(const churn_flat_store *store, size_t chunk)
{
  return (uint32_t *)(void *)(store->slabs[chunk / CHURN_FLAT_SLAB_CHUNKS] +
                              chunk % CHURN_FLAT_SLAB_CHUNKS *
                                  churn_flat_chunk_bytes(&store->layout));
}

static inline churn_flat_row *churn_flat_store_row(const churn_flat_store *store, size_t number)
{
  uint32_t *keys = churn_flat_store_keys(store, number / CHURN_FLAT_CHUNK_ROWS);
  return (churn_flat_row *)(void *)((char *)(keys + CHURN_FLAT_CHUNK_ROWS) +
                                    number % CHURN_FLAT_CHUNK_ROWS * store->layout.stride);
}

static inline uint32_t churn_flat_cell_of(uint32_t key)
{
  return key >> (CHURN_FLAT_KEY_BITS - CHURN_FLAT_CELL_BITS);
}

#endif
