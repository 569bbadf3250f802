/* Reading project files that are right: every field of a complete example, formats, paths,
 * overrides, places.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "project/pattern.h"
#include "project/project.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The example of the specification, section 4, as it stands there. */
static const char complete[] =
    "version: 1\n"
    "customers:\n"
    "  from: customers.csv            # or sqlite:/postgresql: source, see `source/`\n"
    "  id: customer_id                # without id: the row number\n"
    "  joined: signup_date\n"
    "  left: closed_date              # empty while the customer stays\n"
    "  value: last(monthly_fee from prices) * 12     # money at risk as of T\n"
    "  columns: {region: category, employees: {from: staff count, type: number, static: true}}\n"
    "histories:\n"
    "  engagements: {from: interactions.csv,    id: customer_id, day: date,           columns: "
    "{channel: category}}\n"
    "  complaints:  {from: complaints.csv,      id: customer_id, day: opened_at,      columns: "
    "{closed_at: day, severity: number, category: category}}\n"
    "  prices:      {from: prices.csv,          id: customer_id, day: effective_date, columns: "
    "{tier: category, monthly_fee: number}}\n"
    "  reps:        {from: rep_assignments.csv, id: customer_id, day: start_date,     columns: "
    "{rep_id: category}}\n"
    "  payments:    {from: invoices.csv,        id: customer_id, day: issued,         columns: "
    "{due: scheduled, paid: day, amount: number}}\n"
    "outcome:   {horizon: 90d, gap: 14d}          # from `left`\n"
    "fit:       {penalty: none}                   # or ridge\n"
    "snapshots: {first: 2024-01-01, last: 2025-06-01, every: 1 month, test_from: 2025-01-01}\n"
    "features:\n"
    "  engagements_30d:       count(engagements over 30d)\n"
    "  engagement_trend:      count(engagements over 30d) / (count(engagements over 90d) / 3)\n"
    "  days_since_engagement: days_since(engagements)\n"
    "  severe_complaints_90d: count(complaints where severity >= 3 over 90d)\n"
    "  open_complaints:       count(complaints where missing(closed_at))\n"
    "  days_to_resolve_365d:  mean(closed_at - opened_at from complaints over 365d)\n"
    "  price_tier:            {is: last(tier from prices), reference: standard}\n"
    "  fee_change_180d:       change(monthly_fee from prices over 180d)\n"
    "  rep_changes_365d:      changes(rep_id from reps over 365d)\n"
    "  days_since_rep_change: days_since_change(rep_id from reps)\n"
    "  payment_delay_180d:    mean(coalesce(paid, as_of) - due from payments where due < as_of "
    "over "
    "180d)\n"
    "  overdue_amount:        {is: sum(amount from payments where missing(paid) and due < as_of), "
    "label: money overdue}\n"
    "  tenure_days:           as_of - joined\n"
    "  region:                customers.region\n"
    "feature_sets:\n"
    "  engagement: [engagements_30d, engagement_trend, days_since_engagement]\n"
    "  full: [\"*\"]\n";

static churn_project *project;
static churn_notes *notes;
static churn_error error;

static int set_up(void **state)
{
  (void)state;
  scratch_make();
  project = NULL;
  notes = churn_notes_new();
  memset(&error, 0, sizeof error);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  churn_project_free(project);
  churn_notes_free(notes);
  scratch_remove();
  return 0;
}

static void read_project(const char *text)
{
  const char *path = scratch_write("churn.yaml", text);
  assert_ok(churn_project_read(path, NULL, 0, notes, &project, &error), &error);
  assert_int_equal(churn_notes_count(notes), 0);
}

/* A project of one customers' file and one history with `extra` lines at the top. */
static void read_small(const char *extra)
{
  char text[4096];
  snprintf(text, sizeof text,
           "version: 1\n%s\ncustomers: {from: c.csv, id: key, left: gone}\n"
           "histories: {calls: {from: calls.csv, id: key, day: at}}\n",
           extra);
  read_project(text);
}

static void assert_located(const churn_located *located, const char *text, uint64_t line,
                           uint64_t column)
{
  assert_non_null(located->text);
  assert_string_equal(located->text, text);
  assert_int_equal(located->line, line);
  assert_int_equal(located->column, column);
}

static void assert_not_given(const churn_located *located)
{
  assert_null(located->text);
}

static void assert_column(const churn_column_spec *column, const char *name, const char *heading,
                          churn_type type)
{
  assert_string_equal(column->name.text, name);
  assert_string_equal(column->heading.text, heading);
  assert_int_equal(column->type, type);
}

static void assert_path(const char *path, const char *name)
{
  assert_string_equal(path, scratch_path(name));
}

