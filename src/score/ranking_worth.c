/* What contacting a customer is worth, and the best list of whom to contact within the capacity.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/memory.h"
#include "design/frame.h"
#include "score/capacity.h"
#include "score/ranking_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Who is in the control group is not to be contacted. */
static bool is_control(const churn_ranking *r, size_t row)
{
  const churn_pipeline *p = r->pipeline;
  return churn_project_has_control(p->project) &&
         churn_project_is_control(p->project,
                                  p->data->customers.ids[r->snapshots->rows[row].customer]);
}

/* NULL without a playbook, and where nothing speaks for leaving. */
static const churn_cause *cause_of(const churn_ranking *r, size_t row)
{
  uint32_t at = r->causes.causes == 0 ? CHURN_NO_CAUSE : r->scores.main_causes[row];
  return at == CHURN_NO_CAUSE ? NULL : churn_playbook_cause(r->pipeline->project, at);
}

static bool has_action(const churn_cause *cause)
{
  return !cause->excluded && cause->actions[CHURN_ENGLISH][0] != '\0';
}

/* Nobody calls who has left already. Of a playbook it is the main cause's action that counts. */
static double worth_of(const churn_ranking *r, size_t row)
{
  const churn_project *project = r->pipeline->project;
  double loss = r->scores.probabilities[row] * r->scores.values[row];
  if (churn_ranking_row_is_gone(r, row))
    return NAN;
  if (r->causes.causes == 0)
    return loss * project->action.save_rate - project->action.cost;
  const churn_cause *cause = cause_of(r, row);
  return cause == NULL || !has_action(cause) ? NAN : loss * cause->save_rate - cause->cost;
}

static uint64_t count_without_action(const churn_ranking *r)
{
  uint64_t count = 0;
  for (size_t row = 0; row < r->snapshots->count; row++) {
    const churn_cause *cause = cause_of(r, row);
    count += cause != NULL && !has_action(cause) && !is_control(r, row);
  }
  return count;
}

static churn_status find_reps(churn_ranking *r, const churn_run *run, churn_error *error)
{
  churn_frame *frame = NULL;
  size_t rows = r->snapshots->count;
  if (r->pipeline->rep == NULL)
    return CHURN_OK;
  r->reps = churn_array_new(rows, sizeof *r->reps);
  churn_status status = r->reps == NULL ? churn_error_no_memory(error)
                                        : churn_frame_build(r->pipeline->rep, r->snapshots, 0, rows,
                                                            1, run, &frame, error);
  for (size_t row = 0; status == CHURN_OK && row < rows; row++)
    r->reps[row] = churn_frame_get(frame, row, 0);
  churn_frame_free(frame);
  return status;
}

churn_status churn_ranking_find_worths(churn_ranking *ranking, churn_rank_by by,
                                       const churn_run *run, churn_error *error)
{
  const churn_project *project = ranking->pipeline->project;
  size_t rows = ranking->snapshots->count;
  ranking->tells_worth = by == CHURN_BY_WORTH;
  if (by != CHURN_BY_WORTH && !project->capacity.given)
    return CHURN_OK;
  if (project->value.text == NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "what a contact is worth depends on the money at risk, and the project "
                           "has no `value` under customers");
  ranking->worths = churn_array_new(rows, sizeof *ranking->worths);
  if (ranking->worths == NULL)
    return churn_error_no_memory(error);
  for (size_t row = 0; row < rows; row++)
    ranking->worths[row] = worth_of(ranking, row);
  return find_reps(ranking, run, error);
}

void churn_ranking_get_worth(const churn_ranking *ranking, size_t row, churn_ranked *ranked)
{
  const char *rep = NULL;
  ranked->worth = ranking->worths == NULL ? NAN : ranking->worths[row];
  if (ranking->reps != NULL)
    rep = churn_plan_text(ranking->pipeline->rep, ranking->reps[row]);
  ranked->rep = rep == NULL ? "" : rep;
}

/* Customers without a rep are one group more. */
static churn_contact contact_of(const churn_ranking *r, size_t row, size_t none)
{
  churn_contact contact = {.worth = r->worths[row]};
  const churn_cause *cause = cause_of(r, row);
  if (cause != NULL)
    contact.owner = cause->owner;
  contact.rep = (uint32_t)none;
  if (r->reps != NULL && !isnan(r->reps[row]))
    contact.rep = (uint32_t)r->reps[row];
  return contact;
}

/* keep[row], for rows in an order by worth. */
static churn_status choose(const churn_ranking *r, const uint32_t *order, bool *keep,
                           uint64_t *no_room, churn_error *error)
{
  size_t rows = r->snapshots->count;
  size_t reps = r->reps == NULL ? 0 : churn_plan_text_count(r->pipeline->rep);
  churn_contact *contacts = churn_array_new(rows, sizeof *contacts);
  bool *chosen = churn_array_new(rows, sizeof *chosen);
  churn_status status =
      contacts == NULL || chosen == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; status == CHURN_OK && i < rows; i++)
    contacts[i] = contact_of(r, order[i], reps);
  for (size_t i = 0; status == CHURN_OK && i < rows; i++)
    if (is_control(r, order[i]))
      contacts[i].worth = NAN;
  if (status == CHURN_OK)
    status = churn_capacity_choose(&r->pipeline->project->capacity, contacts, rows, reps + 1,
                                   chosen, no_room, error);
  for (size_t i = 0; status == CHURN_OK && i < rows; i++)
    keep[order[i]] = chosen[i];
  free(contacts);
  free(chosen);
  return status;
}

static churn_status order_calls(churn_ranking *calls, uint64_t *no_room, churn_error *error)
{
  size_t rows = calls->snapshots->count;
  bool *keep = churn_array_new(rows, sizeof *keep);
  churn_status status = keep == NULL
                            ? churn_error_no_memory(error)
                            : churn_ranking_sort(calls, CHURN_BY_WORTH, &calls->order, error);
  if (status == CHURN_OK)
    status = choose(calls, calls->order, keep, no_room, error);
  if (status == CHURN_OK)
    status = churn_ranking_partition(calls->order, rows, keep, &calls->eligible, error);
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

churn_status churn_ranking_calls(const churn_ranking *ranking, uint64_t top, churn_ranking **calls,
                                 churn_calls *report, churn_error *error)
{
  if (!ranking->pipeline->project->capacity.given || ranking->worths == NULL)
    return churn_error_set(error, CHURN_USAGE,
                           "the project has no key \"capacity\"; expected capacity: {total: 100}");
  churn_ranking *made = churn_array_new(1, sizeof *made);
  churn_calls totals = {0};
  if (made == NULL)
    return churn_error_no_memory(error);
  *made = *ranking;
  made->order = NULL;
  made->top_shares = NULL; /* those are of the other list */
  if (!ranking->tells_worth)
    add_columns(ranking, made);
  made->view = made->tells_worth = true;
  churn_status status = order_calls(made, &totals.no_room, error);
  if (status != CHURN_OK) {
    churn_ranking_free(made);
    return status;
  }
  made->listed = top > 0 && top < made->eligible ? (size_t)top : made->eligible;
  totals.customers = made->listed;
  totals.no_action = count_without_action(made);
  totals.no_room += made->eligible - made->listed;
  for (size_t i = 0; i < made->listed; i++) {
    size_t row = made->order[i];
    totals.worth += made->worths[row];
    totals.expected_loss += made->scores.probabilities[row] * made->scores.values[row];
  }
  *calls = made;
  if (report != NULL)
    *report = totals;
  return CHURN_OK;
}
