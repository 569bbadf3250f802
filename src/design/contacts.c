/* The log of contacts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/contacts.h"

const churn_history *churn_contacts_of(const churn_project *project, const churn_data *data)
{
  const char *name = project->contacts.history.text;
  int history = name == NULL ? -1 : churn_project_find_history(project, name);
  return history < 0 || !data->histories[history].loaded ? NULL : &data->histories[history];
}

bool churn_contacted_in(const churn_history *contacts, size_t customer, churn_day first,
                        churn_day last)
{
  size_t end = contacts == NULL ? 0 : contacts->first_row[customer + 1];
  for (size_t row = contacts == NULL ? 0 : contacts->first_row[customer]; row < end; row++)
    if (contacts->days[row] >= first)
      return contacts->days[row] < last;
  return false;
}

churn_day churn_contacted_last(const churn_history *contacts, size_t customer, churn_day before)
{
  churn_day last = CHURN_DAY_MISSING;
  size_t end = contacts == NULL ? 0 : contacts->first_row[customer + 1];
  for (size_t row = contacts == NULL ? 0 : contacts->first_row[customer]; row < end; row++)
    if (contacts->days[row] < before)
      last = contacts->days[row];
  return last;
}

/* Whether who leaves in the gap has no label. */
static bool gap_is_survived(const churn_project *project)
{
  churn_outcome_kind kind = project->outcome.kind;
  return kind == CHURN_OUTCOME_LEFT || kind == CHURN_OUTCOME_DROP || project->left.text == NULL;
}

bool churn_contacted_around(const churn_project *project, const churn_history *contacts,
                            size_t customer, churn_day as_of)
{
  int32_t since = project->contacts.since_days;
  int32_t gap = gap_is_survived(project) ? project->outcome.gap_days : 0;
  return as_of != CHURN_DAY_MISSING &&
         churn_contacted_in(contacts, customer,
                            as_of - (since > 0 ? since : project->outcome.horizon_days),
                            as_of + gap);
}
