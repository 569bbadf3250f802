/* No look-ahead through the whole pipeline: files cut at T (rows of T and later deleted, days of T
 * and later blanked, with all that was known only from such a day) give the same features for T, to
 * the last bit.
 *
 * On a simulated world, and on two public exports where they are there. The label column is left
 * out of the comparison: it is the future.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"
#include "support.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A cell of `column` is blanked when the day in `known` is T or later. */
typedef struct blank {
  const char *column;
  const char *known;
} blank;

typedef struct cut_file {
  const char *source; /* name in the project */
  const char *file;
  const char *day; /* rows of T or later are deleted; NULL = none */
  const char *format;
  blank blanks[6];
} cut_file;

static churn_day day_at(const rows *r, size_t row, const char *heading, const char *format)
{
  const char *text = rows_text(r, row, rows_column(r, heading));
  return churn_day_parse_format(text, strlen(text), format, 0);
}

static bool is_blanked(const rows *r, size_t row, size_t column, const cut_file *cut,
                       churn_day as_of)
{
  for (const blank *b = cut->blanks; b->column != NULL; b++)
    if (strcmp(rows_text(r, 0, column), b->column) == 0) {
      churn_day known = day_at(r, row, b->known, cut->format);
      return known != CHURN_DAY_MISSING && known >= as_of;
    }
  return false;
}

static void write_cell(FILE *file, const char *text)
{
  fputc('"', file);
  for (; *text != '\0'; text++) {
    if (*text == '"')
      fputc('"', file);
    fputc(*text, file);
  }
  fputc('"', file);
}

/* Returns how many cells and rows were taken away, so that a cut that cuts nothing is seen. */
static size_t write_cut(const char *from, const char *to, const cut_file *cut, churn_day as_of)
{
  rows r = rows_read(from);
  FILE *file = fopen(to, "w");
  size_t taken = 0;
  assert_non_null(file);
  for (size_t i = 0; i < r.count; i++) {
    if (i > 0 && cut->day != NULL && day_at(&r, i, cut->day, cut->format) >= as_of) {
      taken++;
      continue;
    }
    for (size_t c = 0; c < r.columns; c++) {
      bool gone = i > 0 && is_blanked(&r, i, c, cut, as_of);
      taken += gone;
      fputs(c == 0 ? "" : ",", file);
      if (!gone && rows_text(&r, i, c)[0] != '\0')
        write_cell(file, rows_text(&r, i, c));
    }
    fputc('\n', file);
  }
  fclose(file);
  rows_free(&r);
  return taken;
}

static void make_table(const char *project_path, const churn_source_override *overrides,
                       size_t count, churn_day as_of, const char *table)
{
  churn_project *project = NULL;
  churn_error error = {0};
  churn_features_settings settings = {NULL, as_of, as_of};
  assert_ok(churn_project_read(project_path, overrides, count, NULL, &project, &error), &error);
  assert_ok(churn_features_write(project, &settings, table, NULL, NULL, &error), &error);
  churn_project_free(project);
}

static void assert_same_but_label(const char *whole_path, const char *cut_path)
{
  rows whole = rows_read(whole_path), cut = rows_read(cut_path);
  assert_true(whole.count > 10);
  assert_int_equal(whole.count, cut.count);
  assert_int_equal(whole.columns, cut.columns);
  for (size_t i = 0; i < whole.count; i++)
    for (size_t c = 0; c < whole.columns; c++)
      if (c != 2)
        assert_string_equal(rows_text(&whole, i, c), rows_text(&cut, i, c));
  rows_free(&whole);
  rows_free(&cut);
}

enum { MOST_FILES = 8, PATH_SIZE = 1024 };

static void check_cut(const char *project_path, const char *folder, const cut_file *files,
                      size_t count, const char *as_of_text)
{
  churn_source_override whole[MOST_FILES], cut[MOST_FILES];
  char paths[2 * MOST_FILES][PATH_SIZE], tables[2][PATH_SIZE];
  churn_day as_of = churn_day_parse(as_of_text, 10);
  size_t taken = 0;
  for (size_t i = 0; i < count; i++) {
    snprintf(paths[2 * i], PATH_SIZE, "%.900s/%.100s", folder, files[i].file);
    snprintf(paths[2 * i + 1], PATH_SIZE, "%s.cut.csv", scratch_path(files[i].source));
    whole[i] = (churn_source_override){files[i].source, paths[2 * i]};
    cut[i] = (churn_source_override){files[i].source, paths[2 * i + 1]};
    taken += write_cut(paths[2 * i], paths[2 * i + 1], &files[i], as_of);
  }
  assert_true(taken > 10);
  snprintf(tables[0], PATH_SIZE, "%s", scratch_path("whole.csv"));
  snprintf(tables[1], PATH_SIZE, "%s", scratch_path("cut.csv"));
  make_table(project_path, whole, count, as_of, tables[0]);
  make_table(project_path, cut, count, as_of, tables[1]);
  assert_same_but_label(tables[0], tables[1]);
}

