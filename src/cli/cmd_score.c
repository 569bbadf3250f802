/* churn score: the ranked list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <stdlib.h>
#include <string.h>

typedef struct request {
  const char *project_path;
  char **models; /* NULL = none, else up to a NULL */
  const char *as_of, *by, *columns, *output, *table, *lang;
  long top;
  int publish, intervals, within_capacity, loyal;
} request;

enum { CLI_MOST_LISTS = 8, CLI_NAME_SIZE = 256 };

static size_t count_models(const request *r)
{
  size_t count = 0;
  while (r->models != NULL && r->models[count] != NULL)
    count++;
  return count;
}

static churn_status read_settings(cli *c, const request *r, churn_score_settings *settings)
{
  if (count_models(r) > CLI_MOST_LISTS)
    return cli_usage(c, "-m: at most %d models go side by side", CLI_MOST_LISTS);
  if (cli_whole(c, "--top", r->top, &settings->top) != CHURN_OK)
    return CHURN_USAGE;
  churn_error wrong;
  if (r->columns != NULL &&
      churn_list_columns_read(r->columns, &settings->columns, &wrong) != CHURN_OK)
    return cli_usage(c, "--columns: %s", wrong.message);
  if (strcmp(r->by, "expected-loss") == 0)
    settings->by = CHURN_BY_EXPECTED_LOSS;
  else if (strcmp(r->by, "worth") == 0)
    settings->by = CHURN_BY_WORTH;
  else if (strcmp(r->by, "probability") != 0)
    return cli_usage(c, "--by: \"%s\" is unknown; expected probability, expected-loss or worth",
                     r->by);
  if (r->within_capacity && settings->by == CHURN_BY_EXPECTED_LOSS)
    return cli_usage(c, "--within-capacity lists by worth; expected no --by beside it");
  if (r->within_capacity)
    settings->by = CHURN_BY_WORTH;
  if (r->loyal && r->columns != NULL)
    return cli_usage(c, "--columns is of the ranked list; expected no --loyal beside it");
  if (r->loyal && (r->within_capacity || r->publish))
    return cli_usage(c, "--loyal is a list of its own; it goes with neither --within-capacity nor "
                        "--publish");
  if (cli_lang(c, r->lang, &settings->language) != CHURN_OK)
    return CHURN_USAGE;
  settings->intervals = r->intervals != 0;
  return cli_day(c, "--as-of", r->as_of, &settings->as_of);
}

/* A list's name: that of the model's file without folder and ending. */
static void take_name(const char *path, char name[CLI_NAME_SIZE])
{
  const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
  const char *dot = strrchr(base, '.');
  snprintf(name, CLI_NAME_SIZE, "%.*s",
           dot == NULL || dot == base ? (int)strlen(base) : (int)(dot - base), base);
}

static churn_status check_names(cli *c, const char *const *names, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (strcspn(names[i], ",\"\r\n") != strlen(names[i]))
      return cli_usage(c,
                       "-m: the name of the model's file heads columns and cannot hold a comma "
                       "or a quote: %s",
                       names[i]);
    for (size_t k = 0; k < i; k++)
      if (strcmp(names[i], names[k]) == 0)
        return cli_usage(c,
                         "-m: two models are called %s, which names their columns; expected "
                         "files of different names",
                         names[i]);
  }
  return CHURN_OK;
}

static void say_what_was_done(cli *c, const churn_project *project, const churn_model *model,
                              const churn_score_report *report, const char *output)
{
  bool to_file = strcmp(output, "-") != 0;
  const char *loss =
      report->valued == 0 ? "" : cli_format(", expected loss %s", cli_money(report->expected_loss));
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
  const churn_sink sink = {r->output, r->table, NULL};
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
  const churn_sink sink = {r->output, r->table, NULL};
  churn_status status = churn_sink_is_database(r->output)
                            ? churn_sink_write(ranking, &sink, &c->error)
                            : churn_ranking_write(ranking, r->output, &c->error);
  if (status == CHURN_OK && published->target != NULL)
    status = churn_sink_write(ranking, published, &c->error);
  return status;
}

