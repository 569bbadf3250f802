/* The order of what was kept of a flat export. Private to score/flat_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_FLAT_ORDER_H
#define CHURN_SCORE_FLAT_ORDER_H

#include "score/flat_rows.h"

#include <math.h>
#include <string.h>

/* A kept row and the part it is in. */
typedef struct churn_flat_place {
  const churn_flat_part *part;
  const churn_flat_row *row;
} churn_flat_place;

/* Rows are numbered through, part by part; of each part up to its room. */
static inline churn_flat_place churn_flat_find(const churn_flat_rows_kept *kept, uint32_t number)
{
  size_t row = number;
  const churn_flat_part *part = kept->parts;
  for (; row >= churn_flat_store_room(&part->store); part++)
    row -= churn_flat_store_room(&part->store);
  return (churn_flat_place){part, churn_flat_store_row(&part->store, row)};
}

/* The money at risk of a row; NaN = none. */
static inline double churn_flat_value(churn_flat_place place)
{
  size_t at = place.part->store.layout.value;
  double value = NAN;
  if (at > 0)
    memcpy(&value, (const char *)place.row + at, sizeof value);
  return value;
}

/* The id of a row, terminated. */
static inline const char *churn_flat_id(churn_flat_place place, size_t *length)
{
  const char *id = place.row->id;
  unsigned char kind = (unsigned char)id[CHURN_FLAT_SHORT_ID];
  if (kind != UINT8_MAX) {
    *length = (size_t)CHURN_FLAT_SHORT_ID - (kind >> 4);
    return id;
  }
  uint32_t at[2];
  memcpy(at, id, sizeof at);
  *length = at[1];
  return place.part->ids + at[0];
}

/* The rows in the order of the list: (*order)[rank] & UINT32_MAX is a row's number. With `top` the
 * first of them are right, and rows that cannot be listed are left out. The caller frees *order. At
 * most 2^32 - 1 numbers. */
CHURN_MUST_USE churn_status churn_flat_sort(const churn_flat_rows_kept *kept, const churn_run *run,
                                            uint64_t **order, size_t *count, churn_error *error);

#endif
