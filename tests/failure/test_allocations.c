/* Every public call while each of its allocations fails in turn, once alone and once with all
 * behind it: the answer is NO_MEMORY with words, nothing is given, the file that stood at the
 * output's place is as it was, and nothing leaks (the sanitizer and valgrind look). Or the
 * allocation was for a remark only: then the call goes through with the same bytes.
 *
 * Ours only: what libraries allocate inside their own objects does not come through here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "failing_memory.h"
#include "program.h"
#include "support.h"
#include "tiny_project.h"

#include <churn/churn.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t length);
int __real_vasprintf(char **text, const char *format, va_list arguments);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
int __wrap_vasprintf(char **text, const char *format, va_list arguments);

/* While armed: allocations until one fails; from then on all fail when `lasting`. */
static bool armed, lasting, failed_once;
static long countdown;

static bool allocation_fails(void)
{
  if (!armed)
    return false;
  bool now = countdown > 0 ? --countdown == 0 : lasting;
  if (now) {
    failed_once = true;
    errno = ENOMEM;
  }
  return now;
}

char *__wrap_strdup(const char *text)
{
  return allocation_fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t length)
{
  return allocation_fails() ? NULL : __real_strndup(text, length);
}

int __wrap_vasprintf(char **text, const char *format, va_list arguments)
{
  return allocation_fails() ? -1 : __real_vasprintf(text, format, arguments);
}

/* What the calls under test work on; made before any allocation fails. */
typedef struct fixture {
  churn_project *project;
  churn_project *plain;  /* without weights and offset: for comparing */
  churn_project *faulty; /* its calls.csv has two bad rows */
  churn_project *broken; /* its calls.csv cannot be split */
  churn_project *kinds;  /* with kinds of loss, one of them excluded */
  churn_model *model, *kinds_model;
  churn_ranking *ranking;
  churn_evaluation evaluation;
  churn_run run; /* one thread, fresh notes at every call */
  guarded_file guard;
} fixture;

/* Makes one call. When it is through, leaves its result as a file at `path`, with failures
 * disarmed for what the library does not do in the call itself. */
typedef churn_status call(fixture *f, const char *path, churn_error *error);

