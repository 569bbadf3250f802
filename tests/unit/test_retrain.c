/* Retraining on worlds made by hand: what judges, what trains, what is promoted, what is recorded.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"
#include "base/lock.h"
#include "opened.h"
#include "project/project.h"
#include "support.h"

#include <churn/churn.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t stream;

static double drawn(void)
{
  /* splitmix64 (Steele, Lea and Flood, 2014) */
  uint64_t z = stream += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* A flat export: x tells much, y little, of who churned. */
static churn_project *flat(const char *more, int rows)
{
  static char project[512];
  char *text = malloc((size_t)rows * 64 + 64);
  size_t used = (size_t)sprintf(text, "id,churned,x,y\n");
  stream = 11;
  for (int i = 0; i < rows; i++) {
    double x = drawn(), y = drawn();
    bool churned = drawn() < 1 / (1 + exp(1.7 - 2.9 * (x - 0.5) - 2.1 * (y - 0.5)));
    used += (size_t)sprintf(text + used, "c%d,%s,%.3f,%.3f\n", i, churned ? "Yes" : "No", x, y);
  }
  scratch_make();
  scratch_write("flat.csv", text);
  free(text);
  snprintf(
      project, sizeof project,
      "version: 1\ncustomers: {from: flat.csv, id: id}\n"
      "outcome: {column: churned, positive: \"Yes\"}\nfeatures: {x: customers.x, y: customers.y}\n"
      "feature_sets: {weak: [y], both: [x, y]}\n%s",
      more);
  return project_of(project);
}

static churn_retrain_report retrain(const churn_project *project, const char *set, churn_day as_of)
{
  churn_retrain_report report = {0};
  churn_error error = {0};
  churn_retrain_settings settings = {.as_of = as_of, .set = set};
  assert_ok(churn_retrain(project, &settings, NULL, &report, &error), &error);
  return report;
}

static churn_model *current_model(const churn_project *project)
{
  char *path = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(churn_registry_current(project, &path, &error), &error);
  assert_ok(churn_model_read(path, &model, &error), &error);
  free(path);
  return model;
}

static churn_registry *registry_of(const churn_project *project)
{
  churn_registry *registry = NULL;
  churn_error error = {0};
  assert_ok(churn_registry_read(project, NULL, &registry, &error), &error);
  return registry;
}

static void clean(churn_project *project)
{
  churn_project_free(project);
  scratch_remove();
}

static void a_flat_export_is_judged_by_the_customers_held_out(void **state)
{
  (void)state;
  churn_project *project = flat("split: {test: 0.3}\n", 4000);
  churn_retrain_report first = retrain(project, "weak", CHURN_DAY_MISSING);
  assert_true(first.promoted);
  assert_string_equal(first.champion, "");
  uint64_t held_out = 0;
  for (int i = 0; i < 4000; i++) {
    char id[16];
    held_out += churn_hash_unit(id, (size_t)sprintf(id, "c%d", i), 0) < 0.3;
  }
  assert_int_equal(first.figures.rows, held_out);
  churn_model *model = current_model(project);
  assert_string_equal(model->id, first.challenger);
  assert_int_equal(model->rows, 4000 - held_out);
  assert_close(first.figures.challenger_auc, model->validation.auc, 1e-12, 0);
  assert_close(first.figures.challenger_log_loss, model->validation.log_loss, 1e-12, 0);
  churn_model_free(model);

  churn_retrain_report second = retrain(project, "both", CHURN_DAY_MISSING);
  assert_true(second.promoted && second.compared);
  assert_string_equal(second.champion, first.challenger);
  assert_close(second.figures.champion_auc, first.figures.challenger_auc, 1e-12, 0);
  assert_close(second.figures.difference,
               second.figures.challenger_auc - second.figures.champion_auc, 1e-9, 1e-12);
  assert_true(second.figures.lower > 0);

  churn_retrain_report third = retrain(project, "weak", CHURN_DAY_MISSING);
  assert_false(third.promoted);
  assert_int_equal(third.gate_count, 0);
  assert_close(third.figures.difference, -second.figures.difference, 1e-9, 0);
  churn_retrain_report again = retrain(project, "both", CHURN_DAY_MISSING);
  assert_non_null(strstr(again.why, "the same model"));
  churn_registry *registry = registry_of(project);
  assert_string_equal(registry->current, second.challenger);
  assert_int_equal(registry->model_count, 2);
  assert_int_equal(registry->event_count, 6); /* two added, two promoted, two kept */
  assert_true(registry->events[3].judged);
  assert_close(registry->events[3].figures.lower, second.figures.lower, 0, 0);
  assert_string_equal(registry->events[4].why, third.why);
  churn_registry_free(registry);
  clean(project);
}

