/* Churn rates as JSON and as one tidy CSV. The tables below name each figure once, for both.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"
#include "jobs/rates_parts.h"
#include "model/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATE_FIGURES = 23, LOSS_FIGURES = 8, COMPARISON_FIGURES = 18, KIND_FIGURES = 4 };

static void rate_figures(const churn_rate *r, churn_json_pair pairs[RATE_FIGURES])
{
  const churn_json_pair figures[RATE_FIGURES] = {{"days", (double)r->days},
                                                 {"periods", (double)r->periods},
                                                 {"periods_per_year", r->periods_per_year},
                                                 {"customers", (double)r->customers},
                                                 {"joined", (double)r->joined},
                                                 {"returned", (double)r->returned},
                                                 {"lost", (double)r->lost},
                                                 {"came_and_went", (double)r->came_and_went},
                                                 {"rate", r->rate},
                                                 {"rate_low", r->rate_low},
                                                 {"rate_high", r->rate_high},
                                                 {"yearly_added", r->yearly_added},
                                                 {"yearly_compounded", r->yearly_compounded},
                                                 {"half_life_days", r->half_life_days},
                                                 {"valued", (double)r->valued},
                                                 {"value", r->value},
                                                 {"value_lost", r->value_lost},
                                                 {"value_share_lost", r->value_share_lost},
                                                 {"value_kept_of", r->value_kept_of},
                                                 {"value_net", r->value_net},
                                                 {"value_gross", r->value_gross},
                                                 {"net_retention", r->net_retention},
                                                 {"gross_retention", r->gross_retention}};
  for (int i = 0; i < RATE_FIGURES; i++)
    pairs[i] = figures[i];
}

static void loss_figures(const churn_loss *l, churn_json_pair pairs[LOSS_FIGURES])
{
  const churn_json_pair figures[LOSS_FIGURES] = {{"customers", l->customers},
                                                 {"rate", l->rate},
                                                 {"periods_per_year", l->periods_per_year},
                                                 {"value_per_customer", l->value_per_customer},
                                                 {"replacement_cost", l->replacement_cost},
                                                 {"customers_a_year", l->customers_a_year},
                                                 {"value_a_year", l->value_a_year},
                                                 {"replacement_a_year", l->replacement_a_year}};
  for (int i = 0; i < LOSS_FIGURES; i++)
    pairs[i] = figures[i];
}

/* Gives their number: without a model the plain ones only. */
static size_t comparison_figures(const churn_rates_comparison *c,
                                 churn_json_pair pairs[COMPARISON_FIGURES])
{
  const churn_json_pair figures[COMPARISON_FIGURES] = {{"difference", c->difference},
                                                       {"difference_low", c->difference_low},
                                                       {"difference_high", c->difference_high},
                                                       {"observed_before", (double)c->observed[0]},
                                                       {"expected_before", c->expected[0]},
                                                       {"ratio_before", c->ratio[0]},
                                                       {"ratio_before_low", c->ratio_low[0]},
                                                       {"ratio_before_high", c->ratio_high[0]},
                                                       {"observed_after", (double)c->observed[1]},
                                                       {"expected_after", c->expected[1]},
                                                       {"ratio_after", c->ratio[1]},
                                                       {"ratio_after_low", c->ratio_low[1]},
                                                       {"ratio_after_high", c->ratio_high[1]},
                                                       {"relative", c->relative},
                                                       {"relative_low", c->relative_low},
                                                       {"relative_high", c->relative_high},
                                                       {"p", c->p},
                                                       {"windows", c->windows[0] + c->windows[1]}};
  for (int i = 0; i < COMPARISON_FIGURES; i++)
    pairs[i] = figures[i];
  return c->adjusted ? COMPARISON_FIGURES : 3;
}

void churn_rate_json(const churn_rate *r, churn_json_text *text)
{
  churn_json_pair pairs[RATE_FIGURES];
  rate_figures(r, pairs);
  churn_json_append(text, "{\"segment\": ");
  churn_json_text_or_null(text, r->segment[0] == '\0' ? NULL : r->segment);
  churn_json_append(text, ", \"first\": ");
  churn_json_day(text, r->first);
  churn_json_append(text, ", \"last\": ");
  churn_json_day(text, r->last);
  churn_json_numbers(text, pairs, RATE_FIGURES, false);
  churn_json_append(text, "}");
}

static void append_rates(churn_json_text *text, const char *key, const churn_rate *rates,
                         size_t count)
{
  churn_json_list_open(text, 2, key);
  for (size_t i = 0; i < count; i++) {
    churn_json_item(text, 4, i == 0);
    churn_rate_json(&rates[i], text);
  }
  churn_json_list_close(text, 2);
}