static const churn_features_settings all_features = {NULL, CHURN_DAY_MISSING, CHURN_DAY_MISSING};
static const churn_train_settings all_training = {
    .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
static const churn_evaluate_settings all_evaluating = {CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                                       CHURN_DAY_MISSING, NULL, 0};
static const churn_score_settings all_scoring = {
    .as_of = CHURN_DAY_MISSING, .top = 7, .intervals = true};

static churn_status features_call(fixture *f, const char *path, churn_error *error)
{
  return churn_features_write(f->project, &all_features, path, &f->run, NULL, error);
}

static churn_status project_call(fixture *f, const char *path, churn_error *error)
{
  const churn_source_override override = {"calls", "calls.csv"};
  churn_project *project = NULL;
  churn_status status =
      churn_project_read(scratch_path("tiny.yaml"), &override, 1, f->run.notes, &project, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, project != NULL);
  churn_project_free(project);
  if (status == CHURN_OK)
    scratch_write("target", "read");
  (void)path;
  return status;
}

static churn_status train_call(fixture *f, const char *path, churn_error *error)
{
  churn_model *model = NULL;
  churn_status status = churn_train(f->project, &all_training, &f->run, &model, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, model != NULL);
  if (status == CHURN_OK)
    assert_ok(churn_model_write(model, path, error), error);
  churn_model_free(model);
  return status;
}

/* Written with the costs, which are times, set to what they are not. */
static churn_status compare_call(fixture *f, const char *path, churn_error *error)
{
  static const churn_compare_settings settings = {.sets = "few,few - region",
                                                  .draws = 3,
                                                  .folds = 2,
                                                  .first = CHURN_DAY_MISSING,
                                                  .last = CHURN_DAY_MISSING,
                                                  .test_from = CHURN_DAY_MISSING};
  churn_comparison *comparison = NULL;
  churn_status status = churn_compare(f->plain, &settings, &f->run, &comparison, error);
  for (size_t s = 0; status == CHURN_OK && s < comparison->set_count; s++)
    comparison->sets[s].extraction_ms = comparison->sets[s].fit_ms = 0;
  if (status == CHURN_OK)
    status = churn_comparison_write(comparison, path, error);
  churn_comparison_free(comparison);
  return status;
}

static churn_status model_write_call(fixture *f, const char *path, churn_error *error)
{
  char id[sizeof f->model->id];
  memcpy(id, f->model->id, sizeof id);
  churn_status status = churn_model_write(f->model, path, error);
  assert_string_equal(f->model->id, id);
  return status;
}

static churn_status model_read_call(fixture *f, const char *path, churn_error *error)
{
  churn_model *model = NULL;
  churn_status status = churn_model_read(scratch_path("model.json"), &model, error);
  armed = false;
  (void)f;
  assert_int_equal(status == CHURN_OK, model != NULL);
  if (status == CHURN_OK)
    assert_ok(churn_model_write(model, path, error), error);
  churn_model_free(model);
  return status;
}

static churn_status report_call(fixture *f, const char *path, churn_error *error)
{
  return churn_model_write_report(f->model, path, error);
}

static churn_status evaluate_call(fixture *f, const char *path, churn_error *error)
{
  churn_evaluation evaluation = {.snapshot_count = 4711};
  churn_status status =
      churn_evaluate(f->project, f->model, &all_evaluating, &f->run, &evaluation, error);
  armed = false;
  if (status == CHURN_OK)
    assert_ok(churn_evaluation_write(&evaluation, f->model->id, path, error), error);
  else
    assert_int_equal(evaluation.snapshot_count, 4711);
  return status;
}

static churn_status evaluation_write_call(fixture *f, const char *path, churn_error *error)
{
  return churn_evaluation_write(&f->evaluation, f->model->id, path, error);
}

static churn_status score_call(fixture *f, const char *path, churn_error *error)
{
  churn_ranking *ranking = NULL;
  churn_score_report report = {.customers = 4711};
  churn_status status =
      churn_score(f->project, f->model, &all_scoring, &f->run, &ranking, &report, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, ranking != NULL);
  if (status == CHURN_OK)
    assert_ok(churn_ranking_write(ranking, path, error), error);
  else
    assert_int_equal(report.customers, 4711);
  churn_ranking_free(ranking);
  return status;
}

static churn_status rates_call(fixture *f, const char *path, churn_error *error)
{
  const churn_rates_settings settings = {.first = CHURN_DAY_MISSING,
                                         .last = CHURN_DAY_MISSING,
                                         .by = "region",
                                         .value = NAN,
                                         .replacement_cost = 2.385};
  churn_rates *rates = NULL;
  churn_status status = churn_rates_count(f->project, &settings, &f->run, &rates, error);
  assert_int_equal(status == CHURN_OK, rates != NULL);
  if (status == CHURN_OK)
    status = churn_rates_write_json(rates, path, error);
  churn_rates_free(rates);
  return status;
}

static churn_status rates_compare_call(fixture *f, const char *path, churn_error *error)
{
  const churn_span_of_days periods[] = {
      {churn_day_from_civil(2024, 1, 1), churn_day_from_civil(2024, 4, 30)},
      {churn_day_from_civil(2024, 5, 1), churn_day_from_civil(2024, 8, 31)}};
  const churn_rates_settings settings = {.first = CHURN_DAY_MISSING,
                                         .last = CHURN_DAY_MISSING,
                                         .compare = periods,
                                         .model = f->model,
                                         .value = NAN,
                                         .replacement_cost = NAN};
  churn_rates *rates = NULL;
  churn_status status = churn_rates_count(f->project, &settings, &f->run, &rates, error);
  assert_int_equal(status == CHURN_OK, rates != NULL);
  if (status == CHURN_OK)
    status = churn_rates_write_csv(rates, path, error);
  churn_rates_free(rates);
  return status;
}

static churn_status kinds_rates_call(fixture *f, const char *path, churn_error *error)
{
  const churn_rates_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .value = NAN, .replacement_cost = NAN};
  churn_rates *rates = NULL;
  churn_status status = churn_rates_count(f->kinds, &settings, &f->run, &rates, error);
  assert_int_equal(status == CHURN_OK, rates != NULL);
  if (status == CHURN_OK)
    status = churn_rates_write_csv(rates, path, error);
  churn_rates_free(rates);
  return status;
}

