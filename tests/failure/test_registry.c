/* Every change of the registry, and a retraining, while each of its allocations and system calls
 * fails in turn: the answer is an error with words, the model in use is the one that was (or, where
 * only the folder could not be flushed, the new one), line and link agree, and the same call made
 * again goes through. And every change while its process is killed before each system call in turn:
 * what a reader sees is the old state or the new one, and the next change leaves nothing behind.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "rich_model.h"
#include "support.h"

#include <churn/churn.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum step { MEMORY, OPEN, WRITE, FSYNC, RENAME, SYMLINK, LINKAT, MKDIR, STEPS } step;

static const char *const step_names[STEPS] = {"an allocation", "open",    "write",  "fsync",
                                              "rename",        "symlink", "linkat", "mkdir"};

static bool armed, failed_once, killing;
static step failing;
static long countdown;

static bool fails(step now)
{
  if (armed && killing && now != MEMORY && --countdown == 0)
    raise(SIGKILL);
  if (killing)
    return false;
  if (!armed || now != failing || --countdown != 0)
    return false;
  failed_once = true;
  errno = now == MEMORY ? ENOMEM : ENOSPC;
  return true;
}

#define WRAP(type, name, parameters, arguments, which, failure)                                    \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters                                                                    \
  {                                                                                                \
    return fails(which) ? failure : __real_##name arguments;                                       \
  }

WRAP(void *, malloc, (size_t size), (size), MEMORY, NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), MEMORY, NULL)
WRAP(void *, realloc, (void *memory, size_t size), (memory, size), MEMORY, NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), MEMORY, NULL)
WRAP(char *, strdup, (const char *text), (text), MEMORY, NULL)
WRAP(char *, strndup, (const char *text, size_t length), (text, length), MEMORY, NULL)
WRAP(int, vasprintf, (char **text, const char *format, va_list list), (text, format, list), MEMORY,
     -1)
WRAP(ssize_t, write, (int descriptor, const void *bytes, size_t length),
     (descriptor, bytes, length), WRITE, -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), RENAME, -1)
WRAP(int, symlink, (const char *target, const char *path), (target, path), SYMLINK, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), MKDIR, -1)
WRAP(int, linkat, (int from, const char *path, int to, const char *name, int flags),
     (from, path, to, name, flags), LINKAT, -1)

/* Only to be killed at: what cannot be removed is no failure of a change. */
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);

int __wrap_unlink(const char *path)
{
  if (killing)
    (void)fails(STEPS);
  return __real_unlink(path);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);

int __wrap_open(const char *path, int flags, ...)
{
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  if ((flags & O_ACCMODE) != O_RDONLY && fails(OPEN))
    return -1;
  return __real_open(path, flags, mode);
}

static bool folder_flush;

int __wrap_fsync(int descriptor)
{
  struct stat found;
  if (!fails(FSYNC))
    return 0; /* the tests need no disk to keep up */
  folder_flush = fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode);
  errno = ENOSPC;
  return -1;
}

typedef struct fixture {
  churn_project *project;
  char ids[3][33];
} fixture;

typedef churn_status call(fixture *f, churn_error *error);

static churn_registry_change change_of(void)
{
  return (churn_registry_change){.day = CHURN_DAY_MISSING, .by = "test", .why = "a try"};
}

static churn_model *model_of(int number)
{
  churn_model *model = rich_model_new();
  assert_non_null(model);
  model->max_gradient = 1e-12 * (1 + number);
  return model;
}

static churn_status add_call(fixture *f, churn_error *error)
{
  bool was_armed = armed;
  armed = false;
  churn_model *model = model_of(7);
  churn_registry_change change = change_of();
  armed = was_armed;
  churn_status status = churn_registry_add(f->project, model, &change, error);
  armed = false;
  churn_model_free(model);
  return status;
}

static churn_status promote_call(fixture *f, churn_error *error)
{
  bool changed;
  churn_registry_change change = change_of();
  return churn_registry_promote(f->project, f->ids[2], &change, &changed, error);
}

static churn_status rollback_call(fixture *f, churn_error *error)
{
  char id[33];
  churn_registry_change change = change_of();
  return churn_registry_rollback(f->project, &change, id, error);
}

static churn_status keep_call(fixture *f, churn_error *error)
{
  churn_registry_change change = change_of();
  return churn_registry_keep(f->project, f->ids[2], &change, error);
}