static void kind_figures(const churn_kind_loss *k, churn_json_pair pairs[KIND_FIGURES])
{
  const churn_json_pair figures[KIND_FIGURES] = {{"lost", (double)k->lost},
                                                 {"share", k->share},
                                                 {"value_lost", k->value_lost},
                                                 {"value_share", k->value_share}};
  for (int i = 0; i < KIND_FIGURES; i++)
    pairs[i] = figures[i];
}

static void append_kinds(churn_json_text *text, const char *key, const churn_kind_loss *kinds,
                         size_t count)
{
  churn_json_list_open(text, 2, key);
  for (size_t i = 0; i < count; i++) {
    churn_json_pair pairs[KIND_FIGURES];
    kind_figures(&kinds[i], pairs);
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"kind\": ");
    churn_json_quote(text, churn_kind_name(kinds[i].kind));
    churn_json_append(text, ", \"first\": ");
    churn_json_day(text, kinds[i].first);
    churn_json_append(text, ", \"last\": ");
    churn_json_day(text, kinds[i].last);
    churn_json_numbers(text, pairs, KIND_FIGURES, false);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

void churn_kind_totals_json(const churn_rates *rates, churn_json_text *text)
{
  if (rates->kinds != NULL)
    append_kinds(text, "kind_totals", rates->kind_totals, CHURN_KINDS);
}

static void append_cohorts(churn_json_text *text, const churn_rates *r)
{
  churn_json_list_open(text, 2, "cohorts");
  for (size_t i = 0; i < r->cohort_count; i++) {
    const churn_cohort *c = &r->cohorts[i];
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"month\": ");
    churn_json_day(text, c->month);
    churn_json_append(text, ", \"customers\": ");
    churn_json_whole(text, c->customers);
    churn_json_append(text, ", \"staying\": [");
    for (uint32_t k = 0; k <= c->months; k++) {
      churn_json_append(text, k == 0 ? "" : ", ");
      churn_json_number(text, c->staying[k]);
    }
    churn_json_append(text, "]}");
  }
  churn_json_list_close(text, 2);
}

static void append_points(churn_json_text *text, const churn_survival_curve *curve)
{
  churn_json_append(text, ", \"points\": [");
  for (size_t i = 0; i < curve->count; i++) {
    const churn_survival_point *p = &curve->points[i];
    const churn_json_pair pairs[] = {
        {"months", p->months},     {"days", p->days},           {"at_risk", (double)p->at_risk},
        {"survival", p->survival}, {"std_error", p->std_error}, {"low", p->low},
        {"high", p->high}};
    churn_json_item(text, 6, i == 0);
    churn_json_append(text, "{");
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], true);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]}");
}

static void append_curves(churn_json_text *text, const churn_rates *r)
{
  churn_json_list_open(text, 2, "survival");
  for (size_t i = 0; i < r->curve_count; i++) {
    const churn_survival_curve *c = &r->curves[i];
    const churn_json_pair pairs[] = {{"stays", (double)c->stays},
                                     {"lost", (double)c->lost},
                                     {"median_days", c->median_days},
                                     {"median_low", c->median_low},
                                     {"median_high", c->median_high}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"segment\": ");
    churn_json_text_or_null(text, c->segment[0] == '\0' ? NULL : c->segment);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    append_points(text, c);
  }
  churn_json_list_close(text, 2);
}

/* What a count over time has and a comparison has not. */
static void append_over_time(churn_json_text *text, const churn_rates *r)
{
  churn_json_pair loss[LOSS_FIGURES];
  loss_figures(&r->loss, loss);
  append_rates(text, "totals", r->totals, r->segment_count);
  churn_json_numbers_at(text, 2, "loss", loss, LOSS_FIGURES);
  append_cohorts(text, r);
  append_curves(text, r);
}

void churn_rates_json(const churn_rates *rates, churn_json_text *text)
{
  churn_json_pair comparison[COMPARISON_FIGURES];
  churn_json_append(text, "{");
  churn_json_key(text, 2, "data_until", true);
  churn_json_day(text, rates->data_until);
  churn_json_text_at(text, 2, "lost_by", rates->silence ? "silence" : "left");
  churn_json_text_at(text, 2, "by", rates->by);
  churn_json_number_at(text, 2, "level", rates->level);
  churn_json_whole_at(text, 2, "undated", rates->undated);
  append_rates(text, "rates", rates->rates, rates->count);
  if (rates->kinds != NULL)
    append_kinds(text, "kinds", rates->kinds, rates->kind_count);
  churn_kind_totals_json(rates, text);
  if (rates->compared)
    churn_json_numbers_at(text, 2, "comparison", comparison,
                          comparison_figures(&rates->comparison, comparison));
  else
    append_over_time(text, rates);
  churn_json_append(text, "\n}");
}

churn_status churn_rates_write_json(const churn_rates *rates, const char *path, churn_error *error)
{
  churn_json_text text = {0};
  churn_rates_json(rates, &text);
  churn_json_append(&text, "\n");
  return churn_json_save(&text, path, error);
}

