/* Time that passes, for what a report says of cost; never in anything that must be the same in
 * every run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_BASE_CLOCK_H
#define CHURN_BASE_CLOCK_H

/* Milliseconds since some moment in the past; only differences mean something. */
double churn_clock_milliseconds(void);

#endif
