/* churn compare: which feature set predicts better, is it real, what does it cost.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <malloc.h>
#include <string.h>

typedef struct request {
  const char *project_path;
  const char *sets, *leave_one_out, *only_one, *first, *last, *test_from;
  long long capacity, folds, sliding, seed;
  const char *html, *folds_csv;
  int all_pairs, brief, json, no_record, history;
} request;

static churn_status read_parts(cli *c, const char *option, const char *text, churn_parts *parts)
{
  if (text == NULL)
    return CHURN_OK;
  if (strcmp(text, "family") != 0 && strcmp(text, "feature") != 0)
    return cli_usage(c, "%s: \"%s\" is not accepted; expected family or feature", option, text);
  *parts = strcmp(text, "family") == 0 ? CHURN_PARTS_FAMILY : CHURN_PARTS_FEATURE;
  return CHURN_OK;
}

static churn_status read_settings(cli *c, const request *r, churn_compare_settings *settings)
{
  uint64_t folds = 0;
  settings->sets = r->sets;
  settings->all_pairs = r->all_pairs != 0;
  settings->brief = r->brief != 0;
  churn_status status =
      read_parts(c, "--leave-one-out", r->leave_one_out, &settings->leave_one_out);
  if (status == CHURN_OK)
    status = read_parts(c, "--only-one", r->only_one, &settings->only_one);
  if (status == CHURN_OK)
    status = cli_whole(c, "--capacity", r->capacity, &settings->capacity);
  if (status == CHURN_OK)
    status = cli_whole(c, "--folds", r->folds, &folds);
  if (status == CHURN_OK && (folds == 1 || folds > 1000))
    status = cli_usage(c, "--folds: %llu is not accepted; expected 2 to 1000",
                       (unsigned long long)folds);
  settings->folds = (uint32_t)folds;
  if (status == CHURN_OK && r->sliding != CLI_NOT_GIVEN && (r->sliding < 1 || r->sliding > 36500))
    status = cli_usage(c, "--sliding: %lld is not accepted; expected 1 to 36500 days", r->sliding);
  settings->window_days = r->sliding == CLI_NOT_GIVEN ? 0 : (int32_t)r->sliding;
  if (status == CHURN_OK && r->seed < 0)
    status =
        cli_usage(c, "--seed: %lld is not accepted; expected a whole number, 0 or above", r->seed);
  settings->seed = (uint64_t)r->seed;
  if (status == CHURN_OK)
    status = cli_day(c, "--first", r->first, &settings->first);
  if (status == CHURN_OK)
    status = cli_day(c, "--last", r->last, &settings->last);
  return status == CHURN_OK ? cli_day(c, "--test-from", r->test_from, &settings->test_from)
                            : status;
}

/* The comparison stands by now: a ledger that cannot be written is worth a warning. */
static void record(cli *c, const churn_project *project, const churn_comparison *comparison)
{
  churn_error error = {0};
  char reason[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE];
  uint64_t line = 0;
  bool known = false;
  if (comparison->partial) {
    cli_say(c, "partial: not recorded");
  } else if (churn_ledger_append(project, comparison, &line, &known, &error) == CHURN_OK) {
    cli_say(c, "%s line %llu of models/comparisons.jsonl",
            known ? "the same comparison is already" : "recorded as", (unsigned long long)line);
  } else {
    churn_error_format(&error, reason, sizeof reason);
    cli_say(c, "warning: not recorded: %s", reason);
  }
}

static churn_status show_history(cli *c, const churn_project *project)
{
  churn_ledger *ledger = NULL;
  churn_status status = churn_ledger_read(project, &c->run, &ledger, &c->error);
  if (status == CHURN_OK)
    cli_print_ledger(ledger, stdout);
  churn_ledger_free(ledger);
  return status;
}

static churn_status write_all(cli *c, const request *r, const churn_comparison *comparison)
{
  churn_status status = CHURN_OK;
  if (r->html != NULL)
    status = churn_comparison_write_page(comparison, r->html, &c->error);
  if (status == CHURN_OK && r->folds_csv != NULL)
    status = churn_comparison_write_folds(comparison, r->folds_csv, &c->error);
  if (status == CHURN_OK && r->json)
    status = churn_comparison_write(comparison, "-", &c->error);
  else if (status == CHURN_OK)
    cli_print_comparison(comparison, stdout);
  return status;
}

