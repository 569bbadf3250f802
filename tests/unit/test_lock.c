/* The lock on a project: one at a time, nothing left behind, given up whatever ends the holder.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/lock.h"
#include "support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static churn_status take(const char *path, churn_lock **lock)
{
  churn_error error;
  return churn_lock_take(path, lock, &error);
}

static void the_second_taker_is_told_that_another_one_runs(void **state)
{
  (void)state;
  churn_lock *first = NULL, *second = NULL;
  churn_error error;
  const char *path = scratch_write("project.yaml", "version: 1\n");
  assert_int_equal(take(path, &first), CHURN_OK);
  assert_int_equal(churn_lock_take(path, &second, &error), CHURN_BUSY);
  assert_non_null(strstr(error.message, "another nightly or retrain of this project is running"));
  assert_null(second);
  churn_lock_release(first);
  assert_int_equal(take(path, &second), CHURN_OK);
  churn_lock_release(second);
  churn_lock_release(NULL);
}

static void a_read_only_folder_and_file_are_enough(void **state)
{
  (void)state;
  churn_lock *lock = NULL;
  const char *folder = scratch_path("still");
  assert_int_equal(mkdir(folder, 0755), 0);
  const char *path = scratch_write("still/project.yaml", "version: 1\n");
  chmod(path, 0444);
  chmod(folder, 0555);
  assert_int_equal(take(path, &lock), CHURN_OK);
  churn_lock_release(lock);
  chmod(folder, 0755);
}

static void a_link_to_the_file_is_the_same_lock(void **state)
{
  (void)state;
  churn_lock *first = NULL, *second = NULL;
  const char *path = scratch_write("target.yaml", "version: 1\n"),
             *link = scratch_path("link.yaml");
  assert_int_equal(symlink("target.yaml", link), 0);
  assert_int_equal(take(link, &first), CHURN_OK);
  assert_int_equal(take(path, &second), CHURN_BUSY);
  churn_lock_release(first);
}

static void what_cannot_be_locked_is_told(void **state)
{
  (void)state;
  churn_lock *lock = NULL;
  assert_int_equal(take(scratch_path("absent.yaml"), &lock), CHURN_NO_INPUT);
  assert_int_equal(take("-", &lock), CHURN_USAGE);
  assert_null(lock);
}

/* The child says through the pipe that it holds the lock, and then never gives it up itself. */
static void a_killed_holder_holds_no_more(void **state)
{
  (void)state;
  churn_lock *lock = NULL;
  int pipes[2];
  char byte = 0;
  const char *path = scratch_write("project.yaml", "version: 1\n");
  assert_int_equal(pipe(pipes), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    bool held = take(path, &lock) == CHURN_OK;
    (void)!write(pipes[1], held ? "y" : "n", 1);
    for (;;)
      pause();
  }
  assert_int_equal(read(pipes[0], &byte, 1), 1);
  assert_int_equal(byte, 'y');
  assert_int_equal(take(path, &lock), CHURN_BUSY);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  assert_int_equal(take(path, &lock), CHURN_OK);
  churn_lock_release(lock);
  close(pipes[0]);
  close(pipes[1]);
}

static void a_time_is_read_back_as_it_was_written(void **state)
{
  (void)state;
  /* `date -u -d @N +%FT%TZ` of GNU coreutils 9.1 */
  static const struct {
    int64_t seconds;
    const char *text;
  } cases[] = {{0, "1970-01-01T00:00:00Z"},
               {1772503811, "2026-03-03T02:10:11Z"},
               {-1, "1969-12-31T23:59:59Z"},
               {951868799, "2000-02-29T23:59:59Z"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[CHURN_CLOCK_TEXT_SIZE];
    int64_t back = 17;
    churn_clock_format(cases[i].seconds, text);
    assert_string_equal(text, cases[i].text);
    assert_true(churn_clock_parse(text, &back));
    assert_int_equal(back, cases[i].seconds);
  }
}

static void other_forms_are_no_time(void **state)
{
  (void)state;
  static const char *const texts[] = {"",
                                      "2026-03-03",
                                      "2026-03-03 02:10:11Z",
                                      "2026-03-03T02:10:11+",
                                      "2026-02-30T02:10:11Z",
                                      "2026-03-03T24:10:11Z",
                                      "2026-03-03T02:60:11Z",
                                      "2026-03-03T02:10:61Z",
                                      "2026-03-03T02:10:11Z0"};
  int64_t seconds = 17;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    assert_false(churn_clock_parse(texts[i], &seconds));
  assert_int_equal(seconds, 17);
}

static void the_environment_may_say_what_time_it_is(void **state)
{
  (void)state;
  setenv("SOURCE_DATE_EPOCH", "1772503811", 1);
  assert_int_equal(churn_clock_now(), 1772503811);
  assert_int_equal(churn_clock_day(churn_clock_now()), churn_day_parse("2026-03-03", 10));
  setenv("SOURCE_DATE_EPOCH", "1772503811 ", 1);
  assert_true(churn_clock_now() > 1772503811);
  unsetenv("SOURCE_DATE_EPOCH");
  assert_true(churn_clock_now() > 1772503811);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_second_taker_is_told_that_another_one_runs, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_read_only_folder_and_file_are_enough, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_link_to_the_file_is_the_same_lock, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(what_cannot_be_locked_is_told, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(a_killed_holder_holds_no_more, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test(a_time_is_read_back_as_it_was_written),
      cmocka_unit_test(other_forms_are_no_time),
      cmocka_unit_test(the_environment_may_say_what_time_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
