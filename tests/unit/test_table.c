/* Reading a file into a table: types, missing values, formats, encodings, rejects, places.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/table.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

static const churn_format plain = {.delimiter = 0};

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

static churn_table *read_with(const char *path, const churn_format *format,
                              const churn_column_request *requests, size_t count,
                              const churn_table_settings *settings, const churn_run *run)
{
  churn_table *table = NULL;
  churn_error error = {.status = CHURN_OK};
  assert_ok(churn_table_read(path, format, requests, count, settings, run, &table, &error), &error);
  assert_non_null(table);
  return table;
}

static churn_table *read_text(const char *text, const churn_format *format,
                              const churn_column_request *requests, size_t count)
{
  return read_with(scratch_write("t.csv", text), format, requests, count, NULL, NULL);
}

static const char *level(const churn_table *table, size_t column, size_t row)
{
  const churn_column *c = &table->columns[column];
  return c->codes[row] == CHURN_CODE_MISSING ? "(missing)"
                                             : churn_dictionary_text(c->levels, c->codes[row]);
}

static void every_type_gets_its_array(void **state)
{
  (void)state;
  const churn_column_request requests[] = {
      {.heading = "who", .type = CHURN_TYPE_ID},     {.heading = "n", .type = CHURN_TYPE_NUMBER},
      {.heading = "d", .type = CHURN_TYPE_DAY},      {.heading = "s", .type = CHURN_TYPE_SCHEDULED},
      {.heading = "c", .type = CHURN_TYPE_CATEGORY}, {.heading = "f", .type = CHURN_TYPE_FLAG},
  };
  churn_table *t = read_text("f,d,who,n,s,c\n"
                             "Yes,2024-02-29,C7,-12.375,2030-12-31,web\n"
                             "0,,C03,,,\n"
                             "FALSE,1969-12-31,C7,2.385e2,,email\n",
                             &plain, requests, 6);
  assert_int_equal(t->rows, 3);
  assert_int_equal(t->column_count, 6);
  assert_string_equal(t->columns[0].heading, "who");
  assert_string_equal(level(t, 0, 0), "C7");
  assert_string_equal(level(t, 0, 1), "C03");
  assert_int_equal(t->columns[0].codes[0], 1); /* bytewise: C03 before C7 */
  assert_int_equal(t->columns[0].codes[2], 1);
  assert_close(t->columns[1].numbers[0], -12.375, 0, 0);
  assert_true(isnan(t->columns[1].numbers[1]));
  assert_close(t->columns[1].numbers[2], 238.5, 0, 0);
  assert_int_equal(t->columns[2].days[0], 19782); /* date -d 2024-02-29 +%s / 86400 */
  assert_int_equal(t->columns[2].days[1], CHURN_DAY_MISSING);
  assert_int_equal(t->columns[2].days[2], -1);
  assert_int_equal(t->columns[3].days[0], 22279); /* date -d 2030-12-31 */
  assert_string_equal(level(t, 4, 0), "web");
  assert_string_equal(level(t, 4, 1), "(missing)");
  assert_int_equal(churn_dictionary_count(t->columns[4].levels), 2);
  assert_close(t->columns[5].numbers[0], 1, 0, 0);
  assert_close(t->columns[5].numbers[1], 0, 0, 0);
  assert_close(t->columns[5].numbers[2], 0, 0, 0);
  const uint64_t missing[] = {0, 1, 1, 2, 1, 0};
  for (size_t c = 0; c < 6; c++) {
    assert_int_equal(t->columns[c].missing, missing[c]);
    assert_true(t->columns[c].present);
    assert_int_equal(t->columns[c].type, requests[c].type);
  }
  assert_null(t->lines);
  assert_null(t->columns[1].codes);
  assert_null(t->columns[4].numbers);
  churn_table_free(t);
}

