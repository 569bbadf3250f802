/* The customers who were lost.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/lost.h"

#include "base/memory.h"

#include <stdlib.h>

void churn_lost_clear(churn_lost *lost)
{
  free(lost->rows.rows);
  free(lost->spells);
  free(lost->left);
  free(lost->reasoned);
  *lost = (churn_lost){.unseen = 0};
}

bool churn_lost_known(const churn_project *project, bool *by_labels)
{
  churn_outcome_kind kind = project->outcome.kind;
  *by_labels =
      kind == CHURN_OUTCOME_SILENT || kind == CHURN_OUTCOME_EVENT || kind == CHURN_OUTCOME_DROP;
  return *by_labels || project->left.text != NULL;
}

static churn_status make_room(churn_lost *lost, size_t spells, churn_error *error)
{
  lost->rows.rows = churn_array_new(spells, sizeof *lost->rows.rows);
  lost->spells = churn_array_new(spells, sizeof *lost->spells);
  lost->left = churn_array_new(spells, sizeof *lost->left);
  lost->reasoned = churn_array_new(spells, sizeof *lost->reasoned);
  return lost->rows.rows == NULL || lost->spells == NULL || lost->left == NULL ||
                 lost->reasoned == NULL
             ? churn_error_no_memory(error)
             : CHURN_OK;
}

static void add(churn_lost *lost, churn_snapshot row, churn_loss_day loss)
{
  lost->spells[lost->rows.count] = row.spell;
  lost->left[lost->rows.count] = loss.day;
  lost->reasoned[lost->rows.count] = loss.reasoned;
  lost->rows.rows[lost->rows.count++] = row;
}

/* The last day on which the spell was in the base and its leaving lay in the window that the model
 * speaks of; MISSING = none. */
static churn_day last_seen(const churn_customers *customers, const churn_model *model,
                           const churn_day *days, size_t count, size_t spell)
{
  churn_day left = customers->left[spell], joined = customers->joined[spell];
  int32_t gap = model->gap_days, horizon = model->horizon_days;
  size_t at = count;
  while (at > 0 && days[at - 1] + gap > left)
    at--;
  if (at == 0 || (joined != CHURN_DAY_MISSING && joined >= days[at - 1]) ||
      left >= days[at - 1] + gap + horizon)
    return CHURN_DAY_MISSING;
  return days[at - 1];
}

static void pick_leavers(const churn_customers *customers, const churn_model *model,
                         const churn_day *days, size_t count, churn_lost *lost)
{
  const churn_day end = days[count - 1] + model->gap_days + model->horizon_days;
  for (size_t s = 0; s < customers->spell_count; s++) {
    churn_day left = customers->left[s];
    if (left == CHURN_DAY_MISSING || left < days[0] || left >= end)
      continue;
    churn_day seen = last_seen(customers, model, days, count, s);
    lost->unseen += seen == CHURN_DAY_MISSING;
    if (seen != CHURN_DAY_MISSING)
      add(lost,
          (churn_snapshot){.customer = customers->spell_customer[s],
                           .spell = (uint32_t)s,
                           .as_of = seen,
                           .label = CHURN_LABEL_CHURNED,
                           .weight = 1},
          (churn_loss_day){left, true});
  }
}

/* Rows come by customer and day: a later one of a spell takes the place of the one before. */
static churn_status take_churned(void *context, const churn_snapshot *rows, size_t count,
                                 churn_error *error)
{
  churn_lost *lost = context;
  (void)error;
  for (size_t i = 0; i < count; i++) {
    if (rows[i].label != CHURN_LABEL_CHURNED)
      continue;
    size_t known = lost->rows.count;
    if (known > 0 && lost->spells[known - 1] == rows[i].spell)
      lost->rows.count--;
    add(lost, rows[i], (churn_loss_day){CHURN_DAY_MISSING, false});
  }
  return CHURN_OK;
}

static churn_status date_losses(const churn_pipeline *p, const churn_labelling *labelling,
                                churn_lost *lost)
{
  churn_workspace *rows = churn_workspace_new(labelling->plan);
  churn_status status = rows == NULL ? CHURN_NO_MEMORY : CHURN_OK;
  for (size_t i = 0; i < lost->rows.count && status == CHURN_OK; i++) {
    churn_loss_day loss;
    status = churn_loss_find(p->project, p->data, labelling, rows, lost->spells[i],
                             lost->rows.rows[i].as_of, &loss);
    lost->left[i] = loss.day;
    lost->reasoned[i] = loss.reasoned;
  }
  churn_workspace_free(rows);
  return status;
}

static churn_status pick_labelled(const churn_pipeline *p, const churn_day *days, size_t count,
                                  const churn_run *run, churn_lost *lost, churn_error *error)
{
  churn_labelling labelling = churn_pipeline_labelling(p);
  const churn_snapshot_taker taker = {take_churned, lost};
  labelling.kinds = NULL;
  churn_status status = churn_snapshots_give(p->project, p->data, &labelling, days, count,
                                             CHURN_SNAPSHOTS_AT_RISK, &taker, run, error);
  if (status == CHURN_OK && date_losses(p, &labelling, lost) != CHURN_OK)
    status = churn_error_no_memory(error);
  return status;
}

churn_status churn_lost_find(const churn_pipeline *pipeline, const churn_model *model,
                             const churn_day *days, size_t count, const churn_run *run,
                             churn_lost *lost, churn_error *error)
{
  const churn_customers *customers = &pipeline->data->customers;
  bool by_labels;
  churn_status status = make_room(lost, customers->spell_count, error);
  if (status != CHURN_OK)
    return status;
  if (churn_lost_known(pipeline->project, &by_labels) && by_labels)
    return pick_labelled(pipeline, days, count, run, lost, error);
  pick_leavers(customers, model, days, count, lost);
  return CHURN_OK;
}
