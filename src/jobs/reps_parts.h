/* The parts of the scorecard of reps: what is read, what became of the books, what is in them now.
 * Inside jobs/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_REPS_PARTS_H
#define CHURN_JOBS_REPS_PARTS_H

#include "design/frame.h"
#include "design/pipeline.h"
#include "model/text.h"

#include <churn/reps.h>

/* Rows with who looks after them. */
typedef struct churn_rep_rows {
  churn_snapshots *rows;
  double *codes; /* [rows] the rep as an output of the plan beside; NaN = none */
} churn_rep_rows;

/* One scorecard, from reading to its result. */
typedef struct churn_reps_job {
  const churn_project *project;
  const churn_reps_settings *settings;
  const churn_run *run;
  churn_model *trained; /* where none was given */
  const churn_model *model;
  churn_pipeline *pipeline;
  churn_plan *rep; /* of one output */
  char *expression;
  churn_day as_of;
  churn_rep_rows past, now;
  churn_day *days; /* counted, ascending */
  size_t day_count;
  uint64_t already;
  double *expected;       /* [past rows] */
  double *values, *risks; /* [now rows] money; probabilities */
  double *exposed_risks;  /* [now rows] if the rep had left; NULL = the model cannot tell */
} churn_reps_job;

/* reps.c: job->rep and job->expression, of project, settings and the pipeline's schema. BAD_PROJECT
 * where nothing tells the rep. */
CHURN_MUST_USE churn_status churn_reps_plan(churn_reps_job *job, churn_error *error);

/* reps_past.c: the counted rows, their reps, and what was to be expected of them. */
CHURN_MUST_USE churn_status churn_reps_look_back(churn_reps_job *job, churn_error *error);

/* Whether a feature of the frame's rows is their rep, codes[rows], whatever it is called; *known
 * becomes true where some row has one. */
bool churn_reps_same(const churn_plan *plan, const churn_plan *rep, const churn_frame *frame,
                     const double *codes, size_t feature, bool *known);

/* reps_now.c: the customers as of the day, their reps, risk and money, and the risk without the
 * rep. */
CHURN_MUST_USE churn_status churn_reps_look_now(churn_reps_job *job, churn_error *error);

/* The reps of the rows, into rows->codes. */
CHURN_MUST_USE churn_status churn_reps_find(const churn_reps_job *job, churn_rep_rows *rows,
                                            churn_error *error);

/* reps_tally.c: everything into the scorecard's reps and total. */
CHURN_MUST_USE churn_status churn_reps_tally(const churn_reps_job *job, churn_reps *reps,
                                             churn_error *error);

/* reps_write.c: "funnel", after a comma. */
void churn_reps_json_funnel(churn_json_text *text, const churn_reps *reps);

#endif
