/* The outcome `drop`: levels before and after, and what they make of a row.
 *
 * T = 2024-03-01, gap 10 days, horizon 30 days: the label window is [2024-03-11, 2024-04-10). With
 * `over 30d` the level before is that of [2024-01-31, 2024-03-01).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/drop.h"
#include "design/pipeline.h"
#include "opened.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_THERE = -9 };

#define PROJECT(OUTCOME)                                                                           \
  "version: 1\n"                                                                                   \
  "customers: {from: customers.csv, id: id, joined: joined, left: closed,\n"                       \
  "  value: last(balance from balances)}\n"                                                        \
  "histories:\n"                                                                                   \
  "  balances: {from: balances.csv, id: id, day: on, columns: {balance: number, seen: day}}\n"     \
  "data_until: 2024-12-31\n"                                                                       \
  "outcome: " OUTCOME "\n"                                                                         \
  "features: {rows_30d: count(balances over 30d)}\n"

#define MEAN "drop: mean(balance from balances over 30d), below: 0.5, horizon: 30d, gap: 10d"

typedef struct labelled {
  churn_project *project;
  churn_notes *notes;
  churn_pipeline *pipeline;
  churn_snapshots *snapshots;
} labelled;

static void write_customers(const char *closed_of_a)
{
  char text[256];
  snprintf(text, sizeof text, "id,joined,closed\na,2023-01-05,%s\nb,2023-01-05,\n", closed_of_a);
  scratch_write("customers.csv", text);
}

static void write_balances(const char *rows)
{
  char text[4096];
  snprintf(text, sizeof text, "id,on,balance,seen\n%s", rows);
  scratch_write("balances.csv", text);
}

static labelled label(const char *project, const char *as_of, churn_snapshot_use use)
{
  labelled l = {.project = project_of(project), .notes = churn_notes_new()};
  churn_run run = {.threads = 1, .notes = l.notes};
  const churn_pipeline_settings settings = {.with_labels = true};
  churn_error error = {0};
  assert_ok(churn_pipeline_open(l.project, &settings, &run, &l.pipeline, &error), &error);
  assert_ok(
      churn_pipeline_snapshots(l.pipeline, day(as_of), day(as_of), use, &run, &l.snapshots, &error),
      &error);
  return l;
}

static void clear(labelled *l)
{
  churn_snapshots_free(l->snapshots);
  churn_pipeline_close(l->pipeline);
  churn_notes_free(l->notes);
  churn_project_free(l->project);
}

/* Label of a customer, by its number, as of the day; NOT_THERE without a row. */
static int label_on(const char *project, const char *as_of, uint32_t customer)
{
  labelled l = label(project, as_of, CHURN_SNAPSHOTS_ALL);
  int found = NOT_THERE;
  for (size_t i = 0; i < l.snapshots->count; i++)
    if (l.snapshots->rows[i].customer == customer)
      found = l.snapshots->rows[i].label;
  clear(&l);
  return found;
}

static int label_of_a(const char *rows)
{
  write_customers("");
  write_balances(rows);
  return label_on(PROJECT("{" MEAN "}"), "2024-03-01", 0);
}

/* (100.5 + 120.5) / 2 = 110.5, half of which is 55.25 */
#define BEFORE "a,2024-02-10,100.5,\na,2024-02-20,120.5,\n"

static void a_level_below_the_share_of_its_own_past_has_fallen(void **state)
{
  (void)state;
  assert_int_equal(label_of_a(BEFORE "a,2024-03-20,60,\na,2024-04-09,50.25,\n"), 1); /* 55.125 */
  assert_int_equal(label_of_a(BEFORE "a,2024-03-20,60,\na,2024-04-09,50.5,\n"), 0);  /* 55.25 */
  assert_int_equal(label_of_a(BEFORE "a,2024-03-20,400.75,\n"), 0);
  assert_int_equal(label_of_a(BEFORE "a,2024-03-20,-3.75,\n"), 1);
}

