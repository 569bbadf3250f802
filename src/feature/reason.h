/* A feature's value in words, for the reasons on the ranked list ("3 severe complaints in 90
 * days").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_REASON_H
#define CHURN_FEATURE_REASON_H

#include "base/number.h"
#include "feature/plan.h"

/* Words for output `output` of the plan: its expression read as English with the value put in.
 * `label` (NULL = none) replaces the expression's words: a number then reads "VALUE LABEL" (label
 * "money overdue" -> "120.5 money overdue"), a text "LABEL: TEXT", a flag "LABEL: yes". Examples
 * without a label:
 * count(complaints where severity >= 3 over 90d) = 3 -> "3 complaints with severity >= 3 in 90
 * days"; days_since(engagements) = 41 -> "41 days since the last of engagements"; last(tier from
 * prices) = basic -> "tier: basic"; customers.region = north -> "region: north";
 * count(tickets where priority = "urgent" and missing(closed_at)) = 2 -> "2 tickets with priority
 * urgent and not closed"; mean(score from tickets over 180d) = 4.5 -> "mean score of tickets in 180
 * days: 4.5", likewise sum (total), min (lowest), max (highest); as_of - joined = 41 -> "41 days a
 * customer"; change(monthly_fee from prices over 180d) = 12.5 -> "monthly fee up 12.5 in 180 days";
 * changes(rep_id from reps over 365d) = 2 -> "2 changes of rep id in 365 days";
 * days_since_change, days_until likewise; distinct_days(engagements over 30d) = 12 -> "12 days with
 * engagements in 30 days"; longest_gap(engagements) = 41 -> "up to 41 days between engagements";
 * share(severity >= 3 from complaints) = 0.25 -> "severity >= 3 in 25 % of complaints"; anything
 * else "NAME = VALUE". Underscores in names of features, histories and columns are blanks here;
 * other conditions and row expressions stand as they are written. One of what a history or the
 * first word of a label names is put into the singular where it looks like an English plural. A
 * missing value reads "no value: NAME". Numbers with at most 4 significant digits. Writes at most
 * size bytes, terminated.
 */
void churn_reason_text(const churn_plan *plan, size_t output, const char *label, double value,
                       char *text, size_t size);

/* True where the text of every value that is not missing is `before`, the number as
 * churn_reason_number writes it, and `after`; *but_one: that of 1 is not. False for other outputs.
 * Both have room for `size` bytes. */
bool churn_reason_around(const churn_plan *plan, size_t output, const char *label, size_t size,
                         char *before, char *after, bool *but_one);

/* A number with at most 4 significant digits. */
void churn_reason_number(double value, char text[CHURN_NUMBER_TEXT_SIZE]);

#endif
