/* Who is in the base on a day: joined < T and (left missing or left >= T).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_SNAPSHOT_BASE_H
#define CHURN_DESIGN_SNAPSHOT_BASE_H

#include "history/data.h"

/* The customer's spell that is in the base at `as_of`, or SIZE_MAX. Spells are disjoint, so there
 * is at most one. `as_of` MISSING: that of a flat export, the first. */
size_t churn_base_spell(const churn_customers *customers, size_t customer, churn_day as_of);

/* counts[count] becomes how many customers are in the base on each of the days (ascending, none
 * MISSING). Cost: a search among the days for each spell, not a look at each spell on each day. */
void churn_base_count(const churn_customers *customers, const churn_day *days, size_t count,
                      uint64_t *counts);

#endif
