/* Allocation that checks for overflow.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"

#include "base/error.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Arrays from here on are worth large pages: a page fault in place of five hundred. */
static const size_t large = (size_t)4 << 20;

/* Only a wish, for the whole pages of the array: where it is not granted nothing is lost. */
static void advise(void *array, size_t bytes, int advice)
{
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t skipped = (page - (uintptr_t)array % page) % page;
  if (bytes >= skipped + page)
    madvise((char *)array + skipped, (bytes - skipped) / page * page, advice);
}

static void *with_large_pages(void *array, size_t bytes)
{
  if (array != NULL && bytes >= large)
    advise(array, bytes, MADV_HUGEPAGE);
  return array;
}

void *churn_array_new(size_t count, size_t size)
{
  return count == 0 ? calloc(1, 1) : with_large_pages(calloc(count, size), count * size);
}

void *churn_array_new_aligned(size_t count, size_t size)
{
  if (size != 0 && count > (SIZE_MAX - 64) / size)
    return NULL;
  size_t bytes = (count * size + 63) / 64 * 64;
  return with_large_pages(aligned_alloc(64, bytes == 0 ? 64 : bytes), bytes);
}

bool churn_array_reserve(void *array_pointer, size_t *capacity, size_t needed, size_t size)
{
  if (needed <= *capacity)
    return true;
  size_t wanted = *capacity < 8 ? 8 : *capacity;
  while (wanted < needed) {
    if (wanted > SIZE_MAX / 2)
      return false;
    wanted *= 2;
  }
  if (wanted > SIZE_MAX / size)
    return false;
  void *old;
  memcpy(&old, array_pointer, sizeof old);
  void *grown = realloc(old, wanted * size);
  if (grown == NULL)
    return false;
  with_large_pages(grown, wanted * size);
  memcpy(array_pointer, &grown, sizeof grown);
  *capacity = wanted;
  return true;
}

void churn_array_let_go(void *array, size_t bytes)
{
  advise(array, bytes, MADV_DONTNEED);
}

void churn_memory_give_back(void)
{
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

char *churn_text_copy(const char *text, size_t length)
{
  char *copy = malloc(length + 1);
  if (copy == NULL)
    return NULL;
  if (length > 0)
    memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

churn_status churn_text_set(char **to, const char *text, churn_error *error)
{
  *to = churn_text_copy(text, strlen(text));
  return *to == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

char *churn_text_format(const char *format, ...)
{
  va_list arguments;
  char *text = NULL;
  va_start(arguments, format);
  int length = vasprintf(&text, format, arguments);
  va_end(arguments);
  return length < 0 ? NULL : text;
}
