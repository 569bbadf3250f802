/* One night in its stages: reading, scoring, judging.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/night.h"

#include "base/error.h"
#include "base/memory.h"
#include "jobs/changes.h"
#include "jobs/loyal.h"
#include "jobs/past_lists.h"
#include "jobs/rates_parts.h"
#include "jobs/reps_parts.h"
#include "jobs/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_flat(const churn_night *n)
{
  return churn_snapshots_flat(n->project);
}

/* The log of contacts is kept by the desk, and says nothing of when the exports end. */
static bool is_log(const churn_night *n, const churn_night_source *source)
{
  const char *log = n->project->contacts.history.text;
  return log != NULL && strcmp(log, source->name) == 0;
}

/* The data end where the night begins, also when the export goes on: nothing later may count. */
static void end_data(churn_night *n)
{
  churn_day newest = n->project->data_until;
  if (newest == CHURN_DAY_MISSING)
    for (size_t i = 1; i < n->source_count; i++)
      if (!is_log(n, &n->sources[i]) && n->sources[i].census.newest > newest)
        newest = n->sources[i].census.newest;
  n->pipeline->data->data_until = newest >= n->as_of ? n->as_of - 1 : newest;
}

static churn_status take_census(churn_night *n, churn_error *error)
{
  const churn_data *data = n->pipeline->data;
  n->sources = churn_array_new(1 + n->project->history_count, sizeof *n->sources);
  if (n->sources == NULL)
    return churn_error_no_memory(error);
  n->sources[n->source_count++] =
      (churn_night_source){"customers", -1, {.newest = CHURN_DAY_MISSING}};
  for (size_t i = 0; i < n->project->history_count; i++)
    if (data->histories[i].loaded)
      n->sources[n->source_count++] = (churn_night_source){
          data->histories[i].name, (int)i, churn_history_census(&data->histories[i], n->as_of)};
  if (!is_flat(n))
    end_data(n);
  return CHURN_OK;
}

/* A page tells of reps where the project says who they are, or has one history of them. */
static churn_status find_rep(churn_night *n, const churn_run *run, churn_error *error)
{
  static const churn_reps_settings settings = {.by = NULL};
  churn_run silent = run == NULL ? (churn_run){0} : *run;
  silent.notes = NULL;
  churn_reps_job job = {
      .project = n->project, .settings = &settings, .run = &silent, .pipeline = n->pipeline};
  churn_error fault = {0};
  churn_status status = churn_reps_plan(&job, &fault);
  free(job.expression);
  n->rep = job.rep;
  if (status == CHURN_BAD_PROJECT && n->project->rep.text == NULL)
    return CHURN_OK;
  if (status != CHURN_OK && error != NULL)
    *error = fault;
  return status;
}

/* A page tells of kinds of loss where it tells of losses. */
static churn_status find_kinds(churn_night *n, const churn_run *run, churn_error *error)
{
  churn_run silent = run == NULL ? (churn_run){0} : *run;
  silent.notes = NULL;
  return is_flat(n) || !churn_rates_possible(n->project)
             ? CHURN_OK
             : churn_kinds_plan(n->project, n->pipeline->schema, &silent, &n->kinds, error);
}

churn_status churn_night_read(churn_night *night, const churn_run *run, churn_error *error)
{
  bool newest = night->as_of == CHURN_DAY_MISSING;
  churn_pipeline_settings opening = {
      .model = night->model, .before = newest ? INT32_MAX : night->as_of, .no_data = true};
  churn_status status = churn_pipeline_open(night->project, &opening, run, &night->pipeline, error);
  if (status == CHURN_OK && night->paged)
    status = find_rep(night, run, error);
  if (status == CHURN_OK && night->paged)
    status = find_kinds(night, run, error);
  if (status != CHURN_OK)
    return status;
  night->pipeline->beside[0] = night->rep;
  night->pipeline->beside[1] = night->kinds;
  status = churn_pipeline_load(night->pipeline, run, error);
  if (status == CHURN_OK && newest && !is_flat(night))
    status = churn_score_day(night->pipeline, CHURN_DAY_MISSING, NULL, &night->as_of, error);
  return status == CHURN_OK ? take_census(night, error) : status;
}

static churn_status watch(void *context, const churn_frame *frame, const churn_scores *scores,
                          const churn_run *run, churn_error *error)
{
  churn_night *night = context;
  if (night->segments != NULL)
    churn_segments_add(night->segments, frame, scores);
  return churn_profile_add(night->profile, frame, run, error);
}

churn_day churn_night_closed(const churn_night *night)
{
  const churn_outcome_spec *outcome = &night->project->outcome;
  churn_day end = night->pipeline->data->data_until;
  bool made = outcome->kind == CHURN_OUTCOME_LEFT || outcome->kind == CHURN_OUTCOME_SILENT ||
              outcome->kind == CHURN_OUTCOME_EVENT || outcome->kind == CHURN_OUTCOME_DROP;
  return made && end != CHURN_DAY_MISSING ? end + 1 - outcome->gap_days - outcome->horizon_days
                                          : CHURN_DAY_MISSING;
}

