/* Kinds of loss: which kind each leaving was.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/kinds.h"

#include "base/memory.h"
#include "base/number.h"
#include "feature/inline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OUTPUTS = CHURN_KIND_UNCLASSIFIED + 1 };

/* Expressions and the texts that were made for them. */
typedef struct texts {
  churn_expression expressions[MOST_OUTPUTS];
  char *made[MOST_OUTPUTS];
  size_t count;
} texts;

static churn_status add(texts *t, const char *name, char *made, churn_place place,
                        churn_error *error)
{
  t->made[t->count] = made;
  t->expressions[t->count] = (churn_expression){.name = name, .text = made, .place = place};
  t->count++;
  return made == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

static churn_status list_expressions(const churn_project *project, texts *t, churn_error *error)
{
  const churn_kinds_spec *kinds = &project->kinds;
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < kinds->rule_count && status == CHURN_OK; i++) {
    const churn_located *rule = &kinds->of[kinds->rules[i]].rule;
    status = add(t, churn_kind_name(kinds->rules[i]), churn_features_inlined(project, rule->text),
                 churn_project_place(project, rule), error);
  }
  if (status == CHURN_OK && kinds->reason.text != NULL)
    status = add(t, "reason", churn_text_format("customers.`%s`", kinds->reason.text),
                 churn_project_place(project, &kinds->reason), error);
  return status;
}

static churn_status check_rules(const churn_project *project, const churn_plan *plan,
                                churn_error *error)
{
  const churn_kinds_spec *kinds = &project->kinds;
  for (size_t i = 0; i < kinds->rule_count; i++) {
    const churn_located *rule = &kinds->of[kinds->rules[i]].rule;
    if (churn_plan_type(plan, i) != CHURN_VALUE_TRUTH)
      return churn_error_set_at(error, CHURN_BAD_PROJECT, churn_project_place(project, rule),
                                "kinds.%s: \"%.200s\" is no condition; expected one, like "
                                "overdue_amount > 0, or a list of reasons",
                                churn_kind_name(kinds->rules[i]), rule->text);
  }
  return CHURN_OK;
}

churn_status churn_kinds_plan(const churn_project *project, const churn_schema *schema,
                              const churn_run *run, churn_plan **plan, churn_error *error)
{
  texts t = {.count = 0};
  if (!project->kinds.given)
    return CHURN_OK;
  churn_status status = list_expressions(project, &t, error);
  if (status == CHURN_OK)
    status = churn_plan_build(schema, t.expressions, t.count, NULL, run, plan, error);
  if (status == CHURN_OK)
    status = check_rules(project, *plan, error);
  for (size_t i = 0; i < t.count; i++)
    free(t.made[i]);
  return status;
}

const char *churn_kinds_reason(const churn_plan *plan, double code, char *text)
{
  size_t output = churn_plan_count(plan) - 1;
  if (churn_plan_type(plan, output) == CHURN_VALUE_TEXT)
    return churn_plan_text(plan, code);
  churn_number_format(code, text);
  return text;
}

/* By the recorded reason; UNCLASSIFIED where no kind lists it. */
static churn_kind by_reason(const churn_project *project, const churn_plan *plan, double code)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  if (isnan(code))
    return CHURN_KIND_UNCLASSIFIED;
  const char *text = churn_kinds_reason(plan, code, number);
  for (int k = 0; k < CHURN_KIND_UNCLASSIFIED; k++)
    for (size_t i = 0; i < project->kinds.of[k].reason_count; i++)
      if (strcmp(project->kinds.of[k].reasons[i].text, text) == 0)
        return (churn_kind)k;
  return CHURN_KIND_UNCLASSIFIED;
}

/* values [outputs][CHURN_BATCH_ROWS] as of the leaving day; the reason is known afterwards. */
static churn_kind decide(const churn_project *project, const churn_plan *plan, const double *values,
                         size_t at, double reason)
{
  const churn_kinds_spec *kinds = &project->kinds;
  churn_kind kind =
      kinds->reason.text == NULL ? CHURN_KIND_UNCLASSIFIED : by_reason(project, plan, reason);
  for (size_t i = 0; i < kinds->rule_count && kind == CHURN_KIND_UNCLASSIFIED; i++)
    if (values[i * CHURN_BATCH_ROWS + at] == 1)
      kind = kinds->rules[i];
  return kind;
}

