/* churn score: the ranked list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <string.h>

typedef struct request {
  const char *project_path;
  const char *model, *as_of, *by, *columns, *output, *table, *lang;
  long top;
  int publish, intervals;
} request;

static churn_status read_settings(cli *c, const request *r, churn_score_settings *settings)
{
  if (r->model == NULL)
    return cli_usage(c, "a model is missing; expected -m MODEL");
  if (cli_whole(c, "--top", r->top, &settings->top) != CHURN_OK)
    return CHURN_USAGE;
  churn_error wrong;
  if (r->columns != NULL &&
      churn_list_columns_read(r->columns, &settings->columns, &wrong) != CHURN_OK)
    return cli_usage(c, "--columns: %s", wrong.message);
  if (strcmp(r->by, "expected-loss") == 0)
    settings->by = CHURN_BY_EXPECTED_LOSS;
  else if (strcmp(r->by, "probability") != 0)
    return cli_usage(c, "--by: \"%s\" is unknown; expected probability or expected-loss", r->by);
  if (cli_lang(c, r->lang, &settings->language) != CHURN_OK)
    return CHURN_USAGE;
  settings->intervals = r->intervals != 0;
  return cli_day(c, "--as-of", r->as_of, &settings->as_of);
}

static void say_what_was_done(cli *c, const churn_project *project, const churn_model *model,
                              const churn_score_report *report, const char *output)
{
  bool to_file = strcmp(output, "-") != 0;
  const char *loss =
      report->valued == 0 ? "" : cli_format(", expected loss %.0f", report->expected_loss);
  const char *day = report->as_of == CHURN_DAY_MISSING
                        ? ""
                        : cli_format(" as of %s", cli_text_day(report->as_of));
  cli_say(c, "%s scored%s: %.1f expected to leave%s (probabilities %s); %s listed%s%s%s",
          cli_plural(report->customers, "customer"), day, report->expected_churners, loss,
          cli_recalibrated(model->recalibration.method), cli_count(report->listed),
          cli_left_out(project, report->left_out), to_file ? " -> " : "", to_file ? output : "");
  if (report->borderline_listed > 0)
    cli_say(c,
            "note: %s of those listed and %s of the others are borderline: the model cannot tell "
            "whether they belong in the list",
            cli_count(report->borderline_listed), cli_count(report->borderline_unlisted));
  if (report->unseen_levels > 0)
    cli_say(c,
            "note: %s values are levels that training never saw; they count as ?other or as the "
            "reference",
            cli_count(report->unseen_levels));
}

static churn_status check_output(cli *c, const request *r)
{
  const churn_sink sink = {r->output, r->table};
  if (r->columns != NULL && (churn_sink_is_database(r->output) || r->publish != 0))
    return cli_usage(c, "--columns is of a CSV file; a table has all columns");
  if (churn_sink_is_database(r->output))
    return churn_sink_check(&sink, &c->error);
  return r->table == NULL ? cli_check_target(c, r->output)
                          : cli_usage(c, "--table is of a database; expected -o sqlite:FILE or "
                                         "-o postgresql:");
}

static churn_status check_published(cli *c, const churn_project *project, churn_sink *published)
{
  return churn_sink_of_project(project, published)
             ? churn_sink_check(published, &c->error)
             : cli_usage(c, "--publish: the project has no key \"scores\"; expected scores: {to: "
                            "sqlite:FILE or postgresql:}");
}

static churn_status write_list(cli *c, const churn_ranking *ranking, const request *r,
                               const churn_sink *published)
{
  const churn_sink sink = {r->output, r->table};
  churn_status status = churn_sink_is_database(r->output)
                            ? churn_sink_write(ranking, &sink, &c->error)
                            : churn_ranking_write(ranking, r->output, &c->error);
  if (status == CHURN_OK && published->target != NULL)
    status = churn_sink_write(ranking, published, &c->error);
  return status;
}

static churn_status run_score(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_ranking *ranking = NULL;
  churn_sink published = {NULL, NULL};
  churn_score_report report = {0};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK)
    status = check_output(c, r);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK && r->publish != 0)
    status = check_published(c, project, &published);
  if (status == CHURN_OK)
    status = churn_model_read(r->model, &model, &c->error);
  if (status == CHURN_OK)
    status = churn_score(project, model, &settings, &c->run, &ranking, &report, &c->error);
  if (status == CHURN_OK)
    status = write_list(c, ranking, r, &published);
  if (status == CHURN_OK)
    say_what_was_done(c, project, model, &report, r->output);
  churn_ranking_free(ranking);
  churn_model_free(model);
  churn_project_free(project);
  return status;
}

int cmd_score(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.by = "probability", .output = "-", .top = CLI_NOT_GIVEN};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"model", 'm', POPT_ARG_STRING, &r.model, 0, "the model to score with", "MODEL"},
      {"as-of", '\0', POPT_ARG_STRING, &r.as_of, 0,
       "the day to score for (default: the day after the data end)", "DAY"},
      {"top", '\0', POPT_ARG_LONG, &r.top, 0, "list only the N riskiest", "N"},
      {"by", '\0', POPT_ARG_STRING | POPT_ARGFLAG_SHOW_DEFAULT, &r.by, 0,
       "rank by probability or expected-loss", "KEY"},
      {"columns", '\0', POPT_ARG_STRING, &r.columns, 0,
       "write only these columns, in this order: customer_id,probability", "LIST"},
      {"intervals", '\0', POPT_ARG_NONE, &r.intervals, 0,
       "how sure each probability and each place in the list is", NULL},
      cli_lang_option(&r.lang),
      cli_output_option(&r.output),
      {"table", '\0', POPT_ARG_STRING, &r.table, 0,
       "the table, when -o names a database (default: churn_scores)", "NAME"},
      {"publish", '\0', POPT_ARG_NONE, &r.publish, 0,
       "write into the database of the project's key `scores` too", NULL},
      cli_source_option(&c),
      cli_memory_option(&c),
      cli_cache_option(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_score(&c, &r));
}
