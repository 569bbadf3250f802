/* A read through the cache gives what a read of the file gives, whatever happened to the file and
 * to the cache before: rows appended (good, bad, in the middle of a line), bytes changed in place
 * with the old times put back, another file, other columns, other threads; bytes of the cache
 * flipped everywhere, every file of it cut short.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "same_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEEDS = 20, STEPS = 16, TEXT_SIZE = 1 << 16 };

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

/* Knuth's MMIX generator; the high bits. */
static uint64_t random_state;

static size_t draw(size_t below)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)((random_state >> 33) % below);
}

/* The same heading under two types, and one that the files lack. */
static const churn_column_request all[] = {
    {.heading = "id", .type = CHURN_TYPE_ID},
    {.heading = "day", .type = CHURN_TYPE_DAY},
    {.heading = "text", .type = CHURN_TYPE_CATEGORY},
    {.heading = "n", .type = CHURN_TYPE_NUMBER},
    {.heading = "n", .type = CHURN_TYPE_CATEGORY},
    {.heading = "gone", .type = CHURN_TYPE_FLAG, .optional = true},
    {.heading = "due", .type = CHURN_TYPE_SCHEDULED, .optional = true},
};
enum { ALL = sizeof all / sizeof all[0] };

/* Exports are in any order or grouped by customer. */
static bool grouped;
static size_t customer;

static size_t append_row(char *text, size_t used)
{
  static const char *const words[] = {"web", "mail", "\"a \"\"b\"\"\"", "\"two\nlines\"", "", "NA"};
  static const char *const numbers[] = {"7", "2.385", "", "-0", "1e300", "254", "255"};
  const char *n = draw(150) == 0 ? "many" : numbers[draw(7)];
  const char *end = draw(200) == 0 ? ",extra" : "";
  if (!grouped || draw(9) == 0)
    customer = draw(40);
  return used + (size_t)snprintf(text + used, TEXT_SIZE - used, "C%zu,20%02zu-0%zu-1%zu,%s,%s%s%s",
                                 customer, draw(30), 1 + draw(9), draw(10), words[draw(6)], n, end,
                                 draw(3) == 0 ? "\r\n" : "\n");
}

static size_t make_text(char *text)
{
  size_t used = (size_t)snprintf(text, TEXT_SIZE, "%sid,day,text,n%s\n",
                                 draw(5) == 0 ? "\xEF\xBB\xBF" : "", draw(3) == 0 ? ",due" : "");
  bool due = strstr(text, "due") != NULL;
  grouped = draw(2) == 0;
  for (size_t rows = draw(120); rows > 0; rows--) {
    used = append_row(text, used);
    if (due && text[used - 2] != '\r' && draw(40) != 0) { /* else a row too short */
      text[used - 1] = ',';
      text[used++] = '\n';
    }
  }
  if (draw(6) == 0)
    used--; /* no line end */
  return used;
}

static void write_in_place(const char *path, const char *text, size_t used)
{
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, used), used);
  close(file);
}

/* One of the things that happen to a file between two runs. */
static size_t disturb(const char *path, char *text, size_t used)
{
  struct stat before;
  assert_int_equal(stat(path, &before), 0);
  switch (draw(6)) {
  case 0:
    used = make_text(text);
    break;
  case 1:
    if (used > 40) /* a digit of some day, the size as it was */
      for (size_t at = 20 + draw(used - 20); at < used; at++)
        if (text[at] >= '1' && text[at] <= '8') {
          text[at]++;
          break;
        }
    break;
  case 2:
  case 3:
    if (text[used - 1] != '\n' && draw(2) == 0)
      text[used++] = '\n';
    for (size_t rows = 1 + draw(30); rows > 0 && used < TEXT_SIZE - 200; rows--)
      used = append_row(text, used);
    break;
  case 4:
    used -= used > 100 ? draw(40) : 0;
    break;
  default:
    return used;
  }
  write_in_place(path, text, used);
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  if (draw(2) == 0)
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
  return used;
}

/* A read of some columns, cached and not. Returns how often the cache was made anew. */
static size_t compare_once(const char *path, const char *cache, const churn_format *format)
{
  churn_column_request some[ALL];
  size_t count = 0, rebuilt;
  for (size_t c = 0; c < ALL; c++)
    if (draw(3) != 0)
      some[count++] = all[c];
  churn_table_settings plain = {
      .keep_lines = draw(2) == 0, .most_rejects = draw(3), .collect_all = draw(10) == 0};
  churn_table_settings cached = plain;
  cached.cache = cache;
  read_outcome a = read_outcome_of(path, format, some, count, &plain, 1);
  read_outcome b = read_outcome_of(path, format, some, count, &cached, 1 + (int)draw(3));
  assert_same_outcome(&a, &b);
  assert_int_equal(count_notes(b.notes, "cache_not_written"), 0);
  rebuilt = count_notes(b.notes, "cache_rebuilt");
  read_outcome_clear(&a);
  read_outcome_clear(&b);
  return rebuilt;
}