static void customers_of_the_complete_example_are_read(void **state)
{
  (void)state;
  read_project(complete);
  const churn_source_spec *c = &project->customers;
  assert_int_equal(project->base_kind, CHURN_BASE_FILE);
  assert_not_given(&project->from_history);
  assert_located(&c->name, "customers", 2, 1);
  assert_located(&c->from, "customers.csv", 3, 9);
  assert_path(c->path, "customers.csv");
  assert_located(&c->id, "customer_id", 4, 7);
  assert_not_given(&c->day);
  assert_not_given(&c->known_at);
  assert_null(c->via.path);
  assert_located(&project->joined, "signup_date", 5, 11);
  assert_located(&project->left, "closed_date", 6, 9);
  assert_located(&project->value, "last(monthly_fee from prices) * 12", 7, 10);
  assert_true(c->columns_declared);
  assert_int_equal(c->column_count, 2);
  assert_column(&c->columns[0], "region", "region", CHURN_TYPE_CATEGORY);
  assert_false(c->columns[0].is_static);
  assert_column(&c->columns[1], "employees", "staff count", CHURN_TYPE_NUMBER);
  assert_true(c->columns[1].is_static);
  assert_located(&c->columns[1].name, "employees", 8, 31);
  assert_located(&c->columns[1].heading, "staff count", 8, 49);
  assert_not_given(&c->columns[1].known_at);
}

static void histories_of_the_complete_example_are_read(void **state)
{
  static const struct {
    const char *name, *from, *day;
    struct {
      const char *name;
      churn_type type;
    } columns[3];
  } expected[] = {
      {"engagements", "interactions.csv", "date", {{"channel", CHURN_TYPE_CATEGORY}}},
      {"complaints",
       "complaints.csv",
       "opened_at",
       {{"closed_at", CHURN_TYPE_DAY},
        {"severity", CHURN_TYPE_NUMBER},
        {"category", CHURN_TYPE_CATEGORY}}},
      {"prices",
       "prices.csv",
       "effective_date",
       {{"tier", CHURN_TYPE_CATEGORY}, {"monthly_fee", CHURN_TYPE_NUMBER}}},
      {"reps", "rep_assignments.csv", "start_date", {{"rep_id", CHURN_TYPE_CATEGORY}}},
      {"payments",
       "invoices.csv",
       "issued",
       {{"due", CHURN_TYPE_SCHEDULED}, {"paid", CHURN_TYPE_DAY}, {"amount", CHURN_TYPE_NUMBER}}}};
  (void)state;
  read_project(complete);
  assert_int_equal(project->history_count, 5);
  for (size_t i = 0; i < 5; i++) {
    const churn_source_spec *h = &project->histories[i];
    assert_located(&h->name, expected[i].name, 10 + i, 3);
    assert_located(&h->from, expected[i].from, 10 + i, 23);
    assert_path(h->path, expected[i].from);
    assert_string_equal(h->id.text, "customer_id");
    assert_string_equal(h->day.text, expected[i].day);
    assert_not_given(&h->known_at);
    assert_null(h->via.path);
    assert_true(h->columns_declared);
    for (size_t k = 0; k < 3; k++)
      if (expected[i].columns[k].name != NULL)
        assert_column(&h->columns[k], expected[i].columns[k].name, expected[i].columns[k].name,
                      expected[i].columns[k].type);
    size_t count = expected[i].columns[1].name == NULL   ? 1
                   : expected[i].columns[2].name == NULL ? 2
                                                         : 3;
    assert_int_equal(h->column_count, count);
    assert_int_equal(churn_project_find_history(project, expected[i].name), i);
  }
  assert_int_equal(churn_project_find_history(project, "customers"), -1);
}

static void settings_of_the_complete_example_are_read(void **state)
{
  (void)state;
  read_project(complete);
  const churn_outcome_spec *o = &project->outcome;
  assert_int_equal(o->kind, CHURN_OUTCOME_LEFT);
  assert_int_equal(o->place.line, 15);
  assert_int_equal(o->place.column, 12);
  assert_int_equal(o->horizon_days, 90);
  assert_int_equal(o->gap_days, 14);
  assert_int_equal(o->active_within_days, 0);
  assert_int_equal(project->fit.penalty, CHURN_PENALTY_NONE);
  assert_close(project->fit.lambda, 0, 0, 0);
  assert_int_equal(project->fit.covariance, CHURN_CHOOSE_AUTO);
  assert_false(project->fit.profile_intervals);
  assert_false(project->fit.no_out_of_fold);
  assert_int_equal(project->fit.recalibrate, CHURN_RECALIBRATE_NONE);
  assert_int_equal(project->snapshots.first, churn_day_from_civil(2024, 1, 1));
  assert_int_equal(project->snapshots.last, churn_day_from_civil(2025, 6, 1));
  assert_int_equal(project->snapshots.test_from, churn_day_from_civil(2025, 1, 1));
  assert_int_equal(project->snapshots.every_months, 1);
  assert_int_equal(project->snapshots.every_days, 0);
  assert_int_equal(project->data_until, CHURN_DAY_MISSING);
  assert_int_equal(project->pool_rows, 20);
  assert_close(project->test_share, 0, 0, 0);
}

