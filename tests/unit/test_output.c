/* A file is complete under its final name, or what stood there before is still there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/output.h"
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static churn_output *output;
static churn_error error;

static int set_up(void **state)
{
  (void)state;
  scratch_make();
  output = NULL;
  memset(&error, 0, sizeof error);
  return 0;
}

static void assert_file(const char *name, const char *expected)
{
  size_t length = 0;
  char *found = file_read(scratch_path(name), &length);
  assert_non_null(found);
  assert_int_equal(length, strlen(expected));
  assert_string_equal(found, expected);
  free(found);
}

static size_t files_in_scratch(void)
{
  DIR *folder = opendir(scratch_path(""));
  size_t count = 0;
  assert_non_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(folder);
  return count;
}

static void open_output(const char *path)
{
  assert_ok(churn_output_open(path, &output, &error), &error);
}

static void everything_written_is_in_the_file(void **state)
{
  (void)state;
  open_output(scratch_path("out.csv"));
  churn_output_text(output, "a,");
  churn_output_write(output, "b\0c", 3);
  churn_output_printf(output, ",%d:%s,", 42, "x");
  churn_output_number(output, 0.1);
  churn_output_text(output, ",");
  churn_output_number(output, NAN);
  churn_output_text(output, ",");
  churn_output_whole(output, UINT64_MAX);
  assert_ok(churn_output_commit(output, &error), &error);
  size_t length = 0;
  char *found = file_read(scratch_path("out.csv"), &length);
  static const char expected[] = "a,b\0c,42:x,0.1,,18446744073709551615";
  assert_int_equal(length, sizeof expected - 1);
  assert_memory_equal(found, expected, length);
  free(found);
}

static void fields_are_quoted_where_csv_needs_it(void **state)
{
  static const char *const fields[] = {"plain",      "",        "a,b",   "say \"hi\"",
                                       "two\nlines", "cr\r",    " lead", "trail ",
                                       "\ttab",      "in side", "é"};
  (void)state;
  open_output(scratch_path("out.csv"));
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    churn_output_csv(output, fields[i], strlen(fields[i]));
    churn_output_text(output, ";");
  }
  churn_output_csv(output, "a,b", 1);
  assert_ok(churn_output_commit(output, &error), &error);
  assert_file("out.csv", "plain;;\"a,b\";\"say \"\"hi\"\"\";\"two\nlines\";\"cr\r\";\" lead\";"
                         "\"trail \";\"\ttab\";in side;é;a");
}

/* Pieces around the size of the buffer (65536), so that every way through it is taken. */
static void pieces_of_any_size_keep_their_order(void **state)
{
  static const size_t sizes[] = {1, 65535, 1, 65536, 65537, 3, 200000, 65534, 2, 0, 7};
  size_t total = 0, at = 0;
  (void)state;
  char *piece = malloc(200000);
  assert_non_null(piece);
  open_output(scratch_path("big"));
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    memset(piece, 'a' + (int)i, sizes[i]);
    churn_output_write(output, piece, sizes[i]);
    total += sizes[i];
  }
  free(piece);
  assert_ok(churn_output_commit(output, &error), &error);
  size_t length = 0;
  char *found = file_read(scratch_path("big"), &length);
  assert_int_equal(length, total);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    for (size_t k = 0; k < sizes[i]; k++)
      assert_true(found[at++] == (char)('a' + (int)i));
  free(found);
}

static void nothing_appears_before_commit(void **state)
{
  (void)state;
  open_output(scratch_path("out.csv"));
  churn_output_text(output, "half");
  assert_int_not_equal(access(scratch_path("out.csv"), F_OK), 0);
  assert_ok(churn_output_commit(output, &error), &error);
  assert_file("out.csv", "half");
  assert_int_equal(files_in_scratch(), 1);
}

static void a_discarded_output_leaves_the_previous_file(void **state)
{
  (void)state;
  scratch_write("out.csv", "before");
  open_output(scratch_path("out.csv"));
  churn_output_text(output, "after");
  churn_output_discard(output);
  churn_output_discard(NULL);
  assert_file("out.csv", "before");
  assert_int_equal(files_in_scratch(), 1);
}

static void a_committed_output_replaces_the_previous_file_and_keeps_its_mode(void **state)
{
  struct stat found;
  (void)state;
  scratch_write("out.csv", "a longer text than the one that comes");
  assert_int_equal(chmod(scratch_path("out.csv"), 0640), 0);
  open_output(scratch_path("out.csv"));
  churn_output_text(output, "after");
  assert_file("out.csv", "a longer text than the one that comes");
  assert_ok(churn_output_commit(output, &error), &error);
  assert_file("out.csv", "after");
  assert_int_equal(stat(scratch_path("out.csv"), &found), 0);
  assert_int_equal(found.st_mode & 07777, 0640);
  assert_int_equal(files_in_scratch(), 1);
}

/* The target becomes a folder between open and commit, so that the last step fails. */
static void a_failed_last_step_leaves_nothing_behind(void **state)
{
  (void)state;
  open_output(scratch_path("out.csv"));
  churn_output_text(output, "text");
  assert_int_equal(mkdir(scratch_path("out.csv"), 0777), 0);
  assert_int_equal(churn_output_commit(output, &error), CHURN_IO);
  assert_string_equal(error.file, scratch_path("out.csv"));
  assert_int_equal(files_in_scratch(), 1);
  assert_int_equal(rmdir(scratch_path("out.csv")), 0);
}

/* A limit on the size of files stands in for a full disk: the write fails half way. The child keeps
 * the limit to itself; it exits with 0 when the failure was reported as one. */
