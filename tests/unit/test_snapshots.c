/* Snapshots: who is in the base at T, what became of them, on which days one looks.
 *
 * Day numbers stand for themselves; windows in the comments are half open, [from, to).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/pipeline.h"
#include "design/snapshots.h"
#include "opened.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 19800, HORIZON = 90, GAP = 14, NOT_THERE = -9 };

static char calls[] = "calls";
static churn_source_spec histories[1];

/* A project without a file: one history, no snapshots, no data_until. */
static churn_project plain_project(churn_outcome_kind kind, int32_t horizon, int32_t gap)
{
  histories[0] = (churn_source_spec){.name = {calls, 0, 0}};
  static char joined[] = "joined";
  return (churn_project){
      .base_kind = CHURN_BASE_FILE,
      .joined = {joined, 0, 0},
      .histories = histories,
      .history_count = 1,
      .data_until = CHURN_DAY_MISSING,
      .snapshots = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, 0, 0, CHURN_DAY_MISSING},
      .outcome = {
          .kind = kind, .history = {calls, 0, 0}, .horizon_days = horizon, .gap_days = gap}};
}

/* A world of customers rows "id joined left", and of calls rows "id day". */
static world *world_of(const char *customers, const char *rows, churn_day data_until)
{
  char text[8192] = "source customers\nsource calls day=on\n", *copy = strdup(customers), *rest;
  size_t used = strlen(text);
  for (char *at = strtok_r(copy, ";", &rest); at != NULL; at = strtok_r(NULL, ";", &rest))
    used += (size_t)snprintf(text + used, sizeof text - used, "row customers %s\n", at);
  free(copy);
  copy = strdup(rows);
  for (char *at = strtok_r(copy, ";", &rest); at != NULL; at = strtok_r(NULL, ";", &rest))
    used += (size_t)snprintf(text + used, sizeof text - used, "row calls %s\n", at);
  free(copy);
  assert_true(used < sizeof text);
  world *w = world_read(text);
  w->data.data_until = data_until;
  return w;
}

/* The plan that tells which calls count: all of them. */
static churn_plan *plan_of_calls(const world *w)
{
  const churn_expression every = {
      .name = "outcome", .rule = CHURN_EXPRESSION_CONDITION, .history = "calls"};
  churn_plan *plan = NULL;
  churn_error error = {0};
  assert_ok(churn_plan_build(&w->schema, &every, 1, NULL, NULL, &plan, &error), &error);
  assert_ok(churn_plan_bind(plan, &w->data, &error), &error);
  return plan;
}

static churn_snapshots *build(const churn_project *project, const world *w, const churn_day *days,
                              size_t count, churn_snapshot_use use)
{
  churn_snapshots *s = NULL;
  churn_error error = {0};
  churn_plan *plan = plan_of_calls(w);
  assert_ok(churn_snapshots_build(project, &w->data, &(churn_labelling){plan, 0, NULL, NULL}, days,
                                  count, use, NULL, &s, &error),
            &error);
  churn_plan_free(plan);
  return s;
}

/* Label of customer number `customer` on day T: NOT_THERE when there is no such row. */
static int label_of(const churn_project *project, const world *w, uint32_t customer,
                    churn_snapshot_use use)
{
  const churn_day as_of = T;
  churn_snapshots *s = build(project, w, &as_of, 1, use);
  int label = NOT_THERE;
  for (size_t i = 0; i < s->count; i++)
    if (s->rows[i].customer == customer) {
      assert_int_equal(label, NOT_THERE);
      assert_int_equal(s->rows[i].as_of, T);
      label = s->rows[i].label;
    }
  churn_snapshots_free(s);
  return label;
}

static void the_base_holds_who_joined_before_and_has_not_left_before(void **state)
{
  (void)state;
  /* T = 19800: a joined on T; b the day before; c ever; d left the day before; e left on T; f joins
   * later; g joined and left the day before */
  world *w = world_of("a 19800 -;b 19799 -;c - -;d 100 19799;e 100 19800;f 19801 -;g 19799 19799",
                      "", 30000);
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  const bool there[] = {false, true, true, false, true, false, false};
  for (uint32_t c = 0; c < 7; c++)
    assert_int_equal(label_of(&project, w, c, CHURN_SNAPSHOTS_ALL) != NOT_THERE, there[c]);
  world_free(w);
}

