/* The registry: models go in, one is in use, and what was decided can be asked later.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "opened.h"
#include "rich_model.h"
#include "support.h"

#include <churn/churn.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char history_name[] = "models/history.jsonl";
static const char current_name[] = "models/current";

static churn_project *make(const char *more)
{
  static char text[256];
  scratch_make();
  scratch_write("flat.csv", "id,churned,x\nc1,Yes,3\nc2,No,5\n");
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: flat.csv, id: id}\n"
           "outcome: {column: churned, positive: \"Yes\"}\nfeatures: customers.*\n%s",
           more);
  return project_of(text);
}

static void clean(churn_project *project)
{
  churn_project_free(project);
  unsetenv("SOURCE_DATE_EPOCH");
  scratch_remove();
}

/* A time of day for what comes next. */
static void now_is(const char *text)
{
  char seconds[32];
  int64_t time = 0;
  assert_true(churn_clock_parse(text, &time));
  snprintf(seconds, sizeof seconds, "%lld", (long long)time);
  setenv("SOURCE_DATE_EPOCH", seconds, 1);
}

static churn_registry_change change_of(const char *why)
{
  return (churn_registry_change){.day = CHURN_DAY_MISSING, .by = "test", .why = why};
}

/* Adds the `number`-th model; its id, static storage for eight calls. */
static const char *add(const churn_project *project, int number)
{
  static char ids[8][33];
  static int next;
  char *id = ids[next++ % 8];
  churn_error error = {0};
  churn_registry_change change = change_of("made up");
  churn_model *model = rich_model_new();
  model->max_gradient = 1e-12 * (1 + number);
  assert_ok(churn_registry_add(project, model, &change, &error), &error);
  memcpy(id, model->id, 33);
  churn_model_free(model);
  return id;
}

static bool promote(const churn_project *project, const char *id)
{
  churn_error error = {0};
  churn_registry_change change = change_of("better");
  bool changed = false;
  assert_ok(churn_registry_promote(project, id, &change, &changed, &error), &error);
  return changed;
}

static const char *rollback(const churn_project *project)
{
  static char id[33];
  churn_error error = {0};
  churn_registry_change change = change_of("worse");
  assert_ok(churn_registry_rollback(project, &change, id, &error), &error);
  return id;
}

static churn_registry *read_registry(const churn_project *project, churn_notes *notes)
{
  churn_registry *registry = NULL;
  churn_error error = {0};
  churn_run run = {.notes = notes};
  assert_ok(churn_registry_read(project, &run, &registry, &error), &error);
  return registry;
}

static void assert_current(const churn_project *project, const char *id)
{
  char *path = NULL, *expected = churn_registry_path(project, id);
  churn_error error = {0};
  churn_registry *registry = read_registry(project, NULL);
  assert_ok(churn_registry_current(project, &path, &error), &error);
  assert_string_equal(path, expected);
  assert_string_equal(registry->current, id);
  churn_registry_free(registry);
  free(path);
  free(expected);
}

static size_t count_events(const churn_project *project)
{
  churn_registry *registry = read_registry(project, NULL);
  size_t count = registry->event_count;
  churn_registry_free(registry);
  return count;
}

static void without_a_folder_nothing_is_in_use(void **state)
{
  (void)state;
  char *path = NULL;
  churn_error error;
  churn_project *project = make("");
  churn_registry *registry = read_registry(project, NULL);
  assert_int_equal(registry->model_count + registry->event_count, 0);
  assert_null(registry->current);
  churn_registry_free(registry);
  assert_int_equal(churn_registry_current(project, &path, &error), CHURN_NO_INPUT);
  assert_non_null(strstr(error.message, "no model is promoted yet"));
  assert_int_equal(access(scratch_path("models"), F_OK), -1);
  clean(project);
}

