/* Churn rates as tables for the terminal, at most 100 columns wide.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

#include <math.h>

enum { WIDTH = 100, MOST_COHORTS = 24 };

static const char *limits(double low, double high)
{
  return isnan(low) ? "" : cli_format("%.2f to %.2f", 100 * low, 100 * high);
}

/* A year or more in years, else days. */
static const char *time_of(double days)
{
  if (isnan(days))
    return "never";
  return days >= 365.25 ? cli_format("%.1f years", days / 365.25) : cli_format("%.0f days", days);
}

/* In percent, without the sign: columns are many. */
static const char *share(double value, int digits)
{
  return cli_number(100 * value, digits);
}

static void customers_row(cli_table *table, const char *name, const churn_rate *r)
{
  cli_table_row(table, name, cli_format("%lld", (long long)r->days), cli_count(r->customers),
                cli_count(r->joined), cli_count(r->lost), share(r->rate, 2),
                limits(r->rate_low, r->rate_high), share(r->yearly_added, 1),
                share(r->yearly_compounded, 1), time_of(r->half_life_days));
}

static size_t periods_of(const churn_rates *rates)
{
  return rates->count / rates->segment_count;
}

static void print_customers(const churn_rates *rates, FILE *file)
{
  size_t periods = periods_of(rates);
  cli_table *table = cli_table_new("lrrrrrrrrr");
  cli_table_row(table, "from", "days", "at start", "joined", "lost", "rate %",
                cli_format("%.0f %% interval", 100 * rates->level), "year +", "year x",
                "half-life");
  for (size_t p = 0; p < periods; p++)
    customers_row(table, cli_text_day(rates->rates[p].first), &rates->rates[p]);
  if (periods > 1 && !rates->compared)
    customers_row(table, "all", &rates->totals[0]);
  cli_table_print(table, file, "  ");
  fputs("  rate = lost / at start, of those there at the start. A year, in percent: + added "
        "up (n r),\n  x compounded (1 - (1 - r)^n), n periods a year.\n",
        file);
}

static bool has_value(const churn_rates *rates)
{
  for (size_t i = 0; i < rates->count; i++)
    if (rates->rates[i].valued > 0)
      return true;
  return false;
}

static void value_row(cli_table *table, const char *name, const churn_rate *r)
{
  cli_table_row(table, name, cli_money(r->value), cli_money(r->value_lost),
                cli_percent(r->value_share_lost, 2), cli_percent(r->net_retention, 2),
                cli_percent(r->gross_retention, 2));
}

static void print_value(const churn_rates *rates, FILE *file)
{
  if (!has_value(rates))
    return;
  size_t periods = periods_of(rates);
  cli_table *table = cli_table_new("lrrrrr");
  cli_table_row(table, "from", "value at start", "value lost", "share lost", "net retention",
                "gross retention");
  for (size_t p = 0; p < periods; p++)
    value_row(table, cli_text_day(rates->rates[p].first), &rates->rates[p]);
  if (periods > 1 && !rates->compared)
    value_row(table, "all", &rates->totals[0]);
  fputs("\nValue, of those there at the start\n", file);
  cli_table_print(table, file, "  ");
}

static const char *kind_cell(const churn_kind_loss *loss, bool money)
{
  const char *amount = money ? cli_money(loss->value_lost) : cli_count(loss->lost);
  double part = money ? loss->value_share : loss->share;
  return isnan(part) ? amount : cli_format("%s (%.0f %%)", amount, 100 * part);
}

/* `losses` of the kinds in their order, `step` apart. */
static void kind_row(cli_table *table, const char *name, const churn_kind_loss *losses, size_t step,
                     bool money)
{
  const char *cells[CHURN_KINDS];
  for (size_t k = 0; k < CHURN_KINDS; k++)
    cells[k] = kind_cell(&losses[k * step], money);
  cli_table_row(table, name, cells[0], cells[1], cells[2], cells[3], cells[4]);
}

static void print_kinds_of(const churn_rates *rates, bool money, FILE *file)
{
  size_t periods = periods_of(rates);
  cli_table *table = cli_table_new("lrrrrr");
  cli_table_row(table, "from", "natural", "malicious", "competitive", "at fault", "unclassified");
  for (size_t p = 0; p < periods; p++)
    kind_row(table, cli_text_day(rates->rates[p].first), &rates->kinds[p], periods, money);
  if (periods > 1 && !rates->compared)
    kind_row(table, "all", rates->kind_totals, 1, money);
  fprintf(file, "\nKinds of loss: %s lost, of those there at the start\n",
          money ? "value" : "customers");
  cli_table_print(table, file, "  ");
}

