/* Retraining, whole: lock, judge the model in use, fit a challenger, judge it on the same rows,
 * decide, record.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/stop.h"
#include "jobs/log.h"
#include "jobs/neighbours.h"
#include "jobs/retrain_parts.h"
#include "model/file.h"
#include "score/suitable.h"

#include <churn/train.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct retraining {
  const churn_project *project;
  const churn_retrain_settings *settings;
  const churn_run *run;
  churn_lock *lock;
  churn_day today; /* of the registry's events */
  churn_model *champion, *challenger;
  churn_judged_day day;
  churn_judged_model champion_judged, challenger_judged;
  char incomparable[160];
  char *elsewhere; /* the other project file that made the champion; NULL = none is known */
  churn_retrain_report report;
} retraining;

static void free_retraining(retraining *r)
{
  churn_model_free(r->champion);
  churn_model_free(r->challenger);
  free(r->champion_judged.logits);
  free(r->challenger_judged.logits);
  free(r->elsewhere);
  churn_lock_release(r->lock);
}

static churn_status check_project(const retraining *r, churn_error *error)
{
  const churn_project *p = r->project;
  bool flat = churn_snapshots_flat(p);
  if (p->outcome.kind == CHURN_OUTCOME_NONE)
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){p->path, 0, 0},
                              "the project has no `outcome`, so there is nothing to train on");
  if (flat && r->settings->as_of != CHURN_DAY_MISSING)
    return churn_error_set(error, CHURN_USAGE,
                           "a flat export has no days, so it cannot be trained as of one");
  if (flat && !(p->test_share > 0))
    return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){p->path, 0, 0},
                              "retraining a flat export needs customers that only judge; expected "
                              "`split: {test: 0.2}`");
  return CHURN_OK;
}

/* Since when the model is in use: the as-of day of its first promotion, or the day it was made. */
static int32_t days_in_use(const churn_registry *registry, churn_day today)
{
  for (size_t i = 0; i < registry->event_count; i++) {
    const churn_registry_event *event = &registry->events[i];
    bool starts = event->kind == CHURN_REGISTRY_PROMOTED || event->kind == CHURN_REGISTRY_FOUND;
    if (!starts || event->model == NULL || strcmp(event->model, registry->current) != 0)
      continue;
    churn_day since = event->day == CHURN_DAY_MISSING ? churn_clock_day(event->time) : event->day;
    return since > today ? 0 : today - since;
  }
  return -1;
}

static churn_status note_maker(retraining *r, const char *maker, churn_error *error)
{
  const char *own = churn_project_file(r->project);
  if (maker == NULL || own == NULL || strcmp(maker, own) == 0)
    return CHURN_OK;
  return churn_text_set(&r->elsewhere, maker, error);
}

/* A champion of another project file seldom fits this one, and which file made it is the point. */
static churn_status explain_champion(const retraining *r, churn_status status, churn_error *error)
{
  char message[CHURN_MESSAGE_SIZE];
  bool unfit = status == CHURN_BAD_PROJECT || status == CHURN_INCONSISTENT;
  if (!unfit || r->elsewhere == NULL || error == NULL)
    return status;
  snprintf(message, sizeof message, "%s", error->message);
  return churn_error_set_at(
      error, status, (churn_place){r->project->registry, 0, 0},
      "the model in use, %.8s, was made by another project file, %s, and does "
      "not fit this one (%s); expected `registry: FOLDER` here, for models "
      "of its own",
      r->report.champion, r->elsewhere, message);
}

static churn_status open_champion(retraining *r, churn_error *error)
{
  churn_registry *registry = NULL;
  char *path = NULL;
  churn_error none;
  churn_status status = churn_registry_read(r->project, r->run, &registry, error);
  if (status == CHURN_OK) {
    status = churn_registry_current(r->project, &path, &none);
    if (status == CHURN_NO_INPUT && registry->current == NULL)
      status = CHURN_OK;
    else if (status != CHURN_OK && error != NULL)
      *error = none;
  }
  if (status == CHURN_OK && path != NULL)
    status = churn_model_read(path, &r->champion, error);
  if (status == CHURN_OK && path != NULL) {
    memcpy(r->report.champion, r->champion->id, sizeof r->report.champion);
    r->report.champion_days = days_in_use(registry, r->today);
    churn_registry_warn_shared(r->project, registry, r->run);
    status = note_maker(r, churn_registry_maker(registry, r->champion->id), error);
  }
  free(path);
  churn_registry_free(registry);
  return status;
}

