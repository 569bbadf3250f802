/* The outcome `drop`: levels and what they say.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/drop.h"

#include "design/snapshot_base.h"

#include <math.h>

churn_status churn_drop_plan(const churn_project *project, const churn_schema *schema,
                             const churn_run *run, churn_plan **plan, churn_error *error)
{
  const churn_located *level = &project->outcome.level, *value = &project->value;
  const churn_expression expression = {
      .name = "outcome.drop", .text = level->text, .place = churn_project_place(project, level)};
  const churn_expression money = {.name = "value",
                                  .text = value->text,
                                  .place = churn_project_place(project, value),
                                  .rule = CHURN_EXPRESSION_VALUE};
  churn_plan *made = NULL;
  churn_status status = churn_plan_build(schema, &expression, 1,
                                         value->text == NULL ? NULL : &money, run, &made, error);
  if (status != CHURN_OK)
    return status;
  if (churn_plan_type(made, 0) != CHURN_VALUE_NUMBER)
    status = churn_error_set_at(error, CHURN_BAD_PROJECT, expression.place,
                                "outcome.drop must be a number that can fall, like mean(balance "
                                "from balances over 90d)");
  else if (churn_plan_history(made, 0) < 0)
    status = churn_error_set_at(error, CHURN_BAD_PROJECT, expression.place,
                                "outcome.drop reads no history, so that its level would be the "
                                "same at both ends of the label window");
  if (status == CHURN_OK)
    *plan = made;
  else
    churn_plan_free(made);
  return status;
}

/* Moments that wait for their evaluation, and where their levels belong. */
typedef struct batch {
  size_t count;
  size_t spells[CHURN_BATCH_ROWS];
  churn_day as_of[CHURN_BATCH_ROWS];
  double *targets[CHURN_BATCH_ROWS];
} batch;

static churn_status evaluate(const churn_plan *plan, churn_workspace *workspace, batch *b)
{
  double values[CHURN_BATCH_ROWS];
  const churn_moments moments = {b->count, b->spells, b->as_of};
  if (b->count == 0)
    return CHURN_OK;
  churn_status status =
      churn_plan_evaluate_moments(plan, workspace, &moments, 1, CHURN_BATCH_ROWS, values, NULL);
  for (size_t i = 0; i < b->count && status == CHURN_OK; i++)
    *b->targets[i] = values[i];
  b->count = 0;
  return status;
}

static void ask(batch *b, size_t spell, churn_day as_of, double *target)
{
  b->spells[b->count] = spell;
  b->as_of[b->count] = as_of;
  b->targets[b->count++] = target;
}

churn_status churn_drop_measure(const churn_outcome_spec *outcome, const churn_plan *plan,
                                churn_workspace *workspace, size_t customer,
                                const churn_drop_days *days, churn_drop_levels *levels)
{
  const churn_customers *customers = &churn_plan_data(plan)->customers;
  batch waiting = {.count = 0};
  churn_status status = CHURN_OK;
  for (size_t d = 0; d < days->count && status == CHURN_OK; d++) {
    churn_day as_of = days->days[d];
    size_t spell = churn_base_spell(customers, customer, as_of);
    levels[d] = (churn_drop_levels){NAN, NAN};
    if (spell == SIZE_MAX)
      continue;
    if (waiting.count + 2 > CHURN_BATCH_ROWS)
      status = evaluate(plan, workspace, &waiting);
    ask(&waiting, spell, as_of, &levels[d].before);
    if (days->closed[d])
      ask(&waiting, spell, as_of + outcome->gap_days + outcome->horizon_days, &levels[d].after);
  }
  return status == CHURN_OK ? evaluate(plan, workspace, &waiting) : status;
}

bool churn_drop_can_fall(double level)
{
  return level > 0;
}

churn_drop_verdict churn_drop_judge(const churn_outcome_spec *outcome,
                                    const churn_drop_levels *levels, churn_day left,
                                    churn_day as_of)
{
  churn_day opens = as_of + outcome->gap_days;
  if (!churn_drop_can_fall(levels->before))
    return CHURN_DROP_NO_LEVEL;
  if (left != CHURN_DAY_MISSING && left < opens + outcome->horizon_days)
    return outcome->leavers_lost && left >= opens ? CHURN_DROP_FELL : CHURN_DROP_LEFT;
  if (isnan(levels->after))
    return CHURN_DROP_UNSEEN;
  return levels->after < outcome->below * levels->before ? CHURN_DROP_FELL : CHURN_DROP_STAYED;
}

void churn_drop_warn(const churn_project *project, const churn_plan *plan,
                     const churn_schema *schema, const churn_run *run)
{
  const churn_outcome_spec *outcome = &project->outcome;
  churn_place place = churn_project_place(project, &outcome->level);
  const char *unbounded = churn_plan_unbounded(plan, "last");
  int32_t longest = 0;
  for (size_t s = 1; s < schema->source_count; s++) {
    int32_t days = churn_plan_longest_window(plan, s);
    longest = days > longest ? days : longest;
  }
  if (longest > outcome->horizon_days)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "drop_window", place,
                    "outcome.drop looks back %d days, and the label window is %d days long: the "
                    "level at its end still holds days before it, so that a fall counts late or "
                    "not at all; expected at most \"over %dd\", or a longer horizon",
                    (int)longest, (int)outcome->horizon_days, (int)outcome->horizon_days);
  if (unbounded != NULL)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "drop_unbounded", place,
                    "outcome.drop holds %s over all that is known, which hardly falls; expected a "
                    "window, like \"over %dd\", or last(...)",
                    unbounded, (int)outcome->horizon_days);
}
