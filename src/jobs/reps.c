/* The scorecard of reps, whole: who tells the rep, model, data, books then and now, tally.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/rep.h"
#include "jobs/reps_parts.h"
#include "jobs/segment.h"
#include "score/ranking.h"

#include <churn/train.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void clear_rep(churn_rep *rep)
{
  free(rep->name);
  free(rep->snapshots);
}

void churn_reps_free(churn_reps *reps)
{
  if (reps == NULL)
    return;
  for (size_t i = 0; i < reps->count; i++)
    clear_rep(&reps->reps[i]);
  clear_rep(&reps->total);
  free(reps->reps);
  free(reps->days);
  free(reps->funnel);
  free(reps->expression);
  free(reps->model);
  free(reps);
}

static void clear_rows(churn_rep_rows *rows)
{
  churn_snapshots_free(rows->rows);
  free(rows->codes);
}

static void clear_job(churn_reps_job *job)
{
  clear_rows(&job->past);
  clear_rows(&job->now);
  free(job->days);
  free(job->expected);
  free(job->values);
  free(job->risks);
  free(job->exposed_risks);
  free(job->expression);
  churn_plan_free(job->rep);
  churn_pipeline_close(job->pipeline);
  churn_model_free(job->trained);
}

static churn_status check(const churn_reps_job *job, churn_error *error)
{
  double level = job->settings->level;
  if (level < 0 || level >= 1 || isnan(level))
    return churn_error_set(error, CHURN_USAGE,
                           "the level of limits is to lie between 0 and 1, such as 0.95");
  if (job->project->outcome.kind == CHURN_OUTCOME_NONE)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){job->project->path, 0, 0},
                              "the project has no `outcome`, so nobody knows who left");
  return CHURN_OK;
}

/* What training has to say belongs to `churn train`. */
static churn_status find_model(churn_reps_job *job, churn_error *error)
{
  const churn_reps_settings *s = job->settings;
  const churn_train_settings settings = {
      .first = s->first, .last = s->last, .test_from = CHURN_DAY_MISSING, .no_leaks = true};
  churn_run quiet = job->run == NULL ? (churn_run){0} : *job->run;
  quiet.notes = NULL;
  job->model = s->model;
  if (job->model != NULL)
    return CHURN_OK;
  churn_status status = churn_train(job->project, &settings, &quiet, &job->trained, error);
  job->model = job->trained;
  if (status == CHURN_OK)
    churn_notes_add(churn_run_notes(job->run), CHURN_NOTE, "trained", CHURN_NOWHERE,
                    "no model was given, so one was trained on %" PRIu64 " rows with %" PRIu64
                    " churners (out-of-fold AUC %.3f)",
                    job->trained->rows, job->trained->churners,
                    job->trained->out_of_fold.figures.auc);
  return status;
}

static void note_undated(void *context, const char *column)
{
  const churn_reps_job *job = context;
  churn_notes_add(churn_run_notes(job->run), CHURN_WARNING, "undated_rep", CHURN_NOWHERE,
                  "\"%s\" is known as of the export only: customers count for the rep they have "
                  "now, or had at the end, not for the one who lost them",
                  column);
}

static churn_status plan_segment(churn_reps_job *job, churn_error *error)
{
  churn_expression expression;
  char *made = NULL;
  churn_status status = churn_segment_expression(job->project, job->pipeline->schema,
                                                 job->settings->by, &expression, &made, error);
  if (status == CHURN_OK)
    status =
        churn_plan_build(job->pipeline->schema, &expression, 1, NULL, job->run, &job->rep, error);
  free(made);
  return status == CHURN_OK ? churn_text_set(&job->expression, job->settings->by, error) : status;
}

churn_status churn_reps_plan(churn_reps_job *job, churn_error *error)
{
  churn_status status = job->settings->by != NULL
                            ? plan_segment(job, error)
                            : churn_rep_plan(job->project, job->pipeline->schema, job->run,
                                             &job->rep, &job->expression, error);
  if (status == CHURN_OK && !churn_snapshots_flat(job->project))
    churn_plan_undated(job->rep, 0, false, note_undated, job);
  return status;
}

