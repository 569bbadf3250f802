/* From joining to leaving: the stays of all customers, by an end date or by silence. Place in the
 * flow: data -> stays -> rates, cohorts, survival. Cost: a look at each spell; by silence, at the
 * days of the history.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_STAYS_H
#define CHURN_MONITOR_STAYS_H

#include "history/data.h"

/* A customer is there on day T when joined < T and left >= T, as in design/snapshot_base.h. */
typedef struct churn_stay {
  uint32_t customer, spell;
  churn_day joined; /* MISSING = since ever */
  churn_day left;   /* MISSING = not known to have left */
  bool returned;    /* the customer has an earlier stay */
} churn_stay;

/* What ends a stay beside `left`: `days` without a row of a history. */
typedef struct churn_silence {
  size_t history;
  int32_t days; /* 0 = silence ends nothing */
} churn_silence;

/* Stays by customer, then joined. With silence: a stay without a joining day begins with the first
 * row (no row, no stay); it ends on the last row's day + `days`, unless a row comes until then, and
 * only where that day is not after `until`; the next row begins another. Rows outside the spell,
 * and rows not known by `until`, count for nothing. The caller frees *stays. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_stays_find(const churn_data *data, churn_silence silence,
                                             churn_day until, churn_stay **stays, size_t *count,
                                             churn_error *error);

static inline bool churn_stay_there(const churn_stay *stay, churn_day day)
{
  return (stay->joined == CHURN_DAY_MISSING || stay->joined < day) &&
         (stay->left == CHURN_DAY_MISSING || stay->left >= day);
}

/* Whether the stay ended within [first, end). */
static inline bool churn_stay_lost(const churn_stay *stay, churn_day first, churn_day end)
{
  return stay->left != CHURN_DAY_MISSING && stay->left >= first && stay->left < end;
}

#endif