static int write_past_a_limit(const char *path)
{
  static char block[4096];
  signal(SIGXFSZ, SIG_IGN);
  if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){100000, 100000}) != 0 ||
      churn_output_open(path, &output, &error) != CHURN_OK)
    return 1;
  for (int i = 0; i < 100; i++)
    churn_output_write(output, block, sizeof block);
  return churn_output_commit(output, &error) == CHURN_IO && error.status == CHURN_IO ? 0 : 2;
}

static void a_failed_write_leaves_the_previous_file(void **state)
{
  int ended = 0;
  (void)state;
  scratch_write("out.csv", "before");
  pid_t child = fork();
  if (child == 0)
    _exit(write_past_a_limit(scratch_path("out.csv")));
  assert_int_equal(waitpid(child, &ended, 0), child);
  assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
  assert_file("out.csv", "before");
  assert_int_equal(files_in_scratch(), 1);
}

static void a_full_device_is_an_io_error(void **state)
{
  (void)state;
  if (access("/dev/full", W_OK) != 0) {
    print_message("no /dev/full here\n");
    skip();
  }
  assert_int_equal(symlink("/dev/full", scratch_path("full.csv")), 0);
  open_output(scratch_path("full.csv"));
  churn_output_text(output, "does not fit");
  assert_int_equal(churn_output_commit(output, &error), CHURN_IO);
  assert_int_equal(error.status, CHURN_IO);
  assert_non_null(strstr(error.message, "No space left"));
  assert_int_equal(files_in_scratch(), 1);
}

static void a_device_is_written_in_place(void **state)
{
  (void)state;
  open_output("/dev/null");
  churn_output_text(output, "gone");
  assert_ok(churn_output_commit(output, &error), &error);
}

static void assert_cannot_open(const char *path, churn_status expected)
{
  assert_int_equal(churn_output_open(path, &output, &error), expected);
  assert_int_equal(error.status, expected);
  assert_string_equal(error.file, path);
  assert_null(output);
}

static void places_where_no_file_can_be_are_refused_at_open(void **state)
{
  (void)state;
  assert_cannot_open(scratch_path("no/such/folder/out.csv"), CHURN_CANNOT_CREATE);
  assert_int_equal(mkdir(scratch_path("folder"), 0777), 0);
  assert_cannot_open(scratch_path("folder"), CHURN_CANNOT_CREATE);
  scratch_write("file", "x");
  assert_cannot_open(scratch_path("file/out.csv"), CHURN_CANNOT_CREATE);
}

/* Root may write anywhere, so the child becomes somebody else first. */
static int write_as_somebody(const char *path)
{
  if (geteuid() == 0 && setuid(65534) != 0)
    return 1;
  churn_status status = churn_output_open(path, &output, &error);
  return status == CHURN_PERMISSION && error.status == status && output == NULL ? 0 : 2;
}

static void a_read_only_folder_is_a_matter_of_permission(void **state)
{
  int ended = 0;
  (void)state;
  assert_int_equal(chmod(scratch_path(""), 0755), 0);
  assert_int_equal(mkdir(scratch_path("locked"), 0555), 0);
  pid_t child = fork();
  if (child == 0)
    _exit(write_as_somebody(scratch_path("locked/out.csv")));
  assert_int_equal(waitpid(child, &ended, 0), child);
  assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

/* A process that dies while writing leaves the previous file and no part of the new one. */
static void a_killed_writer_leaves_the_previous_file(void **state)
{
  (void)state;
  scratch_write("out.csv", "before");
  pid_t child = fork();
  if (child == 0) {
    if (churn_output_open(scratch_path("out.csv"), &output, NULL) != CHURN_OK)
      _exit(1);
    for (int i = 0; i < 100000; i++)
      churn_output_text(output, "new text ");
    raise(SIGKILL);
  }
  int ended = 0;
  assert_int_equal(waitpid(child, &ended, 0), child);
  assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGKILL);
  assert_file("out.csv", "before");
  assert_int_equal(files_in_scratch(), 1);
}

static void a_dash_is_standard_output(void **state)
{
  int ends[2];
  char found[32] = "";
  (void)state;
  assert_int_equal(pipe(ends), 0);
  fflush(stdout);
  int before = dup(STDOUT_FILENO);
  assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
  churn_status opened = churn_output_open("-", &output, &error);
  churn_status committed = CHURN_INTERNAL;
  if (opened == CHURN_OK) {
    churn_output_text(output, "to the pipe");
    committed = churn_output_commit(output, &error);
  }
  dup2(before, STDOUT_FILENO);
  close(before);
  close(ends[1]);
  assert_ok(opened, &error);
  assert_ok(committed, &error);
  assert_int_equal(read(ends[0], found, sizeof found - 1), 11);
  assert_string_equal(found, "to the pipe");
  close(ends[0]);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, scratch_teardown)
  const struct CMUnitTest tests[] = {
      TEST(everything_written_is_in_the_file),
      TEST(fields_are_quoted_where_csv_needs_it),
      TEST(pieces_of_any_size_keep_their_order),
      TEST(nothing_appears_before_commit),
      TEST(a_discarded_output_leaves_the_previous_file),
      TEST(a_committed_output_replaces_the_previous_file_and_keeps_its_mode),
      TEST(a_failed_last_step_leaves_nothing_behind),
      TEST(a_failed_write_leaves_the_previous_file),
      TEST(a_full_device_is_an_io_error),
      TEST(a_device_is_written_in_place),
      TEST(places_where_no_file_can_be_are_refused_at_open),
      TEST(a_read_only_folder_is_a_matter_of_permission),
      TEST(a_killed_writer_leaves_the_previous_file),
      TEST(a_dash_is_standard_output)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