static void features_of_the_complete_example_are_read(void **state)
{
  (void)state;
  read_project(complete);
  assert_false(project->features_all_customer_columns);
  assert_int_equal(project->features_place.line, 19);
  assert_int_equal(project->feature_count, 14);
  const churn_feature_spec *f = project->features;
  for (size_t i = 0; i < 14; i++) {
    assert_int_equal(f[i].name.line, 19 + i);
    assert_int_equal(f[i].name.column, 3);
    assert_false(f[i].is_default);
    assert_int_equal(f[i].missing, CHURN_MISSING_MEAN);
  }
  assert_located(&f[0].name, "engagements_30d", 19, 3);
  assert_located(&f[0].expression, "count(engagements over 30d)", 19, 26);
  assert_not_given(&f[0].reference);
  assert_not_given(&f[0].label);
  assert_located(&f[6].expression, "last(tier from prices)", 25, 31);
  assert_located(&f[6].reference, "standard", 25, 66);
  assert_located(&f[11].expression, "sum(amount from payments where missing(paid) and due < as_of)",
                 30, 31);
  assert_located(&f[11].label, "money overdue", 30, 101);
  assert_located(&f[12].expression, "as_of - joined", 31, 26);
  assert_located(&f[13].name, "region", 32, 3);
  assert_int_equal(project->set_count, 2);
  assert_located(&project->sets[0].name, "engagement", 34, 3);
  assert_int_equal(project->sets[0].pattern_count, 3);
  assert_located(&project->sets[0].patterns[1], "engagement_trend", 34, 33);
  assert_located(&project->sets[1].patterns[0], "*", 35, 11);
  assert_int_equal(project->sets[1].pattern_count, 1);
}

static void places_name_the_project_file_and_count_characters(void **state)
{
  (void)state;
  read_small("missing: [\"é — ü\", 'x', y]\nfeatures: {größe: \"count(`calls`)\", b: 'as_of'}");
  churn_place place = churn_project_place(project, &project->features[0].expression);
  assert_string_equal(place.file, scratch_path("churn.yaml"));
  assert_int_equal(place.line, 3);
  assert_int_equal(place.column, 20);
  assert_located(&project->features[0].expression, "count(`calls`)", 3, 20);
  assert_located(&project->features[1].expression, "as_of", 3, 41);
}

static void block_scalars_and_byte_order_marks_are_placed(void **state)
{
  (void)state;
  read_project("\xef\xbb\xbfversion: 1\r\ncustomers: {from: c.csv}\r\nfeatures:\r\n  a: |-\r\n"
               "     customers.x +\r\n     customers.y\r\n  b: >-\r\n    1\r\n");
  assert_located(&project->features[0].expression, "customers.x +\ncustomers.y", 5, 6);
  assert_located(&project->features[1].expression, "1", 8, 5);
}

static void comments_after_whole_expressions_are_no_cut(void **state)
{
  (void)state;
  read_small("features:\n  a: count(calls where t = \"(\") # one (\n"
             "  b: count(calls where `x(` = 1)   # two\n  c: {is: count(calls where t = \"(\")}\n");
  assert_string_equal(project->features[0].expression.text, "count(calls where t = \"(\")");
  assert_string_equal(project->features[1].expression.text, "count(calls where `x(` = 1)");
  assert_string_equal(project->features[2].expression.text, "count(calls where t = \"(\")");
}

static void scalars_stay_text_until_they_are_typed(void **state)
{
  (void)state;
  read_project("version: 1\ncustomers: {from: 00123, id: null, columns: {no: flag, 1e3: number}}\n"
               "outcome: {column: Churn, positive: Yes, negative: 0x1F}\n");
  assert_string_equal(project->customers.from.text, "00123");
  assert_string_equal(project->customers.id.text, "null");
  assert_column(&project->customers.columns[0], "no", "no", CHURN_TYPE_FLAG);
  assert_column(&project->customers.columns[1], "1e3", "1e3", CHURN_TYPE_NUMBER);
  assert_string_equal(project->outcome.positive.text, "Yes");
  assert_string_equal(project->outcome.negative.text, "0x1F");
  assert_int_equal(project->outcome.kind, CHURN_OUTCOME_COLUMN);
  assert_int_equal(project->outcome.horizon_days, 0);
}