static void rows_of_the_day_of_the_gap_and_past_the_window_are_of_neither_level(void **state)
{
  (void)state;
  assert_int_equal(label_of_a(BEFORE "a,2024-03-01,1,\na,2024-03-10,2,\na,2024-04-09,80.5,\n"
                                     "a,2024-04-10,3,\n"),
                   0);
  assert_int_equal(label_of_a(BEFORE "a,2024-01-30,1,\na,2024-03-01,900,\na,2024-03-10,900,\n"
                                     "a,2024-03-11,20.5,\na,2024-04-10,900,\n"),
                   1);
}

static void without_a_level_that_can_fall_there_is_no_label(void **state)
{
  (void)state;
  const char after[] = "a,2024-03-20,60.5,\nb,2024-03-20,1,\n";
  char rows[256];
  snprintf(rows, sizeof rows, "a,2024-02-10,0,\n%s", after);
  assert_int_equal(label_of_a(rows), CHURN_LABEL_UNKNOWN); /* zero */
  snprintf(rows, sizeof rows, "a,2024-02-10,-7.5,\n%s", after);
  assert_int_equal(label_of_a(rows), CHURN_LABEL_UNKNOWN);   /* below zero */
  assert_int_equal(label_of_a(after), CHURN_LABEL_UNKNOWN);  /* missing */
  assert_int_equal(label_of_a(BEFORE), CHURN_LABEL_UNKNOWN); /* missing after */
}

static void a_sum_of_nothing_is_zero_and_so_has_fallen(void **state)
{
  (void)state;
  write_customers("");
  write_balances(BEFORE);
  const char *project = PROJECT("{drop: sum(balance from balances over 30d), below: 0.5, "
                                "horizon: 30d, gap: 10d}");
  assert_int_equal(label_on(project, "2024-03-01", 0), 1);
  assert_int_equal(label_on(project, "2024-03-01", 1), CHURN_LABEL_UNKNOWN); /* b: 0 before */
}

/* Labels of a, who left on the day: by `leavers: drop`, the default, and by `leavers: lost`. */
static void check_leaver(const char *left, int dropped, int lost)
{
  write_customers(left);
  write_balances(BEFORE "a,2024-03-20,90.5,\n");
  assert_int_equal(label_on(PROJECT("{" MEAN "}"), "2024-03-01", 0), dropped);
  assert_int_equal(label_on(PROJECT("{" MEAN ", leavers: drop}"), "2024-03-01", 0), dropped);
  assert_int_equal(label_on(PROJECT("{" MEAN ", leavers: lost}"), "2024-03-01", 0), lost);
}

static void who_leaves_before_the_window_ends_is_dropped_or_counts_as_lost(void **state)
{
  (void)state;
  enum { NONE = CHURN_LABEL_UNKNOWN };
  check_leaver("2024-03-01", NONE, NONE); /* in the gap: as for leaving */
  check_leaver("2024-03-10", NONE, NONE);
  check_leaver("2024-03-11", NONE, 1); /* first day of the window */
  check_leaver("2024-04-09", NONE, 1); /* its last */
  check_leaver("2024-04-10", 0, 0);    /* was there to its end */
}

static void a_leaver_without_a_level_is_not_lost(void **state)
{
  (void)state;
  write_customers("2024-03-20");
  write_balances("a,2024-02-10,0,\n");
  assert_int_equal(label_on(PROJECT("{" MEAN ", leavers: lost}"), "2024-03-01", 0),
                   CHURN_LABEL_UNKNOWN);
}

static void an_open_window_gives_no_label(void **state)
{
  (void)state;
  write_customers("");
  write_balances("a,2024-11-10,100.5,\na,2024-12-30,1.5,\n");
  /* the data end with 2024-12-31: 11-22 + 10 + 30 = 2025-01-01 is closed, a day later is not */
  assert_int_equal(label_on(PROJECT("{" MEAN "}"), "2024-11-22", 0), 1);
  assert_int_equal(label_on(PROJECT("{" MEAN "}"), "2024-11-23", 0), CHURN_LABEL_UNKNOWN);
}