static void a_flat_export_without_a_split_cannot_be_retrained(void **state)
{
  (void)state;
  churn_error error;
  churn_retrain_report report;
  churn_retrain_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_project *project = flat("", 100);
  assert_int_equal(churn_retrain(project, &settings, NULL, &report, &error), CHURN_BAD_PROJECT);
  assert_non_null(strstr(error.message, "split: {test: 0.2}"));
  settings.as_of = 20000;
  assert_int_equal(churn_retrain(project, &settings, NULL, &report, &error), CHURN_USAGE);
  assert_int_equal(access(scratch_path("models"), F_OK), -1);
  clean(project);
}

static void a_champion_that_saw_the_rows_is_not_compared(void **state)
{
  (void)state;
  churn_error error = {0};
  bool changed;
  churn_project *project = flat("split: {test: 0.3}\n", 4000);
  churn_train_settings everything = {.set = "weak",
                                     .first = CHURN_DAY_MISSING,
                                     .last = CHURN_DAY_MISSING,
                                     .test_from = CHURN_DAY_MISSING};
  churn_registry_change change = {.day = CHURN_DAY_MISSING, .by = "test", .why = "by hand"};
  churn_model *model = NULL;
  project->test_share = 0; /* all customers train */
  assert_ok(churn_train(project, &everything, NULL, &model, &error), &error);
  project->test_share = 0.3;
  assert_ok(churn_registry_add(project, model, &change, &error), &error);
  assert_ok(churn_registry_promote(project, model->id, &change, &changed, &error), &error);
  churn_retrain_report report = retrain(project, "both", CHURN_DAY_MISSING);
  assert_false(report.promoted || report.compared);
  assert_non_null(strstr(report.why, "cannot be compared: training did not hold all"));
  assert_close(report.figures.champion_auc, (double)NAN, 0, 0);
  assert_true(report.figures.challenger_auc > 0.5);
  churn_model_free(model);
  clean(project);
}

static void too_few_churners_trip_a_gate_and_are_recorded(void **state)
{
  (void)state;
  churn_project *project = flat("split: {test: 0.3}\nretrain: {min_churners: 4000}\n", 600);
  churn_retrain_report report = retrain(project, NULL, CHURN_DAY_MISSING);
  assert_false(report.promoted);
  assert_string_equal(report.gates[0].name, "rows");
  assert_non_null(strstr(report.gates[0].text, "to judge on"));
  assert_string_equal(report.gates[1].name, "rows");
  assert_non_null(strstr(report.gates[1].text, "to train on"));
  churn_registry *registry = registry_of(project);
  assert_null(registry->current);
  assert_int_equal(registry->events[1].kind, CHURN_REGISTRY_KEPT);
  assert_string_equal(registry->events[1].why, report.why);
  churn_registry_free(registry);
  clean(project);
}

