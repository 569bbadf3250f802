/* The best list of whom to contact within the capacity.
 *
 * The control group is chosen by the same rule as all others, and marked: its places stay empty,
 * and a place on a list counts for it as a contact counts for the others, so that past lists hold
 * two groups that are alike but for the contact.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "design/contacts.h"
#include "score/capacity.h"
#include "score/ranking_parts.h"

#include <math.h>
#include <stdlib.h>

static bool is_control(const churn_ranking *r, size_t row)
{
  const churn_pipeline *p = r->pipeline;
  return churn_project_has_control(p->project) &&
         churn_project_is_control(p->project,
                                  p->data->customers.ids[r->snapshots->rows[row].customer]);
}

/* Customers without a rep are one group more. */
static churn_contact contact_of(const churn_ranking *r, size_t row, size_t none)
{
  churn_contact contact = {.worth = r->worths[row]};
  const churn_cause *cause = churn_ranking_main_cause(r, row);
  if (cause != NULL)
    contact.owner = cause->owner;
  contact.rep = (uint32_t)none;
  if (r->reps != NULL && !isnan(r->reps[row]))
    contact.rep = (uint32_t)r->reps[row];
  return contact;
}

static const churn_capacity_spec *capacity_of(const churn_ranking *r)
{
  return &r->pipeline->project->capacity;
}

/* Within the last `days` before the list's; never for none. */
static bool lately(const churn_ranking *r, churn_day last, int32_t days)
{
  return days > 0 && last != CHURN_DAY_MISSING && last >= r->as_of - days;
}

/* last[customers]: the newest day before the list's on which somebody was contacted, or was on a
 * list as one of the control group. */
static churn_status find_last(const churn_ranking *r, const churn_day *listed, churn_day **last,
                              churn_error *error)
{
  const churn_pipeline *p = r->pipeline;
  const churn_history *contacts = churn_contacts_of(p->project, p->data);
  size_t count = p->data->customers.count;
  churn_day *made = churn_array_new(count, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  for (size_t c = 0; c < count; c++) {
    made[c] = churn_contacted_last(contacts, c, r->as_of);
    if (listed != NULL && listed[c] > made[c])
      made[c] = listed[c];
  }
  *last = made;
  return CHURN_OK;
}

/* Everybody who holds a place of the period; those on this list's base say whose place it is. */
static uint64_t count_used(const churn_ranking *r, const churn_day *last)
{
  uint64_t used = 0;
  for (size_t c = 0; c < r->pipeline->data->customers.count; c++)
    used += lately(r, last[c], capacity_of(r)->per_days);
  return used;
}

/* contacts[i] is of the row order[i]. */
static void fill_contacts(const churn_ranking *r, const uint32_t *order, const churn_day *last,
                          churn_contact *contacts, churn_calls *totals)
{
  size_t reps = r->reps == NULL ? 0 : churn_plan_text_count(r->pipeline->rep);
  for (size_t i = 0; i < r->snapshots->count; i++) {
    churn_day day = last[r->snapshots->rows[order[i]].customer];
    contacts[i] = contact_of(r, order[i], reps);
    contacts[i].holds = lately(r, day, capacity_of(r)->per_days);
    bool rests = lately(r, day, capacity_of(r)->rest_days);
    totals->resting += rests && contacts[i].worth > 0;
    if (rests)
      contacts[i].worth = NAN;
  }
}

/* keep[row], for rows in an order by worth. */
static churn_status choose(const churn_ranking *r, const uint32_t *order, const churn_day *last,
                           bool *keep, churn_calls *totals, churn_error *error)
{
  size_t rows = r->snapshots->count;
  size_t reps = r->reps == NULL ? 0 : churn_plan_text_count(r->pipeline->rep);
  churn_contact *contacts = churn_array_new(rows, sizeof *contacts);
  bool *chosen = churn_array_new(rows, sizeof *chosen);
  churn_status status =
      contacts == NULL || chosen == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK) {
    totals->used = count_used(r, last);
    fill_contacts(r, order, last, contacts, totals);
    status = churn_capacity_choose(capacity_of(r), totals->used, contacts, rows, reps + 1, chosen,
                                   &totals->no_room, error);
  }
  for (size_t i = 0; status == CHURN_OK && i < rows; i++)
    keep[order[i]] = chosen[i];
  free(contacts);
  free(chosen);
  return status;
}