static void why_rows_have_no_label_is_counted_and_told(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,joined,closed\na,,\nb,,2024-03-05\nc,,\nd,,\ne,,\nf,,\n");
  write_balances("a,2024-02-10,100.5,\na,2024-03-20,20.25,\n"
                 "b,2024-02-10,8.5,\n"
                 "c,2024-02-10,0,\nc,2024-03-20,4.5,\n"
                 "e,2024-02-10,7.5,\n"
                 "f,2024-02-10,3.25,\nf,2024-03-20,3.5,\n");
  labelled l = label(PROJECT("{" MEAN "}"), "2024-03-01", CHURN_SNAPSHOTS_LABELLED);
  const churn_snapshot_day *d = &l.snapshots->days[0];
  assert_int_equal(l.snapshots->count, 2); /* a and f */
  assert_int_equal(d->base, 6);
  assert_int_equal(d->churned, 1);
  assert_int_equal(d->stayed, 1);
  assert_int_equal(d->dropped, 4);
  assert_int_equal(d->no_level, 2); /* c and d */
  assert_int_equal(d->left, 1);
  assert_int_equal(d->unseen, 1); /* e */
  assert_string_equal(note_text(l.notes, "drop_unlabelled"),
                      "rows without a label: 2 with no level that could fall (missing, zero or "
                      "less), 1 that left before the label window ended, 1 without a level at its "
                      "end");
  clear(&l);
}

static void who_has_nothing_to_lose_is_not_scored(void **state)
{
  (void)state;
  write_customers("");
  write_balances("a,2024-02-10,0,\nb,2024-02-10,6.5,\n");
  labelled l = label(PROJECT("{" MEAN "}"), "2024-03-01", CHURN_SNAPSHOTS_ALL);
  churn_snapshots *base = NULL;
  churn_error error = {0};
  assert_int_equal(l.snapshots->count, 2);
  assert_ok(churn_pipeline_base(l.pipeline, day("2024-03-01"), NULL, &base, &error), &error);
  assert_int_equal(base->count, 1);
  assert_int_equal(base->rows[0].customer, 1);
  assert_int_equal(base->days[0].inactive, 1);
  churn_snapshots_free(base);
  clear(&l);
}

static void the_level_may_be_the_value_at_risk(void **state)
{
  (void)state;
  write_customers("");
  write_balances(BEFORE "a,2024-04-09,60.2,\n"); /* last: 120.5, half of it 60.25 */
  assert_int_equal(
      label_on(PROJECT("{drop: value, below: 0.5, horizon: 30d, gap: 10d}"), "2024-03-01", 0), 1);
}

/* More days than are evaluated at once: every label is that of its day alone. */
static void many_days_give_the_labels_of_each_alone(void **state)
{
  (void)state;
  char rows[4096] = "";
  size_t used = 0;
  write_customers("");
  for (int i = 0; i < 60; i++) {
    char text[CHURN_DAY_TEXT_SIZE];
    churn_day_format(day("2023-06-01") + 9 * i, text);
    used += (size_t)snprintf(rows + used, sizeof rows - used, "a,%s,%d.5,\n", text,
                             (i / 5 % 2 ? 6 : 83) + i % 7);
  }
  write_balances(rows);
  const char *project = PROJECT("{" MEAN "}");
  labelled l = label(project, "2024-03-01", CHURN_SNAPSHOTS_ALL);
  enum { DAYS = 300 };
  churn_day days[DAYS];
  churn_error error = {0};
  churn_snapshots *all = NULL;
  for (int i = 0; i < DAYS; i++)
    days[i] = day("2023-08-01") + i;
  assert_ok(churn_snapshots_build(l.project, l.pipeline->data,
                                  &(churn_labelling){l.pipeline->drop, 0, NULL, NULL}, days, DAYS,
                                  CHURN_SNAPSHOTS_ALL, NULL, &all, &error),
            &error);
  size_t fell = 0;
  for (int i = 0; i < DAYS; i += 7) {
    churn_snapshots *one = NULL;
    assert_ok(churn_snapshots_build(l.project, l.pipeline->data,
                                    &(churn_labelling){l.pipeline->drop, 0, NULL, NULL}, &days[i],
                                    1, CHURN_SNAPSHOTS_ALL, NULL, &one, &error),
              &error);
    assert_int_equal(all->rows[i].customer, 0);
    assert_int_equal(all->rows[i].as_of, days[i]);
    assert_int_equal(all->rows[i].label, one->rows[0].label);
    fell += one->rows[0].label == CHURN_LABEL_CHURNED;
    churn_snapshots_free(one);
  }
  assert_in_range(fell, 3, 40);
  churn_snapshots_free(all);
  clear(&l);
}

