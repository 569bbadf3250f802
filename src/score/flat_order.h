/* The order of what was kept of a flat export. Private to score/flat_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_FLAT_ORDER_H
#define CHURN_SCORE_FLAT_ORDER_H

#include "score/flat_rows.h"

#include <math.h>

/* True when no two hashes of ids are the same, so that no id is there twice; frees the hashes. */
CHURN_MUST_USE churn_status churn_flat_ids_differ(churn_flat_rows_kept *kept, const churn_run *run,
                                                  bool *differ, churn_error *error);

/* A kept row by the part it is in. */
typedef struct churn_flat_place {
  const churn_flat_part *part;
  size_t row;
} churn_flat_place;

/* Rows are numbered through, part by part. */
churn_flat_place churn_flat_find(const churn_flat_rows_kept *kept, uint32_t number);

/* The money at risk of a row; NaN = none. */
static inline double churn_flat_value(churn_flat_place place)
{
  return place.part->values == NULL ? NAN : place.part->values[place.row];
}

/* The rows in the order of the list: (*order)[rank] & UINT32_MAX is a row's number. With `top` the
 * first of them are right, and rows that cannot be listed are left out. Frees keys and cells; the
 * caller frees *order. At most 2^32 - 1 rows. */
CHURN_MUST_USE churn_status churn_flat_sort(churn_flat_rows_kept *kept, const churn_run *run,
                                            uint64_t **order, size_t *count, churn_error *error);

#endif
