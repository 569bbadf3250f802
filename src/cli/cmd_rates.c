/* churn rates: who was lost, what it cost, how long customers stay; per period and segment.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <string.h>

typedef struct request {
  const char *project_path;
  const char *every, *first, *last, *by, *compare, *model, *output;
  double value, replacement_cost;
  int json;
} request;

/* `YYYY-MM-DD..YYYY-MM-DD` at the head of `text`; gives what follows, NULL where it is none. */
static const char *read_span(const char *text, churn_span_of_days *span)
{
  enum { DAY = 10, SPAN = 22 };
  if (strlen(text) < SPAN || strncmp(text + DAY, "..", 2) != 0)
    return NULL;
  span->first = churn_day_parse(text, DAY);
  span->last = churn_day_parse(text + DAY + 2, DAY);
  bool good = span->first != CHURN_DAY_MISSING && span->last != CHURN_DAY_MISSING;
  return good ? text + SPAN : NULL;
}

static churn_status read_compare(cli *c, const request *r, churn_span_of_days spans[2],
                                 churn_rates_settings *settings)
{
  if (r->compare == NULL)
    return r->model == NULL
               ? CHURN_OK
               : cli_usage(c, "-m adjusts a comparison; expected --compare A..B,C..D beside it");
  const char *rest = read_span(r->compare, &spans[0]);
  if (rest != NULL)
    rest = *rest == ',' ? read_span(rest + 1, &spans[1]) : NULL;
  if (rest == NULL || *rest != '\0')
    return cli_usage(c,
                     "--compare: \"%s\" is no pair of periods; expected "
                     "YYYY-MM-DD..YYYY-MM-DD,YYYY-MM-DD..YYYY-MM-DD, before and after",
                     r->compare);
  if (r->first != NULL || r->last != NULL || r->every != NULL)
    return cli_usage(c, "--compare has its own two periods; expected no --first, --last or --every "
                        "beside it");
  settings->compare = spans;
  return CHURN_OK;
}

static churn_status read_settings(cli *c, const request *r, churn_span_of_days spans[2],
                                  churn_rates_settings *settings)
{
  *settings = (churn_rates_settings){.first = CHURN_DAY_MISSING,
                                     .last = CHURN_DAY_MISSING,
                                     .every = r->every,
                                     .by = r->by,
                                     .value = r->value,
                                     .replacement_cost = r->replacement_cost};
  churn_status status = cli_day(c, "--first", r->first, &settings->first);
  if (status == CHURN_OK)
    status = cli_day(c, "--last", r->last, &settings->last);
  if (status == CHURN_OK && (r->value < 0 || r->replacement_cost < 0))
    status = cli_usage(c, "--value and --replacement-cost: expected a number that is 0 or more");
  return status == CHURN_OK ? read_compare(c, r, spans, settings) : status;
}

static churn_status show(cli *c, const request *r, const churn_rates *rates)
{
  const char *path = r->output == NULL ? "-" : r->output;
  if (r->json)
    return churn_rates_write_json(rates, path, &c->error);
  if (r->output != NULL)
    return churn_rates_write_csv(rates, path, &c->error);
  cli_progress_clear();
  cli_print_rates(rates, stdout);
  return CHURN_OK;
}

static churn_status run_rates(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_rates *rates = NULL;
  churn_rates_settings settings;
  churn_span_of_days spans[2];
  churn_status status = read_settings(c, r, spans, &settings);
  if (status == CHURN_OK && r->output != NULL)
    status = cli_check_target(c, r->output);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK && r->model != NULL)
    status = cli_read_model(c, project, r->model, &model);
  settings.model = model;
  if (status == CHURN_OK)
    status = churn_rates_count(project, &settings, &c->run, &rates, &c->error);
  if (status == CHURN_OK)
    status = show(c, r, rates);
  churn_rates_free(rates);
  churn_model_free(model);
  churn_project_free(project);
  return status;
}

int cmd_rates(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.value = NAN, .replacement_cost = NAN};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"every", '\0', POPT_ARG_STRING, &r.every, 0,
       "length of a period (default: the step of the project's snapshots, else 1 month)", "STEP"},
      cli_day_option("first", "first day of the first period (default: the project's)", &r.first),
      cli_day_option("last", "last day that counts (default: the last of the data)", &r.last),
      {"by", '\0', POPT_ARG_STRING, &r.by, 0,
       "segments: a feature, a customers' column, an expression", "WHAT"},
      {"compare", '\0', POPT_ARG_STRING, &r.compare, 0, "two periods, before and after",
       "A..B,C..D"},
      {"model", 'm', POPT_ARG_STRING, &r.model, 0,
       "adjust the comparison for the mix of customers by this model", "MODEL"},
      {"value", '\0', POPT_ARG_DOUBLE, &r.value, 0,
       "a customer's value in the loss (default: the mean)", "AMOUNT"},
      {"replacement-cost", '\0', POPT_ARG_DOUBLE, &r.replacement_cost, 0,
       "what it costs to replace a customer", "AMOUNT"},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "write all figures as JSON", NULL},
      {"output", 'o', POPT_ARG_STRING, &r.output, 0,
       "write all figures there, as CSV unless --json; - is standard output", "FILE"},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_rates(&c, &r));
}