static void a_model_is_added_once_and_never_changed(void **state)
{
  (void)state;
  char name[64];
  struct stat before, after;
  churn_project *project = make("");
  const char *id = add(project, 1);
  snprintf(name, sizeof name, "models/%s.json", id);
  assert_int_equal(stat(scratch_path(name), &before), 0);
  assert_string_equal(add(project, 1), id);
  assert_int_equal(stat(scratch_path(name), &after), 0);
  assert_true(before.st_ino == after.st_ino);
  assert_string_not_equal(add(project, 2), id);
  churn_registry *registry = read_registry(project, NULL);
  assert_int_equal(registry->model_count, 2);
  assert_int_equal(registry->event_count, 2);
  assert_int_equal(registry->events[0].kind, CHURN_REGISTRY_ADDED);
  assert_string_equal(registry->events[0].model, id);
  assert_null(registry->current);
  churn_registry_free(registry);
  clean(project);
}

static void a_broken_file_is_mended_by_the_same_model(void **state)
{
  (void)state;
  char name[64];
  churn_project *project = make("");
  const char *id = add(project, 1);
  snprintf(name, sizeof name, "models/%s.json", id);
  scratch_write(name, "{\n");
  add(project, 1);
  promote(project, id);
  assert_current(project, id);
  clean(project);
}

static void a_key_of_the_project_moves_the_folder(void **state)
{
  (void)state;
  churn_project *project = make("registry: kept/for/good\n");
  churn_error error;
  churn_registry_change change = change_of("made up");
  churn_model *model = rich_model_new();
  assert_int_equal(churn_registry_add(project, model, &change, &error), CHURN_CANNOT_CREATE);
  churn_model_free(model);
  mkdir(scratch_path("kept"), 0755);
  mkdir(scratch_path("kept/for"), 0755);
  const char *id = add(project, 1);
  promote(project, id);
  assert_int_equal(access(scratch_path("kept/for/good/current"), F_OK), 0);
  assert_current(project, id);
  clean(project);
}

static void promotions_pile_up_and_rolling_back_takes_them_off(void **state)
{
  (void)state;
  churn_error error;
  char none[33];
  churn_project *project = make("");
  churn_registry_change change = change_of("worse");
  const char *a = add(project, 1), *b = add(project, 2), *c = add(project, 3);
  assert_int_equal(churn_registry_rollback(project, &change, none, &error), CHURN_INCONSISTENT);
  assert_non_null(strstr(error.message, "no model is in use"));
  assert_true(promote(project, a));
  assert_false(promote(project, a));
  assert_int_equal(churn_registry_rollback(project, &change, none, &error), CHURN_INCONSISTENT);
  assert_non_null(strstr(error.message, "no other model"));
  promote(project, b);
  promote(project, a);
  promote(project, c);
  assert_current(project, c);
  assert_string_equal(rollback(project), a);
  assert_string_equal(rollback(project), b);
  assert_string_equal(rollback(project), a);
  assert_current(project, a);
  assert_int_equal(churn_registry_rollback(project, &change, none, &error), CHURN_INCONSISTENT);
  clean(project);
}

static void what_is_not_there_or_broken_is_not_promoted(void **state)
{
  (void)state;
  char name[64];
  bool changed;
  churn_error error;
  churn_registry_change change = change_of("better");
  churn_project *project = make("");
  const char *a = add(project, 1), *b = add(project, 2);
  promote(project, a);
  snprintf(name, sizeof name, "models/%s.json", b);
  unlink(scratch_path(name));
  assert_int_equal(churn_registry_promote(project, b, &change, &changed, &error), CHURN_NO_INPUT);
  scratch_write(name, "{}");
  assert_int_equal(churn_registry_promote(project, b, &change, &changed, &error), CHURN_MALFORMED);
  /* Another model's bytes under the name. */
  char other[64];
  size_t length;
  snprintf(other, sizeof other, "models/%s.json", a);
  char *bytes = file_read(scratch_path(other), &length);
  scratch_write_bytes(name, bytes, length);
  free(bytes);
  assert_int_equal(churn_registry_promote(project, b, &change, &changed, &error), CHURN_MALFORMED);
  assert_current(project, a);
  assert_int_equal(count_events(project), 3);
  clean(project);
}

