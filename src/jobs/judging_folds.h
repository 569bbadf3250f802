/* Which rows train for which rows: folds by time, of customers, or of single rows. Place in the
 * flow: labelled snapshots -> out-of-fold predictions of a comparison.
 *
 * By time, the rows of one as-of day T are judged by models trained on every snapshot whose label
 * window had closed by T (as_of + gap + horizon <= T): what could have been known on T, all of it
 * (an expanding window), or the last of it (a sliding one).
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
  uint32_t *fold;  /* [rows] which fold judges the row, or NOT_JUDGED */
  churn_day *days; /* [count], by time; NULL otherwise */
  uint32_t groups; /* rows of one group train for the same folds: those of a day, or of a fold */
  uint32_t *group; /* [rows] */
  bool *trains;    /* [count][groups] */
} churn_judging_folds;

/* Whether the row trains the models of the fold. */
static inline bool churn_judging_trains(const churn_judging_folds *folds, uint32_t fold, size_t row)
{
  return folds->trains[(size_t)fold * folds->groups + folds->group[row]];
}

/* By time, for every as-of day with enough to train on and to judge: two customers of each outcome
 * on both sides. window_days above 0: trained on are only those whose label window closed within so
 * many days before. count 0 where no day has; a note tells of the days that are not judged. */
CHURN_MUST_USE churn_status churn_judging_by_time(const churn_pipeline *pipeline,
                                                  const churn_snapshots *rows, int32_t window_days,
                                                  const churn_run *run, churn_judging_folds *folds,
                                                  churn_error *error);

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
