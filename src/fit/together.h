/* Slopes of problems that train on some of the rows, several in one go. Place in the flow: a
 * batch's problems (batch.h) -> kernel.
 *
 * Problems on the same columns that follow each other make blocks of CHURN_KERNEL_TOGETHER. What a
 * problem's sums are does not depend on its place in a block, nor on the others there. Cost: see
 * kernel.h; a word a row of each tile to look up who trains on it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_TOGETHER_H
#define CHURN_FIT_TOGETHER_H

#include "design/matrix.h"
#include "fit/fold_map.h"
#include "fit/kernel.h"
#include "fit/problem.h"

typedef struct churn_together {
  const churn_matrix *matrix;
  const churn_kernel *kernel;
  const churn_problem *const *problems; /* borrowed */
  size_t count;
  churn_fold_map groups;
  const uint32_t *all; /* [columns] 0, 1, ..., borrowed: a choice tells the kernel that the tile is
                          in cache already */
  struct churn_together_block *blocks;
  size_t block_count;
  size_t parts_room;    /* doubles of a thread */
  double *coefficients; /* of each block, as the kernel wants them */
  double *parts;        /* [threads][parts_room] */
  uint64_t *trains;     /* [windows of blocks][groups]: a bit for each problem of the window */
  uint64_t *members;    /* [threads][256]: the same for each row */
} churn_together;

/* For one sweep at the problems' trials. The caller closes in every case. */
CHURN_MUST_USE churn_status churn_together_open(churn_together *together,
                                                const churn_matrix *matrix,
                                                const churn_kernel *kernel, churn_fold_map groups,
                                                const uint32_t *all,
                                                const churn_problem *const *problems, size_t count,
                                                size_t threads, churn_error *error);
void churn_together_close(churn_together *together);

/* A lane begins; takes each of its tiles, whose columns are x, `cached` or not; and ends: the
 * problems' sums [columns + 2] one after the other. */
void churn_together_begin(const churn_together *together, int thread);
void churn_together_take(const churn_together *together, int thread, size_t tile, const double *x,
                         bool cached);
void churn_together_end(const churn_together *together, int thread, double *sums);

#endif
