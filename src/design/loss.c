/* When a row's loss happened, and whether it is of a kind that the outcome excludes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/loss.h"

#include "design/kinds.h"

/* What a loss is looked for in. */
typedef struct search {
  const churn_project *project;
  const churn_data *data;
  const churn_labelling *labelling;
  churn_workspace *rows;
  size_t spell;
  churn_day as_of;
} search;

static churn_day least_of(churn_day left, churn_day day)
{
  return left != CHURN_DAY_MISSING && left <= day ? left : day;
}

static churn_day closes_on(const search *s)
{
  return s->as_of + s->project->outcome.gap_days + s->project->outcome.horizon_days;
}

/* A row of [first, last) by all that the data hold, as labels go. */
static churn_status find_row(const search *s, churn_day first, churn_day last, churn_row_pick pick,
                             size_t *row)
{
  churn_day until = s->data->data_until, closes = closes_on(s);
  churn_day known = until < closes ? closes : until + 1;
  return churn_plan_find_row(s->labelling->plan, s->rows, (size_t)s->labelling->output,
                             s->data->customers.spell_customer[s->spell], first, last, known, pick,
                             row);
}

static size_t history_of(const search *s)
{
  return (size_t)churn_project_find_history(s->project, s->project->outcome.history.text);
}

static churn_status find_silence(const search *s, churn_loss_day *loss)
{
  const churn_customers *customers = &s->data->customers;
  churn_day joined = customers->joined[s->spell], left = customers->left[s->spell], last = joined;
  churn_day begin = joined == CHURN_DAY_MISSING ? CHURN_DAY_FIRST : joined;
  churn_day end = left == CHURN_DAY_MISSING ? CHURN_DAY_LAST : left + 1;
  size_t row = SIZE_MAX, later = SIZE_MAX;
  churn_status status = find_row(s, begin, s->as_of, CHURN_ROW_NEWEST, &row);
  if (status == CHURN_OK)
    status = find_row(s, closes_on(s), end, CHURN_ROW_FIRST, &later);
  if (status == CHURN_OK && row != SIZE_MAX)
    last = s->data->histories[history_of(s)].days[row];
  churn_day complete =
      last == CHURN_DAY_MISSING ? closes_on(s) : last + s->project->outcome.horizon_days;
  *loss = (churn_loss_day){least_of(left, complete), later == SIZE_MAX};
  return status;
}

static churn_day known_on(const search *s, size_t row)
{
  const churn_history *history = &s->data->histories[history_of(s)];
  int known_at = s->data->schema->sources[1 + history_of(s)].known_at;
  churn_day day = history->days[row];
  churn_day known = known_at < 0 ? day : history->columns[known_at].days[row];
  return known < day ? day : known;
}

static churn_status find_event(const search *s, churn_loss_day *loss)
{
  churn_day opens = s->as_of + s->project->outcome.gap_days;
  size_t row = SIZE_MAX, later = SIZE_MAX;
  churn_status status = find_row(s, opens, closes_on(s), CHURN_ROW_FIRST, &row);
  if (status == CHURN_OK && row != SIZE_MAX)
    status = find_row(s, s->data->histories[history_of(s)].days[row] + 1, CHURN_DAY_LAST,
                      CHURN_ROW_FIRST, &later);
  *loss =
      (churn_loss_day){row == SIZE_MAX ? closes_on(s) : known_on(s, row) + 1, later == SIZE_MAX};
  return status;
}

static churn_loss_day find_fall(const search *s)
{
  churn_day left = s->data->customers.left[s->spell], closes = closes_on(s);
  bool gone = left != CHURN_DAY_MISSING && left < closes;
  return (churn_loss_day){gone ? left : closes, gone || s->project->left.text == NULL};
}

churn_status churn_loss_find(const churn_project *project, const churn_data *data,
                             const churn_labelling *labelling, churn_workspace *rows, size_t spell,
                             churn_day as_of, churn_loss_day *loss)
{
  const search s = {project, data, labelling, rows, spell, as_of};
  *loss = (churn_loss_day){data->customers.left[spell], true};
  switch (project->outcome.kind) {
  case CHURN_OUTCOME_SILENT:
    return find_silence(&s, loss);
  case CHURN_OUTCOME_EVENT:
    return find_event(&s, loss);
  case CHURN_OUTCOME_DROP:
    *loss = find_fall(&s);
    return CHURN_OK;
  case CHURN_OUTCOME_COLUMN:
    loss->day = CHURN_DAY_MISSING;
    return CHURN_OK;
  case CHURN_OUTCOME_LEFT:
  case CHURN_OUTCOME_LABELS:
  case CHURN_OUTCOME_NONE:
    break;
  }
  return CHURN_OK;
}

churn_status churn_excluder_open(const churn_project *project, const churn_data *data,
                                 const churn_labelling *labelling, churn_excluder *excluder,
                                 churn_error *error)
{
  churn_workspace *workspace = churn_workspace_new(labelling->kinds);
  if (workspace == NULL)
    return churn_error_no_memory(error);
  *excluder = (churn_excluder){
      project, data, labelling, workspace, SIZE_MAX, {CHURN_DAY_MISSING, false}, false};
  return CHURN_OK;
}

void churn_excluder_close(churn_excluder *excluder)
{
  churn_workspace_free(excluder->workspace);
  *excluder = (churn_excluder){.spell = SIZE_MAX};
}

churn_status churn_excluder_ask(churn_excluder *e, churn_workspace *rows, size_t spell,
                                churn_day as_of, bool *excluded)
{
  churn_kind kind = CHURN_KIND_UNCLASSIFIED;
  churn_loss_day loss;
  churn_status status =
      churn_loss_find(e->project, e->data, e->labelling, rows, spell, as_of, &loss);
  if (status == CHURN_OK &&
      (spell != e->spell || loss.day != e->loss.day || loss.reasoned != e->loss.reasoned)) {
    const churn_leavings one = {1, &spell, &loss.day, &loss.reasoned};
    status =
        churn_kinds_ask(e->project, e->labelling->kinds, e->data, e->workspace, &one, &kind, NULL);
    e->spell = status == CHURN_OK ? spell : SIZE_MAX;
    e->loss = loss;
    e->excluded = kind != CHURN_KIND_UNCLASSIFIED && e->project->outcome.excluded[kind];
  }
  *excluded = e->excluded;
  return status;
}