static churn_status agreement_call(fixture *f, const char *path, churn_error *error)
{
  const churn_agreement_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  churn_agreement *agreement = NULL;
  churn_status status =
      churn_agreement_count(f->kinds, f->kinds_model, &settings, &f->run, &agreement, error);
  assert_int_equal(status == CHURN_OK, agreement != NULL);
  if (status == CHURN_OK)
    status = churn_agreement_write(agreement, path, error);
  churn_agreement_free(agreement);
  return status;
}

static churn_status reps_call(fixture *f, const char *path, churn_error *error)
{
  const churn_reps_settings settings = {.by = "last(agent from calls)",
                                        .model = f->model,
                                        .as_of = CHURN_DAY_MISSING,
                                        .first = CHURN_DAY_MISSING,
                                        .last = CHURN_DAY_MISSING};
  churn_reps *reps = NULL;
  churn_status status = churn_reps_count(f->project, &settings, &f->run, &reps, error);
  assert_int_equal(status == CHURN_OK, reps != NULL);
  if (status == CHURN_OK)
    status = churn_reps_write_json(reps, path, error);
  churn_reps_free(reps);
  return status;
}

static churn_status make_page(fixture *f, const churn_project *project, const char *model,
                              const char *path, churn_error *error)
{
  const churn_report_settings settings = {.as_of = CHURN_DAY_MISSING, .model = scratch_path(model)};
  churn_report *report = NULL;
  churn_status status = churn_report_make(project, &settings, &f->run, &report, error);
  assert_int_equal(status == CHURN_OK, report != NULL);
  if (status == CHURN_OK)
    status = churn_report_write_page(report, CHURN_CHINESE, path, error);
  churn_report_free(report);
  return status;
}

static churn_status desk_report_call(fixture *f, const char *path, churn_error *error)
{
  return make_page(f, f->project, "model.json", path, error);
}

/* With every section. */
static churn_status whole_report_call(fixture *f, const char *path, churn_error *error)
{
  return make_page(f, f->kinds, "kinds.json", path, error);
}

static churn_status cause_sums_call(fixture *f, const char *path, churn_error *error)
{
  static double bases[64], sums[64 * CHURN_MOST_CAUSES];
  size_t count = churn_ranking_count(f->ranking);
  assert_true(count > 0 && count <= 64);
  churn_status status = churn_ranking_cause_sums(f->ranking, 0, count, &f->run, bases, sums, error);
  armed = false;
  if (status == CHURN_OK)
    scratch_write_bytes("target", sums, count * churn_ranking_causes(f->ranking) * sizeof *sums);
  (void)path;
  return status;
}

static churn_status calls_call(fixture *f, const char *path, churn_error *error)
{
  churn_ranking *calls = NULL;
  churn_calls report = {.customers = 4711};
  churn_status status = churn_ranking_calls(f->ranking, 2, &calls, &report, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, calls != NULL);
  assert_true(status == CHURN_OK || report.customers == 4711);
  if (status == CHURN_OK)
    assert_ok(churn_ranking_write(calls, path, error), error);
  churn_ranking_free(calls);
  return status;
}

static churn_status loyal_call(fixture *f, const char *path, churn_error *error)
{
  churn_loyal *loyal = NULL;
  churn_loyal_report report = {.customers = 4711};
  churn_status status =
      churn_loyal_find(f->project, f->model, &all_scoring, &f->run, &loyal, &report, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, loyal != NULL);
  assert_true(status == CHURN_OK || report.customers == 4711);
  if (status == CHURN_OK)
    assert_ok(churn_loyal_write(loyal, path, error), error);
  churn_loyal_free(loyal);
  return status;
}

static churn_status ranking_write_call(fixture *f, const char *path, churn_error *error)
{
  return churn_ranking_write(f->ranking, path, error);
}

