/* CSV files that are wrong, or look it, each named for its fault: status, line, column and the
 * words a user acts on are demanded. Places are counted by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/table.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST
#include <zlib.h>

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

static const churn_column_request wanted[] = {
    {.heading = "id", .type = CHURN_TYPE_ID, .asked_at = {"base.yaml", 4, 7}},
    {.heading = "day", .type = CHURN_TYPE_DAY},
    {.heading = "n", .type = CHURN_TYPE_NUMBER},
};

typedef struct fault_case {
  const char *name;
  const char *bytes;
  size_t length; /* 0 = up to the terminator */
  uint64_t line;
  uint64_t column;
  const char *message;
} fault_case;

static const fault_case faults[] = {
    {"empty", "", 0, 1, 1, "the file is empty"},
    {"blank lines alone", "\n \r\n\t\n", 0, 1, 1, "the file is empty"},
    {"mark alone", "\xEF\xBB\xBF", 0, 1, 1, "the file is empty"},
    {"heading without names", "\n,,\n1,2,3\n", 0, 2, 1, "no names"},
    {"wrong delimiter", "id;day;n\nA;2024-01-01;1\n", 0, 1, 1, "delimiter: \";\""},
    {"wrong delimiter, tab", "id\tday\tn\n", 0, 1, 1, "delimiter: \"\\t\""},
    {"missing column", "ID,day,n\nA,2024-01-01,1\n", 0, 1, 1,
     "no column \"id\" (asked for at base.yaml:4:7); the file has: ID, day, n"},
    {"missing column, nearest first", "id,date,dayy,n\nA,2024-01-01,1,1\n", 0, 1, 1,
     "no column \"day\"; the file has: dayy, id, date, n"},
    {"duplicate heading", "id,n,day,  n\n", 0, 1, 12,
     "\"n\" stands twice, as column 2 and column 4"},
    {"duplicate heading over lines", "id,day,\"x\ny\",n,n\n", 0, 2, 6, "stands twice"},
    {"too few fields", "id,day,n\nA,2024-01-01,1\n\nB,2024-01-02\n", 0, 4, 1,
     "2 fields, but the heading line has 3"},
    {"too many fields", "id,day,n\nA,2024-01-01,1,\n", 0, 2, 1,
     "4 fields, but the heading line has 3"},
    {"one field", "id,day,n\nA;2024-01-01;1\n", 0, 2, 1, "1 field, but"},
    {"truncated last line", "id,day,n\nA,2024-01-01,1\nB,2024-", 0, 3, 1,
     "2 fields, but the heading line has 3"},
    {"truncated last field", "id,day,n\nA,2024-01-01,1\nB,2024-01,", 0, 3, 3,
     "\"2024-01\" is no day; expected YYYY-MM-DD"},
    {"impossible date", "id,day,n\nA,2024-02-30,1\n", 0, 2, 3,
     "\"2024-02-30\" is no day; expected YYYY-MM-DD (column \"day\")"},
    {"impossible date in quotes", "id,day,n\n\xC3\xA9\xE4\xB8\xAD,  \"2023-02-29\",1\n", 0, 2, 6,
     "\"2023-02-29\" is no day"},
    {"year zero", "id,day,n\nA,0000-01-01,1\n", 0, 2, 3, "\"0000-01-01\" is no day"},
    {"infinity", "id,day,n\nA,2024-01-01,inf\n", 0, 2, 14, "\"inf\" is no number; expected digits"},
    {"nan in another spelling", "id,day,n\nA,2024-01-01,nan\n", 0, 2, 14, "\"nan\" is no number"},
    {"hexadecimal", "id,day,n\nA,2024-01-01,0x1F\n", 0, 2, 14, "\"0x1F\" is no number"},
    {"number too large", "id,day,n\nA,2024-01-01,1e999\n", 0, 2, 14, "\"1e999\" is no number"},
    {"comma as decimal mark", "id,day,n\nA,2024-01-01,\"1,5\"\n", 0, 2, 14,
     "\"1,5\" is no number; expected digits, '.' as decimal mark"},
    {"text with a line end", "id,day,n\nA,2024-01-01,\"1\n\x1B[31m\"\n", 0, 2, 14,
     "\"1??[31m\" is no number"},
    {"empty id", "id,day,n\n,2024-01-01,1\n", 0, 2, 1, "the id is empty"},
    {"empty id in quotes", "id,day,n\nA,2024-01-01,1\n\"\",2024-01-01,1\n", 0, 3, 1,
     "the id is empty"},
    {"blank id", "id,day,n\n\" \",2024-01-01,1\n", 0, 2, 1, "the id is empty"},
    {"fault behind a line end in quotes", "id,day,n\n\"A\n\xC3\xA9\",yesterday,1\n", 0, 3, 4,
     "\"yesterday\" is no day"},
    {"lone CR ends lines", "id,day,n\rA,2024-01-01,1\rB,x,1\r", 0, 3, 3, "\"x\" is no day"},
    {"CR LF ends one line", "id,day,n\r\nA,2024-01-01,1\r\nB,x,1\r\n", 0, 3, 3, "\"x\" is no day"},
    {"byte-order mark does not count", "\xEF\xBB\xBFid,day,n\nA,2024-01-01,1\nB,x,1\n", 0, 3, 3,
     "\"x\" is no day"},
    {"stray quote", "id,day,n\nA,2024-01-01,1\nB\"b,2024-01-01,1\n", 0, 3, 2,
     "a quote inside a field without quotes"},
    {"stray quote in the heading", "id,d\"ay,n\nA,2024-01-01,1\n", 0, 1, 5,
     "a quote inside a field without quotes"},
    {"text after a quote", "id,day,n\n\"A\"b,2024-01-01,1\n", 0, 2, 3,
     "text follows the closing quote of the field; a quote"},
    {"quote after a quote and blanks", "id,day,n\n\"A\"  \"b\",2024-01-01,1\n", 0, 2, 3,
     "text follows the closing quote"},
    {"text after a quote on another line",
     "id,day,n\nA,\"2024-01-01,1\nB,2024-01-01,1\nC,\"2024-01-01\",1\n", 0, 4, 3,
     "the field that opened at line 2, column 3"},
    {"unclosed quote", "id,day,n\nA,2024-01-01,1\nB, \"2024-01-01,1\nC,2024-01-01,1\n", 0, 3, 4,
     "this quote is never closed"},
    {"unclosed quote at the very end", "id,day,n\nA,2024-01-01,\"", 0, 2, 14, "never closed"},
    {"unclosed quote after doubled ones", "id,day,n\nA,2024-01-01,1\n\"x\"\"\"\"y,2024-01-01\n", 0,
     3, 1, "never closed"},
    {"unclosed quote in the heading", "id,\"day,n\nA,2024-01-01,1\n", 0, 1, 4, "never closed"},
    {"NUL byte", "id,day,n\nA,2024-01-01,1\nB\0,2024-01-01,1\n", 41, 3, 2, "a NUL byte"},
    {"NUL byte in the heading", "id,d\0ay,n\n", 10, 1, 5, "a NUL byte"},
    {"NUL byte in an ignored column", "id,day,n,x\nA,2024-01-01,1,\0\n", 28, 2, 16, "a NUL byte"},
    {"bad UTF-8", "id,day,n\n\xC3\xA9\xE9t,2024-01-01,1\n", 0, 2, 2,
     "byte 0xE9 is no valid UTF-8; set the file's encoding"},
    {"overlong UTF-8", "id,day,n\nA\xC0\xAF,2024-01-01,1\n", 0, 2, 2, "byte 0xC0"},
    {"overlong UTF-8 of three bytes", "id,day,n\nA\xE0\x80\xAF,2024-01-01,1\n", 0, 2, 2,
     "byte 0xE0"},
    {"overlong UTF-8 of four bytes", "id,day,n\nA\xF0\x8F\xBF\xBF,2024-01-01,1\n", 0, 2, 2,
     "byte 0xF0"},
    {"surrogate in UTF-8", "id,day,n\nA\xED\xA0\x80,2024-01-01,1\n", 0, 2, 2, "byte 0xED"},
    {"beyond Unicode", "id,day,n\nA\xF4\x90\x80\x80,2024-01-01,1\n", 0, 2, 2, "byte 0xF4"},
    {"lone tail byte", "id,day,n\nA,2024-01-01,1\n\x80,2024-01-01,1\n", 0, 3, 1, "byte 0x80"},
    {"UTF-8 cut at a line end", "id,day,n\nA\xE4\xB8\n,2024-01-01,1\n", 0, 2, 2, "byte 0xE4"},
    {"UTF-8 cut at the end", "id,day,n\nA,2024-01-01,1\nB\xE4\xB8", 0, 3, 2, "byte 0xE4"},
    {"UTF-16 not declared", "\xFF\xFEi\0d\0", 6, 1, 1, "set encoding: UTF-16"},
    {"the first fault has the word", "id,day,n\nA,x,1\nB\"\n\xFF\n", 0, 2, 3, "\"x\" is no day"},
    {"the first fault of two quotes", "id,day,n\nA\"x,1\n\"B\n\xFF\n", 0, 2, 2, "a quote inside"},
};

