/* What changed since the run before: who entered and left the head of the list, and why each logit
 * moved. Place in the flow: tonight's list, the newest earlier run -> changes.csv. Cost: scoring
 * the customers of both days once or twice more, and reading the earlier list.
 *
 * With t the earlier run's day and T tonight's, m its model and M tonight's:
 *
 *   listed = the logit on the earlier list
 *   again  = m, as of t, on tonight's data
 *   moved  = m, as of T, on what tonight's data hold from before t
 *   fresh  = m, as of T, on tonight's data
 *   logit  = M, as of T, on tonight's data
 *
 *   time  = moved - again              windows, ages and dates have moved on
 *   data  = (fresh - moved) + (again - listed)   new rows, and old ones that came late or were put
 *                                      right
 *   model = logit - fresh              0 where the model is the same
 *
 * which add up to logit - listed, exactly but for rounding. What customers' columns without a date
 * do is in the data.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_CHANGES_H
#define CHURN_JOBS_CHANGES_H

#include "jobs/night.h"

/* How a customer's place has changed. JOINED: not in the base before; GONE: not in it now. */
typedef enum churn_move {
  CHURN_MOVE_STAYED,
  CHURN_MOVE_ENTERED,
  CHURN_MOVE_JOINED,
  CHURN_MOVE_LEFT,
  CHURN_MOVE_GONE,
  CHURN_MOVES
} churn_move;

typedef struct churn_change {
  char *customer_id;
  churn_move move;
  uint64_t rank, previous_rank;             /* 0 = none */
  double logit, previous;                   /* NaN = none */
  double probability, previous_probability; /* NaN = none, or was not listed */
  double data, time, model;                 /* NaN where one of the logits is missing */
  const char *cause, *action, *owner;       /* as tonight's list has them; "" = none */
  bool control;                             /* in the control group */
} churn_change;

/* Everybody who is at the head of the list now, by rank, then who was then and is not now, by the
 * rank of then. */
typedef struct churn_changes {
  churn_day since;
  char previous_model[33];
  churn_change *items;
  size_t count;
  uint64_t moves[CHURN_MOVES];
  bool with_causes;  /* the project has a playbook */
  bool with_control; /* and a control group */
} churn_changes;

/* Against the newest published run in `root` of a day before the night's. *changes is NULL where
 * there is none, or its list or model cannot be read (a warning), and for a flat export. The
 * caller frees. */
CHURN_MUST_USE churn_status churn_changes_find(churn_night *night, const char *root,
                                               const churn_run *run, churn_changes **changes,
                                               churn_error *error);
void churn_changes_free(churn_changes *changes);

/* `customer_id,move,rank,previous_rank,logit,previous_logit,change,by_data,by_time,by_model,
 * probability,previous_probability`, with a playbook `,cause,action,owner` too, with a control
 * group
 * `,control`. */
CHURN_MUST_USE churn_status churn_changes_write(const churn_changes *changes, const char *path,
                                                churn_error *error);

/* "stayed", … */
const char *churn_move_name(churn_move move);

#endif