static void formats_of_a_source_override_the_defaults(void **state)
{
  (void)state;
  read_project("version: 1\ndelimiter: semicolon\nencoding: latin-1\ndate_format: '%d.%m.%Y'\n"
               "missing: '-'\ndecimal: ','\nthousands: .\nutc_offset: +08:00\nmax_bad_rows: 7\n"
               "customers: {from: c.csv, id: key}\n"
               "histories:\n"
               "  a: {from: a.csv, id: key, day: at}\n"
               "  b: {from: b.csv, id: key, day: at, delimiter: tab, encoding: utf-8, date_format: "
               "iso, missing: [\"\", n/a], decimal: ., thousands: none, utc_offset: -5:30, "
               "max_bad_rows: 0}\n"
               "  c: {from: c.csv, id: key, day: at, delimiter: '~', encoding: GB18030, thousands: "
               "\" \", utc_offset: +8, missing: []}\n");
  const churn_format *a = &project->histories[0].format, *b = &project->histories[1].format,
                     *c = &project->histories[2].format;
  assert_int_equal(a->delimiter, ';');
  assert_string_equal(a->encoding, "ISO-8859-1");
  assert_string_equal(a->date_format, "%d.%m.%Y");
  assert_int_equal(a->missing_count, 1);
  assert_string_equal(a->missing[0], "-");
  assert_int_equal(a->decimal, ',');
  assert_int_equal(a->thousands, '.');
  assert_int_equal(a->utc_offset_minutes, 480);
  assert_int_equal(a->max_bad_rows, 7);
  assert_int_equal(project->customers.format.delimiter, ';');
  assert_int_equal(b->delimiter, '\t');
  assert_null(b->encoding);
  assert_null(b->date_format);
  assert_int_equal(b->missing_count, 2);
  assert_string_equal(b->missing[0], "");
  assert_string_equal(b->missing[1], "n/a");
  assert_int_equal(b->decimal, '.');
  assert_int_equal(b->thousands, 0);
  assert_int_equal(b->utc_offset_minutes, -330);
  assert_int_equal(b->max_bad_rows, 0);
  assert_int_equal(c->delimiter, '~');
  assert_string_equal(c->encoding, "GB18030");
  assert_int_equal(c->thousands, ' ');
  assert_int_equal(c->utc_offset_minutes, 480);
  assert_non_null(c->missing);
  assert_int_equal(c->missing_count, 0);
  assert_int_equal(c->decimal, ',');
}

static void formats_not_given_are_the_zero_default(void **state)
{
  (void)state;
  read_small("");
  const churn_format *f = &project->histories[0].format;
  assert_int_equal(f->delimiter, 0);
  assert_null(f->encoding);
  assert_null(f->date_format);
  assert_null(f->missing);
  assert_int_equal(f->decimal, 0);
  assert_int_equal(f->thousands, 0);
  assert_int_equal(f->max_bad_rows, 0);
  assert_false(project->histories[0].columns_declared);
}

static void a_base_may_come_from_a_history_and_churn_be_silence(void **state)
{
  (void)state;
  read_project(
      "version: 1\ncustomers: {from_history: purchases, value: sum(amount from purchases)}\n"
      "histories: {purchases: {from: p.csv, id: buyer, day: on}}\n"
      "outcome: {silent: purchases, horizon: 181d, active_within: 180d}\n");
  assert_int_equal(project->base_kind, CHURN_BASE_FROM_HISTORY);
  assert_located(&project->from_history, "purchases", 2, 27);
  assert_string_equal(project->value.text, "sum(amount from purchases)");
  assert_int_equal(project->outcome.kind, CHURN_OUTCOME_SILENT);
  assert_located(&project->outcome.history, "purchases", 4, 19);
  assert_int_equal(project->outcome.horizon_days, 181);
  assert_int_equal(project->outcome.active_within_days, 180);
  assert_not_given(&project->joined);
}

static void an_event_is_split_at_where(void **state)
{
  (void)state;
  read_small("outcome: {event: calls  where   kind = 2, horizon: 13 weeks, gap: 0d}");
  const churn_outcome_spec *o = &project->outcome;
  assert_int_equal(o->kind, CHURN_OUTCOME_EVENT);
  assert_located(&o->history, "calls", 2, 18);
  assert_located(&o->where, "kind = 2", 2, 33);
  assert_int_equal(o->horizon_days, 91);
  assert_int_equal(o->gap_days, 0);
}

static void an_event_without_where_takes_every_row(void **state)
{
  (void)state;
  read_small("outcome: {event: calls, horizon: 30 days}");
  assert_located(&project->outcome.history, "calls", 2, 18);
  assert_not_given(&project->outcome.where);
  assert_int_equal(project->outcome.horizon_days, 30);
}

static void a_condition_is_found_over_line_ends_and_other_scripts(void **state)
{
  (void)state;
  read_project(
      "version: 1\ncustomers: {from: c.csv, id: key}\n"
      "histories: {звонки: {from: calls.csv, id: key, day: at}}\n"
      "outcome:\n  horizon: 30d\n  event: звонки\n    where\n      kind = 1 or somewhere = 2\n");
  assert_located(&project->outcome.history, "звонки", 6, 10);
  assert_located(&project->outcome.where, "kind = 1 or somewhere = 2", 8, 7);
}