static churn_status open(churn_reps_job *job, churn_error *error)
{
  churn_pipeline_settings opening = {
      .model = job->model, .with_labels = true, .weighted = true, .no_data = true};
  churn_status status =
      churn_pipeline_open(job->project, &opening, job->run, &job->pipeline, error);
  if (status == CHURN_OK)
    status = churn_selection_of_model(job->model, &job->pipeline->selection, error);
  if (status == CHURN_OK)
    status = churn_reps_plan(job, error);
  if (status != CHURN_OK)
    return status;
  job->pipeline->beside[0] = job->rep;
  status = churn_pipeline_load(job->pipeline, job->run, error);
  return status == CHURN_OK
             ? churn_score_day(job->pipeline, job->settings->as_of, job->run, &job->as_of, error)
             : status;
}

static churn_status describe(churn_reps_job *job, churn_reps *reps, churn_error *error)
{
  reps->level = job->settings->level > 0 ? job->settings->level : 0.95;
  reps->as_of = job->as_of;
  reps->gap_days = job->project->outcome.gap_days;
  reps->horizon_days = job->project->outcome.horizon_days;
  reps->exposed = job->exposed_risks != NULL;
  reps->already = job->already;
  reps->day_count = job->day_count;
  churn_status status = churn_text_set(&reps->expression, job->expression, error);
  if (status == CHURN_OK)
    status = churn_text_set(&reps->model, job->model->id, error);
  reps->days = churn_array_new(job->day_count, sizeof *reps->days);
  if (reps->days == NULL)
    return churn_error_no_memory(error);
  memcpy(reps->days, job->days, job->day_count * sizeof *reps->days);
  return status;
}

static churn_status make(churn_reps_job *job, churn_reps **reps, churn_error *error)
{
  churn_reps *made = calloc(1, sizeof *made);
  if (made == NULL)
    return churn_error_no_memory(error);
  churn_status status = describe(job, made, error);
  if (status == CHURN_OK)
    status = churn_reps_tally(job, made, error);
  if (status == CHURN_OK)
    *reps = made;
  else
    churn_reps_free(made);
  return status;
}

/* What the reader is to know of the money. */
static void say_what_is_missing(const churn_reps_job *job)
{
  churn_notes *notes = churn_run_notes(job->run);
  if (job->project->value.text == NULL)
    churn_notes_add(notes, CHURN_NOTE, "no_value", CHURN_NOWHERE,
                    "the project has no `value`, so there is no money at risk");
  if (job->exposed_risks == NULL)
    churn_notes_add(notes, CHURN_NOTE, "no_exposure", CHURN_NOWHERE,
                    "no feature of the model looks at the history that tells the rep, so what a "
                    "rep's leaving would do is not known; what hangs on a rep is the book's value");
  if (job->project->fit.weighting == CHURN_WEIGHTING_SAMPLED ||
      job->project->fit.weighting == CHURN_WEIGHTING_INCLUSION)
    churn_notes_add(notes, CHURN_WARNING, "unweighted_reps", CHURN_NOWHERE,
                    "the project says that the file is a sample; books hold the customers of the "
                    "file, each once");
}

churn_status churn_reps_count(const churn_project *project, const churn_reps_settings *settings,
                              const churn_run *run, churn_reps **reps, churn_error *error)
{
  churn_reps_job job = {.project = project, .settings = settings, .run = run};
  churn_status status = check(&job, error);
  churn_status (*const steps[])(churn_reps_job *, churn_error *) = {
      find_model, open, churn_reps_look_back, churn_reps_look_now};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CHURN_OK; i++)
    status = steps[i](&job, error);
  if (status == CHURN_OK)
    status = make(&job, reps, error);
  if (status == CHURN_OK)
    say_what_is_missing(&job);
  clear_job(&job);
  return status;
}
