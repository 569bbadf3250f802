/* churn outcomes: what contacting customers has saved, against the control group.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>

typedef struct request {
  const char *project_path;
  const char *runs, *output;
  long top;
  int json;
} request;

enum { CROSSED_SHOWN = 10 };

static const char *interval(const churn_saved *figure, int digits)
{
  if (isnan(figure->value))
    return "not known";
  if (isnan(figure->low))
    return cli_format("%.*f (no interval: too few)", digits, figure->value);
  return cli_format("%.*f (95 %% interval %.*f to %.*f)", digits, figure->value, digits,
                    figure->low, digits, figure->high);
}

static void print_group(cli_table *table, const char *name, const churn_savings_group *group,
                        bool with_contacts)
{
  cli_table_row(
      table, name, cli_count(group->customers), cli_count(group->churned),
      cli_percent(group->share.value, 2),
      cli_format("%s to %s", cli_percent(group->share.low, 2), cli_percent(group->share.high, 2)),
      with_contacts ? cli_count(group->contacted) : "-", cli_format("%.0f", group->value),
      cli_format("%.0f", group->lost));
}

static void print_crossed(const churn_savings *s)
{
  if (s->crossed_count == 0)
    return;
  printf(
      "\n%s of the control group %s contacted all the same, which makes the groups more alike:\n ",
      cli_plural(s->crossed_count, "customer"), s->crossed_count == 1 ? "was" : "were");
  for (size_t i = 0; i < s->crossed_count && i < CROSSED_SHOWN; i++)
    printf(" %s", s->crossed[i]);
  printf("%s\n", s->crossed_count > CROSSED_SHOWN ? " ... (--json names all)" : "");
}

/* Which lists count. */
static const char *lists_of(const churn_savings *s)
{
  const char *head = cli_format("at the head of %s", cli_plural(s->lists - s->calls, "list"));
  if (s->calls == 0)
    return head;
  const char *calls = cli_format("on %s of whom to contact", cli_plural(s->calls, "list"));
  return s->calls == s->lists ? calls : cli_format("%s, and %s", calls, head);
}

static void print_savings(const churn_savings *s)
{
  const churn_saved points = {100 * s->share.value, 100 * s->share.low, 100 * s->share.high};
  printf("Customers %s, %s to %s, each in the first that has them%s\n\n", lists_of(s),
         cli_text_day(s->first), cli_text_day(s->last),
         s->top == 0 ? "" : cli_format(" among its first %s", cli_count(s->top)));
  cli_table *table = cli_table_new("lrrrrrrr");
  cli_table_row(table, "group", "customers", "churned", "share", "95 % interval", "contacted",
                "value", "lost");
  print_group(table, "treated", &s->treated, s->with_contacts);
  print_group(table, "control", &s->control, s->with_contacts);
  cli_table_print(table, stdout, "  ");
  printf("\nSaved against the control group:\n"
         "  percentage points  %s\n  customers          %s\n  money              %s\n",
         interval(&points, 2), interval(&s->customers, 1), interval(&s->money, 0));
  print_crossed(s);
}

static churn_status show(cli *c, const request *r, const churn_savings *savings)
{
  if (r->json || r->output != NULL)
    return churn_savings_write(savings, r->output == NULL ? "-" : r->output, &c->error);
  if (savings->lists > 0) {
    cli_progress_clear();
    print_savings(savings);
  }
  return CHURN_OK;
}

static void say_what_is_missing(cli *c, const churn_savings *s)
{
  if (s->lists == 0)
    cli_say(c, "no published list with a closed label window says who is in the control group: "
               "expected `control: {share: 0.1, key: TEXT}` in the project, and nights with it");
  if (s->unmarked > 0)
    cli_say(c, "note: %s without the column control %s left out", cli_plural(s->unmarked, "list"),
            s->unmarked == 1 ? "is" : "are");
  if (s->open > 0)
    cli_say(c,
            "note: of %s it is not known yet what became, so %s left out: the label window is open",
            cli_plural(s->open, "list"), s->open == 1 ? "it is" : "they are");
  if (s->remarked > 0)
    cli_say(c,
            "note: %s %s another mark on a later list (another key or share of `control`), and "
            "%s by the first",
            cli_plural(s->remarked, "customer"), s->remarked == 1 ? "has" : "have",
            s->remarked == 1 ? "counts" : "count");
  if (s->lists > 0 && (s->control.customers == 0 || s->treated.customers == 0))
    cli_say(c, "note: nobody %s is on these lists, so there is nothing to compare with",
            s->control.customers == 0 ? "of the control group" : "but the control group");
}

static churn_status run_outcomes(cli *c, const request *r)
{
  churn_project *project = NULL;
  churn_savings *savings = NULL;
  churn_savings_settings settings = {.output = r->runs};
  churn_status status = cli_whole(c, "--top", r->top, &settings.top);
  if (status == CHURN_OK && r->output != NULL)
    status = cli_check_target(c, r->output);
  if (status == CHURN_OK)
    status = cli_read_project(c, r->project_path, &project);
  if (status == CHURN_OK)
    status = churn_savings_measure(project, &settings, &c->run, &savings, &c->error);
  if (status == CHURN_OK)
    status = show(c, r, savings);
  if (status == CHURN_OK)
    say_what_is_missing(c, savings);
  churn_savings_free(savings);
  churn_project_free(project);
  return status;
}

int cmd_outcomes(const cli_verb *verb, int argc, const char **argv)
{
  cli c = {0};
  request r = {.top = CLI_NOT_GIVEN};
  struct poptOption common[CLI_COMMON_ROWS];
  cli_common_options(&c, common);
  struct poptOption table[] = {
      {"top", '\0', POPT_ARG_LONG, &r.top, 0,
       "customers among the first K of a list (default: all to contact, or the head that each "
       "night told of)",
       "K"},
      {"runs", '\0', POPT_ARG_STRING, &r.runs, 0, "folder of the runs (default: the project's)",
       "DIR"},
      {"json", '\0', POPT_ARG_NONE, &r.json, 0, "print everything as JSON", NULL},
      {"output", 'o', POPT_ARG_STRING, &r.output, 0, "write the JSON there", "FILE"},
      CLI_PROJECT_TABLE(&c),
      CLI_COMMON_TABLE(common),
  };
  int code = 0;
  if (!cli_open(&c, verb, argc, argv, table, &r.project_path, 1, 1, &code))
    return code;
  return cli_close(&c, run_outcomes(&c, &r));
}
