/* The log of contacts: who was contacted when.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_CONTACTS_H
#define CHURN_DESIGN_CONTACTS_H

#include "history/data.h"

/* The project's log in the data; NULL where there is none. Borrowed from the data. */
const churn_history *churn_contacts_of(const churn_project *project, const churn_data *data);

/* Whether the customer was contacted on a day of [first, last); never without a log (NULL). */
bool churn_contacted_in(const churn_history *contacts, size_t customer, churn_day first,
                        churn_day last);

#endif