/* Who left on the day: label on T, by {horizon: 90d, gap: 14d}: window [19814, 19904). */
static void check_left(const char *left, int all, int labelled, int dropped)
{
  char customers[64];
  snprintf(customers, sizeof customers, "a 100 %s", left);
  world *w = world_of(customers, "", 30000);
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  assert_int_equal(label_of(&project, w, 0, CHURN_SNAPSHOTS_ALL), all);
  assert_int_equal(label_of(&project, w, 0, CHURN_SNAPSHOTS_LABELLED), labelled);
  const churn_day as_of = T;
  churn_snapshots *s = build(&project, w, &as_of, 1, CHURN_SNAPSHOTS_LABELLED);
  assert_int_equal(s->day_count, 1);
  assert_int_equal(s->days[0].as_of, T);
  assert_true(s->days[0].closed);
  assert_int_equal(s->days[0].base, 1);
  assert_int_equal(s->days[0].dropped, dropped);
  assert_int_equal(s->days[0].churned, labelled == 1);
  assert_int_equal(s->days[0].stayed, labelled == 0);
  churn_snapshots_free(s);
  world_free(w);
}

static void leaving_churns_inside_the_window_and_is_dropped_inside_the_gap(void **state)
{
  (void)state;
  check_left("19800", CHURN_LABEL_UNKNOWN, NOT_THERE, 1); /* on T: first day of the gap */
  check_left("19813", CHURN_LABEL_UNKNOWN, NOT_THERE, 1); /* its last day */
  check_left("19814", 1, 1, 0);                           /* first day of the window */
  check_left("19903", 1, 1, 0);                           /* its last day */
  check_left("19904", 0, 0, 0);
  check_left("-", 0, 0, 0);
}

static void without_a_gap_leaving_on_the_day_itself_churns(void **state)
{
  (void)state;
  world *w = world_of("a 100 19800;b 100 19829;c 100 19830", "", 30000);
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, 30, 0); /* [19800, 19830) */
  assert_int_equal(label_of(&project, w, 0, CHURN_SNAPSHOTS_LABELLED), 1);
  assert_int_equal(label_of(&project, w, 1, CHURN_SNAPSHOTS_LABELLED), 1);
  assert_int_equal(label_of(&project, w, 2, CHURN_SNAPSHOTS_LABELLED), 0);
  world_free(w);
}

static void an_open_window_gives_no_label_and_is_counted(void **state)
{
  (void)state;
  /* [19814, 19904) ends with day 19903: closed when data_until >= 19903 */
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  const churn_day as_of = T;
  for (int closed = 0; closed < 2; closed++) {
    world *w = world_of("a 100 -;b 100 19850", "", closed ? 19903 : 19902);
    churn_snapshots *all = build(&project, w, &as_of, 1, CHURN_SNAPSHOTS_ALL);
    churn_snapshots *labelled = build(&project, w, &as_of, 1, CHURN_SNAPSHOTS_LABELLED);
    assert_int_equal(all->count, 2);
    assert_int_equal(all->rows[0].label, closed ? 0 : CHURN_LABEL_UNKNOWN);
    assert_int_equal(all->rows[1].label, closed ? 1 : CHURN_LABEL_UNKNOWN); /* though known */
    assert_int_equal(labelled->count, closed ? 2 : 0);
    assert_int_equal(labelled->days[0].closed, closed);
    assert_int_equal(labelled->days[0].base, 2);
    assert_int_equal(labelled->days[0].stayed, closed);
    assert_int_equal(labelled->days[0].churned, closed);
    assert_int_equal(labelled->days[0].dropped, 0);
    churn_snapshots_free(all);
    churn_snapshots_free(labelled);
    world_free(w);
  }
}

static void without_any_known_end_of_data_no_window_is_closed(void **state)
{
  (void)state;
  world *w = world_of("a 100 -", "", CHURN_DAY_MISSING);
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  assert_int_equal(label_of(&project, w, 0, CHURN_SNAPSHOTS_ALL), CHURN_LABEL_UNKNOWN);
  project.outcome.kind = CHURN_OUTCOME_NONE;
  w->data.data_until = 30000;
  assert_int_equal(label_of(&project, w, 0, CHURN_SNAPSHOTS_ALL), CHURN_LABEL_UNKNOWN);
  world_free(w);
}

