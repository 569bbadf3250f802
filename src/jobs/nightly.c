/* The operator's night: read, score, check, publish; all or nothing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/stop.h"
#include "jobs/changes.h"
#include "jobs/log.h"
#include "jobs/neighbours.h"
#include "jobs/outcomes.h"
#include "jobs/runs.h"
#include "score/suitable.h"

#include <churn/nightly.h>
#include <churn/sink.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define log_line(n, ...) churn_log_say((n)->settings->log, __VA_ARGS__)

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

/* What cannot be written to is told before any work. Who sends the runs elsewhere leaves the
 * project's database alone. */
static churn_status check_targets(const nightly *n, const churn_project *project, churn_sink *sink,
                                  churn_error *error)
{
  churn_status status = churn_staging_check(n->root, error);
  if (status == CHURN_OK)
    status = churn_runs_check(n->root, !project->nightly.no_outcomes, error);
  if (status == CHURN_OK)
    status = churn_staging_mend(n->root, error);
  if (status == CHURN_OK && n->settings->output == NULL && churn_sink_of_project(project, sink))
    status = churn_sink_check(sink, error);
  return status;
}

/* Which model, where it is not the one that everybody expects. */
static const char *say_choice(const churn_chosen_model *chosen, char text[96])
{
  bool current = strcmp(chosen->model->id, chosen->current) == 0;
  if (chosen->choice == CHURN_MODEL_NAMED || chosen->choice == CHURN_MODEL_PROMOTED || current)
    return "";
  snprintf(text, 96, ", %s; in use now is %.8s",
           chosen->choice == CHURN_MODEL_OF_RUN ? "which made the list of that day"
                                                : "in use on that day",
           chosen->current[0] == '\0' ? "none" : chosen->current);
  return text;
}

static void warn_of_guessing(const nightly *n)
{
  char text[CHURN_MODEL_GUESSING_SIZE];
  churn_model_guessing_text(n->model, text);
  if (text[0] != '\0')
    log_line(n, CHURN_LOG_WARNING, "start", "%s", text);
}

/* A list of a past day by a model that was not there, or whose labels reach beyond it, is better
 * than any list of that night could have been. */
static void warn_of_hindsight(const nightly *n, const churn_chosen_model *chosen)
{
  const churn_model *m = chosen->model;
  char reach[CHURN_DAY_TEXT_SIZE];
  churn_day learned = m->last_as_of == CHURN_DAY_MISSING
                          ? CHURN_DAY_MISSING
                          : m->last_as_of + m->gap_days + m->horizon_days - 1;
  if (chosen->choice == CHURN_MODEL_PROMOTED)
    log_line(n, CHURN_LOG_WARNING, "start",
             "the registry knows of no model in use on that day: it is scored by the one in use "
             "now, and the manifest says so (hindsight); -m takes another model");
  if (learned == CHURN_DAY_MISSING || learned < n->night.as_of)
    return;
  churn_day_format(learned, reach);
  log_line(n, CHURN_LOG_WARNING, "start",
           "the model was trained on what became of customers up to %s, after the as-of day: this "
           "list knows more than that night could, and the manifest says so (hindsight); -m takes "
           "an older model",
           reach);
}

/* The newest run up to this night's. */
static churn_status look_at_neighbours(const nightly *n, const churn_project *project,
                                       churn_day as_of, churn_error *error)
{
  churn_past_runs past = {0};
  churn_status status = churn_past_runs_read(n->root, as_of + 1, 1, NULL, &past, error);
  if (status == CHURN_OK && past.count > 0)
    churn_runs_warn_shared(project, n->root, past.runs[0].project, n->run);
  churn_past_runs_clear(&past);
  return status;
}