static void print_kinds(const churn_rates *rates, FILE *file)
{
  if (rates->kinds == NULL)
    return;
  print_kinds_of(rates, false, file);
  if (has_value(rates))
    print_kinds_of(rates, true, file);
}

static void segment_row(cli_table *table, const char *name, const churn_rate *r)
{
  cli_table_row(table, name, cli_count(r->customers), cli_count(r->lost), cli_percent(r->rate, 2),
                limits(r->rate_low, r->rate_high), cli_percent(r->value_share_lost, 2),
                cli_percent(r->net_retention, 1), cli_percent(r->gross_retention, 1));
}

static cli_table *segment_table(const churn_rates *rates)
{
  cli_table *table = cli_table_new("lrrrrrrr");
  cli_table_narrow(table, WIDTH);
  cli_table_row(table, "segment", "at start", "lost", "rate",
                cli_format("%.0f %% interval", 100 * rates->level), "value lost", "net", "gross");
  return table;
}

static void print_segments(const churn_rates *rates, FILE *file)
{
  size_t periods = periods_of(rates);
  for (size_t p = 0; p < periods && rates->by != NULL && rates->compared; p++) {
    cli_table *table = segment_table(rates);
    for (size_t s = 1; s < rates->segment_count; s++)
      segment_row(table, rates->segments[s], &rates->rates[s * periods + p]);
    fprintf(file, "\nBy %s, from %s\n", rates->by, cli_text_day(rates->rates[p].first));
    cli_table_print(table, file, "  ");
  }
  if (rates->by == NULL || rates->compared)
    return;
  cli_table *table = segment_table(rates);
  for (size_t s = 1; s < rates->segment_count; s++)
    segment_row(table, rates->segments[s], &rates->totals[s]);
  fprintf(file, "\nBy %s, %s (each period: --json, -o)\n", rates->by,
          periods == 1 ? "in that period" : "all periods together");
  cli_table_print(table, file, "  ");
}

static void print_loss(const churn_loss *l, FILE *file)
{
  if (isnan(l->rate))
    return;
  fprintf(file, "\nLoss: %s customers x %.2f %% x %s periods a year = %s customers a year\n",
          cli_money(l->customers), 100 * l->rate, cli_short(l->periods_per_year),
          cli_money(l->customers_a_year));
  if (!isnan(l->value_a_year))
    fprintf(file, "  x a value of %s each = %s a year\n", cli_short(l->value_per_customer),
            cli_money(l->value_a_year));
  if (!isnan(l->replacement_a_year))
    fprintf(file, "  x %s to replace each = %s a year\n", cli_short(l->replacement_cost),
            cli_money(l->replacement_a_year));
}

static const uint32_t cohort_months[] = {1, 2, 3, 6, 9, 12, 18, 24, 36};

static const char *staying(const churn_cohort *c, size_t column)
{
  uint32_t k = cohort_months[column];
  return k <= c->months ? cli_percent(c->staying[k], 1) : "";
}

static void print_cohorts(const churn_rates *rates, FILE *file)
{
  if (rates->cohort_count == 0)
    return;
  size_t from = rates->cohort_count > MOST_COHORTS ? rates->cohort_count - MOST_COHORTS : 0;
  cli_table *table = cli_table_new("lrrrrrrrrrr");
  cli_table_row(table, "joined in", "customers", "1 month", "2", "3", "6", "9", "12", "18", "24",
                "36");
  for (size_t i = from; i < rates->cohort_count; i++) {
    const churn_cohort *c = &rates->cohorts[i];
    cli_table_row(table, cli_format("%.7s", cli_text_day(c->month)), cli_count(c->customers),
                  staying(c, 0), staying(c, 1), staying(c, 2), staying(c, 3), staying(c, 4),
                  staying(c, 5), staying(c, 6), staying(c, 7), staying(c, 8));
  }
  fprintf(file, "\nCohorts: share still there so many months after joining%s\n",
          from > 0 ? " (the latest)" : "");
  cli_table_print(table, file, "  ");
}

