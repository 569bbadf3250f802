/* Which rows train for which rows: folds by time, of customers, or of single rows. Place in the
 * flow: labelled snapshots -> out-of-fold predictions of a comparison.
 *
 * By time, the rows of one as-of day T are judged by models trained on every snapshot whose label
 * window had closed by T (as_of + gap + horizon <= T): what could have been known on T, all of it
 * (an expanding window).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_JUDGING_FOLDS_H
#define CHURN_JOBS_JUDGING_FOLDS_H

#include "design/pipeline.h"

#include <churn/compare.h>

enum { CHURN_NOT_JUDGED = UINT32_MAX };

typedef struct churn_judging_folds {
  bool by_time;
  uint32_t count;
  uint32_t *fold;    /* [rows] which fold judges the row, or NOT_JUDGED */
  churn_day *days;   /* [count], by time */
  int32_t span_days; /* gap + horizon */
  double *keys;      /* [rows] in [0, 1), one a customer; NULL = every row may train */
  double share;      /* with keys: a row trains only where its key is below it */
} churn_judging_folds;

/* Whether the row trains the models of the fold. */
static inline bool churn_judging_trains(const churn_judging_folds *folds,
                                        const churn_snapshots *rows, uint32_t fold, size_t row)
{
  if (folds->keys != NULL && folds->keys[row] >= folds->share)
    return false;
  return folds->by_time ? rows->rows[row].as_of + folds->span_days <= folds->days[fold]
                        : folds->fold[row] != fold;
}

/* By time, for every as-of day with enough to train on and to judge: two customers of each outcome
 * on both sides. count 0 where no day has; a note tells of the days that are not judged. */
CHURN_MUST_USE churn_status churn_judging_by_time(const churn_pipeline *pipeline,
                                                  const churn_snapshots *rows, const churn_run *run,
                                                  churn_judging_folds *folds, churn_error *error);

/* Customers whole, stratified (design/folds.h). DEGENERATE: fewer than two customers of an outcome
 * in a fold, or outside it. */
CHURN_MUST_USE churn_status churn_judging_by_customer(const churn_pipeline *pipeline,
                                                      const churn_snapshots *rows, uint32_t count,
                                                      uint64_t seed, churn_judging_folds *folds,
                                                      churn_error *error);

/* Rows dealt out at random, as if each stood for itself. count 0 where some fold would have too few
 * customers of an outcome. */
CHURN_MUST_USE churn_status churn_judging_by_row(const churn_snapshots *rows, uint32_t count,
                                                 uint64_t seed, churn_judging_folds *folds,
                                                 churn_error *error);

/* Whether every fold has two customers of each outcome on both sides. */
bool churn_judging_enough(const churn_judging_folds *folds, const churn_snapshots *rows);
void churn_judging_folds_clear(churn_judging_folds *folds);

#endif
