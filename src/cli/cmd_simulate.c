/* churn simulate: a world of customers with known probabilities.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct request {
  const char *folder;
  const char *first, *world;
  int customers, months, truth, continuations;
  long long seed;
  double engagements;
} request;

static const char *const worlds[] = {"telecom", "bank", "wholesale"};

static void print_report(const churn_simulate_report *report, churn_world_kind world,
                         const char *folder)
{
  printf("A world from %s to %s in %s\n", cli_text_day(report->first_day),
         cli_text_day(report->last_day), folder);
  const uint64_t counts[] = {report->customers, report->engagements, report->complaints,
                             report->prices,    report->reps,        report->payments,
                             report->balances};
  const char *engagements = world == CHURN_WORLD_WHOLESALE ? "orders.csv" : "interactions.csv";
  const char *const names[] = {"customers.csv", engagements,           "complaints.csv",
                               "prices.csv",    "rep_assignments.csv", "invoices.csv",
                               "balances.csv"};
  cli_table *table = cli_table_new("lrl");
  size_t files = sizeof names / sizeof names[0] - (world == CHURN_WORLD_BANK ? 0 : 1);
  for (size_t i = 0; i < files; i++)
    cli_table_row(table, names[i], cli_count(counts[i]),
                  i == 0 ? cli_format("rows, %s left", cli_count(report->left)) : "rows");
  cli_table_row(table, "truth.csv", cli_count(report->truth_rows),
                isnan(report->best_auc)
                    ? "true probabilities"
                    : cli_format("true probabilities; nobody can rank better than AUC %.4f on them",
                                 report->best_auc));
  cli_table_row(table, "churn.yaml", "", "the project file: start here");
  cli_table_row(table, "desk.yaml", "",
                "the same with causes, actions, capacity, control group and page");
  cli_table_print(table, stdout, "  ");
}

static churn_status read_world(cli *c, const char *name, churn_world_kind *world)
{
  for (size_t i = 0; i < sizeof worlds / sizeof worlds[0]; i++)
    if (strcmp(name, worlds[i]) == 0) {
      *world = (churn_world_kind)i;
      return CHURN_OK;
    }
  return cli_usage(c, "--world: \"%s\" is unknown; expected telecom, bank or wholesale", name);
}

static churn_status read_settings(cli *c, const request *r, churn_simulate_settings *settings)
{
  uint64_t counts[4];
  churn_status status = cli_whole(c, "--customers", r->customers, &counts[0]);
  if (status == CHURN_OK)
    status = cli_whole(c, "--months", r->months, &counts[1]);
  if (status == CHURN_OK)
    status = cli_whole(c, "--truth", r->truth, &counts[2]);
  if (status == CHURN_OK)
    status = cli_whole(c, "--continuations", r->continuations, &counts[3]);
  if (status == CHURN_OK)
    status = cli_whole(c, "--seed", r->seed, &settings->seed);
  if (status == CHURN_OK && r->engagements <= 0)
    status = cli_usage(c, "--engagements: %g is not accepted; expected a number above 0",
                       r->engagements);
  if (status == CHURN_OK)
    status = read_world(c, r->world, &settings->world);
  if (status != CHURN_OK)
    return status;
  settings->customers = (uint32_t)counts[0];
  settings->months = (uint32_t)counts[1];
  settings->truth_customers = (uint32_t)counts[2];
  settings->continuations = (uint32_t)counts[3];
  settings->engagements_a_day = isnan(r->engagements) ? 0 : r->engagements;
  return cli_day(c, "--first-day", r->first, &settings->first_day);
}

static churn_status run_simulate(cli *c, const request *r)
{
  churn_simulate_settings settings = {0};
  churn_simulate_report report = {0};
  churn_status status = read_settings(c, r, &settings);
  if (status == CHURN_OK)
    status = churn_simulate(r->folder, &settings, &c->run, &report, &c->error);
  if (status == CHURN_OK && !c->quiet) {
    cli_progress_clear();
    print_report(&report, settings.world, r->folder);
  }
  return status;
}

int cmd_simulate(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.customers = CLI_NOT_GIVEN,
               .months = CLI_NOT_GIVEN,
               .truth = CLI_NOT_GIVEN,
               .continuations = CLI_NOT_GIVEN,
               .seed = CLI_NOT_GIVEN,
               .engagements = NAN,
               .world = worlds[0]};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"world", '\0', POPT_ARG_STRING | POPT_ARGFLAG_SHOW_DEFAULT, &r.world, 0,
       "the company: telecom, bank (balances that drain) or wholesale (orders)", "KIND"},
      {"customers", '\0', POPT_ARG_INT, &r.customers, 0,
       "customers over the whole time (default 2000)", "N"},
      {"months", '\0', POPT_ARG_INT, &r.months, 0, "length of the world (default 36)", "M"},
      {"seed", '\0', POPT_ARG_LONGLONG, &r.seed, 0, "same seed, same bytes (default 1)", "S"},
      {"first-day", '\0', POPT_ARG_STRING, &r.first, 0,
       "first day of the world (default 2023-01-01)", "DAY"},
      {"engagements", '\0', POPT_ARG_DOUBLE, &r.engagements, 0,
       "mean engagements a customer and day (default 0.14; orders of a wholesaler 0.05)", "RATE"},
      {"truth", '\0', POPT_ARG_INT, &r.truth, 0,
       "customers whose true probability is worked out (default 2000)", "N"},
      {"continuations", '\0', POPT_ARG_INT, &r.continuations, 0,
       "futures drawn a true probability (default 200)", "N"},
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.folder, 1, 1, &code))
    return code;
  return cli_close(&c, run_simulate(&c, &r));
}