static const uint32_t curve_months[] = {3, 6, 12, 24, 36, 60};

static const churn_survival_point *point_at(const churn_survival_curve *curve, uint32_t months)
{
  return months < curve->count && curve->points[months].at_risk > 0 ? &curve->points[months] : NULL;
}

static const char *survival_cell(const churn_survival_curve *curve, size_t column)
{
  const churn_survival_point *p = point_at(curve, curve_months[column]);
  return p == NULL ? "" : cli_percent(p->survival, 1);
}

static void print_curve(const churn_survival_curve *curve, double level, FILE *file)
{
  cli_table *table = cli_table_new("rrrr");
  cli_table_row(table, "months", "under watch", "still there",
                cli_format("%.0f %% interval", 100 * level));
  for (size_t i = 0; i < sizeof curve_months / sizeof curve_months[0]; i++) {
    const churn_survival_point *p = point_at(curve, curve_months[i]);
    if (p != NULL)
      cli_table_row(table, cli_format("%u", p->months), cli_count(p->at_risk),
                    cli_percent(p->survival, 2), limits(p->low, p->high));
  }
  cli_table_print(table, file, "  ");
  if (!isnan(curve->median_days))
    fprintf(file, "  half stay longer than %s\n", time_of(curve->median_days));
}

static void print_survival(const churn_rates *rates, FILE *file)
{
  fprintf(file, "\nHow long customers stay: %s, %s lost (Kaplan-Meier, delayed entry)\n",
          cli_plural(rates->curves[0].stays, "stay"), cli_count(rates->curves[0].lost));
  print_curve(&rates->curves[0], rates->level, file);
  if (rates->by == NULL)
    return;
  cli_table *table = cli_table_new("lrrrrrrrr");
  cli_table_narrow(table, WIDTH);
  cli_table_row(table, "segment", "stays", "lost", "3 months", "6", "12", "24", "36", "60");
  for (size_t i = 1; i < rates->curve_count; i++) {
    const churn_survival_curve *c = &rates->curves[i];
    cli_table_row(table, c->segment, cli_count(c->stays), cli_count(c->lost), survival_cell(c, 0),
                  survival_cell(c, 1), survival_cell(c, 2), survival_cell(c, 3),
                  survival_cell(c, 4), survival_cell(c, 5));
  }
  cli_table_print(table, file, "  ");
}

static const char *ratio_text(double value, double low, double high)
{
  return isnan(value) ? "none" : cli_format("%.3f (%.3f to %.3f)", value, low, high);
}

static void print_comparison(const churn_rates *rates, FILE *file)
{
  const churn_rates_comparison *c = &rates->comparison;
  fprintf(file, "\nChange of the rate: %+.2f points (%+.2f to %+.2f)\n", 100 * c->difference,
          100 * c->difference_low, 100 * c->difference_high);
  if (!c->adjusted)
    return;
  cli_table *table = cli_table_new("lrrrrr");
  cli_table_row(table, "", "windows", "customers", "lost", "expected", "lost / expected");
  for (int i = 0; i < 2; i++)
    cli_table_row(table, i == 0 ? "before" : "after", cli_format("%u", c->windows[i]),
                  cli_count(c->rows[i]), cli_count(c->observed[i]), cli_number(c->expected[i], 2),
                  ratio_text(c->ratio[i], c->ratio_low[i], c->ratio_high[i]));
  fputs("\nAdjusted for the mix of customers by the model\n", file);
  cli_table_print(table, file, "  ");
  fprintf(file, "  after / before: %s, p = %.3g\n",
          ratio_text(c->relative, c->relative_low, c->relative_high), c->p);
}

void cli_print_rates(const churn_rates *rates, FILE *file)
{
  const churn_rate *last = &rates->rates[periods_of(rates) - 1];
  fprintf(file, "Customers, %s to %s; lost = %s\n", cli_text_day(rates->rates[0].first),
          cli_text_day(last->last),
          rates->silence ? "their silence was complete" : "their end date came");
  print_customers(rates, file);
  print_value(rates, file);
  print_kinds(rates, file);
  print_segments(rates, file);
  if (rates->compared) {
    print_comparison(rates, file);
    return;
  }
  print_loss(&rates->loss, file);
  print_cohorts(rates, file);
  print_survival(rates, file);
}
