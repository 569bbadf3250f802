/* What became of a customer after a day: who counts as there, and the label.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/contacts.h"
#include "design/snapshots_parts.h"

bool churn_snapshots_labelled_only(const churn_snapshot_builder *b)
{
  return b->use == CHURN_SNAPSHOTS_LABELLED || b->use == CHURN_SNAPSHOTS_OBSERVED;
}

churn_drop_levels *churn_snapshots_levels(const churn_snapshot_builder *b, int thread)
{
  return b->levels + (size_t)thread * b->day_count;
}

static churn_status any_row(const churn_snapshot_builder *b, int thread, size_t customer,
                            churn_day first, churn_day last, churn_day known, bool *any)
{
  return churn_plan_any_row(b->labelling->plan, b->workspaces[thread], (size_t)b->labelling->output,
                            customer, first, last, known, any);
}

churn_status churn_snapshots_active(const churn_snapshot_builder *b, int thread, size_t customer,
                                    size_t spell, size_t day, bool *active)
{
  churn_day as_of = b->days[day];
  const churn_outcome_spec *outcome = &b->project->outcome;
  int32_t within = outcome->active_within_days;
  bool ended = false;
  *active = true;
  if (outcome->kind == CHURN_OUTCOME_DROP) {
    *active = b->use != CHURN_SNAPSHOTS_AT_RISK ||
              churn_drop_can_fall(churn_snapshots_levels(b, thread)[day].before);
    return CHURN_OK;
  }
  if (outcome->terminal) {
    churn_status status =
        any_row(b, thread, customer, b->data->customers.joined[spell], as_of, as_of, &ended);
    *active = !ended;
    return status;
  }
  return within == 0 ? CHURN_OK
                     : any_row(b, thread, customer, as_of - within, as_of, as_of, active);
}

static int8_t label_left(const churn_snapshot_builder *b, size_t spell, churn_day as_of)
{
  const churn_outcome_spec *outcome = &b->project->outcome;
  churn_day left = b->data->customers.left[spell], opens = as_of + outcome->gap_days;
  if (left == CHURN_DAY_MISSING || left >= opens + outcome->horizon_days)
    return CHURN_LABEL_STAYED;
  return left >= opens ? CHURN_LABEL_CHURNED : CHURN_LABEL_DROPPED;
}

static churn_status label_history(const churn_snapshot_builder *b, int thread, size_t customer,
                                  churn_day as_of, int8_t *label)
{
  const churn_outcome_spec *outcome = &b->project->outcome;
  churn_day opens = as_of + outcome->gap_days, closes = opens + outcome->horizon_days;
  /* What was recorded late happened all the same: a label sees all that the data hold. */
  churn_day known = b->data->data_until < closes ? closes : b->data->data_until + 1;
  bool any = false, in_gap = false;
  churn_status status = any_row(b, thread, customer, opens, closes, known, &any);
  if (status == CHURN_OK && outcome->kind == CHURN_OUTCOME_EVENT && outcome->gap_days > 0)
    status = any_row(b, thread, customer, as_of, opens, known, &in_gap);
  *label = in_gap ? CHURN_LABEL_DROPPED : any == (outcome->kind == CHURN_OUTCOME_EVENT);
  return status;
}

