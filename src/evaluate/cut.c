/* What lies above a cut of each fold's list when rows count a number of times each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/cut.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { DRAWS = CHURN_CUT_DRAWS, WIDE = 2, WORTH = 16 };

void churn_cut_weigh(const double *by_group, const double *times, uint32_t groups, double *sums)
{
  double sum[DRAWS] = {0};
  for (uint32_t g = 0; g < groups; g++)
    for (int i = 0; i < DRAWS; i++)
      sum[i] += by_group[g] * times[(size_t)g * DRAWS + (size_t)i];
  memcpy(sums, sum, sizeof sum);
}

void churn_cut_clear(churn_cut *cut)
{
  for (size_t i = 0; i < cut->wide_count; i++)
    free(cut->wide[i].sums);
  free(cut->wide);
  free(cut->marks);
  free(cut->weight);
  free(cut->caught);
  *cut = (churn_cut){0};
}

static const churn_listed_row *row_at(const churn_cut *c, size_t place)
{
  return &c->listed[c->ordering->rows[place]];
}

/* Where the tie begins that the cut goes through. */
static size_t find_mark(const churn_cut *c, uint32_t fold, double share)
{
  size_t first = c->ordering->starts[fold], end = c->ordering->starts[fold + 1], mark = first;
  double all = 0, above = 0;
  for (size_t i = first; i < end; i++)
    all += row_at(c, i)->weight;
  for (size_t i = first; i < end && above <= share * all; i++) {
    mark = c->ordering->opens[i] ? i : mark;
    above += row_at(c, i)->weight;
  }
  return above <= share * all ? end : mark;
}

static churn_status sum_above(churn_cut *c, churn_error *error)
{
  size_t groups = c->groups, above = 0;
  for (uint32_t f = 0; f < c->folds; f++)
    above += c->marks[f] - c->ordering->starts[f];
  if (above * WORTH < groups * c->folds) {
    memcpy(c->marks, c->ordering->starts, c->folds * sizeof *c->marks);
    return CHURN_OK;
  }
  c->weight = churn_array_new(c->folds * groups, sizeof *c->weight);
  c->caught = churn_array_new(2 * groups, sizeof *c->caught);
  if (c->weight == NULL || c->caught == NULL)
    return churn_error_no_memory(error);
  for (uint32_t f = 0; f < c->folds; f++)
    for (size_t i = c->ordering->starts[f]; i < c->marks[f]; i++) {
      const churn_listed_row *row = row_at(c, i);
      c->weight[f * groups + row->group] += row->weight;
      c->caught[row->group] += row->label ? row->weight : 0;
      c->caught[groups + row->group] += row->weight * row->value;
    }
  return CHURN_OK;
}

static churn_status add_wide(churn_cut *c, size_t from, size_t end, churn_error *error)
{
  size_t groups = c->groups, capacity = c->wide_count;
  if (!churn_array_reserve(&c->wide, &capacity, c->wide_count + 1, sizeof *c->wide))
    return churn_error_no_memory(error);
  double *sums = churn_array_new(3 * groups, sizeof *sums);
  if (sums == NULL)
    return churn_error_no_memory(error);
  for (size_t i = from; i < end; i++) {
    const churn_listed_row *row = row_at(c, i);
    sums[row->group] += row->weight;
    sums[groups + row->group] += row->label ? row->weight : 0;
    sums[2 * groups + row->group] += row->weight * row->value;
  }
  c->wide[c->wide_count++] = (churn_wide_tie){from, end, sums};
  return CHURN_OK;
}

static churn_status find_wide(churn_cut *c, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (uint32_t f = 0; f < c->folds; f++)
    for (size_t i = c->ordering->starts[f], last = c->ordering->starts[f + 1], end;
         status == CHURN_OK && i < last; i = end) {
      end = churn_ordering_tie_end(c->ordering, i, last);
      if (end - i > WIDE * (size_t)c->groups)
        status = add_wide(c, i, end, error);
    }
  return status;
}

churn_status churn_cut_build(const churn_listed_row *listed, const churn_ordering *ordering,
                             uint32_t folds, uint32_t groups, const double *shares, churn_cut *cut,
                             churn_error *error)
{
  churn_cut c = {.listed = listed, .ordering = ordering, .folds = folds, .groups = groups};
  c.marks = churn_array_new(folds, sizeof *c.marks);
  churn_status status = c.marks == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (uint32_t f = 0; status == CHURN_OK && f < folds; f++)
    c.marks[f] = find_mark(&c, f, shares[f]);
  if (status == CHURN_OK)
    status = sum_above(&c, error);
  if (status == CHURN_OK)
    status = find_wide(&c, error);
  if (status == CHURN_OK)
    *cut = c;
  else
    churn_cut_clear(&c);
  return status;
}

