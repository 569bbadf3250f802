/* Every call that writes while each system call under it fails in turn: open, write, fsync, close,
 * linkat, rename and mkdir. The answer is IO, CANNOT_CREATE or PERMISSION with words; the file that
 * stood there is as it was, and nothing is left beside it. Both ways to make a file are tried:
 * without a name until it is done (O_TMPFILE), and, where the file system has no such thing, with a
 * temporary one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"
#include "support.h"
#include "tiny_project.h"

#include <churn/churn.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum step { OPEN, WRITE, FSYNC, CLOSE, LINKAT, RENAME, MKDIR, STEPS } step;

static const char *const step_names[STEPS] = {"open",   "write",  "fsync", "close",
                                              "linkat", "rename", "mkdir"};

int __real_open(const char *path, int flags, ...);
ssize_t __real_write(int descriptor, const void *bytes, size_t length);
int __real_fsync(int descriptor);
int __real_close(int descriptor);
int __real_linkat(int from, const char *path, int to, const char *name, int flags);
int __real_rename(const char *from, const char *to);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t length);
int __wrap_fsync(int descriptor);
int __wrap_close(int descriptor);
int __wrap_linkat(int from, const char *path, int to, const char *name, int flags);
int __wrap_rename(const char *from, const char *to);
int __wrap_mkdir(const char *path, mode_t mode);

/* While armed: calls of `failing` until one fails with `reason`. `folder_flush` says that it was
 * the folder's fsync. */
static bool armed, failed_once, folder_flush;
static step failing;
static long countdown;
static int reason;

/* How files are made, and how much a write takes. */
static bool no_unnamed_files, interrupted, interrupt_next;
static size_t most_written = SIZE_MAX;

static bool fails(step now)
{
  if (!armed || now != failing || --countdown != 0)
    return false;
  failed_once = true;
  errno = reason;
  return true;
}

int __wrap_open(const char *path, int flags, ...)
{
  mode_t mode = 0;
  bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  if (makes) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  if (no_unnamed_files && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  if ((flags & O_ACCMODE) != O_RDONLY && fails(OPEN))
    return -1;
  return __real_open(path, flags, mode);
}

ssize_t __wrap_write(int descriptor, const void *bytes, size_t length)
{
  if (fails(WRITE))
    return -1;
  interrupt_next = interrupted && !interrupt_next;
  if (interrupt_next) {
    errno = EINTR;
    return -1;
  }
  return __real_write(descriptor, bytes, length < most_written ? length : most_written);
}

int __wrap_fsync(int descriptor)
{
  struct stat found;
  bool folder = fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode);
  if (fails(FSYNC)) {
    folder_flush = folder;
    return -1;
  }
  return 0; /* the tests need no disk to keep up */
}

/* A close that fails has closed all the same, as Linux does. Only files that were written count. */
int __wrap_close(int descriptor)
{
  int flags = fcntl(descriptor, F_GETFL);
  int result = __real_close(descriptor);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fails(CLOSE) ? -1 : result;
}

int __wrap_linkat(int from, const char *path, int to, const char *name, int flags)
{
  return fails(LINKAT) ? -1 : __real_linkat(from, path, to, name, flags);
}

int __wrap_rename(const char *from, const char *to)
{
  return fails(RENAME) ? -1 : __real_rename(from, to);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
  return fails(MKDIR) ? -1 : __real_mkdir(path, mode);
}

/* What the calls under test write; made before anything fails. */
typedef struct fixture {
  churn_project *project;
  churn_project *rejecting; /* its calls have a bad row that is allowed, which goes to a file */
  churn_model *model;
  churn_ranking *ranking;
  churn_evaluation evaluation;
  churn_run run;
} fixture;

typedef churn_status call(fixture *f, const char *path, churn_error *error);

static const churn_features_settings all_features = {NULL, CHURN_DAY_MISSING, CHURN_DAY_MISSING};

static churn_status features_call(fixture *f, const char *path, churn_error *error)
{
  return churn_features_write(f->project, &all_features, path, &f->run, NULL, error);
}

static churn_status rejecting_call(fixture *f, const char *path, churn_error *error)
{
  return churn_features_write(f->rejecting, &all_features, path, &f->run, NULL, error);
}

static churn_status model_call(fixture *f, const char *path, churn_error *error)
{
  return churn_model_write(f->model, path, error);
}

static churn_status report_call(fixture *f, const char *path, churn_error *error)
{
  return churn_model_write_report(f->model, path, error);
}

static churn_status evaluation_call(fixture *f, const char *path, churn_error *error)
{
  return churn_evaluation_write(&f->evaluation, f->model->id, path, error);
}

