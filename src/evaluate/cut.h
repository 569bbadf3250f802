/* What lies above a cut of each fold's list when rows count a number of times each, for several
 * such counts side by side: one set of scores in the bootstrap (bootstrap.h).
 *
 * The rows above the cut of the rows as they are, are summed by groups once. How often each group
 * counts then tells how much weight lies above that place, and a walk from it, up or down, finds
 * where the cut has moved. Rows of equal score that fill more places than there are groups are
 * summed by groups too, and crossed in one step. Ties as in gain.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_CUT_H
#define CHURN_EVALUATE_CUT_H

#include "evaluate/gain.h"

/* Counts side by side: times [groups][CHURN_CUT_DRAWS]. */
enum { CHURN_CUT_DRAWS = 8 };

/* Places [from, end) of an ordering that tie: [3][groups] weight, churners, money. */
typedef struct churn_wide_tie {
  size_t from, end;
  double *sums;
} churn_wide_tie;

typedef struct churn_cut {
  const churn_listed_row *listed; /* [rows] by row */
  const churn_ordering *ordering;
  uint32_t folds;
  uint32_t groups;
  size_t *marks;  /* [folds] place in the ordering from which walks start */
  double *weight; /* [folds][groups] above the mark; NULL = marks are the folds' first places */
  double *caught; /* [2][groups] churners and money above the marks of all folds */
  churn_wide_tie *wide; /* [wide_count], ascending */
  size_t wide_count;
} churn_cut;

/* sums [CHURN_CUT_DRAWS] = by_group [groups] times `times`. */
void churn_cut_weigh(const double *by_group, const double *times, uint32_t groups, double *sums);

/* shares [folds]: of each fold's weight, where the rows as they are would be cut. Borrows `listed`
 * and the ordering. NO_MEMORY; the caller clears. */
CHURN_MUST_USE churn_status churn_cut_build(const churn_listed_row *listed,
                                            const churn_ordering *ordering, uint32_t folds,
                                            uint32_t groups, const double *shares, churn_cut *cut,
                                            churn_error *error);
void churn_cut_clear(churn_cut *cut);

/* gains [CHURN_CUT_DRAWS] = churners and money above all marks; rows 0. */
void churn_cut_start(const churn_cut *cut, const double *times, churn_gain *gains);

/* Adds what lies between the fold's mark and the first `count` draws' cuts, at places [count] in
 * weight, and to `rows` all above the cut. */
void churn_cut_fold(const churn_cut *cut, uint32_t fold, const double *times, const double *places,
                    size_t count, churn_gain *gains);

#endif
