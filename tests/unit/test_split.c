/* The split: which labelled rows train and which judge.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/split.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 20000 };

static churn_project project_with(int32_t horizon, int32_t gap, churn_day test_from, double share)
{
  static char joined[] = "joined"; /* dated: a flat export has no as-of day to split at */
  return (churn_project){.joined = {joined, 0, 0},
                         .outcome = {.horizon_days = horizon, .gap_days = gap},
                         .snapshots = {.test_from = test_from},
                         .test_share = share};
}

/* One customer's rows on the given days. */
static churn_snapshots *taken(const churn_split *split, const churn_day *days, size_t count,
                              churn_split_part part)
{
  static const char *ids[] = {"a"};
  churn_data data = {.customers = {.count = 1, .ids = ids}};
  churn_snapshot rows[32];
  for (size_t i = 0; i < count; i++)
    rows[i] = (churn_snapshot){0, 0, days[i], i % 2 == 0, false, 1, 0};
  churn_snapshots all = {.rows = rows, .count = count}, *part_rows = NULL;
  churn_error error = {0};
  assert_ok(churn_split_take(split, &data, &all, part, &part_rows, &error), &error);
  return part_rows;
}

static void rows_train_whose_window_closed_before_test_from(void **state)
{
  (void)state;
  /* gap + horizon = 104: the window of T ends before T + 104; test from 19904 on */
  churn_project project = project_with(90, 14, 19904, 0);
  churn_split split = churn_split_of(&project, CHURN_DAY_MISSING);
  assert_int_equal(split.kind, CHURN_SPLIT_TIME);
  const churn_day days[] = {19799, 19800, 19801, 19903, 19904, 19905};
  churn_snapshots *train = taken(&split, days, 6, CHURN_PART_TRAIN);
  churn_snapshots *test = taken(&split, days, 6, CHURN_PART_TEST);
  assert_int_equal(train->count, 2);
  assert_int_equal(train->rows[1].as_of, 19800); /* its window's last day is 19903 */
  assert_int_equal(train->rows[1].label, 0);
  assert_int_equal(test->count, 2);
  assert_int_equal(test->rows[0].as_of, 19904);
  assert_int_equal(test->rows[0].label, 1);
  churn_snapshots_free(train);
  churn_snapshots_free(test);
}

static void the_caller_s_test_from_wins_and_time_wins_over_customers(void **state)
{
  (void)state;
  churn_project project = project_with(30, 0, 19000, 0.25);
  assert_int_equal(churn_split_of(&project, 19500).test_from, 19500);
  assert_int_equal(churn_split_of(&project, 19500).kind, CHURN_SPLIT_TIME);
  assert_int_equal(churn_split_of(&project, CHURN_DAY_MISSING).test_from, 19000);
  project.snapshots.test_from = CHURN_DAY_MISSING;
  assert_int_equal(churn_split_of(&project, CHURN_DAY_MISSING).kind, CHURN_SPLIT_CUSTOMERS);
  project.test_share = 0;
  assert_int_equal(churn_split_of(&project, CHURN_DAY_MISSING).kind, CHURN_SPLIT_NONE);
}

static void without_a_split_everything_trains_and_nothing_judges(void **state)
{
  (void)state;
  churn_project project = project_with(30, 0, CHURN_DAY_MISSING, 0);
  churn_split split = churn_split_of(&project, CHURN_DAY_MISSING);
  const churn_day days[] = {19000, 19001, CHURN_DAY_MISSING};
  churn_snapshots *train = taken(&split, days, 3, CHURN_PART_TRAIN);
  churn_snapshots *test = taken(&split, days, 3, CHURN_PART_TEST);
  assert_int_equal(train->count, 3);
  assert_int_equal(test->count, 0);
  churn_snapshots_free(train);
  churn_snapshots_free(test);
}