static void a_fit_without_an_answer_trips_a_gate(void **state)
{
  (void)state;
  scratch_make();
  char text[4096];
  size_t used = (size_t)sprintf(text, "id,churned,x\n");
  for (int i = 0; i < 120; i++)
    used += (size_t)sprintf(text + used, "c%d,%s,%d\n", i, i % 2 ? "Yes" : "No", i % 2 ? 7 : 3);
  scratch_write("flat.csv", text);
  churn_project *project =
      project_of("version: 1\ncustomers: {from: flat.csv, id: id}\n"
                 "outcome: {column: churned, positive: \"Yes\"}\nfeatures: customers.*\n"
                 "split: {test: 0.4}\n");
  churn_retrain_report report = retrain(project, NULL, CHURN_DAY_MISSING);
  assert_false(report.promoted);
  assert_string_equal(report.gates[0].name, "fit");
  assert_string_equal(report.challenger, "");
  churn_registry *registry = registry_of(project);
  assert_int_equal(registry->event_count, 1);
  assert_null(registry->events[0].model);
  assert_int_equal(registry->model_count, 0);
  churn_registry_free(registry);
  clean(project);
}

static void only_one_runs_at_a_time(void **state)
{
  (void)state;
  churn_error error;
  churn_lock *lock = NULL;
  churn_retrain_report report;
  churn_retrain_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_project *project = flat("split: {test: 0.3}\n", 600);
  assert_ok(churn_lock_take(project->path, &lock, &error), &error);
  assert_int_equal(churn_retrain(project, &settings, NULL, &report, &error), CHURN_BUSY);
  assert_int_equal(access(scratch_path("models"), F_OK), -1);
  churn_lock_release(lock);
  assert_string_not_equal(retrain(project, NULL, CHURN_DAY_MISSING).challenger, "");
  clean(project);
}

/* Customers who call less before they leave, over two years; from `shock` on, who pays more leaves
 * more. */
static void write_world(int customers, bool shock)
{
  char *people = malloc((size_t)customers * 64 + 64), *calls = malloc((size_t)customers * 3200);
  size_t p = (size_t)sprintf(people, "id,joined,left,fee\n");
  size_t c = (size_t)sprintf(calls, "id,day\n");
  stream = 5;
  for (int i = 0; i < customers; i++) {
    double fee = drawn();
    char text[CHURN_DAY_TEXT_SIZE];
    churn_day left = CHURN_DAY_MISSING, start = 19000;
    int busy = drawn() < 0.5;
    for (churn_day t = start; t < start + 730 && left == CHURN_DAY_MISSING; t += 7) {
      double odds = -5.1 + (busy ? 0 : 1.6) + (shock && t > start + 365 ? 3.5 * (fee - 0.5) : 0);
      if (drawn() < 1 / (1 + exp(-odds)))
        left = t;
      else if (drawn() < (busy ? 0.4 : 0.06)) {
        churn_day_format(t, text);
        c += (size_t)sprintf(calls + c, "c%d,%s\n", i, text);
      }
      if (left == CHURN_DAY_MISSING && drawn() < 0.02)
        busy = !busy;
    }
    churn_day_format(left, text);
    p += (size_t)sprintf(people + p, "c%d,2021-06-01,%s,%.3f\n", i, text, fee);
  }
  scratch_write("people.csv", people);
  scratch_write("calls.csv", calls);
  free(people);
  free(calls);
}

static churn_project *world(bool shock)
{
  scratch_make();
  write_world(1500, shock);
  return project_of(
      "version: 1\n"
      "customers: {from: people.csv, id: id, joined: joined, left: left,\n"
      "            columns: {fee: {type: number, static: true}}}\n"
      "histories: {calls: {from: calls.csv, id: id, day: day}}\n"
      "outcome: {horizon: 60d, gap: 10d}\n"
      "snapshots: {first: 2022-03-01, last: 2022-05-01, every: 1 month, test_from: 2022-04-01}\n"
      "features: {calls_60d: count(calls over 60d), fee: customers.fee}\n");
}

/* 60 + 10 days: as of 2023-05-10 the newest closed snapshot is 2023-03-01, and what trains beside
 * it must have closed by then: 2022-12-01 (closed on 2023-02-09). */
