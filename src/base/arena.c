/* Memory that is freed all at once: a chain of zeroed blocks, filled from the front.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 1 << 14 };

typedef struct block {
  struct block *next;
  size_t used;
  size_t size;
  max_align_t bytes[];
} block;

struct churn_arena {
  block *first;
};

churn_arena *churn_arena_new(void)
{
  return calloc(1, sizeof(churn_arena));
}

void churn_arena_free(churn_arena *arena)
{
  if (arena == NULL)
    return;
  for (block *b = arena->first, *next; b != NULL; b = next) {
    next = b->next;
    free(b);
  }
  free(arena);
}

static block *add_block(churn_arena *arena, size_t needed)
{
  size_t size = needed > BLOCK_SIZE ? needed : BLOCK_SIZE;
  if (size > SIZE_MAX - sizeof(block))
    return NULL;
  block *b = calloc(1, sizeof(block) + size);
  if (b == NULL)
    return NULL;
  b->size = size;
  b->next = arena->first;
  arena->first = b;
  return b;
}

void *churn_arena_take(churn_arena *arena, size_t count, size_t size)
{
  const size_t step = sizeof(max_align_t);
  if (size != 0 && count > (SIZE_MAX - step) / size)
    return NULL;
  size_t needed = (count * size + step) / step * step;
  block *b = arena->first;
  if (b == NULL || b->size - b->used < needed)
    b = add_block(arena, needed);
  if (b == NULL)
    return NULL;
  void *given = (char *)b->bytes + b->used;
  b->used += needed;
  return given;
}

char *churn_arena_text(churn_arena *arena, const char *text, size_t length)
{
  char *copy = length == SIZE_MAX ? NULL : churn_arena_take(arena, length + 1, 1);
  if (copy != NULL && length > 0)
    memcpy(copy, text, length);
  return copy;
}
