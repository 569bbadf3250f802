/* Allocators that can be made to fail, for failure tests: linked with -Wl,--wrap of malloc, calloc,
 * realloc and aligned_alloc. The test that includes this says which call fails.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_FAILING_MEMORY_H
#define CHURN_TEST_FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Asked once an allocation; the includer's. */
static bool allocation_fails(void);

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size)
{
  return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
  return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
  return allocation_fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
  return allocation_fails() ? NULL : __real_aligned_alloc(alignment, size);
}

#endif
