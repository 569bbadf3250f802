/* churn retrain: a challenger against the model in use.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

typedef struct request {
  const char *project_path;
  const char *as_of, *set;
  int json, no_leaks;
} request;

/* The first word says what is in use now. */
static void print_line(const churn_retrain_report *report)
{
  const char *challenger = report->challenger[0] == '\0' ? "" : report->challenger;
  if (report->promoted)
    printf("promoted %.8s: %s\n", challenger, report->why);
  else if (report->champion[0] != '\0')
    printf("kept %.8s: %s\n", report->champion, report->why);
  else
    printf("nothing promoted: %s\n", report->why);
  if (!report->promoted && report->champion[0] == '\0' && challenger[0] != '\0')
    printf("%.8s is in the registry: churn models promote PROJECT %.8s takes it all the same\n",
           challenger, challenger);
}

static void say_gates(cli *c, const churn_retrain_report *report)
{
  for (size_t i = 0; i < report->gate_count; i++)
    cli_say(c, "gate %s: %s", report->gates[i].name, report->gates[i].text);
}

static churn_status run_retrain(cli *c, const request *r, bool *tripped)
{
  churn_project *project = NULL;
  churn_retrain_report report = {0};
  churn_retrain_settings settings = {
      .as_of = CHURN_DAY_MISSING, .set = r->set, .no_leaks = r->no_leaks != 0};
  churn_status status = cli_day(c, "--as-of", r->as_of, &settings.as_of);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = churn_retrain(project, &settings, &c->run, &report, &c->error);
  *tripped = status == CHURN_OK && report.gate_count > 0;
  if (status == CHURN_OK && r->json)
    status = churn_retrain_report_write(&report, "-", &c->error);
  else if (status == CHURN_OK)
    print_line(&report);
  if (status == CHURN_OK)
    say_gates(c, &report);
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
      cli_source_option(&c),
      cli_outcome_option(&c),
      cli_memory_option(&c),
      cli_cache_option(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  bool tripped = false;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  code = cli_close(&c, run_retrain(&c, &r, &tripped));
  return code == 0 && tripped ? CLI_EXIT_GATE : code;
}