void churn_cut_start(const churn_cut *cut, const double *times, churn_gain *gains)
{
  double caught[2][DRAWS] = {{0}};
  for (size_t k = 0; cut->caught != NULL && k < 2; k++)
    churn_cut_weigh(cut->caught + k * cut->groups, times, cut->groups, caught[k]);
  for (size_t i = 0; i < DRAWS; i++)
    gains[i] = (churn_gain){0, caught[0][i], caught[1][i]};
}

/* The tie that begins at `place`, or ends there, when it is a wide one. */
static const churn_wide_tie *wide_at(const churn_cut *c, size_t place, bool ends)
{
  for (size_t i = 0; i < c->wide_count; i++)
    if ((ends ? c->wide[i].end : c->wide[i].from) == place)
      return &c->wide[i];
  return NULL;
}

static churn_gain weigh_wide(const churn_cut *c, const churn_wide_tie *tie, const double *times)
{
  churn_gain sum = {0, 0, 0};
  for (size_t g = 0; g < c->groups; g++) {
    sum.rows += times[g * DRAWS] * tie->sums[g];
    sum.churners += times[g * DRAWS] * tie->sums[c->groups + g];
    sum.value += times[g * DRAWS] * tie->sums[2 * c->groups + g];
  }
  return sum;
}

static void add_row(const churn_listed_row *row, const double *times, churn_gain *gain)
{
  double weight = row->weight * times[(size_t)row->group * DRAWS];
  gain->rows += weight;
  gain->churners += row->label ? weight : 0;
  gain->value += weight * row->value;
}

/* The rows of the tie that begins at *place, which moves past it. */
static churn_gain tie_below(const churn_cut *c, const double *times, size_t end, size_t *place)
{
  churn_gain tied = {0, 0, 0};
  const churn_wide_tie *wide = c->wide_count == 0 ? NULL : wide_at(c, *place, false);
  if (wide != NULL) {
    *place = wide->end;
    return weigh_wide(c, wide, times);
  }
  do
    add_row(row_at(c, (*place)++), times, &tied);
  while (*place < end && !c->ordering->opens[*place]);
  return tied;
}

/* The rows of the tie that ends before *place, which moves to its beginning. */
static churn_gain tie_above(const churn_cut *c, const double *times, size_t *place)
{
  churn_gain tied = {0, 0, 0};
  const churn_wide_tie *wide = c->wide_count == 0 ? NULL : wide_at(c, *place, true);
  if (wide != NULL) {
    *place = wide->from;
    return weigh_wide(c, wide, times);
  }
  do
    add_row(row_at(c, --*place), times, &tied);
  while (!c->ordering->opens[*place]);
  return tied;
}

static void add_share(const churn_gain *part, double share, churn_gain *gain)
{
  gain->churners += share * part->churners;
  gain->value += share * part->value;
}

/* One draw: times[g * DRAWS]; `above` = weight above the mark. */
static void walk(const churn_cut *c, uint32_t fold, const double *times, double above, double cut,
                 churn_gain *gain)
{
  size_t first = c->ordering->starts[fold], end = c->ordering->starts[fold + 1];
  size_t place = c->marks[fold];
  while (place > first && above > cut) {
    churn_gain tied = tie_above(c, times, &place);
    above -= tied.rows;
    add_share(&tied, -1, gain);
  }
  while (place < end) {
    churn_gain tied = tie_below(c, times, end, &place);
    if (cut < above + tied.rows) {
      add_share(&tied, (cut - above) / tied.rows, gain);
      gain->rows += cut;
      return;
    }
    add_share(&tied, 1, gain);
    above += tied.rows;
  }
  gain->rows += above;
}

void churn_cut_fold(const churn_cut *cut, uint32_t fold, const double *times, const double *places,
                    size_t count, churn_gain *gains)
{
  double above[DRAWS] = {0};
  if (cut->weight != NULL)
    churn_cut_weigh(cut->weight + (size_t)fold * cut->groups, times, cut->groups, above);
  for (size_t i = 0; i < count; i++)
    walk(cut, fold, times + i, above[i], places[i], &gains[i]);
}
