/* What the steps of a comparison share. Private to compare.c and compare_*.c: rows and folds, the
 * words of the result, tiles.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_COMPARE_PARTS_H
#define CHURN_JOBS_COMPARE_PARTS_H

#include "jobs/best_set.h"

#include <churn/compare.h>

/* Where nothing else is asked for. */
enum { CHURN_COMPARE_FOLDS = 5 };

typedef struct churn_comparing {
  const churn_project *project;
  const churn_compare_settings *settings;
  const churn_run *run;
  churn_pipeline *pipeline;
  churn_snapshots *rows;
  size_t kept_back;
  churn_frame *frame;
  churn_feature_sets sets;
  churn_judging_folds folds, random_folds; /* random_folds.count 0: they would tell nothing */
  churn_shared_tiles tiles;
  bool has_tiles;
  bool *agrees, *random_agrees, *learning_agrees; /* of the tiles, for the folds that there are */
  churn_learning_folds learning;
  double *values; /* [rows] money at risk; NULL = the project has none */
  double *drifts; /* [features]; NULL where no features are reported */
  churn_predictions predictions;
  bool *wanted; /* [features of the project]: those that some set holds; NULL = all are read */
  churn_comparison *comparison;
} churn_comparing;

/* compare_rows.c: the sets, before any data is read, so that a wrong name is told at once; then the
 * pipeline, narrowed to what some set holds, and the rows that `test_from` or `split` leaves. */
CHURN_MUST_USE churn_status churn_compare_open_sets(churn_comparing *c, churn_error *error);
CHURN_MUST_USE churn_status churn_compare_open_rows(churn_comparing *c, churn_error *error);

/* The folds that are asked for, or by time where there are snapshots enough. */
CHURN_MUST_USE churn_status churn_compare_choose_folds(churn_comparing *c, churn_error *error);

/* compare_describe.c: a new comparison with everything that is known before any fit; then how the
 * fits [sets] went, with notes. */
CHURN_MUST_USE churn_status churn_compare_describe(churn_comparing *c, churn_error *error);
void churn_compare_describe_fits(const churn_comparing *c, const churn_set_outcome *fits);

/* compare_tiles.c: the shared tiles, and which folds agree with them, unless the project has a
 * penalty. The frame goes where nothing reads it any more. */
CHURN_MUST_USE churn_status churn_compare_make_tiles(churn_comparing *c, churn_error *error);

#endif
