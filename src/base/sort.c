/* A radix sort, least significant byte first.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 8, BUCKETS = 1 << DIGIT_BITS, DIGITS = 64 / DIGIT_BITS };

/* Adding 0 makes a negative zero a positive one. */
uint64_t churn_sort_key(double number)
{
  uint64_t bits;
  double plain = number + 0.0;
  memcpy(&bits, &plain, sizeof bits);
  return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

double churn_sort_number(uint64_t key)
{
  double number;
  uint64_t bits = key >> 63 ? key ^ UINT64_C(1) << 63 : ~key;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static size_t digit_of(uint64_t key, int digit)
{
  return (size_t)(key >> (digit * DIGIT_BITS)) & (BUCKETS - 1);
}

/* A digit that all keys share takes no pass. */
churn_keyed *churn_sort(churn_keyed *rows, churn_keyed *spare, size_t count)
{
  size_t counts[DIGITS][BUCKETS] = {{0}};
  for (size_t i = 0; i < count; i++)
    for (int d = 0; d < DIGITS; d++)
      counts[d][digit_of(rows[i].key, d)]++;
  for (int d = 0; count > 0 && d < DIGITS; d++) {
    size_t at[BUCKETS], sum = 0;
    if (counts[d][digit_of(rows[0].key, d)] == count)
      continue;
    for (size_t b = 0; b < BUCKETS; b++) {
      at[b] = sum;
      sum += counts[d][b];
    }
    for (size_t i = 0; i < count; i++)
      spare[at[digit_of(rows[i].key, d)]++] = rows[i];
    churn_keyed *swap = rows;
    rows = spare;
    spare = swap;
  }
  return rows;
}

void churn_sort_if_needed(void *rows, size_t count, size_t size,
                          int (*compare)(const void *, const void *))
{
  const char *row = rows;
  size_t at = 1;
  while (at < count && compare(row + (at - 1) * size, row + at * size) <= 0)
    at++;
  if (at < count)
    qsort(rows, count, size, compare);
}
