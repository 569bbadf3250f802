/* The arithmetic of churn: counts of customers and sums of money of one period -> rates, what they
 * come to in a year, the half-life of the base, the loss. Plain functions of numbers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_TURNOVER_H
#define CHURN_MONITOR_TURNOVER_H

#include <churn/rates.h>

/* How often days [first, end) fit into a year: 12 / m where they are m whole calendar months, else
 * 365.25 / days. */
double churn_periods_per_year(churn_day first, churn_day end);

/* What a rate per period comes to in `periods` of them: added up, periods x rate (may pass 1), and
 * compounded, 1 - (1 - rate)^periods. */
double churn_rate_added(double rate, double periods);
double churn_rate_compounded(double rate, double periods);

/* Periods until half of the base is gone at that rate: ln 2 / -ln(1 - rate). NaN where it never
 * is; 0 where the rate is 1. */
double churn_half_life(double rate);

/* Fills in what follows from the counts, sums, days and periods of *rate. */
void churn_rate_finish(churn_rate *rate, double level);

/* Adds a period's counts and sums to those of several; days add up, too. */
void churn_rate_add(churn_rate *to, const churn_rate *period);

/* A year's loss: customers x rate x periods a year, each worth `value` a head and `replacement` to
 * replace (NaN = not known). */
churn_loss churn_loss_of(double customers, double rate, double periods_per_year, double value,
                         double replacement);

#endif
