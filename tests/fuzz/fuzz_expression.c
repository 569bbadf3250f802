/* Any bytes as an expression of the feature language: refused with a place inside it, or evaluated
 * to a number that does not change when the future does.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "world.h"

#include "feature/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = 110 };

/* The same customer twice; the second world has no row of day T or later, and no value that became
 * known then. */
static const char *const worlds[] = {
    "source customers region:category size:number\nsource calls day=on agent:category done:day "
    "cost:number\n"
    "row customers anna 90 - north 12.5\nrow calls anna 95 bob 99 2.25\nrow calls anna 103 eve 115 "
    "7\n"
    "row calls anna 109 bob - 1.5\nrow calls anna 110 joe 112 9\nrow calls anna 130 eve 131 4",
    "source customers region:category size:number\nsource calls day=on agent:category done:day "
    "cost:number\n"
    "row customers anna 90 - north 12.5\nrow calls anna 95 bob 99 2.25\nrow calls anna 103 eve - "
    "7\n"
    "row calls anna 109 bob - 1.5"};

/* NAN for missing; texts by a hash of their bytes, because codes differ between worlds. */
static double value_in(world *w, const char *text, bool *good)
{
  const churn_expression expression = {.name = "f", .text = text, .place = {"p.yaml", 3, 7}};
  churn_plan *plan = NULL;
  churn_error error = {0};
  double value = NAN;
  churn_status status = churn_plan_build(&w->schema, &expression, 1, NULL, NULL, &plan, &error);
  *good = status == CHURN_OK;
  demand((status == CHURN_OK) == (plan != NULL));
  demand(status == CHURN_OK || (error.message[0] != '\0' && error.line >= 3));
  if (status != CHURN_OK)
    return NAN;
  demand(churn_plan_bind(plan, &w->data, &error) == CHURN_OK);
  churn_workspace *workspace = churn_workspace_new(plan);
  demand(churn_plan_evaluate(plan, workspace, 0, T, &value, NULL) == CHURN_OK);
  if (churn_plan_type(plan, 0) == CHURN_VALUE_TEXT && !isnan(value)) {
    const char *word = churn_plan_text(plan, value);
    for (value = 0; *word != '\0'; word++)
      value = value * 31 + (unsigned char)*word;
  }
  churn_workspace_free(workspace);
  churn_plan_free(plan);
  return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static world *made[2];
  double values[2];
  bool good[2];
  char *text = malloc(size + 1);
  demand(text != NULL);
  if (size > 0)
    memcpy(text, data, size);
  text[size] = '\0';
  for (size_t i = 0; i < 2; i++) {
    if (made[i] == NULL)
      made[i] = world_read(worlds[i]);
    values[i] = value_in(made[i], text, &good[i]);
  }
  demand(good[0] == good[1]);
  demand(memcmp(&values[0], &values[1], sizeof values[0]) == 0 ||
         (isnan(values[0]) && isnan(values[1])));
  free(text);
  return 0;
}
