/* The operator's night: read, score, check, publish; all or nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "jobs/changes.h"
#include "jobs/outcomes.h"

#include <churn/nightly.h>
#include <churn/registry.h>
#include <churn/sink.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct nightly {
  const churn_nightly_settings *settings;
  const churn_run *run;
  const char *root;
  churn_model *model;
  churn_night night;
  churn_nightly_report *report;
} nightly;

void churn_nightly_report_free(churn_nightly_report *report)
{
  if (report == NULL)
    return;
  churn_findings findings = {report->gates, report->gate_count, report->gate_count};
  churn_findings_clear(&findings);
  free(report->folder);
  free(report);
}

static void log_line(const nightly *n, churn_log_level level, const char *stage, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));

static void log_line(const nightly *n, churn_log_level level, const char *stage, const char *format,
                     ...)
{
  char text[CHURN_MESSAGE_SIZE];
  const churn_log *log = n->settings->log;
  if (log == NULL)
    return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  log->line(log->context, level, stage, text);
}

static churn_status read_model(nightly *n, const churn_project *project, churn_error *error)
{
  char *promoted = NULL;
  const char *path = n->settings->model;
  churn_status status = CHURN_OK;
  if (path == NULL) {
    status = churn_registry_current(project, &promoted, error);
    path = promoted;
  }
  if (status == CHURN_OK)
    status = churn_model_read(path, &n->model, error);
  if (status == CHURN_OK)
    status = churn_score_check_outcome(project, n->model, error);
  free(promoted);
  return status;
}

/* What cannot be written to is told before any work. Who sends the runs elsewhere leaves the
 * project's database alone. */
static churn_status check_targets(const nightly *n, const churn_project *project, churn_sink *sink,
                                  churn_error *error)
{
  churn_status status = churn_staging_check(n->root, error);
  if (status == CHURN_OK && n->settings->output == NULL && churn_sink_of_project(project, sink))
    status = churn_sink_check(sink, error);
  return status;
}

/* A list of a past day by a model whose labels reach beyond it is better than any list of that
 * night could have been. */
static void warn_of_hindsight(const nightly *n)
{
  const churn_model *m = n->model;
  char reach[CHURN_DAY_TEXT_SIZE];
  if (m->last_as_of == CHURN_DAY_MISSING ||
      m->last_as_of + m->gap_days + m->horizon_days <= n->night.as_of)
    return;
  churn_day_format(m->last_as_of + m->gap_days + m->horizon_days - 1, reach);
  log_line(n, CHURN_LOG_WARNING, "start",
           "the model was trained on what became of customers up to %s, after the as-of day: this "
           "list knows more than that night could; -m takes an older model",
           reach);
}

static churn_status start(nightly *n, const churn_project *project, churn_error *error)
{
  char day[CHURN_DAY_TEXT_SIZE];
  churn_sink sink = {NULL, NULL};
  churn_status status = check_targets(n, project, &sink, error);
  if (status == CHURN_OK)
    status = read_model(n, project, error);
  if (status != CHURN_OK)
    return status;
  churn_day as_of = n->settings->as_of;
  if (as_of == CHURN_DAY_MISSING)
    as_of = churn_clock_day(churn_clock_now());
  n->night = (churn_night){.project = project,
                           .model = n->model,
                           .as_of = as_of,
                           .top = n->settings->top == 0 ? project->nightly.top : n->settings->top,
                           .language = n->settings->language,
                           .sink = sink};
  churn_day_format(as_of, day);
  log_line(n, CHURN_LOG_INFO, "start", "as of %s with model %.8s", day, n->model->id);
  warn_of_hindsight(n);
  return CHURN_OK;
}

static void log_reading(const nightly *n)
{
  const churn_data *data = n->night.pipeline->data;
  uint64_t rows = 0, rejected = 0;
  for (size_t i = 0; i < data->input_count; i++) {
    rows += data->inputs[i].rows;
    rejected += data->inputs[i].rejected;
  }
  log_line(n, CHURN_LOG_INFO, "read", "%" PRIu64 " rows of %zu files, %" PRIu64 " rejected", rows,
           data->input_count, rejected);
}