/* Finds the rows that judge; the champion is scored on them at once, while its data are here. */
static churn_status judge_champion(retraining *r, churn_error *error)
{
  churn_pipeline_settings opening = {.set = r->champion == NULL ? r->settings->set : NULL,
                                     .model = r->champion,
                                     .with_labels = true,
                                     .weighted = true};
  churn_pipeline *pipeline = NULL;
  churn_snapshots *rows = NULL;
  churn_status status = r->champion == NULL
                            ? CHURN_OK
                            : churn_score_check_outcome(r->project, r->champion, r->run, error);
  if (status == CHURN_OK)
    status = churn_pipeline_open(r->project, &opening, r->run, &pipeline, error);
  status = explain_champion(r, status, error);
  if (status == CHURN_OK)
    status = churn_judged_day_find(pipeline, r->report.as_of, r->run, &r->day, &rows, error);
  if (status == CHURN_OK && r->champion != NULL && r->day.found)
    status = churn_judged_model_score(pipeline, r->champion, &r->day, rows, r->run,
                                      &r->champion_judged, error);
  if (status == CHURN_OK && r->champion_judged.evaluation.in_sample)
    snprintf(r->incomparable, sizeof r->incomparable, "%s",
             r->champion_judged.evaluation.in_sample_reason);
  churn_snapshots_free(rows);
  churn_pipeline_close(pipeline);
  return status;
}

static void check_judged_rows(retraining *r)
{
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(r->day.as_of, day);
  if (!r->day.found)
    churn_retrain_trip(&r->report, "rows", "no snapshot has a closed label window yet");
  else if (r->day.training == 0)
    churn_retrain_trip(&r->report, "rows",
                       "nothing to train on: no label window closed before %s, the snapshot that "
                       "judges; expected earlier ones, like `snapshots: {first: DAY, every: 1 "
                       "month}`",
                       day);
  else
    churn_retrain_check_rows(&r->project->retrain, "judge on", r->day.churners, r->day.others,
                             &r->report);
}

/* Fine data without an answer keep the champion: a gate, no error. */
static churn_status fit_challenger(retraining *r, churn_error *error)
{
  churn_train_settings settings = {.set = r->settings->set,
                                   .first = CHURN_DAY_MISSING,
                                   .last = r->day.as_of,
                                   .test_from = r->day.as_of,
                                   .no_leaks = r->settings->no_leaks};
  churn_error fault;
  churn_status status = churn_train(r->project, &settings, r->run, &r->challenger, &fault);
  if (status == CHURN_DEGENERATE) {
    churn_retrain_trip(&r->report, "fit", "%s", fault.message);
    return CHURN_OK;
  }
  if (status != CHURN_OK) {
    if (error != NULL)
      *error = fault;
    return status;
  }
  const churn_model *model = r->challenger;
  churn_retrain_check_rows(&r->project->retrain, "train on", model->churners,
                           model->rows - model->churners, &r->report);
  if (!model->converged)
    churn_retrain_trip(&r->report, "fit", "the fit did not converge: stopped by %s",
                       model->stopped_by);
  return CHURN_OK;
}

static churn_status judge_challenger(retraining *r, churn_error *error)
{
  churn_pipeline_settings opening = {.model = r->challenger, .with_labels = true, .weighted = true};
  churn_pipeline *pipeline = NULL;
  churn_snapshots *rows = NULL;
  bool weighted = r->project->fit.weighting != CHURN_WEIGHTING_NONE;
  bool compares = r->champion != NULL && r->incomparable[0] == '\0';
  churn_judged_day day;
  churn_status status = churn_pipeline_open(r->project, &opening, r->run, &pipeline, error);
  if (status == CHURN_OK)
    status = churn_judged_day_find(pipeline, r->report.as_of, r->run, &day, &rows, error);
  if (status == CHURN_OK && (!day.found || day.as_of != r->day.as_of))
    status = churn_error_set(error, CHURN_INCONSISTENT,
                             "the exports changed while they were read: run again");
  if (status == CHURN_OK)
    status = churn_judged_model_score(pipeline, r->challenger, &day, rows, r->run,
                                      &r->challenger_judged, error);
  if (status == CHURN_OK)
    status = churn_judged_compare(rows, weighted, &day, compares ? &r->champion_judged : NULL,
                                  &r->challenger_judged, r->run, &r->report, error);
  if (status == CHURN_OK)
    churn_retrain_check_calibration(&r->project->retrain, &r->report);
  churn_snapshots_free(rows);
  churn_pipeline_close(pipeline);
  return status;
}

static churn_registry_change change_of(const retraining *r)
{
  return (churn_registry_change){.day = r->report.as_of,
                                 .by = "retrain",
                                 .why = r->report.why,
                                 .expected = r->report.champion,
                                 .figures = r->report.figures.rows > 0 ? &r->report.figures : NULL};
}

