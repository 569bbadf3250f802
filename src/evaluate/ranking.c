/* Scored rows from the riskiest down.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/ranking.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/sort.h"
#include "evaluate/area.h"

#include <math.h>
#include <stdlib.h>

static int descending(double left, double right)
{
  return (left < right) - (left > right);
}

static int compare_rows(const void *left, const void *right)
{
  const churn_ranked_row *a = left, *b = right;
  int order = descending(a->rank, b->rank);
  if (order == 0)
    order = descending(a->probability, b->probability);
  if (order == 0)
    order = descending(a->logit, b->logit);
  if (order == 0)
    order = b->label - a->label;
  if (order == 0)
    order = descending(a->value, b->value);
  return order != 0 ? order : descending(a->weight, b->weight);
}

static double rank_of(const churn_scored *scored, size_t row)
{
  return scored->order == NULL ? scored->probabilities[row] : scored->order[row];
}

static churn_status check_row(const churn_scored *scored, size_t row, churn_error *error)
{
  double probability = scored->probabilities[row], logit = scored->logits[row];
  double value = scored->values == NULL ? 0 : scored->values[row];
  double weight = scored->weights == NULL ? 1 : scored->weights[row];
  double rank = rank_of(scored, row);
  int label = scored->labels[row];
  if (label != 0 && label != 1)
    return churn_error_set(error, CHURN_USAGE, "row %zu has label %d; expected 0 or 1", row, label);
  if (!(probability >= 0 && probability <= 1))
    return churn_error_set(error, CHURN_USAGE, "row %zu has probability %g; expected 0 to 1", row,
                           probability);
  if (!isfinite(logit))
    return churn_error_set(error, CHURN_USAGE, "row %zu has logit %g; expected a finite number",
                           row, logit);
  if (!isfinite(rank))
    return churn_error_set(error, CHURN_USAGE, "row %zu is ranked by %g; expected a finite number",
                           row, rank);
  if (isinf(value))
    return churn_error_set(error, CHURN_USAGE,
                           "row %zu has value %g; expected a finite number or NaN", row, value);
  if (!(weight > 0 && isfinite(weight)))
    return churn_error_set(error, CHURN_USAGE,
                           "row %zu has weight %g; expected a finite number above 0", row, weight);
  return CHURN_OK;
}

/* Adding 0 makes a negative zero a positive one: equal rows must have equal bits. */
static churn_ranked_row take_row(const churn_scored *scored, size_t row)
{
  double value = scored->values == NULL ? 0 : scored->values[row];
  return (churn_ranked_row){.rank = rank_of(scored, row) + 0.0,
                            .probability = scored->probabilities[row] + 0.0,
                            .logit = scored->logits[row] + 0.0,
                            .value = isnan(value) ? 0 : value + 0.0,
                            .weight = scored->weights == NULL ? 1 : scored->weights[row],
                            .label = scored->labels[row]};
}

/* By rank first: few rows tie there, and those are sorted by all they hold. */
static churn_status sort_rows(const churn_scored *scored, churn_ranking *r, churn_error *error)
{
  churn_keyed *room = churn_array_new(r->count, 2 * sizeof *room);
  if (room == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < r->count; i++)
    room[i] = (churn_keyed){~churn_sort_key(rank_of(scored, i)), (uint32_t)i};
  const churn_keyed *order = churn_sort(room, room + r->count, r->count);
  for (size_t i = 0; i < r->count; i++)
    r->rows[i] = take_row(scored, order[i].row);
  for (size_t i = 0, end; i < r->count; i = end) {
    for (end = i + 1; end < r->count && order[end].key == order[i].key;)
      end++;
    if (end - i > 1)
      qsort(r->rows + i, end - i, sizeof *r->rows, compare_rows);
  }
  free(room);
  return CHURN_OK;
}

static uint64_t count_churners(const churn_ranked_row *rows, size_t count)
{
  uint64_t churners = 0;
  for (size_t i = 0; i < count; i++)
    churners += (uint64_t)rows[i].label;
  return churners;
}

