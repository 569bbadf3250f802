/* Values of one column of a piece made as narrow as they allow, until they go to where they belong:
 * days as distances, codes by the number of levels, small whole numbers as bytes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SOURCE_NARROW_H
#define CHURN_SOURCE_NARROW_H

#include "source/table.h"

/* Values of `width` bytes: days of 2 are distances from `base`, codes of 1 and 2 and numbers of 1
 * (whole ones) are themselves; the highest value is a missing one. Numbers of 2 are hundredths, the
 * lowest value a missing one, the next a negative zero. Other widths are as in
 * churn_column. values NULL = the file lacks the column. `borrowed`: they are another's and never
 * freed.
 */
typedef struct churn_narrow {
  unsigned char *values;
  size_t width;
  churn_day base;
  uint64_t missing; /* of all rows, also of those left out */
  bool borrowed;
} churn_narrow;

/* The `rows` values of `from`, each at place[row] (UINT32_MAX = left out; NULL = each at its row),
 * `kept` of them. Exact: the bits of churn_narrow_place are those given. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_narrow_make(const churn_batch_column *from, size_t rows,
                                              const uint32_t *place, size_t kept, churn_narrow *to,
                                              churn_error *error);

/* The same in two steps, for values that shall lie in a room of the caller's: `to` without values
 * (width 0 where there are none); then, to->values set to kept * width bytes, the values. Only here
 * numbers may become hundredths. */
void churn_narrow_measure(const churn_batch_column *from, size_t rows, churn_narrow *to);
void churn_narrow_store(const churn_batch_column *from, size_t rows, const uint32_t *place,
                        const churn_narrow *to);

/* The same as churn_narrow_make of values that are narrow already; `place` is never NULL.
 * NO_MEMORY. */
CHURN_MUST_USE churn_status churn_narrow_move(const churn_narrow *from, size_t rows,
                                              const uint32_t *place, size_t kept, churn_narrow *to,
                                              churn_error *error);

/* The first and last day of a column of days, where it has any; returns how many are missing. */
uint64_t churn_narrow_days_span(const churn_narrow *days, size_t rows, churn_day *first,
                                churn_day *last);

/* A day of a column of days. */
static inline churn_day churn_narrow_day(const churn_narrow *days, size_t row)
{
  const void *values = days->values;
  if (days->width == sizeof(churn_day))
    return ((const churn_day *)values)[row];
  uint16_t distance = ((const uint16_t *)values)[row];
  return distance == UINT16_MAX ? CHURN_DAY_MISSING : days->base + distance;
}

/* Values first..last, wide, to row offset + at[i - first] of the array that `to` has (at NULL: one
 * behind the other); codes through `remap` (NULL = as they are). */
void churn_narrow_place(const churn_narrow *from, size_t first, size_t last, const uint32_t *at,
                        const uint32_t *remap, const churn_column *to, size_t offset);

/* Takes a zeroed one too. */
void churn_narrow_clear(churn_narrow *narrow);

#endif