static void default_missing_tokens_are_exact_and_quotes_do_not_hide_them(void **state)
{
  (void)state;
  const churn_column_request r = {.heading = "c", .type = CHURN_TYPE_CATEGORY};
  churn_table *t =
      read_text("c,x\nNA,1\n\"NA\",1\nNaN,1\nNULL,1\n\\N,1\n,1\n\"\",1\n\"  \",1\n  NA ,1\n"
                "na,1\n\" NA\",1\nN/A,1\n",
                &plain, &r, 1);
  assert_int_equal(t->rows, 12);
  assert_int_equal(t->columns[0].missing, 9);
  assert_string_equal(level(t, 0, 9), "na");
  assert_string_equal(level(t, 0, 10), " NA");
  assert_string_equal(level(t, 0, 11), "N/A");
  churn_table_free(t);
}

static void own_missing_tokens_replace_the_default_ones_but_not_blanks(void **state)
{
  (void)state;
  static const char *const tokens[] = {"-", "unknown"};
  const churn_format format = {.missing = tokens, .missing_count = 2};
  const churn_format none = {.missing = tokens, .missing_count = 0};
  const churn_column_request r = {.heading = "c", .type = CHURN_TYPE_CATEGORY};
  const char *text = "c,x\n-,1\nunknown,1\nNA,1\n,1\n\" \t\",1\n";
  churn_table *t = read_text(text, &format, &r, 1);
  assert_int_equal(t->columns[0].missing, 4);
  assert_string_equal(level(t, 0, 2), "NA");
  churn_table_free(t);
  t = read_text(text, &none, &r, 1);
  assert_int_equal(t->columns[0].missing, 2);
  churn_table_free(t);
}

static void missing_tokens_do_not_apply_to_ids(void **state)
{
  (void)state;
  const churn_column_request r = {.heading = "id", .type = CHURN_TYPE_ID};
  churn_table *t = read_text("id\nNA\nNULL\n\" x \"\n", &plain, &r, 1);
  assert_int_equal(t->rows, 3);
  assert_string_equal(level(t, 0, 0), "NA");
  assert_string_equal(level(t, 0, 1), "NULL");
  assert_string_equal(level(t, 0, 2), " x ");
  churn_table_free(t);
}

static void blanks_quotes_and_line_ends_are_read_as_csv_says(void **state)
{
  (void)state;
  const churn_column_request requests[] = {{.heading = "a \"b\"", .type = CHURN_TYPE_CATEGORY},
                                           {.heading = "c", .type = CHURN_TYPE_NUMBER}};
  churn_table *t = read_text("\xEF\xBB\xBF\"a \"\"b\"\"\" , c\r\n"
                             "  one two , 1.5 \r\n"
                             "\"x,\"\"y\"\"\r\nz\",2\r"
                             "\n   \n\n"
                             "last,3",
                             &plain, requests, 2);
  assert_int_equal(t->rows, 3);
  assert_string_equal(level(t, 0, 0), "one two");
  assert_string_equal(level(t, 0, 1), "x,\"y\"\r\nz");
  assert_string_equal(level(t, 0, 2), "last");
  assert_close(t->columns[1].numbers[0], 1.5, 0, 0);
  assert_close(t->columns[1].numbers[2], 3, 0, 0);
  churn_table_free(t);
}

/* Lines counted by hand: CR LF, CR alone and LF each end one, inside quotes too. */
static void lines_are_those_on_which_rows_start(void **state)
{
  (void)state;
  const churn_column_request r = {.heading = "a", .type = CHURN_TYPE_CATEGORY};
  const churn_table_settings settings = {.keep_lines = true};
  const char *path = scratch_write("t.csv", "\n\na,b\n1,2\n\n \n\"3\n\r\n\r\",4\r5,6\r\n7,8\n");
  churn_table *t = read_with(path, &plain, &r, 1, &settings, NULL);
  assert_int_equal(t->rows, 4);
  const uint64_t lines[] = {4, 7, 11, 12};
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(t->lines[i], lines[i]);
  churn_table_free(t);
}