size_t churn_snapshots_label_row(const churn_label_rows *labels, size_t customer, churn_day as_of)
{
  size_t low = 0, high = labels->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    bool before = labels->customer[middle] < customer ||
                  (labels->customer[middle] == customer && labels->as_of[middle] < as_of);
    if (before)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int8_t label_from_file(const churn_label_rows *labels, size_t customer, churn_day as_of)
{
  size_t row = churn_snapshots_label_row(labels, customer, as_of);
  bool found =
      row < labels->count && labels->customer[row] == customer && labels->as_of[row] == as_of;
  return found && labels->churned[row] >= 0 ? labels->churned[row] : CHURN_LABEL_DROPPED;
}

static int8_t label_drop(const churn_snapshot_builder *b, const churn_drop_levels *levels,
                         size_t spell, size_t day, churn_snapshot_day *tally)
{
  switch (churn_drop_judge(&b->project->outcome, levels, b->data->customers.left[spell],
                           b->days[day])) {
  case CHURN_DROP_STAYED:
    return CHURN_LABEL_STAYED;
  case CHURN_DROP_FELL:
    return CHURN_LABEL_CHURNED;
  case CHURN_DROP_NO_LEVEL:
    tally->no_level++;
    break;
  case CHURN_DROP_LEFT:
    tally->left++;
    break;
  case CHURN_DROP_UNSEEN:
    tally->unseen++;
    break;
  }
  return CHURN_LABEL_DROPPED;
}

static churn_status find_label(const churn_snapshot_builder *b, int thread, size_t customer,
                               size_t spell, size_t day, churn_snapshot_day *tally, int8_t *label)
{
  churn_day as_of = b->days[day];
  *label = CHURN_LABEL_UNKNOWN;
  if (!b->closed[day])
    return CHURN_OK;
  switch (b->project->outcome.kind) {
  case CHURN_OUTCOME_LEFT:
    *label = label_left(b, spell, as_of);
    return CHURN_OK;
  case CHURN_OUTCOME_SILENT:
  case CHURN_OUTCOME_EVENT:
    return label_history(b, thread, customer, as_of, label);
  case CHURN_OUTCOME_DROP:
    *label = label_drop(b, &churn_snapshots_levels(b, thread)[day], spell, day, tally);
    return CHURN_OK;
  case CHURN_OUTCOME_LABELS:
    *label = label_from_file(&b->data->labels, customer, as_of);
    return CHURN_OK;
  case CHURN_OUTCOME_COLUMN:
    *label = b->column_labels == NULL ? CHURN_LABEL_UNKNOWN : b->column_labels[spell];
    return CHURN_OK;
  case CHURN_OUTCOME_NONE:
    break;
  }
  return CHURN_OK;
}

/* Who is lost in a way that does not count has no label: they did not stay either. */
static churn_status leave_out(const churn_snapshot_builder *b, int thread, size_t spell,
                              churn_day as_of, int8_t *label)
{
  bool excluded = false;
  if (b->excluders == NULL || *label != CHURN_LABEL_CHURNED)
    return CHURN_OK;
  churn_status status = churn_excluder_ask(&b->excluders[thread],
                                           b->workspaces == NULL ? NULL : b->workspaces[thread],
                                           spell, as_of, &excluded);
  *label = excluded ? CHURN_LABEL_DROPPED : *label;
  return status;
}

churn_status churn_snapshots_label(const churn_snapshot_builder *b, int thread, size_t customer,
                                   size_t spell, size_t day, churn_snapshot_day *tally,
                                   int8_t *label)
{
  churn_status status = find_label(b, thread, customer, spell, day, tally, label);
  return status == CHURN_OK ? leave_out(b, thread, spell, b->days[day], label) : status;
}

/* A rescued customer must not teach that there was no danger. */
bool churn_snapshots_judge_contact(const churn_snapshot_builder *b, size_t customer,
                                   churn_day as_of, int8_t *label, churn_snapshot_day *tally)
{
  bool labelled = *label == CHURN_LABEL_STAYED || *label == CHURN_LABEL_CHURNED;
  if (!labelled || b->use == CHURN_SNAPSHOTS_AT_RISK ||
      !churn_contacted_around(b->project, b->contacts, customer, as_of))
    return false;
  tally->contacted++;
  tally->contacted_churned += *label == CHURN_LABEL_CHURNED;
  if (b->use == CHURN_SNAPSHOTS_LABELLED && b->project->contacts.rule == CHURN_CONTACTED_DROP)
    *label = CHURN_LABEL_DROPPED;
  return true;
}
