/* Loyal and slipping: who belongs, in which order, and that the risk of then knows nothing of later
 * days: it is what scoring as of then gives, on data that end there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"
#include "opened.h"
#include "project/project.h"

#include <churn/loyal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 400 };

/* logit = -3 + 0.5 complaints of the last 60 days. */
static churn_model *complaint_model(void)
{
  churn_model *m = churn_model_new();
  m->feature_count = m->column_count = 1;
  m->features = calloc(1, sizeof *m->features);
  m->columns = calloc(1, sizeof *m->columns);
  m->features[0] = (churn_model_feature){.name = strdup("recent"),
                                         .expression = strdup("count(complaints over 60d)"),
                                         .missing_rule = strdup("mean"),
                                         .missing_column = -1,
                                         .other_column = -1};
  m->columns[0] =
      (churn_model_column){.name = strdup("recent"), .mean = 0.25, .deviation = 1, .estimate = 0.5};
  m->intercept.estimate = -3;
  snprintf(m->id, sizeof m->id, "0123456789abcdef0123456789abcdef");
  return m;
}

#define PROJECT                                                                                    \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: since, left: until, value: "       \
  "money}\n"                                                                                       \
  "histories: {complaints: {from: complaints.csv, id: id, day: on}}\n"                             \
  "features: {recent: count(complaints over 60d)}\n"

typedef struct found {
  churn_project *project;
  churn_model *model;
  churn_loyal *loyal;
  churn_loyal_report report;
} found;

static found find(const char *more, const char *as_of, uint64_t top)
{
  char text[1024];
  found f = {.model = complaint_model()};
  churn_score_settings settings = {.as_of = day(as_of), .top = top};
  churn_error error = {0};
  snprintf(text, sizeof text, PROJECT "%s", more);
  f.project = project_of(text);
  assert_ok(churn_loyal_find(f.project, f.model, &settings, NULL, &f.loyal, &f.report, &error),
            &error);
  return f;
}

static void done(found *f)
{
  churn_loyal_free(f->loyal);
  churn_model_free(f->model);
  churn_project_free(f->project);
}

static void assert_ids(const found *f, const char *expected)
{
  char ids[512] = "";
  for (size_t i = 0; i < churn_loyal_count(f->loyal); i++) {
    churn_loyal_customer c;
    churn_loyal_get(f->loyal, i, &c);
    assert_int_equal(c.line.rank, i + 1);
    snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s%s", i == 0 ? "" : " ",
             c.line.customer_id);
  }
  assert_string_equal(ids, expected);
}