static void optional_columns_may_be_absent(void **state)
{
  (void)state;
  const churn_column_request requests[] = {
      {.heading = "gone", .type = CHURN_TYPE_CATEGORY, .optional = true},
      {.heading = "b", .type = CHURN_TYPE_NUMBER, .optional = true}};
  churn_table *t = read_text("a,b\nx,2.5\n", &plain, requests, 2);
  assert_false(t->columns[0].present);
  assert_string_equal(t->columns[0].heading, "gone");
  assert_null(t->columns[0].codes);
  assert_null(t->columns[0].levels);
  assert_true(t->columns[1].present);
  assert_close(t->columns[1].numbers[0], 2.5, 0, 0);
  churn_table_free(t);
}

static void one_heading_may_be_read_as_two_types(void **state)
{
  (void)state;
  const churn_column_request requests[] = {{.heading = "k", .type = CHURN_TYPE_ID},
                                           {.heading = "k", .type = CHURN_TYPE_NUMBER}};
  churn_table *t = read_text("k\n007\n", &plain, requests, 2);
  assert_string_equal(level(t, 0, 0), "007");
  assert_close(t->columns[1].numbers[0], 7, 0, 0);
  churn_table_free(t);
}

static void a_heading_without_rows_is_an_empty_table(void **state)
{
  (void)state;
  const churn_column_request requests[] = {{.heading = "a", .type = CHURN_TYPE_ID},
                                           {.heading = "b", .type = CHURN_TYPE_NUMBER}};
  churn_table *t = read_text("a,b", &plain, requests, 2);
  assert_int_equal(t->rows, 0);
  assert_non_null(t->columns[0].codes);
  assert_int_equal(churn_dictionary_count(t->columns[0].levels), 0);
  churn_table_free(t);
}

static void headings_nobody_asked_for_are_listed(void **state)
{
  (void)state;
  const churn_column_request r = {.heading = "b", .type = CHURN_TYPE_NUMBER};
  churn_table *t =
      read_with(scratch_write("t.csv", "a,b,\xC3\xA7 d\n1,2,3\n"), &plain, &r, 1, NULL, NULL);
  assert_int_equal(t->ignored_count, 2);
  assert_string_equal(t->ignored[0], "a");
  assert_string_equal(t->ignored[1], "\xC3\xA7 d");
  churn_table_free(t);
}

/* The fingerprint is of the lines as UTF-8, so it knows neither the order of rows nor line ends,
 * mark or packing. */
static void the_fingerprint_is_of_the_lines_in_any_order(void **state)
{
  (void)state;
  static const char *const same[] = {"a,b\n1,2\n3,4\n5,6\n", "a,b\n5,6\n1,2\n3,4\n",
                                     "a,b\r\n3,4\r\n5,6\r\n1,2",
                                     "\xEF\xBB\xBF"
                                     "a,b\r3,4\r1,2\r5,6"};
  const churn_column_request r = {.heading = "b", .type = CHURN_TYPE_NUMBER};
  char first[CHURN_HASH_TEXT_SIZE];
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    churn_table *t = read_with(scratch_write("t.csv", same[i]), &plain, &r, 1, NULL, NULL);
    if (i == 0)
      memcpy(first, t->fingerprint, sizeof first);
    assert_string_equal(t->fingerprint, first);
    churn_table_free(t);
  }
  static const char *const other[] = {"a,b\n1,2\n3,4\n", "a,b\n1,2\n3,4\n5,7\n",
                                      "a,b\n1,2\n1,2\n3,4\n5,6\n"};
  for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
    churn_table *t = read_with(scratch_write("t.csv", other[i]), &plain, &r, 1, NULL, NULL);
    assert_string_not_equal(t->fingerprint, first);
    churn_table_free(t);
  }
}

