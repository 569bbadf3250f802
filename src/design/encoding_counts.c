/* What the rows of each group tell of each feature.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/encoding_counts.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>

/* splitmix64's finish (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
 * generators"): sums of these tell sets apart. */
uint64_t churn_missing_hash(size_t row)
{
  uint64_t x = (uint64_t)row + UINT64_C(0x9E3779B97F4A7C15);
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
  return x ^ x >> 31;
}

typedef struct counting {
  const churn_frame *frame;
  const int8_t *labels;
  const double *copies;
  churn_encoding_counts *counts;
} counting;

static void add_row(const counting *c, size_t row, churn_tally *tally)
{
  uint64_t copies = c->copies == NULL ? 1 : (uint64_t)c->copies[row];
  tally->rows += copies;
  tally->churners += c->labels[row] == 1 ? copies : 0;
}

static churn_status count_feature(void *context, size_t feature, int thread, churn_error *error)
{
  (void)thread;
  (void)error;
  const counting *c = context;
  churn_feature_count *of_group = c->counts->of_group + feature * c->counts->groups;
  for (uint32_t g = 0; g < c->counts->groups; g++)
    of_group[g] = (churn_feature_count){{0, 0}, 0, INFINITY, -INFINITY};
  for (size_t tile = 0; tile < churn_tile_count(c->frame->rows); tile++) {
    size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(c->frame->rows, tile);
    const double *values = c->frame->tiles + first * c->frame->features + feature * CHURN_TILE_ROWS;
    for (size_t r = 0; r < rows; r++) {
      churn_feature_count *to = &of_group[c->counts->group[first + r]];
      if (isnan(values[r])) {
        add_row(c, first + r, &to->missing);
        to->missing_hash += churn_missing_hash(first + r);
      }
      /* false for what is missing */
      to->low = values[r] < to->low ? values[r] : to->low;
      to->high = values[r] > to->high ? values[r] : to->high;
    }
  }
  return CHURN_OK;
}

churn_status churn_encoding_count(const churn_frame *frame, const int8_t *labels,
                                  const double *copies, const uint32_t *group, uint32_t groups,
                                  const churn_run *run, churn_encoding_counts *counts,
                                  churn_error *error)
{
  churn_encoding_counts made = {.group = group, .groups = groups, .features = frame->features};
  counting c = {frame, labels, copies, &made};
  made.all = churn_array_new(groups, sizeof *made.all);
  made.of_group = churn_array_new(frame->features * groups, sizeof *made.of_group);
  churn_status status =
      made.all == NULL || made.of_group == NULL
          ? churn_error_no_memory(error)
          : churn_parallel_run(frame->features, count_feature, &c, NULL, run, error);
  for (size_t r = 0; status == CHURN_OK && r < frame->rows; r++)
    add_row(&c, r, &made.all[group[r]]);
  if (status == CHURN_OK)
    *counts = made;
  else
    churn_encoding_counts_clear(&made);
  return status;
}

void churn_encoding_counts_clear(churn_encoding_counts *counts)
{
  free(counts->all);
  free(counts->of_group);
  *counts = (churn_encoding_counts){0};
}

static void add_tally(churn_tally *to, churn_tally tally)
{
  to->rows += tally.rows;
  to->churners += tally.churners;
}

churn_feature_count churn_encoding_counted(const churn_encoding_counts *counts, size_t feature,
                                           const bool *picked)
{
  churn_feature_count sum = {{0, 0}, 0, INFINITY, -INFINITY};
  for (uint32_t g = 0; g < counts->groups; g++) {
    const churn_feature_count *of_group = &counts->of_group[feature * counts->groups + g];
    if (!picked[g])
      continue;
    add_tally(&sum.missing, of_group->missing);
    sum.missing_hash += of_group->missing_hash;
    sum.low = fmin(sum.low, of_group->low);
    sum.high = fmax(sum.high, of_group->high);
  }
  return sum;
}

churn_tally churn_encoding_counted_rows(const churn_encoding_counts *counts, const bool *picked)
{
  churn_tally all = {0, 0};
  for (uint32_t g = 0; g < counts->groups; g++)
    if (picked[g])
      add_tally(&all, counts->all[g]);
  return all;
}