static churn_status read_file(const char *path, const churn_format *format, size_t piece_bytes,
                              churn_error *error)
{
  const churn_table_settings settings = {.piece_bytes = piece_bytes};
  churn_table *table = NULL;
  churn_status status = churn_table_read(path, format, wanted, 3, &settings, NULL, &table, error);
  if (status != CHURN_OK)
    assert_null(table);
  churn_table_free(table);
  return status;
}

static void check_fault(const char *name, const char *path, const churn_format *format,
                        size_t piece_bytes, uint64_t line, uint64_t column, const char *message)
{
  churn_error error = {.status = CHURN_OK};
  churn_status status = read_file(path, format, piece_bytes, &error);
  if (status == CHURN_MALFORMED && error.status == status && error.line == line &&
      error.column == column && strstr(error.message, message) != NULL &&
      strcmp(error.file, path) == 0)
    return;
  char text[CHURN_MESSAGE_SIZE + CHURN_PLACE_SIZE];
  churn_error_format(&error, text, sizeof text);
  fail_msg("%s (pieces of %zu): %s: %s", name, piece_bytes, churn_status_name(status), text);
}

static void every_fault_is_told_with_its_place(void **state)
{
  (void)state;
  const churn_format format = {.delimiter = 0};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    const fault_case *f = &faults[i];
    size_t length = f->length == 0 ? strlen(f->bytes) : f->length;
    const char *path = scratch_write_bytes("t.csv", f->bytes, length);
    check_fault(f->name, path, &format, 0, f->line, f->column, f->message);
    check_fault(f->name, path, &format, 1, f->line, f->column, f->message);
  }
}