static churn_status order_calls(churn_ranking *calls, const churn_day *listed, churn_calls *totals,
                                churn_error *error)
{
  size_t rows = calls->snapshots->count;
  churn_day *last = NULL;
  bool *keep = churn_array_new(rows, sizeof *keep);
  churn_status status = keep == NULL
                            ? churn_error_no_memory(error)
                            : churn_ranking_sort(calls, CHURN_BY_WORTH, &calls->order, error);
  if (status == CHURN_OK)
    status = find_last(calls, listed, &last, error);
  if (status == CHURN_OK)
    status = choose(calls, calls->order, last, keep, totals, error);
  if (status == CHURN_OK)
    status = churn_ranking_partition(calls->order, rows, keep, &calls->eligible, error);
  free(last);
  free(keep);
  return status;
}

/* The columns of the other list with worth and rep in their places. */
static void add_columns(const churn_ranking *from, churn_ranking *calls)
{
  churn_list_columns *to = &calls->columns;
  *to = (churn_list_columns){.count = 0};
  bool added = false;
  for (size_t i = 0; i <= from->columns.count; i++) {
    bool here = i == from->columns.count || from->columns.columns[i] > CHURN_LIST_REP;
    if (here && !added) {
      to->columns[to->count++] = CHURN_LIST_WORTH;
      if (from->reps != NULL)
        to->columns[to->count++] = CHURN_LIST_REP;
      added = true;
    }
    if (i < from->columns.count)
      to->columns[to->count++] = from->columns.columns[i];
  }
}

/* A list that does not say who is not to be contacted would have them called. */
static bool tells_control(const churn_ranking *r)
{
  bool tells = !churn_project_has_control(r->pipeline->project);
  for (size_t i = 0; i < r->columns.count; i++)
    tells = tells || r->columns.columns[i] == CHURN_LIST_CONTROL;
  return tells;
}

static churn_status check(const churn_ranking *r, churn_error *error)
{
  if (!capacity_of(r)->given || r->worths == NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "the project has no key \"capacity\"; expected capacity: {total: 100}");
  return tells_control(r)
             ? CHURN_OK
             : churn_error_set(error, CHURN_USAGE,
                               "the list of whom to contact holds customers of the control group, "
                               "who are not to be contacted; expected its column control too");
}

static uint64_t count_without_action(const churn_ranking *r)
{
  uint64_t count = 0;
  for (size_t row = 0; row < r->snapshots->count; row++) {
    const churn_cause *cause = churn_ranking_main_cause(r, row);
    count += cause != NULL && !churn_cause_has_action(cause) && !is_control(r, row);
  }
  return count;
}

static void add_up(const churn_ranking *calls, churn_calls *totals)
{
  totals->no_room += calls->eligible - calls->listed;
  totals->no_action = count_without_action(calls);
  for (size_t i = 0; i < calls->listed; i++) {
    size_t row = calls->order[i];
    if (is_control(calls, row)) {
      totals->control++;
      continue;
    }
    totals->customers++;
    totals->worth += calls->worths[row];
    totals->expected_loss += calls->scores.probabilities[row] * calls->scores.values[row];
  }
}

churn_status churn_ranking_calls_after(const churn_ranking *ranking, const churn_day *listed,
                                       uint64_t top, churn_ranking **calls, churn_calls *report,
                                       churn_error *error)
{
  churn_calls totals = {0};
  churn_status status = check(ranking, error);
  if (status != CHURN_OK)
    return status;
  churn_ranking *made = churn_array_new(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  *made = *ranking;
  made->order = NULL;
  made->top_shares = NULL; /* those are of the other list */
  if (!ranking->tells_worth)
    add_columns(ranking, made);
  made->view = made->tells_worth = true;
  status = order_calls(made, listed, &totals, error);
  if (status != CHURN_OK) {
    churn_ranking_free(made);
    return status;
  }
  made->listed = top > 0 && top < made->eligible ? (size_t)top : made->eligible;
  add_up(made, &totals);
  *calls = made;
  if (report != NULL)
    *report = totals;
  return CHURN_OK;
}

churn_status churn_ranking_calls(const churn_ranking *ranking, uint64_t top, churn_ranking **calls,
                                 churn_calls *report, churn_error *error)
{
  return churn_ranking_calls_after(ranking, NULL, top, calls, report, error);
}