static churn_status check_targets(cli *c, const request *r)
{
  churn_status status = r->html == NULL ? CHURN_OK : cli_check_target(c, r->html);
  return status == CHURN_OK && r->folds_csv != NULL ? cli_check_target(c, r->folds_csv) : status;
}

static churn_status run_compare(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_comparison *comparison = NULL;
  churn_compare_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK)
    status = check_targets(c, r);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK && r->history) {
    status = show_history(c, project);
    churn_project_free(project);
    return status;
  }
  cli_catch_signals(c, "stopped before a fold was finished");
  if (status == CHURN_OK)
    status = churn_compare(project, &settings, &c->run, &comparison, &c->error);
  if (status == CHURN_OK)
    status = write_all(c, r, comparison);
  if (status == CHURN_OK && !r->no_record)
    record(c, project, comparison);
  churn_comparison_free(comparison);
  churn_project_free(project);
  return status;
}

/* Arrays of a number a row go back to the system when they are freed: each stage has its own, and
 * what earlier ones left would add up to more than the rows themselves. */
static void keep_memory_low(void)
{
  enum { LARGE = 1 << 20 };
  mallopt(M_MMAP_THRESHOLD, LARGE);
}

int cmd_compare(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {
      .capacity = CLI_NOT_GIVEN, .folds = CLI_NOT_GIVEN, .sliding = CLI_NOT_GIVEN, .seed = 1};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"sets", '\0', POPT_ARG_STRING, &r.sets, 0,
       "the sets, the first is the baseline: names of sets, features (with * and ?) and histories, "
       "put together with + and - (default: every set of the project)",
       "A[,B - x,C + y...]"},
      {"leave-one-out", '\0', POPT_ARG_STRING, &r.leave_one_out, 0,
       "also the first set without each of its families (histories) or features", "family|feature"},
      {"only-one", '\0', POPT_ARG_STRING, &r.only_one, 0,
       "also each family or feature of the first set alone", "family|feature"},
      {"all-pairs", '\0', POPT_ARG_NONE, &r.all_pairs, 0,
       "compare every pair of sets, not only with the first", NULL},
      {"capacity", '\0', POPT_ARG_LONGLONG, &r.capacity, 0,
       "how many customers can be called as of one day (default: a tenth of them)", "K"},
      {"folds", '\0', POPT_ARG_LONGLONG, &r.folds, 0,
       "deal customers into N folds (default: by time where there are snapshots enough, else 5)",
       "N"},
      {"sliding", '\0', POPT_ARG_LONGLONG, &r.sliding, 0,
       "by time: train only on what became known in the DAYS before (default: on all before)",
       "DAYS"},
      {"seed", '\0', POPT_ARG_LONGLONG, &r.seed, 0, "seed of folds and bootstrap (default: 1)",
       "N"},
      cli_day_option("first", "first as-of day (default: the project's)", &r.first),
      cli_day_option("last", "last as-of day (default: the project's)", &r.last),
      {"test-from", '\0', POPT_ARG_STRING, &r.test_from, 0,
       "leave what this day on judges to evaluate (default: the project's test_from)", "DAY"},
      {"brief", '\0', POPT_ARG_NONE, &r.brief, 0,
       "no learning curve and no report on the best set's features", NULL},
      {"html", '\0', POPT_ARG_STRING, &r.html, 0,
       "write a page with tables and charts, one file that works offline", "FILE"},
      {"folds-csv", '\0', POPT_ARG_STRING, &r.folds_csv, 0,
       "write the figures of each set and fold as CSV", "FILE"},
      {"no-record", '\0', POPT_ARG_NONE, &r.no_record, 0,
       "do not append the comparison to models/comparisons.jsonl beside the project", NULL},
      {"history", '\0', POPT_ARG_NONE, &r.history, 0,
       "compare nothing: list what models/comparisons.jsonl holds", NULL},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "print the comparison as JSON", NULL},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 0, 1, &code))
    return code;
  if (r.project_path == NULL && !r.history)
    return cli_close(&c, cli_usage(&c, "an argument is missing; expected PROJECT"));
  r.project_path = r.project_path == NULL ? "." : r.project_path;
  keep_memory_low();
  code = cli_close(&c, run_compare(&c, &r));
  cli_end_by_signal();
  return code;
}
