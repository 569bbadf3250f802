/* Time that passes, for what a report says of cost, and the time of day, for logs; never in
 * anything that must be the same in every run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_CLOCK_H
#define CHURN_BASE_CLOCK_H

#include <churn/day.h>
#include <stdint.h>

/* Milliseconds since some moment in the past; only differences mean something. */
double churn_clock_milliseconds(void);

/* Seconds since 1970-01-01 UTC; the environment's SOURCE_DATE_EPOCH where it is a whole number, so
 * that a past night can be run again as it was (reproducible-builds.org/specs/source-date-epoch).
 */
int64_t churn_clock_now(void);

/* The day of `seconds` in UTC. */
churn_day churn_clock_day(int64_t seconds);

enum { CHURN_CLOCK_TEXT_SIZE = 21 };

/* `YYYY-MM-DDTHH:MM:SSZ`; empty outside the years 1 to 9999. */
void churn_clock_format(int64_t seconds, char text[CHURN_CLOCK_TEXT_SIZE]);

/* Reads exactly that form; false, and nothing changed, when it is not. */
bool churn_clock_parse(const char *text, int64_t *seconds);

#endif
