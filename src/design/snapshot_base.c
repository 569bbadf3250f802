/* Who is in the base on a day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/snapshot_base.h"

#include <string.h>

size_t churn_base_spell(const churn_customers *customers, size_t customer, churn_day as_of)
{
  for (size_t s = customers->first_spell[customer]; s < customers->first_spell[customer + 1]; s++) {
    bool joined = as_of == CHURN_DAY_MISSING || customers->joined[s] == CHURN_DAY_MISSING ||
                  customers->joined[s] < as_of;
    bool there = as_of == CHURN_DAY_MISSING || customers->left[s] == CHURN_DAY_MISSING ||
                 customers->left[s] >= as_of;
    if (joined && there)
      return s;
  }
  return SIZE_MAX;
}

/* The number of days up to and with `day`. */
static size_t days_until(const churn_day *days, size_t count, churn_day day)
{
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (days[middle] <= day)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* First how many begin on each day less how many ended before it, then the running sum. The
 * differences may wrap; their sums do not. */
void churn_base_count(const churn_customers *customers, const churn_day *days, size_t count,
                      uint64_t *counts)
{
  memset(counts, 0, count * sizeof *counts);
  for (size_t s = 0; s < customers->spell_count; s++) {
    churn_day joined = customers->joined[s], left = customers->left[s];
    size_t first = joined == CHURN_DAY_MISSING ? 0 : days_until(days, count, joined);
    size_t end = left == CHURN_DAY_MISSING ? count : days_until(days, count, left);
    if (first >= end)
      continue;
    counts[first]++;
    if (end < count)
      counts[end]--;
  }
  for (size_t d = 1; d < count; d++)
    counts[d] += counts[d - 1];
}