static churn_status read_call(fixture *f, churn_error *error)
{
  churn_registry *registry = NULL;
  churn_registry_span *spans = NULL;
  size_t count = 0;
  churn_status status = churn_registry_read(f->project, NULL, &registry, error);
  if (status == CHURN_OK)
    status = churn_registry_describe(registry, NULL, error);
  if (status == CHURN_OK)
    status = churn_registry_on_day(registry, 20000, &spans, &count, error);
  if (status == CHURN_OK)
    status = churn_registry_write(registry, scratch_path("list.json"), error);
  if (status == CHURN_OK)
    status = churn_registry_write_history(registry, scratch_path("history.json"), error);
  free(spans);
  churn_registry_free(registry);
  return status;
}

static churn_status retrain_call(fixture *f, churn_error *error)
{
  churn_retrain_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_retrain_report report;
  churn_run run = {.threads = 1};
  return churn_retrain(f->project, &settings, &run, &report, error);
}

static void write_export(void)
{
  char text[4096];
  size_t used = (size_t)snprintf(text, sizeof text, "id,churned,x,y\n");
  for (int i = 0; i < 90; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "c%d,%s,%d,%d\n", i,
                             (i * 7) % 10 < 4 ? "Yes" : "No", (i * 13) % 17 + (i * 7) % 10,
                             (i * 5) % 11);
  scratch_write("flat.csv", text);
}

/* Three models; the second is in use, the first was before. */
static void fresh(fixture *f)
{
  churn_error error = {0};
  bool changed;
  churn_registry_change change = change_of();
  scratch_make();
  write_export();
  f->project = project_of("version: 1\ncustomers: {from: flat.csv, id: id}\n"
                          "outcome: {column: churned, positive: \"Yes\"}\nfeatures: customers.*\n"
                          "split: {test: 0.4}\nretrain: {min_churners: 1, calibration_slope: "
                          "[-99, 99], calibration_intercept: [-99, 99]}\n");
  for (int i = 0; i < 3; i++) {
    churn_model *model = model_of(i);
    assert_ok(churn_registry_add(f->project, model, &change, &error), &error);
    memcpy(f->ids[i], model->id, 33);
    churn_model_free(model);
  }
  for (int i = 0; i < 2; i++)
    assert_ok(churn_registry_promote(f->project, f->ids[i], &change, &changed, &error), &error);
}

static void clear(fixture *f)
{
  churn_project_free(f->project);
  scratch_remove();
}

/* The retraining finds the rich model in use, which does not fit the project: it is given nothing
 * to beat. */
static void forget_current(void)
{
  unlink(scratch_path("models/current"));
  unlink(scratch_path("models/history.jsonl"));
}

static char *id_in_use(fixture *f)
{
  static char id[33];
  churn_registry *registry = NULL;
  churn_error error = {0};
  churn_run run = {.notes = churn_notes_new()};
  assert_ok(churn_registry_read(f->project, &run, &registry, &error), &error);
  for (size_t i = 0; i < churn_notes_count(run.notes); i++)
    fail_msg("%s", churn_notes_get(run.notes, i)->text);
  snprintf(id, sizeof id, "%s", registry->current == NULL ? "" : registry->current);
  churn_registry_free(registry);
  churn_notes_free(run.notes);
  return id;
}

/* How many calls of the step there were. */
static long fail_step(call *function, bool retrains, step which)
{
  for (long number = 1;; number++) {
    fixture f;
    char before[33];
    churn_error error = {0};
    fresh(&f);
    if (retrains)
      forget_current();
    strcpy(before, id_in_use(&f));
    failing = which;
    countdown = number;
    failed_once = folder_flush = false;
    armed = true;
    churn_status status = function(&f, &error);
    armed = false;
    if (!failed_once) {
      assert_ok(status, &error);
      clear(&f);
      return number - 1;
    }
    /* What is only for a remark, or a lock's or a folder's own, may go through. */
    if (status != CHURN_OK) {
      if (error.message[0] == '\0' || error.status != status)
        fail_msg("%s %ld: no words", step_names[which], number);
      if (strcmp(id_in_use(&f), before) != 0 && !folder_flush)
        fail_msg("%s %ld: another model is in use", step_names[which], number);
      if (function != rollback_call || strcmp(id_in_use(&f), before) == 0) {
        error = (churn_error){0};
        assert_ok(function(&f, &error), &error);
      }
    }
    clear(&f);
  }
}

static void fail_all(call *function, bool retrains, const long least[STEPS])
{
  for (int which = 0; which < STEPS; which++) {
    long count = fail_step(function, retrains, (step)which);
    if (count < least[which])
      fail_msg("%s: %ld, expected at least %ld", step_names[which], count, least[which]);
  }
}