static void labels_are_of_the_spell_in_the_base(void **state)
{
  (void)state;
  /* a: [100, 19700], [19790, 19820] and back on 19830: T falls into the second */
  world *w = world_of("a 100 19700;a 19790 19820;a 19830 -;b 100 19790;b 19810 -", "", 30000);
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  const churn_day days[] = {19695, 19750, T, 19829, 19831};
  churn_snapshots *s = build(&project, w, days, 5, CHURN_SNAPSHOTS_ALL);
  /* b is in its first spell until 19790, in its second from 19811 on */
  const churn_snapshot expected[] = {
      {0, 0, 19695, -1, false, 1, 0}, /* left on 19700, inside the gap [19695, 19709) */
      {0, 1, T, 1, false, 1, 0},      /* 19820 in [19814, 19904), although back on 19830 */
      {0, 2, 19831, 0, false, 1, 0},  {1, 3, 19695, 1, false, 1, 0}, /* 19790 in [19709, 19799) */
      {1, 3, 19750, 1, false, 1, 0},                                 /* 19790 in [19764, 19854) */
      {1, 4, 19829, 0, false, 1, 0},  {1, 4, 19831, 0, false, 1, 0}};
  assert_int_equal(s->count, 7);
  for (size_t i = 0; i < 7; i++) {
    assert_int_equal(s->rows[i].customer, expected[i].customer);
    assert_int_equal(s->rows[i].spell, expected[i].spell);
    assert_int_equal(s->rows[i].as_of, expected[i].as_of);
    assert_int_equal(s->rows[i].label, expected[i].label);
    assert_true(s->rows[i].weight == expected[i].weight && s->rows[i].offset == 0);
  }
  const uint64_t base[] = {2, 1, 1, 1, 2};
  for (size_t d = 0; d < 5; d++)
    assert_int_equal(s->days[d].base, base[d]);
  assert_int_equal(s->days[0].dropped, 1);
  churn_snapshots_free(s);
  world_free(w);
}

/* Label by silence over [19800, 19890) for a customer with these rows. */
static int silent(const char *rows, int32_t active_within)
{
  world *w = world_of("a 100 -;b 100 -", rows, 30000);
  churn_project project = plain_project(CHURN_OUTCOME_SILENT, HORIZON, 0);
  project.outcome.active_within_days = active_within;
  int label = label_of(&project, w, 0, CHURN_SNAPSHOTS_LABELLED);
  world_free(w);
  return label;
}

static void silence_is_no_row_from_the_day_to_the_end_of_the_window(void **state)
{
  (void)state;
  assert_int_equal(silent("a 19799;b 19850", 0), 1);
  assert_int_equal(silent("a 19799;a 19800", 0), 0);
  assert_int_equal(silent("a 19799;a 19889", 0), 0);
  assert_int_equal(silent("a 19799;a 19890", 0), 1);
  assert_int_equal(silent("b 19850", 0), 1); /* never seen at all */
}

static void active_within_keeps_who_was_seen_in_the_days_before(void **state)
{
  (void)state;
  /* 180 days: [19620, 19800) */
  assert_int_equal(silent("a 19620", 180), 1);
  assert_int_equal(silent("a 19619", 180), NOT_THERE);
  assert_int_equal(silent("a 19799", 180), 1);
  assert_int_equal(silent("a 19619;a 19800", 180), NOT_THERE); /* on T itself is not known */
  assert_int_equal(silent("a 19619;a 19700;a 19805", 180), 0);
  world *w = world_of("a 100 -;b 100 -", "a 19700;b 19500", 30000);
  churn_project project = plain_project(CHURN_OUTCOME_SILENT, HORIZON, 0);
  project.outcome.active_within_days = 180;
  const churn_day as_of = T;
  churn_snapshots *s = build(&project, w, &as_of, 1, CHURN_SNAPSHOTS_ALL);
  assert_int_equal(s->count, 1);
  assert_int_equal(s->days[0].base, 2);
  assert_int_equal(s->days[0].inactive, 1);
  assert_int_equal(s->days[0].churned, 1);
  churn_snapshots_free(s);
  world_free(w);
}

/* Label by an event, window [19814, 19904), gap [19800, 19814). */
static int event(const char *rows)
{
  world *w = world_of("a 100 -;b 100 -", rows, 30000);
  churn_project project = plain_project(CHURN_OUTCOME_EVENT, HORIZON, GAP);
  int label = label_of(&project, w, 0, CHURN_SNAPSHOTS_LABELLED);
  world_free(w);
  return label;
}

static void an_event_churns_inside_the_window_and_drops_inside_the_gap(void **state)
{
  (void)state;
  assert_int_equal(event("b 19850"), 0);
  assert_int_equal(event("a 19799"), 0); /* before T: not this window's */
  assert_int_equal(event("a 19800"), NOT_THERE);
  assert_int_equal(event("a 19813"), NOT_THERE);
  assert_int_equal(event("a 19814"), 1);
  assert_int_equal(event("a 19903"), 1);
  assert_int_equal(event("a 19904"), 0);
  assert_int_equal(event("a 19813;a 19814"), NOT_THERE); /* left inside the gap */
}