/* The base of the newest day of which is known what became of it. */
static churn_status look_back(churn_night *n, const churn_run *run, churn_error *error)
{
  n->recent.as_of = churn_night_closed(n);
  if (n->recent.as_of == CHURN_DAY_MISSING)
    return CHURN_OK;
  churn_status status = churn_base_score(n->pipeline, n->model, n->recent.as_of, CHURN_DAY_MISSING,
                                         run, &n->recent_scores, error);
  if (status == CHURN_OK) {
    n->recent.churned = n->recent_scores.rows->days[0].churned;
    n->recent.stayed = n->recent_scores.rows->days[0].stayed;
  }
  return status;
}

churn_status churn_night_score(churn_night *night, const churn_run *run, churn_error *error)
{
  churn_score_settings settings = {.as_of = is_flat(night) ? CHURN_DAY_MISSING : night->as_of,
                                   .top = night->top,
                                   .language = night->language};
  churn_status status =
      churn_profile_new(night->model, night->pipeline->plan, &night->profile, error);
  churn_frame_watcher watcher = {watch, night};
  if (status == CHURN_OK && night->paged)
    status = churn_segments_new(night->model, night->pipeline->plan, &night->segments, error);
  if (status == CHURN_OK)
    status = churn_ranking_open(night->pipeline, night->model, &settings, &watcher, run,
                                &night->ranking, &night->score, error);
  night->recent.as_of = CHURN_DAY_MISSING;
  if (status == CHURN_OK)
    status = look_back(night, run, error);
  if (status == CHURN_OK)
    night->sources[0].census.rows = night->score.customers;
  return status;
}

/* What earlier runs say of a source's rows. Who released one said that this is how it is now. */
static churn_status judge_rows(churn_night *n, const churn_past_runs *past,
                               const churn_night_source *source, churn_error *error)
{
  churn_row_count earlier[CHURN_MOST_ROW_COUNTS];
  size_t count = 0;
  for (size_t i = 0; i < past->count && count < CHURN_MOST_ROW_COUNTS; i++) {
    earlier[count].day = past->runs[i].day;
    if (churn_past_rows(&past->runs[i], source->name, &earlier[count].rows))
      count++;
    if (past->runs[i].released)
      break;
  }
  return churn_gate_rows(n->project->nightly.gates, source->name, n->as_of, source->census.rows,
                         earlier, count, &n->findings, error);
}

static bool trained_on_rows(const churn_model *model, const char *source)
{
  for (size_t i = 0; i < model->input_count; i++)
    if (strcmp(model->inputs[i].source, source) == 0)
      return model->inputs[i].rows > 0;
  return false;
}

static churn_status judge_source(churn_night *n, const churn_past_runs *past,
                                 const churn_night_source *source, churn_error *error)
{
  const churn_gate_spec *gates = n->project->nightly.gates;
  const churn_census *census = &source->census;
  bool log = is_log(n, source);
  churn_status status = log ? CHURN_OK : judge_rows(n, past, source, error);
  if (status == CHURN_OK && source->history >= 0)
    status = churn_gate_share(gates, CHURN_GATE_UNMATCHED, source->name, census->unmatched,
                              census->unmatched + census->rows, &n->findings, error);
  if (status == CHURN_OK && source->history >= 0 && !log)
    status = churn_gate_freshness(gates, source->name, n->as_of, census,
                                  trained_on_rows(n->model, source->name), &n->findings, error);
  return status;
}

/* A row without a day is left out like one that cannot be read. */
static uint64_t dayless_rows(const churn_data *data, const char *name)
{
  int history = churn_project_find_history(data->schema->project, name);
  return history < 0 ? 0 : data->histories[history].rows_dayless;
}

static churn_status judge_inputs(churn_night *n, churn_error *error)
{
  const churn_data *data = n->pipeline->data;
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < data->input_count && status == CHURN_OK; i++) {
    const churn_input *input = &data->inputs[i];
    status = churn_gate_share(n->project->nightly.gates, CHURN_GATE_REJECTED, input->name,
                              input->rejected + dayless_rows(data, input->name),
                              input->rejected + input->rows, &n->findings, error);
  }
  return status;
}

static churn_status judge_feature(churn_night *n, size_t feature, churn_error *error)
{
  const churn_gate_spec *gates = n->project->nightly.gates;
  const churn_model_feature *f = &n->model->features[feature];
  churn_status status = churn_gate_missing(gates, n->profile, feature, &n->findings, error);
  if (status == CHURN_OK && f->kind == CHURN_FEATURE_CATEGORY)
    status = churn_gate_share(gates, CHURN_GATE_UNSEEN, f->name,
                              churn_profile_unseen(n->profile, feature), n->profile->rows,
                              &n->findings, error);
  return status;
}