/* All that a check found, as text. */
static void write_check(const churn_check_report *report, const churn_notes *notes,
                        const char *path)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "%ju customers, %ju faults, until %d\n", (uintmax_t)report->customers,
          (uintmax_t)report->faults, (int)report->data_until);
  for (size_t i = 0; i < report->source_count; i++) {
    const churn_check_source *s = &report->sources[i];
    fprintf(file, "%s %s %d %ju rows, %ju rejected\n", s->name, s->path, s->read,
            (uintmax_t)s->rows, (uintmax_t)s->rejected);
    for (size_t c = 0; c < s->column_count; c++)
      fprintf(file, "  %s %s %ju %ju\n", s->columns[c].name, s->columns[c].type,
              (uintmax_t)s->columns[c].missing, (uintmax_t)s->columns[c].levels);
  }
  for (size_t i = 0; i < report->snapshot_count; i++)
    fprintf(file, "%d %ju %ju\n", (int)report->snapshots[i].as_of,
            (uintmax_t)report->snapshots[i].base, (uintmax_t)report->snapshots[i].churned);
  for (size_t i = 0; i < report->feature_count; i++)
    fprintf(file, "%s\n", report->features[i]);
  for (size_t i = 0; i < churn_notes_count(notes); i++) {
    const churn_note *note = churn_notes_get(notes, i);
    fprintf(file, "%d %s %s %ju %ju\n", (int)note->severity, note->code, note->text,
            (uintmax_t)note->line, (uintmax_t)note->column);
  }
  assert_int_equal(fclose(file), 0);
}

static churn_status check(const churn_project *project, fixture *f, const char *path,
                          churn_error *error)
{
  churn_check_report *report = NULL;
  churn_status status = churn_check(project, &f->run, &report, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, report != NULL);
  if (status == CHURN_OK)
    write_check(report, f->run.notes, path);
  churn_check_report_free(report);
  return status;
}

static churn_status check_call(fixture *f, const char *path, churn_error *error)
{
  return check(f->project, f, path, error);
}

static churn_status leaks_call(fixture *f, const char *path, churn_error *error)
{
  churn_check_report *report = NULL;
  churn_leaks *leaks = NULL;
  churn_status status = churn_check_leaks(f->project, &f->run, &report, &leaks, error);
  armed = false;
  assert_int_equal(status == CHURN_OK, report != NULL);
  assert_int_equal(status == CHURN_OK, leaks != NULL);
  if (status == CHURN_OK)
    write_check(report, f->run.notes, path);
  churn_leaks_free(leaks);
  churn_check_report_free(report);
  return status;
}

static churn_status check_faulty_call(fixture *f, const char *path, churn_error *error)
{
  return check(f->faulty, f, path, error);
}

static churn_status check_kinds_call(fixture *f, const char *path, churn_error *error)
{
  return check(f->kinds, f, path, error);
}

static churn_status check_broken_call(fixture *f, const char *path, churn_error *error)
{
  return check(f->broken, f, path, error);
}

static churn_status simulate_call(fixture *f, const char *path, churn_error *error)
{
  const churn_simulate_settings settings = {
      .customers = 12, .months = 24, .truth_customers = 2, .continuations = 200};
  churn_status status = churn_simulate(scratch_path("world"), &settings, &f->run, NULL, error);
  armed = false;
  if (status == CHURN_OK) {
    size_t length = 0;
    char *bytes = file_read(scratch_path("world/interactions.csv"), &length);
    scratch_write_bytes("target", bytes, length);
    free(bytes);
  }
  (void)path;
  return status;
}

static churn_project *read_project(const char *name, const char *calls)
{
  churn_project *project = NULL;
  churn_error error = {.status = CHURN_OK};
  const churn_source_override override = {"calls", calls};
  assert_ok(churn_project_read(scratch_path(name), &override, calls == NULL ? 0 : 1, NULL, &project,
                               &error),
            &error);
  return project;
}

