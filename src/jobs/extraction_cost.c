/* How long a set of features takes to extract.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/extraction_cost.h"

#include "base/clock.h"
#include "base/memory.h"
#include "design/frame.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_ROWS = 4096, TIMES = 3 };

static churn_status build_plan(const churn_pipeline *p, const churn_feature_set *set,
                               churn_plan **plan, churn_error *error)
{
  const churn_located *value = &p->project->value;
  churn_expression money = {.name = "value", .text = value->text, .rule = CHURN_EXPRESSION_VALUE};
  churn_expression *expressions = churn_array_new(set->count, sizeof *expressions);
  size_t count = 0;
  if (expressions == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < p->feature_count; f++)
    if (set->holds[f])
      expressions[count++] = (churn_expression){.name = p->selection->features[f].name.text,
                                                .text = p->selection->features[f].expression.text};
  churn_status status = churn_plan_build(p->schema, expressions, count,
                                         value->text == NULL ? NULL : &money, NULL, plan, error);
  if (status == CHURN_OK)
    status = churn_plan_bind(*plan, p->data, error);
  free(expressions);
  return status;
}

static churn_status time_plan(const churn_plan *plan, const churn_snapshots *sample,
                              size_t features, double *milliseconds, churn_error *error)
{
  const churn_run alone = {.threads = 1};
  double best = INFINITY;
  churn_status status = CHURN_OK;
  for (int i = 0; status == CHURN_OK && i < TIMES; i++) {
    churn_frame *frame = NULL;
    double begun = churn_clock_milliseconds();
    status = churn_frame_build(plan, sample, 0, sample->count, features, &alone, &frame, error);
    best = fmin(best, churn_clock_milliseconds() - begun);
    churn_frame_free(frame);
  }
  *milliseconds = best * 1000 / (double)sample->count;
  return status;
}

churn_status churn_extraction_cost(const churn_pipeline *pipeline, const churn_snapshots *rows,
                                   const churn_feature_set *set, double *milliseconds,
                                   churn_error *error)
{
  churn_snapshots sample = {.count = rows->count < MOST_ROWS ? rows->count : MOST_ROWS};
  churn_plan *plan = NULL;
  sample.rows = churn_array_new(sample.count, sizeof *sample.rows);
  churn_status status =
      sample.rows == NULL ? churn_error_no_memory(error) : build_plan(pipeline, set, &plan, error);
  for (size_t i = 0; status == CHURN_OK && i < sample.count; i++)
    sample.rows[i] = rows->rows[i * rows->count / sample.count];
  if (status == CHURN_OK)
    status = time_plan(plan, &sample, set->count, milliseconds, error);
  churn_plan_free(plan);
  free(sample.rows);
  return status;
}
