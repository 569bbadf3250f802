/* The made-up world: files, headings, counts, dates, the same bytes for any number of threads, and
 * the settings that are refused.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "simulate/stream.h"
#include "simulate/truth.h"

#include <churn/day.h>
#include <churn/simulate.h>
#include <gsl/gsl_rng.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 10, TABLES = 7, FIELDS = 6, FIELD_SIZE = 32, CUSTOMERS = 700 };

static const char *const names[FILES] = {
    "customers.csv", "interactions.csv", "complaints.csv", "prices.csv", "rep_assignments.csv",
    "invoices.csv",  "truth.csv",        "churn.yaml",     "desk.yaml",  "truth.json"};

static const char *const headings[TABLES] = {
    "customer_id,signup_date,closed_date,region,segment,employees\n",
    "customer_id,date,channel\n",
    "customer_id,opened_at,closed_at,severity,category\n",
    "customer_id,effective_date,tier,monthly_fee\n",
    "customer_id,start_date,rep_id\n",
    "customer_id,issued,due,paid,amount\n",
    "customer_id,as_of,probability\n"};

/* A world small enough for every test; short windows keep truth.csv cheap. */
static const churn_simulate_settings small = {.customers = CUSTOMERS,
                                              .months = 23,
                                              .seed = 7,
                                              .truth_customers = 40,
                                              .horizon_days = 30,
                                              .gap_days = 5};

static churn_simulate_report made; /* of the world in scratch/world */

static void make(const char *folder, const churn_simulate_settings *settings, int threads,
                 churn_simulate_report *report)
{
  churn_error error = {0};
  churn_run run = {.threads = threads};
  assert_ok(churn_simulate(scratch_path(folder), settings, &run, report, &error), &error);
}

static char *read_in(const char *folder, const char *name, size_t *length)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return file_read(scratch_path(path), length);
}

static bool exists(const char *folder, const char *name)
{
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(scratch_path(path), F_OK) == 0;
}

static int make_world(void **state)
{
  (void)state;
  scratch_make();
  make("world", &small, 2, &made);
  return 0;
}

typedef struct fields {
  char text[FIELDS][FIELD_SIZE];
  int count;
} fields;

/* One plain row (no quotes in these files) from *at; false at the end. */
static bool next_row(const char **at, fields *row)
{
  memset(row, 0, sizeof *row);
  if (**at == '\0')
    return false;
  size_t used = 0;
  for (row->count = 1; **at != '\n'; (*at)++) {
    assert_true(**at != '\0' && **at != '\r' && **at != '"');
    if (**at == ',') {
      row->count++;
      used = 0;
      assert_true(row->count <= FIELDS);
    } else {
      assert_true(used + 1 < FIELD_SIZE);
      row->text[row->count - 1][used++] = **at;
    }
  }
  (*at)++;
  return true;
}

static churn_day day_of(const char *text)
{
  churn_day day = churn_day_parse(text, strlen(text));
  assert_true(day != CHURN_DAY_MISSING);
  return day;
}

static churn_day day_or_missing(const char *text)
{
  return text[0] == '\0' ? CHURN_DAY_MISSING : day_of(text);
}

static int customer_of(const char *id)
{
  assert_int_equal(strlen(id), 7);
  assert_int_equal(id[0], 'C');
  int number = atoi(id + 1);
  assert_in_range(number, 1, CUSTOMERS);
  return number - 1;
}

static churn_day joined[CUSTOMERS], left[CUSTOMERS];

static void read_customers(void)
{
  char *text = read_in("world", names[0], NULL);
  const char *at = strchr(text, '\n') + 1;
  fields row;
  for (int i = 0; next_row(&at, &row); i++) {
    assert_int_equal(customer_of(row.text[0]), i);
    joined[i] = day_of(row.text[1]);
    left[i] = day_or_missing(row.text[2]);
  }
  free(text);
}