static churn_status write_down(retraining *r, churn_error *error)
{
  churn_registry_change change = change_of(r);
  churn_registry_change adding = {
      .day = r->report.as_of, .by = "retrain", .why = "trained as a challenger"};
  const char *id = r->challenger == NULL ? NULL : r->report.challenger;
  churn_status status = CHURN_OK;
  if (r->challenger != NULL)
    status = churn_registry_add(r->project, r->challenger, &adding, error);
  if (status != CHURN_OK)
    return status;
  if (!r->report.promoted)
    return churn_registry_keep(r->project, id, &change, error);
  bool changed;
  return churn_registry_promote(r->project, id, &change, &changed, error);
}

/* Either all of it or nothing: whoever asks to stop meanwhile waits for a moment. */
static churn_status record(retraining *r, churn_error *error)
{
  churn_stop_request *stop = r->run == NULL ? NULL : r->run->stop;
  if (stop != NULL)
    stop->worth = 1;
  churn_status status = churn_stop_check(stop, error);
  if (status == CHURN_OK)
    status = write_down(r, error);
  /* What is recorded is done: whoever asks now comes too late, and is not told otherwise. */
  if (stop != NULL)
    stop->worth = status == CHURN_OK;
  if (status == CHURN_OK)
    churn_log_say(r->settings->log, CHURN_LOG_INFO, "record", "written into %s",
                  r->project->registry);
  return status;
}

static void log_start(const retraining *r)
{
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(r->today, day);
  churn_log_say(r->settings->log, CHURN_LOG_INFO, "start", "as of %s; in use is %.8s", day,
                r->champion == NULL ? "nothing" : r->report.champion);
}

static void log_judged(const retraining *r)
{
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(r->day.as_of, day);
  churn_log_say(r->settings->log, CHURN_LOG_INFO, "judge",
                "%" PRIu64 " churners and %" PRIu64 " others%s%s judge", r->day.churners,
                r->day.others, day[0] == '\0' ? "" : " of ", day);
}

static void log_fitted(const retraining *r)
{
  const churn_model *m = r->challenger;
  if (m != NULL)
    churn_log_say(r->settings->log, CHURN_LOG_INFO, "fit",
                  "%.8s on %" PRIu64 " rows, %" PRIu64 " churners", r->report.challenger, m->rows,
                  m->churners);
}

static void log_gates(const retraining *r)
{
  for (size_t i = 0; i < r->report.gate_count; i++) {
    const churn_retrain_gate *gate = &r->report.gates[i];
    churn_log_say(r->settings->log, CHURN_LOG_WARNING, "gate", "%s tripped: %s%s%s", gate->name,
                  gate->text, gate->advice[0] == '\0' ? "" : "; ", gate->advice);
  }
}

static churn_status retrain(retraining *r, churn_error *error)
{
  churn_status status = check_project(r, error);
  if (status == CHURN_OK)
    status = churn_lock_take(r->project->path, &r->lock, error);
  if (status == CHURN_OK)
    status = open_champion(r, error);
  if (status == CHURN_OK) {
    log_start(r);
    status = judge_champion(r, error);
  }
  if (status == CHURN_OK) {
    log_judged(r);
    check_judged_rows(r);
  }
  if (status == CHURN_OK && r->day.training > 0)
    status = fit_challenger(r, error);
  if (status == CHURN_OK && r->challenger != NULL)
    status = churn_model_identify(r->challenger, error);
  if (status == CHURN_OK && r->challenger != NULL) {
    memcpy(r->report.challenger, r->challenger->id, sizeof r->report.challenger);
    log_fitted(r);
    status = judge_challenger(r, error);
  }
  if (status == CHURN_OK)
    r->report.promoted = churn_retrain_decide(&r->project->retrain, r->incomparable, &r->report);
  if (status != CHURN_OK)
    return status;
  log_gates(r);
  return record(r, error);
}

churn_status churn_retrain(const churn_project *project, const churn_retrain_settings *settings,
                           const churn_run *run, churn_retrain_report *report, churn_error *error)
{
  retraining r = {.project = project,
                  .settings = settings,
                  .run = run,
                  .today = settings->as_of,
                  .report = {.champion_days = -1, .intercept_error = NAN, .slope_error = NAN}};
  if (r.today == CHURN_DAY_MISSING)
    r.today = churn_clock_day(churn_clock_now());
  r.report.as_of = churn_snapshots_flat(project) ? CHURN_DAY_MISSING : r.today;
  churn_status status = retrain(&r, error);
  if (status == CHURN_OK)
    *report = r.report;
  free_retraining(&r);
  return status;
}