static const char kinds_project[] =
    "version: 1\n"
    "customers: {from: customers.csv, id: id, joined: joined, left: left,\n"
    "  value: staff, columns: {region: category, staff: {type: number, static: true}}}\n"
    "histories:\n"
    "  calls: {from: calls.csv, id: id, day: at, columns: {minutes: number, agent: category}}\n"
    "data_until: 2025-01-31\n"
    "playbook: default\n"
    "rep: last(agent from calls)\n"
    "capacity: {total: 5, each_rep: 2}\n"
    "loyal: {value: 1, tenure: 1d, rise: 1.001}\n"
    "control: {share: 0.2, key: spring}\n"
    "kinds: {reason: region, at_fault: [north], natural: calls_60d > 5}\n"
    "outcome: {horizon: 60d, gap: 7d, exclude: [natural]}\n"
    "snapshots: {first: 2024-01-01, last: 2024-11-01, every: 1 month}\n"
    "pool: 0\n"
    "features: {calls_60d: count(calls over 60d)}\n";

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  churn_error error = {.status = CHURN_OK};
  assert_non_null(f);
  *state = f;
  scratch_make();
  tiny_project_write();
  scratch_write("faulty.csv", "id,at,minutes,agent\nc01,2024-01-01,x,kim\nc02,2024-02-30,1,lee\n");
  scratch_write("broken.csv", "id,at,minutes,agent\nc01,2024-01-01,1,\"kim\n");
  f->run = (churn_run){.threads = 1};
  f->project = read_project("tiny.yaml", NULL);
  f->plain = read_project("plain.yaml", NULL);
  f->faulty = read_project("tiny.yaml", scratch_path("faulty.csv"));
  f->broken = read_project("tiny.yaml", scratch_path("broken.csv"));
  scratch_write("kinds.yaml", kinds_project);
  f->kinds = read_project("kinds.yaml", NULL);
  assert_ok(churn_train(f->kinds, &all_training, &f->run, &f->kinds_model, &error), &error);
  assert_ok(churn_model_write(f->kinds_model, scratch_path("kinds.json"), &error), &error);
  assert_ok(churn_train(f->project, &all_training, &f->run, &f->model, &error), &error);
  assert_ok(churn_model_write(f->model, scratch_path("model.json"), &error), &error);
  assert_ok(churn_evaluate(f->project, f->model, &all_evaluating, &f->run, &f->evaluation, &error),
            &error);
  assert_ok(churn_score(f->project, f->model, &all_scoring, &f->run, &f->ranking, NULL, &error),
            &error);
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  churn_ranking_free(f->ranking);
  churn_model_free(f->model);
  churn_project_free(f->project);
  churn_project_free(f->plain);
  churn_project_free(f->kinds);
  churn_model_free(f->kinds_model);
  churn_project_free(f->faulty);
  churn_project_free(f->broken);
  free(f);
  scratch_remove();
  return 0;
}

/* One call whose allocation `number` fails (0 = none). True when no allocation was left to fail. */
static bool call_once(fixture *f, call *function, long number, churn_status *status,
                      churn_error *error)
{
  *error = (churn_error){.status = CHURN_OK};
  f->run.notes = churn_notes_new();
  f->guard = guard_make("target");
  countdown = number;
  failed_once = false;
  armed = number > 0;
  *status = function(f, f->guard.path, error);
  armed = false;
  churn_notes_free(f->run.notes);
  f->run.notes = NULL;
  return !failed_once;
}

static void check_outcome(const fixture *f, long number, churn_status status,
                          const churn_error *error, const char *golden)
{
  const char *fault = NULL;
  if (status == CHURN_OK) {
    char *bytes = file_read(f->guard.path, NULL);
    fault = bytes != NULL && strcmp(bytes, golden) == 0 ? NULL : "through, with another result";
    free(bytes);
  } else if (status != CHURN_NO_MEMORY || error->status != CHURN_NO_MEMORY) {
    fault = churn_status_name(status);
  } else if (strstr(error->message, "memory") == NULL) {
    fault = "no words";
  } else {
    fault = guard_fault(&f->guard);
  }
  if (fault != NULL)
    print_error("allocation %ld%s: %s: %s\n", number, lasting ? " and all behind it" : "", fault,
                error->message);
  assert_null(fault);
}

/* `least`: about how many allocations the call makes; fewer means that this test looks past them.
 */
static void fail_each(fixture *f, call *function, long least)
{
  churn_status status = CHURN_OK;
  churn_error error;
  lasting = false;
  assert_true(call_once(f, function, 0, &status, &error));
  assert_ok(status, &error);
  char *golden = file_read(f->guard.path, NULL);
  assert_non_null(golden);
  for (int mode = 0; mode < 2; mode++) {
    lasting = mode == 1;
    long number = 1;
    for (; !call_once(f, function, number, &status, &error); number++)
      check_outcome(f, number, status, &error, golden);
    check_outcome(f, number, status, &error, golden);
    assert_ok(status, &error);
    assert_true(number > least);
    if (mode == 0)
      print_message("%ld allocations\n", number - 1);
  }
  free(golden);
}

