/* Two periods against each other, plain and adjusted for the mix of customers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/pipeline.h"
#include "jobs/rates_parts.h"
#include "monitor/proportion.h"
#include "score/scorer.h"

#include <stdlib.h>

static churn_status add_window(const churn_scorer *scorer, const churn_snapshots *rows,
                               const churn_run *run, size_t side, churn_rates_comparison *c,
                               churn_error *error)
{
  double *probabilities = churn_array_new(rows->count, sizeof *probabilities);
  churn_scores scores = {.probabilities = probabilities};
  churn_status status = probabilities == NULL
                            ? churn_error_no_memory(error)
                            : churn_scorer_run(scorer, rows, run, &scores, NULL, error);
  for (size_t i = 0; status == CHURN_OK && i < rows->count; i++) {
    c->expected[side] += probabilities[i];
    c->observed[side] += rows->rows[i].label == CHURN_LABEL_CHURNED;
  }
  c->rows[side] += rows->count;
  c->windows[side]++;
  free(probabilities);
  return status;
}

/* Windows follow one another without a gap between them, so that nobody's leaving counts twice. */
static churn_status add_windows(const churn_rates_job *job, const churn_pipeline *pipeline,
                                const churn_scorer *scorer, size_t side, churn_rates_comparison *c,
                                churn_error *error)
{
  const churn_outcome_spec *outcome = &job->project->outcome;
  const churn_period *period = &job->periods[side];
  churn_status status = CHURN_OK;
  for (churn_day day = period->first;
       status == CHURN_OK && day + outcome->gap_days + outcome->horizon_days <= period->end;
       day += outcome->horizon_days) {
    churn_snapshots *rows = NULL;
    status = churn_pipeline_snapshots(pipeline, day, day, CHURN_SNAPSHOTS_OBSERVED, job->run, &rows,
                                      error);
    if (status == CHURN_OK)
      status = add_window(scorer, rows, job->run, side, c, error);
    churn_snapshots_free(rows);
  }
  if (status == CHURN_OK && c->windows[side] == 0)
    status = churn_error_set(
        error, CHURN_USAGE,
        "compare: the %s period has %d days, fewer than one window of the model (a gap of %d days "
        "and a horizon of %d)",
        side == 0 ? "first" : "second", (int)(period->end - period->first), (int)outcome->gap_days,
        (int)outcome->horizon_days);
  return status;
}

static void warn(const churn_rates_job *job)
{
  const churn_model *model = job->settings->model;
  const churn_outcome_spec *outcome = &job->project->outcome;
  churn_notes *notes = churn_run_notes(job->run);
  if (model->horizon_days != outcome->horizon_days || model->gap_days != outcome->gap_days)
    churn_notes_add(notes, CHURN_WARNING, "other_outcome", CHURN_NOWHERE,
                    "the model expects churn within %d days after a gap of %d, and is held against "
                    "%d days after a gap of %d",
                    (int)model->horizon_days, (int)model->gap_days, (int)outcome->horizon_days,
                    (int)outcome->gap_days);
  if (model->last_as_of != CHURN_DAY_MISSING &&
      job->periods[0].first < model->last_as_of + model->gap_days + model->horizon_days)
    churn_notes_add(notes, CHURN_NOTE, "trained_on_period", CHURN_NOWHERE,
                    "the model was trained on days that reach into these periods: what it expects "
                    "there is close to what happened, and the adjusted change is drawn towards "
                    "none");
}

static void judge(const churn_rates_job *job, double level, churn_rates_comparison *c)
{
  for (int i = 0; i < 2; i++) {
    churn_estimate e = churn_observed_expected(c->observed[i], c->expected[i], level);
    c->ratio[i] = e.value;
    c->ratio_low[i] = e.low;
    c->ratio_high[i] = e.high;
  }
  churn_estimate r = churn_ratio_of_ratios(c->observed[0], c->expected[0], c->observed[1],
                                           c->expected[1], level, &c->p);
  c->relative = r.value;
  c->relative_low = r.low;
  c->relative_high = r.high;
  c->adjusted = true;
  warn(job);
}

static churn_status adjust(const churn_rates_job *job, double level, churn_rates_comparison *c,
                           churn_error *error)
{
  churn_pipeline_settings opening = {.model = job->settings->model, .with_labels = true};
  churn_pipeline *pipeline = NULL;
  churn_scorer *scorer = NULL;
  churn_status status = churn_pipeline_open(job->project, &opening, job->run, &pipeline, error);
  if (status == CHURN_OK)
    status = churn_scorer_new(job->settings->model, pipeline->plan, &scorer, error);
  for (size_t side = 0; side < 2 && status == CHURN_OK; side++)
    status = add_windows(job, pipeline, scorer, side, c, error);
  if (status == CHURN_OK)
    judge(job, level, c);
  churn_scorer_free(scorer);
  churn_pipeline_close(pipeline);
  return status;
}

churn_status churn_rates_compare(const churn_rates_job *job, churn_rates_comparison *comparison,
                                 churn_error *error)
{
  const churn_rate *before = &job->cells[0], *after = &job->cells[1];
  double level = job->settings->level > 0 ? job->settings->level : 0.95;
  churn_estimate d =
      churn_share_difference(before->lost, before->customers, after->lost, after->customers, level);
  *comparison = (churn_rates_comparison){
      .difference = d.value, .difference_low = d.low, .difference_high = d.high};
  if (job->settings->model == NULL)
    return CHURN_OK;
  if (job->project->outcome.kind == CHURN_OUTCOME_NONE)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){job->project->path, 0, 0},
                              "the project has no `outcome`, so nobody knows what the model's "
                              "probabilities are to be held against");
  return adjust(job, level, comparison, error);
}