static void what_only_looks_wrong_is_read(void **state)
{
  (void)state;
  static const char *const fine[] = {
      "id,day,n\n",
      "id,day,n",
      "\xEF\xBB\xBFid,day,n\r\nA,2024-01-01,1\r\n",
      "id,day,n\rA,2024-01-01,1\r",
      "\n\nid,day,n\n\n \n\nA,,\n\n",
      "id,day,n\n\"A\"  , \"2024-01-01\" ,\"1\"",
      "id,day,n,n2,n2\nA,,,,\n",
      "id,day,n,,\nA,,,x,y\n",
      "id,day,n\n\"a \"\"b\"\" \n\r\n,\",2024-01-01T23:59:60Z,NaN\n",
  };
  const churn_format format = {.delimiter = 0};
  for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
    churn_error error = {.status = CHURN_OK};
    assert_ok(read_file(scratch_write("t.csv", fine[i]), &format, 0, &error), &error);
  }
}

static void long_texts_are_cut_between_characters_in_messages(void **state)
{
  (void)state;
  char text[400] = "id,day,n\nA,";
  for (int i = 0; i < 30; i++)
    strcat(text, "\xE4\xB8\xAD");
  strcat(text, ",1\n");
  char expected[128] = "\"";
  for (int i = 0; i < 20; i++)
    strcat(expected, "\xE4\xB8\xAD");
  strcat(expected, "\xE2\x80\xA6\" is no day");
  const churn_format format = {.delimiter = 0};
  check_fault("long", scratch_write("t.csv", text), &format, 0, 2, 3, expected);
}

