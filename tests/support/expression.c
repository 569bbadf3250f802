/* Expressions evaluated on a world made by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static churn_expression expression_of(const char *text, churn_expression_rule rule)
{
  return (churn_expression){.name = "tested",
                            .text = text,
                            .place = {"project.yaml", 7, 20},
                            .rule = rule,
                            .history = rule == CHURN_EXPRESSION_CONDITION ? "calls" : NULL};
}

churn_plan *plan_of(const world *w, const char *const *texts, size_t count, const char *value)
{
  churn_plan *plan = NULL;
  churn_error error = {.status = CHURN_OK};
  churn_expression *expressions = calloc(count + 1, sizeof *expressions);
  for (size_t i = 0; i < count; i++)
    expressions[i] = expression_of(texts[i], CHURN_EXPRESSION_FEATURE);
  churn_expression value_expression = expression_of(value, CHURN_EXPRESSION_VALUE);
  assert_ok(churn_plan_build(&w->schema, expressions, count,
                             value == NULL ? NULL : &value_expression, NULL, &plan, &error),
            &error);
  assert_ok(churn_plan_bind(plan, &w->data, &error), &error);
  free(expressions);
  return plan;
}

/* Evaluates the only output of a plan. */
static double evaluate_plan(const churn_plan *plan, size_t spell, churn_day as_of)
{
  double value = 0;
  churn_workspace *workspace = churn_workspace_new(plan);
  assert_non_null(workspace);
  assert_ok(churn_plan_evaluate(plan, workspace, spell, as_of, &value, NULL), NULL);
  churn_workspace_free(workspace);
  return value;
}

double evaluated(const world *w, const char *text, size_t spell, churn_day as_of)
{
  churn_plan *plan = plan_of(w, &text, 1, NULL);
  double value = evaluate_plan(plan, spell, as_of);
  churn_plan_free(plan);
  return value;
}

const char *evaluated_text(const world *w, const char *text, size_t spell, churn_day as_of)
{
  static char result[256];
  churn_plan *plan = plan_of(w, &text, 1, NULL);
  assert_int_equal(churn_plan_type(plan, 0), CHURN_VALUE_TEXT);
  double value = evaluate_plan(plan, spell, as_of);
  const char *found = isnan(value) ? "(missing)" : churn_plan_text(plan, value);
  assert_non_null(found);
  snprintf(result, sizeof result, "%s", found);
  churn_plan_free(plan);
  return result;
}

const churn_error *fault_of(const world *w, churn_expression_rule rule, const char *text)
{
  static churn_error error;
  churn_plan *plan = NULL;
  churn_expression expression = expression_of(text, rule);
  error = (churn_error){.status = CHURN_OK};
  churn_status status = churn_plan_build(&w->schema, &expression, 1, NULL, NULL, &plan, &error);
  if (status != CHURN_BAD_PROJECT) {
    print_error("'%s' gave status %d\n", text, (int)status);
    fail();
  }
  assert_null(plan);
  assert_int_equal(error.status, CHURN_BAD_PROJECT);
  return &error;
}
