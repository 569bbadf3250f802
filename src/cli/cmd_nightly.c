/* churn nightly: the operator's night.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <string.h>

typedef struct request {
  const char *project_path;
  const char *model, *as_of, *output, *log, *lang;
  long top;
  int outcomes, release;
} request;

/* Published, and yet somebody should look: exit code 1. */
static bool needs_a_look(const churn_nightly_report *r)
{
  return r->tripped > 0 || r->unfinished > 0;
}

/* One line that says what happened. */
static void say_what_was_done(cli *c, const churn_nightly_report *r)
{
  const char *what = r->held        ? "HELD BACK, nothing was published (--release would); for "
                                      "inspection"
                     : r->released  ? "published all the same"
                     : r->unchanged ? "published before, unchanged"
                                    : "published";
  const char *loss = r->score.valued == 0
                         ? ""
                         : cli_format(", expected loss %s", cli_money(r->score.expected_loss));
  const char *known = r->known == 0 ? "" : cli_format(", %s known", cli_count(r->known));
  const char *line = cli_format("%s scored, %.1f expected to leave%s; %s of %s tripped%s; %s: %s",
                                cli_plural(r->score.customers, "customer"),
                                r->score.expected_churners, loss, cli_count(r->tripped),
                                cli_plural(r->gate_count, "figure"), known, what, r->folder);
  if (r->unfinished > 0)
    line =
        cli_format("%s; %s after that failed, see above", line, cli_plural(r->unfinished, "step"));
  if (c->quiet && !needs_a_look(r))
    return;
  cli_show_notes(c);
  cli_log_line(c,
               r->held           ? CHURN_LOG_ERROR
               : needs_a_look(r) ? CHURN_LOG_WARNING
                                 : CHURN_LOG_INFO,
               "done", line);
}

static void print_outcomes(const churn_outcomes *outcomes)
{
  cli_table *table = cli_table_new("llrrrrrrrrr");
  cli_table_row(table, "as of", "model", "judged", "left", "expected", "AUC", "estimated AUC",
                "slope", "head", "caught", "expected caught");
  for (size_t i = 0; i < outcomes->count; i++) {
    const churn_outcome *o = &outcomes->items[i];
    const char *estimated = isnan(o->estimated_auc) ? "n/a" : cli_number(o->estimated_auc, 3);
    cli_table_row(table, cli_text_day(o->as_of), cli_format("%.8s", o->model), cli_count(o->judged),
                  cli_percent(o->observed, 2), cli_percent(o->estimated, 2), cli_number(o->auc, 3),
                  estimated, cli_number(o->slope, 2), cli_count(o->head),
                  cli_percent(o->captured, 1), cli_percent(o->estimated_captured, 1));
  }
  cli_table_print(table, stdout, "");
}

static churn_status show_outcomes(cli *c, const request *r, const churn_project *project)
{
  churn_outcomes *outcomes = NULL;
  churn_status status = churn_outcomes_read(project, r->output, &c->run, &outcomes, &c->error);
  if (status != CHURN_OK)
    return status;
  if (outcomes->count == 0)
    cli_say(c, "no list has been judged yet: its label window must have closed before a night");
  else
    print_outcomes(outcomes);
  churn_outcomes_free(outcomes);
  return CHURN_OK;
}

static churn_status read_settings(cli *c, const request *r, churn_nightly_settings *settings)
{
  churn_status status = cli_read_log(c, r->log);
  if (status == CHURN_OK)
    status = cli_whole(c, "--top", r->top, &settings->top);
  if (status == CHURN_OK)
    status = cli_lang(c, r->lang, &settings->language);
  settings->model = r->model;
  settings->output = r->output;
  settings->release = r->release != 0;
  return status == CHURN_OK ? cli_day(c, "--as-of", r->as_of, &settings->as_of) : status;
}

static const char stopped[] = "stopped: nothing was published";

static churn_status run_nightly(cli *c, const request *r, int *code)
{
  churn_project *project = NULL;
  churn_nightly_report *report = NULL;
  churn_log log = {cli_log_stage, c};
  churn_nightly_settings settings = {.as_of = CHURN_DAY_MISSING, .log = &log};
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK && r->outcomes) {
    status = show_outcomes(c, r, project);
    churn_project_free(project);
    return status;
  }
  cli_catch_signals(c, stopped);
  if (status == CHURN_OK)
    status = churn_nightly(project, &settings, &c->run, &report, &c->error);
  if (status == CHURN_OK) {
    say_what_was_done(c, report);
    *code = needs_a_look(report) ? CLI_EXIT_GATE : 0;
  } else if (cli_was_signalled() && status == CHURN_INTERNAL) {
    snprintf(c->error.message, sizeof c->error.message, "%s", stopped);
  }
  churn_nightly_report_free(report);
  churn_project_free(project);
  return status;
}

int cmd_nightly(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.top = CLI_NOT_GIVEN};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"as-of", '\0', POPT_ARG_STRING, &r.as_of, 0, "the day to score for (default: today, UTC)",
       "DAY"},
      {"model", 'm', POPT_ARG_STRING, &r.model, 0,
       "the model to score with (default: the promoted one)", "MODEL"},
      {"output", 'o', POPT_ARG_STRING, &r.output, 0,
       "folder of the runs (default: the project's, else runs beside the project file); the "
       "project's database `scores` is left alone then",
       "DIR"},
      {"top", '\0', POPT_ARG_LONG, &r.top, 0, "list only the N riskiest", "N"},
      {"release", '\0', POPT_ARG_NONE, &r.release, 0,
       "publish also where a gate holds the night back: the export is right", NULL},
      {"outcomes", '\0', POPT_ARG_NONE, &r.outcomes, 0,
       "score nothing: show what became of past lists, beside what was estimated", NULL},
      cli_lang_option(&r.lang),
      cli_log_option(&r.log),
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0, closed;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  closed = cli_close(&c, run_nightly(&c, &r, &code));
  if (closed != 0)
    cli_end_by_signal();
  return closed == 0 ? code : closed;
}