static void numbers_and_days_follow_the_format(void **state)
{
  (void)state;
  const churn_format format = {.delimiter = ';',
                               .decimal = ',',
                               .thousands = '.',
                               .date_format = "%d/%m/%Y %H:%M",
                               .utc_offset_minutes = 120};
  const churn_column_request requests[] = {{.heading = "n", .type = CHURN_TYPE_NUMBER},
                                           {.heading = "d", .type = CHURN_TYPE_DAY}};
  churn_table *t =
      read_text("n;d\n1.234.567,25;01/03/2024 21:59\n-0,5;1/3/2024 22:00\n", &format, requests, 2);
  assert_close(t->columns[0].numbers[0], 1234567.25, 0, 0);
  assert_close(t->columns[0].numbers[1], -0.5, 0, 0);
  assert_int_equal(t->columns[1].days[0], 19783); /* 2024-03-01 */
  assert_int_equal(t->columns[1].days[1], 19784); /* two hours later it is the next day */
  churn_table_free(t);
}

static void an_offset_moves_timestamps_and_leaves_dates_alone(void **state)
{
  (void)state;
  const churn_format format = {.utc_offset_minutes = -60};
  const churn_column_request r = {.heading = "d", .type = CHURN_TYPE_DAY};
  churn_table *t =
      read_text("d\n2024-03-01T00:30:00\n2024-03-01\n2024-03-01 01:00\n", &format, &r, 1);
  assert_int_equal(t->columns[0].days[0], 19782);
  assert_int_equal(t->columns[0].days[1], 19783); /* a date alone has no time to move */
  assert_int_equal(t->columns[0].days[2], 19783);
  churn_table_free(t);
}

static void tabs_may_delimit_and_then_empty_fields_stay(void **state)
{
  (void)state;
  const churn_format format = {.delimiter = '\t'};
  const churn_column_request requests[] = {{.heading = "a", .type = CHURN_TYPE_CATEGORY},
                                           {.heading = "c", .type = CHURN_TYPE_CATEGORY}};
  const churn_table_settings settings = {.keep_lines = true};
  churn_table *t = read_with(scratch_write("t.tsv", "a\tb\tc\n\t\t\n x\ty\t\n\t\tz"), &format,
                             requests, 2, &settings, NULL);
  assert_int_equal(t->rows, 3);
  assert_int_equal(t->columns[0].missing, 2);
  assert_string_equal(level(t, 0, 1), "x");
  assert_string_equal(level(t, 1, 2), "z");
  assert_int_equal(t->lines[2], 4);
  churn_table_free(t);
}

