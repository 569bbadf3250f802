/* A customer's rows in order of their days.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/day_order.h"

#include <stdlib.h>
#include <string.h>

static void permute_8(uint64_t *values, const uint32_t *order, size_t count, uint64_t *spare)
{
  for (size_t i = 0; i < count; i++)
    spare[i] = values[order[i]];
  memcpy(values, spare, count * sizeof *values);
}

static void permute_4(uint32_t *values, const uint32_t *order, size_t count, uint32_t *spare)
{
  for (size_t i = 0; i < count; i++)
    spare[i] = values[order[i]];
  memcpy(values, spare, count * sizeof *values);
}

static void permute(const churn_column *column, size_t first, const uint32_t *order, size_t count,
                    void *spare)
{
  if (column->numbers != NULL)
    permute_8((uint64_t *)(void *)(column->numbers + first), order, count, spare);
  else if (column->days != NULL)
    permute_4((uint32_t *)(void *)(column->days + first), order, count, spare);
  else if (column->codes != NULL)
    permute_4(column->codes + first, order, count, spare);
}

typedef struct dated_row {
  churn_day day;
  uint32_t row;
} dated_row;

static int compare_dated(const void *left, const void *right)
{
  const dated_row *a = left, *b = right;
  if (a->day != b->day)
    return a->day < b->day ? -1 : 1;
  return (a->row > b->row) - (a->row < b->row);
}

static bool in_order(const churn_day *days, size_t count)
{
  bool good = true;
  for (size_t i = 1; i < count; i++)
    good &= days[i - 1] <= days[i];
  return good;
}

/* Moves a row before the sort is left to qsort, which knows nothing of what is in order already. */
enum { MOST_MOVES = 2 };

/* An insertion sort, for rows that were added to a history in order. False, and in any order, when
 * it takes too many moves. */
static bool insert_rows(dated_row *rows, size_t count)
{
  size_t left = MOST_MOVES * count;
  for (size_t i = 1; i < count; i++) {
    dated_row row = rows[i];
    size_t at = i;
    for (; at > 0 && left > 0 && rows[at - 1].day > row.day; at--, left--)
      rows[at] = rows[at - 1];
    rows[at] = row;
  }
  return left > 0;
}

void churn_rows_order(const churn_day *days, const churn_column *columns, size_t column_count,
                      size_t first, size_t count, uint32_t *order, void *spare)
{
  if (in_order(days + first, count))
    return;
  dated_row *rows = spare;
  for (size_t i = 0; i < count; i++)
    rows[i] = (dated_row){days[first + i], (uint32_t)i};
  if (!insert_rows(rows, count))
    qsort(rows, count, sizeof *rows, compare_dated);
  for (size_t i = 0; i < count; i++)
    order[i] = rows[i].row;
  for (size_t c = 0; c < column_count; c++)
    permute(&columns[c], first, order, count, spare);
}