static void a_cached_read_is_a_read_of_the_file(void **state)
{
  (void)state;
  char *text = malloc(TEXT_SIZE);
  assert_non_null(text);
  for (size_t seed = 1; seed <= SEEDS; seed++) {
    random_state = seed;
    char name[32], folder[32];
    snprintf(name, sizeof name, "t%zu.csv", seed);
    snprintf(folder, sizeof folder, "cache%zu", seed);
    char path[512], cache[512];
    snprintf(path, sizeof path, "%s", scratch_path(name));
    snprintf(cache, sizeof cache, "%s", scratch_path(folder));
    const churn_format format = {.max_bad_rows = draw(2) == 0 ? 6 : 0};
    size_t used = make_text(text);
    write_in_place(path, text, used);
    for (size_t step = 0; step < STEPS; step++) {
      compare_once(path, cache, &format);
      used = disturb(path, text, used);
    }
  }
  free(text);
}

static const churn_column_request plain_four[] = {
    {.heading = "id", .type = CHURN_TYPE_ID},
    {.heading = "day", .type = CHURN_TYPE_DAY},
    {.heading = "text", .type = CHURN_TYPE_CATEGORY},
    {.heading = "n", .type = CHURN_TYPE_NUMBER},
};

/* Reads the four columns through the cache and holds them against `plain`. */
static size_t rebuilt_by(const char *path, const char *cache, const churn_format *format,
                         const read_outcome *plain)
{
  const churn_table_settings settings = {.keep_lines = true, .cache = cache};
  read_outcome b = read_outcome_of(path, format, plain_four, 4, &settings, 1);
  assert_same_outcome(plain, &b);
  size_t rebuilt = count_notes(b.notes, "cache_rebuilt");
  read_outcome_clear(&b);
  return rebuilt;
}

/* Paths of the files of the cache. */
static size_t list_files(const char *cache, char paths[8][1024])
{
  size_t count = 0;
  DIR *folder = opendir(cache);
  assert_non_null(folder);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL && count < 8;)
    if (entry->d_name[0] != '.')
      snprintf(paths[count++], 1024, "%s/%s", cache, entry->d_name);
  closedir(folder);
  return count;
}

/* A file of two segments: list and two data files. */
static void make_cached(char *path, char *cache, const churn_format *format, read_outcome *plain)
{
  static const char *const rows[] = {
      "id,day,text,n\nA,2024-01-01,web,2.385\nB,2024-02-01,mail,7\nA,2023-01-01,web,many\n"
      "C,2022-03-04,,\nDD,2021-05-06,\"x y\",300\nE,2021-05-06,web,1\nF,2021-05-06,web,1\n",
      "A,2024-03-01,fax,8\n"};
  const churn_table_settings settings = {.keep_lines = true},
                             cached = {.keep_lines = true, .cache = cache};
  write_in_place(path, rows[0], strlen(rows[0]));
  read_outcome first = read_outcome_of(path, format, plain_four, 4, &cached, 1);
  assert_ok(first.status, &first.error);
  read_outcome_clear(&first);
  char both[2048];
  snprintf(both, sizeof both, "%s%s", rows[0], rows[1]);
  write_in_place(path, both, strlen(both));
  *plain = read_outcome_of(path, format, plain_four, 4, &settings, 1);
  assert_ok(plain->status, &plain->error);
  assert_int_equal(rebuilt_by(path, cache, format, plain), 0);
}

static void no_flipped_byte_and_no_cut_gets_through(void **state)
{
  (void)state;
  char path[512], cache[512], paths[8][1024];
  snprintf(path, sizeof path, "%s", scratch_path("flip.csv"));
  snprintf(cache, sizeof cache, "%s", scratch_path("flip"));
  const churn_format format = {.max_bad_rows = 2};
  read_outcome plain;
  make_cached(path, cache, &format, &plain);
  size_t files = list_files(cache, paths), in_lists = 0, in_data = 0;
  assert_int_equal(files, 3);
  for (size_t f = 0; f < files; f++) {
    size_t length;
    char *whole = file_read(paths[f], &length);
    bool is_list = strstr(paths[f], ".list") != NULL;
    assert_non_null(whole);
    for (size_t at = 0; at < length; at += at < 80 ? 1 : 5) {
      /* All three files are put back as they were: a rebuilt cache has one segment. */
      char *all_files[8];
      size_t lengths[8];
      for (size_t k = 0; k < files; k++)
        all_files[k] = file_read(paths[k], &lengths[k]);
      whole[at] ^= (char)(1 << at % 8);
      write_in_place(paths[f], whole, length);
      whole[at] ^= (char)(1 << at % 8);
      size_t rebuilt = rebuilt_by(path, cache, &format, &plain);
      assert_true(rebuilt <= 1);
      if (is_list)
        assert_int_equal(rebuilt, 1);
      in_lists += is_list;
      in_data += !is_list && rebuilt == 1;
      if (at % 15 == 0) {
        for (size_t k = 0; k < files; k++)
          write_in_place(paths[k], all_files[k], k == f ? at : lengths[k]);
        assert_int_equal(rebuilt_by(path, cache, &format, &plain), 1);
      }
      for (size_t k = 0; k < files; k++) {
        write_in_place(paths[k], all_files[k], lengths[k]);
        if (k == f)
          write_in_place(paths[k], whole, length);
        free(all_files[k]);
      }
    }
    assert_int_equal(rebuilt_by(path, cache, &format, &plain), 0);
    free(whole);
  }
  /* Of the data files only padding may be flipped unseen. */
  assert_true(in_lists > 250);
  assert_true(in_data > 100);
  read_outcome_clear(&plain);
}

