/* churn report: the page for the retention desk.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <string.h>

typedef struct request {
  const char *project_path;
  const char *model, *as_of, *lang, *output;
  long top;
  int json;
  churn_language language;
} request;

static churn_status read_settings(cli *c, request *r, churn_report_settings *settings)
{
  if (r->json && r->output != NULL && strcmp(r->output, "-") == 0)
    return cli_usage(c, "--json and the page cannot both go to standard output; expected -o FILE");
  churn_status status = cli_whole(c, "--top", r->top, &settings->top);
  if (status == CHURN_OK)
    status = cli_lang(c, r->lang, &r->language);
  settings->model = r->model;
  if (status == CHURN_OK)
    status = cli_day(c, "--as-of", r->as_of, &settings->as_of);
  return status == CHURN_OK && r->output != NULL ? cli_check_target(c, r->output) : status;
}

static churn_status write_all(cli *c, const request *r, const churn_report *report)
{
  churn_status status = CHURN_OK;
  if (!r->json || r->output != NULL)
    status = churn_report_write_page(report, r->language, r->output == NULL ? "-" : r->output,
                                     &c->error);
  if (status == CHURN_OK && r->json)
    status = churn_report_write_json(report, "-", &c->error);
  return status;
}

static void say_what_was_done(cli *c, const request *r, const churn_report *report)
{
  const churn_score_report *s = churn_report_scored(report);
  bool to_file = r->output != NULL && strcmp(r->output, "-") != 0;
  const char *loss = s->valued == 0 ? "" : cli_format(", expected loss %.0f", s->expected_loss);
  const char *day =
      s->as_of == CHURN_DAY_MISSING ? "" : cli_format(" as of %s", cli_text_day(s->as_of));
  cli_say(c, "%s scored%s: %.1f expected to leave%s; %s on the page%s%s",
          cli_plural(s->customers, "customer"), day, s->expected_churners, loss,
          cli_count(churn_report_rows(report)), to_file ? " -> " : "", to_file ? r->output : "");
}

/* Works with the outcome of the model that scores. */
static churn_status choose_outcome(cli *c, const request *r, churn_project *project)
{
  churn_model *model = NULL;
  churn_status status = cli_read_model(c, project, r->model, &model);
  if (status == CHURN_OK)
    status = cli_choose_outcome(c, model, project);
  churn_model_free(model);
  return status;
}

static churn_status run_report(cli *c, request *r)
{
  churn_project *project = NULL;
  churn_report *report = NULL;
  churn_report_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = choose_outcome(c, r, project);
  if (status == CHURN_OK)
    status = churn_report_make(project, &settings, &c->run, &report, &c->error);
  if (status == CHURN_OK)
    status = write_all(c, r, report);
  if (status == CHURN_OK)
    say_what_was_done(c, r, report);
  churn_report_free(report);
  churn_project_free(project);
  return status;
}

int cmd_report(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.top = CLI_NOT_GIVEN};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption lang = cli_lang_option(&r.lang);
  lang.descrip = "language that the page opens in: en or zh (default: the project's lang, else en)";
  struct poptOption table[] = {
      {"model", 'm', POPT_ARG_STRING, &r.model, 0,
       "the model to score with (default: the promoted one)", "MODEL"},
      {"as-of", '\0', POPT_ARG_STRING, &r.as_of, 0,
       "the day to score for (default: the day after the data end)", "DAY"},
      {"top", '\0', POPT_ARG_LONG, &r.top, 0,
       "rows of the N riskiest on the page (default: 500, or those that are listed)", "N"},
      lang,
      {"output", 'o', POPT_ARG_STRING, &r.output, 0,
       "where the page goes (default: standard output, or nowhere with --json)", "FILE"},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0,
       "print the document that the page shows, for programs", NULL},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_report(&c, &r));
}