static void sum_above(churn_ranking *ranking)
{
  churn_above sum = {0, 0, 0, 0};
  for (size_t i = 0; i < ranking->count; i++) {
    const churn_ranked_row *row = &ranking->rows[i];
    ranking->above[i] = sum;
    sum.weight += row->weight;
    sum.churners += row->label == 1 ? row->weight : 0;
    sum.probability += row->weight * row->probability;
    sum.value += row->label == 1 ? row->weight * row->value : 0;
    ranking->weighted = ranking->weighted || row->weight != 1;
  }
  ranking->above[ranking->count] = sum;
  ranking->population = sum.weight;
  ranking->population_churners = sum.churners;
  ranking->represented = ranking->repeated ? (uint64_t)sum.weight : ranking->count;
  ranking->churners =
      ranking->repeated ? (uint64_t)sum.churners : count_churners(ranking->rows, ranking->count);
}

churn_status churn_ranking_build(const churn_scored *scored, churn_ranking *ranking,
                                 churn_error *error)
{
  churn_ranking r = {.count = scored->rows, .repeated = scored->repeated};
  churn_status status = CHURN_OK;
  if (r.count >= UINT32_MAX)
    return churn_error_set(error, CHURN_USAGE, "%zu rows to rank; at most 2^32 - 2 are taken",
                           r.count);
  for (size_t i = 0; status == CHURN_OK && i < r.count; i++)
    status = check_row(scored, i, error);
  if (status != CHURN_OK)
    return status;
  r.rows = churn_array_new(r.count, sizeof *r.rows);
  status = r.rows == NULL ? churn_error_no_memory(error) : sort_rows(scored, &r, error);
  if (status == CHURN_OK && (r.above = churn_array_new(r.count + 1, sizeof *r.above)) == NULL)
    status = churn_error_no_memory(error);
  if (status != CHURN_OK) {
    churn_ranking_clear(&r);
    return status;
  }
  sum_above(&r);
  *ranking = r;
  return CHURN_OK;
}

void churn_ranking_clear(churn_ranking *ranking)
{
  free(ranking->rows);
  free(ranking->above);
  *ranking = (churn_ranking){0};
}

/* First row whose rank is below `rank`, or not above it with `or_equal`. */
static size_t find_below(const churn_ranking *ranking, double rank, bool or_equal)
{
  size_t low = 0, high = ranking->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    double found = ranking->rows[middle].rank;
    if (found < rank || (or_equal && found == rank))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* The row that holds a place of the population. */
static size_t row_at(const churn_ranking *ranking, double place)
{
  size_t low = 0, high = ranking->count - 1;
  if (!ranking->weighted)
    return (size_t)place;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (ranking->above[middle + 1].weight > place)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

churn_above churn_ranking_above(const churn_ranking *ranking, double place)
{
  if (place >= ranking->population)
    return ranking->above[ranking->count];
  double rank = ranking->rows[row_at(ranking, place)].rank;
  size_t first = find_below(ranking, rank, true);
  size_t end = find_below(ranking, rank, false);
  const churn_above *before = &ranking->above[first], *after = &ranking->above[end];
  double share = (place - before->weight) / (after->weight - before->weight);
  return (churn_above){place, before->churners + share * (after->churners - before->churners),
                       before->probability + share * (after->probability - before->probability),
                       before->value + share * (after->value - before->value)};
}

double churn_ranking_auc(const churn_ranking *ranking)
{
  const churn_ranked_row *rows = ranking->rows;
  double of[2] = {0, 0};
  for (size_t i = 0; i < ranking->count; i++)
    of[rows[i].label] += rows[i].weight;
  churn_area area = churn_area_of(of[1], of[0]);
  for (size_t i = 0, end; i < ranking->count; i = end) {
    double tied[2] = {0, 0};
    for (end = i; end < ranking->count && rows[end].rank == rows[i].rank; end++)
      tied[rows[end].label] += rows[end].weight;
    churn_area_tie(&area, tied[1], tied[0]);
  }
  return churn_area_share(&area);
}
