/* The logits that a model gives everybody in the base of a day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/base_scores.h"

#include "base/memory.h"

#include <stdlib.h>

void churn_base_scores_clear(churn_base_scores *scores)
{
  churn_snapshots_free(scores->rows);
  free(scores->logits);
  *scores = (churn_base_scores){0};
}

static churn_status score_rows(const churn_pipeline *pipeline, const churn_model *model,
                               const churn_run *run, churn_base_scores *made, churn_error *error)
{
  churn_scorer *scorer = NULL;
  made->logits = churn_array_new(made->rows->count, sizeof *made->logits);
  churn_scores scores = {.logits = made->logits};
  churn_status status = made->logits == NULL
                            ? churn_error_no_memory(error)
                            : churn_scorer_new(model, pipeline->plan, &scorer, error);
  if (status == CHURN_OK)
    status = churn_scorer_run(scorer, made->rows, run, &scores, NULL, error);
  churn_scorer_free(scorer);
  return status;
}

churn_status churn_base_score(const churn_pipeline *pipeline, const churn_model *model,
                              churn_day as_of, churn_day seen_before, const churn_run *run,
                              churn_base_scores *scores, churn_error *error)
{
  churn_base_scores made = {0};
  churn_status status = churn_pipeline_base(pipeline, as_of, run, &made.rows, error);
  churn_plan_see_before(pipeline->plan, seen_before);
  if (status == CHURN_OK)
    status = score_rows(pipeline, model, run, &made, error);
  churn_plan_see_before(pipeline->plan, CHURN_DAY_MISSING);
  if (status == CHURN_OK)
    *scores = made;
  else
    churn_base_scores_clear(&made);
  return status;
}
