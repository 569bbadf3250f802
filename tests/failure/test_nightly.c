/* A night while each of its system calls and each of its allocations fails in turn: under the day's
 * name there is always a whole run, the old or the new one, the link stays good, the locks are
 * free, and there is no litter.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/folder.h"
#include "jobs/staging.h"
#include "support.h"
#include "tiny_project.h"

#include <churn/churn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* While armed: calls until one fails. */
static bool memory_armed, system_armed, failed_once, no_exchange, dies, links_fail;
static long countdown;

static bool fails(bool armed, int reason)
{
  bool now = armed && countdown > 0 && --countdown == 0;
  if (now && dies)
    _exit(9);
  if (now) {
    failed_once = true;
    errno = reason;
  }
  return now;
}

#define WRAP(RETURNS, NAME, FAILURE, ARMED, REASON, PARAMETERS, ARGUMENTS)                         \
  RETURNS __real_##NAME PARAMETERS;                                                                \
  RETURNS __wrap_##NAME PARAMETERS;                                                                \
  RETURNS __wrap_##NAME PARAMETERS                                                                 \
  {                                                                                                \
    return fails(ARMED, REASON) ? FAILURE : __real_##NAME ARGUMENTS;                               \
  }

WRAP(void *, malloc, NULL, memory_armed, ENOMEM, (size_t size), (size))
WRAP(void *, calloc, NULL, memory_armed, ENOMEM, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, NULL, memory_armed, ENOMEM, (void *old, size_t size), (old, size))
WRAP(void *, aligned_alloc, NULL, memory_armed, ENOMEM, (size_t alignment, size_t size),
     (alignment, size))
WRAP(int, vasprintf, -1, memory_armed, ENOMEM, (char **text, const char *format, va_list arguments),
     (text, format, arguments))
WRAP(ssize_t, write, -1, system_armed, ENOSPC, (int file, const void *bytes, size_t count),
     (file, bytes, count))
