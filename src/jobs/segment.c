/* Groups of customers by what somebody names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/segment.h"

#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <string.h>

churn_status churn_segment_expression(const churn_project *project, const churn_schema *schema,
                                      const char *by, churn_expression *expression, char **made,
                                      churn_error *error)
{
  *expression = (churn_expression){"by", by, {"--by", 1, 1}, CHURN_EXPRESSION_FEATURE, NULL, false};
  for (size_t i = 0; i < project->feature_count; i++)
    if (strcmp(project->features[i].name.text, by) == 0) {
      const churn_feature_spec *feature = &project->features[i];
      expression->text = feature->expression.text;
      expression->place =
          feature->is_default ? CHURN_NOWHERE : churn_project_place(project, &feature->expression);
      return CHURN_OK;
    }
  if (churn_schema_find_column(&schema->sources[0], by) < 0)
    return CHURN_OK;
  *made = churn_text_format("customers.`%s`", by);
  if (*made == NULL)
    return churn_error_no_memory(error);
  expression->text = *made;
  return CHURN_OK;
}

char *churn_segment_text(const churn_plan *plan, size_t output, double code)
{
  char number[CHURN_NUMBER_TEXT_SIZE];
  churn_value_type type = churn_plan_type(plan, output);
  const char *text = "(missing)";
  if (isnan(code))
    return churn_text_copy(text, strlen(text));
  if (type == CHURN_VALUE_TEXT)
    text = churn_plan_text(plan, code);
  else if (type == CHURN_VALUE_TRUTH)
    text = code != 0 ? "yes" : "no";
  else {
    churn_number_format(code, number);
    text = number;
  }
  return churn_text_copy(text, strlen(text));
}

int churn_segments_compare(const void *left, const void *right)
{
  const double *a = left, *b = right;
  if (isnan(*a) || isnan(*b))
    return isnan(*a) - isnan(*b);
  return (*a > *b) - (*a < *b);
}