static void a_field_of_a_megabyte_is_a_field(void **state)
{
  (void)state;
  enum { LONG = 1 << 20 };
  char *text = malloc(LONG + 64);
  assert_non_null(text);
  size_t used = (size_t)sprintf(text, "id,day,n\n\"");
  for (size_t i = 0; i < LONG; i++)
    text[used++] = i % 1000 == 999 ? '\n' : 'x';
  used += (size_t)sprintf(text + used, "\",2024-01-01,1\nB,x,1\n");
  const churn_format format = {.delimiter = 0};
  /* 1 heading line, 1048 line ends in the field, its own line end. */
  check_fault("megabyte", scratch_write("t.csv", text), &format, 0, 1051, 3, "\"x\" is no day");
  memcpy(text + used - sizeof "B,x,1", "B,,1", 4);
  memcpy(text + used - 2, "\n", 2);
  churn_error error = {.status = CHURN_OK};
  assert_ok(read_file(scratch_write("t.csv", text), &format, 0, &error), &error);
  free(text);
}

static void files_that_cannot_be_read_say_so(void **state)
{
  (void)state;
  const churn_format format = {.delimiter = 0};
  churn_error error = {.status = CHURN_OK};
  const char *gone = scratch_path("gone.csv");
  assert_int_equal(read_file(gone, &format, 0, &error), CHURN_NO_INPUT);
  assert_string_equal(error.file, gone);
  assert_int_equal(error.line, 0);
  assert_non_null(strstr(error.message, "cannot open the file"));
  const char *folder = scratch_path("");
  assert_int_equal(read_file(folder, &format, 0, &error), CHURN_IO);
  assert_string_equal(error.file, folder);
  assert_non_null(strstr(error.message, "directory"));
  assert_int_equal(read_file(gone, &format, 0, NULL), CHURN_NO_INPUT);
}

/* Root may read everything, so root becomes nobody for the call. */
static void a_file_without_permission_is_refused(void **state)
{
  (void)state;
  enum { NOBODY = 65534 };
  const char *path = scratch_write("t.csv", "id,day,n\n");
  assert_int_equal(chmod(path, 0), 0);
  bool root = geteuid() == 0;
  if (root && seteuid(NOBODY) != 0) {
    print_message("root cannot become nobody here, so there is nothing to test\n");
    skip();
  }
  const churn_format format = {.delimiter = 0};
  churn_error error = {.status = CHURN_OK};
  churn_status status = read_file(path, &format, 0, &error);
  if (root)
    assert_int_equal(seteuid(0), 0);
  assert_int_equal(status, CHURN_PERMISSION);
  assert_string_equal(error.file, path);
}

static void an_offset_may_not_leave_the_calendar(void **state)
{
  (void)state;
  const churn_format west = {.utc_offset_minutes = -60}, east = {.utc_offset_minutes = 60};
  check_fault("before", scratch_write("t.csv", "id,day,n\nA,0001-01-01T00:30,1\n"), &west, 0, 2, 3,
              "is no day");
  check_fault("after", scratch_write("t.csv", "id,day,n\nA,9999-12-31T23:30,1\n"), &east, 0, 2, 3,
              "is no day");
}

static size_t compress_text(const char *text, unsigned char *out, size_t size)
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

