/* Reads through the cache while something under them fails: every allocation in turn (no memory, or
 * the same table without the cache), every write, flush and naming of a file (the same table, with
 * a warning), in a cold, a warm and a grown cache. And a warm read opens nothing but the cache.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "failing_memory.h"
#include "same_table.h"
#include "source/cache.h"

#include "base/error.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_write(int descriptor, const void *bytes, size_t length);
ssize_t __wrap_write(int descriptor, const void *bytes, size_t length);
int __real_fsync(int descriptor);
int __wrap_fsync(int descriptor);
int __real_linkat(int from, const char *path, int to, const char *name, int flags);
int __wrap_linkat(int from, const char *path, int to, const char *name, int flags);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* Calls until one fails; 0 = none fails. */
static long allocations, writings;
static time_t later; /* added to the clock */
static size_t source_opened;

static bool fails(long *countdown, int reason)
{
  if (*countdown == 0 || --*countdown > 0)
    return false;
  errno = reason;
  return true;
}

static bool allocation_fails(void)
{
  return fails(&allocations, ENOMEM);
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
  if (makes && fails(&writings, EACCES))
    return -1;
  size_t length = strlen(path);
  source_opened += length > 4 && strcmp(path + length - 4, ".csv") == 0;
  return __real_open(path, flags, mode);
}

ssize_t __wrap_write(int descriptor, const void *bytes, size_t length)
{
  return fails(&writings, ENOSPC) ? -1 : __real_write(descriptor, bytes, length);
}

int __wrap_fsync(int descriptor)
{
  return fails(&writings, EIO) ? -1 : __real_fsync(descriptor);
}

int __wrap_linkat(int from, const char *path, int to, const char *name, int flags)
{
  return fails(&writings, EACCES) ? -1 : __real_linkat(from, path, to, name, flags);
}

int __wrap_rename(const char *from, const char *to)
{
  return fails(&writings, EACCES) ? -1 : __real_rename(from, to);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
  int result = __real_clock_gettime(clock, now);
  now->tv_sec += clock == CLOCK_REALTIME ? later : 0;
  return result;
}

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

static const churn_column_request requests[] = {
    {.heading = "id", .type = CHURN_TYPE_ID},
    {.heading = "c", .type = CHURN_TYPE_CATEGORY},
    {.heading = "n", .type = CHURN_TYPE_NUMBER},
    {.heading = "d", .type = CHURN_TYPE_DAY},
    {.heading = "gone", .type = CHURN_TYPE_FLAG, .optional = true},
};
static const churn_format format = {.max_bad_rows = 2};
static const char rows[] = "id,c,x,n,d\nA,web,1,2.385,2024-01-01\nB,\"ph\none\",2,3.5,2024-01-02\n"
                           "C,web,3,many,\nE,mail,5,,2024-01-03\nF,web,6,7,2024-01-04\n";
static const char more[] = "G,fax,7,8,2024-01-05\n";

static read_outcome read_it(const char *path, const char *cache)
{
  const churn_table_settings settings = {.keep_lines = true, .cache = cache};
  return read_outcome_of(path, &format, requests, 5, &settings, 1);
}

static void empty(const char *cache)
{
  DIR *folder = opendir(cache);
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
    if (entry->d_name[0] != '.')
      assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
  if (folder != NULL)
    closedir(folder);
}

typedef enum condition { COLD, WARM, UP_GROWN, CONDITIONS } condition;

/* A cache in that condition, and the whole source at `path`. */
static void prepare(const char *path, const char *cache, condition now)
{
  char both[1024];
  snprintf(both, sizeof both, "%s%s", rows, more);
  empty(cache);
  scratch_write("t.csv", now == UP_GROWN ? rows : both);
  if (now != COLD) {
    read_outcome first = read_it(path, cache);
    assert_ok(first.status, &first.error);
    read_outcome_clear(&first);
  }
  if (now == UP_GROWN) {
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_true(fputs(more, file) >= 0);
    assert_int_equal(fclose(file), 0);
  }
}