/* A column's outcome has no window; a row may still not be on both sides. */
static void no_row_is_on_both_sides_even_without_a_window(void **state)
{
  (void)state;
  churn_project project = project_with(0, 0, 19904, 0);
  churn_split split = churn_split_of(&project, CHURN_DAY_MISSING);
  const churn_day days[] = {19903, 19904, 19905};
  churn_snapshots *train = taken(&split, days, 3, CHURN_PART_TRAIN);
  churn_snapshots *test = taken(&split, days, 3, CHURN_PART_TEST);
  assert_int_equal(train->count, 1);
  assert_int_equal(train->rows[0].as_of, 19903);
  assert_int_equal(test->count, 2);
  churn_snapshots_free(train);
  churn_snapshots_free(test);
}

/* Which of `count` customers, taken from the end or the beginning, are held out; held[i] for
 * customer number i of the whole base. */
static void hold_out(double share, size_t count, bool backwards, bool *held)
{
  static char texts[PEOPLE][12];
  const char **ids = malloc(count * sizeof *ids);
  churn_snapshot *rows = malloc(2 * count * sizeof *rows);
  for (size_t i = 0; i < count; i++) {
    size_t number = backwards ? count - 1 - i : i;
    snprintf(texts[number], sizeof texts[number], "c%zu", number);
    ids[i] = texts[number];
    rows[2 * i] = rows[2 * i + 1] = (churn_snapshot){(uint32_t)i, 0, 19000, 0, false, 1, 0};
  }
  churn_data data = {.customers = {.count = count, .ids = ids}};
  churn_snapshots all = {.rows = rows, .count = 2 * count};
  churn_project project = project_with(0, 0, CHURN_DAY_MISSING, share);
  churn_split split = churn_split_of(&project, CHURN_DAY_MISSING);
  churn_error error = {0};
  churn_snapshots *parts[2];
  size_t seen[2] = {0};
  memset(held, 0, count * sizeof *held);
  for (int p = 0; p < 2; p++) {
    assert_ok(churn_split_take(&split, &data, &all, (churn_split_part)p, &parts[p], &error),
              &error);
    assert_int_equal(parts[p]->count % 2, 0); /* customers stay whole */
    for (size_t i = 0; i < parts[p]->count; i++) {
      const char *id = ids[parts[p]->rows[i].customer];
      bool *at = &held[strtoul(id + 1, NULL, 10)];
      assert_true(p == CHURN_PART_TEST || !*at);
      *at = p == CHURN_PART_TEST;
    }
    seen[p] = parts[p]->count;
  }
  assert_int_equal(seen[0] + seen[1], 2 * count);
  for (size_t i = 0, test = 0; i < parts[0]->count && test < parts[1]->count; i++)
    assert_true(parts[0]->rows[i].customer != parts[1]->rows[test].customer);
  churn_snapshots_free(parts[0]);
  churn_snapshots_free(parts[1]);
  free(ids);
  free(rows);
}

static void the_held_out_share_is_about_right(void **state)
{
  (void)state;
  static bool held[PEOPLE];
  const double shares[] = {0.05, 0.2, 0.5};
  for (size_t k = 0; k < 3; k++) {
    size_t count = 0;
    hold_out(shares[k], PEOPLE, false, held);
    for (size_t i = 0; i < PEOPLE; i++)
      count += held[i];
    /* 5 standard deviations of a share of 20,000 coins are at most 5 * 0.5 / 141.4 = 0.0177 */
    assert_close((double)count / PEOPLE, shares[k], 0, 0.0177);
  }
}

static void who_is_held_out_depends_on_the_id_alone(void **state)
{
  (void)state;
  static bool all[PEOPLE], fewer[PEOPLE], backwards[PEOPLE], more[PEOPLE];
  hold_out(0.2, PEOPLE, false, all);
  hold_out(0.2, PEOPLE / 3, false, fewer);
  hold_out(0.2, PEOPLE, true, backwards);
  hold_out(0.35, PEOPLE, false, more);
  for (size_t i = 0; i < PEOPLE; i++) {
    assert_int_equal(all[i], backwards[i]);
    if (i < PEOPLE / 3)
      assert_int_equal(all[i], fewer[i]);
    assert_true(!all[i] || more[i]); /* a larger share only adds */
  }
}

