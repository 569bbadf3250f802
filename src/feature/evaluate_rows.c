/* Lists of rows that an expression is evaluated for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "feature/evaluate.h"

#include "base/memory.h"

#include <stdlib.h>

static bool reserve(churn_row_list *list, size_t count)
{
  size_t rows = list->capacity, days = rows, spells = rows, as_of = rows, values = rows;
  if (count <= list->capacity)
    return true;
  if (!churn_array_reserve(&list->rows, &rows, count, sizeof *list->rows) ||
      !churn_array_reserve(&list->days, &days, count, sizeof *list->days) ||
      !churn_array_reserve(&list->spells, &spells, count, sizeof *list->spells) ||
      !churn_array_reserve(&list->as_of, &as_of, count, sizeof *list->as_of) ||
      !churn_array_reserve(&list->values, &values, count, sizeof *list->values))
    return false;
  list->capacity = rows;
  return true;
}

void churn_row_list_clear(churn_row_list *list)
{
  free(list->rows);
  free(list->days);
  free(list->spells);
  free(list->as_of);
  free(list->values);
}

bool churn_row_list_append(churn_row_list *list, const churn_day *days, const size_t *rows,
                           churn_segment segment, size_t spell, churn_day as_of)
{
  size_t count = segment.end - segment.begin, at = list->count;
  if (count == 0)
    return true;
  if (!reserve(list, at + count))
    return false;
  size_t *restrict to_rows = list->rows + at, *restrict to_spells = list->spells + at;
  churn_day *restrict to_days = list->days + at, *restrict to_as_of = list->as_of + at;
  for (size_t i = 0; i < count; i++) {
    to_rows[i] = rows == NULL ? segment.begin + i : rows[segment.begin + i];
    to_days[i] = days[segment.begin + i];
    to_spells[i] = spell;
    to_as_of[i] = as_of;
  }
  list->count = at + count;
  return true;
}

churn_cells churn_row_list_cells(const churn_plan *plan, const churn_row_list *list, size_t first)
{
  size_t rest = list->count - first;
  return (churn_cells){.plan = plan,
                       .count = rest < CHURN_BATCH_ROWS ? rest : CHURN_BATCH_ROWS,
                       .rows = list->rows + first,
                       .spells = list->spells + first,
                       .as_of = list->as_of + first};
}

churn_segment churn_row_list_pack(churn_row_list *list, size_t to, churn_segment segment)
{
  size_t at = to;
  for (size_t i = segment.begin; i < segment.end; i++) {
    list->rows[at] = list->rows[i];
    list->days[at] = list->days[i];
    list->values[at] = list->values[i];
    at += isnan(list->values[i]) ? 0 : 1;
  }
  return (churn_segment){to, at};
}

void churn_row_list_sort(churn_row_list *list, churn_segment segment)
{
  size_t first = segment.begin;
  for (size_t i = segment.begin + 1; i <= segment.end; i++)
    if (i == segment.end || list->days[i] != list->days[first]) {
      if (i - first > 1)
        churn_values_sort(list->values + first, i - first);
      first = i;
    }
}