static void high_value_long_standing_and_rising_risk_belong(void **state)
{
  (void)state;
  /* as of 2025-03-01; then = 2025-01-30. Of eight, two of the highest value are a quarter: 90. */
  scratch_write("customers.csv", "id,since,until,money\n"
                                 "old,2020-01-01,,90\n"  /* 2 complaints more: belongs */
                                 "rich,2021-01-01,,95\n" /* 1 more: belongs */
                                 "poor,2020-01-01,,10\n" /* risen, but of little value */
                                 "calm,2019-01-01,,10\n"
                                 "new,2024-12-01,,10\n"
                                 "newer,2025-01-15,,20\n"
                                 "newest,2025-02-15,,30\n"
                                 "gone,2019-01-01,2025-02-20,99\n"
                                 "none,2022-01-01,,\n" /* no value */
                                 "four,2023-01-01,,40\n");
  scratch_write("complaints.csv", "id,on\nold,2025-02-10\nold,2025-02-28\nold,2025-01-15\n"
                                  "rich,2025-01-31\npoor,2025-02-20\nnone,2025-02-20\n"
                                  "old,2025-03-01\nrich,2025-03-05\n");
  found f = find("", "2025-03-01", 0);
  /* nine in the base, eight valued; the median of nine tenures is new's 90 days */
  assert_int_equal(f.report.customers, 9);
  assert_close(f.report.least_value, 90, 0, 0);
  assert_int_equal(f.report.least_tenure, day("2025-03-01") - day("2022-01-01"));
  assert_int_equal(f.report.since, day("2025-01-30"));
  assert_ids(&f, "old rich");
  churn_loyal_customer c;
  churn_loyal_get(f.loyal, 0, &c);
  /* 1/(1+exp(3 - 0.5 n)): three complaints now, one then */
  assert_close(c.line.probability, 1 / (1 + exp(1.5)), 1e-14, 0);
  assert_close(c.before, 1 / (1 + exp(2.5)), 1e-14, 0);
  assert_close(c.growth, 90 * (1 / (1 + exp(1.5)) - 1 / (1 + exp(2.5))), 1e-13, 0);
  assert_int_equal(c.tenure_days, day("2025-03-01") - day("2020-01-01"));
  assert_string_equal(c.line.reasons[0], "3 complaints in 60 days");
  churn_loyal_get(f.loyal, 1, &c);
  assert_close(c.before, 1 / (1 + exp(3)), 1e-14, 0);
  assert_close(f.report.growth,
               90 * (1 / (1 + exp(1.5)) - 1 / (1 + exp(2.5))) +
                   95 * (1 / (1 + exp(2.5)) - 1 / (1 + exp(3))),
               1e-13, 0);
  done(&f);
  f = find("", "2025-03-01", 1);
  assert_ids(&f, "old");
  assert_int_equal(f.report.listed, 1);
  done(&f);
  /* the odds of rich have grown e^0.5 = 1.65 times, those of old e = 2.72 times */
  f = find("loyal: {rise: 1.7}\n", "2025-03-01", 0);
  assert_ids(&f, "old");
  done(&f);
  f = find("loyal: {value: 1, tenure: 1d}\n", "2025-03-01", 0);
  assert_ids(&f, "old rich poor");
  done(&f);
  f = find("loyal: {since: 90d}\n", "2025-03-01", 0);
  assert_int_equal(f.report.since, day("2024-12-01"));
  assert_ids(&f, "old rich");
  done(&f);
}

/* rich has been there for 1520 days: exactly as long as is asked for is long enough. */
static void who_is_there_for_just_so_long_belongs(void **state)
{
  (void)state;
  found f = find("loyal: {value: 1, tenure: 1520d}\n", "2025-03-01", 0);
  assert_int_equal(day("2025-03-01") - day("2021-01-01"), 1520);
  assert_ids(&f, "old rich poor");
  done(&f);
  f = find("loyal: {value: 1, tenure: 1521d}\n", "2025-03-01", 0);
  assert_ids(&f, "old poor");
  done(&f);
}

/* The odds are those that the list shows: recalibrated to half the slope those of rich grow e^0.25
 * = 1.28 times, those of old e^0.5 = 1.65 times. */
static void the_rise_is_of_the_odds_that_are_shown(void **state)
{
  (void)state;
  churn_model *model = complaint_model();
  churn_project *project = project_of(PROJECT);
  churn_score_settings settings = {.as_of = day("2025-03-01")};
  churn_loyal *loyal = NULL;
  churn_loyal_customer c;
  churn_error error = {0};
  model->recalibration.method = strdup("platt");
  model->recalibration.intercept = 0.25;
  model->recalibration.slope = 0.5;
  assert_ok(churn_loyal_find(project, model, &settings, NULL, &loyal, NULL, &error), &error);
  assert_int_equal(churn_loyal_count(loyal), 1);
  churn_loyal_get(loyal, 0, &c);
  assert_string_equal(c.line.customer_id, "old");
  assert_close(c.before, 1 / (1 + exp(-0.25 + 0.5 * 2.5)), 1e-14, 0);
  assert_close(c.line.probability, 1 / (1 + exp(-0.25 + 0.5 * 1.5)), 1e-14, 0);
  churn_loyal_free(loyal);
  churn_model_free(model);
  churn_project_free(project);
}

