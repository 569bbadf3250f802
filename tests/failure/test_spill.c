/* A feature table under a bound that nothing fits into, while each call that temporary files need
 * (open, mkostemp, pwrite, pread, mmap) and each allocation fails in turn: the answer is
 * CANNOT_CREATE, PERMISSION, IO or NO_MEMORY with words and the folder's name, or the table is the
 * same all the same; the file that stood at the output's place is as it was; no temporary file
 * stays; nothing leaks (the sanitizer looks).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "failing_memory.h"
#include "program.h"
#include "support.h"
#include "tiny_project.h"

#include <churn/churn.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum step { OPEN, MKOSTEMP, PWRITE, PREAD, MMAP, ALLOCATE, STEPS } step;
static const char *const step_names[STEPS] = {"open",  "mkostemp", "pwrite",
                                              "pread", "mmap",     "an allocation"};

int __real_open(const char *path, int flags, ...);
int __real_mkostemp(char *name, int flags);
ssize_t __real_pwrite(int descriptor, const void *bytes, size_t length, off_t at);
ssize_t __real_pread(int descriptor, void *bytes, size_t length, off_t at);
void *__real_mmap(void *at, size_t length, int protection, int flags, int descriptor, off_t from);
int __wrap_open(const char *path, int flags, ...);
int __wrap_mkostemp(char *name, int flags);
ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t length, off_t at);
ssize_t __wrap_pread(int descriptor, void *bytes, size_t length, off_t at);
void *__wrap_mmap(void *at, size_t length, int protection, int flags, int descriptor, off_t from);

/* While armed: calls of `failing` until one fails with `reason`. */
static bool armed, failed_once;
static step failing;
static long countdown;
static int reason;

/* How files are made, and how much a call takes. */
static bool no_unnamed_files, interrupted, interrupt_next;
static size_t most_at_once = SIZE_MAX;

static bool fails(step now)
{
  if (!armed || now != failing || --countdown != 0)
    return false;
  failed_once = true;
  errno = reason;
  return true;
}

static bool allocation_fails(void)
{
  return fails(ALLOCATE);
}

