/* Types of an expression, found before any data is read.
 *
 * Flags and truth values are 1 or 0 where a number is asked for; a number is never a condition.
 * day - day is a number of days, day +- number a day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_FEATURE_CHECK_H
#define CHURN_FEATURE_CHECK_H

#include "feature/names.h"

/* Resolves all names under `node` and gives every node its type; every fault is reported to
 * scope->faults. False when there was one. */
bool churn_check_node(const churn_scope *scope, churn_node *node);

/* "a number", "true or false", "a day", "text". */
const char *churn_value_type_name(churn_value_type type);

#endif