WRAP(int, linkat, -1, system_armed, EDQUOT,
     (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
WRAP(int, rename, -1, system_armed, EIO, (const char *from, const char *to), (from, to))
WRAP(int, mkdir, -1, system_armed, ENOSPC, (const char *path, mode_t mode), (path, mode))
WRAP(int, symlink, -1, system_armed || links_fail, ENOSPC, (const char *to, const char *path),
     (to, path))
WRAP(void *, mmap, MAP_FAILED, system_armed, ENODEV,
     (void *at, size_t size, int protection, int flags, int file, off_t from),
     (at, size, protection, flags, file, from))

/* Thousands of true ones would take minutes. */
int __wrap_fsync(int file);
int __wrap_fsync(int file)
{
  (void)file;
  return fails(system_armed, EIO) ? -1 : 0;
}

int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file)
{
  int closed = __real_close(file);
  return fails(system_armed, EIO) ? -1 : closed;
}

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
  return fails(system_armed, EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
  if (no_exchange) {
    errno = EINVAL;
    return -1;
  }
  return fails(system_armed, EIO) ? -1 : __real_renameat2(a, from, b, to, flags);
}

static churn_project *project;
static churn_nightly_settings settings;
static char runs[1024], day_folder[1040], model_path[1024], old_folder[1024], new_folder[1024];

static churn_status night(uint64_t top, churn_nightly_report **report, churn_error *error)
{
  churn_run run = {.threads = 1, .notes = churn_notes_new()};
  settings.top = top;
  churn_status status = churn_nightly(project, &settings, &run, report, error);
  memory_armed = system_armed = false;
  churn_notes_free(run.notes);
  return status;
}

static void run_night(uint64_t top)
{
  churn_nightly_report *report = NULL;
  churn_error error = {0};
  assert_ok(night(top, &report, &error), &error);
  churn_nightly_report_free(report);
}

static bool same_folders(const char *a, const char *b)
{
  bool same = false;
  churn_error error = {0};
  assert_ok(churn_folder_compare(a, b, &same, &error), &error);
  return same;
}

static int set_up(void **state)
{
  (void)state;
  churn_error error = {0};
  scratch_make();
  tiny_project_write();
  size_t length = 0;
  char *text = file_read(scratch_path("tiny.yaml"), &length), *whole = NULL;
  assert_true(asprintf(&whole,
                       "%sgates: {freshness: off, missing: off, drift: off, scores: off, rate: off}"
                       "\nfit: {penalty: ridge, lambda: 0.1, out_of_fold: no}\n",
                       text) > 0);
  char *fit = strstr(whole, "fit: {offset");
  memcpy(fit, "#", 1);
  scratch_write("night.yaml", whole);
  free(whole);
  free(text);
  assert_ok(churn_project_read(scratch_path("night.yaml"), NULL, 0, NULL, &project, &error),
            &error);
  churn_train_settings training = {.first = CHURN_DAY_MISSING,
                                   .last = CHURN_DAY_MISSING,
                                   .test_from = CHURN_DAY_MISSING,
                                   .no_leaks = true};
  churn_model *model = NULL;
  assert_ok(churn_train(project, &training, NULL, &model, &error), &error);
  snprintf(model_path, sizeof model_path, "%s", scratch_path("model.json"));
  assert_ok(churn_model_write(model, model_path, &error), &error);
  churn_model_free(model);
  snprintf(runs, sizeof runs, "%s", scratch_path("runs"));
  snprintf(day_folder, sizeof day_folder, "%s/2024-12-03", runs);
  snprintf(old_folder, sizeof old_folder, "%s", scratch_path("old/2024-12-03"));
  snprintf(new_folder, sizeof new_folder, "%s", scratch_path("new/2024-12-03"));
  settings =
      (churn_nightly_settings){.as_of = churn_day_from_civil(2024, 12, 3), .model = model_path};
  settings.output = scratch_path("old");
  run_night(3);
  settings.output = scratch_path("new");
  run_night(0);
  settings.output = runs;
  assert_false(same_folders(old_folder, new_folder));
  run_night(3);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  churn_project_free(project);
  scratch_remove();
  return 0;
}

/* Nothing but the day and the link, and a whole run under both. */
static void check_runs(bool may_be_old, bool may_be_new, bool litter)
{
  churn_names names = {0};
  churn_error error = {0};
  char target[64] = "", link[1040];
  assert_ok(churn_folder_list(runs, &names, &error), &error);
  size_t left = names.count > 2 && litter ? 1 : 0;
  assert_int_equal(names.count, 2 + left);
  assert_true(left == 0 || strncmp(names.items[0], ".tmp-", 5) == 0);
  assert_string_equal(names.items[left], "2024-12-03");
  assert_string_equal(names.items[left + 1], "latest");
  churn_names_clear(&names);
  snprintf(link, sizeof link, "%s/latest", runs);
  assert_true(readlink(link, target, sizeof target - 1) > 0);
  assert_string_equal(target, "2024-12-03");
  assert_true((may_be_old && same_folders(day_folder, old_folder)) ||
              (may_be_new && same_folders(day_folder, new_folder)));
}

static void fail_each(bool *armed, bool memory, long least)
{
  long failures = 0;
  for (long k = 1;; k++) {
    churn_nightly_report *report = NULL;
    churn_error error = {0};
    run_night(3);
    check_runs(true, false, false);
    failed_once = false;
    countdown = k;
    *armed = true;
    churn_status status = night(0, &report, &error);
    countdown = 0;
    if (!failed_once) {
      assert_ok(status, &error);
      churn_nightly_report_free(report);
      check_runs(false, true, false);
      break;
    }
    failures++;
    assert_int_equal(status == CHURN_OK, report != NULL);
    churn_nightly_report_free(report);
    if (status != CHURN_OK) {
      assert_int_equal(error.status, status);
      assert_true(error.message[0] != '\0');
    }
    if (status != CHURN_OK && memory)
      assert_int_equal(status, CHURN_NO_MEMORY);
    /* What cannot be taken away without memory is left to the next run. */
    check_runs(status != CHURN_OK, status == CHURN_OK, memory);
  }
  assert_true(failures >= least);
}

static void each_system_call(void **state)
{
  (void)state;
  no_exchange = false;
  fail_each(&system_armed, false, 20);
}

static void each_system_call_where_folders_cannot_be_exchanged(void **state)
{
  (void)state;
  no_exchange = true;
  fail_each(&system_armed, false, 20);
  no_exchange = false;
}

static void each_allocation(void **state)
{
  (void)state;
  fail_each(&memory_armed, true, 200);
}

/* The model is that of the day's list, and where there is none that of the registry. */
static void each_allocation_while_the_model_is_chosen(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = NULL;
  churn_registry_change change = {.day = CHURN_DAY_MISSING, .by = "a test", .why = "to choose"};
  bool changed;
  enum { CHOOSING = 60 };
  assert_ok(churn_model_read(model_path, &model, &error), &error);
  assert_ok(churn_registry_add(project, model, &change, &error), &error);
  assert_ok(churn_registry_promote(project, model->id, &change, &changed, &error), &error);
  churn_model_free(model);
  run_night(3);
  settings.model = NULL;
  /* The choice comes first, but for the remarks, without which a night goes on; once with the day's
   * list there, once without. */
  for (long k = 1; k <= 2 * CHOOSING; k++) {
    churn_nightly_report *report = NULL;
    if (k == CHOOSING + 1)
      settings.output = scratch_path("elsewhere");
    countdown = 2 + (k - 1) % CHOOSING;
    memory_armed = true;
    assert_int_equal(night(3, &report, &error), CHURN_NO_MEMORY);
    assert_null(report);
  }
  countdown = 0;
  check_runs(true, false, false);
  settings.model = model_path;
  settings.output = runs;
}

/* What stood there is nowhere lost, also where folders cannot change places. */
static void killed_at_each_system_call(void **state)
{
  (void)state;
  churn_error error = {0};
  size_t kills = 0;
  int how = 0;
  no_exchange = true;
  for (long k = 1; k == 1 || WEXITSTATUS(how) == 9; k++) {
    run_night(3);
    check_runs(true, false, false);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      churn_nightly_report *report = NULL;
      dies = system_armed = true;
      countdown = k;
      _exit(night(0, &report, &error) == CHURN_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    kills += WEXITSTATUS(how) == 9;
    assert_ok(churn_staging_mend(runs, &error), &error);
    check_runs(true, true, false);
  }
  no_exchange = false;
  assert_int_equal(WEXITSTATUS(how), 0);
  assert_true(kills >= 20);
}

/* The list is published: who cannot set the link says so, and takes nothing back. */
static void what_fails_after_publishing_is_told(void **state)
{
  (void)state;
  churn_nightly_report *report = NULL;
  churn_error error = {0};
  char link[1040];
  run_night(3);
  snprintf(link, sizeof link, "%s/latest", runs);
  assert_int_equal(unlink(link), 0);
  links_fail = true;
  countdown = 1;
  churn_status status = night(0, &report, &error);
  links_fail = false;
  assert_ok(status, &error);
  assert_int_equal(report->unfinished, 1);
  assert_false(report->latest);
  assert_true(same_folders(day_folder, new_folder));
  churn_nightly_report_free(report);
  assert_ok(night(0, &report, &error), &error);
  assert_true(report->unchanged && report->latest);
  assert_int_equal(report->unfinished, 0);
  churn_nightly_report_free(report);
  check_runs(false, true, false);
}

/* Asked to stop while it writes, it publishes nothing. */
static void a_stop_leaves_what_was(void **state)
{
  (void)state;
  churn_stop_request stop = {.asked = 1};
  churn_run run = {.threads = 1, .stop = &stop};
  churn_nightly_report *report = NULL;
  churn_error error = {0};
  run_night(3);
  settings.top = 0;
  assert_int_equal(churn_nightly(project, &settings, &run, &report, &error), CHURN_INTERNAL);
  assert_null(report);
  assert_int_equal(stop.worth, 0);
  check_runs(true, false, false);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_system_call),
      cmocka_unit_test(each_system_call_where_folders_cannot_be_exchanged),
      cmocka_unit_test(each_allocation),
      cmocka_unit_test(each_allocation_while_the_model_is_chosen),
      cmocka_unit_test(killed_at_each_system_call),
      cmocka_unit_test(what_fails_after_publishing_is_told),
      cmocka_unit_test(a_stop_leaves_what_was),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