static churn_status start(nightly *n, const churn_project *project, churn_error *error)
{
  char day[CHURN_DAY_TEXT_SIZE], more[96];
  churn_sink sink = {.target = NULL};
  churn_chosen_model chosen = {0};
  churn_day as_of = n->settings->as_of;
  if (as_of == CHURN_DAY_MISSING)
    as_of = churn_clock_day(churn_clock_now());
  churn_status status = check_targets(n, project, &sink, error);
  if (status == CHURN_OK)
    status = look_at_neighbours(n, project, as_of, error);
  if (status == CHURN_OK)
    status =
        churn_night_choose(project, n->root, n->settings->model, as_of, n->run, &chosen, error);
  if (status != CHURN_OK)
    return status;
  n->model = chosen.model;
  status = churn_score_check_outcome(project, n->model, n->run, error);
  if (status != CHURN_OK)
    return status;
  n->night = (churn_night){.project = project,
                           .model = n->model,
                           .as_of = as_of,
                           .hindsight = chosen.hindsight,
                           .release = n->settings->release,
                           .top = n->settings->top == 0 ? project->nightly.top : n->settings->top,
                           .language = n->settings->language,
                           .sink = sink,
                           .root = n->root,
                           .paged = project->nightly.report};
  churn_day_format(as_of, day);
  log_line(n, CHURN_LOG_INFO, "start", "as of %s with model %.8s%s", day, n->model->id,
           say_choice(&chosen, more));
  warn_of_guessing(n);
  warn_of_hindsight(n, &chosen);
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

/* A known one is an ordinary line: who is told of warnings only hears no more of it. */
static void log_gate(const nightly *n, const churn_gate *gate)
{
  char since[CHURN_DAY_TEXT_SIZE], text[48] = "";
  churn_day_format(gate->since, since);
  if (gate->since != n->night.as_of)
    snprintf(text, sizeof text, " since %s", since);
  if (gate->verdict == CHURN_GATE_KNOWN)
    log_line(n, CHURN_LOG_INFO, "gate", "%s known%s: %s", gate->name, text, gate->message);
  else if (gate->verdict == CHURN_GATE_TRIPPED)
    log_line(n, gate->hold ? CHURN_LOG_ERROR : CHURN_LOG_WARNING, "gate", "%s tripped%s%s: %s",
             gate->name, text,
             !gate->hold        ? ""
             : n->night.release ? ", and is overruled"
                                : ", holds the night back",
             gate->message);
}

static void log_gates(const nightly *n)
{
  const churn_findings *findings = &n->night.findings;
  size_t judged = 0;
  for (size_t i = 0; i < findings->count; i++) {
    const churn_gate *gate = &findings->items[i];
    judged += gate->verdict != CHURN_GATE_NOT_JUDGED;
    log_gate(n, gate);
  }
  log_line(n, CHURN_LOG_INFO, "gate", "%zu of %zu figures judged, %zu tripped", judged,
           findings->count, churn_findings_tripped(findings));
}

static void log_changes(const nightly *n, const churn_changes *changes)
{
  char since[CHURN_DAY_TEXT_SIZE];
  churn_day_format(changes->since, since);
  log_line(n, CHURN_LOG_INFO, "changes",
           "since %s %" PRIu64 " entered the first %" PRIu64 " customers, %" PRIu64 " left them",
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
  if (calls->no_action > 0)
    log_line(n, CHURN_LOG_INFO, "calls",
             "%" PRIu64 " customers left out of the calls, as their main cause has no action",
             calls->no_action);
  if (n->night.calls != NULL && calls->control + calls->used + calls->resting > 0)
    log_line(n, CHURN_LOG_INFO, "calls_taken",
             "places kept empty for the control group: %" PRIu64
             "; used by earlier contacts: %" PRIu64 "; customers contacted lately: %" PRIu64,
             calls->control, calls->used, calls->resting);
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
  status = churn_night_judge(&n->night, n->run, error);
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

/* A day that has not begun anywhere on earth. */
static bool is_future(churn_day day)
{
  return day > churn_clock_day(churn_clock_now()) + 1;
}

/* `latest` never goes back in time: a past day that is run again changes nothing for those who read
 * it. Nor does it go to a day that is still to come, where it would stick. */
static churn_status move_latest(nightly *n, churn_staging *staging, const char *name,
                                churn_error *error)
{
  churn_day latest = CHURN_DAY_MISSING;
  churn_status status = churn_runs_latest(n->root, &latest, error);
  if (status == CHURN_OK && is_future(n->night.as_of)) {
    log_line(n, CHURN_LOG_WARNING, "latest", "%s is still to come: latest stays as it is", name);
    return CHURN_OK;
  }
  bool ours = n->night.as_of >= latest || is_future(latest);
  if (status == CHURN_OK && ours && n->night.as_of != latest)
    status = churn_staging_point(staging, "latest", name, error);
  n->report->latest = status == CHURN_OK && ours;
  return status;
}

/* What the model claims is of everybody, so nothing is claimed of the head of a list alone. */
static const char *say_estimate(const churn_outcome *o, char text[48])
{
  if (isnan(o->estimated_auc))
    return "of the listed alone, no estimate";
  snprintf(text, 48, "%.3f estimated", o->estimated_auc);
  return text;
}

static void log_outcome(void *context, const churn_outcome *o)
{
  const nightly *n = context;
  char day[CHURN_DAY_TEXT_SIZE], estimate[48];
  churn_day_format(o->as_of, day);
  log_line(n, CHURN_LOG_INFO, "outcome",
           "%s: %" PRIu64 " of %" PRIu64 " left, %.2f %% (%.2f %% expected); AUC %.3f (%s); the "
           "first %" PRIu64 " held %.1f %% of them (%.1f %% expected)",
           day, o->churned, o->judged, 100 * o->observed, 100 * o->estimated, o->auc,
           say_estimate(o, estimate), o->head, 100 * o->captured, 100 * o->estimated_captured);
}

/* A list that is still to be judged stays. */
static churn_status retain(nightly *n, churn_staging *staging, const churn_waiting *waiting,
                           churn_error *error)
{
  churn_day closed = churn_night_closed(&n->night);
  if (n->night.project->nightly.no_outcomes)
    closed = CHURN_DAY_MISSING;
  const churn_retention retention = {
      .keep = n->night.project->nightly.keep,
      .closed = closed == CHURN_DAY_MISSING ? closed : closed + 1,
      .waiting = waiting->days,
      .waiting_count = waiting->count,
      .own = n->night.as_of,
      .held_only = n->report->held || !waiting->known,
  };
  churn_status status = churn_runs_retain(staging, &retention, n->run, &n->report->removed, error);
  if (status == CHURN_OK && n->report->removed > 0)
    log_line(n, CHURN_LOG_INFO, "retain", "%" PRIu64 " old runs removed", n->report->removed);
  return status;
}

/* What comes after publishing does not take the list back: it is told, and the next night makes up
 * for it. */
static void forgive(nightly *n, const char *stage, churn_status status, const churn_error *fault)
{
  char text[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE];
  if (status == CHURN_OK)
    return;
  churn_error_format(fault, text, sizeof text);
  log_line(n, CHURN_LOG_WARNING, stage, "%s; %s", text,
           n->report->held ? "the night is held back all the same"
                           : "the list is published all the same");
  n->report->unfinished++;
}

static void tidy(nightly *n, churn_staging *staging, const char *name, const char *held)
{
  churn_waiting waiting = {.known = true};
  churn_error fault = {0};
  if (!n->report->held) {
    forgive(n, "held", churn_staging_remove(staging, held, &fault), &fault);
    forgive(n, "latest", move_latest(n, staging, name, &fault), &fault);
    forgive(n, "outcome",
            churn_outcomes_judge(&n->night, n->root, n->run, log_outcome, n, &waiting, &fault),
            &fault);
  }
  forgive(n, "retain", retain(n, staging, &waiting, &fault), &fault);
  free(waiting.days);
}

/* The database comes before the folder: it is what can fail, and then nothing is published. Whoever
 * is killed between the two leaves a whole list in each, and the next run of the day brings the
 * folder up to the database. */
static churn_status store(nightly *n, churn_error *error)
{
  churn_sink *sink = &n->night.sink;
  if (sink->target == NULL)
    return CHURN_OK;
  sink->stop = n->run == NULL ? NULL : n->run->stop;
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
  r->held = churn_night_is_held(&n->night);
  r->released = churn_night_is_released(&n->night);
  const char *name = r->held ? held : day;
  r->folder = churn_text_format("%s/%s", n->root, name);
  if (r->folder == NULL)
    return churn_error_no_memory(error);
  churn_status status = r->held ? CHURN_OK : store(n, error);
  if (status == CHURN_OK)
    status = churn_staging_publish(staging, name, &r->unchanged, error);
  if (status != CHURN_OK)
    return status;
  log_line(n, CHURN_LOG_INFO, "publish", "%s%s", r->folder, r->unchanged ? ", unchanged" : "");
  tidy(n, staging, name, held);
  return CHURN_OK;
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
  if (status == CHURN_OK)
    status = churn_stop_check(n->run == NULL ? NULL : n->run->stop, error);
  if (status == CHURN_OK)
    status = publish(n, &staging, error);
  churn_staging_close(&staging);
  /* What is published is done: whoever asks now comes too late, and is not told otherwise. */
  set_worth(n, status == CHURN_OK);
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
  r->known = churn_findings_count(findings, CHURN_GATE_KNOWN);
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