static void who_is_left_out_by_cause_is_left_out_here_and_the_file_says_why(void **state)
{
  (void)state;
  found f = find("playbook: default\n", "2025-03-01", 0);
  churn_error error = {0};
  size_t length = 0;
  assert_ok(churn_loyal_write(f.loyal, scratch_path("loyal.csv"), &error), &error);
  char *text = file_read(scratch_path("loyal.csv"), &length);
  assert_non_null(strstr(text, "rank,customer_id,as_of,probability,probability_before,since,value,"
                               "loss_growth,tenure_days,reason_1,reason_2,reason_3,model,cause,"
                               "action,owner\n1,old,2025-03-01,"));
  assert_non_null(strstr(text, ",2025-01-30,90,"));
  assert_non_null(strstr(text, ",1886,3 complaints in 60 days,,,0123456789abcdef0123456789abcdef,"
                               "complaints slow or unanswered,"));
  free(text);
  done(&f);
  f = find("playbook: default\nlist: {exclude: [complaints]}\n", "2025-03-01", 0);
  assert_ids(&f, "");
  done(&f);
}

static void a_project_that_cannot_tell_is_refused(void **state)
{
  static const char *const texts[][2] = {
      {"version: 1\ncustomers: {from: customers.csv, id: id, value: money}\n"
       "features: {recent: customers.money}\n",
       "no days"},
      {"version: 1\ncustomers: {from: customers.csv, id: id, joined: since}\n"
       "histories: {complaints: {from: complaints.csv, id: id, day: on}}\n",
       "`value`"},
      {"version: 1\ncustomers: {from: customers.csv, id: id, value: money}\n"
       "histories: {complaints: {from: complaints.csv, id: id, day: on}}\n",
       "`joined`"}};
  (void)state;
  churn_model *model = complaint_model();
  for (size_t i = 0; i < 3; i++) {
    churn_project *p = project_of(texts[i][0]);
    churn_loyal *loyal = NULL;
    churn_error error = {0};
    churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
    assert_int_equal(churn_loyal_find(p, model, &settings, NULL, &loyal, NULL, &error),
                     CHURN_USAGE);
    assert_non_null(strstr(error.message, texts[i][1]));
    churn_project_free(p);
  }
  churn_model_free(model);
}

typedef struct record {
  churn_day joined, left;
  int money; /* -1 = none */
  churn_day days[8];
  size_t count;
} record;

/* Written whole, or as the export stood on the morning of `cut`. */
static void write_records(const record *records, churn_day cut)
{
  static char customers[1 << 16], complaints[1 << 17];
  size_t c = (size_t)snprintf(customers, sizeof customers, "id,since,until,money\n");
  size_t h = (size_t)snprintf(complaints, sizeof complaints, "id,on\n");
  for (int i = 0; i < CUSTOMERS; i++) {
    char joined[CHURN_DAY_TEXT_SIZE], left[CHURN_DAY_TEXT_SIZE], money[16] = "";
    const record *r = &records[i];
    churn_day_format(r->joined, joined);
    churn_day_format(r->left < cut ? r->left : CHURN_DAY_MISSING, left);
    if (r->money >= 0)
      snprintf(money, sizeof money, "%d", r->money);
    if (r->joined < cut)
      c += (size_t)snprintf(customers + c, sizeof customers - c, "c%03d,%s,%s,%s\n", i, joined,
                            left, money);
    for (size_t k = 0; k < r->count; k++) {
      char on[CHURN_DAY_TEXT_SIZE];
      churn_day_format(r->days[k], on);
      if (r->joined < cut && r->days[k] < cut)
        h += (size_t)snprintf(complaints + h, sizeof complaints - h, "c%03d,%s\n", i, on);
    }
  }
  scratch_write("customers.csv", customers);
  scratch_write("complaints.csv", complaints);
}