/* A model that predicts no better than one probability for everyone: log-loss out of fold above
 * that of the churn rate. It is taken into use all the same, and its line says what it is. */
static void a_model_that_guesses_is_promoted_and_its_line_says_so(void **state)
{
  (void)state;
  churn_project *project = make("");
  churn_error error = {0};
  churn_registry_change change = change_of("made up");
  churn_registry *registry = NULL;
  churn_model *model = rich_model_new();
  model->out_of_fold.figures.log_loss = 0.5217;
  model->out_of_fold.figures.null_log_loss = 0.5103;
  free(model->recalibration.method);
  model->recalibration.method = strdup("none");
  model->recalibration.knot_count = 0;
  assert_ok(churn_registry_add(project, model, &change, &error), &error);
  assert_true(promote(project, add(project, 3)));
  assert_true(promote(project, model->id));
  assert_ok(churn_registry_read(project, NULL, &registry, &error), &error);
  assert_ok(churn_registry_describe(registry, NULL, &error), &error);
  assert_int_equal(registry->event_count, 4);
  assert_null(registry->events[2].warning);
  assert_non_null(strstr(registry->events[3].warning, "(log-loss 0.5217, with that 0.5103)"));
  assert_string_equal(registry->events[0].project, strrchr(project->path, '/') + 1);
  assert_true(registry->models[0].guesses);
  assert_false(registry->models[1].guesses);
  churn_registry_free(registry);
  churn_model_free(model);
  clean(project);
}

/* A file beside this one is another project; one that is not there any more was renamed. */
static void a_model_in_use_of_a_project_beside_is_named(void **state)
{
  (void)state;
  churn_project *project = make("");
  churn_error error = {0};
  churn_run run = {.notes = churn_notes_new()};
  char *own = project->path, *path = NULL;
  project->path = strdup(scratch_path("renamed.yaml"));
  assert_true(promote(project, add(project, 5)));
  free(project->path);
  project->path = own;
  assert_ok(churn_registry_model_path(project, NULL, &run, &path, &error), &error);
  assert_int_equal(churn_notes_count(run.notes), 0);
  free(path);
  scratch_write("renamed.yaml", "version: 1\n");
  assert_ok(churn_registry_model_path(project, NULL, &run, &path, &error), &error);
  assert_int_equal(churn_notes_count(run.notes), 1);
  assert_string_equal(churn_notes_get(run.notes, 0)->code, "shared_registry");
  assert_non_null(
      strstr(churn_notes_get(run.notes, 0)->text, "another project file, renamed.yaml"));
  free(path);
  churn_notes_free(run.notes);
  clean(project);
}

static void a_decision_about_another_champion_is_refused(void **state)
{
  (void)state;
  bool changed;
  churn_error error;
  churn_registry_change change = change_of("better");
  churn_project *project = make("");
  const char *a = add(project, 1), *b = add(project, 2);
  change.expected = a;
  assert_int_equal(churn_registry_promote(project, b, &change, &changed, &error), CHURN_BUSY);
  change.expected = "";
  assert_ok(churn_registry_promote(project, a, &change, &changed, &error), &error);
  assert_int_equal(churn_registry_promote(project, b, &change, &changed, &error), CHURN_BUSY);
  assert_current(project, a);
  change.expected = a;
  assert_ok(churn_registry_promote(project, b, &change, &changed, &error), &error);
  assert_current(project, b);
  clean(project);
}