static void reading_a_project(void **state)
{
  fail_each(*state, project_call, 50);
}

static void writing_the_feature_table(void **state)
{
  fail_each(*state, features_call, 250);
}

static void training(void **state)
{
  fail_each(*state, train_call, 400);
}

static void comparing(void **state)
{
  fail_each(*state, compare_call, 600);
}

static void writing_a_model(void **state)
{
  fail_each(*state, model_write_call, 10);
}

static void reading_a_model(void **state)
{
  fail_each(*state, model_read_call, 60);
}

static void writing_a_fit_report(void **state)
{
  fail_each(*state, report_call, 10);
}

static void evaluating(void **state)
{
  fail_each(*state, evaluate_call, 250);
}

static void writing_an_evaluation(void **state)
{
  fail_each(*state, evaluation_write_call, 10);
}

static void scoring(void **state)
{
  fail_each(*state, score_call, 250);
}

static void counting_rates(void **state)
{
  fail_each(*state, rates_call, 200);
}

static void comparing_rates(void **state)
{
  fail_each(*state, rates_compare_call, 200);
}

static void choosing_calls(void **state)
{
  fail_each(*state, calls_call, 5);
}

static void finding_loyal_customers(void **state)
{
  fail_each(*state, loyal_call, 250);
}

static void counting_kinds(void **state)
{
  fail_each(*state, kinds_rates_call, 200);
}

static void agreeing_on_reasons(void **state)
{
  fail_each(*state, agreement_call, 200);
}

static void checking_what_is_excluded(void **state)
{
  fail_each(*state, check_kinds_call, 200);
}

static void counting_reps(void **state)
{
  fail_each(*state, reps_call, 500);
}

static void making_the_page(void **state)
{
  fail_each(*state, desk_report_call, 400);
}

static void making_the_page_with_every_section(void **state)
{
  fail_each(*state, whole_report_call, 500);
}

static void summing_causes(void **state)
{
  fail_each(*state, cause_sums_call, 10);
}

static void writing_a_ranking(void **state)
{
  fail_each(*state, ranking_write_call, 10);
}

static void checking(void **state)
{
  fail_each(*state, check_call, 250);
}

static void looking_for_leaks(void **state)
{
  fail_each(*state, leaks_call, 280);
}

static void checking_bad_rows(void **state)
{
  fail_each(*state, check_faulty_call, 250);
}

static void checking_a_broken_file(void **state)
{
  fail_each(*state, check_broken_call, 200);
}

static void simulating(void **state)
{
  fail_each(*state, simulate_call, 90);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reading_a_project),
      cmocka_unit_test(writing_the_feature_table),
      cmocka_unit_test(training),
      cmocka_unit_test(comparing),
      cmocka_unit_test(writing_a_model),
      cmocka_unit_test(reading_a_model),
      cmocka_unit_test(writing_a_fit_report),
      cmocka_unit_test(evaluating),
      cmocka_unit_test(writing_an_evaluation),
      cmocka_unit_test(scoring),
      cmocka_unit_test(counting_rates),
      cmocka_unit_test(comparing_rates),
      cmocka_unit_test(choosing_calls),
      cmocka_unit_test(finding_loyal_customers),
      cmocka_unit_test(counting_reps),
      cmocka_unit_test(counting_kinds),
      cmocka_unit_test(agreeing_on_reasons),
      cmocka_unit_test(checking_what_is_excluded),
      cmocka_unit_test(making_the_page),
      cmocka_unit_test(making_the_page_with_every_section),
      cmocka_unit_test(summing_causes),
      cmocka_unit_test(writing_a_ranking),
      cmocka_unit_test(checking),
      cmocka_unit_test(looking_for_leaks),
      cmocka_unit_test(checking_bad_rows),
      cmocka_unit_test(checking_a_broken_file),
      cmocka_unit_test(simulating),
  };
  return cmocka_run_group_tests_name("allocations", tests, set_up, tear_down);
}