static void every_file_is_there_with_its_heading_and_the_rows_that_the_report_counts(void **state)
{
  (void)state;
  const uint64_t rows[TABLES] = {made.customers, made.engagements, made.complaints, made.prices,
                                 made.reps,      made.payments,    made.truth_rows};
  for (int i = 0; i < TABLES; i++) {
    char *text = read_in("world", names[i], NULL);
    assert_non_null(text);
    assert_memory_equal(text, headings[i], strlen(headings[i]));
    uint64_t lines = 0;
    for (const char *at = text; *at != '\0'; at++)
      lines += *at == '\n';
    assert_int_equal(lines - 1, rows[i]);
    assert_true(rows[i] > 0);
    free(text);
  }
  assert_true(exists("world", "churn.yaml") && exists("world", "truth.json"));
  assert_int_equal(made.customers, CUSTOMERS);
}

static void customers_join_before_they_leave_and_the_report_counts_the_leavers(void **state)
{
  (void)state;
  read_customers();
  uint64_t leavers = 0;
  int before = 0;
  for (int i = 0; i < CUSTOMERS; i++) {
    assert_in_range(joined[i], made.first_day - 1825, made.last_day);
    assert_true(i == 0 || joined[i] >= joined[i - 1]); /* ids are in the order of joining */
    before += joined[i] < made.first_day;
    if (left[i] == CHURN_DAY_MISSING)
      continue;
    leavers++;
    assert_true(left[i] > joined[i]);
    assert_in_range(left[i], made.first_day + 90, made.last_day);
  }
  assert_int_equal(leavers, made.left);
  assert_int_equal(before, CUSTOMERS * 6 / 10);
}

/* Rows of every history: in the order of customer and day, between the first day of the customer
 * and the day before leaving. */
static void no_history_row_lies_outside_the_life_of_its_customer(void **state)
{
  (void)state;
  read_customers();
  for (int file = 1; file <= 5; file++) {
    char *text = read_in("world", names[file], NULL);
    const char *at = strchr(text, '\n') + 1;
    fields row;
    int customer = 0;
    churn_day day = 0;
    while (next_row(&at, &row)) {
      int c = customer_of(row.text[0]);
      churn_day d = day_of(row.text[1]);
      assert_true(c > customer || (c == customer && d >= day));
      assert_true(d >= made.first_day && d >= joined[c] && d <= made.last_day);
      assert_true(left[c] == CHURN_DAY_MISSING || d < left[c]);
      customer = c;
      day = d;
    }
    free(text);
  }
}

