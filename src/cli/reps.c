/* The scorecard of reps as tables for the terminal, at most 100 columns wide.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100, MOST_SHOWN = 60 };

static int descending(double a, double b)
{
  a = isnan(a) ? -1 : a;
  b = isnan(b) ? -1 : b;
  return (a < b) - (a > b);
}

/* By the lower limit of the ratio: who surely lost more than expected comes first, and not who has
 * the smallest book. Who have no rep come last. */
static int by_loss(const void *left, const void *right)
{
  const churn_rep *a = *(const churn_rep *const *)left, *b = *(const churn_rep *const *)right;
  int order = a->none - b->none;
  if (order == 0)
    order = descending(a->ratio_low, b->ratio_low);
  if (order == 0)
    order = descending(a->ratio, b->ratio);
  return order != 0 ? order : strcmp(a->name, b->name);
}

/* By money at risk. */
static int by_risk(const void *left, const void *right)
{
  const churn_rep *a = *(const churn_rep *const *)left, *b = *(const churn_rep *const *)right;
  int order = a->none - b->none;
  if (order == 0)
    order = descending(a->expected_loss, b->expected_loss);
  if (order == 0)
    order = descending(a->expected_now, b->expected_now);
  return order != 0 ? order : strcmp(a->name, b->name);
}

static const char *verdict(const churn_rep *r)
{
  static const char *const words[] = {"", "", "worse", "better"};
  return r->verdict <= CHURN_REP_AS_EXPECTED && r->small ? "few" : words[r->verdict];
}

static void past_row(cli_table *table, const char *name, const churn_rep *r)
{
  const char *limits =
      isnan(r->ratio) ? "" : cli_format("%.2f to %.2f", r->ratio_low, r->ratio_high);
  cli_table_row(table, name, cli_count(r->rows), cli_count(r->observed), cli_number(r->expected, 1),
                cli_number(r->ratio, 2), limits, cli_number(r->p, 4), cli_number(r->p_adjusted, 4),
                verdict(r));
}

/* The first ones, and who have no rep. */
static bool is_shown(const churn_rep *const *order, size_t place)
{
  return place < MOST_SHOWN || order[place]->none;
}

static void print_more(const churn_reps *reps, const churn_rep *const *order, FILE *file)
{
  size_t hidden = 0;
  for (size_t i = 0; i < reps->count; i++)
    hidden += !is_shown(order, i);
  if (hidden > 0)
    fprintf(file, "  and %s more: --json, -o\n", cli_count(hidden));
}

static void print_past(const churn_reps *reps, const churn_rep *const *order, FILE *file)
{
  cli_table *table = cli_table_new("lrrrrrrrl");
  cli_table_narrow(table, WIDTH);
  cli_table_row(table, "rep", "customers", "lost", "expected", "ratio",
                cli_format("%.0f %% limits", 100 * reps->level), "p", "adjusted", "");
  for (size_t i = 0; i < reps->count; i++)
    if (is_shown(order, i))
      past_row(table, order[i]->name, order[i]);
  past_row(table, "all", &reps->total);
  cli_table_print(table, file, "  ");
  print_more(reps, order, file);
  fprintf(file,
          "  ratio = lost / expected. worse, better: adjusted p (Holm) below 0.05. few: fewer than "
          "%d expected\n",
          CHURN_REP_FEW_EXPECTED);
}

static void now_row(cli_table *table, const char *name, const churn_rep *r)
{
  bool valued = r->valued > 0;
  cli_table_row(table, name, cli_count(r->current), cli_number(r->expected_now, 1),
                valued ? cli_money(r->value) : "", valued ? cli_money(r->expected_loss) : "",
                isnan(r->exposure_churners) ? "" : cli_format("%+.1f", r->exposure_churners),
                valued && !isnan(r->exposure_loss) ? cli_format("%+.0f", r->exposure_loss) : "");
}

static void print_now(const churn_reps *reps, const churn_rep *const *order, FILE *file)
{
  cli_table *table = cli_table_new("lrrrrrr");
  cli_table_narrow(table, WIDTH);
  cli_table_row(table, "rep", "customers", "to leave", "value", "at risk", "if the rep left",
                "at risk");
  for (size_t i = 0; i < reps->count; i++)
    if (is_shown(order, i))
      now_row(table, order[i]->name, order[i]);
  now_row(table, "all", &reps->total);
  fprintf(file, "\nTheir books now%s%s\n", reps->as_of == CHURN_DAY_MISSING ? "" : ", as of ",
          reps->as_of == CHURN_DAY_MISSING ? "" : cli_text_day(reps->as_of));
  cli_table_print(table, file, "  ");
  print_more(reps, order, file);
}

static void print_head(const churn_reps *reps, FILE *file)
{
  if (reps->day_count == 0 || reps->days[0] == CHURN_DAY_MISSING) {
    fprintf(file, "Customers by %s\n", reps->expression);
    return;
  }
  fprintf(file, "Customers by %s, on %s from %s to %s\n", reps->expression,
          cli_plural(reps->day_count, "snapshot"), cli_text_day(reps->days[0]),
          cli_text_day(reps->days[reps->day_count - 1]));
  fprintf(file, "lost = within %d days", (int)reps->horizon_days);
  if (reps->gap_days > 0)
    fprintf(file, ", after a gap of %d", (int)reps->gap_days);
  fputs("; expected = by models of other customers\n", file);
}

void cli_print_reps(const churn_reps *reps, FILE *file)
{
  const churn_rep **order = calloc(reps->count + 1, sizeof *order);
  for (size_t i = 0; order != NULL && i < reps->count; i++)
    order[i] = &reps->reps[i];
  if (order == NULL)
    return;
  print_head(reps, file);
  qsort(order, reps->count, sizeof *order, by_loss);
  print_past(reps, order, file);
  qsort(order, reps->count, sizeof *order, by_risk);
  print_now(reps, order, file);
  free(order);
}
