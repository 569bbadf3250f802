/* churn features: the feature table as CSV.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <string.h>

typedef struct request {
  const char *project_path;
  const char *set, *as_of, *first, *last, *output;
} request;

static churn_status read_days(cli *c, const request *r, churn_features_settings *settings)
{
  if (r->as_of != NULL && (r->first != NULL || r->last != NULL))
    return cli_usage(c, "--as-of stands for both --first and --last; expected one or the other");
  churn_status status = cli_day(c, "--as-of", r->as_of, &settings->first);
  settings->last = settings->first;
  if (status == CHURN_OK)
    status = cli_day(c, "--first", r->first, &settings->first);
  return status == CHURN_OK ? cli_day(c, "--last", r->last, &settings->last) : status;
}

static churn_status run_features(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_features_report report = {0};
  churn_features_settings settings = {r->set, CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  churn_status status = read_days(c, r, &settings);
  if (status == CHURN_OK)
    status = cli_check_target(c, r->output);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = churn_features_write(project, &settings, r->output, &c->run, &report, &c->error);
  if (status == CHURN_OK)
    cli_say(c, "%s of %s on %s%s%s", cli_plural(report.rows, "row"),
            cli_plural(report.features, "feature"), cli_plural(report.snapshot_days, "as-of day"),
            strcmp(r->output, "-") == 0 ? "" : " -> ",
            strcmp(r->output, "-") == 0 ? "" : r->output);
  churn_project_free(project);
  return status;
}

int cmd_features(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.output = "-"};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      cli_set_option(&r.set),
      {"as-of", '\0', POPT_ARG_STRING, &r.as_of, 0,
       "one as-of day instead of the project's snapshots", "DAY"},
      cli_day_option("first", "first as-of day (default: the project's)", &r.first),
      cli_day_option("last", "last as-of day (default: the project's)", &r.last),
      cli_output_option(&r.output),
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_features(&c, &r));
}
