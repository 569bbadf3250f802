/* A feature's value in words, for the reasons on the ranked list ("3 severe complaints in 90
 * days").
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_REASON_H
#define CHURN_FEATURE_REASON_H

#include "feature/plan.h"

/* Words for output `output` of the plan: its expression read as English with the value put in.
 * `label` (NULL = none) replaces the expression's words: a number then reads "VALUE LABEL" (label
 * "money overdue" -> "120.5 money overdue"), a text "LABEL: TEXT". Examples without a label:
 * count(complaints where severity >= 3 over 90d) = 3 -> "3 complaints with severity >= 3 in 90
 * days"; days_since(engagements) = 41 -> "41 days since the last of engagements"; last(tier from
 * prices) = basic -> "tier: basic"; customers.region = north -> "region: north"; anything else
 * "NAME = VALUE". A missing value reads "no value: NAME". Numbers with at most 4 significant
 * digits. Writes at most size bytes, terminated. */
void churn_reason_text(const churn_plan *plan, size_t output, const char *label, double value,
                       char *text, size_t size);

#endif
