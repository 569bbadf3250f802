/* What is in the reps' books now: customers, money, risk, and the risk if the rep left.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/new_rep.h"
#include "jobs/reps_parts.h"
#include "score/scorer.h"

#include <math.h>
#include <stdlib.h>

/* Of a flat export those are no customers any more who are marked as lost. */
static void drop_lost(const churn_reps_job *job, churn_snapshots *rows)
{
  size_t kept = 0;
  for (size_t i = 0; i < rows->count; i++)
    if (job->as_of != CHURN_DAY_MISSING || rows->rows[i].label != CHURN_LABEL_CHURNED)
      rows->rows[kept++] = rows->rows[i];
  rows->count = kept;
}

static churn_status score(const churn_reps_job *job, const churn_plan *plan, double *probabilities,
                          double *values, churn_error *error)
{
  churn_scorer *scorer = NULL;
  churn_scores scores = {.probabilities = probabilities, .values = values};
  churn_status status = churn_scorer_new(job->model, plan, &scorer, error);
  if (status == CHURN_OK)
    status = churn_scorer_run(scorer, job->now.rows, job->run, &scores, NULL, error);
  churn_scorer_free(scorer);
  return status;
}

/* The one category of one history that the rep is read from, where the model looks at that history,
 * too. */
static churn_status find_place(const churn_reps_job *job, churn_new_rep_place *place, bool *found,
                               churn_error *error)
{
  const churn_schema *schema = job->pipeline->schema;
  churn_needs *rep = churn_needs_new(schema), *model = churn_needs_new(schema);
  size_t count = 0;
  if (rep != NULL && model != NULL) {
    churn_plan_add_needs(job->rep, rep);
    churn_plan_add_needs(job->pipeline->plan, model);
    for (size_t s = 1; s < schema->source_count; s++)
      for (size_t c = 0; rep->source[s] && c < schema->sources[s].column_count; c++)
        if (rep->wanted[s][c] && schema->sources[s].columns[c].type == CHURN_TYPE_CATEGORY) {
          *place = (churn_new_rep_place){s - 1, c};
          count++;
        }
    *found = count == 1 && model->source[place->history + 1];
  }
  churn_status status = rep == NULL || model == NULL ? churn_error_no_memory(error) : CHURN_OK;
  churn_needs_free(rep);
  churn_needs_free(model);
  return status;
}

static churn_status choose_customers(const churn_reps_job *job, bool **chosen, churn_error *error)
{
  *chosen = churn_array_new(job->pipeline->data->customers.count, sizeof **chosen);
  if (*chosen == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < job->now.rows->count; i++)
    (*chosen)[job->now.rows->rows[i].customer] = !isnan(job->now.codes[i]);
  return CHURN_OK;
}

static churn_status expose(churn_reps_job *job, churn_new_rep_place place, churn_error *error)
{
  churn_new_rep changed = {.histories = NULL};
  churn_plan *plan = NULL;
  bool *chosen = NULL;
  churn_status status = choose_customers(job, &chosen, error);
  job->exposed_risks = churn_array_new(job->now.rows->count, sizeof *job->exposed_risks);
  if (status == CHURN_OK && job->exposed_risks == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK)
    status =
        churn_new_rep_make(job->pipeline->data, place, chosen, job->as_of - 1, &changed, error);
  if (status == CHURN_OK)
    status = churn_pipeline_plan(job->pipeline, job->model, job->run, &plan, error);
  if (status == CHURN_OK)
    status = churn_plan_bind(plan, &changed.data, error);
  if (status == CHURN_OK)
    status = score(job, plan, job->exposed_risks, NULL, error);
  churn_plan_free(plan);
  churn_new_rep_clear(&changed);
  free(chosen);
  return status;
}

churn_status churn_reps_look_now(churn_reps_job *job, churn_error *error)
{
  churn_new_rep_place place = {0, 0};
  bool found = false;
  churn_status status =
      churn_pipeline_base(job->pipeline, job->as_of, job->run, &job->now.rows, error);
  if (status != CHURN_OK)
    return status;
  drop_lost(job, job->now.rows);
  job->risks = churn_array_new(job->now.rows->count, sizeof *job->risks);
  job->values = churn_array_new(job->now.rows->count, sizeof *job->values);
  status = job->risks == NULL || job->values == NULL ? churn_error_no_memory(error)
                                                     : churn_reps_find(job, &job->now, error);
  if (status == CHURN_OK)
    status = score(job, job->pipeline->plan, job->risks, job->values, error);
  if (status == CHURN_OK && job->as_of != CHURN_DAY_MISSING)
    status = find_place(job, &place, &found, error);
  return status == CHURN_OK && found ? expose(job, place, error) : status;
}
