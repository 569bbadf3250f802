/* What lies above falling cuts through every fold's ranking, group by group. Place in the flow:
 * list -> variances of what a cut catches (linear.h). Cost: the rows above the last cut, each once;
 * of a tie that is wide, its groups at every cut.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_GROUP_WALK_H
#define CHURN_EVALUATE_GROUP_WALK_H

#include "evaluate/gain.h"

/* How far a fold has been walked. */
typedef struct churn_walked_fold {
  size_t at, end;   /* the tie that the cut is in, or behind */
  double above;     /* weight before it */
  double tied;      /* its weight */
  double share;     /* of the tie above the cut */
  churn_gain *sums; /* [groups] of a wide tie; NULL = not made */
} churn_walked_fold;

typedef struct churn_group_walk {
  const churn_list *list;
  uint32_t groups;
  churn_gain *above; /* [groups] what lies above the cuts */
  churn_walked_fold *folds;
} churn_group_walk;

/* The list's groups are below `groups`. Nothing lies above yet. NO_MEMORY; the caller clears,
 * whatever happens. */
CHURN_MUST_USE churn_status churn_group_walk_open(const churn_list *list, uint32_t groups,
                                                  churn_group_walk *walk, churn_error *error);
void churn_group_walk_clear(churn_group_walk *walk);

/* On to `place` (in weight, not before the last one) of a fold; ties by expectation. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_group_walk_on(churn_group_walk *walk, uint32_t fold, double place,
                                                churn_error *error);

#endif