/* A reason with a day of its own may be recorded late. */
static churn_day when_all_is_known(const churn_data *data, churn_day left)
{
  if (left == CHURN_DAY_MISSING || data->data_until == CHURN_DAY_MISSING)
    return left;
  return data->data_until < left ? left + 1 : data->data_until + 1;
}

churn_status churn_kinds_ask(const churn_project *project, const churn_plan *plan,
                             const churn_data *data, churn_workspace *workspace,
                             const churn_leavings *batch, churn_kind *kinds, double *reasons)
{
  double values[MOST_OUTPUTS * CHURN_BATCH_ROWS], later[MOST_OUTPUTS * CHURN_BATCH_ROWS];
  churn_day known[CHURN_BATCH_ROWS];
  size_t outputs = churn_plan_count(plan);
  for (size_t i = 0; i < batch->count; i++)
    known[i] = when_all_is_known(data, batch->left[i]);
  const churn_moments then = {batch->count, batch->spells, batch->left};
  const churn_moments now = {batch->count, batch->spells, known};
  churn_status status =
      churn_plan_evaluate_moments(plan, workspace, &then, outputs, CHURN_BATCH_ROWS, values, NULL);
  if (status == CHURN_OK && project->kinds.reason.text != NULL)
    status =
        churn_plan_evaluate_moments(plan, workspace, &now, outputs, CHURN_BATCH_ROWS, later, NULL);
  for (size_t i = 0; status == CHURN_OK && i < batch->count; i++) {
    bool recorded =
        project->kinds.reason.text != NULL && (batch->reasoned == NULL || batch->reasoned[i]);
    double reason = recorded ? later[(outputs - 1) * CHURN_BATCH_ROWS + i] : NAN;
    kinds[i] = decide(project, plan, values, i, reason);
    if (reasons != NULL)
      reasons[i] = reason;
  }
  return status;
}

churn_status churn_kinds_find(const churn_project *project, const churn_plan *plan,
                              const churn_data *data, const churn_leavings *leavings,
                              churn_kind *kinds, double *reasons, churn_error *error)
{
  churn_workspace *workspace = churn_workspace_new(plan);
  churn_status status = workspace == NULL ? CHURN_NO_MEMORY : CHURN_OK;
  for (size_t first = 0; first < leavings->count && status == CHURN_OK; first += CHURN_BATCH_ROWS) {
    size_t rest = leavings->count - first;
    const churn_leavings batch = {rest < CHURN_BATCH_ROWS ? rest : CHURN_BATCH_ROWS,
                                  leavings->spells + first, leavings->left + first,
                                  leavings->reasoned == NULL ? NULL : leavings->reasoned + first};
    status = churn_kinds_ask(project, plan, data, workspace, &batch, kinds + first,
                             reasons == NULL ? NULL : reasons + first);
  }
  churn_workspace_free(workspace);
  return status == CHURN_OK ? CHURN_OK : churn_error_no_memory(error);
}

char *churn_kinds_excluded(const churn_project *project)
{
  char text[128] = "";
  size_t used = 0;
  for (int k = 0; k < CHURN_KIND_UNCLASSIFIED; k++)
    if (project->outcome.excluded[k])
      used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used == 0 ? "" : ",",
                               churn_kind_name((churn_kind)k));
  return churn_text_copy(text, used);
}

/* Looks for the recorded reason among what a feature reads. */
typedef struct search {
  const char *reason;
  bool found;
} search;

static void compare(void *context, const char *column)
{
  search *s = context;
  s->found = s->found || strcmp(column, s->reason) == 0;
}

churn_status churn_kinds_check_features(const churn_project *project, const churn_plan *plan,
                                        size_t features, churn_error *error)
{
  search s = {project->kinds.reason.text, false};
  for (size_t f = 0; s.reason != NULL && f < features && !s.found; f++)
    churn_plan_undated(plan, f, true, compare, &s);
  if (!s.found)
    return CHURN_OK;
  return churn_error_set_at(error, CHURN_BAD_PROJECT,
                            churn_project_place(project, &project->kinds.reason),
                            "a feature reads \"%s\", the recorded reason of leaving, which is "
                            "known only afterwards; take the feature out, or give the column a "
                            "`known_at`",
                            s.reason);
}
