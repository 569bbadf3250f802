/* churn reps: what became of each rep's customers, against what was to be expected; what is at
 * risk there now.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

typedef struct request {
  const char *project_path;
  const char *model, *by, *as_of, *first, *last, *output;
  int json;
} request;

static churn_status read_settings(cli *c, const request *r, churn_reps_settings *settings)
{
  *settings = (churn_reps_settings){.by = r->by,
                                    .as_of = CHURN_DAY_MISSING,
                                    .first = CHURN_DAY_MISSING,
                                    .last = CHURN_DAY_MISSING};
  churn_status status = cli_day(c, "--as-of", r->as_of, &settings->as_of);
  if (status == CHURN_OK)
    status = cli_day(c, "--first", r->first, &settings->first);
  return status == CHURN_OK ? cli_day(c, "--last", r->last, &settings->last) : status;
}

static churn_status show(cli *c, const request *r, const churn_reps *reps)
{
  const char *path = r->output == NULL ? "-" : r->output;
  if (r->json)
    return churn_reps_write_json(reps, path, &c->error);
  if (r->output != NULL)
    return churn_reps_write_csv(reps, path, &c->error);
  cli_progress_clear();
  cli_print_reps(reps, stdout);
  return CHURN_OK;
}

static churn_status run_reps(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_reps *reps = NULL;
  churn_reps_settings settings;
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK && r->output != NULL)
    status = cli_check_target(c, r->output);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK && r->model != NULL)
    status = cli_read_model(c, project, r->model, &model);
  if (status == CHURN_OK && model != NULL)
    status = cli_choose_outcome(c, model, project);
  settings.model = model;
  if (status == CHURN_OK)
    status = churn_reps_count(project, &settings, &c->run, &reps, &c->error);
  if (status == CHURN_OK)
    status = show(c, r, reps);
  churn_reps_free(reps);
  churn_model_free(model);
  churn_project_free(project);
  return status;
}

int cmd_reps(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {NULL};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"model", 'm', POPT_ARG_STRING, &r.model, 0,
       "the model whose features explain, and that tells the risk now (default: one is trained)",
       "MODEL"},
      {"by", '\0', POPT_ARG_STRING, &r.by, 0,
       "who looks after a customer: a feature, a customers' column, an expression (default: the "
       "project's rep)",
       "WHAT"},
      cli_day_option("as-of", "the day of the books now (default: the day after the data end)",
                     &r.as_of),
      cli_day_option("first", "first snapshot to look back on (default: the project's)", &r.first),
      cli_day_option("last", "last snapshot to look back on (default: the project's)", &r.last),
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "write all figures as JSON", NULL},
      {"output", 'o', POPT_ARG_STRING, &r.output, 0,
       "write all figures there, as CSV unless --json; - is standard output", "FILE"},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_reps(&c, &r));
}