/* Label after an event that ends a customer who joined on day 19700, and again on 19750. */
static int terminal(const char *rows, bool ends)
{
  world *w = world_of("a 19700 19740;a 19750 -;b 100 -", rows, 30000);
  churn_project project = plain_project(CHURN_OUTCOME_EVENT, HORIZON, GAP);
  project.outcome.terminal = ends;
  int label = label_of(&project, w, 0, CHURN_SNAPSHOTS_LABELLED);
  world_free(w);
  return label;
}

static void a_terminal_event_ends_the_spell_that_it_falls_into(void **state)
{
  (void)state;
  assert_int_equal(terminal("a 19760", false), 0);
  assert_int_equal(terminal("a 19760", true), NOT_THERE);
  assert_int_equal(terminal("a 19750", true), NOT_THERE);
  assert_int_equal(terminal("a 19799", true), NOT_THERE);
  assert_int_equal(terminal("a 19749", true), 0); /* the spell before */
  assert_int_equal(terminal("a 19820", true), 1);
  assert_int_equal(terminal("b 19760", true), 0);
  world *w = world_of("a 100 -;b 100 -", "a 19700;b 19820", 30000);
  churn_project project = plain_project(CHURN_OUTCOME_EVENT, HORIZON, GAP);
  project.outcome.terminal = true;
  const churn_day as_of = T;
  churn_snapshots *s = build(&project, w, &as_of, 1, CHURN_SNAPSHOTS_ALL);
  assert_int_equal(s->count, 1);
  assert_int_equal(s->rows[0].customer, 1);
  assert_int_equal(s->days[0].base, 2);
  assert_int_equal(s->days[0].inactive, 1);
  churn_snapshots_free(s);
  world_free(w);
}

/* known_at is about features: an event that was recorded after its window happened all the same, in
 * the window and in the gap. */
static void a_label_sees_what_was_recorded_late(void **state)
{
  (void)state;
  world *w = world_read("source customers\nsource calls day=on known_at=logged logged:day\n"
                        "row customers a 100 -\nrow customers b 100 -\nrow customers c 100 -\n"
                        "row calls a 19850 19950\nrow calls b 19805 19960\nrow calls c 19850 -\n");
  w->data.data_until = 20200;
  churn_project project = plain_project(CHURN_OUTCOME_EVENT, HORIZON, GAP);
  assert_int_equal(label_of(&project, w, 0, CHURN_SNAPSHOTS_LABELLED), 1);
  assert_int_equal(label_of(&project, w, 1, CHURN_SNAPSHOTS_LABELLED), NOT_THERE); /* in the gap */
  assert_int_equal(label_of(&project, w, 2, CHURN_SNAPSHOTS_LABELLED), 0);         /* never known */
  world_free(w);
}

static void one_day(const churn_day as_of, const opened *o, const churn_plan *plan, int condition,
                    churn_snapshots **s)
{
  churn_error error = {0};
  assert_ok(churn_snapshots_build(o->project, o->data,
                                  &(churn_labelling){plan, condition, NULL, NULL}, &as_of, 1,
                                  CHURN_SNAPSHOTS_LABELLED, NULL, s, &error),
            &error);
}

