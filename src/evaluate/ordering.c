/* Rows from the riskiest down inside each fold, by a radix sort on the bits of their scores.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/ordering.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 8, BUCKETS = 1 << DIGIT_BITS, DIGITS = 64 / DIGIT_BITS };

typedef struct keyed {
  uint64_t key; /* rises as the score falls */
  uint32_t row;
} keyed;

/* Adding 0 makes a negative zero a positive one. */
static uint64_t descending_key(double score)
{
  uint64_t bits;
  double plain = score + 0.0;
  memcpy(&bits, &plain, sizeof bits);
  return bits >> 63 ? bits : ~(bits | UINT64_C(1) << 63);
}

static size_t digit_of(uint64_t key, int digit)
{
  return (size_t)(key >> (digit * DIGIT_BITS)) & (BUCKETS - 1);
}

/* Least significant digit first, each pass stable; a digit that all keys share takes no pass. The
 * sorted rows are in `rows` or `spare`: the answer says which. */
static keyed *sort(keyed *rows, keyed *spare, size_t count)
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
    keyed *swap = rows;
    rows = spare;
    spare = swap;
  }
  return rows;
}

/* starts[f] becomes where fold f begins; the rows stand fold after fold in `all`. */
static void deal(const churn_judged *judged, const double *scores, size_t *starts, keyed *all)
{
  uint32_t folds = churn_judged_folds(judged);
  for (size_t i = 0; i < judged->rows; i++)
    starts[churn_judged_fold(judged, i) + 1]++;
  for (uint32_t f = 0; f < folds; f++)
    starts[f + 1] += starts[f];
  for (size_t i = 0; i < judged->rows; i++)
    all[starts[churn_judged_fold(judged, i)]++] = (keyed){descending_key(scores[i]), (uint32_t)i};
  for (uint32_t f = folds; f > 0; f--)
    starts[f] = starts[f - 1];
  starts[0] = 0;
}

static void sort_folds(const churn_ordering *o, uint32_t folds, keyed *all, keyed *spare)
{
  for (uint32_t f = 0; f < folds; f++) {
    size_t start = o->starts[f], count = o->starts[f + 1] - start;
    const keyed *sorted = sort(all + start, spare + start, count);
    for (size_t i = 0; i < count; i++) {
      o->rows[start + i] = sorted[i].row;
      o->opens[start + i] = i == 0 || sorted[i].key != sorted[i - 1].key;
    }
  }
}

churn_status churn_ordering_build(const churn_judged *judged, const double *scores,
                                  churn_ordering *ordering, churn_error *error)
{
  size_t rows = judged->rows;
  uint32_t folds = churn_judged_folds(judged);
  for (size_t i = 0; i < rows; i++)
    if (isnan(scores[i]))
      return churn_error_set(error, CHURN_USAGE, "row %zu has no score; expected a number", i);
  churn_ordering o = {churn_array_new(rows, sizeof *o.rows), churn_array_new(rows, sizeof *o.opens),
                      churn_array_new((size_t)folds + 1, sizeof *o.starts)};
  keyed *all = churn_array_new(rows, sizeof *all), *spare = churn_array_new(rows, sizeof *spare);
  churn_status status =
      o.rows == NULL || o.opens == NULL || o.starts == NULL || all == NULL || spare == NULL
          ? churn_error_no_memory(error)
          : CHURN_OK;
  if (status == CHURN_OK) {
    deal(judged, scores, o.starts, all);
    sort_folds(&o, folds, all, spare);
    *ordering = o;
    o = (churn_ordering){0};
  }
  churn_ordering_clear(&o);
  free(all);
  free(spare);
  return status;
}

void churn_ordering_clear(churn_ordering *ordering)
{
  free(ordering->rows);
  free(ordering->opens);
  free(ordering->starts);
  *ordering = (churn_ordering){0};
}