static void labels_come_from_a_file_with_its_own_format(void **state)
{
  (void)state;
  read_small("delimiter: ;\n"
             "outcome: {from: labels.csv, id: who, day: t, churned: lost, horizon: 60d, decimal: "
             "','}");
  const churn_outcome_spec *o = &project->outcome;
  assert_int_equal(o->kind, CHURN_OUTCOME_LABELS);
  assert_string_equal(o->labels.name.text, "outcome");
  assert_path(o->labels.path, "labels.csv");
  assert_string_equal(o->labels.id.text, "who");
  assert_string_equal(o->labels.day.text, "t");
  assert_located(&o->churned, "lost", 3, 55);
  assert_int_equal(o->labels.format.delimiter, ';');
  assert_int_equal(o->labels.format.decimal, ',');
  assert_int_equal(o->horizon_days, 60);
}

static void a_project_may_have_no_outcome(void **state)
{
  (void)state;
  read_small("");
  assert_int_equal(project->outcome.kind, CHURN_OUTCOME_NONE);
}

static void known_at_via_and_long_columns_are_read(void **state)
{
  (void)state;
  read_project(
      "version: 1\ncustomers: {from: c.csv, id: key, known_at: seen, columns: {seen: day}}\n"
      "histories:\n  bills:\n    from: sub/bills.csv\n    id: subscription\n    day: issued\n"
      "    known_at: issued\n"
      "    via: {from: /data/subs.csv, id: sub_id, customer: account}\n"
      "    columns:\n      issued: day\n      booked: {from: Booked On, type: day}\n"
      "      sum: {known_at: booked}\n      note: {type: flag, known_at: issued, static: NO}\n");
  const churn_source_spec *h = &project->histories[0];
  assert_located(&project->customers.known_at, "seen", 2, 45);
  assert_located(&h->known_at, "issued", 8, 15);
  assert_path(h->path, "sub/bills.csv");
  assert_string_equal(h->id.text, "subscription");
  assert_string_equal(h->via.path, "/data/subs.csv");
  assert_string_equal(h->via.from.text, "/data/subs.csv");
  assert_string_equal(h->via.id.text, "sub_id");
  assert_string_equal(h->via.customer.text, "account");
  assert_int_equal(h->column_count, 3); /* the day column, mapped once more, is left out */
  assert_column(&h->columns[0], "booked", "Booked On", CHURN_TYPE_DAY);
  assert_column(&h->columns[1], "sum", "sum", CHURN_TYPE_INFER);
  assert_located(&h->columns[1].known_at, "booked", 13, 23);
  assert_column(&h->columns[2], "note", "note", CHURN_TYPE_FLAG);
  assert_string_equal(h->columns[2].known_at.text, "issued");
  assert_false(h->columns[2].is_static);
}

static void the_remaining_settings_are_read(void **state)
{
  (void)state;
  read_small("pool: 0\ndata_until: 2025-03-09\nsplit: {test: 0.235}\n"
             "fit: {penalty: ridge, lambda: 2.5e-3}\n"
             "features: {a: {is: count(calls), missing: zero}, b: {is: as_of - joined, missing: "
             "error, label: \"how long, in days\"}, c: {is: value, missing: mean}}");
  assert_int_equal(project->pool_rows, 0);
  assert_int_equal(project->data_until, churn_day_from_civil(2025, 3, 9));
  assert_close(project->test_share, 0.235, 0, 0);
  assert_int_equal(project->fit.penalty, CHURN_PENALTY_RIDGE);
  assert_close(project->fit.lambda, 0.0025, 0, 0);
  assert_int_equal(project->features[0].missing, CHURN_MISSING_ZERO);
  assert_int_equal(project->features[1].missing, CHURN_MISSING_ERROR);
  assert_string_equal(project->features[1].label.text, "how long, in days");
  assert_int_equal(project->features[2].missing, CHURN_MISSING_MEAN);
}

static void the_rule_of_retraining_has_defaults(void **state)
{
  (void)state;
  read_small("features: {a: value}\n");
  assert_close(project->retrain.margin, 0.005, 0, 0);
  assert_close(project->retrain.not_worse, 0.01, 0, 0);
  assert_int_equal(project->retrain.max_age_days, 365);
  assert_int_equal(project->retrain.min_churners, 20);
  assert_string_equal(strrchr(project->registry, '/'), "/models");
}

static void the_rule_of_retraining_is_read(void **state)
{
  (void)state;
  read_small("features: {a: value}\nregistry: kept/here\n"
             "retrain: {margin: 0.0125, not_worse: 0, max_age: 26 weeks, min_churners: 0, "
             "calibration_slope: [0.7, 1.5], calibration_intercept: [-0.3, 0.2]}\n");
  assert_close(project->retrain.margin, 0.0125, 0, 0);
  assert_close(project->retrain.not_worse, 0, 0, 0);
  assert_int_equal(project->retrain.max_age_days, 182);
  assert_int_equal(project->retrain.min_churners, 0);
  assert_close(project->retrain.slope_low, 0.7, 0, 0);
  assert_close(project->retrain.slope_high, 1.5, 0, 0);
  assert_close(project->retrain.intercept_low, -0.3, 0, 0);
  assert_close(project->retrain.intercept_high, 0.2, 0, 0);
  assert_string_equal(strrchr(project->registry, '/'), "/here");
}