static void an_event_may_have_a_condition(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id\na\nb\nc\nd\ne\n");
  scratch_write("acts.csv", "id,on,kind,paid\n"
                            "a,2024-03-20,cancel,\n" /* in the window */
                            "b,2024-03-20,pause,\n"  /* wrong kind */
                            "c,2024-03-05,cancel,\n" /* in the gap */
                            "d,2024-03-05,pause,\n"  /* gap, wrong kind */
                            "d,2024-04-14,cancel,\n" /* last day of the window */
                            "e,2024-04-15,cancel,\n" /* the day after it */
                            "a,2025-01-01,x,\n");    /* the data goes on */
  churn_project *project =
      project_of("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                 "histories:\n  acts: {from: acts.csv, id: id, day: on, columns: {kind: category, "
                 "paid: day}}\n"
                 "outcome: {event: acts where kind = \"cancel\", horizon: 31d, gap: 14d}\n"
                 "features: {n: count(acts)}\n");
  churn_pipeline_settings settings = {.with_labels = true};
  churn_pipeline *p = NULL;
  churn_snapshots *s = NULL;
  churn_error error = {0};
  assert_ok(churn_pipeline_open(project, &settings, NULL, &p, &error), &error);
  assert_int_equal(p->condition_output, 1);
  /* T = 2024-03-01: gap [03-01, 03-15), window [03-15, 04-15) */
  assert_ok(churn_pipeline_snapshots(p, day("2024-03-01"), day("2024-03-01"), CHURN_SNAPSHOTS_ALL,
                                     NULL, &s, &error),
            &error);
  const int8_t labels[] = {1, 0, -1, 1, 0};
  assert_int_equal(s->count, 5);
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(s->rows[i].label, labels[i]);
  assert_int_equal(s->days[0].dropped, 1);
  churn_snapshots_free(s);
  churn_pipeline_close(p);
  churn_project_free(project);
}

#define LABELS                                                                                     \
  "version: 1\ncustomers: {from: customers.csv, id: id}\n"                                         \
  "outcome: {from: labels.csv, id: id, day: at, churned: gone, horizon: 30d}\n"

static void a_label_file_gives_days_and_labels(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id\na\nb\nc\n");
  scratch_write("labels.csv", "id,at,gone\nb,2024-02-01,0\na,2024-02-01,1\na,2024-01-05,0\n"
                              "c,2024-02-01,\nb,2024-03-01,1\n");
  opened o = opened_ok(LABELS);
  churn_day *days = NULL;
  size_t count = 0;
  churn_error error = {0};
  assert_ok(churn_snapshot_days(o.project, o.data, CHURN_DAY_MISSING, CHURN_DAY_MISSING, &days,
                                &count, &error),
            &error);
  assert_int_equal(count, 3);
  assert_int_equal(days[0], day("2024-01-05"));
  assert_int_equal(days[1], day("2024-02-01"));
  assert_int_equal(days[2], day("2024-03-01"));
  free(days);
  churn_snapshots *s = NULL;
  one_day(day("2024-02-01"), &o, NULL, -1, &s);
  assert_int_equal(s->count, 2); /* c's label is empty */
  assert_int_equal(s->rows[0].label, 1);
  assert_int_equal(s->rows[1].label, 0);
  assert_int_equal(s->days[0].dropped, 1);
  assert_true(s->days[0].closed); /* the file says so, whatever data_until */
  churn_snapshots_free(s);
  one_day(day("2024-01-05"), &o, NULL, -1, &s);
  assert_int_equal(s->count, 1);
  assert_int_equal(s->days[0].dropped, 2); /* b and c have no label that day */
  churn_snapshots_free(s);
  assert_ok(churn_snapshot_days(o.project, o.data, day("2024-01-05"), day("2024-02-29"), &days,
                                &count, &error),
            &error);
  assert_int_equal(count, 2);
  free(days);
  assert_int_equal(churn_snapshot_days(o.project, o.data, day("2024-03-02"), CHURN_DAY_MISSING,
                                       &days, &count, &error),
                   CHURN_DEGENERATE);
  opened_close(&o);
}

/* Rows as "ID DAY LABEL", blank between, one after the other. */
static void check_listed(const opened *o, const char *first, const char *last, const char *expected)
{
  churn_day *days = NULL;
  size_t count = 0, used = 0;
  churn_snapshots *s = NULL;
  churn_error error = {0};
  char text[512] = "";
  assert_ok(churn_snapshot_days(o->project, o->data, day(first), day(last), &days, &count, &error),
            &error);
  assert_ok(churn_snapshots_build(o->project, o->data, &(churn_labelling){NULL, -1, NULL, NULL},
                                  days, count, CHURN_SNAPSHOTS_LISTED, NULL, &s, &error),
            &error);
  for (size_t i = 0; i < s->count; i++) {
    char as_of[CHURN_DAY_TEXT_SIZE];
    churn_day_format(s->rows[i].as_of, as_of);
    used += (size_t)snprintf(text + used, sizeof text - used, "%s %s %d\n",
                             o->data->customers.ids[s->rows[i].customer], as_of, s->rows[i].label);
  }
  assert_string_equal(text, expected);
  churn_snapshots_free(s);
  free(days);
}

static void a_label_file_can_say_who_is_looked_at_when(void **state)
{
  (void)state;
  scratch_write("customers.csv",
                "id,since\na,2023-05-01\nb,2024-02-20\nc,2023-06-01\nd,2023-07-01\n");
  scratch_write("labels.csv", "id,at,gone\nb,2024-02-01,0\na,2024-02-01,1\na,2024-01-05,0\n"
                              "c,2024-02-01,\nb,2024-03-01,1\nc,2024-03-09,0\n");
  opened o =
      opened_ok("version: 1\ncustomers: {from: customers.csv, id: id, joined: since}\n"
                "outcome: {from: labels.csv, id: id, day: at, churned: gone, horizon: 30d}\n");
  /* d has no row; b had not joined on 02-01; c's label of 02-01 is empty */
  check_listed(&o, "2024-01-01", "2024-12-31",
               "a 2024-01-05 0\na 2024-02-01 1\nb 2024-03-01 1\nc 2024-02-01 -1\nc 2024-03-09 0\n");
  check_listed(&o, "2024-02-01", "2024-03-01", "a 2024-02-01 1\nb 2024-03-01 1\nc 2024-02-01 -1\n");
  opened_close(&o);
}

/* Rows of a flat export, columns id,gone; labels in order of ids, NOT_THERE for left out ones. */
static churn_status flat(const char *outcome, const char *rows, const int *labels, size_t count,
                         churn_error *error)
{
  char text[512];
  scratch_write("customers.csv", rows);
  snprintf(text, sizeof text, "version: 1\ncustomers: {from: customers.csv, id: id}\noutcome: %s\n",
           outcome);
  opened o = opened_ok(text);
  churn_day *days = NULL;
  size_t day_count = 0, at = 0;
  assert_ok(churn_snapshot_days(o.project, o.data, CHURN_DAY_MISSING, CHURN_DAY_MISSING, &days,
                                &day_count, error),
            error);
  assert_int_equal(day_count, 1);
  assert_int_equal(days[0], CHURN_DAY_MISSING);
  churn_snapshots *s = NULL;
  churn_status status =
      churn_snapshots_build(o.project, o.data, &(churn_labelling){NULL, -1, NULL, NULL}, days, 1,
                            CHURN_SNAPSHOTS_LABELLED, NULL, &s, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++) {
    if (labels[i] == NOT_THERE)
      continue;
    assert_true(at < s->count);
    assert_int_equal(s->rows[at].customer, i);
    assert_int_equal(s->rows[at].as_of, CHURN_DAY_MISSING);
    assert_int_equal(s->rows[at++].label, labels[i]);
  }
  assert_true(status != CHURN_OK || at == s->count);
  churn_snapshots_free(s);
  free(days);
  opened_close(&o);
  return status;
}

static void a_column_churns_by_its_positive_value(void **state)
{
  (void)state;
  churn_error error = {0};
  const int labels[] = {1, 0, NOT_THERE, 1};
  assert_ok(flat("{column: gone, positive: \"Yes\"}", "id,gone\na,Yes\nb,No\nc,\nd,Yes\n", labels,
                 4, &error),
            &error);
  /* values are texts: 01 is not 1, yes is not Yes */
  const int numbers[] = {0, 1, 0};
  assert_ok(
      flat("{column: gone, positive: \"1\"}", "id,gone\na,01\nb,1\nc,01\n", numbers, 3, &error),
      &error);
  const int chosen[] = {1, NOT_THERE, 0, NOT_THERE};
  assert_ok(flat("{column: gone, positive: lost, negative: kept}",
                 "id,gone\na,lost\nb,trial\nc,kept\nd,\n", chosen, 4, &error),
            &error);
}

static void a_third_value_of_the_column_is_refused(void **state)
{
  (void)state;
  churn_error error = {0};
  assert_int_equal(
      flat("{column: gone, positive: \"Yes\"}", "id,gone\na,Yes\nb,No\nc,no\n", NULL, 0, &error),
      CHURN_INCONSISTENT);
  assert_int_equal(error.line, 3);
  assert_non_null(strstr(error.file, "project.yaml"));
  assert_non_null(strstr(error.message, "\"no\""));
  assert_non_null(strstr(error.message, "negative"));
}

static void a_positive_value_that_never_occurs_is_refused(void **state)
{
  (void)state;
  churn_error error = {0};
  assert_int_equal(
      flat("{column: gone, positive: \"yes\"}", "id,gone\na,Yes\nb,Yes\n", NULL, 0, &error),
      CHURN_INCONSISTENT);
  assert_non_null(strstr(error.message, "\"yes\""));
  assert_non_null(strstr(error.message, "\"Yes\""));
}

static void without_its_column_a_flat_export_has_rows_without_labels(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,n\na,1\nb,2\n");
  churn_data_settings settings = {.with_labels = false};
  opened o = opened_read("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                         "outcome: {column: gone, positive: \"1\"}\n",
                         &settings, 1);
  assert_ok(o.status, &o.error);
  const churn_day as_of = CHURN_DAY_MISSING;
  churn_snapshots *s = NULL;
  churn_error error = {0};
  assert_ok(churn_snapshots_build(o.project, o.data, &(churn_labelling){NULL, -1, NULL, NULL},
                                  &as_of, 1, CHURN_SNAPSHOTS_ALL, NULL, &s, &error),
            &error);
  assert_int_equal(s->count, 2);
  assert_int_equal(s->rows[0].label, CHURN_LABEL_UNKNOWN);
  assert_int_equal(s->rows[1].label, CHURN_LABEL_UNKNOWN);
  churn_snapshots_free(s);
  opened_close(&o);
}

/* Days as ISO texts, blank separated. */
static void check_days(const churn_project *project, churn_day data_until, churn_day first,
                       churn_day last, const char *expected)
{
  world *w = world_of("a 100 -", "", data_until);
  churn_day *days = NULL;
  size_t count = 0, used = 0;
  churn_error error = {0};
  char text[1024] = "";
  assert_ok(churn_snapshot_days(project, &w->data, first, last, &days, &count, &error), &error);
  for (size_t i = 0; i < count; i++) {
    char one[CHURN_DAY_TEXT_SIZE];
    churn_day_format(days[i], one);
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? "" : " ", one);
  }
  assert_string_equal(text, expected);
  free(days);
  world_free(w);
}

static void months_are_counted_from_the_first_day(void **state)
{
  (void)state;
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  project.snapshots.first = day("2023-10-31");
  project.snapshots.last = day("2024-04-30");
  project.snapshots.every_months = 1;
  check_days(&project, CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
             "2023-10-31 2023-11-30 2023-12-31 2024-01-31 2024-02-29 2024-03-31 2024-04-30");
  project.snapshots.last = day("2024-04-29");
  project.snapshots.every_months = 3;
  check_days(&project, CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
             "2023-10-31 2024-01-31");
}

static void days_are_stepped_and_the_last_one_is_included(void **state)
{
  (void)state;
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  project.snapshots.first = day("2024-02-20");
  project.snapshots.last = day("2024-03-05");
  project.snapshots.every_days = 7;
  check_days(&project, CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
             "2024-02-20 2024-02-27 2024-03-05");
  /* either end may be given by the caller */
  check_days(&project, CHURN_DAY_MISSING, day("2024-02-21"), CHURN_DAY_MISSING,
             "2024-02-21 2024-02-28");
  check_days(&project, CHURN_DAY_MISSING, CHURN_DAY_MISSING, day("2024-03-04"),
             "2024-02-20 2024-02-27");
  check_days(&project, CHURN_DAY_MISSING, day("2024-06-01"), day("2024-06-01"), "2024-06-01");
}

static void without_snapshots_the_newest_closed_day_is_taken(void **state)
{
  (void)state;
  /* T + 14 + 90 <= data_until + 1: with data until 2024-12-31 T = 2025-01-01 - 104 d = 2024-09-19
   */
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  check_days(&project, day("2024-12-31"), CHURN_DAY_MISSING, CHURN_DAY_MISSING, "2024-09-19");
  /* first given, last not: up to it */
  project.snapshots.first = day("2024-07-19");
  project.snapshots.every_months = 1;
  check_days(&project, day("2024-12-31"), CHURN_DAY_MISSING, CHURN_DAY_MISSING,
             "2024-07-19 2024-08-19 2024-09-19");
  check_days(&project, day("2024-12-30"), CHURN_DAY_MISSING, CHURN_DAY_MISSING,
             "2024-07-19 2024-08-19");
  project = plain_project(CHURN_OUTCOME_SILENT, HORIZON, 0); /* 2025-01-01 - 90 d */
  check_days(&project, day("2024-12-31"), CHURN_DAY_MISSING, CHURN_DAY_MISSING, "2024-10-03");
  project = plain_project(CHURN_OUTCOME_NONE, 0, 0); /* no window: the day after the data */
  check_days(&project, day("2024-12-31"), CHURN_DAY_MISSING, CHURN_DAY_MISSING, "2025-01-01");
}

static void assert_no_days(const churn_project *project, churn_day data_until, churn_day first,
                           churn_day last, churn_status expected)
{
  world *w = world_of("a 100 -", "", data_until);
  churn_day *days = NULL;
  size_t count = 0;
  churn_error error = {0};
  assert_int_equal(churn_snapshot_days(project, &w->data, first, last, &days, &count, &error),
                   expected);
  assert_true(error.message[0] != '\0');
  world_free(w);
}

static void days_that_make_no_sense_are_refused(void **state)
{
  (void)state;
  churn_project project = plain_project(CHURN_OUTCOME_LEFT, HORIZON, GAP);
  assert_no_days(&project, CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                 CHURN_DEGENERATE);
  assert_no_days(&project, 30000, 20000, 19000, CHURN_DEGENERATE);
  /* from one day to another without a step: silently dropping all but the first would be wrong */
  assert_no_days(&project, 30000, 19000, 19100, CHURN_USAGE);
  project.snapshots.first = 29990; /* after the newest closed day */
  project.snapshots.every_days = 1;
  assert_no_days(&project, 30000, CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DEGENERATE);
}

enum { PEOPLE = 5003 };

static void rows_come_by_customer_and_day_for_any_number_of_threads(void **state)
{
  (void)state;
  char *text = malloc(PEOPLE * 40);
  size_t used = (size_t)sprintf(text, "id,joined,left\n");
  for (int i = PEOPLE; i-- > 0;) /* p00000 joins on 19000, p00001 a day later, … */
    used += (size_t)sprintf(text + used, "p%05d,%d/01/2020,\n", i, i % 12 + 1);
  scratch_write("customers.csv", text);
  free(text);
  opened o = opened_ok("version: 1\ndate_format: \"%m/%d/%Y\"\ndata_until: 2024-12-31\n"
                       "customers: {from: customers.csv, id: id, joined: joined, left: left}\n"
                       "outcome: {horizon: 30d}\nfeatures: {x: as_of - joined}\n");
  /* joined < T: of the months 1..12, 2 are before 2020-03-01, 7 before 2020-08-01 */
  const churn_day days[] = {day("2020-03-01"), day("2020-08-01")};
  size_t expected = 0;
  for (int i = 0; i < PEOPLE; i++)
    expected += (size_t)((i % 12 < 2) + (i % 12 < 7));
  churn_snapshots *s[2];
  churn_error error = {0};
  for (int k = 0; k < 2; k++) {
    churn_run run = {.threads = 1 + 2 * k};
    assert_ok(churn_snapshots_build(o.project, o.data, &(churn_labelling){NULL, -1, NULL, NULL},
                                    days, 2, CHURN_SNAPSHOTS_LABELLED, &run, &s[k], &error),
              &error);
    assert_int_equal(s[k]->count, expected);
    for (size_t i = 0; i < expected; i++) {
      const churn_snapshot *a = &s[0]->rows[i], *b = &s[k]->rows[i];
      assert_true(a->customer == b->customer && a->spell == b->spell && a->as_of == b->as_of &&
                  a->label == b->label);
      assert_true(i == 0 || a[-1].customer < a->customer ||
                  (a[-1].customer == a->customer && a[-1].as_of < a->as_of));
    }
    assert_int_equal(s[k]->days[0].stayed + s[k]->days[1].stayed, expected);
  }
  churn_snapshots_free(s[0]);
  churn_snapshots_free(s[1]);
  opened_close(&o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_base_holds_who_joined_before_and_has_not_left_before),
      cmocka_unit_test(leaving_churns_inside_the_window_and_is_dropped_inside_the_gap),
      cmocka_unit_test(without_a_gap_leaving_on_the_day_itself_churns),
      cmocka_unit_test(an_open_window_gives_no_label_and_is_counted),
      cmocka_unit_test(without_any_known_end_of_data_no_window_is_closed),
      cmocka_unit_test(labels_are_of_the_spell_in_the_base),
      cmocka_unit_test(silence_is_no_row_from_the_day_to_the_end_of_the_window),
      cmocka_unit_test(active_within_keeps_who_was_seen_in_the_days_before),
      cmocka_unit_test(an_event_churns_inside_the_window_and_drops_inside_the_gap),
      cmocka_unit_test(a_terminal_event_ends_the_spell_that_it_falls_into),
      cmocka_unit_test(a_label_sees_what_was_recorded_late),
      cmocka_unit_test(an_event_may_have_a_condition),
      cmocka_unit_test(a_label_file_gives_days_and_labels),
      cmocka_unit_test(a_label_file_can_say_who_is_looked_at_when),
      cmocka_unit_test(a_column_churns_by_its_positive_value),
      cmocka_unit_test(a_third_value_of_the_column_is_refused),
      cmocka_unit_test(a_positive_value_that_never_occurs_is_refused),
      cmocka_unit_test(without_its_column_a_flat_export_has_rows_without_labels),
      cmocka_unit_test(months_are_counted_from_the_first_day),
      cmocka_unit_test(days_are_stepped_and_the_last_one_is_included),
      cmocka_unit_test(without_snapshots_the_newest_closed_day_is_taken),
      cmocka_unit_test(days_that_make_no_sense_are_refused),
      cmocka_unit_test(rows_come_by_customer_and_day_for_any_number_of_threads),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
