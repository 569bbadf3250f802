/* A radix sort on the highest bits that differ, mended by insertion.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

/* Three digits are enough to tell nearly all of a million numbers apart. */
enum { DIGIT_BITS = 11, BUCKETS = 1 << DIGIT_BITS, DIGITS = 3, FEW = 24 };

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

static size_t digit_of(uint64_t key, int shift)
{
  return (size_t)(key >> shift) & (BUCKETS - 1);
}

static void insert_rows(churn_keyed *rows, size_t count)
{
  for (size_t i = 1; i < count; i++) {
    churn_keyed row = rows[i];
    size_t at = i;
    for (; at > 0 && rows[at - 1].key > row.key; at--)
      rows[at] = rows[at - 1];
    rows[at] = row;
  }
}

/* How many of the lowest bits hold all that differs. */
static int find_width(const churn_keyed *rows, size_t count)
{
  uint64_t differ = 0;
  int width = 0;
  for (size_t i = 1; i < count; i++)
    differ |= rows[i].key ^ rows[0].key;
  for (; differ != 0; differ >>= 1)
    width++;
  return width;
}

/* By the digits from bit `low` up to bit `width`, the lowest first. */
static churn_keyed *sort_digits(churn_keyed *rows, churn_keyed *spare, size_t count, int low,
                                int width)
{
  uint32_t counts[DIGITS][BUCKETS] = {{0}};
  for (size_t i = 0; i < count; i++)
    for (int d = 0; d < DIGITS; d++)
      counts[d][digit_of(rows[i].key >> low, d * DIGIT_BITS)]++;
  for (int d = 0; d < DIGITS && low + d * DIGIT_BITS < width; d++) {
    uint32_t *at = counts[d], sum = 0;
    for (size_t b = 0; b < BUCKETS; b++) {
      uint32_t here = at[b];
      at[b] = sum;
      sum += here;
    }
    for (size_t i = 0; i < count; i++)
      spare[at[digit_of(rows[i].key >> low, d * DIGIT_BITS)]++] = rows[i];
    churn_keyed *swap = rows;
    rows = spare;
    spare = swap;
  }
  return rows;
}

/* Rows whose digits are equal are few, or many whose lower bits are worth digits of their own. */
static void mend(churn_keyed *rows, churn_keyed *spare, size_t count, int low)
{
  for (size_t from = 0, end; from < count; from = end) {
    for (end = from + 1; end < count && rows[end].key >> low == rows[from].key >> low;)
      end++;
    if (end - from <= FEW) {
      insert_rows(rows + from, end - from);
      continue;
    }
    const churn_keyed *sorted = churn_sort(rows + from, spare + from, end - from);
    if (sorted != rows + from)
      memcpy(rows + from, sorted, (end - from) * sizeof *rows);
  }
}

churn_keyed *churn_sort(churn_keyed *rows, churn_keyed *spare, size_t count)
{
  if (count <= FEW) {
    insert_rows(rows, count);
    return rows;
  }
  int width = find_width(rows, count), low = width - DIGITS * DIGIT_BITS;
  if (width == 0)
    return rows;
  low = low < 0 ? 0 : low;
  churn_keyed *sorted = sort_digits(rows, spare, count, low, width);
  if (low > 0)
    mend(sorted, sorted == rows ? spare : rows, count, low);
  return sorted;
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