static churn_status write_calls(cli *c, const churn_ranking *ranking, const request *r,
                                uint64_t top, const churn_sink *published, churn_calls *report)
{
  churn_ranking *calls = NULL;
  churn_status status = churn_ranking_calls(ranking, top, &calls, report, &c->error);
  if (status == CHURN_OK)
    status = write_list(c, calls, r, published);
  churn_ranking_free(calls);
  return status;
}

static churn_status score_loyal(cli *c, const churn_project *project, const churn_model *model,
                                const churn_score_settings *settings, const char *output)
{
  churn_loyal *loyal = NULL;
  churn_loyal_report report = {0};
  bool to_file = strcmp(output, "-") != 0;
  if (churn_sink_is_database(output))
    return cli_usage(c, "--loyal writes a file, not a database");
  churn_status status =
      churn_loyal_find(project, model, settings, &c->run, &loyal, &report, &c->error);
  if (status == CHURN_OK)
    status = churn_loyal_write(loyal, output, &c->error);
  if (status == CHURN_OK)
    cli_say(c,
            "%s scored as of %s: %s loyal and slipping since %s (value at least %s, a customer "
            "for at least %d days, probability at least %s), expected loss up by %.0f%s%s",
            cli_plural(report.customers, "customer"), cli_text_day(report.as_of),
            cli_count(report.listed), cli_text_day(report.since), cli_short(report.least_value),
            (int)report.least_tenure, cli_percent(report.least_probability, 2), report.growth,
            to_file ? " -> " : "", to_file ? output : "");
  churn_loyal_free(loyal);
  return status;
}

static churn_status score_ranked(cli *c, const churn_project *project, const churn_model *model,
                                 const churn_score_settings *settings, const request *r,
                                 const churn_sink *published)
{
  churn_ranking *ranking = NULL;
  churn_score_report report = {0};
  churn_calls calls = {0};
  churn_status status =
      churn_score(project, model, settings, &c->run, &ranking, &report, &c->error);
  if (status == CHURN_OK)
    status = r->within_capacity ? write_calls(c, ranking, r, settings->top, published, &calls)
                                : write_list(c, ranking, r, published);
  if (r->within_capacity)
    report.listed = calls.customers + calls.control;
  if (status == CHURN_OK)
    say_what_was_done(c, project, model, &report, r->output);
  if (status == CHURN_OK && r->within_capacity)
    cli_say(c, "contacts worth %.0f; %s more would be worth it but do not fit the capacity",
            calls.worth, cli_count(calls.no_room));
  if (status == CHURN_OK && calls.no_action > 0)
    cli_say(c, "%s left out, as their main cause has no action",
            cli_plural(calls.no_action, "customer"));
  if (status == CHURN_OK && calls.control + calls.used + calls.resting > 0)
    cli_say(c,
            "%s of those listed are in the control group, not to be contacted; earlier contacts "
            "use %s places, and %s more were contacted lately",
            cli_count(calls.control), cli_count(calls.used), cli_count(calls.resting));
  churn_ranking_free(ranking);
  return status;
}

/* A list of its own for each model, each with a project of its own, as they may be of different
 * outcomes. */
typedef struct lists {
  size_t count;
  churn_project *projects[CLI_MOST_LISTS];
  churn_model *models[CLI_MOST_LISTS];
  churn_ranking *rankings[CLI_MOST_LISTS];
  churn_score_report reports[CLI_MOST_LISTS];
  char texts[CLI_MOST_LISTS][CLI_NAME_SIZE];
  const char *names[CLI_MOST_LISTS];
} lists;

static churn_status make_list(cli *c, const request *r, const churn_score_settings *settings,
                              size_t i, lists *l)
{
  churn_status status = cli_read_project(c, r->project_path, &l->projects[i]);
  if (status == CHURN_OK)
    status = cli_read_model(c, l->projects[i], r->models[i], &l->models[i]);
  if (status == CHURN_OK)
    status = cli_choose_outcome(c, l->models[i], l->projects[i]);
  if (status == CHURN_OK)
    status = churn_score(l->projects[i], l->models[i], settings, &c->run, &l->rankings[i],
                         &l->reports[i], &c->error);
  return status;
}

