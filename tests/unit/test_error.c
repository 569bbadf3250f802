/* Errors with places, and the list of remarks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void an_error_is_filled_and_its_status_given_back(void **state)
{
  churn_error error;
  churn_place place = {"churn.yaml", 12, 7};
  (void)state;
  memset(&error, 0x5a, sizeof error);
  assert_int_equal(churn_error_set_at(&error, CHURN_BAD_PROJECT, place, "no column \"%s\"", "tier"),
                   CHURN_BAD_PROJECT);
  assert_int_equal(error.status, CHURN_BAD_PROJECT);
  assert_string_equal(error.message, "no column \"tier\"");
  assert_string_equal(error.file, "churn.yaml");
  assert_int_equal(error.line, 12);
  assert_int_equal(error.column, 7);
  assert_int_equal(churn_error_set(&error, CHURN_USAGE, "%d%%", 5), CHURN_USAGE);
  assert_string_equal(error.message, "5%");
  assert_string_equal(error.file, "");
  assert_int_equal(error.line, 0);
}

static void no_error_struct_is_fine(void **state)
{
  (void)state;
  assert_int_equal(churn_error_set(NULL, CHURN_IO, "x"), CHURN_IO);
  assert_int_equal(churn_error_set_at(NULL, CHURN_BUSY, CHURN_NOWHERE, "x"), CHURN_BUSY);
  assert_int_equal(churn_error_no_memory(NULL), CHURN_NO_MEMORY);
  assert_int_equal(churn_error_set_errno(NULL, CHURN_IO, "f", "read", ENOENT), CHURN_NO_INPUT);
}

static void assert_formatted(churn_place place, const char *expected)
{
  churn_error error;
  char text[CHURN_MESSAGE_SIZE];
  assert_int_equal(churn_error_set_at(&error, CHURN_MALFORMED, place, "stray quote"),
                   CHURN_MALFORMED);
  churn_error_format(&error, text, sizeof text);
  assert_string_equal(text, expected);
}

static void unknown_parts_of_a_place_are_left_out(void **state)
{
  (void)state;
  assert_formatted((churn_place){"a.csv", 3, 9}, "a.csv:3:9: stray quote");
  assert_formatted((churn_place){"a.csv", 3, 0}, "a.csv:3: stray quote");
  assert_formatted((churn_place){"a.csv", 0, 0}, "a.csv: stray quote");
  assert_formatted(CHURN_NOWHERE, "stray quote");
}

static void long_texts_are_cut_and_terminated(void **state)
{
  char long_text[4000], small[8];
  churn_error error;
  (void)state;
  memset(long_text, 'x', sizeof long_text);
  long_text[sizeof long_text - 1] = '\0';
  churn_place place = {long_text, 1, 1};
  assert_int_equal(churn_error_set_at(&error, CHURN_IO, place, "%s", long_text), CHURN_IO);
  assert_int_equal(strlen(error.message), CHURN_MESSAGE_SIZE - 1);
  assert_int_equal(strlen(error.file), CHURN_PLACE_SIZE - 1);
  churn_error_format(&error, small, sizeof small);
  assert_int_equal(strlen(small), sizeof small - 1);
  churn_error_format(&error, small, 0);
}

static void system_errors_become_the_status_that_tells_what_to_mend(void **state)
{
  static const struct {
    int reason;
    churn_status otherwise, expected;
  } cases[] = {{ENOENT, CHURN_IO, CHURN_NO_INPUT},
               {ENOENT, CHURN_CANNOT_CREATE, CHURN_CANNOT_CREATE},
               {EACCES, CHURN_IO, CHURN_PERMISSION},
               {EPERM, CHURN_CANNOT_CREATE, CHURN_PERMISSION},
               {EROFS, CHURN_CANNOT_CREATE, CHURN_PERMISSION},
               {ENOSPC, CHURN_IO, CHURN_IO},
               {EISDIR, CHURN_CANNOT_CREATE, CHURN_CANNOT_CREATE}};
  churn_error error;
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(churn_error_set_errno(&error, cases[i].otherwise, "out.csv", "write the file",
                                           cases[i].reason),
                     cases[i].expected);
    assert_string_equal(error.file, "out.csv");
    assert_non_null(strstr(error.message, "cannot write the file: "));
    assert_non_null(strstr(error.message, strerror(cases[i].reason)));
  }
}

static void every_status_has_a_name_of_its_own(void **state)
{
  (void)state;
  for (int a = CHURN_OK; a <= CHURN_BAD_PROJECT; a++) {
    assert_true(strlen(churn_status_name((churn_status)a)) > 2);
    for (int b = CHURN_OK; b < a; b++)
      assert_string_not_equal(churn_status_name((churn_status)a),
                              churn_status_name((churn_status)b));
  }
  assert_string_equal(churn_status_name(CHURN_BAD_PROJECT), "bad project");
  assert_string_equal(churn_status_name((churn_status)(CHURN_BAD_PROJECT + 1)), "unknown status");
}

static void remarks_keep_their_order_place_and_severity(void **state)
{
  churn_notes *notes = churn_notes_new();
  char name[32];
  (void)state;
  assert_non_null(notes);
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "f%d.csv", i);
    churn_notes_add(notes, (churn_severity)(i % 3), "code", (churn_place){name, (uint64_t)i, 2},
                    "remark %d", i);
  }
  assert_int_equal(churn_notes_count(notes), 100);
  assert_int_equal(churn_notes_count_of(notes, CHURN_NOTE), 34);
  assert_int_equal(churn_notes_count_of(notes, CHURN_WARNING), 33);
  assert_int_equal(churn_notes_count_of(notes, CHURN_FAULT), 33);
  const churn_note *note = churn_notes_get(notes, 77);
  assert_string_equal(note->text, "remark 77");
  assert_string_equal(note->file, "f77.csv");
  assert_string_equal(note->code, "code");
  assert_int_equal(note->line, 77);
  assert_int_equal(note->column, 2);
  assert_int_equal(note->severity, CHURN_FAULT);
  assert_null(churn_notes_get(notes, 100));
  churn_notes_free(notes);
}

static void an_error_is_added_as_a_fault(void **state)
{
  churn_notes *notes = churn_notes_new();
  churn_error error;
  (void)state;
  assert_int_equal(churn_error_set_at(&error, CHURN_MALFORMED, (churn_place){"a.csv", 4, 5},
                                      "100%% wrong: %s", "%n"),
                   CHURN_MALFORMED);
  churn_notes_add_fault(notes, &error);
  const churn_note *note = churn_notes_get(notes, 0);
  assert_int_equal(note->severity, CHURN_FAULT);
  assert_string_equal(note->text, "100% wrong: %n");
  assert_string_equal(note->file, "a.csv");
  assert_int_equal(note->line, 4);
  assert_int_equal(note->column, 5);
  churn_notes_free(notes);
}

static void no_list_counts_as_an_empty_one(void **state)
{
  (void)state;
  churn_notes_add(NULL, CHURN_NOTE, "code", CHURN_NOWHERE, "dropped");
  assert_int_equal(churn_notes_count(NULL), 0);
  assert_int_equal(churn_notes_count_of(NULL, CHURN_NOTE), 0);
  assert_null(churn_notes_get(NULL, 0));
  churn_notes_free(NULL);
}

static void a_remark_without_place_has_an_empty_file(void **state)
{
  churn_notes *notes = churn_notes_new();
  (void)state;
  churn_notes_add(notes, CHURN_NOTE, "code", CHURN_NOWHERE, "text");
  assert_string_equal(churn_notes_get(notes, 0)->file, "");
  assert_int_equal(churn_notes_get(notes, 0)->line, 0);
  churn_notes_free(notes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_error_is_filled_and_its_status_given_back),
      cmocka_unit_test(no_error_struct_is_fine),
      cmocka_unit_test(unknown_parts_of_a_place_are_left_out),
      cmocka_unit_test(long_texts_are_cut_and_terminated),
      cmocka_unit_test(system_errors_become_the_status_that_tells_what_to_mend),
      cmocka_unit_test(every_status_has_a_name_of_its_own),
      cmocka_unit_test(remarks_keep_their_order_place_and_severity),
      cmocka_unit_test(an_error_is_added_as_a_fault),
      cmocka_unit_test(no_list_counts_as_an_empty_one),
      cmocka_unit_test(a_remark_without_place_has_an_empty_file)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