/* What a line of the CSV is about: days MISSING and months < 0 are empty fields. */
typedef struct subject {
  const char *table, *segment;
  churn_day first, last;
  int months;
} subject;

static void write_line(churn_output *out, const subject *s, const char *measure, double value)
{
  char first[CHURN_DAY_TEXT_SIZE], last[CHURN_DAY_TEXT_SIZE], months[16] = "";
  churn_day_format(s->first, first);
  churn_day_format(s->last, last);
  if (s->months >= 0)
    snprintf(months, sizeof months, "%d", s->months);
  churn_output_printf(out, "%s,", s->table);
  churn_output_csv(out, s->segment, strlen(s->segment));
  churn_output_printf(out, ",%s,%s,%s,%s,", first, last, months, measure);
  churn_output_number(out, isfinite(value) ? value : NAN);
  churn_output_text(out, "\n");
}

static void write_lines(churn_output *out, const subject *s, const churn_json_pair *pairs,
                        size_t count)
{
  for (size_t i = 0; i < count; i++)
    write_line(out, s, pairs[i].key, pairs[i].value);
}

static void write_rates(churn_output *out, const char *table, const churn_rate *rates, size_t count)
{
  churn_json_pair pairs[RATE_FIGURES];
  for (size_t i = 0; i < count; i++) {
    rate_figures(&rates[i], pairs);
    write_lines(out, &(subject){table, rates[i].segment, rates[i].first, rates[i].last, -1}, pairs,
                RATE_FIGURES);
  }
}

/* The kind stands where other tables have the segment. */
static void write_kinds(churn_output *out, const char *table, const churn_kind_loss *kinds,
                        size_t count)
{
  churn_json_pair pairs[KIND_FIGURES];
  for (size_t i = 0; i < count; i++) {
    kind_figures(&kinds[i], pairs);
    write_lines(
        out, &(subject){table, churn_kind_name(kinds[i].kind), kinds[i].first, kinds[i].last, -1},
        pairs, KIND_FIGURES);
  }
}

static void write_cohorts(churn_output *out, const churn_rates *r)
{
  for (size_t i = 0; i < r->cohort_count; i++) {
    const churn_cohort *c = &r->cohorts[i];
    subject s = {"cohort", "", c->month, churn_day_add_months(c->month, 1) - 1, -1};
    write_line(out, &s, "customers", (double)c->customers);
    for (uint32_t k = 0; k <= c->months; k++) {
      s.months = (int)k;
      write_line(out, &s, "staying", c->staying[k]);
    }
  }
}

static void write_curve(churn_output *out, const churn_survival_curve *c)
{
  subject s = {"survival", c->segment, CHURN_DAY_MISSING, CHURN_DAY_MISSING, -1};
  const churn_json_pair whole[] = {{"stays", (double)c->stays},
                                   {"lost", (double)c->lost},
                                   {"median_days", c->median_days},
                                   {"median_low", c->median_low},
                                   {"median_high", c->median_high}};
  write_lines(out, &s, whole, sizeof whole / sizeof whole[0]);
  for (size_t i = 0; i < c->count; i++) {
    const churn_survival_point *p = &c->points[i];
    const churn_json_pair pairs[] = {{"days", p->days},         {"at_risk", (double)p->at_risk},
                                     {"survival", p->survival}, {"std_error", p->std_error},
                                     {"low", p->low},           {"high", p->high}};
    s.months = (int)p->months;
    write_lines(out, &s, pairs, sizeof pairs / sizeof pairs[0]);
  }
}

churn_status churn_rates_write_csv(const churn_rates *rates, const char *path, churn_error *error)
{
  churn_output *out = NULL;
  churn_json_pair pairs[COMPARISON_FIGURES];
  const subject whole = {rates->compared ? "comparison" : "loss", "", rates->rates[0].first,
                         rates->rates[rates->count - 1].last, -1};
  churn_status status = churn_output_open(path, &out, error);
  if (status != CHURN_OK)
    return status;
  churn_output_text(out, "table,segment,first,last,month,measure,value\n");
  write_rates(out, "rate", rates->rates, rates->count);
  write_kinds(out, "kind", rates->kinds, rates->kind_count);
  write_kinds(out, "kind_total", rates->kind_totals, rates->kinds == NULL ? 0 : CHURN_KINDS);
  if (rates->compared) {
    write_lines(out, &whole, pairs, comparison_figures(&rates->comparison, pairs));
    return churn_output_commit(out, error);
  }
  write_rates(out, "total", rates->totals, rates->segment_count);
  loss_figures(&rates->loss, pairs);
  write_lines(out, &whole, pairs, LOSS_FIGURES);
  write_cohorts(out, rates);
  for (size_t i = 0; i < rates->curve_count; i++)
    write_curve(out, &rates->curves[i]);
  return churn_output_commit(out, error);
}
