/* When a row's loss happened, and whether it is of a kind that the outcome excludes. Place in the
 * flow: the plan of kinds, data -> labels (snapshots.c), and what the model says of the lost.
 *
 * The rules of kinds are as of the day of the loss:
 * - left: the leaving day; of a flat export none;
 * - silent: the leaving day, or the day on which the silence is complete, as in monitor/stays.h,
 *   if that is earlier: the newest row before T (else the joining day) and `horizon` days;
 * - event: the day after the first event of the label window is known, so that a rule reads that
 *   event, too;
 * - drop: the leaving day where that is what was lost, else the end of the label window.
 *
 * A customer has one recorded reason, which is that of the last loss: it says nothing of a silence
 * after which the customer came back, nor of an event that another one follows, nor of a level that
 * fell while the account stayed open (unless no leaving day is known at all).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_LOSS_H
#define CHURN_DESIGN_LOSS_H

#include "feature/plan.h"
#include "history/data.h"

/* What labels go by. */
typedef struct churn_labelling {
  const churn_plan *plan;  /* of the features, whose output `output` tells which rows of the history
                              count (SILENT, EVENT); of DROP that of drop.h; else not looked at */
  int output;              /* -1 = none */
  const churn_plan *kinds; /* of kinds.h, bound; NULL = nothing is excluded */
  const bool *only;        /* [customers] who is looked at; NULL = everybody */
} churn_labelling;

typedef struct churn_loss_day {
  churn_day day; /* rules are as of it; MISSING for a flat export */
  bool reasoned; /* the recorded reason is that of it */
} churn_loss_day;

/* Of a spell that is churned as of `as_of`; `rows` is a workspace of labelling->plan, NULL where
 * that has no output. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_loss_find(const churn_project *project, const churn_data *data,
                                            const churn_labelling *labelling, churn_workspace *rows,
                                            size_t spell, churn_day as_of, churn_loss_day *loss);

/* Tells whether losses are of a kind that is excluded; one a thread. */
typedef struct churn_excluder {
  const churn_project *project;
  const churn_data *data;
  const churn_labelling *labelling;
  churn_workspace *workspace;
  size_t spell; /* the last that was asked for, and what was said; SIZE_MAX = none */
  churn_loss_day loss;
  bool excluded;
} churn_excluder;

/* All is borrowed until churn_excluder_close. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_excluder_open(const churn_project *project,
                                                const churn_data *data,
                                                const churn_labelling *labelling,
                                                churn_excluder *excluder, churn_error *error);
void churn_excluder_close(churn_excluder *excluder);

/* As churn_loss_find. Cost: the rules, once a loss. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_excluder_ask(churn_excluder *excluder, churn_workspace *rows,
                                               size_t spell, churn_day as_of, bool *excluded);

#endif
