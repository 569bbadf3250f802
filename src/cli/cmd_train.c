/* churn train: a labelled history to a model file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <string.h>

typedef struct request {
  const char *project_path;
  const char *set, *first, *last, *test_from, *output;
  int json, no_leaks;
} request;

static churn_status read_settings(cli *c, const request *r, churn_train_settings *settings)
{
  if (r->output == NULL)
    return cli_usage(c, "where to put the model is missing; expected -o MODEL");
  if (r->json && strcmp(r->output, "-") == 0)
    return cli_usage(c, "--json and -o - would both write to standard output; expected -o FILE");
  churn_status status = cli_day(c, "--first", r->first, &settings->first);
  if (status == CHURN_OK)
    status = cli_day(c, "--last", r->last, &settings->last);
  return status == CHURN_OK ? cli_day(c, "--test-from", r->test_from, &settings->test_from)
                            : status;
}

static void print_model(const churn_model *model)
{
  cli_print_coefficients(model, stdout);
  fputc('\n', stdout);
  cli_print_validation(model, stdout);
}

static churn_status run_train(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_train_settings settings = {.set = r->set,
                                   .first = CHURN_DAY_MISSING,
                                   .last = CHURN_DAY_MISSING,
                                   .test_from = CHURN_DAY_MISSING,
                                   .no_leaks = r->no_leaks != 0};
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK)
    status = cli_check_target(c, r->output);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = churn_train(project, &settings, &c->run, &model, &c->error);
  if (status == CHURN_OK)
    status = churn_model_write(model, r->output, &c->error);
  if (status == CHURN_OK && r->json)
    status = churn_model_write_report(model, "-", &c->error);
  else if (status == CHURN_OK && !c->quiet && strcmp(r->output, "-") != 0)
    print_model(model);
  if (status == CHURN_OK)
    cli_say(c, "model %s -> %s", model->id, r->output);
  churn_model_free(model);
  churn_project_free(project);
  return status;
}

int cmd_train(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {0};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"output", 'o', POPT_ARG_STRING, &r.output, 0,
       "where to write the model; - is standard output", "MODEL"},
      {"set", '\0', POPT_ARG_STRING, &r.set, 0,
       "only these features: a set, a feature, a history, or several with + and - between blanks",
       "SET"},
      cli_day_option("first", "first as-of day (default: the project's)", &r.first),
      cli_day_option("last", "last as-of day (default: the project's)", &r.last),
      {"test-from", '\0', POPT_ARG_STRING, &r.test_from, 0,
       "train on snapshots whose label window closed before this day, keep later ones for "
       "validation",
       "DAY"},
      {"no-leaks", '\0', POPT_ARG_NONE, &r.no_leaks, 0,
       "do not look for features that know what happened later", NULL},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "print the fit as JSON", NULL},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_train(&c, &r));
}