/* What a reader sees: the models in use before, and after, may be said to differ from the line. */
static const char *id_after_kill(fixture *f)
{
  static char id[33];
  churn_registry *registry = NULL;
  churn_error error = {0};
  churn_run run = {.notes = churn_notes_new()};
  assert_ok(churn_registry_read(f->project, &run, &registry, &error), &error);
  for (size_t i = 0; i < churn_notes_count(run.notes); i++)
    if (strcmp(churn_notes_get(run.notes, i)->code, "current_differs") != 0)
      fail_msg("%s", churn_notes_get(run.notes, i)->text);
  snprintf(id, sizeof id, "%s", registry->current == NULL ? "" : registry->current);
  if (id[0] != '\0') {
    char *path = NULL;
    churn_model *model = NULL;
    assert_ok(churn_registry_current(f->project, &path, &error), &error);
    assert_ok(churn_model_read(path, &model, &error), &error);
    churn_model_free(model);
    free(path);
  }
  churn_registry_free(registry);
  churn_notes_free(run.notes);
  return id;
}

static size_t hidden_files(void)
{
  DIR *folder = opendir(scratch_path("models"));
  size_t count = 0;
  assert_non_null(folder);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    count += entry->d_name[0] == '.' && strcmp(entry->d_name, ".") != 0 &&
             strcmp(entry->d_name, "..") != 0;
  closedir(folder);
  return count;
}

/* Runs the call in a child that is killed before its `number`-th system call; false when it came to
 * its end. */
static bool killed(fixture *f, call *function, long number)
{
  int ended = -1;
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    churn_error error = {0};
    countdown = number;
    armed = killing = true;
    _exit(function(f, &error) == CHURN_OK ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &ended, 0), child);
  assert_true(WIFSIGNALED(ended) || WEXITSTATUS(ended) == 0);
  return WIFSIGNALED(ended);
}

/* How many system calls there were. `after` gets what is in use in the end. */
static long kill_each(call *function, bool retrains)
{
  for (long number = 1;; number++) {
    fixture f;
    char before[33], after[33], seen[33];
    churn_error error = {0};
    fresh(&f);
    if (retrains)
      forget_current();
    strcpy(before, id_in_use(&f));
    bool cut = killed(&f, function, number);
    strcpy(seen, id_after_kill(&f));
    bool moved = strcmp(seen, before) != 0;
    if (cut && !(function == rollback_call && moved))
      assert_ok(function(&f, &error), &error);
    churn_registry_change change = change_of();
    assert_ok(churn_registry_keep(f.project, f.ids[0], &change, &error), &error);
    strcpy(after, id_in_use(&f));
    if (moved && strcmp(seen, after) != 0)
      fail_msg("killed before call %ld: neither the old nor the new model is in use", number);
    assert_int_equal(hidden_files(), 0);
    clear(&f);
    if (!cut)
      return number - 1;
  }
}

static void killed_at_every_call(void **state)
{
  (void)state;
  assert_true(kill_each(add_call, false) >= 15);
  assert_true(kill_each(promote_call, false) >= 6);
  assert_true(kill_each(rollback_call, false) >= 6);
  assert_true(kill_each(keep_call, false) >= 4);
  assert_true(kill_each(retrain_call, true) >= 20);
}

static void adding(void **state)
{
  (void)state;
  fail_all(add_call, false, (const long[STEPS]){60, 3, 3, 5, 2, 0, 2, 1});
}

static void promoting(void **state)
{
  (void)state;
  fail_all(promote_call, false, (const long[STEPS]){60, 1, 1, 2, 1, 1, 0, 1});
}

static void rolling_back(void **state)
{
  (void)state;
  fail_all(rollback_call, false, (const long[STEPS]){60, 1, 1, 2, 1, 1, 0, 1});
}

static void keeping(void **state)
{
  (void)state;
  fail_all(keep_call, false, (const long[STEPS]){30, 1, 1, 1, 0, 0, 0, 1});
}

static void reading(void **state)
{
  (void)state;
  fail_all(read_call, false, (const long[STEPS]){60, 2, 2, 4, 2, 0, 2, 0});
}

static void retraining(void **state)
{
  (void)state;
  fail_all(retrain_call, true, (const long[STEPS]){500, 3, 4, 6, 3, 1, 2, 2});
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adding),
      cmocka_unit_test(promoting),
      cmocka_unit_test(rolling_back),
      cmocka_unit_test(keeping),
      cmocka_unit_test(reading),
      cmocka_unit_test(retraining),
      cmocka_unit_test(killed_at_every_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