static void check_all(long *countdown, bool memory, condition now, long least)
{
  char path[512], cache[512];
  snprintf(path, sizeof path, "%s", scratch_path("t.csv"));
  snprintf(cache, sizeof cache, "%s", scratch_path("cache"));
  long failed = 0;
  for (bool through = false; !through; failed++) {
    prepare(path, cache, now);
    read_outcome plain = read_it(path, NULL);
    churn_notes *notes = churn_notes_new();
    const churn_run run = {.threads = 1, .notes = notes};
    const churn_table_settings settings = {.keep_lines = true, .cache = cache};
    read_outcome o = {.notes = notes};
    *countdown = failed + 1;
    o.status = churn_table_read(path, &format, requests, 5, &settings, &run, &o.table, &o.error);
    through = *countdown > 0;
    *countdown = 0;
    if (o.status == CHURN_OK && churn_notes_lost(notes) == 0)
      assert_same_outcome(&plain, &o);
    else if (o.status != CHURN_OK)
      assert_true(memory && o.status == CHURN_NO_MEMORY && o.table == NULL);
    if (!memory && !through && now != WARM)
      assert_int_equal(count_notes(notes, "cache_not_written"), 1);
    read_outcome_clear(&o);
    /* Whatever was left behind, the next run is right. */
    o = read_it(path, cache);
    assert_same_outcome(&plain, &o);
    read_outcome_clear(&o);
    read_outcome_clear(&plain);
  }
  assert_true(failed > least);
}

static void any_allocation_may_fail(void **state)
{
  (void)state;
  check_all(&allocations, true, COLD, 150);
  check_all(&allocations, true, WARM, 50);
  check_all(&allocations, true, UP_GROWN, 150);
}

static void any_write_may_fail(void **state)
{
  (void)state;
  check_all(&writings, false, COLD, 6);
  check_all(&writings, false, UP_GROWN, 6);
}

static void a_warm_read_does_not_open_the_source(void **state)
{
  (void)state;
  char path[512], cache[512];
  snprintf(path, sizeof path, "%s", scratch_path("t.csv"));
  snprintf(cache, sizeof cache, "%s", scratch_path("cache"));
  prepare(path, cache, WARM);
  later = 10; /* the file's last change lies ten seconds back */
  read_outcome settling = read_it(path, cache), first = read_it(path, NULL);
  source_opened = 0;
  read_outcome warm = read_it(path, cache);
  assert_int_equal(source_opened, 0);
  assert_same_outcome(&first, &warm);
  assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
  read_outcome touched = read_it(path, cache);
  assert_int_equal(source_opened, 1); /* for its hash */
  assert_same_outcome(&first, &touched);
  later = 0;
  read_outcome_clear(&settling);
  read_outcome_clear(&first);
  read_outcome_clear(&warm);
  read_outcome_clear(&touched);
}

static void kept_types_need_no_source(void **state)
{
  (void)state;
  char cache[512], path[512];
  snprintf(cache, sizeof cache, "%s", scratch_path("types"));
  snprintf(path, sizeof path, "%s",
           scratch_write("types.csv", "a,b,c\n2.385,2024-01-01,x\n,2024-02-01,y\n"));
  later = 10;
  for (int round = 0; round < 2; round++) {
    churn_column_request some[] = {{.heading = "c"}, {.heading = "a"}, {.heading = "b"}};
    churn_error error;
    char **headings = NULL;
    size_t count = 0;
    source_opened = 0;
    assert_ok(churn_cache_headings(path, &format, cache, NULL, &headings, &count, &error), &error);
    assert_int_equal(count, 3);
    assert_string_equal(headings[2], "c");
    for (size_t i = 0; i < count; i++)
      free(headings[i]);
    free(headings);
    assert_ok(churn_cache_infer(path, &format, some, 3, cache, NULL, &error), &error);
    assert_int_equal(some[0].type, CHURN_TYPE_CATEGORY);
    assert_int_equal(some[1].type, CHURN_TYPE_NUMBER);
    assert_int_equal(some[2].type, CHURN_TYPE_DAY);
    assert_int_equal(source_opened > 0, round == 0);
  }
  /* One day that is none: found again. */
  scratch_write("types.csv", "a,b,c\n2.385,2024-01-01,x\n,2024-0x-01,y\n");
  churn_column_request one = {.heading = "b"};
  churn_error error;
  assert_ok(churn_cache_infer(path, &format, &one, 1, cache, NULL, &error), &error);
  assert_int_equal(one.type, CHURN_TYPE_CATEGORY);
  later = 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_allocation_may_fail),
      cmocka_unit_test(any_write_may_fail),
      cmocka_unit_test(a_warm_read_does_not_open_the_source),
      cmocka_unit_test(kept_types_need_no_source),
  };
  return cmocka_run_group_tests_name("cached failures", tests, set_up, scratch_teardown);
}