static void an_event_is_read_back_as_it_was_written(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_project *project = make("");
  churn_registry_figures figures = {.as_of = day("2026-02-01"),
                                    .rows = 1234,
                                    .churners = 87,
                                    .champion_auc = 0.731,
                                    .challenger_auc = 0.7438,
                                    .difference = 0.0128,
                                    .lower = 0.0031,
                                    .upper = 0.0225,
                                    .champion_log_loss = 0.2214,
                                    .challenger_log_loss = 0.2189,
                                    .calibration_intercept = -0.013,
                                    .calibration_slope = (double)NAN};
  churn_registry_change change = {.day = day("2026-03-02"),
                                  .by = "retrain",
                                  .why = "not \"better\" by 0.02\nper la qualità",
                                  .figures = &figures};
  const char *a = add(project, 1), *b = add(project, 2);
  promote(project, a);
  now_is("2026-03-03T02:10:11Z");
  assert_ok(churn_registry_keep(project, b, &change, &error), &error);
  churn_registry *registry = read_registry(project, NULL);
  assert_int_equal(registry->event_count, 4);
  const churn_registry_event *event = &registry->events[3];
  assert_int_equal(event->line, 4);
  assert_int_equal(event->time, 1772503811);
  assert_int_equal(event->kind, CHURN_REGISTRY_KEPT);
  assert_int_equal(event->day, day("2026-03-02"));
  assert_string_equal(event->model, b);
  assert_string_equal(event->previous, a);
  assert_string_equal(event->by, "retrain");
  assert_string_equal(event->why, change.why);
  assert_true(event->judged);
  assert_int_equal(event->figures.as_of, figures.as_of);
  assert_int_equal(event->figures.rows, 1234);
  assert_int_equal(event->figures.churners, 87);
  assert_true(event->figures.champion_auc == 0.731 && event->figures.challenger_auc == 0.7438);
  assert_true(event->figures.difference == 0.0128 && event->figures.lower == 0.0031);
  assert_true(event->figures.upper == 0.0225 && event->figures.champion_log_loss == 0.2214);
  assert_true(event->figures.challenger_log_loss == 0.2189);
  assert_true(event->figures.calibration_intercept == -0.013);
  assert_close(event->figures.calibration_slope, (double)NAN, 0, 0);
  assert_string_equal(registry->current, a);
  churn_registry_free(registry);
  clean(project);
}

static void a_reason_that_is_no_utf8_is_refused(void **state)
{
  (void)state;
  bool changed;
  churn_error error;
  churn_project *project = make("");
  churn_registry_change change = change_of("caf\xe9");
  const char *a = add(project, 1);
  assert_int_equal(churn_registry_promote(project, a, &change, &changed, &error), CHURN_USAGE);
  assert_int_equal(count_events(project), 1);
  clean(project);
}

static void it_is_known_which_model_was_in_use_on_a_day(void **state)
{
  (void)state;
  churn_registry_span *spans = NULL;
  size_t count = 0;
  churn_error error = {0};
  churn_project *project = make("");
  now_is("2026-01-05T08:00:00Z");
  const char *a = add(project, 1), *b = add(project, 2);
  now_is("2026-02-10T09:30:00Z");
  promote(project, a);
  now_is("2026-03-02T23:59:59Z");
  promote(project, b);
  now_is("2026-03-03T12:00:00Z");
  rollback(project);
  churn_registry *registry = read_registry(project, NULL);

  assert_ok(churn_registry_on_day(registry, day("2026-02-09"), &spans, &count, &error), &error);
  assert_int_equal(count, 1);
  assert_null(spans[0].model);
  assert_true(spans[0].from == INT64_MIN);
  free(spans);
  assert_ok(churn_registry_on_day(registry, day("2026-02-20"), &spans, &count, &error), &error);
  assert_int_equal(count, 1);
  assert_string_equal(spans[0].model, a);
  assert_int_equal(churn_clock_day(spans[0].from), day("2026-02-10"));
  assert_int_equal(churn_clock_day(spans[0].until), day("2026-03-02"));
  free(spans);
  assert_ok(churn_registry_on_day(registry, day("2026-03-03"), &spans, &count, &error), &error);
  assert_int_equal(count, 2);
  assert_string_equal(spans[0].model, b);
  assert_string_equal(spans[1].model, a);
  assert_true(spans[1].until == INT64_MAX && spans[1].from == spans[0].until);
  free(spans);
  assert_ok(churn_registry_on_day(registry, day("2027-01-01"), &spans, &count, &error), &error);
  assert_int_equal(count, 1);
  assert_string_equal(spans[0].model, a);
  free(spans);
  churn_registry_free(registry);
  clean(project);
}

