/* Isotonic recalibration by pooling adjacent violators.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/isotonic.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Rows with one probability. Weights of churners and stayers are summed apart: 0 is then exact. */
typedef struct block {
  double first, last; /* logits */
  double churners, stayers;
} block;

typedef struct place {
  double logit;
  uint32_t row;
} place;

static int compare_places(const void *left, const void *right)
{
  const place *a = left, *b = right;
  int order = (a->logit > b->logit) - (a->logit < b->logit);
  return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

uint32_t *churn_logit_order(const churn_logit_rows *rows)
{
  place *places = churn_array_new(rows->rows, sizeof *places);
  uint32_t *order = churn_array_new(rows->rows, sizeof *order);
  if (places == NULL || order == NULL) {
    free(places);
    free(order);
    return NULL;
  }
  for (size_t r = 0; r < rows->rows; r++)
    places[r] = (place){rows->logits[r], (uint32_t)r};
  qsort(places, rows->rows, sizeof *places, compare_places);
  for (size_t r = 0; r < rows->rows; r++)
    order[r] = places[r].row;
  free(places);
  return order;
}

static void join(block *left, const block *right)
{
  left->last = right->last;
  left->churners += right->churners;
  left->stayers += right->stayers;
}

/* The share of churners does not rise from left to right; products of exact counts are exact. */
static bool violates(const block *left, const block *right)
{
  return left->churners * right->stayers >= right->churners * left->stayers;
}

/* Adds a group at the end of the blocks and joins what is out of order. */
static size_t push(block *blocks, size_t count, block group)
{
  blocks[count++] = group;
  while (count > 1 && violates(&blocks[count - 2], &blocks[count - 1])) {
    join(&blocks[count - 2], &blocks[count - 1]);
    count--;
  }
  return count;
}

/* The rows that are left, and where certainty would begin. */
typedef struct selection {
  const churn_logit_rows *rows;
  const churn_fold_map *map;
  uint32_t held_out;
  double lowest_churner, highest_stayer; /* logits */
} selection;

static double weight_of(const selection *s, uint32_t row)
{
  bool in = s->map == NULL || s->map->fold[row] != s->held_out;
  return !in ? 0 : s->rows->weights == NULL ? 1 : s->rows->weights[row];
}

static void find_certainty(selection *s)
{
  s->lowest_churner = INFINITY;
  s->highest_stayer = -INFINITY;
  for (uint32_t r = 0; r < s->rows->rows; r++) {
    double logit = s->rows->logits[r];
    if (!(weight_of(s, r) > 0))
      continue;
    if (s->rows->labels[r] == 1)
      s->lowest_churner = fmin(s->lowest_churner, logit);
    else
      s->highest_stayer = fmax(s->highest_stayer, logit);
  }
  if (s->lowest_churner >= s->highest_stayer)
    s->lowest_churner = INFINITY;
}

static bool belongs(const selection *s, const block *group, double logit)
{
  return logit == group->last || logit <= s->lowest_churner || group->first >= s->highest_stayer;
}

static size_t pool(const selection *s, const uint32_t *order, block *blocks)
{
  size_t count = 0;
  block group = {0, 0, 0, 0};
  for (size_t i = 0; i < s->rows->rows; i++) {
    uint32_t row = order[i];
    double logit = s->rows->logits[row], weight = weight_of(s, row);
    if (!(weight > 0))
      continue;
    bool started = group.churners + group.stayers > 0, same = started && belongs(s, &group, logit);
    if (started && !same)
      count = push(blocks, count, group);
    if (!same)
      group = (block){logit, logit, 0, 0};
    group.last = logit;
    *(s->rows->labels[row] == 1 ? &group.churners : &group.stayers) += weight;
  }
  return group.churners + group.stayers > 0 ? push(blocks, count, group) : count;
}

static size_t fill_knots(const block *blocks, size_t count, churn_knot *knots)
{
  size_t filled = 0;
  for (size_t i = 0; i < count; i++) {
    double probability = blocks[i].churners / (blocks[i].churners + blocks[i].stayers);
    knots[filled++] = (churn_knot){blocks[i].first, probability};
    if (blocks[i].last != blocks[i].first)
      knots[filled++] = (churn_knot){blocks[i].last, probability};
  }
  return filled;
}

churn_status churn_isotonic_fit(const churn_logit_rows *rows, const uint32_t *order,
                                const churn_fold_map *map, uint32_t held_out, churn_knot **knots,
                                size_t *count, churn_error *error)
{
  churn_status status = CHURN_OK;
  block *blocks = churn_array_new(rows->rows, sizeof *blocks);
  churn_knot *made = NULL;
  if (blocks == NULL)
    return churn_error_no_memory(error);
  selection chosen = {.rows = rows, .map = map, .held_out = held_out};
  find_certainty(&chosen);
  size_t pooled = pool(&chosen, order, blocks);
  if (pooled == 0 || blocks[0].churners <= 0 || blocks[pooled - 1].stayers <= 0)
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "all rows have the same outcome: nothing to recalibrate by");
  else if ((made = churn_array_new(2 * pooled, sizeof *made)) == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK) {
    *count = fill_knots(blocks, pooled, made);
    *knots = made;
  }
  free(blocks);
  return status;
}