static void test_simulated(void **state)
{
  (void)state;
  static const cut_file files[] = {
      {"customers", "customers.csv", "signup_date", NULL, {{"closed_date", "closed_date"}}},
      {"engagements", "interactions.csv", "date", NULL, {{NULL, NULL}}},
      {"complaints", "complaints.csv", "opened_at", NULL, {{"closed_at", "closed_at"}}},
      {"prices", "prices.csv", "effective_date", NULL, {{NULL, NULL}}},
      {"reps", "rep_assignments.csv", "start_date", NULL, {{NULL, NULL}}},
      {"payments", "invoices.csv", "issued", NULL, {{"paid", "paid"}}}};
  churn_simulate_settings settings = {
      .customers = 600, .months = 30, .seed = 5, .truth_customers = 1};
  churn_error error = {0};
  scratch_make();
  char world[PATH_SIZE], project[PATH_SIZE + 16];
  snprintf(world, sizeof world, "%s", scratch_path("world"));
  snprintf(project, sizeof project, "%s/churn.yaml", world);
  assert_ok(churn_simulate(world, &settings, NULL, NULL, &error), &error);
  static const char *const days[] = {"2023-08-01", "2024-02-29", "2024-11-17"};
  for (size_t i = 0; i < 3; i++)
    check_cut(project, world, files, sizeof files / sizeof files[0], days[i]);
  scratch_remove();
}

static void check_public(const char *project, const char *folder, const cut_file *files,
                         size_t count, const char *as_of)
{
  const char *found = shared_path(folder);
  if (found == NULL) {
    print_message("%s is not there: skipped\n", folder);
    skip();
  }
  char data[PATH_SIZE - 64], path[PATH_SIZE];
  snprintf(data, sizeof data, "%s", found);
  snprintf(path, sizeof path, "%s/datasets/%s", CHURN_SOURCE, project);
  scratch_make();
  check_cut(path, data, files, count, as_of);
  scratch_remove();
}

static void test_invoices(void **state)
{
  (void)state;
  static const cut_file files[] = {
      {"invoices",
       "accounts_receivable.csv",
       "InvoiceDate",
       "%m/%d/%Y",
       {{"SettledDate", "SettledDate"}, {"Disputed", "SettledDate"}, {"DaysLate", "SettledDate"}}}};
  check_public("ar_invoices.yaml", "datasets/ar_invoices", files, 1, "2012-12-01");
  check_public("ar_invoices.yaml", "datasets/ar_invoices", files, 1, "2013-06-15");
}

static void test_ravenstack(void **state)
{
  (void)state;
  static const cut_file files[] = {
      {"customers", "ravenstack_accounts.csv", "signup_date", NULL, {{NULL, NULL}}},
      {"tickets",
       "ravenstack_support_tickets.csv",
       "submitted_at",
       NULL,
       {{"closed_at", "closed_at"},
        {"resolution_time_hours", "closed_at"},
        {"escalation_flag", "closed_at"}}},
      {"subscriptions",
       "ravenstack_subscriptions.csv",
       "start_date",
       NULL,
       {{"end_date", "end_date"}}},
      {"usage", "ravenstack_feature_usage.csv", "usage_date", NULL, {{NULL, NULL}}},
      {"usage.via", "ravenstack_subscriptions.csv", NULL, NULL, {{NULL, NULL}}},
      {"churn_events", "ravenstack_churn_events.csv", "churn_date", NULL, {{NULL, NULL}}}};
  check_public("ravenstack.yaml", "datasets/ravenstack_saas", files, 6, "2024-03-01");
  check_public("ravenstack.yaml", "datasets/ravenstack_saas", files, 6, "2024-06-30");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"a simulated world cut at T gives the same features", test_simulated, NULL, NULL, NULL},
      {"invoices cut at T give the same features", test_invoices, NULL, NULL, NULL},
      {"ravenstack cut at T gives the same features", test_ravenstack, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