static void a_missing_data_file_is_made_anew(void **state)
{
  (void)state;
  char path[512], cache[512], paths[8][1024];
  snprintf(path, sizeof path, "%s", scratch_path("lost.csv"));
  snprintf(cache, sizeof cache, "%s", scratch_path("lost"));
  const churn_format format = {.max_bad_rows = 2};
  read_outcome plain;
  make_cached(path, cache, &format, &plain);
  size_t files = list_files(cache, paths);
  for (size_t f = 0; f < files; f++)
    if (strstr(paths[f], ".data") != NULL)
      assert_int_equal(unlink(paths[f]), 0);
  assert_int_equal(rebuilt_by(path, cache, &format, &plain), 1);
  assert_int_equal(rebuilt_by(path, cache, &format, &plain), 0);
  read_outcome_clear(&plain);
}

/* The end of the last line comes with what is added, in each form; or the line itself goes on. */
static void a_last_line_without_an_end_may_be_added_to(void **state)
{
  (void)state;
  static const char *const added[] = {"\nB,2023-05-06,fax,8\n", "\r\nB,2023-05-06,fax,8",
                                      "\rB,2023-05-06,fax,8\r", "5\nB,2023-05-06,fax,8\n"};
  static const char first[] = "id,day,text,n\nA,2024-01-01,web,2.38";
  char path[512], cache[512], both[256];
  const churn_table_settings settings = {.keep_lines = true};
  const churn_format format = {.max_bad_rows = 0};
  for (size_t i = 0; i < sizeof added / sizeof added[0]; i++) {
    snprintf(both, sizeof both, "open%zu", i);
    snprintf(cache, sizeof cache, "%s", scratch_path(both));
    strcat(both, ".csv");
    snprintf(path, sizeof path, "%s", scratch_path(both));
    write_in_place(path, first, strlen(first));
    read_outcome plain = read_outcome_of(path, &format, plain_four, 4, &settings, 1);
    assert_int_equal(rebuilt_by(path, cache, &format, &plain), 0);
    read_outcome_clear(&plain);
    snprintf(both, sizeof both, "%s%s", first, added[i]);
    write_in_place(path, both, strlen(both));
    plain = read_outcome_of(path, &format, plain_four, 4, &settings, 1);
    assert_int_equal(plain.table->rows, 2);
    assert_int_equal(rebuilt_by(path, cache, &format, &plain), i == 3);
    assert_int_equal(rebuilt_by(path, cache, &format, &plain), 0);
    read_outcome_clear(&plain);
  }
}

static void a_folder_that_cannot_be_made_is_a_warning(void **state)
{
  (void)state;
  char path[512], cache[512];
  snprintf(cache, sizeof cache, "%s/below", scratch_write("file", "no folder\n"));
  snprintf(path, sizeof path, "%s", scratch_write("w.csv", "id,day,text,n\nA,2024-01-01,web,2\n"));
  const churn_table_settings plain = {.keep_lines = true},
                             cached = {.keep_lines = true, .cache = cache};
  const churn_format format = {.max_bad_rows = 0};
  read_outcome a = read_outcome_of(path, &format, plain_four, 4, &plain, 1);
  read_outcome b = read_outcome_of(path, &format, plain_four, 4, &cached, 1);
  assert_same_outcome(&a, &b);
  assert_int_equal(count_notes(b.notes, "cache_not_written"), 1);
  read_outcome_clear(&a);
  read_outcome_clear(&b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cached_read_is_a_read_of_the_file),
      cmocka_unit_test(no_flipped_byte_and_no_cut_gets_through),
      cmocka_unit_test(a_missing_data_file_is_made_anew),
      cmocka_unit_test(a_last_line_without_an_end_may_be_added_to),
      cmocka_unit_test(a_folder_that_cannot_be_made_is_a_warning),
  };
  return cmocka_run_group_tests_name("cached", tests, set_up, scratch_teardown);
}