static churn_status ranking_call(fixture *f, const char *path, churn_error *error)
{
  return churn_ranking_write(f->ranking, path, error);
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

/* calls.csv with a row that is no good behind it. */
static void write_bad_calls(void)
{
  size_t length = 0;
  char *calls = file_read(scratch_path("calls.csv"), &length);
  static const char bad[] = "c01,2024-02-30,1,lee\n";
  char *both = malloc(length + sizeof bad);
  assert_non_null(calls);
  assert_non_null(both);
  memcpy(both, calls, length);
  memcpy(both + length, bad, sizeof bad);
  scratch_write("bad_calls.csv", both);
  free(both);
  free(calls);
}

static int set_up(void **state)
{
  static const churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  static const churn_evaluate_settings evaluating = {CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                                     CHURN_DAY_MISSING, NULL, 0};
  const churn_score_settings scoring = {.as_of = CHURN_DAY_MISSING};
  fixture *f = calloc(1, sizeof *f);
  churn_error error = {.status = CHURN_OK};
  assert_non_null(f);
  *state = f;
  scratch_make();
  tiny_project_write();
  write_bad_calls();
  f->run = (churn_run){.threads = 1};
  churn_project *monthly = read_project("tiny.yaml", NULL);
  f->project = read_project("daily.yaml", NULL);
  f->rejecting = read_project("tiny.yaml", scratch_path("bad_calls.csv"));
  assert_ok(churn_train(monthly, &training, &f->run, &f->model, &error), &error);
  assert_ok(churn_model_write(f->model, scratch_path("model.json"), &error), &error);
  assert_ok(churn_evaluate(monthly, f->model, &evaluating, &f->run, &f->evaluation, &error),
            &error);
  assert_ok(churn_score(f->project, f->model, &scoring, &f->run, &f->ranking, NULL, &error),
            &error);
  churn_project_free(monthly);
  assert_int_equal(mkdir(scratch_path("out"), 0777), 0);
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  churn_ranking_free(f->ranking);
  churn_model_free(f->model);
  churn_project_free(f->project);
  churn_project_free(f->rejecting);
  free(f);
  scratch_remove();
  return 0;
}

static bool expected(churn_status status)
{
  if (reason == EACCES || reason == EPERM || reason == EROFS)
    return status == CHURN_PERMISSION;
  if (failing == OPEN || failing == MKDIR || reason == ENOENT)
    return status == CHURN_CANNOT_CREATE;
  return status == CHURN_IO;
}

static void check_failure(const guarded_file *guard, churn_status status, const churn_error *error,
                          const char *golden)
{
  const char *fault = guard_fault(guard);
  if (folder_flush) {
    char *bytes = file_read(guard->path, NULL);
    fault = bytes != NULL && strcmp(bytes, golden) == 0 ? NULL : "neither the old nor the new file";
    free(bytes);
  }
  if (!expected(status) || error->status != status)
    fault = churn_status_name(status);
  if (error->message[0] == '\0' || error->file[0] == '\0')
    fault = "no words, or no file";
  if (fault != NULL)
    print_error("%s fails with %s%s: %s: %s: %s\n", step_names[failing], strerrorname_np(reason),
                no_unnamed_files ? ", no unnamed files" : "", fault, error->file, error->message);
  assert_null(fault);
}

/* Fails the first call of a step, the second, … until none is left. Gives how many there were. */
static long fail_step(fixture *f, call *function, step which, int system_error, const char *golden)
{
  for (long number = 1;; number++) {
    churn_error error = {.status = CHURN_OK};
    guarded_file guard = guard_make("out/target");
    failing = which;
    reason = system_error;
    countdown = number;
    failed_once = folder_flush = false;
    armed = true;
    churn_status status = function(f, guard.path, &error);
    armed = false;
    if (failed_once) {
      check_failure(&guard, status, &error, golden);
      continue;
    }
    assert_ok(status, &error);
    return number - 1;
  }
}

static char *golden_of(fixture *f, call *function)
{
  churn_error error = {.status = CHURN_OK};
  guarded_file guard = guard_make("out/target");
  assert_ok(function(f, guard.path, &error), &error);
  char *bytes = file_read(guard.path, NULL);
  assert_non_null(bytes);
  return bytes;
}

static void fail_each(fixture *f, call *function, long least_writes)
{
  static const int reasons[] = {ENOSPC, EIO, EDQUOT, EACCES, EPERM, EROFS, ENOENT};
  char *golden = golden_of(f, function);
  for (int way = 0; way < 2; way++) {
    no_unnamed_files = way == 1;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
      assert_true(fail_step(f, function, OPEN, reasons[i], golden) >= 1);
      assert_true(fail_step(f, function, WRITE, reasons[i], golden) >= least_writes);
      assert_true(fail_step(f, function, FSYNC, reasons[i], golden) >= 2);
      assert_true(fail_step(f, function, CLOSE, reasons[i], golden) >= 1);
      assert_true(fail_step(f, function, RENAME, reasons[i], golden) >= 1);
      long links = fail_step(f, function, LINKAT, reasons[i], golden);
      assert_true(no_unnamed_files ? links == 0 : links >= 1);
    }
  }
  no_unnamed_files = false;
  free(golden);
}