/* Probabilities by number of the customer, NaN = not in the base; scored by the public call. */
static void score_all(churn_day as_of, double *probabilities, double *values)
{
  churn_model *model = complaint_model();
  churn_project *project = project_of(PROJECT);
  churn_score_settings settings = {.as_of = as_of};
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, NULL, &error), &error);
  for (int i = 0; i < CUSTOMERS; i++)
    probabilities[i] = values[i] = NAN;
  for (size_t i = 0; i < churn_ranking_count(ranking); i++) {
    churn_ranked line;
    churn_ranking_get(ranking, i, &line);
    int number = atoi(line.customer_id + 1);
    probabilities[number] = line.probability;
    values[number] = line.value;
  }
  churn_ranking_free(ranking);
  churn_project_free(project);
  churn_model_free(model);
}

/* How many of the base are not NaN and above the number. */
static size_t count_above(const double *numbers, double number)
{
  size_t count = 0;
  for (int i = 0; i < CUSTOMERS; i++)
    count += numbers[i] > number ? 1 : 0;
  return count;
}

/* 400 random customers: the list is what two scorings and the definition say, where the earlier one
 * saw an export that ends on the earlier day. */
static void the_list_is_what_two_scorings_say_and_looks_not_ahead(void **state)
{
  (void)state;
  static record records[CUSTOMERS];
  static double now[CUSTOMERS], then[CUSTOMERS], values[CUSTOMERS], ignored[CUSTOMERS],
      tenures[CUSTOMERS];
  const churn_day as_of = day("2025-03-01"), since = as_of - 30;
  uint64_t seed = 20250301;
  for (int i = 0; i < CUSTOMERS; i++) {
    record *r = &records[i];
    *r = (record){.joined = as_of - 1 - (churn_day)(1500 * uniform(&seed)),
                  .left = CHURN_DAY_MISSING,
                  .money = uniform(&seed) < 0.1 ? -1 : (int)(50 * uniform(&seed))};
    if (uniform(&seed) < 0.1)
      r->left = as_of - 50 + (churn_day)(80 * uniform(&seed));
    if (r->left != CHURN_DAY_MISSING && r->left < r->joined)
      r->left = CHURN_DAY_MISSING;
    for (r->count = (size_t)(8 * uniform(&seed)); r->count > 0 && r->days[r->count - 1] == 0;)
      for (size_t k = 0; k < r->count; k++)
        r->days[k] = as_of - 110 + (churn_day)(120 * uniform(&seed));
  }
  write_records(records, since);
  score_all(since, then, ignored);
  write_records(records, INT32_MAX);
  score_all(as_of, now, values);
  found f = find("loyal: {value: 0.3}\n", "2025-03-01", 0);
  size_t base = 0, valued = 0, expected = 0, low = 0;
  double mean = 0;
  for (int i = 0; i < CUSTOMERS; i++) {
    tenures[i] = isnan(now[i]) ? (double)NAN : as_of - records[i].joined;
    base += !isnan(now[i]) ? 1 : 0;
    mean += isnan(now[i]) ? 0 : now[i];
    valued += !isnan(values[i]) ? 1 : 0;
  }
  mean /= (double)base;
  assert_close(f.report.least_probability, mean, 1e-13, 0);
  size_t at = 0;
  bool seen[CUSTOMERS] = {false};
  double last = INFINITY;
  for (; at < churn_loyal_count(f.loyal); at++) {
    churn_loyal_customer c;
    churn_loyal_get(f.loyal, at, &c);
    int i = atoi(c.line.customer_id + 1);
    seen[i] = true;
    assert_true(c.before == then[i] && c.line.probability == now[i]);
    assert_true(c.growth <= last);
    last = c.growth;
  }
  for (int i = 0; i < CUSTOMERS; i++) {
    bool belongs = !isnan(now[i]) && !isnan(then[i]) && !isnan(values[i]) &&
                   (double)count_above(values, values[i]) < 0.3 * (double)valued &&
                   (double)count_above(tenures, tenures[i]) < 0.5 * (double)base &&
                   now[i] / (1 - now[i]) >= 1.5 * then[i] / (1 - then[i]);
    low += belongs && now[i] < mean;
    belongs = belongs && now[i] >= mean;
    assert_int_equal(seen[i], belongs);
    expected += belongs;
  }
  assert_int_equal(expected, at);
  assert_true(expected > 5 && low > 0);
  done(&f);
}

