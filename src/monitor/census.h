/* How much of a history there is before a day, and how old its newest row is. Place in the flow:
 * data -> the figures of gates. Cost: one look at the days of all rows.
 *
 * Only rows dated before the day count, so that what is exported later changes nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_CENSUS_H
#define CHURN_MONITOR_CENSUS_H

#include "history/data.h"

/* Days back from the newest row that tell what silence is usual. */
enum { CHURN_CENSUS_DAYS = 365, CHURN_CENSUS_ODD = 50 };

typedef struct churn_census {
  uint64_t rows;      /* of known customers */
  uint64_t unmatched; /* of unknown ones */
  churn_day newest;   /* of the known ones' rows; MISSING where there is none */
  int32_t usual_wait; /* the longest time from one day with rows to the next, within the
                         CHURN_CENSUS_DAYS before the newest, but for one in CHURN_CENSUS_ODD of
                         them, and one at least: an outage tells nothing of what is usual. 0 where
                         there are fewer than two */
  uint32_t waits;     /* how many there were */
} churn_census;

/* `history` was read with churn_data_settings.before = `before`. */
churn_census churn_history_census(const churn_history *history, churn_day before);

#endif