static void an_id_may_be_cut_short_while_it_is_the_only_one(void **state)
{
  (void)state;
  const churn_registry_model *found = NULL;
  char start[33];
  churn_error error = {0};
  churn_project *project = make("");
  const char *a = add(project, 1);
  /* A second id that begins alike: read only as a name here. */
  char twin[33], name[64];
  memcpy(twin, a, 33);
  twin[31] = a[31] == '0' ? '1' : '0';
  snprintf(name, sizeof name, "models/%s.json", twin);
  churn_registry *registry = read_registry(project, NULL);
  snprintf(start, sizeof start, "%.4s", a);
  assert_ok(churn_registry_find(registry, start, &found, &error), &error);
  assert_string_equal(found->id, a);
  assert_int_equal(churn_registry_find(registry, "current", &found, &error), CHURN_NO_INPUT);
  start[3] = '\0';
  assert_int_equal(churn_registry_find(registry, start, &found, &error), CHURN_USAGE);
  assert_int_equal(churn_registry_find(registry, "zzzzzz", &found, &error), CHURN_NO_INPUT);
  churn_registry_free(registry);
  scratch_write(name, "{}");
  promote(project, a);
  registry = read_registry(project, NULL);
  start[3] = a[3];
  assert_int_equal(churn_registry_find(registry, start, &found, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "2 models"));
  assert_ok(churn_registry_find(registry, "current", &found, &error), &error);
  assert_string_equal(found->id, a);
  assert_ok(churn_registry_find(registry, a, &found, &error), &error);
  assert_string_equal(registry->models[1].id, twin);
  assert_int_equal(registry->models[0].times, 1);
  churn_registry_free(registry);
  clean(project);
}

static void point_current_at(const char *target)
{
  unlink(scratch_path(current_name));
  assert_int_equal(symlink(target, scratch_path(current_name)), 0);
}

static void a_link_changed_by_hand_is_said_and_then_written_down(void **state)
{
  (void)state;
  char target[64];
  churn_project *project = make("");
  now_is("2020-01-05T08:00:00Z");
  const char *a = add(project, 1), *b = add(project, 2), *c = add(project, 3);
  promote(project, a);
  snprintf(target, sizeof target, "%s.json", b);
  point_current_at(target);
  churn_notes *notes = churn_notes_new();
  churn_registry *registry = read_registry(project, notes);
  assert_non_null(strstr(note_text(notes, "current_differs"), "changed without a line"));
  assert_string_equal(registry->current, b);
  const churn_registry_event *last = &registry->events[registry->event_count - 1];
  assert_int_equal(last->kind, CHURN_REGISTRY_FOUND);
  assert_int_equal(last->line, 0);
  assert_string_equal(last->previous, a);
  assert_true(llabs(last->time - (int64_t)time(NULL)) < 100);
  churn_registry_free(registry);
  churn_notes_free(notes);
  now_is("2099-01-01T00:00:00Z");
  promote(project, c);
  notes = churn_notes_new();
  registry = read_registry(project, notes);
  assert_int_equal(churn_notes_count(notes), 0);
  assert_int_equal(registry->event_count, 6);
  assert_int_equal(registry->events[4].kind, CHURN_REGISTRY_FOUND);
  assert_string_equal(registry->events[4].model, b);
  churn_registry_free(registry);
  churn_notes_free(notes);
  assert_string_equal(rollback(project), b);
  clean(project);
}