static void the_newest_closed_snapshot_judges_and_none_that_trains_reaches_into_it(void **state)
{
  (void)state;
  churn_project *project = world(false);
  churn_retrain_report report = retrain(project, NULL, day("2023-05-10"));
  assert_true(report.promoted);
  assert_int_equal(report.figures.as_of, day("2023-03-01"));
  churn_model *model = current_model(project);
  assert_int_equal(model->first_as_of, day("2022-03-01"));
  assert_int_equal(model->last_as_of, day("2022-12-01"));
  assert_string_equal(model->validation_kind, "later_snapshots");
  assert_int_equal(model->validation.rows, report.figures.rows);
  churn_model_free(model);
  churn_registry *registry = registry_of(project);
  assert_int_equal(registry->events[1].day, day("2023-05-10"));
  churn_registry_free(registry);
  clean(project);
}

static void before_anything_has_closed_a_gate_trips(void **state)
{
  (void)state;
  churn_project *project = world(false);
  churn_retrain_report report = retrain(project, NULL, day("2022-05-09"));
  assert_false(report.promoted);
  assert_string_equal(report.gates[0].text, "no snapshot has a closed label window yet");
  report = retrain(project, NULL, day("2022-05-10")); /* 2022-03-01 + 70 */
  assert_int_equal(report.figures.rows, 0);
  assert_string_equal(report.gates[0].name, "rows");
  assert_non_null(strstr(report.why, "nothing to train on"));
  clean(project);
}

/* The rows of that day and later are cut off, from the histories and the leaving days alike. */
static void as_of_a_past_day_nothing_later_counts(void **state)
{
  (void)state;
  churn_project *project = world(true);
  churn_retrain_report late = retrain(project, NULL, day("2023-02-14"));
  churn_model *with = current_model(project);
  churn_project_free(project);
  char *text = file_read(scratch_path("calls.csv"), NULL), *kept = malloc(strlen(text) + 1);
  size_t used = 0;
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
    if (strcmp(strchr(line, ',') + 1, "2023-02-14") < 0 || strncmp(line, "id", 2) == 0)
      used += (size_t)sprintf(kept + used, "%s\n", line);
  scratch_write("calls.csv", kept);
  free(text);
  free(kept);
  char *yaml = file_read(scratch_path("project.yaml"), NULL);
  project = project_of(yaml);
  free(yaml);
  churn_model *without = NULL;
  churn_retrain_report again = retrain(project, NULL, day("2023-02-14"));
  without = current_model(project);
  assert_true(late.figures.challenger_auc == again.figures.challenger_auc);
  assert_int_equal(with->column_count, without->column_count);
  for (size_t i = 0; i < with->column_count; i++)
    assert_true(with->columns[i].estimate == without->columns[i].estimate);
  churn_model_free(with);
  churn_model_free(without);
  clean(project);
}

/* The first model learnt before the fee mattered. */
static void a_regime_change_lets_the_challenger_win(void **state)
{
  (void)state;
  churn_project *project = world(true);
  churn_retrain_report first = retrain(project, NULL, day("2022-12-20"));
  assert_true(first.promoted);
  churn_retrain_report second = retrain(project, NULL, day("2023-12-20"));
  assert_true(second.compared);
  assert_int_equal(second.champion_days, 365);
  assert_true(second.promoted);
  assert_true(second.figures.difference > 0.02);
  churn_retrain_report third = retrain(project, NULL, day("2023-12-20"));
  assert_non_null(strstr(third.why, "the same model"));
  clean(project);
}

static void the_same_data_and_day_give_the_same_bytes(void **state)
{
  (void)state;
  char name[2][64];
  size_t length[2];
  churn_project *project = world(true);
  churn_retrain_report one = retrain(project, NULL, day("2023-12-20"));
  snprintf(name[0], sizeof name[0], "models/%s.json", one.challenger);
  snprintf(name[1], sizeof name[1], "models/%s.md", one.challenger);
  char *model = file_read(scratch_path(name[0]), &length[0]);
  char *card = file_read(scratch_path(name[1]), &length[1]);
  assert_non_null(model);
  assert_non_null(strstr(card, one.challenger));
  unlink(scratch_path(name[0]));
  unlink(scratch_path(name[1]));
  unlink(scratch_path("models/current"));
  unlink(scratch_path("models/history.jsonl"));
  churn_retrain_settings settings = {.as_of = day("2023-12-20")};
  churn_run run = {.threads = 3};
  churn_retrain_report two;
  churn_error error = {0};
  assert_ok(churn_retrain(project, &settings, &run, &two, &error), &error);
  char *again = file_read(scratch_path(name[0]), NULL);
  char *card_again = file_read(scratch_path(name[1]), NULL);
  assert_string_equal(model, again);
  assert_string_equal(card, card_again);
  free(model);
  free(card);
  free(again);
  free(card_again);
  clean(project);
}

