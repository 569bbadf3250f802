/* Puts rows in order, cell by cell: what is far apart in one number needs no comparison, and what
 * is near fits a cache.
 *
 * By probability rows are sorted by logit, which gives the order of the list but for rounding: of
 * two logits whose keys are equal or neighbours the larger might get the smaller probability.
 * Logits further apart differ by more than 2^-25, far above what exp rounds. So rows with such keys
 * are compared in full, by insertion, as few ever change places.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "score/flat_order.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "score/recalibration.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  RADIX_BITS = 9,
  BUCKETS = 1 << RADIX_BITS,
  REST_BITS = CHURN_FLAT_KEY_BITS - CHURN_FLAT_CELL_BITS,
  FEW = 24 /* rows that insertion sorts at least as fast */
};

/* Rows on their way into order: key << 32 | number. */
typedef struct sorting {
  const churn_flat_rows_kept *kept;
  uint64_t *order;
  size_t *starts; /* [cells + 1] */
  size_t *runs;   /* [tasks + 1] first cell of each task */
} sorting;

static int descending(double a, double b)
{
  return (a < b) - (a > b);
}

static double or_lowest(double value)
{
  return isnan(value) ? -INFINITY : value;
}

static int compare_ids(churn_flat_place a, churn_flat_place b)
{
  size_t length;
  return strcmp(churn_flat_id(a, &length), churn_flat_id(b, &length));
}

static int compare_places(const churn_flat_rows_kept *kept, churn_flat_place a, churn_flat_place b)
{
  const churn_recalibration *recalibration = &kept->model->recalibration;
  double x = a.row->logit, y = b.row->logit;
  double p = churn_recalibrated(recalibration, x), q = churn_recalibrated(recalibration, y);
  double v = churn_flat_value(a), w = churn_flat_value(b);
  int order = 0;
  if (kept->by == CHURN_BY_EXPECTED_LOSS)
    order = descending(or_lowest(p * v), or_lowest(q * w));
  if (order == 0)
    order = descending(p, q);
  if (order == 0)
    order = descending(x, y);
  if (order == 0)
    order = descending(or_lowest(v), or_lowest(w));
  return order != 0 ? order : compare_ids(a, b);
}

static int compare_rows(const churn_flat_rows_kept *kept, uint64_t a, uint64_t b)
{
  uint64_t x = a >> 32, y = b >> 32;
  if (x + 1 < y || y + 1 < x)
    return x < y ? -1 : 1;
  return compare_places(kept, churn_flat_find(kept, (uint32_t)a),
                        churn_flat_find(kept, (uint32_t)b));
}

static int compare_for_qsort(const void *left, const void *right, void *context)
{
  const uint64_t *a = left, *b = right;
  return compare_places(context, churn_flat_find(context, (uint32_t)*a),
                        churn_flat_find(context, (uint32_t)*b));
}

/* Moves order[at] to where it belongs among those before it, down to `first`. */
static void insert(const churn_flat_rows_kept *kept, uint64_t *order, size_t first, size_t at)
{
  uint64_t row = order[at];
  for (; at > first && compare_rows(kept, order[at - 1], row) > 0; at--)
    order[at] = order[at - 1];
  order[at] = row;
}

/* Rows sorted by their keys; those whose keys are the same or neighbours are brought into order. */
static void settle(const churn_flat_rows_kept *kept, uint64_t *order, size_t count)
{
  for (size_t first = 0; first < count;) {
    size_t last = first + 1;
    while (last < count && order[last] >> 32 == order[first] >> 32)
      last++;
    if (last - first > FEW)
      qsort_r(order + first, last - first, sizeof *order, compare_for_qsort,
              (void *)(uintptr_t)kept);
    first = last;
  }
  for (size_t i = 1; i < count; i++)
    insert(kept, order, 0, i);
}

static void scatter(const uint64_t *from, size_t count, unsigned shift, uint64_t *to)
{
  size_t at[BUCKETS] = {0}, sum = 0;
  for (size_t i = 0; i < count; i++)
    at[from[i] >> shift & (BUCKETS - 1)]++;
  for (size_t b = 0; b < BUCKETS; b++) {
    size_t here = at[b];
    at[b] = sum;
    sum += here;
  }
  for (size_t i = 0; i < count; i++)
    to[at[from[i] >> shift & (BUCKETS - 1)]++] = from[i];
}

