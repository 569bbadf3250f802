/* Allocation that checks for overflow. Everything here is freed with free().
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_MEMORY_H
#define CHURN_BASE_MEMORY_H

#include <churn/status.h>
#include <stdbool.h>
#include <stddef.h>

/* `count` zeroed elements of `size` bytes (one byte where count is 0, so that NULL always means
 * failure). */
void *churn_array_new(size_t count, size_t size);

/* The same, not zeroed and on a 64-byte boundary: for arrays that vector code walks. */
void *churn_array_new_aligned(size_t count, size_t size);

/* Makes room for at least `needed` elements in *array (capacity doubles). False, and nothing
 * changed, when memory ran out. */
bool churn_array_reserve(void *array_pointer, size_t *capacity, size_t needed, size_t size);

/* What array[0..bytes) holds is needed no more: the pages that lie wholly inside go back to the
 * system, and read as anything. The array is still to be freed. */
void churn_array_let_go(void *array, size_t bytes);

/* What was freed goes back to the system, as far as the allocator can. For after a stage that freed
 * much in small pieces. */
void churn_memory_give_back(void);

/* A terminated copy of text[0..length); NULL when memory ran out. */
char *churn_text_copy(const char *text, size_t length);

/* *to = a copy of a terminated text; NO_MEMORY, and *to NULL, when memory ran out. */
CHURN_MUST_USE churn_status churn_text_set(char **to, const char *text, churn_error *error);

/* printf into a fresh text; NULL when memory ran out. */
char *churn_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