static void a_link_taken_away_leaves_nothing_in_use(void **state)
{
  (void)state;
  char *path = NULL;
  churn_error error;
  churn_project *project = make("");
  const char *a = add(project, 1);
  promote(project, a);
  unlink(scratch_path(current_name));
  assert_int_equal(churn_registry_current(project, &path, &error), CHURN_NO_INPUT);
  assert_true(promote(project, a));
  assert_current(project, a);
  assert_int_equal(count_events(project), 4);
  clean(project);
}

static void a_link_to_anything_else_is_refused(void **state)
{
  (void)state;
  static const char *const targets[] = {"elsewhere.json", "../flat.csv",
                                        "0123456789abcdef0123456789abcdeX.json",
                                        "0123456789abcdef0123456789abcdef.jso"};
  char *path = NULL;
  churn_error error;
  churn_project *project = make("");
  const char *a = add(project, 1);
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
    point_current_at(targets[i]);
    assert_int_equal(churn_registry_current(project, &path, &error), CHURN_INCONSISTENT);
  }
  unlink(scratch_path(current_name));
  scratch_write(current_name, "a file");
  assert_int_equal(churn_registry_current(project, &path, &error), CHURN_INCONSISTENT);
  promote(project, a);
  assert_current(project, a);
  /* Its model is gone. */
  point_current_at("0123456789abcdef0123456789abcdef.json");
  assert_int_equal(churn_registry_current(project, &path, &error), CHURN_NO_INPUT);
  assert_null(path);
  clean(project);
}

/* What a kill between line and link leaves. */
static void a_promotion_that_was_cut_short_can_be_made_again(void **state)
{
  (void)state;
  char target[64];
  churn_project *project = make("");
  const char *a = add(project, 1), *b = add(project, 2);
  promote(project, a);
  promote(project, b);
  snprintf(target, sizeof target, "%s.json", a);
  point_current_at(target);
  struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
  assert_int_equal(utimensat(AT_FDCWD, scratch_path(current_name), old, AT_SYMLINK_NOFOLLOW), 0);
  scratch_write("models/.current.part", "litter");
  churn_notes *notes = churn_notes_new();
  churn_registry_free(read_registry(project, notes));
  assert_non_null(strstr(note_text(notes, "current_differs"), "was not finished"));
  churn_notes_free(notes);
  assert_current(project, a);
  assert_true(promote(project, b));
  assert_current(project, b);
  assert_int_equal(count_events(project), 6);
  assert_int_equal(access(scratch_path("models/.current.part"), F_OK), -1);
  assert_string_equal(rollback(project), a);
  clean(project);
}

static void a_line_cut_off_is_named_and_the_next_one_stands_alone(void **state)
{
  (void)state;
  churn_project *project = make("");
  const char *a = add(project, 1);
  promote(project, a);
  char *whole = file_read(scratch_path(history_name), NULL);
  char *torn = malloc(strlen(whole) + 64);
  sprintf(torn, "%s{\"time\": \"2026-03-0", whole);
  scratch_write(history_name, torn);
  const char *b = add(project, 2);
  churn_notes *notes = churn_notes_new();
  churn_registry *registry = read_registry(project, notes);
  assert_int_equal(registry->unreadable, 1);
  assert_non_null(note_text(notes, "bad_record"));
  assert_int_equal(churn_notes_get(notes, 0)->line, 3);
  assert_int_equal(registry->event_count, 3);
  assert_int_equal(registry->events[2].line, 4);
  assert_string_equal(registry->events[2].model, b);
  churn_registry_free(registry);
  churn_notes_free(notes);
  free(whole);
  free(torn);
  clean(project);
}

