/* What a count of churn rates reads, and the values of stays on a day.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "base/parallel.h"
#include "design/frame.h"
#include "jobs/rates_parts.h"
#include "jobs/segment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool churn_rates_possible(const churn_project *project)
{
  return project->outcome.kind == CHURN_OUTCOME_SILENT || project->left.text != NULL;
}

static churn_status check_project(const churn_project *project, churn_error *error)
{
  if (churn_rates_possible(project))
    return CHURN_OK;
  return churn_error_set_at(
      error, CHURN_BAD_PROJECT, churn_project_place(project, &project->outcome.place),
      "the project does not say on which day a customer leaves, so there are no rates over time%s; "
      "expected `left: COLUMN` under `customers`, or `outcome: {silent: HISTORY, horizon: 90d}`",
      churn_snapshots_flat(project) ? " (it is a flat export, without dates)" : "");
}

static void note_undated(void *context, const char *column)
{
  const churn_rates_job *job = context;
  churn_notes_add(churn_run_notes(job->run), CHURN_NOTE, "undated_segment", CHURN_NOWHERE,
                  "\"%s\" is known as of the export only: who changed segment counts where they "
                  "stand now",
                  column);
}

static churn_status build_plan(churn_rates_job *job, churn_error *error)
{
  const churn_located *value = &job->project->value;
  churn_expression segment, money = {.name = "value",
                                     .text = value->text,
                                     .place = churn_project_place(job->project, value),
                                     .rule = CHURN_EXPRESSION_VALUE};
  char *made = NULL;
  churn_status status = CHURN_OK;
  job->outputs = job->settings->by == NULL ? 0 : 1;
  if (job->outputs > 0)
    status = churn_segment_expression(job->project, job->schema, job->settings->by, &segment, &made,
                                      error);
  if (status == CHURN_OK)
    status = churn_plan_build(job->schema, job->outputs > 0 ? &segment : NULL, job->outputs,
                              value->text == NULL ? NULL : &money, job->run, &job->plan, error);
  if (status == CHURN_OK && job->outputs > 0)
    churn_plan_undated(job->plan, 0, false, note_undated, job);
  free(made);
  return status;
}

static churn_status read_data(churn_rates_job *job, churn_silence silence, churn_error *error)
{
  if (job->pipeline != NULL) {
    job->data = job->pipeline->data;
    return churn_plan_bind(job->plan, job->data, error);
  }
  churn_needs *needs = churn_needs_new(job->schema);
  if (needs == NULL)
    return churn_error_no_memory(error);
  churn_plan_add_needs(job->plan, needs);
  if (job->kinds != NULL)
    churn_plan_add_needs(job->kinds, needs);
  churn_needs_days(needs, job->schema);
  if (silence.days > 0)
    needs->source[1 + silence.history] = true;
  churn_data_settings reading = {false, true, CHURN_DAY_MISSING};
  churn_status status = churn_data_read(job->schema, needs, &reading, job->run, &job->data, error);
  churn_needs_free(needs);
  if (status == CHURN_OK)
    status = churn_plan_bind(job->plan, job->data, error);
  return status == CHURN_OK && job->kinds != NULL ? churn_plan_bind(job->kinds, job->data, error)
                                                  : status;
}

static void warn_weights(const churn_rates_job *job)
{
  if (job->project->fit.weighting == CHURN_WEIGHTING_NONE)
    return;
  churn_notes_add(
      churn_run_notes(job->run), CHURN_WARNING, "unweighted_rates", CHURN_NOWHERE,
      "the project says that rows stand for more customers than themselves; rates count "
      "the customers of the file, each once");
}

static void warn_no_leaver(const churn_rates_job *job)
{
  for (size_t i = 0; i < job->stay_count; i++)
    if (job->stays[i].left != CHURN_DAY_MISSING)
      return;
  churn_notes_add(churn_run_notes(job->run), CHURN_WARNING, "no_leavers", CHURN_NOWHERE,
                  "nobody in the data ever left: does the export hold those who did?");
}

churn_status churn_rates_open(churn_rates_job *job, churn_error *error)
{
  const churn_outcome_spec *outcome = &job->project->outcome;
  churn_silence silence = {0, 0};
  churn_status status = check_project(job->project, error);
  if (status == CHURN_OK && outcome->kind == CHURN_OUTCOME_SILENT)
    silence =
        (churn_silence){(size_t)churn_project_find_history(job->project, outcome->history.text),
                        outcome->horizon_days};
  if (job->pipeline != NULL)
    job->schema = job->pipeline->schema;
  else if (status == CHURN_OK)
    status = churn_schema_build(job->project, NULL, 0, job->run, &job->schema, error);
  if (status == CHURN_OK)
    status = build_plan(job, error);
  /* a pipeline's data holds what the caller's plan of kinds reads, where there is one */
  if (status == CHURN_OK && job->pipeline == NULL)
    status = churn_kinds_plan(job->project, job->schema, job->run, &job->kinds, error);
  if (status == CHURN_OK)
    status = read_data(job, silence, error);
  if (status == CHURN_OK)
    status = churn_stays_find(job->data, silence, job->data->data_until, &job->stays,
                              &job->stay_count, error);
  if (status == CHURN_OK) {
    warn_no_leaver(job);
    warn_weights(job);
  }
  job->threads = (size_t)churn_parallel_threads(job->run);
  return status == CHURN_OK ? churn_workspaces_new(job->plan, job->threads, &job->workspaces, error)
                            : status;
}

typedef struct evaluation {
  const churn_rates_job *job;
  const churn_day *as_of;
  double *codes, *values;
} evaluation;

static churn_status evaluate_tile(void *context, size_t tile, int thread, churn_error *error)
{
  const evaluation *e = context;
  size_t first = tile * CHURN_TILE_ROWS, rows = churn_tile_rows(e->job->stay_count, tile),
         asked = 0;
  size_t spells[CHURN_TILE_ROWS], places[CHURN_TILE_ROWS];
  churn_day days[CHURN_TILE_ROWS];
  double codes[CHURN_TILE_ROWS], values[CHURN_TILE_ROWS];
  for (size_t r = first; r < first + rows; r++)
    if (e->as_of[r] != CHURN_DAY_MISSING) {
      places[asked] = r;
      spells[asked] = e->job->stays[r].spell;
      days[asked++] = e->as_of[r];
    }
  churn_moments moments = {asked, spells, days};
  if (asked > 0 &&
      churn_plan_evaluate_moments(e->job->plan, e->job->workspaces[thread], &moments,
                                  e->job->outputs, CHURN_TILE_ROWS, codes, values) != CHURN_OK)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < asked; i++) {
    if (e->codes != NULL && e->job->outputs > 0)
      e->codes[places[i]] = codes[i];
    if (e->values != NULL)
      e->values[places[i]] = values[i];
  }
  return CHURN_OK;
}

bool churn_rates_evaluates(const churn_rates_job *job, bool values)
{
  return job->outputs > 0 || (values && job->project->value.text != NULL && !job->no_money);
}

churn_status churn_rates_evaluate(const churn_rates_job *job, const churn_day *as_of, double *codes,
                                  double *values, churn_error *error)
{
  evaluation e = {job, as_of, codes, values};
  for (size_t i = 0; i < job->stay_count; i++) {
    if (codes != NULL)
      codes[i] = NAN;
    if (values != NULL)
      values[i] = NAN;
  }
  if (!churn_rates_evaluates(job, values != NULL))
    return CHURN_OK;
  return churn_parallel_run(churn_tile_count(job->stay_count), evaluate_tile, &e, "values",
                            job->run, error);
}