/* The fault of opening the project with this outcome. */
static void check_refused(const char *project, const char *expected)
{
  churn_project *p = project_of(project);
  const churn_pipeline_settings settings = {.with_labels = true};
  churn_pipeline *pipeline = NULL;
  churn_error error = {0};
  write_customers("");
  write_balances(BEFORE);
  assert_int_equal(churn_pipeline_open(p, &settings, NULL, &pipeline, &error), CHURN_BAD_PROJECT);
  assert_non_null(strstr(error.message, expected));
  assert_int_equal(error.line, 7);
  churn_project_free(p);
}

static void what_is_no_level_is_refused_with_its_place(void **state)
{
  (void)state;
  check_refused(PROJECT("{drop: as_of - joined, below: 0.5, horizon: 30d}"), "reads no history");
  check_refused(PROJECT("{drop: count(balances) > 3, below: 0.5, horizon: 30d}"), "a number");
  check_refused(PROJECT("{drop: mean(blance from balances over 30d), below: 0.5, horizon: 30d}"),
                "blance");
}

static const char *warning_of(labelled *l, const char *code)
{
  churn_run run = {.notes = l->notes};
  churn_drop_warn(l->project, l->pipeline->drop, l->pipeline->schema, &run);
  return note_text(l->notes, code);
}

static void windows_that_reach_back_before_the_label_window_are_warned_of(void **state)
{
  (void)state;
  write_customers("");
  write_balances(BEFORE);
  labelled l = label(PROJECT("{" MEAN "}"), "2024-03-01", CHURN_SNAPSHOTS_ALL);
  assert_null(warning_of(&l, "drop_window"));
  assert_null(note_text(l.notes, "drop_unbounded"));
  clear(&l);
  l = label(PROJECT("{drop: mean(balance from balances over 31d), below: 0.5, horizon: 30d}"),
            "2024-03-01", CHURN_SNAPSHOTS_ALL);
  assert_non_null(strstr(warning_of(&l, "drop_window"), "looks back 31 days"));
  clear(&l);
  l = label(PROJECT("{drop: sum(balance from balances), below: 0.5, horizon: 30d}"), "2024-03-01",
            CHURN_SNAPSHOTS_ALL);
  assert_non_null(strstr(warning_of(&l, "drop_unbounded"), "holds sum over all"));
  clear(&l);
  l = label(PROJECT("{drop: last(balance from balances), below: 0.5, horizon: 30d}"), "2024-03-01",
            CHURN_SNAPSHOTS_ALL);
  assert_null(warning_of(&l, "drop_unbounded"));
  clear(&l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_level_below_the_share_of_its_own_past_has_fallen),
      cmocka_unit_test(rows_of_the_day_of_the_gap_and_past_the_window_are_of_neither_level),
      cmocka_unit_test(without_a_level_that_can_fall_there_is_no_label),
      cmocka_unit_test(a_sum_of_nothing_is_zero_and_so_has_fallen),
      cmocka_unit_test(who_leaves_before_the_window_ends_is_dropped_or_counts_as_lost),
      cmocka_unit_test(a_leaver_without_a_level_is_not_lost),
      cmocka_unit_test(an_open_window_gives_no_label),
      cmocka_unit_test(why_rows_have_no_label_is_counted_and_told),
      cmocka_unit_test(who_has_nothing_to_lose_is_not_scored),
      cmocka_unit_test(the_level_may_be_the_value_at_risk),
      cmocka_unit_test(many_days_give_the_labels_of_each_alone),
      cmocka_unit_test(what_is_no_level_is_refused_with_its_place),
      cmocka_unit_test(windows_that_reach_back_before_the_label_window_are_warned_of),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