static void complaints_close_after_they_open_and_carry_a_severity_from_1_to_5(void **state)
{
  (void)state;
  char *text = read_in("world", "complaints.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  fields row;
  int seen[6] = {0}, open = 0;
  while (next_row(&at, &row)) {
    churn_day closed = day_or_missing(row.text[2]);
    open += closed == CHURN_DAY_MISSING;
    assert_true(closed == CHURN_DAY_MISSING ||
                (closed > day_of(row.text[1]) && closed <= made.last_day));
    assert_int_equal(strlen(row.text[3]), 1);
    int severity = row.text[3][0] - '0';
    assert_in_range(severity, 1, 5);
    seen[severity]++;
    assert_true(row.text[4][0] != '\0');
  }
  for (int severity = 1; severity <= 5; severity++)
    assert_true(seen[severity] > 0);
  assert_true(open > 0);
  free(text);
}

static void check_money(const char *text)
{
  const char *point = strchr(text, '.');
  assert_non_null(point);
  assert_int_equal(strlen(point), 3);
  assert_true(strtod(text, NULL) > 0);
}

static void invoices_fall_due_monthly_14_days_after_issue_and_some_stay_unpaid(void **state)
{
  (void)state;
  char *text = read_in("world", "invoices.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  fields row;
  int customer = -1, late = 0, long_unpaid = 0, rows = 0;
  churn_day before = 0;
  while (next_row(&at, &row)) {
    churn_day issued = day_of(row.text[1]), due = day_of(row.text[2]);
    churn_day paid = day_or_missing(row.text[3]);
    assert_int_equal(due - issued, 14);
    check_money(row.text[4]);
    assert_true(paid == CHURN_DAY_MISSING || (paid > issued && paid <= made.last_day));
    late += paid != CHURN_DAY_MISSING && paid > due;
    long_unpaid += paid == CHURN_DAY_MISSING && due + 60 < made.last_day;
    if (customer_of(row.text[0]) == customer)
      assert_in_range(issued - before, 28, 31);
    customer = customer_of(row.text[0]);
    before = issued;
    rows++;
  }
  assert_in_range(late, rows / 5, rows * 3 / 4);
  assert_true(long_unpaid > 0);
  free(text);
}

static void prices_start_with_the_first_day_and_each_row_changes_something(void **state)
{
  (void)state;
  char *text = read_in("world", "prices.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  fields row, last = {0};
  read_customers();
  int tiers[3] = {0};
  while (next_row(&at, &row)) {
    int c = customer_of(row.text[0]);
    check_money(row.text[3]);
    tiers[0] += strcmp(row.text[2], "basic") == 0;
    tiers[1] += strcmp(row.text[2], "standard") == 0;
    tiers[2] += strcmp(row.text[2], "premium") == 0;
    bool same = strcmp(row.text[0], last.text[0]) == 0;
    churn_day start = joined[c] < made.first_day ? made.first_day : joined[c];
    assert_true(same || day_of(row.text[1]) == start);
    assert_false(same && strcmp(row.text[2], last.text[2]) == 0 &&
                 strcmp(row.text[3], last.text[3]) == 0);
    assert_false(same && strcmp(row.text[1], last.text[1]) == 0);
    last = row;
  }
  assert_int_equal(tiers[0] + tiers[1] + tiers[2], made.prices);
  assert_true(tiers[0] > 0 && tiers[1] > 0 && tiers[2] > 0);
  free(text);
}

enum { REPS_MOST = 1000, BOOK = 5 };

typedef struct handover {
  int to, customers;
  churn_day day;
} handover;

/* Walks the assignments; handed[rep] is the newest handover of that rep's customers to one other on
 * one day, held[customer] the rep at the end. */
static void read_handovers(handover handed[REPS_MOST], int held[CUSTOMERS])
{
  char *text = read_in("world", "rep_assignments.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  fields row;
  while (next_row(&at, &row)) {
    int c = customer_of(row.text[0]), rep = atoi(row.text[2] + 2);
    churn_day day = day_of(row.text[1]);
    assert_memory_equal(row.text[2], "R-", 2);
    assert_in_range(rep, 1, REPS_MOST - 1);
    assert_int_not_equal(rep, held[c]);
    handover *h = &handed[held[c]];
    /* A customer moved alone is no handover; what a book shows is several on one day. */
    if (h->day == day && h->to == rep)
      h->customers++;
    else if (h->customers < BOOK)
      *h = (handover){rep, 1, day};
    held[c] = rep;
  }
  free(text);
}

/* The bank's statements: a month apart, of a few accounts never any money, and the money of some
 * moves out while the account stays open. */
static void in_a_bank_some_balances_drain_while_the_account_stays_open(void **state)
{
  (void)state;
  churn_simulate_settings settings = small;
  churn_simulate_report bank;
  settings.world = CHURN_WORLD_BANK;
  make("bank", &settings, 2, &bank);
  char *text = read_in("bank", "balances.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  assert_memory_equal(text, "customer_id,date,balance\n", (size_t)(at - text));
  fields row;
  int customer = -1, empty = 0, drained = 0, customers = 0;
  uint64_t rows = 0;
  double highest = 0, last = 0;
  churn_day before = 0;
  bool more = true;
  while (more) {
    more = next_row(&at, &row);
    bool next = more && customer_of(row.text[0]) != customer;
    if ((next || !more) && customer >= 0) {
      customers++;
      empty += highest == 0;
      drained += highest > 0 && last < 0.4 * highest;
      highest = 0;
    }
    if (!more)
      break;
    if (!next)
      assert_int_equal(day_of(row.text[1]) - before, 30);
    customer = customer_of(row.text[0]);
    before = day_of(row.text[1]);
    last = strtod(row.text[2], NULL);
    highest = last > highest ? last : highest;
    rows++;
  }
  free(text);
  assert_int_equal(rows, bank.balances);
  assert_int_equal(customers, CUSTOMERS);
  assert_in_range(empty, CUSTOMERS / 100, CUSTOMERS / 12);
  assert_in_range(drained, CUSTOMERS / 12, CUSTOMERS / 2);
}

/* What is drawn beside a life does not move it. */
static void the_other_histories_of_a_bank_are_the_telecoms(void **state)
{
  (void)state;
  churn_simulate_settings settings = small;
  settings.world = CHURN_WORLD_BANK;
  make("bank", &settings, 1, NULL);
  for (int i = 0; i < TABLES; i++) {
    char *telecom = read_in("world", names[i], NULL), *bank = read_in("bank", names[i], NULL);
    assert_string_equal(telecom, bank);
    free(telecom);
    free(bank);
  }
}

static void a_wholesaler_has_orders_with_amounts_and_no_leaving_day(void **state)
{
  (void)state;
  churn_simulate_settings settings = small;
  churn_simulate_report whole;
  settings.world = CHURN_WORLD_WHOLESALE;
  make("wholesale", &settings, 2, &whole);
  assert_false(exists("wholesale", "interactions.csv"));
  assert_false(exists("wholesale", "balances.csv"));
  char *customers = read_in("wholesale", "customers.csv", NULL);
  assert_memory_equal(customers, "customer_id,signup_date,region,segment,employees\n", 49);
  assert_true(whole.left > 0);
  free(customers);
  char *text = read_in("wholesale", "orders.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  assert_memory_equal(text, "customer_id,date,amount\n", (size_t)(at - text));
  fields row;
  uint64_t rows = 0;
  for (; next_row(&at, &row); rows++)
    check_money(row.text[2]);
  assert_int_equal(rows, whole.engagements);
  free(text);
}

static void every_world_is_the_same_bytes_for_any_number_of_threads(void **state)
{
  (void)state;
  static const char *const files[] = {"balances.csv", "orders.csv", "customers.csv",
                                      "churn.yaml",   "desk.yaml",  "truth.json"};
  for (int world = CHURN_WORLD_BANK; world <= CHURN_WORLD_WHOLESALE; world++) {
    churn_simulate_settings settings = small;
    settings.world = (churn_world_kind)world;
    make("one", &settings, 1, NULL);
    make("three", &settings, 3, NULL);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
      if (!exists("one", files[i]))
        continue;
      char *one = read_in("one", files[i], NULL), *three = read_in("three", files[i], NULL);
      assert_string_equal(one, three);
      free(one);
      free(three);
    }
  }
}

/* A rep who leaves hands all customers to one successor on one day: whoever was left with the old
 * one had gone before. */
static void the_whole_book_of_a_rep_who_leaves_goes_to_one_successor(void **state)
{
  (void)state;
  static handover handed[REPS_MOST];
  static int held[CUSTOMERS];
  read_customers();
  read_handovers(handed, held);
  int largest = 0;
  for (int rep = 1; rep < REPS_MOST; rep++)
    largest = handed[rep].customers > largest ? handed[rep].customers : largest;
  assert_true(largest >= 20); /* 700 customers on 7 desks */
  for (int c = 0; c < CUSTOMERS; c++) {
    const handover *h = &handed[held[c]];
    if (h->customers >= BOOK)
      assert_true(left[c] != CHURN_DAY_MISSING && left[c] <= h->day);
  }
}

static void the_same_settings_give_the_same_bytes_for_any_number_of_threads(void **state)
{
  (void)state;
  static const char *const folders[] = {"again", "one", "three"};
  static const int threads[] = {2, 1, 3};
  for (int i = 0; i < 3; i++) {
    churn_simulate_report report;
    make(folders[i], &small, threads[i], &report);
    assert_close(report.best_auc, made.best_auc, 0, 0);
    for (int file = 0; file < FILES; file++) {
      size_t expected_length, length;
      char *expected = read_in("world", names[file], &expected_length);
      char *text = read_in(folders[i], names[file], &length);
      assert_int_equal(length, expected_length);
      assert_memory_equal(text, expected, length);
      free(expected);
      free(text);
    }
  }
}

static void another_seed_gives_another_world(void **state)
{
  (void)state;
  churn_simulate_settings other = small;
  other.seed = 8;
  make("other", &other, 2, NULL);
  for (int file = 0; file < TABLES; file++) {
    char *expected = read_in("world", names[file], NULL);
    char *text = read_in("other", names[file], NULL);
    assert_string_not_equal(text, expected);
    free(expected);
    free(text);
  }
}

/* The settings' promise: mean engagements per customer and day present; and what truth.json's
 * coefficients were chosen for, a fifth leaving in a year. */
static void engagements_come_at_the_rate_asked_for_and_a_fifth_leaves_in_a_year(void **state)
{
  (void)state;
  read_customers();
  double days = 0, exposed = 0;
  for (int i = 0; i < CUSTOMERS; i++) {
    churn_day from = joined[i] < made.first_day ? made.first_day : joined[i];
    churn_day to = left[i] == CHURN_DAY_MISSING ? made.last_day + 1 : left[i];
    churn_day at_risk = from < made.first_day + 90 ? made.first_day + 90 : from;
    days += to - from;
    exposed += to > at_risk ? to - at_risk : 0;
  }
  assert_close((double)made.engagements / days, 0.14, 0.10, 0);
  double yearly = 1 - exp(-(double)made.left / exposed * 365);
  assert_in_range((int)(1000 * yearly), 150, 280);
}

static void a_busier_world_has_more_engagements_and_is_no_safer(void **state)
{
  (void)state;
  churn_simulate_settings busy = small;
  churn_simulate_report report;
  busy.engagements_a_day = 1.3;
  make("busy", &busy, 2, &report);
  double ratio = (double)report.engagements / (double)made.engagements;
  assert_close(ratio, 1.3 / 0.14, 0.12, 0);
  assert_close((double)report.left, (double)made.left, 0.25, 0);
}

static void the_project_file_names_the_files_and_the_snapshots(void **state)
{
  (void)state;
  char *text = read_in("world", "churn.yaml", NULL);
  /* 23 months from 2023-01-01: a third is 7; the newest T with T + 35 <= 2024-12-01 is 2024-10-01;
   * the last six start on 2024-05-01. */
  static const char *const lines[] = {
      "\nversion: 1\n",
      "  from: customers.csv\n",
      "from: interactions.csv, ",
      "from: complaints.csv, ",
      "from: prices.csv, ",
      "from: rep_assignments.csv, ",
      "from: invoices.csv, ",
      "\n  value: last(monthly_fee from prices) * 12\n",
      "\ndata_until: 2024-11-30\n",
      "\noutcome: {horizon: 30d, gap: 5d}\n",
      "\nsnapshots: {first: 2023-08-01, last: 2024-10-01, every: 1 month, test_from: 2024-05-01}\n",
      "  region:                customers.region\n",
      "  full: [\"*\"]\n"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
    if (strstr(text, lines[i]) == NULL)
      fail_msg("churn.yaml lacks %s", lines[i]);
  assert_int_equal(made.test_from, churn_day_from_civil(2024, 5, 1));
  assert_int_equal(made.last_day, churn_day_from_civil(2024, 11, 30));
  free(text);
}

static void a_world_of_three_years_is_looked_at_from_the_second_year_on(void **state)
{
  (void)state;
  churn_simulate_settings s = {.customers = 30, .truth_customers = 1};
  churn_simulate_report report;
  make("years", &s, 1, &report);
  char *text = read_in("years", "churn.yaml", NULL);
  /* The newest T with T + 104 <= 2026-01-01 is 2025-09-01. */
  assert_non_null(strstr(text, "first: 2024-01-01, last: 2025-09-01, every: 1 month, test_from: "
                               "2025-04-01}"));
  assert_int_equal(report.test_from, churn_day_from_civil(2025, 4, 1));
  free(text);
}

static void truth_json_holds_the_settings_the_effects_and_the_best_auc(void **state)
{
  (void)state;
  json_error_t error;
  char *text = read_in("world", "truth.json", NULL);
  json_t *all = json_loads(text, 0, &error);
  assert_non_null(all);
  json_t *settings = json_object_get(all, "settings");
  assert_string_equal(json_string_value(json_object_get(settings, "seed")), "7");
  assert_int_equal(json_integer_value(json_object_get(settings, "customers")), CUSTOMERS);
  assert_int_equal(json_integer_value(json_object_get(settings, "continuations")), 200);
  json_t *effects = json_object_get(json_object_get(all, "hazard"), "effects");
  assert_int_equal(json_array_size(effects), 12);
  for (size_t i = 0; i < json_array_size(effects); i++) {
    json_t *effect = json_array_get(effects, i);
    assert_true(json_number_value(json_object_get(effect, "coefficient")) != 0);
    assert_true(json_string_length(json_object_get(effect, "words")) > 0);
    assert_true(json_string_length(json_object_get(effect, "unit")) > 0);
  }
  json_t *truth = json_object_get(all, "truth");
  assert_int_equal(json_integer_value(json_object_get(truth, "rows")), made.truth_rows);
  assert_close(json_number_value(json_object_get(truth, "best_auc")), made.best_auc, 1e-12, 0);
  json_decref(all);
  free(text);
}

/* 40 of 700 customers: every row's customer is one of 40, on one of the last nine snapshots. */
static void truth_has_a_row_for_each_sampled_customer_in_the_base_with_a_label(void **state)
{
  (void)state;
  read_customers();
  char *text = read_in("world", "truth.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  fields row;
  int sampled = 0, last = -1, wanted = 0, rows = 0;
  while (next_row(&at, &row)) {
    int c = customer_of(row.text[0]);
    double probability = strtod(row.text[2], NULL);
    assert_true(probability > 0 && probability < 1);
    sampled += c != last;
    last = c;
    rows++;
  }
  for (int c = 0; c < CUSTOMERS; c++)
    for (int month = 2; (c + 1) * 40 / CUSTOMERS > c * 40 / CUSTOMERS && month <= 10; month++) {
      churn_day as_of = churn_day_from_civil(2024, month, 1);
      wanted += joined[c] < as_of && (left[c] == CHURN_DAY_MISSING || left[c] >= as_of + 5);
    }
  assert_in_range(sampled, 20, 40);
  assert_int_equal(rows, wanted);
  free(text);
}

static void refused(churn_simulate_settings settings, const char *words)
{
  churn_error error = {0};
  churn_simulate_report report = {.customers = 12345};
  assert_int_equal(churn_simulate(scratch_path("refused"), &settings, NULL, &report, &error),
                   CHURN_USAGE);
  if (strstr(error.message, words) == NULL)
    fail_msg("\"%s\" lacks \"%s\"", error.message, words);
  assert_int_equal(report.customers, 12345);
  assert_int_not_equal(access(scratch_path("refused"), F_OK), 0);
}

static void settings_out_of_range_are_refused_and_nothing_is_made(void **state)
{
  (void)state;
  refused((churn_simulate_settings){.customers = 10000001}, "at most 10000000");
  refused((churn_simulate_settings){.months = 1201}, "at most 1200");
  refused((churn_simulate_settings){.months = 9}, "ask for more months");
  refused((churn_simulate_settings){.months = 24, .horizon_days = 365}, "ask for more months");
  refused((churn_simulate_settings){.engagements_a_day = -0.1}, "more than 0");
  refused((churn_simulate_settings){.engagements_a_day = (double)NAN}, "at most 100");
  refused((churn_simulate_settings){.engagements_a_day = 100.5}, "at most 100");
  refused((churn_simulate_settings){.continuations = 199}, "200 to 100000");
  refused((churn_simulate_settings){.continuations = 100001}, "200 to 100000");
  refused((churn_simulate_settings){.horizon_days = 3661}, "at most 3660");
  refused((churn_simulate_settings){.gap_days = 3661}, "at most 3660");
  refused((churn_simulate_settings){.first_day = CHURN_DAY_LAST - 100}, "calendar");
  refused((churn_simulate_settings){.first_day = CHURN_DAY_FIRST}, "calendar");
}

static void files_of_others_are_not_overwritten(void **state)
{
  (void)state;
  churn_simulate_settings settings = {.customers = 30};
  churn_error error = {0};
  assert_int_equal(mkdir(scratch_path("mine"), 0777), 0);
  scratch_write("mine/customers.csv", "precious\n");
  assert_int_equal(churn_simulate(scratch_path("mine"), &settings, NULL, NULL, &error),
                   CHURN_CANNOT_CREATE);
  assert_non_null(strstr(error.message, "a customers.csv that no simulation wrote"));
  char *text = file_read(scratch_path("mine/customers.csv"), NULL);
  assert_string_equal(text, "precious\n");
  free(text);
  assert_int_not_equal(access(scratch_path("mine/churn.yaml"), F_OK), 0);
  assert_int_equal(unlink(scratch_path("mine/customers.csv")), 0);
  for (int again = 0; again < 2; again++) /* its own world it may make anew */
    assert_ok(churn_simulate(scratch_path("mine"), &settings, NULL, NULL, &error), &error);
}

static void the_folder_above_must_exist(void **state)
{
  (void)state;
  churn_error error = {0};
  assert_int_equal(churn_simulate(scratch_path("missing/deeper"), &small, NULL, NULL, &error),
                   CHURN_CANNOT_CREATE);
  assert_non_null(strstr(error.file, "missing/deeper"));
  assert_non_null(strstr(error.message, "does not exist"));
  assert_false(exists("missing", "deeper"));
}

static void a_file_that_cannot_be_written_fails_before_the_work_and_leaves_no_other(void **state)
{
  (void)state;
  churn_error error = {0};
  assert_int_equal(mkdir(scratch_path("blocked"), 0777), 0);
  assert_int_equal(mkdir(scratch_path("blocked/invoices.csv"), 0777), 0);
  assert_int_equal(churn_simulate(scratch_path("blocked"), &small, NULL, NULL, &error),
                   CHURN_CANNOT_CREATE);
  assert_non_null(strstr(error.file, "invoices.csv"));
  for (int file = 0; file < FILES; file++)
    assert_true(exists("blocked", names[file]) == (strcmp(names[file], "invoices.csv") == 0));
  scratch_write("file", "not a folder");
  assert_int_equal(churn_simulate(scratch_path("file"), &small, NULL, NULL, &error),
                   CHURN_CANNOT_CREATE);
}

typedef struct progress_seen {
  uint64_t done, total;
  bool backwards;
} progress_seen;

static void see_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
  progress_seen *seen = context;
  assert_non_null(stage);
  seen->backwards = seen->backwards || done < seen->done || done > total;
  seen->done = done;
  seen->total = total;
}

static void progress_runs_over_all_customers_and_never_back(void **state)
{
  (void)state;
  progress_seen seen = {0};
  churn_progress progress = {see_progress, &seen};
  churn_run run = {.threads = 1, .progress = &progress};
  /* More customers than one wave of 8192, so that the waves' counts must be joined. */
  churn_simulate_settings s = {
      .customers = 8300, .months = 3, .truth_customers = 1, .horizon_days = 7, .gap_days = 1};
  churn_error error = {0};
  assert_ok(churn_simulate(scratch_path("progress"), &s, &run, NULL, &error), &error);
  assert_false(seen.backwards);
  assert_int_equal(seen.total, 130); /* blocks of 64 */
  assert_int_equal(seen.done, 130);
  char *text = read_in("progress", "customers.csv", NULL);
  const char *at = strchr(text, '\n') + 1;
  fields row;
  for (int i = 1; i <= 8300; i++) {
    assert_true(next_row(&at, &row));
    assert_int_equal(atoi(row.text[0] + 1), i);
  }
  assert_false(next_row(&at, &row));
  free(text);
}

/* 2 who left at 0.7 and 0.2, 3 who stayed at 0.1, 0.2 and 0.5: of six pairs 0.7 wins three, 0.2
 * wins one and ties one: 4.5 / 6. */
static void the_auc_counts_ties_half(void **state)
{
  (void)state;
  static const churn_truth rows[] = {
      {0.2, true}, {0.5, false}, {0.1, false}, {0.7, true}, {0.2, false}};
  churn_truths truths = {0};
  assert_true(isnan(churn_truths_auc(&truths)));
  for (int i = 0; i < 5; i++)
    assert_true(churn_truths_add(&truths, rows[i]));
  assert_close(churn_truths_auc(&truths), 0.75, 1e-15, 0);
  truths.count = 1;
  assert_true(isnan(churn_truths_auc(&truths)));
  free(truths.rows);
}

static int compare_words(const void *a, const void *b)
{
  unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;
  return x < y ? -1 : x > y;
}

/* Two streams with the same first three draws would be the same stream (88 bits of state seen
 * through 96). */
static void no_two_customers_share_a_stream(void **state)
{
  (void)state;
  enum { STREAMS = 20000 };
  unsigned long *first = calloc(STREAMS, sizeof *first);
  gsl_rng *random = churn_stream_new();
  for (uint32_t i = 0; i < STREAMS; i++) {
    churn_stream_seed(random, 3, CHURN_STREAM_CUSTOMER, i);
    first[i] = gsl_rng_get(random) << 32 | gsl_rng_get(random);
  }
  qsort(first, STREAMS, sizeof *first, compare_words);
  for (int i = 1; i < STREAMS; i++)
    assert_true(first[i] != first[i - 1]);
  gsl_rng_free(random);
  free(first);
}

/* Waits for a rate r are geometric with p = 1 - exp(-r), mean 1/p: 1/0.22120 = 4.5208 for r = 0.25;
 * deviation sqrt(1-p)/p = 3.99, so 0.05 is 4 standard errors of 100,000 draws. */
static void a_clock_waits_geometrically_and_never_less_than_a_day(void **state)
{
  (void)state;
  gsl_rng *random = churn_stream_new();
  churn_stream_seed(random, 5, CHURN_STREAM_TRUTH, 17);
  double sum = 0;
  for (int i = 0; i < 100000; i++) {
    churn_day day = churn_stream_next(random, 19000, 0.25);
    assert_true(day > 19000);
    sum += day - 19000;
  }
  assert_close(sum / 100000, 4.5208, 0, 0.05);
  assert_int_equal(churn_stream_next(random, 19000, 0), CHURN_DAY_LAST);
  assert_int_equal(churn_stream_next(random, 19000, 1e-300), CHURN_DAY_LAST);
  gsl_rng_free(random);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_a_bank_some_balances_drain_while_the_account_stays_open),
      cmocka_unit_test(the_other_histories_of_a_bank_are_the_telecoms),
      cmocka_unit_test(a_wholesaler_has_orders_with_amounts_and_no_leaving_day),
      cmocka_unit_test(every_world_is_the_same_bytes_for_any_number_of_threads),
      cmocka_unit_test(every_file_is_there_with_its_heading_and_the_rows_that_the_report_counts),
      cmocka_unit_test(customers_join_before_they_leave_and_the_report_counts_the_leavers),
      cmocka_unit_test(no_history_row_lies_outside_the_life_of_its_customer),
      cmocka_unit_test(complaints_close_after_they_open_and_carry_a_severity_from_1_to_5),
      cmocka_unit_test(invoices_fall_due_monthly_14_days_after_issue_and_some_stay_unpaid),
      cmocka_unit_test(prices_start_with_the_first_day_and_each_row_changes_something),
      cmocka_unit_test(the_whole_book_of_a_rep_who_leaves_goes_to_one_successor),
      cmocka_unit_test(the_same_settings_give_the_same_bytes_for_any_number_of_threads),
      cmocka_unit_test(another_seed_gives_another_world),
      cmocka_unit_test(engagements_come_at_the_rate_asked_for_and_a_fifth_leaves_in_a_year),
      cmocka_unit_test(a_busier_world_has_more_engagements_and_is_no_safer),
      cmocka_unit_test(the_project_file_names_the_files_and_the_snapshots),
      cmocka_unit_test(a_world_of_three_years_is_looked_at_from_the_second_year_on),
      cmocka_unit_test(truth_json_holds_the_settings_the_effects_and_the_best_auc),
      cmocka_unit_test(truth_has_a_row_for_each_sampled_customer_in_the_base_with_a_label),
      cmocka_unit_test(settings_out_of_range_are_refused_and_nothing_is_made),
      cmocka_unit_test(files_of_others_are_not_overwritten),
      cmocka_unit_test(the_folder_above_must_exist),
      cmocka_unit_test(a_file_that_cannot_be_written_fails_before_the_work_and_leaves_no_other),
      cmocka_unit_test(progress_runs_over_all_customers_and_never_back),
      cmocka_unit_test(the_auc_counts_ties_half),
      cmocka_unit_test(no_two_customers_share_a_stream),
      cmocka_unit_test(a_clock_waits_geometrically_and_never_less_than_a_day)};
  return cmocka_run_group_tests(tests, make_world, scratch_teardown);
}
