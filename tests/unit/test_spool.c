/* Rows of a database as text: what each kind of field becomes, and COPY's escapes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/copy_text.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static churn_spool *spool;

/* A spool of `count` columns called a, b, … */
static void begin(int count)
{
  churn_error error = {.status = CHURN_OK};
  assert_ok(churn_spool_new("sqlite:x, table y", &spool, &error), &error);
  for (char name = 'a'; name < 'a' + count; name++)
    churn_spool_text(spool, &name, 1);
  assert_ok(churn_spool_end_headings(spool, &error), &error);
}

static void end_row(void)
{
  churn_error error = {.status = CHURN_OK};
  assert_ok(churn_spool_end_row(spool, &error), &error);
}

/* The whole text is `expected`; the spool is freed. */
static void end(const char *expected)
{
  churn_error error = {.status = CHURN_OK};
  assert_ok(churn_spool_finish(spool, &error), &error);
  assert_int_equal(spool->length, strlen(expected));
  assert_memory_equal(spool->text, expected, spool->length);
  churn_spool_free(spool);
}

static void put(const char *text)
{
  churn_spool_text(spool, text, strlen(text));
}

static void every_kind_of_field_has_its_text(void **state)
{
  (void)state;
  begin(5);
  put("web");
  churn_spool_number(spool, 0.1 + 0.2); /* the shortest text that reads back */
  churn_spool_whole(spool, INT64_MIN);
  churn_spool_missing(spool);
  churn_spool_binary(spool);
  end_row();
  put("");
  churn_spool_number(spool, -1e-310);
  churn_spool_whole(spool, 7);
  churn_spool_missing(spool);
  churn_spool_binary(spool);
  end_row();
  assert_int_equal(spool->rows, 2);
  assert_int_equal(spool->binary_row[4], 1);
  assert_int_equal(spool->binary_row[0], 0);
  end("a,b,c,d,e\nweb,0.30000000000000004,-9223372036854775808,,\n,-1e-310,7,,\n");
}

static void texts_are_quoted_where_the_grammar_needs_it_and_lose_the_blanks_round_them(void **state)
{
  (void)state;
  begin(2);
  put(" a,b\t");
  put("say \"no\"");
  end_row();
  put("two\nlines");
  put("\r");
  end_row();
  put("  ");
  put("in side");
  end_row();
  end("a,b\n\"a,b\",\"say \"\"no\"\"\"\n\"two\nlines\",\"\r\"\n,in side\n");
}

static void a_row_of_one_missing_field_is_no_blank_line(void **state)
{
  (void)state;
  begin(1);
  churn_spool_missing(spool);
  end_row();
  put(" ");
  end_row();
  put("x");
  end_row();
  end("a\n\"\"\n\"\"\nx\n");
}

static churn_status copy(const char *row, bool all_text, const churn_copy_kind *kinds,
                         churn_error *error)
{
  char *bytes = strdup(row);
  assert_non_null(bytes);
  churn_status status = churn_copy_row(bytes, strlen(row), kinds, all_text, spool, error);
  free(bytes);
  return status;
}

static void escapes_of_copy_are_undone(void **state)
{
  (void)state;
  static const churn_copy_kind kinds[] = {CHURN_COPY_TEXT, CHURN_COPY_TRUTH, CHURN_COPY_BINARY};
  churn_error error = {.status = CHURN_OK};
  begin(3);
  /* Manual of COPY: \b \f \n \r \t \v, a backslash doubled, \N for NULL. */
  assert_ok(copy("x\\\\ny\\tz\\\\N\tt\t\\N\n", false, kinds, &error), &error);
  assert_ok(copy("\\N\tf\t\\\\x00ff\n", false, kinds, &error), &error);
  assert_ok(copy("a\\b\\f\\vb\\n\\rc\t\\N\t\\N\n", false, kinds, &error), &error);
  assert_ok(copy("\\\\N\t\\N\t\\N", false, kinds, &error), &error);
  assert_int_equal(spool->binary_row[2], 2);
  end("a,b,c\nx\\ny\tz\\N,true,\n,false,\n\"a\b\f\vb\n\rc\",,\n\\N,,\n");
}

static void another_number_of_fields_is_malformed(void **state)
{
  (void)state;
  static const churn_copy_kind kinds[] = {CHURN_COPY_TEXT, CHURN_COPY_TEXT};
  static const char *const rows[] = {"a", "a\tb\tc", ""};
  for (size_t i = 0; i < 6; i++) {
    churn_error error = {.status = CHURN_OK};
    begin(2);
    assert_int_equal(copy(rows[i / 2], i % 2 != 0, kinds, &error), CHURN_MALFORMED);
    assert_non_null(strstr(error.message, "row 1 has another number of fields than the 2 columns"));
    churn_spool_free(spool);
  }
}

/* Two ways, one answer: the quick way of plain rows against the careful one, on made-up rows. */
static void plain_rows_come_out_as_by_the_careful_way(void **state)
{
  (void)state;
  static const char letters[] = "ab \t\t\"\\,\rz7 é";
  static const churn_copy_kind kinds[] = {CHURN_COPY_TEXT, CHURN_COPY_TEXT, CHURN_COPY_TEXT};
  uint64_t seed = 2385;
  size_t kept = 0;
  for (int i = 0; i < 20000; i++) {
    char row[13], texts[2][64];
    churn_status statuses[2];
    seed = seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's constants */
    size_t length = (size_t)(seed >> 60);
    for (size_t c = 0; c < sizeof row - 1; c++)
      row[c] = c < length ? letters[(seed >> (3 * c)) % (sizeof letters - 1)] : '\0';
    row[sizeof row - 1] = '\0';
    for (int way = 0; way < 2; way++) {
      churn_error error;
      begin(3);
      spool->pending.used = 0;
      statuses[way] = copy(row, way != 0, kinds, &error);
      snprintf(texts[way], sizeof texts[way], "%.*s", (int)spool->pending.used,
               spool->pending.bytes);
      churn_spool_free(spool);
    }
    assert_int_equal(statuses[0], statuses[1]);
    if (statuses[0] == CHURN_OK)
      assert_string_equal(texts[0], texts[1]);
    kept += statuses[0] == CHURN_OK;
  }
  assert_true(kept > 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_of_field_has_its_text),
      cmocka_unit_test(texts_are_quoted_where_the_grammar_needs_it_and_lose_the_blanks_round_them),
      cmocka_unit_test(a_row_of_one_missing_field_is_no_blank_line),
      cmocka_unit_test(escapes_of_copy_are_undone),
      cmocka_unit_test(another_number_of_fields_is_malformed),
      cmocka_unit_test(plain_rows_come_out_as_by_the_careful_way),
  };
  return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