static void a_penalty_is_read_with_all_its_settings(void **state)
{
  (void)state;
  read_small("features: {price_a: value, price_b: value, c: value}\n"
             "fit: {penalty: elastic_net, lambda: cv, alpha: 0.25, folds: 7, seed: 42, factors: "
             "{\"price_*\": 0.5, price_b: 0}}");
  const churn_fit_spec *fit = &project->fit;
  assert_int_equal(fit->penalty, CHURN_PENALTY_ELASTIC_NET);
  assert_int_equal(fit->lambda_source, CHURN_LAMBDA_CV);
  assert_close(fit->alpha, 0.25, 0, 0);
  assert_int_equal(fit->folds, 7);
  assert_int_equal(fit->seed, 42);
  assert_int_equal(fit->factor_count, 2);
  assert_string_equal(fit->factors[0].pattern.text, "price_*");
  assert_close(fit->factors[0].factor, 0.5, 0, 0);
  assert_string_equal(fit->factors[1].pattern.text, "price_b");
  assert_close(fit->factors[1].factor, 0, 0, 0);
}

static void a_penalty_has_defaults(void **state)
{
  (void)state;
  read_small("fit: {penalty: elastic_net, lambda: cv_min}");
  assert_int_equal(project->fit.lambda_source, CHURN_LAMBDA_CV_MIN);
  assert_close(project->fit.alpha, 0.5, 0, 0);
  assert_int_equal(project->fit.folds, 10);
  assert_int_equal(project->fit.seed, 1);
  assert_int_equal(project->fit.factor_count, 0);
}

static void calibration_is_asked_for_or_left(void **state)
{
  (void)state;
  read_small("fit: {recalibrate: isotonic, out_of_fold: yes}");
  assert_int_equal(project->fit.recalibrate, CHURN_RECALIBRATE_ISOTONIC);
  assert_false(project->fit.no_out_of_fold);
}

static void out_of_fold_predictions_may_be_left(void **state)
{
  (void)state;
  read_small("fit: {recalibrate: none, out_of_fold: no}");
  assert_int_equal(project->fit.recalibrate, CHURN_RECALIBRATE_NONE);
  assert_true(project->fit.no_out_of_fold);
}

static void a_lasso_is_the_whole_of_alpha(void **state)
{
  (void)state;
  read_small("fit: {penalty: lasso, lambda: 0.037}");
  assert_int_equal(project->fit.penalty, CHURN_PENALTY_LASSO);
  assert_int_equal(project->fit.lambda_source, CHURN_LAMBDA_GIVEN);
  assert_close(project->fit.lambda, 0.037, 0, 0);
  assert_close(project->fit.alpha, 1, 0, 0);
}

static void assert_step(const char *every, int32_t days, int32_t months)
{
  char text[256];
  snprintf(text, sizeof text, "snapshots: {first: 2024-01-31, every: %s}", every);
  churn_project_free(project);
  read_small(text);
  assert_int_equal(project->snapshots.every_days, days);
  assert_int_equal(project->snapshots.every_months, months);
  assert_int_equal(project->snapshots.last, CHURN_DAY_MISSING);
}

static void steps_are_days_weeks_months_or_years(void **state)
{
  (void)state;
  assert_step("7d", 7, 0);
  assert_step("1 day", 1, 0);
  assert_step("10 days", 10, 0);
  assert_step("2 weeks", 14, 0);
  assert_step("1 week", 7, 0);
  assert_step("1 month", 0, 1);
  assert_step("3 months", 0, 3);
  assert_step("1 year", 0, 12);
  assert_step("2 years", 0, 24);
}

static void one_day_alone_is_the_first_and_the_last(void **state)
{
  (void)state;
  read_small("snapshots: {first: 2024-02-29}");
  assert_int_equal(project->snapshots.first, churn_day_from_civil(2024, 2, 29));
  assert_int_equal(project->snapshots.last, churn_day_from_civil(2024, 2, 29));
  assert_int_equal(project->snapshots.test_from, CHURN_DAY_MISSING);
}

static void the_shipped_features_stand_in_when_none_are_named(void **state)
{
  (void)state;
  read_small("feature_sets: {trend: ['*_365d', engagement_trend]}");
  assert_false(project->features_all_customer_columns);
  assert_int_equal(project->feature_count, 13); /* models/features.yaml */
  assert_string_equal(project->features[0].name.text, "engagements_30d");
  assert_string_equal(project->features[0].expression.text, "count(engagements over 30d)");
  assert_string_equal(project->features[11].label.text, "money overdue");
  for (size_t i = 0; i < 13; i++) {
    assert_true(project->features[i].is_default);
    assert_int_equal(project->features[i].expression.line, 0);
  }
  assert_int_equal(project->sets[0].pattern_count, 2);
}

static void a_flat_export_takes_all_customers_columns(void **state)
{
  (void)state;
  read_project("version: 1\ncustomers: {from: flat.csv}\noutcome: {column: Churn, positive: Yes}\n"
               "feature_sets: {some: [Tenure, 'a*']}\n");
  assert_true(project->features_all_customer_columns);
  assert_int_equal(project->feature_count, 0);
  assert_not_given(&project->customers.id);
  assert_int_equal(project->set_count, 1);
}