/* "中文,é" in three encodings, by iconv(1) of glibc 2.36. */
static void other_encodings_become_utf8(void **state)
{
  (void)state;
  const churn_column_request requests[] = {
      {.heading = "\xE4\xB8\xAD", .type = CHURN_TYPE_CATEGORY}};
  const churn_column_request latin[] = {{.heading = "caf\xC3\xA9", .type = CHURN_TYPE_CATEGORY}};
  const struct {
    const char *encoding;
    const char *bytes;
    size_t length;
    const churn_column_request *request;
    const char *expected;
  } cases[] = {
      {"GB18030", "\xD6\xD0,x\n\xCE\xC4\xA8\xA6,1\n", 11, requests, "\xE6\x96\x87\xC3\xA9"},
      {"ISO-8859-1", "caf\xE9\n\xFC\xDF\n", 8, latin, "\xC3\xBC\xC3\x9F"},
      {"UTF-16", "\xFF\xFE\x2D\x4E\n\0\x87\x65\n\0", 10, requests, "\xE6\x96\x87"},
      {"UTF-16BE", "\x4E\x2D\0\n\x65\x87\0\n", 8, requests, "\xE6\x96\x87"},
      {"utf-8", "\xE4\xB8\xAD\n\xE6\x96\x87\n", 8, requests, "\xE6\x96\x87"},
      {"Utf8", "\xEF\xBB\xBF\xE4\xB8\xAD\n\xE6\x96\x87\n", 11, requests, "\xE6\x96\x87"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const churn_format format = {.encoding = cases[i].encoding};
    churn_table *t = read_with(scratch_write_bytes("t.csv", cases[i].bytes, cases[i].length),
                               &format, cases[i].request, 1, NULL, NULL);
    assert_int_equal(t->rows, 1);
    assert_string_equal(level(t, 0, 0), cases[i].expected);
    churn_table_free(t);
  }
}

static size_t compress_member(const char *text, unsigned char *out, size_t size)
{
  z_stream z = {.next_in = (const Bytef *)text,
                .avail_in = (uInt)strlen(text),
                .next_out = out,
                .avail_out = (uInt)size};
  assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
  size_t length = z.total_out;
  deflateEnd(&z);
  return length;
}

/* Two members and padding, under a name that does not tell. */
static void gzip_is_known_by_its_bytes_and_all_members_count(void **state)
{
  (void)state;
  unsigned char bytes[512];
  size_t length = compress_member("a,b\n1,2\n3,", bytes, 256);
  length += compress_member("4.75\n5,6\n", bytes + length, 256);
  memset(bytes + length, 0, 5);
  const churn_column_request r = {.heading = "b", .type = CHURN_TYPE_NUMBER};
  const char *path = scratch_write_bytes("t.csv", bytes, length + 5);
  churn_table *t = read_with(path, &plain, &r, 1, NULL, NULL);
  assert_int_equal(t->rows, 3);
  assert_close(t->columns[0].numbers[1], 4.75, 0, 0);
  churn_table_free(t);
}

/* A text that inflates far beyond the first buffer. */
static void gzip_of_any_size_is_inflated_whole(void **state)
{
  (void)state;
  enum { ROWS = 60000 };
  char *text = malloc(ROWS * 12 + 8);
  unsigned char *bytes = malloc(ROWS * 12);
  assert_non_null(text);
  assert_non_null(bytes);
  int used = sprintf(text, "n\n");
  for (int i = 0; i < ROWS; i++)
    used += sprintf(text + used, "%d\n", i * 3);
  size_t length = compress_member(text, bytes, ROWS * 12);
  const churn_column_request r = {.heading = "n", .type = CHURN_TYPE_NUMBER};
  churn_table *t = read_with(scratch_write_bytes("t.gz", bytes, length), &plain, &r, 1, NULL, NULL);
  assert_int_equal(t->rows, ROWS);
  for (int i = 0; i < ROWS; i++)
    if (t->columns[0].numbers[i] != i * 3)
      fail_msg("row %d", i);
  churn_table_free(t);
  free(text);
  free(bytes);
}

static void pipes_and_standard_input_are_read(void **state)
{
  (void)state;
  const churn_column_request r = {.heading = "b", .type = CHURN_TYPE_NUMBER};
  static const char text[] = "a,b\nx,2.385\n";
  for (int pass = 0; pass < 2; pass++) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text - 1), (int)sizeof text - 1);
    close(ends[1]);
    char path[32] = "-";
    int saved = dup(STDIN_FILENO);
    if (pass == 0)
      assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    else
      snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    churn_table *t = read_with(path, &plain, &r, 1, NULL, NULL);
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    assert_int_equal(t->rows, 1);
    assert_close(t->columns[0].numbers[0], 2.385, 0, 0);
    assert_string_equal(t->path, path);
    churn_table_free(t);
  }
}

static const char *const bad_rows = "id,d,n\n"
                                    "A,2024-01-01,1\n"
                                    "B,2024-02-30,2\n"
                                    "C,2024-01-03\n"
                                    "\"D\nd\",2024-01-04,\"many\"\n"
                                    "E,2024-01-05,5\n"
                                    " ,2024-01-06,6\n";
static const churn_column_request bad_requests[] = {{.heading = "id", .type = CHURN_TYPE_ID},
                                                    {.heading = "d", .type = CHURN_TYPE_DAY},
                                                    {.heading = "n", .type = CHURN_TYPE_NUMBER}};

