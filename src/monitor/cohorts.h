/* Who joined in the same month, and how many are still there k months on. Place in the flow: stays
 * -> cohort table. Cost: stays x months.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_MONITOR_COHORTS_H
#define CHURN_MONITOR_COHORTS_H

#include "monitor/stays.h"

#include <churn/rates.h>

/* Cohorts by calendar month of who joined in [first, end), in order; months without joiners are
 * left out. A month k after joining is known while the last to join has been watched for so long by
 * `end`: a share is always that of the whole cohort. Each one's `staying` is an allocation of its
 * own; churn_cohorts_free frees all. NO_MEMORY. */
CHURN_MUST_USE churn_status churn_cohorts_of(const churn_stay *stays, size_t count, churn_day first,
                                             churn_day end, churn_cohort **cohorts,
                                             size_t *cohort_count, churn_error *error);
void churn_cohorts_free(churn_cohort *cohorts, size_t count);

/* The first day of the month that `day` lies in. */
churn_day churn_month_of(churn_day day);

#endif
