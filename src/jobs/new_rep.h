/* The data as if customers had been given another rep: a row more in one history. Place in the
 * flow: data, customers -> data to bind a plan to. Cost: a copy of that history.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_NEW_REP_H
#define CHURN_JOBS_NEW_REP_H

#include "history/data.h"

/* Borrows everything but the one history from the data that it was made of. */
typedef struct churn_new_rep {
  churn_data data;
  churn_history *histories;
  churn_history *changed; /* among them */
  size_t column_count;    /* of the changed one */
  churn_dictionary *levels;
} churn_new_rep;

/* What is to be changed: a category `column` of history number `history` (from 0). */
typedef struct churn_new_rep_place {
  size_t history;
  size_t column;
} churn_new_rep_place;

/* Each customer for whom chosen [customers] is true gets a row on `day`, known from that day on,
 * with a level of the column that nobody else has, and nothing else. NO_MEMORY. The caller clears,
 * whatever happens. */
CHURN_MUST_USE churn_status churn_new_rep_make(const churn_data *data, churn_new_rep_place place,
                                               const bool *chosen, churn_day day,
                                               churn_new_rep *made, churn_error *error);
void churn_new_rep_clear(churn_new_rep *made);

#endif
