/* Numbers in order, with the places they came from: a radix sort on their bits. Cost: four passes,
 * more where many numbers differ in their last bits alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_SORT_H
#define CHURN_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

typedef struct churn_keyed {
  uint64_t key;
  uint32_t row;
} churn_keyed;

/* A key that rises with the number; -0 counts as 0. The complement of a key falls. NaN has no
 * place.
 */
uint64_t churn_sort_key(double number);

/* The number of such a key. */
double churn_sort_number(uint64_t key);

/* Sorts by rising key, equal keys in the order they stand in. `spare` has room for as many; the
 * sorted ones are in what is returned, one of the two. */
churn_keyed *churn_sort(churn_keyed *rows, churn_keyed *spare, size_t count);

/* qsort, for what is often in order already: then one look at each is all. */
void churn_sort_if_needed(void *rows, size_t count, size_t size,
                          int (*compare)(const void *, const void *));

#endif