static void log_gates(const nightly *n)
{
  const churn_findings *findings = &n->night.findings;
  size_t judged = 0;
  for (size_t i = 0; i < findings->count; i++) {
    const churn_gate *gate = &findings->items[i];
    judged += gate->verdict != CHURN_GATE_NOT_JUDGED;
    if (gate->verdict == CHURN_GATE_TRIPPED)
      log_line(n, gate->hold ? CHURN_LOG_ERROR : CHURN_LOG_WARNING, "gate", "%s tripped%s: %s",
               gate->name, gate->hold ? ", holds the night back" : "", gate->message);
  }
  log_line(n, CHURN_LOG_INFO, "gate", "%zu of %zu figures judged, %zu tripped", judged,
           findings->count, churn_findings_tripped(findings));
}

static void log_changes(const nightly *n, const churn_changes *changes)
{
  char since[CHURN_DAY_TEXT_SIZE];
  churn_day_format(changes->since, since);
  log_line(n, CHURN_LOG_INFO, "changes",
           "since %s %" PRIu64 " customers entered the first %" PRIu64 ", %" PRIu64 " left them",
           since, changes->moves[CHURN_MOVE_ENTERED] + changes->moves[CHURN_MOVE_JOINED],
           churn_night_head(&n->night),
           changes->moves[CHURN_MOVE_LEFT] + changes->moves[CHURN_MOVE_GONE]);
}

static void log_more(const nightly *n)
{
  const churn_calls *calls = &n->night.called;
  if (n->night.calls != NULL)
    log_line(n, CHURN_LOG_INFO, "calls",
             "%" PRIu64 " customers to contact, worth %.0f; %" PRIu64
             " more do not fit the capacity",
             calls->customers, calls->worth, calls->no_room);
  if (n->night.loyal != NULL)
    log_line(n, CHURN_LOG_INFO, "loyal",
             "%" PRIu64 " loyal customers are slipping, expected loss up by %.0f",
             n->night.slipping.listed, n->night.slipping.growth);
}

static churn_status look(nightly *n, churn_error *error)
{
  churn_status status = churn_night_read(&n->night, n->run, error);
  if (status != CHURN_OK)
    return status;
  log_reading(n);
  status = churn_night_score(&n->night, n->run, error);
  if (status != CHURN_OK)
    return status;
  log_line(n, CHURN_LOG_INFO, "score", "%" PRIu64 " customers, %.1f expected to leave",
           n->night.score.customers, n->night.score.expected_churners);
  if (n->night.score.left_out > 0)
    log_line(n, CHURN_LOG_INFO, "score",
             "%" PRIu64 " customers left out of the list by their cause", n->night.score.left_out);
  status = churn_night_judge(&n->night, n->root, n->run, error);
  if (status != CHURN_OK)
    return status;
  log_gates(n);
  status = churn_changes_find(&n->night, n->root, n->run, &n->night.changes, error);
  if (status == CHURN_OK && n->night.changes != NULL)
    log_changes(n, n->night.changes);
  if (status == CHURN_OK)
    status = churn_night_more(&n->night, n->run, error);
  if (status == CHURN_OK)
    log_more(n);
  return status;
}

/* `latest` never goes back in time: a past day that is run again changes nothing for those who read
 * it. */
static churn_status move_latest(nightly *n, churn_staging *staging, const char *name,
                                churn_error *error)
{
  churn_day latest = CHURN_DAY_MISSING;
  churn_status status = churn_runs_latest(n->root, &latest, error);
  n->report->latest = status == CHURN_OK && n->night.as_of >= latest;
  return n->report->latest && n->night.as_of > latest
             ? churn_staging_point(staging, "latest", name, error)
             : status;
}

static void log_outcome(void *context, const churn_outcome *o)
{
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(o->as_of, day);
  log_line(context, CHURN_LOG_INFO, "outcome",
           "%s: %" PRIu64 " of %" PRIu64 " left, %.2f %% (%.2f %% expected); AUC %.3f (%.3f "
           "estimated); the first %" PRIu64 " held %.1f %% of them (%.1f %% expected)",
           day, o->churned, o->judged, 100 * o->observed, 100 * o->estimated, o->auc,
           o->estimated_auc, o->head, 100 * o->captured, 100 * o->estimated_captured);
}

/* A list that is still to be judged stays. */
static churn_status retain(nightly *n, churn_staging *staging, churn_error *error)
{
  churn_day closed = churn_night_closed(&n->night);
  if (n->night.project->nightly.no_outcomes)
    closed = CHURN_DAY_MISSING;
  churn_status status = churn_runs_retain(staging, n->night.project->nightly.keep,
                                          closed == CHURN_DAY_MISSING ? closed : closed + 1,
                                          n->night.as_of, n->run, &n->report->removed, error);
  if (status == CHURN_OK && n->report->removed > 0)
    log_line(n, CHURN_LOG_INFO, "retain", "%" PRIu64 " old runs removed", n->report->removed);
  return status;
}