static void a_span_tells_days_customers_and_churners(void **state)
{
  (void)state;
  churn_snapshot rows[] = {{0, 0, 19030, 0, false, 3, 0},
                           {0, 0, 19060, 1, false, 3, 0},
                           {2, 3, 19000, 1, false, 5, 0},
                           {2, 3, 19060, 0, false, 5, 0},
                           {5, 9, 19030, 1, false, 2, 0}};
  churn_snapshots s = {.rows = rows, .count = 5};
  churn_span span;
  churn_error error = {0};
  assert_ok(churn_span_of(&s, &span, &error), &error);
  assert_int_equal(span.first, 19000);
  assert_int_equal(span.last, 19060);
  assert_int_equal(span.days, 3);
  assert_int_equal(span.customers, 3);
  assert_int_equal(span.churners, 3);
  assert_int_equal(span.rows, 5);
  assert_true(span.population == 18 && span.population_churners == 10);
  /* as 3 + 5 + 2 customers with those rows each */
  s.repeated = true;
  assert_ok(churn_span_of(&s, &span, &error), &error);
  assert_int_equal(span.rows, 18);
  assert_int_equal(span.customers, 10);
  assert_int_equal(span.churners, 10);
  assert_int_equal(span.churned_customers, 10);
  assert_true(span.population == 18 && span.population_churners == 10);
  int8_t *labels = churn_snapshots_labels(&s);
  const int8_t expected[] = {0, 1, 1, 0, 1};
  assert_memory_equal(labels, expected, 5);
  free(labels);
  s.count = 0;
  assert_ok(churn_span_of(&s, &span, &error), &error);
  assert_int_equal(span.first, CHURN_DAY_MISSING);
  assert_int_equal(span.days, 0);
}

/* A flat export's own test_from is passed over; a day asked for by hand would mislead. */
static void a_day_asked_for_of_a_flat_export_is_refused(void **state)
{
  (void)state;
  churn_project project = project_with(30, 0, 19000, 0.25);
  project.joined.text = NULL;
  project.outcome.kind = CHURN_OUTCOME_COLUMN;
  project.base_kind = CHURN_BASE_FILE;
  churn_error error = {0};
  churn_data data = {0};
  churn_snapshots all = {0}, *rows = NULL;
  churn_day *days = NULL;
  size_t count;
  churn_split split = churn_split_of(&project, CHURN_DAY_MISSING);
  assert_ok(churn_split_take(&split, &data, &all, CHURN_PART_TRAIN, &rows, &error), &error);
  churn_snapshots_free(rows);
  split = churn_split_of(&project, 19800);
  assert_int_equal(churn_split_take(&split, &data, &all, CHURN_PART_TRAIN, &rows, &error),
                   CHURN_USAGE);
  assert_non_null(strstr(error.message, "2024-03-18 was asked for, but this project is a flat"));
  assert_int_equal(
      churn_snapshot_days(&project, &data, CHURN_DAY_MISSING, 19800, &days, &count, &error),
      CHURN_USAGE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_day_asked_for_of_a_flat_export_is_refused),
      cmocka_unit_test(rows_train_whose_window_closed_before_test_from),
      cmocka_unit_test(the_caller_s_test_from_wins_and_time_wins_over_customers),
      cmocka_unit_test(without_a_split_everything_trains_and_nothing_judges),
      cmocka_unit_test(no_row_is_on_both_sides_even_without_a_window),
      cmocka_unit_test(the_held_out_share_is_about_right),
      cmocka_unit_test(who_is_held_out_depends_on_the_id_alone),
      cmocka_unit_test(a_span_tells_days_customers_and_churners),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