static churn_status judge_scores(churn_night *n, churn_error *error)
{
  const churn_gate_spec *gates = n->project->nightly.gates;
  const churn_base_scores *recent = &n->recent_scores;
  churn_sample before = {recent->logits, recent->rows == NULL ? 0 : recent->rows->count};
  churn_sample now = {churn_ranking_logits(n->ranking), churn_ranking_customers(n->ranking)};
  double mean = n->score.expected_churners / (double)n->score.customers;
  churn_status status =
      churn_gate_drift(gates, n->profile, n->score.customers, &n->findings, error);
  if (status == CHURN_OK)
    status =
        churn_gate_scores(gates, recent->rows == NULL ? NULL : &before, &now, &n->findings, error);
  return status == CHURN_OK ? churn_gate_rate(gates, mean, &n->recent, &n->findings, error)
                            : status;
}

churn_status churn_night_judge(churn_night *night, const churn_run *run, churn_error *error)
{
  churn_past_runs past = {0};
  churn_status status =
      churn_past_runs_read(night->root, night->as_of, CHURN_MOST_ROW_COUNTS, run, &past, error);
  for (size_t i = 0; i < night->source_count && status == CHURN_OK; i++)
    status = judge_source(night, &past, &night->sources[i], error);
  if (status == CHURN_OK)
    status = judge_inputs(night, error);
  for (size_t f = 0; f < night->model->feature_count && status == CHURN_OK; f++)
    status = judge_feature(night, f, error);
  if (status == CHURN_OK)
    status = judge_scores(night, error);
  if (status == CHURN_OK)
    churn_night_know(night, &past);
  churn_past_runs_clear(&past);
  return status;
}

/* Who of the control group stood on the lists that still count for capacity; NULL = nobody. */
static churn_status find_listed(const churn_night *n, const churn_run *run, churn_day **listed,
                                churn_error *error)
{
  const churn_capacity_spec *c = &n->project->capacity;
  int32_t days = c->per_days > c->rest_days ? c->per_days : c->rest_days;
  *listed = NULL;
  if (days == 0 || !churn_project_has_control(n->project))
    return CHURN_OK;
  return churn_past_control(n->root, n->pipeline->data, n->as_of - days, n->as_of, run, listed,
                            error);
}

static churn_status choose_calls(churn_night *n, const churn_run *run, churn_error *error)
{
  churn_day *listed = NULL;
  churn_status status = find_listed(n, run, &listed, error);
  if (status == CHURN_OK)
    status = churn_ranking_calls_after(n->ranking, listed, 0, &n->calls, &n->called, error);
  free(listed);
  return status;
}

churn_status churn_night_more(churn_night *night, const churn_run *run, churn_error *error)
{
  const churn_project *project = night->project;
  churn_status status = CHURN_OK;
  if (project->capacity.given)
    status = choose_calls(night, run, error);
  if (status == CHURN_OK && project->loyal.given)
    status = churn_loyal_choose(night->pipeline, night->model, night->ranking, 0, run,
                                &night->loyal, &night->slipping, error);
  return status;
}

bool churn_night_is_held(const churn_night *night)
{
  return !night->release && churn_findings_hold(&night->findings);
}

bool churn_night_is_released(const churn_night *night)
{
  return night->release && churn_findings_hold(&night->findings);
}

void churn_night_clear(churn_night *night)
{
  churn_loyal_free(night->loyal);
  churn_ranking_free(night->calls);
  churn_findings_clear(&night->findings);
  churn_changes_free(night->changes);
  churn_base_scores_clear(&night->recent_scores);
  free(night->sources);
  churn_ranking_free(night->ranking);
  churn_segments_free(night->segments);
  churn_plan_free(night->rep);
  churn_plan_free(night->kinds);
  churn_profile_free(night->profile);
  churn_pipeline_close(night->pipeline);
  *night = (churn_night){0};
}

bool churn_night_trained_on(const churn_night *night, churn_day day)
{
  return day != CHURN_DAY_MISSING && night->model->last_as_of != CHURN_DAY_MISSING &&
         day <= night->model->last_as_of;
}

uint64_t churn_night_head(const churn_night *night)
{
  uint64_t all = night->score.customers, asked = night->top;
  uint64_t listable = churn_ranking_eligible(night->ranking);
  if (asked == 0)
    asked = all / 10 + (all % 10 != 0);
  return asked < listable ? asked : listable;
}

churn_risk_sums churn_night_sums(const churn_night *night, uint64_t first)
{
  churn_risk_sums sums = {0};
  for (uint64_t i = 0; i < first; i++) {
    churn_ranked line;
    churn_ranking_get_figures(night->ranking, (size_t)i, &line);
    churn_risk_add(&sums, line.probability, line.value);
  }
  return sums;
}