/* The database comes before the folder: it is what can fail, and then nothing is published. Whoever
 * is killed between the two leaves a whole list in each, and the next run of the day brings the
 * folder up to the database. */
static churn_status store(nightly *n, churn_error *error)
{
  const churn_sink *sink = &n->night.sink;
  if (sink->target == NULL)
    return CHURN_OK;
  churn_status status = churn_sink_write(n->night.ranking, sink, error);
  n->report->stored = status == CHURN_OK;
  if (status == CHURN_OK)
    log_line(n, CHURN_LOG_INFO, "store", "%" PRIu64 " rows into %s, table %s",
             n->night.score.listed, sink->target, churn_sink_table(sink));
  return status;
}

/* A night that is published after all makes the one that was held back pointless. */
static churn_status publish(nightly *n, churn_staging *staging, churn_error *error)
{
  char day[CHURN_DAY_TEXT_SIZE], held[32];
  churn_day_format(n->night.as_of, day);
  snprintf(held, sizeof held, "%s.held", day);
  churn_nightly_report *r = n->report;
  r->held = churn_findings_hold(&n->night.findings);
  const char *name = r->held ? held : day;
  r->folder = churn_text_format("%s/%s", n->root, name);
  if (r->folder == NULL)
    return churn_error_no_memory(error);
  churn_status status = r->held ? CHURN_OK : store(n, error);
  if (status == CHURN_OK)
    status = churn_staging_publish(staging, name, &r->unchanged, error);
  if (status == CHURN_OK && !r->held)
    status = churn_staging_remove(staging, held, error);
  if (status == CHURN_OK && !r->held)
    status = move_latest(n, staging, name, error);
  if (status == CHURN_OK)
    log_line(n, CHURN_LOG_INFO, "publish", "%s%s", r->folder, r->unchanged ? ", unchanged" : "");
  if (status == CHURN_OK && !r->held)
    status = churn_outcomes_judge(&n->night, n->root, n->run, log_outcome, n, error);
  return status == CHURN_OK && !r->held ? retain(n, staging, error) : status;
}

static bool is_asked_to_stop(const nightly *n)
{
  return n->run != NULL && n->run->stop != NULL && n->run->stop->asked;
}

static void set_worth(const nightly *n, bool worth)
{
  if (n->run != NULL && n->run->stop != NULL)
    n->run->stop->worth = worth;
}

static churn_status write_down(nightly *n, churn_error *error)
{
  churn_staging staging = {0};
  set_worth(n, true);
  churn_status status = churn_staging_open(n->root, &staging, error);
  if (status == CHURN_OK)
    status = churn_night_write(&n->night, staging.path, n->run, error);
  if (status == CHURN_OK && is_asked_to_stop(n))
    status = churn_error_set(error, CHURN_INTERNAL, "stopped");
  if (status == CHURN_OK)
    status = publish(n, &staging, error);
  churn_staging_close(&staging);
  set_worth(n, false);
  return status;
}

/* The findings move into the report. */
static void fill_report(nightly *n)
{
  churn_nightly_report *r = n->report;
  churn_findings *findings = &n->night.findings;
  r->score = n->night.score;
  memcpy(r->model, n->model->id, sizeof r->model);
  r->tripped = churn_findings_tripped(findings);
  r->gates = findings->items;
  r->gate_count = findings->count;
  *findings = (churn_findings){0};
}

churn_status churn_nightly(const churn_project *project, const churn_nightly_settings *settings,
                           const churn_run *run, churn_nightly_report **report, churn_error *error)
{
  churn_lock *lock = NULL;
  nightly n = {.settings = settings,
               .run = run,
               .root = settings->output == NULL ? project->nightly.output : settings->output,
               .report = calloc(1, sizeof *n.report)};
  churn_status status = n.report == NULL ? churn_error_no_memory(error)
                                         : churn_lock_take(project->path, &lock, error);
  if (status == CHURN_OK)
    status = start(&n, project, error);
  if (status == CHURN_OK)
    status = look(&n, error);
  if (status == CHURN_OK)
    status = write_down(&n, error);
  if (status == CHURN_OK) {
    fill_report(&n);
    *report = n.report;
    n.report = NULL;
  }
  churn_night_clear(&n.night);
  churn_model_free(n.model);
  churn_lock_release(lock);
  churn_nightly_report_free(n.report);
  return status;
}