static churn_status run_side_by_side(cli *c, const request *r)
{
  lists l = {.count = count_models(r)};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_status status = read_settings(c, r, &settings);
  uint64_t top = settings.top;
  settings.top = 0;
  for (size_t i = 0; i < l.count && status == CHURN_OK; i++) {
    take_name(r->models[i], l.texts[i]);
    l.names[i] = l.texts[i];
  }
  if (status == CHURN_OK)
    status = check_names(c, l.names, l.count);
  if (status == CHURN_OK &&
      (churn_sink_is_database(r->output) || r->table != NULL || r->publish != 0))
    status = cli_usage(c, "lists side by side go into a file; expected one -m for a database");
  if (status == CHURN_OK && (r->loyal || r->within_capacity))
    status = cli_usage(c, "--loyal and --within-capacity list by one model; expected one -m");
  if (status == CHURN_OK && r->columns != NULL)
    status = cli_usage(c, "--columns is of one list; expected one -m");
  if (status == CHURN_OK)
    status = cli_check_target(c, r->output);
  for (size_t i = 0; i < l.count && status == CHURN_OK; i++)
    status = make_list(c, r, &settings, i, &l);
  if (status == CHURN_OK)
    status = churn_rankings_write((const churn_ranking *const *)l.rankings, l.names, l.count, top,
                                  r->output, &c->error);
  for (size_t i = 0; i < l.count && i < CLI_MOST_LISTS; i++) {
    if (status == CHURN_OK)
      say_what_was_done(c, l.projects[i], l.models[i], &l.reports[i], r->output);
    churn_ranking_free(l.rankings[i]);
    churn_model_free(l.models[i]);
    churn_project_free(l.projects[i]);
  }
  return status;
}

static churn_status run_score(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_sink published = {.target = NULL};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK)
    status = check_output(c, r);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = cli_read_model(c, project, r->models == NULL ? NULL : r->models[0], &model);
  if (status == CHURN_OK)
    status = cli_choose_outcome(c, model, project);
  if (status == CHURN_OK && r->publish != 0)
    status = check_published(c, project, &published);
  if (status == CHURN_OK)
    status = r->loyal ? score_loyal(c, project, model, &settings, r->output)
                      : score_ranked(c, project, model, &settings, r, &published);
  churn_model_free(model);
  churn_project_free(project);
  return status;
}

static void free_models(const request *r)
{
  for (char **model = r->models; model != NULL && *model != NULL; model++)
    free(*model);
  free(r->models);
}

int cmd_score(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.by = "probability", .output = "-", .top = CLI_NOT_GIVEN};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"model", 'm', POPT_ARG_ARGV, &r.models, 0,
       "the model to score with; given again, the lists come side by side", "MODEL"},
      {"as-of", '\0', POPT_ARG_STRING, &r.as_of, 0,
       "the day to score for (default: the day after the data end)", "DAY"},
      {"top", '\0', POPT_ARG_LONG, &r.top, 0, "list only the N riskiest", "N"},
      {"by", '\0', POPT_ARG_STRING | POPT_ARGFLAG_SHOW_DEFAULT, &r.by, 0,
       "rank by probability, expected-loss or worth", "KEY"},
      {"columns", '\0', POPT_ARG_STRING, &r.columns, 0,
       "write only these columns, in this order: customer_id,probability", "LIST"},
      {"within-capacity", '\0', POPT_ARG_NONE, &r.within_capacity, 0,
       "list whom to contact: the most worth that fits the project's key `capacity`", NULL},
      {"loyal", '\0', POPT_ARG_NONE, &r.loyal, 0,
       "list loyal customers whose risk has risen: high value, long standing", NULL},
      {"intervals", '\0', POPT_ARG_NONE, &r.intervals, 0,
       "how sure each probability and each place in the list is", NULL},
      cli_lang_option(&r.lang),
      cli_output_option(&r.output),
      {"table", '\0', POPT_ARG_STRING, &r.table, 0,
       "the table, when -o names a database (default: churn_scores)", "NAME"},
      {"publish", '\0', POPT_ARG_NONE, &r.publish, 0,
       "write into the database of the project's key `scores` too", NULL},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code)) {
    free_models(&r);
    return code;
  }
  code = cli_close(&c, count_models(&r) > 1 ? run_side_by_side(&c, &r) : run_score(&c, &r));
  free_models(&r);
  return code;
}