static void check_reject(const churn_reject *reject, uint64_t line, uint64_t column,
                         const char *reason, const char *record)
{
  assert_int_equal(reject->line, line);
  assert_int_equal(reject->column, column);
  if (strstr(reject->reason, reason) == NULL)
    fail_msg("\"%s\" lacks \"%s\"", reject->reason, reason);
  assert_string_equal(reject->record, record);
}

static void allowed_bad_rows_are_left_out_and_kept_with_their_places(void **state)
{
  (void)state;
  const churn_format format = {.max_bad_rows = 4};
  const churn_table_settings settings = {.keep_lines = true};
  churn_notes *notes = churn_notes_new();
  churn_run run = {.notes = notes};
  churn_table *t =
      read_with(scratch_write("t.csv", bad_rows), &format, bad_requests, 3, &settings, &run);
  assert_int_equal(t->rows, 2);
  assert_int_equal(t->lines[0], 2);
  assert_int_equal(t->lines[1], 7);
  assert_close(t->columns[2].numbers[1], 5, 0, 0);
  /* Levels of rows left out are not levels. */
  assert_int_equal(churn_dictionary_count(t->columns[0].levels), 2);
  assert_string_equal(level(t, 0, 1), "E");
  assert_int_equal(t->reject_count, 4);
  check_reject(&t->rejects[0], 3, 3, "\"2024-02-30\" is no day; expected YYYY-MM-DD",
               "B,2024-02-30,2");
  check_reject(&t->rejects[1], 4, 1, "2 fields, but the heading line has 3", "C,2024-01-03");
  check_reject(&t->rejects[2], 6, 15, "\"many\" is no number", "\"D\nd\",2024-01-04,\"many\"");
  check_reject(&t->rejects[3], 8, 2, "the id is empty", " ,2024-01-06,6");
  assert_int_equal(churn_notes_count(notes), 1);
  const churn_note *note = churn_notes_get(notes, 0);
  assert_string_equal(note->code, "rejected_rows");
  assert_int_equal(note->severity, CHURN_WARNING);
  assert_int_equal(note->line, 3);
  assert_non_null(strstr(note->text, "4 of 6 rows"));
  churn_notes_free(notes);
  churn_table_free(t);
}

static void the_first_bad_row_past_the_limit_is_the_error(void **state)
{
  (void)state;
  const char *path = scratch_write("t.csv", bad_rows);
  const uint64_t lines[] = {3, 4, 6, 8}, columns[] = {3, 1, 15, 2};
  for (uint64_t most = 0; most < 4; most++) {
    const churn_format format = {.max_bad_rows = most};
    churn_table *table = NULL;
    churn_error error;
    assert_int_equal(churn_table_read(path, &format, bad_requests, 3, NULL, NULL, &table, &error),
                     CHURN_MALFORMED);
    assert_null(table);
    assert_string_equal(error.file, path);
    assert_int_equal(error.line, lines[most]);
    assert_int_equal(error.column, columns[most]);
    assert_int_equal(most > 0, strstr(error.message, "max_bad_rows") != NULL);
  }
}

static void a_check_collects_all_bad_rows_or_as_many_as_asked(void **state)
{
  (void)state;
  const char *path = scratch_write("t.csv", bad_rows);
  const churn_table_settings all = {.collect_all = true};
  const churn_table_settings some = {.collect_all = true, .most_rejects = 3};
  churn_table *t = read_with(path, &plain, bad_requests, 3, &all, NULL);
  assert_int_equal(t->reject_count, 4);
  assert_int_equal(t->rows, 2);
  churn_table_free(t);
  t = read_with(path, &plain, bad_requests, 3, &some, NULL);
  assert_int_equal(t->reject_count, 3);
  assert_int_equal(t->rejects[2].line, 6);
  assert_int_equal(t->rows, 2);
  assert_int_equal(churn_dictionary_count(t->columns[0].levels), 2);
  churn_table_free(t);
}

