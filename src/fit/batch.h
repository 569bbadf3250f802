/* One sweep over the rows for many problems. Place in the flow: problems (problem.h) -> their sums.
 *
 * Each tile is read once and every problem's coefficients are applied to it while it is in cache;
 * rows that a problem does not train on have weight 0 for it; of those that do not train on all,
 * some at a time are done together. The sums of a problem do not depend on which others are in the
 * batch: lanes are added in lane order. Cost a sweep: rows x columns to read, and per problem rows
 * x columns x 4 (x (columns / 2 + 4) with a Hessian) operations.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_BATCH_H
#define CHURN_FIT_BATCH_H

#include "design/matrix.h"
#include "fit/kernel.h"
#include "fit/problem.h"
#include "fit/together.h"

#include <churn/run.h>

typedef struct churn_batch {
  const churn_matrix *matrix;
  churn_fold_map
      groups; /* that problems train on or not; none when every problem trains on all rows */
  const churn_kernel *kernel;
  const churn_run *run;
  double *lane_sums; /* [lane_room] */
  size_t lane_room;
  double *scratch;               /* a tile and its weights for each thread */
  const churn_problem **wanting; /* [most] */
  uint32_t *all; /* [columns] 0, 1, …: a choice tells the kernel that the tile is in
                    cache already */
  size_t most;
  churn_quadratic quadratic;
  uint32_t sweeps;
} churn_batch;

/* matrix, groups and run are set before. Room for `most` problems in one sweep. */
CHURN_MUST_USE churn_status churn_batch_prepare(churn_batch *batch, size_t most,
                                                churn_error *error);
void churn_batch_clear(churn_batch *batch);

/* Sweeps until none of the problems wants to know anything. */
CHURN_MUST_USE churn_status churn_batch_solve(churn_batch *batch, churn_problem *problems,
                                              size_t count, churn_error *error);

#endif