static void the_feature_table(void **state)
{
  fail_each(*state, features_call, 2);
}

static void a_model(void **state)
{
  fail_each(*state, model_call, 1);
}

static void a_fit_report(void **state)
{
  fail_each(*state, report_call, 1);
}

static void an_evaluation(void **state)
{
  fail_each(*state, evaluation_call, 1);
}

static void a_ranking(void **state)
{
  fail_each(*state, ranking_call, 1);
}

/* The rejected rows go to a file of their own, before the table: its failure fails the call. */
static void rejected_rows(void **state)
{
  fixture *f = *state;
  char *golden = golden_of(f, rejecting_call);
  assert_true(fail_step(f, rejecting_call, WRITE, ENOSPC, golden) == 2);
  assert_true(fail_step(f, rejecting_call, OPEN, EACCES, golden) == 2);
  assert_true(fail_step(f, rejecting_call, RENAME, EIO, golden) == 2);
  free(golden);
}

/* A name that somebody has taken is passed over. */
static void a_temporary_name_that_is_taken(void **state)
{
  fixture *f = *state;
  char *golden = golden_of(f, ranking_call);
  for (int way = 0; way < 2; way++) {
    char name[64];
    no_unnamed_files = way == 1;
    snprintf(name, sizeof name, "out/.target.%ld-0.part", (long)getpid());
    scratch_write(name, "somebody else's");
    char *bytes = golden_of(f, ranking_call);
    assert_string_equal(bytes, golden);
    free(bytes);
    bytes = file_read(scratch_path(name), NULL);
    assert_string_equal(bytes, "somebody else's");
    free(bytes);
    assert_int_equal(unlink(scratch_path(name)), 0);
  }
  no_unnamed_files = false;
  free(golden);
}

static void writes_that_take_little_or_are_interrupted_lose_nothing(void **state)
{
  fixture *f = *state;
  call *const calls[] = {model_call, ranking_call, evaluation_call, report_call};
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    char *golden = golden_of(f, calls[i]);
    static const size_t steps[] = {1, 7, 4093};
    for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
      most_written = steps[k];
      interrupted = k % 2 == 1;
      char *bytes = golden_of(f, calls[i]);
      most_written = SIZE_MAX;
      interrupted = false;
      assert_string_equal(bytes, golden);
      free(bytes);
    }
    free(golden);
  }
}

static size_t hidden_files(const char *folder)
{
  DIR *open_folder = opendir(folder);
  size_t count = 0;
  assert_non_null(open_folder);
  for (struct dirent *entry = readdir(open_folder); entry != NULL; entry = readdir(open_folder))
    count += entry->d_name[0] == '.' && strcmp(entry->d_name, ".") != 0 &&
             strcmp(entry->d_name, "..") != 0;
  closedir(open_folder);
  return count;
}

/* A world is nine files, each all or nothing. */
static void a_world(void **state)
{
  fixture *f = *state;
  const churn_simulate_settings settings = {
      .customers = 12, .months = 24, .truth_customers = 2, .continuations = 200};
  static const step steps[] = {MKDIR, OPEN, WRITE, FSYNC, CLOSE, LINKAT, RENAME};
  for (int way = 0; way < 2; way++)
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
      no_unnamed_files = way == 1;
      for (long number = 1;; number++) {
        churn_error error = {.status = CHURN_OK};
        rmdir(scratch_path("world"));
        failing = steps[i];
        reason = ENOSPC;
        countdown = number;
        failed_once = false;
        armed = true;
        churn_status status =
            churn_simulate(scratch_path("world"), &settings, &f->run, NULL, &error);
        armed = false;
        if (!failed_once) {
          assert_ok(status, &error);
          assert_true(number > 9 || steps[i] == MKDIR || (steps[i] == LINKAT && way == 1));
          break;
        }
        assert_true(expected(status));
        assert_true(error.message[0] != '\0' && error.file[0] != '\0');
        assert_int_equal(
            access(scratch_path("world"), F_OK) == 0 ? hidden_files(scratch_path("world")) : 0, 0);
      }
    }
  no_unnamed_files = false;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_feature_table),
      cmocka_unit_test(a_model),
      cmocka_unit_test(a_fit_report),
      cmocka_unit_test(an_evaluation),
      cmocka_unit_test(a_ranking),
      cmocka_unit_test(rejected_rows),
      cmocka_unit_test(a_temporary_name_that_is_taken),
      cmocka_unit_test(writes_that_take_little_or_are_interrupted_lose_nothing),
      cmocka_unit_test(a_world),
  };
  return cmocka_run_group_tests_name("writes", tests, set_up, tear_down);
}
