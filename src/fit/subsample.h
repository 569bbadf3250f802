/* A share of a design matrix's rows, for a fit's start. Place in the flow: design matrix -> small
 * matrix -> warm start.
 *
 * Rows are taken in runs of eight, which share the cache lines of their columns: to take fewer from
 * a line costs as much memory traffic. Runs are numbered in groups of a power of two; from each
 * whole group one is taken, which one a hash of the group's number tells. So rows come evenly from
 * all over the matrix, however it is sorted, and no period in its order can hide: neither a block
 * nor a stride would do. Where a row goes is known without counting, so any thread may fill any
 * tile. Cost: rows / group copies.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FIT_SUBSAMPLE_H
#define CHURN_FIT_SUBSAMPLE_H

#include "design/matrix.h"

#include <churn/run.h>

typedef struct churn_subsample {
  churn_matrix *matrix;     /* labels, weights, offsets and columns as they are in the other */
  size_t group;             /* rows that one row stands for */
  const churn_matrix *from; /* borrowed */
} churn_subsample;

/* The smallest power of two that leaves at most `most` of `rows` rows; 1 = all of them. */
size_t churn_subsample_group(size_t rows, size_t most);

/* Rows of the subsample of `rows`. */
size_t churn_subsample_rows(size_t rows, size_t group);

/* Where row number `number` of the subsample comes from. */
size_t churn_subsample_row(size_t number, size_t group);

/* Room for the rows of `from`, still blank (matrix.h). */
CHURN_MUST_USE churn_status churn_subsample_prepare(churn_subsample *subsample,
                                                    const churn_matrix *from, size_t group,
                                                    churn_error *error);
void churn_subsample_clear(churn_subsample *subsample);

/* Copies the rows that are taken. */
CHURN_MUST_USE churn_status churn_subsample_fill(const churn_subsample *subsample,
                                                 const churn_run *run, churn_error *error);

/* Copies what stands beside the tiles (labels, weights, offsets, codes) and leaves those blank:
 * where rows are looked at a few times only, fresh memory for them would cost more. */
CHURN_MUST_USE churn_status churn_subsample_outline(const churn_subsample *subsample,
                                                    const churn_run *run, churn_error *error);

/* What one of the blank tiles would hold: columns [dense * 256], 64-byte aligned. */
void churn_subsample_bring(const churn_subsample *subsample, size_t tile, double *columns);

#endif
