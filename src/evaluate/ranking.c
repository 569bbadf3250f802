/* Scored rows from the riskiest down.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/ranking.h"

#include "base/error.h"
#include "base/memory.h"

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

/* Adding 0 makes a negative zero a positive one: equal rows must have equal bits. */
static churn_status take_row(const churn_scored *scored, size_t row, churn_ranked_row *taken,
                             churn_error *error)
{
  double probability = scored->probabilities[row], logit = scored->logits[row];
  double value = scored->values == NULL ? 0 : scored->values[row];
  double weight = scored->weights == NULL ? 1 : scored->weights[row];
  double rank = scored->order == NULL ? probability : scored->order[row];
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
  *taken = (churn_ranked_row){.rank = rank + 0.0,
                              .probability = probability + 0.0,
                              .logit = logit + 0.0,
                              .value = isnan(value) ? 0 : value + 0.0,
                              .weight = weight,
                              .label = scored->labels[row]};
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
  r.rows = churn_array_new(r.count, sizeof *r.rows);
  r.above = churn_array_new(r.count + 1, sizeof *r.above);
  if (r.rows == NULL || r.above == NULL)
    status = churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < r.count; i++)
    status = take_row(scored, i, &r.rows[i], error);
  if (status != CHURN_OK) {
    churn_ranking_clear(&r);
    return status;
  }
  qsort(r.rows, r.count, sizeof *r.rows, compare_rows);
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

double churn_ranked_auc(const churn_ranked_row *rows, size_t count)
{
  uint64_t churners = count_churners(rows, count), stayers = count - churners;
  uint64_t twice_wins = 0, stayers_below = stayers;
  if (churners == 0 || stayers == 0)
    return NAN;
  for (size_t i = 0, end; i < count; i = end) {
    for (end = i + 1; end < count && rows[end].rank == rows[i].rank;)
      end++;
    uint64_t tied_churners = count_churners(rows + i, end - i);
    uint64_t tied_stayers = (uint64_t)(end - i) - tied_churners;
    stayers_below -= tied_stayers;
    twice_wins += tied_churners * (2 * stayers_below + tied_stayers);
  }
  return (double)twice_wins / (double)(2 * churners * stayers);
}

double churn_ranked_auc_weighted(const churn_ranked_row *rows, size_t count)
{
  double of[2] = {0, 0}, wins = 0;
  for (size_t i = 0; i < count; i++)
    of[rows[i].label] += rows[i].weight;
  double stayers_below = of[0];
  if (of[0] <= 0 || of[1] <= 0)
    return NAN;
  for (size_t i = 0, end; i < count; i = end) {
    double tied[2] = {0, 0};
    for (end = i; end < count && rows[end].probability == rows[i].probability; end++)
      tied[rows[end].label] += rows[end].weight;
    stayers_below -= tied[0];
    wins += tied[1] * (stayers_below + tied[0] / 2);
  }
  return wins / (of[0] * of[1]);
}

churn_status churn_auc(const int8_t *labels, const double *scores, size_t rows, double *auc,
                       churn_error *error)
{
  churn_status status = CHURN_OK;
  churn_ranked_row *ranked = churn_array_new(rows, sizeof *ranked);
  if (ranked == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; status == CHURN_OK && i < rows; i++) {
    ranked[i] = (churn_ranked_row){.rank = scores[i], .label = labels[i]};
    if ((labels[i] != 0 && labels[i] != 1) || isnan(scores[i]))
      status = churn_error_set(error, CHURN_USAGE,
                               "row %zu has label %d and score %g; expected 0 or 1, and a number",
                               i, labels[i], scores[i]);
  }
  if (status == CHURN_OK) {
    qsort(ranked, rows, sizeof *ranked, compare_rows);
    *auc = churn_ranked_auc(ranked, rows);
  }
  free(ranked);
  return status;
}
