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

/* The newest day before `before` on which the customer was contacted; MISSING = none. */
churn_day churn_contacted_last(const churn_history *contacts, size_t customer, churn_day before);

/* Whether a row as of `as_of` is of a contacted customer: on a day of [T - contacts.since, T +
 * gap).
 *
 * Nothing after the label window opens is looked at: who leaves early in it has less time to be
 * contacted, so a window that reached into it would tell the outcome (immortal time bias: Suissa
 * 2008, Am J Epidemiol 167:492). Of the gap everybody with a label has all days, since who leaves
 * in it has none; where that is not so (an event is the outcome, and customers have a leaving day),
 * the window ends at T. Never for a flat export. */
bool churn_contacted_around(const churn_project *project, const churn_history *contacts,
                            size_t customer, churn_day as_of);

#endif