/* Asked to stop before anything is written, it changes nothing. */
static void a_stop_changes_nothing(void **state)
{
  (void)state;
  churn_stop_request stop = {.asked = 1};
  churn_run run = {.stop = &stop};
  churn_retrain_report report = {0};
  churn_retrain_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_registry *registry = NULL;
  churn_error error = {0};
  churn_project *project = flat("split: {test: 0.3}\n", 1200);
  assert_int_equal(churn_retrain(project, &settings, &run, &report, &error), CHURN_INTERNAL);
  assert_string_equal(error.message, "stopped");
  assert_int_equal(stop.worth, 0);
  assert_ok(churn_registry_read(project, NULL, &registry, &error), &error);
  assert_int_equal(registry->model_count + registry->event_count, 0);
  churn_registry_free(registry);
  churn_project_free(project);
  scratch_remove();
}

/* Sets `asked` when the stage is told of. */
typedef struct asking {
  const char *stage;
  churn_stop_request *stop;
} asking;

static void ask_at(void *context, churn_log_level level, const char *stage, const char *text)
{
  const asking *a = context;
  (void)level;
  (void)text;
  if (strcmp(stage, a->stage) == 0)
    a->stop->asked = 1;
}

/* In every stage before it writes a stop is heard; once it has written, what is done is done. */
static void a_stop_is_heard_in_every_stage_until_the_record(void **state)
{
  (void)state;
  static const char *const stages[] = {"start", "judge", "fit", "record"};
  for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
    bool recorded = strcmp(stages[i], "record") == 0;
    churn_stop_request stop = {.asked = 0};
    asking at = {stages[i], &stop};
    churn_log log = {ask_at, &at};
    churn_run run = {.stop = &stop};
    churn_retrain_report report = {0};
    churn_retrain_settings settings = {.as_of = CHURN_DAY_MISSING, .log = &log};
    churn_registry *registry = NULL;
    churn_error error = {0};
    churn_project *project = flat("split: {test: 0.3}\n", 1200);
    assert_int_equal(churn_retrain(project, &settings, &run, &report, &error),
                     recorded ? CHURN_OK : CHURN_INTERNAL);
    assert_int_equal(stop.asked, 1);
    assert_int_equal(stop.worth, recorded);
    assert_int_equal(report.promoted, recorded);
    assert_ok(churn_registry_read(project, NULL, &registry, &error), &error);
    assert_int_equal(registry->model_count, recorded);
    churn_registry_free(registry);
    clean(project);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_flat_export_is_judged_by_the_customers_held_out),
      cmocka_unit_test(a_flat_export_without_a_split_cannot_be_retrained),
      cmocka_unit_test(a_champion_that_saw_the_rows_is_not_compared),
      cmocka_unit_test(too_few_churners_trip_a_gate_and_are_recorded),
      cmocka_unit_test(a_fit_without_an_answer_trips_a_gate),
      cmocka_unit_test(only_one_runs_at_a_time),
      cmocka_unit_test(a_stop_changes_nothing),
      cmocka_unit_test(a_stop_is_heard_in_every_stage_until_the_record),
      cmocka_unit_test(the_newest_closed_snapshot_judges_and_none_that_trains_reaches_into_it),
      cmocka_unit_test(before_anything_has_closed_a_gate_trips),
      cmocka_unit_test(as_of_a_past_day_nothing_later_counts),
      cmocka_unit_test(a_regime_change_lets_the_challenger_win),
      cmocka_unit_test(the_same_data_and_day_give_the_same_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
