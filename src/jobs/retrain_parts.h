/* The pieces of a retraining: rows and figures, the rule. Inside its own files only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_RETRAIN_PARTS_H
#define CHURN_JOBS_RETRAIN_PARTS_H

#include "design/pipeline.h"
#include "design/split.h"
#include "project/project.h"

#include <churn/retrain.h>

/* retrain_rows.c */

/* Which rows judge. */
typedef struct churn_judged_day {
  churn_split split;
  churn_day as_of;           /* MISSING in a flat export */
  uint64_t churners, others; /* that judge */
  bool found;
  uint64_t training; /* labelled rows that may train beside them */
} churn_judged_day;

/* The newest snapshot with labels whose label window is closed before `as_of` (MISSING = by the
 * data alone), or the customers held out. *rows gets its rows; found = false, and no rows, where
 * there is none. The caller frees. */
CHURN_MUST_USE churn_status churn_judged_day_find(const churn_pipeline *pipeline, churn_day as_of,
                                                  const churn_run *run, churn_judged_day *day,
                                                  churn_snapshots **rows, churn_error *error);

/* A model on the judged rows. */
typedef struct churn_judged_model {
  churn_evaluation evaluation;
  double *logits; /* [rows] */
  size_t rows;
} churn_judged_model;

/* The model's figures on rows that a pipeline of it made. */
CHURN_MUST_USE churn_status
churn_judged_model_score(const churn_pipeline *pipeline, const churn_model *model,
                         const churn_judged_day *day, const churn_snapshots *rows,
                         const churn_run *run, churn_judged_model *judged, churn_error *error);

/* Fills the figures: of the challenger, and of the champion where there is one (NULL = none).
 * `rows` are those both were scored on. */
CHURN_MUST_USE churn_status churn_judged_compare(const churn_snapshots *rows, bool weighted,
                                                 const churn_judged_day *day,
                                                 const churn_judged_model *champion,
                                                 const churn_judged_model *challenger,
                                                 const churn_run *run, churn_retrain_report *report,
                                                 churn_error *error);

/* retrain_rule.c */

void churn_retrain_trip(churn_retrain_report *report, const char *gate, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Trips the gate "rows" where there are too few of either kind. */
void churn_retrain_check_rows(const churn_retrain_spec *spec, const char *what, uint64_t churners,
                              uint64_t others, churn_retrain_report *report);

/* Trips the gate "calibration". */
void churn_retrain_check_calibration(const churn_retrain_spec *spec, churn_retrain_report *report);

/* Whether the challenger is to be promoted, from the report as it stands; fills `why`.
 * `incomparable`: why the champion cannot be compared, "" = it can. */
bool churn_retrain_decide(const churn_retrain_spec *spec, const char *incomparable,
                          churn_retrain_report *report);

#endif