static void compressed_files_must_be_whole(void **state)
{
  (void)state;
  unsigned char bytes[512];
  size_t length = compress_text("id,day,n\nA,2024-01-01,1\nB,2024-01-02,2\n", bytes, sizeof bytes);
  const churn_format format = {.delimiter = 0};
  for (size_t cut = 2; cut < length; cut++)
    check_fault("cut", scratch_write_bytes("t.csv.gz", bytes, cut), &format, 0, 0, 0,
                "ends too early");
  memcpy(bytes + length, "id", 2);
  check_fault("followed", scratch_write_bytes("t.csv.gz", bytes, length + 2), &format, 0, 0, 0,
              "damaged");
  bytes[length - 6] ^= 1; /* the checksum (RFC 1952: CRC32, then ISIZE) */
  check_fault("checksum", scratch_write_bytes("t.csv.gz", bytes, length), &format, 0, 0, 0,
              "damaged");
  length = compress_text("", bytes, sizeof bytes);
  check_fault("empty inside", scratch_write_bytes("t.csv.gz", bytes, length), &format, 0, 1, 1,
              "the file is empty");
  length = compress_text("id,day,n\nA,2024-01-01,\"1\n", bytes, sizeof bytes);
  check_fault("fault inside", scratch_write_bytes("t.csv.gz", bytes, length), &format, 0, 2, 14,
              "never closed");
}

static void bytes_of_no_character_in_other_encodings_are_faults(void **state)
{
  (void)state;
  const churn_format chinese = {.encoding = "GB18030"}, ascii = {.encoding = "US-ASCII"};
  /* D6 D0 is one character; D6 before a line end starts none. */
  check_fault("bad", scratch_write("t.csv", "id,day,n\n\xD6\xD0\xD6\n,2024-01-01,1\n"), &chinese, 0,
              2, 2, "byte 0xD6 starts no character of GB18030");
  check_fault("cut", scratch_write("t.csv", "id,day,n\nA,2024-01-01,\xD6"), &chinese, 0, 2, 14,
              "ends in the middle of a character");
  check_fault("heading", scratch_write("t.csv", "id,\xE9"), &ascii, 0, 1, 4, "byte 0xE9");
  check_fault("earlier", scratch_write("t.csv", "id,day,n\nA,x,1\n\xE9\n"), &ascii, 0, 2, 3,
              "\"x\" is no day");
  check_fault("quote", scratch_write("t.csv", "id,day,n\nA,\"2024,1\n\xE9\n"), &ascii, 0, 3, 1,
              "byte 0xE9");
}

static void formats_that_make_no_sense_are_refused(void **state)
{
  (void)state;
  const churn_format usage[] = {{.delimiter = '"'},
                                {.delimiter = '\n'},
                                {.delimiter = '\r'},
                                {.delimiter = '\xA7'},
                                {.decimal = ',', .thousands = ','},
                                {.thousands = '.'},
                                {.date_format = "%Y"}};
  const char *path = scratch_write("t.csv", "id,day,n\n");
  churn_error error = {.status = CHURN_OK};
  for (size_t i = 0; i < sizeof usage / sizeof usage[0]; i++)
    assert_int_equal(read_file(path, &usage[i], 0, &error), CHURN_USAGE);
  const churn_format unknown[] = {
      {.encoding = "GB18031"}, {.encoding = "UTF-16//IGNORE"}, {.encoding = ""}};
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    assert_int_equal(read_file(path, &unknown[i], 0, &error), CHURN_BAD_PROJECT);
    assert_non_null(strstr(error.message, "unknown encoding"));
  }
  churn_table *table = NULL;
  const churn_format fine = {.delimiter = 0};
  const churn_column_request untyped = {.heading = "id", .type = CHURN_TYPE_INFER};
  assert_int_equal(churn_table_read(path, &fine, &untyped, 1, NULL, NULL, &table, &error),
                   CHURN_USAGE);
  assert_null(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_fault_is_told_with_its_place),
      cmocka_unit_test(what_only_looks_wrong_is_read),
      cmocka_unit_test(long_texts_are_cut_between_characters_in_messages),
      cmocka_unit_test(a_field_of_a_megabyte_is_a_field),
      cmocka_unit_test(files_that_cannot_be_read_say_so),
      cmocka_unit_test(a_file_without_permission_is_refused),
      cmocka_unit_test(an_offset_may_not_leave_the_calendar),
      cmocka_unit_test(compressed_files_must_be_whole),
      cmocka_unit_test(bytes_of_no_character_in_other_encodings_are_faults),
      cmocka_unit_test(formats_that_make_no_sense_are_refused),
  };
  return cmocka_run_group_tests_name("csv", tests, set_up, scratch_teardown);
}
