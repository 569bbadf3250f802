/* Isotonic recalibration by pooling adjacent violators.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/isotonic.h"

#include "base/error.h"
#include "base/memory.h"

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

static size_t pool(const churn_logit_rows *rows, const uint32_t *order, const churn_fold_map *map,
                   uint32_t held_out, block *blocks)
{
  size_t count = 0;
  block group = {0, 0, 0, 0};
  for (size_t i = 0; i < rows->rows; i++) {
    uint32_t row = order[i];
    double logit = rows->logits[row], weight = rows->weights == NULL ? 1 : rows->weights[row];
    if (!(weight > 0) || (map != NULL && map->fold[row] == held_out))
      continue;
    bool started = group.churners + group.stayers > 0;
    if (started && logit != group.last)
      count = push(blocks, count, group);
    if (!started || logit != group.last)
      group = (block){logit, logit, 0, 0};
    *(rows->labels[row] == 1 ? &group.churners : &group.stayers) += weight;
  }
  return group.churners + group.stayers > 0 ? push(blocks, count, group) : count;
}

/* Joins blocks at the ends that would be certain. */
static block *trim(block *blocks, size_t *count)
{
  while (*count > 1 && blocks[0].churners <= 0) {
    block first = blocks[0];
    join(&first, &blocks[1]);
    blocks[1] = first;
    blocks++;
    --*count;
  }
  while (*count > 1 && blocks[*count - 1].stayers <= 0) {
    join(&blocks[*count - 2], &blocks[*count - 1]);
    --*count;
  }
  return blocks;
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
  size_t pooled = pool(rows, order, map, held_out, blocks);
  const block *kept = trim(blocks, &pooled);
  if (pooled == 0 || kept[0].churners <= 0 || kept[0].stayers <= 0)
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "all rows have the same outcome: nothing to recalibrate by");
  else if ((made = churn_array_new(2 * pooled, sizeof *made)) == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK) {
    *count = fill_knots(kept, pooled, made);
    *knots = made;
  }
  free(blocks);
  return status;
}
