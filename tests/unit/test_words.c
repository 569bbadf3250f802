/* Columns of short numbers, in every instruction set that runs here, against the parser of each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/rows.h"

#include "base/isa.h"
#include "base/number.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 70, FIELDS = 3, LONGEST = 11, ROUNDS = 3000 };

/* Knuth's MMIX generator; the high bits. */
static uint64_t random_state = 7;

static size_t draw(size_t below)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)((random_state >> 33) % below);
}

/* Lines of FIELDS random texts; starts as the index gives them. */
static size_t make_text(size_t rows, size_t kinds, char *text, uint32_t *starts)
{
  static const char bytes[] = "01234567899.-5+e \r\x80";
  size_t used = 0, field = 0;
  for (size_t i = 0; i < rows * FIELDS; i++) {
    starts[field++] = (uint32_t)used;
    for (size_t length = draw(LONGEST); length > 0; length--)
      text[used++] = bytes[draw(kinds)];
    text[used++] = i % FIELDS + 1 == FIELDS ? '\n' : ',';
  }
  starts[field] = (uint32_t)used;
  return used;
}

static void check_column(churn_words_parse *parse, const char *text, const uint32_t *starts,
                         size_t rows)
{
  double numbers[MOST_ROWS];
  uint32_t odd[MOST_ROWS];
  size_t count = parse(text, starts, FIELDS, rows, numbers, odd), next = 0;
  for (size_t r = 0; r < rows; r++) {
    const uint32_t *at = starts + r * FIELDS;
    double expected;
    if (!churn_number_parse_word(text + at[0], at[1] - at[0] - 1, &expected)) {
      assert_true(next < count);
      assert_int_equal(odd[next++], r);
    } else {
      assert_memory_equal(&numbers[r], &expected, sizeof expected);
    }
  }
  assert_int_equal(next, count);
}

static void check_all(churn_words_parse *parse)
{
  static const size_t kinds[] = {10, 12, 13, 16, 19};
  for (size_t i = 0; i < ROUNDS; i++) {
    static char made[MOST_ROWS * FIELDS * (LONGEST + 1)];
    uint32_t starts[MOST_ROWS * FIELDS + 1];
    size_t rows = draw(MOST_ROWS + 1);
    size_t length = make_text(rows, kinds[i % 5], made, starts);
    char *text = malloc(length + 8); /* a sanitizer sees what is read behind it */
    assert_non_null(text);
    memcpy(text, made, length);
    memset(text + length, '7', 8);
    for (size_t f = 0; f < FIELDS; f++)
      check_column(parse, text, starts + f, rows);
    free(text);
  }
}

static void every_instruction_set_reads_the_same_numbers(void **state)
{
  (void)state;
  static const char *const names[] = {"avx512", "avx2", "baseline"};
  for (size_t i = 0; i < 3; i++) {
    churn_isa isa;
    if (!churn_isa_find(names[i], &isa))
      continue;
    setenv("CHURN_ISA", names[i], 1);
    check_all(churn_words_choose());
  }
  unsetenv("CHURN_ISA");
}

/* Numbers long and short, blanks, missing ones, up to the last byte that may be read. */
static void a_column_is_what_its_fields_are(void **state)
{
  (void)state;
  static const char *const tokens[] = {"", "-9", "x"};
  static const char *const texts[] = {"2.385", "-9", "",   " 4.5 ", "-0", "123456789.25",
                                      "1e3",   "x",  ".5", "-",     "7."};
  const churn_format format = {.missing = tokens, .missing_count = 3};
  churn_value_rules rules = churn_value_rules_make(&format);
  char text[600];
  uint32_t starts[101];
  double numbers[100];
  size_t used = 0, rows = 0;
  for (; rows < 100; rows++) {
    const char *field = texts[draw(rows < 60 ? 11 : 9)];
    field = strcmp(field, "-") == 0 ? "-8" : field;
    starts[rows] = (uint32_t)used;
    used += (size_t)sprintf(text + used, "%s\n", field);
  }
  starts[rows] = (uint32_t)used;
  churn_rows column = {text, text + used, starts, rows, 1, false};
  assert_true(churn_rows_numbers(&column, 0, &rules, numbers));
  for (size_t r = 0; r < rows; r++) {
    size_t length;
    const char *field = churn_rows_field(&column, r, 0, &length);
    double expected = NAN;
    if (!churn_value_missing(&rules, field, length))
      assert_true(churn_value_number(&rules, field, length, &expected));
    assert_true(isnan(expected) ? isnan(numbers[r])
                                : memcmp(&numbers[r], &expected, sizeof expected) == 0);
  }
  text[starts[40]] = '-';
  text[starts[40] + 1] = '\n'; /* a number no more, wherever it stands among the eight */
  starts[41] = starts[40] + 2;
  assert_false(churn_rows_numbers(&column, 0, &rules, numbers));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_instruction_set_reads_the_same_numbers),
      cmocka_unit_test(a_column_is_what_its_fields_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
