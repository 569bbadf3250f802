/* churn evaluate: how good a model is on rows it did not see.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct request {
  const char *project_path;
  const char *model, *first, *last, *test_from, *captures;
  int json, reasons;
} request;

static churn_status read_captures(cli *c, const char *text, uint64_t *counts,
                                  churn_evaluate_settings *settings)
{
  if (text == NULL)
    return CHURN_OK;
  settings->capture_counts = counts;
  for (const char *at = text;;) {
    char *end;
    errno = 0;
    unsigned long long count = strtoull(at, &end, 10);
    if (errno != 0 || end == at || at[0] == '-' || count == 0 || (*end != ',' && *end != '\0') ||
        settings->capture_count == CHURN_MOST_CAPTURES)
      return cli_usage(
          c, "--capacity: \"%s\" is no list of up to %d whole numbers above 0 such as 20,100", text,
          CHURN_MOST_CAPTURES);
    counts[settings->capture_count++] = count;
    if (*end == '\0')
      return CHURN_OK;
    at = end + 1;
  }
}

static churn_status read_settings(cli *c, const request *r, uint64_t *counts,
                                  churn_evaluate_settings *settings)
{
  churn_status status = cli_day(c, "--first", r->first, &settings->first);
  if (status == CHURN_OK)
    status = cli_day(c, "--last", r->last, &settings->last);
  if (status == CHURN_OK)
    status = cli_day(c, "--test-from", r->test_from, &settings->test_from);
  return status == CHURN_OK ? read_captures(c, r->captures, counts, settings) : status;
}

/* Why the lost left, against the model: instead of how good it is. */
static churn_status show_reasons(cli *c, const request *r, const churn_project *project,
                                 const churn_model *model, const churn_evaluate_settings *settings)
{
  const churn_agreement_settings agreeing = {settings->first, settings->last};
  churn_agreement *agreement = NULL;
  churn_status status =
      churn_agreement_count(project, model, &agreeing, &c->run, &agreement, &c->error);
  if (status == CHURN_OK && r->json)
    status = churn_agreement_write(agreement, "-", &c->error);
  else if (status == CHURN_OK)
    cli_print_agreement(agreement, stdout);
  churn_agreement_free(agreement);
  return status;
}

static churn_status run_evaluate(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_evaluation evaluation = {0};
  uint64_t counts[CHURN_MOST_CAPTURES];
  churn_evaluate_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                      0};
  churn_status status = read_settings(c, r, counts, &settings);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = cli_read_model(c, project, r->model, &model);
  if (status == CHURN_OK)
    status = cli_choose_outcome(c, model, project);
  if (status == CHURN_OK && r->reasons)
    status = show_reasons(c, r, project, model, &settings);
  else if (status == CHURN_OK)
    status = churn_evaluate(project, model, &settings, &c->run, &evaluation, &c->error);
  if (status == CHURN_OK && !r->reasons && r->json)
    status = churn_evaluation_write(&evaluation, model->id, "-", &c->error);
  else if (status == CHURN_OK && !r->reasons)
    cli_print_evaluation(&evaluation, stdout);
  churn_model_free(model);
  churn_project_free(project);
  return status;
}

int cmd_evaluate(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {0};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"model", 'm', POPT_ARG_STRING, &r.model, 0, "the model to judge", "MODEL"},
      cli_day_option("first", "first as-of day (default: the project's)", &r.first),
      cli_day_option("last", "last as-of day (default: the project's)", &r.last),
      {"test-from", '\0', POPT_ARG_STRING, &r.test_from, 0,
       "use snapshots from this day on (default: the project's)", "DAY"},
      {"capacity", '\0', POPT_ARG_STRING, &r.captures, 0,
       "how many customers can be called: report precision and share reached there", "K[,K...]"},
      {"reasons", '\0', POPT_ARG_NONE, &r.reasons, 0,
       "why the lost left (the project's kinds) against what the model says, instead", NULL},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "print the figures as JSON", NULL},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_evaluate(&c, &r));
}