static void rejects_are_written_as_csv(void **state)
{
  (void)state;
  const churn_table_settings all = {.collect_all = true};
  churn_table *t = read_with(scratch_write("t.csv", bad_rows), &plain, bad_requests, 3, &all, NULL);
  const char *path = scratch_path("rejects.csv");
  churn_error error;
  assert_ok(churn_table_write_rejects(t, path, &error), &error);
  churn_table_free(t);
  const churn_column_request requests[] = {{.heading = "line", .type = CHURN_TYPE_NUMBER},
                                           {.heading = "column", .type = CHURN_TYPE_NUMBER},
                                           {.heading = "reason", .type = CHURN_TYPE_CATEGORY},
                                           {.heading = "record", .type = CHURN_TYPE_CATEGORY}};
  t = read_with(path, &plain, requests, 4, NULL, NULL);
  assert_int_equal(t->rows, 4);
  assert_close(t->columns[0].numbers[2], 6, 0, 0);
  assert_close(t->columns[1].numbers[2], 15, 0, 0);
  assert_non_null(strstr(level(t, 2, 2), "\"many\" is no number"));
  assert_string_equal(level(t, 3, 2), "\"D\nd\",2024-01-04,\"many\"");
  assert_string_equal(level(t, 3, 3), " ,2024-01-06,6");
  churn_table_free(t);
}

static void headings_come_in_file_order_without_quotes(void **state)
{
  (void)state;
  char **headings = NULL;
  size_t count = 0;
  churn_error error;
  const char *path = scratch_write("t.csv", "\xEF\xBB\xBF\n id ,\"a,\nb\",,x\n1\"");
  assert_ok(churn_table_headings(path, &plain, NULL, &headings, &count, &error), &error);
  assert_int_equal(count, 4);
  const char *const expected[] = {"id", "a,\nb", "", "x"};
  for (size_t i = 0; i < 4; i++) {
    assert_string_equal(headings[i], expected[i]);
    free(headings[i]);
  }
  free(headings);
}

/* More rows than texts are held back for, with bad rows between: every row keeps its own text. */
static void texts_stay_with_their_rows_across_bad_rows(void **state)
{
  (void)state;
  enum { ROWS = 3000 };
  char *text = malloc(ROWS * 24 + 16), expected[24];
  assert_non_null(text);
  int used = sprintf(text, "c,n\n");
  for (int i = 0; i < ROWS; i++)
    if (i % 7 == 3)
      used += sprintf(text + used, "bad%d,x\n", i);
    else
      used += sprintf(text + used, i % 5 == 2 ? ",%d\n" : "t%d,%d\n", i, i);
  const churn_format format = {.max_bad_rows = ROWS};
  const churn_column_request requests[] = {{.heading = "c", .type = CHURN_TYPE_CATEGORY},
                                           {.heading = "n", .type = CHURN_TYPE_NUMBER}};
  churn_table *t = read_text(text, &format, requests, 2);
  free(text);
  size_t row = 0, levels = 0;
  for (int i = 0; i < ROWS; i++) {
    if (i % 7 == 3)
      continue;
    snprintf(expected, sizeof expected, i % 5 == 2 ? "(missing)" : "t%d", i);
    levels += i % 5 != 2;
    assert_string_equal(level(t, 0, row), expected);
    row++;
  }
  assert_int_equal(t->rows, row);
  assert_int_equal(t->reject_count, ROWS - row);
  assert_int_equal(churn_dictionary_count(t->columns[0].levels), levels);
  churn_table_free(t);
}

static void a_column_can_be_cleared_alone(void **state)
{
  (void)state;
  const churn_column_request r = {.heading = "c", .type = CHURN_TYPE_CATEGORY};
  churn_table *t = read_text("c\nx\n", &plain, &r, 1);
  churn_column_clear(&t->columns[0]);
  assert_null(t->columns[0].codes);
  assert_null(t->columns[0].heading);
  churn_table_free(t);
  churn_table_free(NULL);
}

