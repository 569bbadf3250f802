/* Memory that is freed all at once: many small things of one life (a project file and its tree, the
 * nodes of expressions) live in one arena, so that nothing can leak half-built.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_ARENA_H
#define CHURN_BASE_ARENA_H

#include <stddef.h>

typedef struct churn_arena churn_arena;

/* NULL when memory ran out. Free takes NULL. */
churn_arena *churn_arena_new(void);
void churn_arena_free(churn_arena *arena);

/* `count` zeroed elements of `size` bytes, aligned for any type, valid until the arena is freed;
 * NULL when memory ran out. */
void *churn_arena_take(churn_arena *arena, size_t count, size_t size);

/* A terminated copy of text[0..length); NULL when memory ran out. */
char *churn_arena_text(churn_arena *arena, const char *text, size_t length);

#endif
