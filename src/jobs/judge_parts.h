/* What judging sets shares with judging pairs of them. Private to judge.c and judge_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_JUDGE_PARTS_H
#define CHURN_JOBS_JUDGE_PARTS_H

#include "evaluate/bootstrap.h"
#include "evaluate/linear_measures.h"
#include "jobs/judge.h"

/* Sets whose logits are made in one reading of the tiles: more of them take more memory. */
enum { CHURN_JUDGED_AT_ONCE = 2 };

typedef struct churn_judging {
  const churn_judge_input *input;
  const churn_run *run;
  churn_comparison *comparison;
  size_t sets;
  churn_judged_rows rows;
  churn_auc_rows *auc_rows;
  churn_bootstrap *bootstrap; /* NULL where intervals come without draws */
  churn_cluster_groups groups;
  churn_linear_rows linear;
  size_t width;       /* draws, or groups */
  double *places;     /* [folds] */
  double *areas;      /* [sets] */
  double *covariance; /* [sets][sets]: of pairs that are wanted */
  double *measures;   /* [sets][CHURN_MEASURES] */
  double *values;     /* [sets][CHURN_MEASURES][width]: of each draw, or linearised */
  double **parts;     /* [sets]: [judged rows] of the area; NULL = not held, or not yet */
  double *spare;      /* room for the next set's; NULL = none yet */
  bool all_pairs;
  double *room;   /* losses and squares of one set at a time, then its line's matrix */
  double *logits; /* [CHURN_JUDGED_AT_ONCE][rows] */
  churn_ordering orderings[CHURN_JUDGED_AT_ONCE];
  churn_list lists[CHURN_JUDGED_AT_ONCE];
  size_t first; /* set of those at hand */
} churn_judging;

/* How many sets from `first` on are made at once. */
static inline size_t churn_judged_at_once(size_t sets, size_t first)
{
  return sets - first < CHURN_JUDGED_AT_ONCE ? sets - first : CHURN_JUDGED_AT_ONCE;
}

/* judge_areas.c: logits [count][all rows] of sets first.. at once, those of judged rows packed. */
CHURN_MUST_USE churn_status churn_judge_logits(const churn_judge_input *in,
                                               const churn_judged_rows *rows, size_t first,
                                               size_t count, const churn_run *run, double *logits,
                                               churn_error *error);

/* judge_estimates.c: a set's figures with their intervals, once they are measured; and all pairs,
 * with verdicts, once all sets are. */
CHURN_MUST_USE churn_status churn_judge_estimates(const churn_judging *j, size_t set,
                                                  churn_error *error);
CHURN_MUST_USE churn_status churn_judge_pairs(const churn_judging *j, churn_error *error);

#endif