/* IBM's telco export. Expected figures by Python's csv module and math.fsum on the same file. */
static void a_public_export_is_read_as_others_read_it(void **state)
{
  (void)state;
  const char *path = shared_path("datasets/ibm_telco_churn/telco_churn.csv");
  if (path == NULL) {
    print_message("the telco data set is not there\n");
    skip();
  }
  churn_column_request requests[] = {
      {.heading = "customerID", .type = CHURN_TYPE_ID},
      {.heading = "MonthlyCharges", .type = CHURN_TYPE_INFER},
      {.heading = "TotalCharges", .type = CHURN_TYPE_INFER},
      {.heading = "Contract", .type = CHURN_TYPE_INFER},
      {.heading = "Churn", .type = CHURN_TYPE_INFER},
  };
  churn_error error;
  assert_ok(churn_table_infer(path, &plain, requests, 5, NULL, &error), &error);
  churn_table *t = read_with(path, &plain, requests, 5, NULL, NULL);
  assert_int_equal(t->rows, 7043);
  assert_int_equal(churn_dictionary_count(t->columns[0].levels), 7043);
  double charges = 0, churners = 0;
  for (size_t i = 0; i < t->rows; i++) {
    charges += t->columns[1].numbers[i];
    churners += t->columns[4].numbers[i];
  }
  assert_close(charges, 456116.6, 1e-12, 0);
  assert_int_equal(t->columns[2].missing, 11);
  assert_int_equal(t->columns[3].type, CHURN_TYPE_CATEGORY);
  assert_int_equal(churn_dictionary_count(t->columns[3].levels), 3);
  assert_int_equal(t->columns[4].type, CHURN_TYPE_FLAG);
  assert_close(churners, 1869, 0, 0);
  churn_table_free(t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_type_gets_its_array),
      cmocka_unit_test(default_missing_tokens_are_exact_and_quotes_do_not_hide_them),
      cmocka_unit_test(own_missing_tokens_replace_the_default_ones_but_not_blanks),
      cmocka_unit_test(missing_tokens_do_not_apply_to_ids),
      cmocka_unit_test(blanks_quotes_and_line_ends_are_read_as_csv_says),
      cmocka_unit_test(lines_are_those_on_which_rows_start),
      cmocka_unit_test(optional_columns_may_be_absent),
      cmocka_unit_test(one_heading_may_be_read_as_two_types),
      cmocka_unit_test(a_heading_without_rows_is_an_empty_table),
      cmocka_unit_test(headings_nobody_asked_for_are_listed),
      cmocka_unit_test(the_fingerprint_is_of_the_lines_in_any_order),
      cmocka_unit_test(numbers_and_days_follow_the_format),
      cmocka_unit_test(an_offset_moves_timestamps_and_leaves_dates_alone),
      cmocka_unit_test(tabs_may_delimit_and_then_empty_fields_stay),
      cmocka_unit_test(other_encodings_become_utf8),
      cmocka_unit_test(gzip_is_known_by_its_bytes_and_all_members_count),
      cmocka_unit_test(gzip_of_any_size_is_inflated_whole),
      cmocka_unit_test(pipes_and_standard_input_are_read),
      cmocka_unit_test(allowed_bad_rows_are_left_out_and_kept_with_their_places),
      cmocka_unit_test(the_first_bad_row_past_the_limit_is_the_error),
      cmocka_unit_test(a_check_collects_all_bad_rows_or_as_many_as_asked),
      cmocka_unit_test(rejects_are_written_as_csv),
      cmocka_unit_test(headings_come_in_file_order_without_quotes),
      cmocka_unit_test(texts_stay_with_their_rows_across_bad_rows),
      cmocka_unit_test(a_column_can_be_cleared_alone),
      cmocka_unit_test(a_public_export_is_read_as_others_read_it),
  };
  return cmocka_run_group_tests_name("table", tests, set_up, scratch_teardown);
}
