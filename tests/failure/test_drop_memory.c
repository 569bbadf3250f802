/* Every allocation fails in turn while the labels of an outcome `drop` are made, and while lists
 * are written side by side: it says NO_MEMORY, gives nothing and leaks nothing (the sanitizers
 * look).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/pipeline.h"
#include "failing_memory.h"
#include "opened.h"
#include "tiny_project.h"

#include <churn/churn.h>
#include <stdlib.h>
#include <unistd.h>

static bool armed;
static size_t calls_left;

static bool allocation_fails(void)
{
  return armed && calls_left-- == 0;
}

enum { MOST_CALLS = 20000 };

/* A call again and again, a later allocation failing each time; at least so many fail. */
static void fail_in_turn(churn_status (*call)(churn_error *error), size_t least)
{
  churn_status status = CHURN_NO_MEMORY;
  size_t failed = 0;
  for (; status == CHURN_NO_MEMORY && failed < MOST_CALLS; failed++) {
    churn_error error = {0};
    calls_left = failed;
    armed = true;
    status = call(&error);
    armed = false;
    assert_int_equal(error.status, status);
  }
  assert_int_equal(status, CHURN_OK);
  assert_true(failed > least);
}

static churn_project *project;
static churn_ranking *rankings[2];

static churn_status label(churn_error *error)
{
  const churn_pipeline_settings settings = {.with_labels = true};
  const churn_run run = {.threads = 1};
  churn_pipeline *pipeline = NULL;
  churn_snapshots *snapshots = NULL;
  churn_status status = churn_pipeline_open(project, &settings, &run, &pipeline, error);
  if (status == CHURN_OK)
    status = churn_pipeline_snapshots(pipeline, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                      CHURN_SNAPSHOTS_LABELLED, &run, &snapshots, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, snapshots != NULL);
  churn_snapshots_free(snapshots);
  churn_pipeline_close(pipeline);
  return status;
}

static churn_status write_lists(churn_error *error)
{
  static const char *const names[] = {"a", "b"};
  churn_status status = churn_rankings_write((const churn_ranking *const *)rankings, names, 2, 0,
                                             scratch_path("both.csv"), error);
  armed = false;
  assert_int_equal(access(scratch_path("both.csv"), F_OK) == 0, status == CHURN_OK);
  return status;
}

static churn_status measure(churn_error *error)
{
  const churn_savings_settings settings = {.top = 5};
  const churn_run run = {.threads = 1};
  churn_savings *savings = NULL;
  churn_status status = churn_savings_measure(project, &settings, &run, &savings, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, savings != NULL);
  if (status == CHURN_OK)
    assert_int_equal(savings->lists, 1);
  churn_savings_free(savings);
  return status;
}

static void labelling_by_drop_survives_every_failed_allocation(void **state)
{
  (void)state;
  project = project_of(
      "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: left}\n"
      "histories: {calls: {from: calls.csv, id: id, day: at, columns: {minutes: number}}}\n"
      "data_until: 2025-01-31\n"
      "outcome: {drop: sum(minutes from calls over 60d), below: 0.5, horizon: 60d}\n"
      "snapshots: {first: 2024-03-01, last: 2024-09-01, every: 1 month}\n"
      "features: {calls: count(calls)}\n");
  fail_in_turn(label, 60);
  churn_project_free(project);
}

/* Silence, and kinds of it that are excluded by a rule and by what is recorded. */
static void labelling_without_excluded_kinds_survives_every_failed_allocation(void **state)
{
  (void)state;
  project = project_of(
      "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: left}\n"
      "histories: {calls: {from: calls.csv, id: id, day: at, columns: {minutes: number}}}\n"
      "data_until: 2025-01-31\n"
      "kinds: {natural: sum(minutes from calls) > 40, at_fault: count(calls) > 2}\n"
      "outcome: {silent: calls, horizon: 60d, exclude: [natural, at_fault]}\n"
      "snapshots: {first: 2024-03-01, last: 2024-09-01, every: 1 month}\n"
      "features: {calls: count(calls)}\n");
  fail_in_turn(label, 60);
  churn_project_free(project);
}

static void lists_side_by_side_survive_every_failed_allocation(void **state)
{
  (void)state;
  churn_project *plain = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  const churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  const churn_score_settings scoring = {.as_of = CHURN_DAY_MISSING};
  churn_run run = {.threads = 1, .notes = churn_notes_new()};
  assert_ok(churn_project_read(scratch_path("plain.yaml"), NULL, 0, NULL, &plain, &error), &error);
  assert_ok(churn_train(plain, &training, &run, &model, &error), &error);
  for (int i = 0; i < 2; i++)
    assert_ok(churn_score(plain, model, &scoring, &run, &rankings[i], NULL, &error), &error);
  fail_in_turn(write_lists, 5);
  for (int i = 0; i < 2; i++)
    churn_ranking_free(rankings[i]);
  churn_model_free(model);
  churn_project_free(plain);
  churn_notes_free(run.notes);
}

/* A published night with a control group, all of whom were contacted. */
static void measuring_what_was_saved_survives_every_failed_allocation(void **state)
{
  (void)state;
  churn_model *model = NULL;
  churn_nightly_report *report = NULL;
  churn_error error = {0};
  const churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_run run = {.threads = 1, .notes = churn_notes_new()};
  project = project_of(
      "version: 1\n"
      "customers: {from: customers.csv, id: id, joined: joined, left: left}\n"
      "histories: {calls: {from: calls.csv, id: id, day: at, columns: {minutes: number}}}\n"
      "data_until: 2025-01-31\noutcome: {horizon: 60d, gap: 7d}\npool: 0\n"
      "snapshots: {first: 2024-01-01, last: 2024-11-01, every: 1 month}\n"
      "features: {calls_60d: count(calls over 60d)}\nfit: {penalty: ridge, lambda: 0.01}\n"
      "control: {share: 0.5, key: k}\ncontacts: {history: calls, contacted: keep}\n"
      "gates: {rows: off, unmatched: off, rejected: off, freshness: off, missing: off, unseen: "
      "off,\n"
      "  drift: off, scores: off, rate: off}\n");
  assert_ok(churn_train(project, &training, &run, &model, &error), &error);
  assert_ok(churn_model_write(model, scratch_path("model.json"), &error), &error);
  const churn_nightly_settings night = {.as_of = churn_day_from_civil(2024, 6, 1),
                                        .model = scratch_path("model.json")};
  assert_ok(churn_nightly(project, &night, &run, &report, &error), &error);
  assert_false(report->held);
  fail_in_turn(measure, 60);
  churn_nightly_report_free(report);
  churn_model_free(model);
  churn_project_free(project);
  churn_notes_free(run.notes);
}

static int make(void **state)
{
  (void)state;
  bool made = scratch_make() != NULL;
  tiny_project_write();
  return made ? 0 : 1;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labelling_by_drop_survives_every_failed_allocation),
      cmocka_unit_test(labelling_without_excluded_kinds_survives_every_failed_allocation),
      cmocka_unit_test(lists_side_by_side_survive_every_failed_allocation),
      cmocka_unit_test(measuring_what_was_saved_survives_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