static void all_customers_columns_may_be_asked_for(void **state)
{
  (void)state;
  read_small("features: customers.*");
  assert_true(project->features_all_customer_columns);
  assert_located(&project->features_place, "features", 2, 11);
}

static void overrides_replace_paths_of_named_sources(void **state)
{
  static const churn_source_override overrides[] = {
      {"calls", "elsewhere/calls.csv"}, {"customers", "-"}, {"outcome", "/tmp/labels.csv"}};
  (void)state;
  const char *path = scratch_write(
      "churn.yaml", "version: 1\ncustomers: {from: c.csv, id: key}\n"
                    "histories: {calls: {from: calls.csv, id: key, day: at}}\n"
                    "outcome: {from: l.csv, id: key, day: t, churned: y, horizon: 30d}\n");
  assert_ok(churn_project_read(path, overrides, 3, notes, &project, &error), &error);
  assert_string_equal(project->histories[0].path, "elsewhere/calls.csv");
  assert_string_equal(project->histories[0].from.text, "calls.csv");
  assert_string_equal(project->customers.path, "-");
  assert_string_equal(project->outcome.labels.path, "/tmp/labels.csv");
}

static void assert_override_refused(const churn_source_override *overrides, size_t count,
                                    const char *message)
{
  const char *path = scratch_write("churn.yaml", complete);
  assert_int_equal(churn_project_read(path, overrides, count, notes, &project, &error),
                   CHURN_USAGE);
  assert_null(project);
  if (strstr(error.message, message) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", error.message, message);
}

static void wrong_overrides_are_wrong_usage(void **state)
{
  static const churn_source_override unknown = {"engagement", "x.csv"},
                                     no_labels = {"outcome", "x.csv"}, empty = {"reps", ""},
                                     database = {"reps", "sqlite:"},
                                     secret = {"reps", "postgresql:password=x"},
                                     twice[] = {{"reps", "-"}, {"prices", "-"}};
  (void)state;
  assert_override_refused(&unknown, 1,
                          "no source \"engagement\" (did you mean \"engagements\"?); sources: "
                          "customers, engagements, complaints, prices, reps, payments");
  assert_override_refused(&no_labels, 1, "no source \"outcome\"");
  assert_override_refused(&empty, 1, "the path is empty");
  assert_override_refused(&database, 1, "source \"reps\": sqlite: the file is missing");
  assert_override_refused(&secret, 1, "a password does not belong here");
  assert_override_refused(twice, 2, "\"prices\" and \"reps\" both read standard input");
}

static void a_source_in_a_database_knows_what_to_read(void **state)
{
  static const churn_source_override file = {"accounts", "/e/a.csv"},
                                     there[] = {{"accounts", "sqlite:b.db"},
                                                {"calls", "sqlite:b.db"}};
  (void)state;
  const char *text =
      "version: 1\n"
      "customers: {from: \"sqlite:a/crm.db\", id: i}\n"
      "histories:\n"
      "  accounts: {from: \"postgresql:service=crm\", query: SELECT 1, id: i, day: d}\n"
      "  calls: {from: c.csv, id: i, day: d}\n";
  const char *path = scratch_write("churn.yaml", text);
  read_project(text);
  const churn_rowset *customers = &project->customers.rowset;
  char *folder = churn_text_copy(path, (size_t)(strrchr(path, '/') - path));
  char *target = churn_text_format("sqlite:%s/a/crm.db", folder);
  assert_string_equal(customers->target, target);
  assert_string_equal(customers->table, "customers"); /* the source's name */
  assert_null(customers->query);
  assert_string_equal(project->customers.path, customers->name);
  free(target);
  free(folder);
  assert_string_equal(project->histories[0].path, "postgresql:service=crm, query of accounts");
  assert_null(project->histories[0].rowset.table);
  assert_int_equal(project->histories[0].rowset.asked_at.line, 4);
  assert_null(project->histories[1].rowset.target);
  churn_project_free(project);
  assert_int_equal(churn_project_read(path, &file, 1, notes, &project, &error), CHURN_OK);
  assert_null(project->histories[0].rowset.target);
  churn_project_free(project);
  assert_int_equal(churn_project_read(path, there, 2, notes, &project, &error), CHURN_OK);
  assert_string_equal(project->histories[0].path, "sqlite:b.db, query of accounts");
  assert_string_equal(project->histories[1].path, "sqlite:b.db, table calls");
}

static void a_path_without_folder_leaves_paths_as_they_are(void **state)
{
  char before[1024];
  (void)state;
  assert_non_null(getcwd(before, sizeof before));
  scratch_write("churn.yaml", "version: 1\ncustomers: {from: c.csv}\n");
  assert_int_equal(chdir(scratch_path("")), 0);
  churn_status status = churn_project_read("churn.yaml", NULL, 0, NULL, &project, NULL);
  assert_int_equal(chdir(before), 0);
  assert_int_equal(status, CHURN_OK);
  assert_string_equal(project->folder, ".");
  assert_string_equal(project->path, "churn.yaml");
  assert_string_equal(project->customers.path, "c.csv");
}

static void files_that_cannot_be_read_are_told_apart(void **state)
{
  (void)state;
  assert_int_equal(churn_project_read(scratch_path("none.yaml"), NULL, 0, notes, &project, &error),
                   CHURN_NO_INPUT);
  assert_string_equal(error.file, scratch_path("none.yaml"));
  assert_int_equal(churn_project_read(scratch_path(""), NULL, 0, notes, &project, &error),
                   CHURN_IO);
  assert_int_equal(churn_notes_count(notes), 0);
  assert_null(project);
}

static void patterns_match_as_in_a_shell(void **state)
{
  static const struct {
    const char *pattern, *name;
    bool matches;
  } cases[] = {{"*", "", true},
               {"*", "a b", true},
               {"", "", true},
               {"", "a", false},
               {"a?c", "abc", true},
               {"a?c", "aéc", true},
               {"a?c", "ac", false},
               {"a*c", "ac", true},
               {"a*c", "abcbc", true},
               {"a*c", "abcb", false},
               {"*_30d", "x_30d", true},
               {"*_30d", "x_30dd", false},
               {"*a*b*", "xxayybz", true},
               {"*a*b*", "xxbyyaz", false},
               {"a", "A", false},
               {"?", "ё", true},
               {"??", "ё", false},
               {"a**", "a", true}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (churn_pattern_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
      fail_msg("pattern \"%s\" on \"%s\"", cases[i].pattern, cases[i].name);
}

/* Ten thousand features: nothing in reading may be quadratic enough to notice. */
static void large_projects_are_read(void **state)
{
  enum { FEATURES = 10000 };
  (void)state;
  char *text = malloc(FEATURES * 64 + 256), *at = text;
  assert_non_null(text);
  at += sprintf(at, "version: 1\ncustomers: {from: c.csv, id: key}\nfeatures:\n");
  for (int i = 0; i < FEATURES; i++)
    at += sprintf(at, "  f%d: customers.c%d * %d\n", i, i, i + 3);
  sprintf(at, "feature_sets: {last: ['*9999']}\n");
  read_project(text);
  free(text);
  assert_int_equal(project->feature_count, FEATURES);
  assert_located(&project->features[4321].expression, "customers.c4321 * 4324", 4325, 10);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(customers_of_the_complete_example_are_read),
                                     TEST(histories_of_the_complete_example_are_read),
                                     TEST(settings_of_the_complete_example_are_read),
                                     TEST(features_of_the_complete_example_are_read),
                                     TEST(places_name_the_project_file_and_count_characters),
                                     TEST(block_scalars_and_byte_order_marks_are_placed),
                                     TEST(comments_after_whole_expressions_are_no_cut),
                                     TEST(scalars_stay_text_until_they_are_typed),
                                     TEST(formats_of_a_source_override_the_defaults),
                                     TEST(formats_not_given_are_the_zero_default),
                                     TEST(a_base_may_come_from_a_history_and_churn_be_silence),
                                     TEST(an_event_is_split_at_where),
                                     TEST(an_event_without_where_takes_every_row),
                                     TEST(a_condition_is_found_over_line_ends_and_other_scripts),
                                     TEST(labels_come_from_a_file_with_its_own_format),
                                     TEST(a_project_may_have_no_outcome),
                                     TEST(known_at_via_and_long_columns_are_read),
                                     TEST(the_remaining_settings_are_read),
                                     TEST(the_rule_of_retraining_has_defaults),
                                     TEST(the_rule_of_retraining_is_read),
                                     TEST(a_penalty_is_read_with_all_its_settings),
                                     TEST(a_penalty_has_defaults),
                                     TEST(calibration_is_asked_for_or_left),
                                     TEST(out_of_fold_predictions_may_be_left),
                                     TEST(a_lasso_is_the_whole_of_alpha),
                                     TEST(steps_are_days_weeks_months_or_years),
                                     TEST(one_day_alone_is_the_first_and_the_last),
                                     TEST(the_shipped_features_stand_in_when_none_are_named),
                                     TEST(a_flat_export_takes_all_customers_columns),
                                     TEST(all_customers_columns_may_be_asked_for),
                                     TEST(overrides_replace_paths_of_named_sources),
                                     TEST(wrong_overrides_are_wrong_usage),
                                     TEST(a_source_in_a_database_knows_what_to_read),
                                     TEST(a_source_in_a_database_knows_what_to_read),
                                     TEST(a_path_without_folder_leaves_paths_as_they_are),
                                     TEST(files_that_cannot_be_read_are_told_apart),
                                     TEST(patterns_match_as_in_a_shell),
                                     TEST(large_projects_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
