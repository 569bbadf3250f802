/* churn retrain: a challenger against the model in use.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

typedef struct request {
  const char *project_path;
  const char *as_of, *set, *log;
  int json, no_leaks;
} request;

/* The first word says what is in use now. */
static const char *what_was_done(const churn_retrain_report *report, char text[CHURN_MESSAGE_SIZE])
{
  if (report->promoted)
    snprintf(text, CHURN_MESSAGE_SIZE, "promoted %.8s: %s", report->challenger, report->why);
  else if (report->champion[0] != '\0')
    snprintf(text, CHURN_MESSAGE_SIZE, "kept %.8s: %s", report->champion, report->why);
  else
    snprintf(text, CHURN_MESSAGE_SIZE, "nothing promoted: %s", report->why);
  return text;
}

static void print_line(const request *r, const churn_retrain_report *report)
{
  char text[CHURN_MESSAGE_SIZE];
  const char *challenger = report->challenger;
  puts(what_was_done(report, text));
  if (!report->promoted && report->champion[0] == '\0' && challenger[0] != '\0')
    printf("%.8s is in the registry, and no model is in use: churn models promote %s %.8s takes it "
           "all the same\n",
           challenger, r->project_path, challenger);
}

static churn_status say_what_was_done(cli *c, const request *r, const churn_retrain_report *report)
{
  char text[CHURN_MESSAGE_SIZE];
  if (r->json)
    return churn_retrain_report_write(report, "-", &c->error);
  cli_show_notes(c);
  /* Standard output is for people, who are not there where a journal or a program listens. */
  if (c->log == CLI_LOG_TEXT)
    print_line(r, report);
  else
    cli_log_line(c, report->gate_count > 0 ? CHURN_LOG_WARNING : CHURN_LOG_INFO, "done",
                 what_was_done(report, text));
  return CHURN_OK;
}

static const char stopped[] = "stopped: nothing was changed";

static churn_status run_retrain(cli *c, const request *r, bool *tripped)
{
  churn_project *project = NULL;
  churn_retrain_report report = {0};
  churn_log log = {cli_log_stage, c};
  churn_retrain_settings settings = {
      .as_of = CHURN_DAY_MISSING, .set = r->set, .no_leaks = r->no_leaks != 0, .log = &log};
  churn_status status = cli_read_log(c, r->log);
  if (status == CHURN_OK)
    status = cli_day(c, "--as-of", r->as_of, &settings.as_of);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  cli_catch_signals(c, stopped);
  if (status == CHURN_OK)
    status = churn_retrain(project, &settings, &c->run, &report, &c->error);
  *tripped = status == CHURN_OK && report.gate_count > 0;
  if (cli_was_signalled() && status == CHURN_INTERNAL)
    snprintf(c->error.message, sizeof c->error.message, "%s", stopped);
  if (status == CHURN_OK)
    status = say_what_was_done(c, r, &report);
  churn_project_free(project);
  return status;
}

int cmd_retrain(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {0};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      cli_day_option("as-of",
                     "as if it were that day: what became known later is not used "
                     "(default: today)",
                     &r.as_of),
      cli_set_option(&r.set),
      {"no-leaks", '\0', POPT_ARG_NONE, &r.no_leaks, 0,
       "do not look for features that know what happened later", NULL},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "print what was done as JSON", NULL},
      cli_log_option(&r.log),
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0, closed;
  bool tripped = false;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  closed = cli_close(&c, run_retrain(&c, &r, &tripped));
  if (closed != 0)
    cli_end_by_signal();
  return closed == 0 && tripped ? CLI_EXIT_GATE : closed;
}