/* Odds that rise from next to nothing are still next to nothing. */
static void who_is_below_the_least_probability_is_not_slipping(void **state)
{
  (void)state;
  /* logit = -3 + 0.5 complaints: up has 0, then 1; the others 4 on both days */
  scratch_write("customers.csv", "id,since,until,money\nup,2020-01-01,,90\nb,2021-01-01,,10\n"
                                 "c,2021-01-01,,10\n");
  scratch_write("complaints.csv", "id,on\nup,2025-02-10\nb,2025-01-20\nb,2025-01-21\n"
                                  "b,2025-01-22\nb,2025-01-23\nc,2025-01-20\nc,2025-01-21\n"
                                  "c,2025-01-22\nc,2025-01-23\n");
  const double up = 1 / (1 + exp(2.5)), others = 1 / (1 + exp(1));
  found f = find("", "2025-03-01", 0);
  assert_close(f.report.least_probability, (up + 2 * others) / 3, 1e-14, 0);
  assert_ids(&f, "");
  done(&f);
  f = find("loyal: {probability: 0.0758}\n", "2025-03-01", 0); /* up: 0.07585818002124355 */
  assert_close(f.report.least_probability, 0.0758, 0, 0);
  assert_ids(&f, "up");
  done(&f);
  f = find("loyal: {probability: 0.0759}\n", "2025-03-01", 0);
  assert_ids(&f, "");
  done(&f);
}

static void who_is_in_the_control_group_is_marked(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,since,until,money\nup,2020-01-01,,90\nup2,2020-01-01,,90\n"
                                 "up3,2020-01-01,,90\nup4,2020-01-01,,90\n");
  scratch_write("complaints.csv",
                "id,on\nup,2025-02-10\nup2,2025-02-10\nup3,2025-02-10\nup4,2025-02-10\n");
  found f = find("control: {share: 0.5, key: desk}\n", "2025-03-01", 0);
  churn_error error = {0};
  size_t marked = 0, count = churn_loyal_count(f.loyal);
  assert_int_equal(count, 4);
  assert_ok(churn_loyal_write(f.loyal, scratch_path("loyal.csv"), &error), &error);
  char *text = file_read(scratch_path("loyal.csv"), NULL), *line = strchr(text, '\n');
  assert_memory_equal(line - 14, ",model,control", 14);
  for (size_t i = 0; i < count; i++) {
    churn_loyal_customer c;
    churn_loyal_get(f.loyal, i, &c);
    bool control = churn_project_is_control(f.project, c.line.customer_id);
    line = strchr(line + 1, '\n');
    assert_memory_equal(line - 2, control ? ",1" : ",0", 2);
    marked += control;
  }
  assert_true(marked > 0 && marked < count);
  free(text);
  done(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(high_value_long_standing_and_rising_risk_belong),
      cmocka_unit_test(who_is_there_for_just_so_long_belongs),
      cmocka_unit_test(the_rise_is_of_the_odds_that_are_shown),
      cmocka_unit_test(who_is_left_out_by_cause_is_left_out_here_and_the_file_says_why),
      cmocka_unit_test(a_project_that_cannot_tell_is_refused),
      cmocka_unit_test(the_list_is_what_two_scorings_say_and_looks_not_ahead),
      cmocka_unit_test(who_is_below_the_least_probability_is_not_slipping),
      cmocka_unit_test(who_is_in_the_control_group_is_marked),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