/* Temporary files are the only ones that are opened for both reading and writing. */
int __wrap_open(const char *path, int flags, ...)
{
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  if (no_unnamed_files && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  bool ours = (flags & O_ACCMODE) == O_RDWR || strcmp(path, "/proc/self/statm") == 0;
  return ours && fails(OPEN) ? -1 : __real_open(path, flags, mode);
}

int __wrap_mkostemp(char *name, int flags)
{
  return fails(MKOSTEMP) ? -1 : __real_mkostemp(name, flags);
}

static bool interrupts(void)
{
  interrupt_next = interrupted && !interrupt_next;
  errno = EINTR;
  return interrupt_next;
}

ssize_t __wrap_pwrite(int descriptor, const void *bytes, size_t length, off_t at)
{
  if (fails(PWRITE) || interrupts())
    return -1;
  return __real_pwrite(descriptor, bytes, length < most_at_once ? length : most_at_once, at);
}

ssize_t __wrap_pread(int descriptor, void *bytes, size_t length, off_t at)
{
  if (fails(PREAD) || interrupts())
    return -1;
  return __real_pread(descriptor, bytes, length < most_at_once ? length : most_at_once, at);
}

void *__wrap_mmap(void *at, size_t length, int protection, int flags, int descriptor, off_t from)
{
  return fails(MMAP) ? MAP_FAILED : __real_mmap(at, length, protection, flags, descriptor, from);
}

typedef struct fixture {
  churn_project *project;
  char *golden;
  char *folder; /* of temporary files */
} fixture;

static churn_status write_table(const fixture *f, const char *path, uint64_t memory_bytes,
                                churn_error *error)
{
  static const churn_features_settings all = {NULL, CHURN_DAY_MISSING, CHURN_DAY_MISSING};
  churn_run run = {.threads = 1, .memory_bytes = memory_bytes};
  return churn_features_write(f->project, &all, path, &run, NULL, error);
}

static int set_up(void **state)
{
  fixture *f = calloc(1, sizeof *f);
  churn_error error = {.status = CHURN_OK};
  assert_non_null(f);
  *state = f;
  scratch_make();
  tiny_project_write();
  assert_ok(churn_project_read(scratch_path("tiny.yaml"), NULL, 0, NULL, &f->project, &error),
            &error);
  assert_int_equal(mkdir(scratch_path("out"), 0777) | mkdir(scratch_path("temporary"), 0777), 0);
  f->folder = strdup(scratch_path("temporary"));
  setenv("TMPDIR", f->folder, 1);
  assert_ok(write_table(f, scratch_path("golden"), 0, &error), &error);
  f->golden = file_read(scratch_path("golden"), NULL);
  assert_non_null(f->golden);
  return 0;
}

static int tear_down(void **state)
{
  fixture *f = *state;
  churn_project_free(f->project);
  free(f->golden);
  free(f->folder);
  free(f);
  scratch_remove();
  return 0;
}

static const char *fault_of_files(const fixture *f, const char *target)
{
  DIR *folder = opendir(f->folder);
  size_t entries = 0;
  assert_non_null(folder);
  while (readdir(folder) != NULL)
    entries++;
  closedir(folder);
  if (entries != 2)
    return "a temporary file stayed";
  char *bytes = target == NULL ? NULL : file_read(target, NULL);
  bool same = target == NULL || (bytes != NULL && strcmp(bytes, f->golden) == 0);
  free(bytes);
  return same ? NULL : "the table is another one";
}

static const char *fault_of_error(const fixture *f, churn_status status, const churn_error *error)
{
  if (error->status != status || error->message[0] == '\0')
    return "no words";
  if (failing == ALLOCATE)
    return status == CHURN_NO_MEMORY ? NULL : "another status";
  churn_status expected = failing == OPEN || failing == MKOSTEMP
                              ? reason == EACCES ? CHURN_PERMISSION : CHURN_CANNOT_CREATE
                              : CHURN_IO;
  if (status != expected)
    return "another status";
  return strcmp(error->file, f->folder) == 0 ? NULL : "another file";
}

/* Fails the first call of a step, the second, … until none is left. Gives how many made the call
 * fail. */
static long fail_step(const fixture *f, step which, int system_error)
{
  long refused = 0;
  for (long number = 1;; number++) {
    churn_error error = {.status = CHURN_OK};
    guarded_file guard = guard_make("out/target");
    failing = which;
    reason = system_error;
    countdown = number;
    failed_once = false;
    armed = true;
    churn_status status = write_table(f, guard.path, 1, &error);
    armed = false;
    const char *fault = fault_of_files(f, status == CHURN_OK ? guard.path : NULL);
    if (status != CHURN_OK && fault == NULL)
      fault = guard_fault(&guard);
    if (status != CHURN_OK && fault == NULL)
      fault = fault_of_error(f, status, &error);
    if (fault != NULL)
      print_error("%s %ld fails: %s: %s: %s: %s\n", step_names[which], number, fault,
                  churn_status_name(status), error.file, error.message);
    assert_null(fault);
    if (!failed_once)
      return refused;
    refused += status != CHURN_OK;
  }
}

static void each_call(void **state)
{
  const fixture *f = *state;
  /* Two histories: a file of pieces and one of columns each. */
  assert_true(fail_step(f, OPEN, EMFILE) == 4);
  assert_true(fail_step(f, OPEN, EACCES) == 4);
  assert_true(fail_step(f, PWRITE, ENOSPC) >= 4);
  assert_true(fail_step(f, PWRITE, EDQUOT) >= 4);
  assert_true(fail_step(f, PREAD, EIO) >= 4);
  assert_true(fail_step(f, MMAP, EINVAL) == 2);
  no_unnamed_files = true;
  assert_true(fail_step(f, MKOSTEMP, ENOSPC) == 4);
  no_unnamed_files = false;
}

static void each_allocation(void **state)
{
  assert_true(fail_step(*state, ALLOCATE, ENOMEM) > 100);
}

static void small_steps_and_interruptions(void **state)
{
  const fixture *f = *state;
  churn_error error = {.status = CHURN_OK};
  interrupted = true;
  most_at_once = 7;
  assert_ok(write_table(f, scratch_path("out/target"), 1, &error), &error);
  interrupted = false;
  most_at_once = SIZE_MAX;
  assert_null(fault_of_files(f, scratch_path("out/target")));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"each call that temporary files need", each_call, NULL, NULL, NULL},
      {"each allocation", each_allocation, NULL, NULL, NULL},
      {"calls that do a little at a time, or are interrupted", small_steps_and_interruptions, NULL,
       NULL, NULL},
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
