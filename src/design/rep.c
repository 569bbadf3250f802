/* Who looks after a customer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/rep.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char churn_rep_history[] = "reps";

static const char expected[] = "expected `rep: last(COLUMN from HISTORY)` in the project";

/* The one category of the history. */
static churn_status find_default(const churn_project *project, const churn_schema *schema,
                                 char **text, churn_error *error)
{
  const churn_schema_column *found = NULL;
  int source = churn_schema_find_source(schema, churn_rep_history);
  size_t count = 0;
  for (size_t c = 0; source > 0 && c < schema->sources[source].column_count; c++)
    if (schema->sources[source].columns[c].type == CHURN_TYPE_CATEGORY) {
      found = &schema->sources[source].columns[c];
      count++;
    }
  if (source <= 0)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){project->path, 0, 0},
                              "nothing tells who looks after a customer: there is no history "
                              "`%s`; %s",
                              churn_rep_history, expected);
  if (count != 1)
    return churn_error_set_at(error, CHURN_BAD_PROJECT,
                              churn_project_place(project, &project->histories[source - 1].name),
                              "which column of `%s` names the rep? It has %zu categories; %s",
                              churn_rep_history, count, expected);
  *text = churn_text_format("last(`%s` from %s)", found->name, churn_rep_history);
  return *text == NULL ? churn_error_no_memory(error) : CHURN_OK;
}

churn_status churn_rep_plan(const churn_project *project, const churn_schema *schema,
                            const churn_run *run, churn_plan **plan, char **text,
                            churn_error *error)
{
  churn_expression expression = {.name = "rep"};
  char *own = NULL;
  churn_plan *made = NULL;
  churn_status status = CHURN_OK;
  if (project->rep.text == NULL)
    status = find_default(project, schema, &own, error);
  else {
    expression.place = churn_project_place(project, &project->rep);
    status = churn_text_set(&own, project->rep.text, error);
  }
  expression.text = own;
  if (status == CHURN_OK)
    status = churn_plan_build(schema, &expression, 1, NULL, run, &made, error);
  if (status == CHURN_OK && churn_plan_type(made, 0) != CHURN_VALUE_TEXT)
    status = churn_error_set_at(error, CHURN_BAD_PROJECT, expression.place,
                                "rep: \"%.200s\" is no category; expected one, such as "
                                "last(rep_id from reps) with `columns: {rep_id: category}`",
                                own);
  if (status == CHURN_OK) {
    *plan = made;
    made = NULL;
  }
  if (status == CHURN_OK && text != NULL) {
    *text = own;
    own = NULL;
  }
  churn_plan_free(made);
  free(own);
  return status;
}
