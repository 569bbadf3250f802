/* CDNOW: the feature table for all 23,570 customers on two days against pandas.
 *
 * Expected: reference/cdnow_features_DAY.csv.gz, made by pandas from the same purchases: windows
 * [DAY-w, DAY), label = no purchase within 273 days of 1997-10-01, 181 days of 1998-01-01. Counts
 * and days must be equal, sums agree to 1e-9 (pandas adds in file order).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"
#include "support.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The shipped project with another horizon, in the scratch folder. */
static const char *project_with_horizon(int days)
{
  char from[1024], to[64];
  snprintf(from, sizeof from, "%s/datasets/cdnow.yaml", CHURN_SOURCE);
  snprintf(to, sizeof to, "horizon: %dd", days);
  char *text = file_read(from, NULL);
  char *at = strstr(text, "horizon: 92d");
  assert_non_null(at);
  char *changed = NULL;
  assert_true(
      asprintf(&changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen("horizon: 92d")) > 0);
  const char *path = scratch_write("cdnow.yaml", changed);
  free(changed);
  free(text);
  return path;
}

static void compare(const char *expected_path, const char *actual_path)
{
  rows expected = rows_read(expected_path), actual = rows_read(actual_path);
  assert_int_equal(expected.count, 23571);
  assert_int_equal(actual.count, expected.count);
  assert_int_equal(actual.columns, expected.columns + 1); /* as_of */
  for (size_t c = 0; c < expected.columns; c++) {
    size_t ours = rows_column(&actual, rows_text(&expected, 0, c));
    bool is_sum = strstr(rows_text(&expected, 0, c), "spend") != NULL;
    for (size_t i = 1; i < expected.count; i++)
      if (c == 0)
        assert_string_equal(rows_text(&actual, i, ours), rows_text(&expected, i, c));
      else
        assert_close(rows_number(&actual, i, ours), rows_number(&expected, i, c), is_sum ? 1e-9 : 0,
                     0);
  }
  rows_free(&expected);
  rows_free(&actual);
}

static void check_day(const char *day, int horizon)
{
  const char *data = shared_path("datasets/cdnow/cdnow.csv");
  char name[128];
  snprintf(name, sizeof name, "reference/cdnow_features_%s.csv.gz", day);
  if (data == NULL || shared_path(name) == NULL) {
    print_message("cdnow is not there: skipped\n");
    skip();
  }
  scratch_make();
  churn_source_override override = {"purchases", data};
  churn_project *project = NULL;
  churn_error error = {0};
  churn_features_settings settings = {NULL, churn_day_parse(day, 10), churn_day_parse(day, 10)};
  assert_ok(churn_project_read(project_with_horizon(horizon), &override, 1, NULL, &project, &error),
            &error);
  const char *table = scratch_path("features.csv");
  assert_ok(churn_features_write(project, &settings, table, NULL, NULL, &error), &error);
  compare(shared_path(name), table);
  churn_project_free(project);
  scratch_remove();
}

static void test_october(void **state)
{
  (void)state;
  check_day("1997-10-01", 273);
}

static void test_january(void **state)
{
  (void)state;
  check_day("1998-01-01", 181);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"the table of 1997-10-01 equals pandas", test_october, NULL, NULL, NULL},
      {"the table of 1998-01-01 equals pandas", test_january, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
