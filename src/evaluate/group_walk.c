/* What lies above falling cuts, group by group.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/group_walk.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>

churn_status churn_group_walk_open(const churn_list *list, uint32_t groups, churn_group_walk *walk,
                                   churn_error *error)
{
  *walk = (churn_group_walk){.list = list, .groups = groups};
  walk->above = churn_array_new(groups, sizeof *walk->above);
  walk->folds = churn_array_new(list->folds, sizeof *walk->folds);
  if (walk->above == NULL || walk->folds == NULL)
    return churn_error_no_memory(error);
  for (uint32_t f = 0; f < list->folds; f++)
    walk->folds[f].at = walk->folds[f].end = list->starts[f];
  return CHURN_OK;
}

void churn_group_walk_clear(churn_group_walk *walk)
{
  for (uint32_t f = 0; walk->folds != NULL && f < walk->list->folds; f++)
    free(walk->folds[f].sums);
  free(walk->folds);
  free(walk->above);
  *walk = (churn_group_walk){0};
}

static void find_tie(const churn_list *list, size_t last, churn_walked_fold *fold)
{
  fold->tied = fold->share = 0;
  do
    fold->tied += churn_list_row(list, fold->end++).weight;
  while (fold->end < last && !list->marks[fold->end].opens);
}

static void add(const churn_gain *part, double share, churn_gain *to)
{
  to->rows += share * part->rows;
  to->churners += share * part->churners;
  to->value += share * part->value;
}

static void add_rows(const churn_group_walk *walk, const churn_walked_fold *fold, double share,
                     churn_gain *to)
{
  for (size_t i = fold->at; i < fold->end; i++) {
    churn_listed_row row = churn_list_row(walk->list, i);
    const churn_gain part = {row.weight, row.label ? row.weight : 0, row.weight * row.value};
    add(&part, share, &to[row.group]);
  }
}

/* A share of the tie more. A tie of more rows than groups, which cuts may meet again and again, is
 * summed by groups at its first cut. */
static churn_status add_share(churn_group_walk *walk, churn_walked_fold *fold, double share,
                              churn_error *error)
{
  bool whole = share == 1;
  if (!whole && fold->sums == NULL && fold->end - fold->at > walk->groups) {
    fold->sums = churn_array_new(walk->groups, sizeof *fold->sums);
    if (fold->sums == NULL)
      return churn_error_no_memory(error);
    add_rows(walk, fold, 1, fold->sums);
  }
  if (fold->sums == NULL)
    add_rows(walk, fold, share, walk->above);
  for (uint32_t g = 0; fold->sums != NULL && g < walk->groups; g++)
    add(&fold->sums[g], share, &walk->above[g]);
  return CHURN_OK;
}

churn_status churn_group_walk_on(churn_group_walk *walk, uint32_t fold, double place,
                                 churn_error *error)
{
  churn_walked_fold *f = &walk->folds[fold];
  size_t last = walk->list->starts[fold + 1];
  churn_status status = CHURN_OK;
  while (status == CHURN_OK && f->at < last) {
    if (f->end == f->at)
      find_tie(walk->list, last, f);
    if (place < f->above + f->tied) {
      double share = (place - f->above) / f->tied;
      if (share <= f->share)
        break;
      status = add_share(walk, f, share - f->share, error);
      f->share = share;
      break;
    }
    status = add_share(walk, f, 1 - f->share, error);
    free(f->sums);
    f->sums = NULL;
    f->above += f->tied;
    f->at = f->end;
  }
  return status;
}