/* Past the limit on file sizes a write fails half way, like on a full disk. */
static void a_full_disk_leaves_everything_as_it_was(void **state)
{
  (void)state;
  struct rlimit before, tight;
  bool changed;
  churn_error error = {0};
  churn_registry_change change = change_of("better");
  churn_project *project = make("");
  const char *a = add(project, 1), *b = add(project, 2);
  promote(project, a);
  char *kept = file_read(scratch_path(history_name), NULL);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  tight = (struct rlimit){strlen(kept) + 100, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  churn_status status = churn_registry_promote(project, b, &change, &changed, &error);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(status, CHURN_IO);
  char *after = file_read(scratch_path(history_name), NULL);
  assert_string_equal(kept, after);
  assert_current(project, a);
  free(kept);
  free(after);
  clean(project);
}

static void processes_at_once_lose_nothing(void **state)
{
  (void)state;
  enum { PROCESSES = 5, STEPS = 8 };
  pid_t children[PROCESSES];
  churn_project *project = make("");
  const char *ids[PROCESSES];
  for (int p = 0; p < PROCESSES; p++)
    ids[p] = add(project, p);
  for (int p = 0; p < PROCESSES; p++) {
    children[p] = fork();
    assert_true(children[p] >= 0);
    if (children[p] > 0)
      continue;
    int failed = 0;
    for (int i = 0; i < STEPS; i++) {
      bool changed;
      churn_registry_change change = change_of("again");
      failed += churn_registry_promote(project, ids[(p + i) % PROCESSES], &change, &changed,
                                       NULL) != CHURN_OK;
    }
    _exit(failed);
  }
  for (int p = 0; p < PROCESSES; p++) {
    int ended = -1;
    assert_int_equal(waitpid(children[p], &ended, 0), children[p]);
    assert_int_equal(ended, 0);
  }
  churn_notes *notes = churn_notes_new();
  churn_registry *registry = read_registry(project, notes);
  assert_int_equal(churn_notes_count(notes), 0);
  const char *current = NULL;
  for (size_t i = PROCESSES; i < registry->event_count; i++) {
    const churn_registry_event *event = &registry->events[i];
    assert_int_equal(event->kind, CHURN_REGISTRY_PROMOTED);
    assert_true(current == NULL ? event->previous == NULL : strcmp(event->previous, current) == 0);
    current = event->model;
  }
  assert_string_equal(registry->current, current);
  churn_registry_free(registry);
  churn_notes_free(notes);
  clean(project);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(without_a_folder_nothing_is_in_use),
      cmocka_unit_test(a_model_is_added_once_and_never_changed),
      cmocka_unit_test(a_broken_file_is_mended_by_the_same_model),
      cmocka_unit_test(a_key_of_the_project_moves_the_folder),
      cmocka_unit_test(promotions_pile_up_and_rolling_back_takes_them_off),
      cmocka_unit_test(what_is_not_there_or_broken_is_not_promoted),
      cmocka_unit_test(a_model_that_guesses_is_promoted_and_its_line_says_so),
      cmocka_unit_test(a_model_in_use_of_a_project_beside_is_named),
      cmocka_unit_test(a_decision_about_another_champion_is_refused),
      cmocka_unit_test(an_event_is_read_back_as_it_was_written),
      cmocka_unit_test(a_reason_that_is_no_utf8_is_refused),
      cmocka_unit_test(it_is_known_which_model_was_in_use_on_a_day),
      cmocka_unit_test(an_id_may_be_cut_short_while_it_is_the_only_one),
      cmocka_unit_test(a_link_changed_by_hand_is_said_and_then_written_down),
      cmocka_unit_test(a_link_taken_away_leaves_nothing_in_use),
      cmocka_unit_test(a_link_to_anything_else_is_refused),
      cmocka_unit_test(a_promotion_that_was_cut_short_can_be_made_again),
      cmocka_unit_test(a_line_cut_off_is_named_and_the_next_one_stands_alone),
      cmocka_unit_test(a_full_disk_leaves_everything_as_it_was),
      cmocka_unit_test(processes_at_once_lose_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