/* The rows of one cell share the upper bits of their keys. */
static void sort_cell(const churn_flat_rows_kept *kept, uint64_t *order, size_t count,
                      uint64_t *spare)
{
  static_assert(REST_BITS == 2 * RADIX_BITS, "two passes sort what a cell leaves open");
  if (count > FEW) {
    scatter(order, count, 32, spare);
    scatter(spare, count, 32 + RADIX_BITS, order);
  } else {
    for (size_t i = 1; i < count; i++) {
      uint64_t row = order[i];
      size_t at = i;
      for (; at > 0 && order[at - 1] >> 32 > row >> 32; at--)
        order[at] = order[at - 1];
      order[at] = row;
    }
  }
  settle(kept, order, count);
}

/* The rows of one cell, from all parts. */
static void list_cell(const sorting *s, size_t cell)
{
  uint64_t *to = s->order + s->starts[cell], base = 0;
  for (size_t p = 0; p < s->kept->part_count; p++) {
    const churn_flat_store *store = &s->kept->parts[p].store;
    to += churn_flat_store_list(store, cell, base, to);
    base += churn_flat_store_room(store);
  }
}

static churn_status sort_cells(void *context, size_t task, int thread, churn_error *error)
{
  (void)thread;
  const sorting *s = context;
  size_t first = s->runs[task], last = s->runs[task + 1];
  uint64_t *spare = churn_array_new_aligned(s->starts[last] - s->starts[first], sizeof *spare);
  if (spare == NULL)
    return churn_error_no_memory(error);
  for (size_t c = first; c < last; c++) {
    list_cell(s, c);
    sort_cell(s->kept, s->order + s->starts[c], s->starts[c + 1] - s->starts[c], spare);
  }
  free(spare);
  return CHURN_OK;
}

/* Runs of cells with a good number of rows each; how many. */
static size_t find_runs(const size_t *starts, size_t *runs)
{
  enum { ENOUGH = 1 << 15 };
  size_t count = 0;
  runs[0] = 0;
  for (size_t c = 1; c <= CHURN_FLAT_CELLS; c++)
    if (c == CHURN_FLAT_CELLS || starts[c] - starts[runs[count]] >= ENOUGH)
      runs[++count] = c;
  return count;
}

/* Neighbours may lie in two cells. */
static void settle_borders(const sorting *s)
{
  for (size_t c = 1; c < CHURN_FLAT_CELLS; c++)
    for (size_t i = s->starts[c];
         i > 0 && i < s->starts[c + 1] && compare_rows(s->kept, s->order[i - 1], s->order[i]) > 0;
         i++)
      insert(s->kept, s->order, 0, i);
}

static churn_status make_room(sorting *s, churn_error *error)
{
  size_t rows = 0;
  s->starts = churn_array_new(CHURN_FLAT_CELLS + 1, sizeof *s->starts);
  s->runs = churn_array_new(CHURN_FLAT_CELLS + 1, sizeof *s->runs);
  if (s->starts == NULL || s->runs == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < CHURN_FLAT_CELLS; c++) {
    s->starts[c] = rows;
    for (size_t p = 0; p < s->kept->part_count; p++)
      rows += s->kept->parts[p].store.cells[c].count;
  }
  s->starts[CHURN_FLAT_CELLS] = rows;
  s->order = churn_array_new_aligned(rows, sizeof *s->order);
  return s->order == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

churn_status churn_flat_sort(const churn_flat_rows_kept *kept, const churn_run *run,
                             uint64_t **order, size_t *count, churn_error *error)
{
  sorting s = {.kept = kept};
  churn_status status = make_room(&s, error);
  if (status == CHURN_OK)
    status = churn_parallel_run(find_runs(s.starts, s.runs), sort_cells, &s, "rank", run, error);
  if (status == CHURN_OK) {
    settle_borders(&s);
    *count = s.starts[CHURN_FLAT_CELLS];
    *order = s.order;
    s.order = NULL;
  }
  free(s.order);
  free(s.starts);
  free(s.runs);
  return status;
}
