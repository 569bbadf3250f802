/* The vector splitter and libcsv, the parser of record, get the same bytes and must give the same
 * fields, the same faults and the same places: random well-formed, spoiled and random bytes, blocks
 * of every size up to 70 bytes and some beyond, several delimiters, every instruction set, with
 * blocks that their taker refuses among them. And values of columns are those of their texts one by
 * one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/isa.h"
#include "source/rows.h"
#include "support.h"
#include "two_splits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 1 << 12, TEXTS = 600, MOST_BLOCK = 70 };

/* Knuth's MMIX generator; the high bits. */
static uint64_t random_state;

static size_t draw(size_t below)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)((random_state >> 33) % below);
}

static churn_index_fill *fill_of(churn_isa isa)
{
#if defined(__x86_64__)
  if (isa == CHURN_ISA_AVX512)
    return churn_index_fill_avx512;
  if (isa == CHURN_ISA_AVX2)
    return churn_index_fill_avx2;
#endif
  (void)isa;
  return churn_index_fill_baseline;
}

typedef struct made {
  char text[TEXT_SIZE];
  size_t length;
} made;

static void put(made *m, const char *bytes, size_t length)
{
  if (m->length + length > TEXT_SIZE)
    return;
  memcpy(m->text + m->length, bytes, length);
  m->length += length;
}

static void put_text(made *m, const char *text)
{
  put(m, text, strlen(text));
}

static void put_field(made *m, size_t oddity)
{
  static const char *const plain[] = {"",      "C000017", "2024-02-29", "web",
                                      "26.39", "a b",     "-7",         "x"};
  static const char *const odd[] = {"\"q\"",  "\"a,b\"",      "\"\"\"\"",  " pad ", "\t",
                                    "\"\n\"", "\xE4\xB8\xAD", "\"a\r\n\"", "  ",    "\"\""};
  if (draw(100) < oddity)
    put_text(m, odd[draw(10)]);
  else
    put_text(m, plain[draw(8)]);
}

/* Rows of `fields` fields that end as `usual` says, some of them odd, some with another number of
 * fields, some blank. */
static void make_rows(made *m, char delimiter, size_t fields, size_t oddity, size_t usual)
{
  static const char *const ends[] = {"\n", "\r\n", "\r", "\n\n"};
  m->length = 0;
  for (size_t rows = draw(60); rows > 0; rows--) {
    size_t count = draw(300) < oddity ? 1 + draw(5) : fields;
    for (size_t f = 0; f < count; f++) {
      if (f > 0)
        put(m, &delimiter, 1);
      put_field(m, oddity);
    }
    if (rows > 1 || draw(2))
      put_text(m, ends[draw(200) < oddity ? draw(4) : usual]);
  }
}

static void spoil(made *m, char delimiter)
{
  const char bytes[] = {'"', '"', '\n', '\r', delimiter, ' ', 'x', 0, '\xFF', '\xE4', '\xC3', '\t'};
  for (size_t i = 1 + draw(3); i > 0 && m->length > 0; i--)
    m->text[draw(m->length)] = bytes[draw(sizeof bytes)];
}

static void make_random(made *m, char delimiter)
{
  const char bytes[] = {'"', '\n', '\r', delimiter, 'a', '1', ' ', '\n', delimiter, '\xC3', '\xA9'};
  m->length = draw(200);
  for (size_t i = 0; i < m->length; i++)
    m->text[i] = bytes[draw(draw(4) ? 9 : sizeof bytes)];
}

typedef struct tally {
  size_t cases, rows;
} tally;

/* A copy of exactly the text's length, so that a sanitizer sees every byte read past it. */
static void check_blocks(const made *m, two_splits how, size_t seed, tally *t)
{
  char *exact = malloc(m->length + 1);
  assert_non_null(exact);
  char *text = exact + 1; /* unaligned, its end at the end of the heap block */
  memcpy(text, m->text, m->length);
  for (size_t block = 1; block <= m->length + 1; block += block < MOST_BLOCK ? 1 : 1 + block / 3) {
    for (int isa = 0; isa < CHURN_ISA_COUNT; isa++) {
      if (!churn_isa_runs((churn_isa)isa) || (block > 3 && draw(2)))
        continue;
      size_t rows = 0;
      how.block = block;
      how.fill = fill_of((churn_isa)isa);
      how.refuse = draw(3) == 0 ? 2 + draw(3) : 0;
      const char *differs = two_splits_differ(&how, text, m->length, &rows);
      if (differs != NULL)
        fail_msg("seed %zu, blocks of %zu, %s, delimiter %d: %s", seed, block,
                 churn_isa_name((churn_isa)isa), how.delimiter, differs);
      t->cases++;
      t->rows += rows;
    }
  }
  free(exact);
}

static void both_splits_give_the_same_fields_faults_and_places(void **state)
{
  (void)state;
  static const char delimiters[] = {',', ';', '\t', '|', ' '};
  static made m;
  tally t = {0, 0};
  for (size_t seed = 1; seed <= TEXTS; seed++) {
    random_state = seed;
    two_splits how = {.delimiter = delimiters[draw(5)], .fields = 1 + draw(4)};
    size_t kind = draw(5);
    if (kind == 0)
      make_random(&m, how.delimiter);
    else
      make_rows(&m, how.delimiter, how.fields, kind == 1 ? 0 : draw(30),
                draw(8) == 0 ? draw(4) : draw(2));
    if (kind == 2)
      spoil(&m, how.delimiter);
    check_blocks(&m, how, seed, &t);
  }
  print_message("%zu cases, %zu rows without libcsv\n", t.cases, t.rows);
  assert_true(t.cases > 20000);
  assert_true(t.rows > t.cases); /* the generator must reach the vector path */
}

static void a_file_longer_than_a_block_is_split_the_same(void **state)
{
  (void)state;
  size_t length = 0, capacity = 1 << 18, rows = 0;
  char *text = malloc(capacity);
  assert_non_null(text);
  random_state = 4711;
  while (length + 200 < capacity) {
    made m = {.length = 0};
    make_rows(&m, ',', 3, draw(100) == 0 ? 10 : 0, 0);
    if (m.length == 0 || m.text[m.length - 1] == '\n')
      continue;
    if (length + m.length + 200 >= capacity)
      break;
    memcpy(text + length, m.text, m.length);
    length += m.length;
    text[length++] = '\n';
  }
  two_splits how = {.delimiter = ',', .fields = 3, .block = SIZE_MAX};
  assert_null(two_splits_differ(&how, text, length, &rows));
  print_message("%zu bytes, %zu rows without libcsv\n", length, rows);
  assert_true(rows > 100);
  free(text);
}

/* One column of texts, one a row. */
static churn_rows rows_of(const char *text, size_t length, uint32_t *starts)
{
  churn_index index = churn_index_choose()(text, length, ',', starts);
  return (churn_rows){text, text + length, starts, index.lines, 1, index.returns};
}

static void put_value(made *m)
{
  static const char *const values[] = {"2024-02-29",
                                       "2023-02-29",
                                       "9999-12-31",
                                       "0001-01-01",
                                       "2024-1-5",
                                       "2024-01-01T10:00",
                                       "2024-00-10",
                                       "2024-01-00",
                                       "2024-13-01",
                                       "2024-01-32",
                                       "2024-01-4x",
                                       "1900-02-29",
                                       "0",
                                       "-0",
                                       "1.5",
                                       "-12.25",
                                       "1e3",
                                       "123456789012345678",
                                       ".5",
                                       "5.",
                                       "1,5",
                                       "+3",
                                       "--3",
                                       "1.2.3",
                                       "yes",
                                       "No",
                                       "TRUE",
                                       "1",
                                       "NA",
                                       "NaN",
                                       "NULL",
                                       "\\N",
                                       "a",
                                       "small business",
                                       "a text of more than sixteen",
                                       "exactly sixteen!",
                                       "seventeen letters",
                                       "999",
                                       "26.390000000000001",
                                       "1e400"};
  if (draw(3) == 0)
    put(m, "0123456789-.eT:+ " + draw(10), 1 + draw(6));
  else
    put_text(m, values[draw(sizeof values / sizeof values[0])]);
  put_text(m, "\n");
}

/* Each value by itself through value.c. */
static void check_values(const churn_rows *rows, const churn_value_rules *rules)
{
  churn_month months[CHURN_MONTHS] = {{0, 0, 0}};
  churn_recent_text recent[CHURN_RECENT_TEXTS] = {{{0, 0}, 0, 0}};
  churn_dictionary *levels = churn_dictionary_new(), *ids = churn_dictionary_new();
  for (size_t row = 0; row < rows->count; row++) {
    churn_rows one = *rows;
    one.starts += row;
    one.count = 1;
    size_t length;
    const char *text = churn_rows_field(&one, 0, 0, &length);
    bool missing = churn_value_missing(rules, text, length);
    churn_day day = -1, expected_day = CHURN_DAY_MISSING;
    double number = -1, expected = NAN;
    bool good = missing || churn_value_day(rules, text, length, &expected_day);
    assert_int_equal(churn_rows_days(&one, 0, rules, months, &day), good);
    assert_true(!good || day == expected_day);
    good = missing || churn_value_number(rules, text, length, &expected);
    assert_int_equal(churn_rows_numbers(&one, 0, rules, &number), good);
    assert_true(!good || memcmp(&number, &expected, sizeof number) == 0 || isnan(expected));
    expected = NAN;
    good = missing || churn_value_flag(text, length, &expected);
    assert_int_equal(churn_rows_flags(&one, 0, rules, &number), good);
    assert_true(!good || number == expected || isnan(expected));
    uint32_t code = 0, id = 0;
    assert_int_equal(churn_rows_categories(&one, 0, rules, recent, levels, &code), CHURN_OK);
    assert_int_equal(churn_rows_ids(&one, 0, ids, &id), CHURN_OK);
    assert_int_equal(code,
                     missing ? CHURN_CODE_MISSING : churn_dictionary_find(levels, text, length));
    assert_int_equal(id, churn_dictionary_find(ids, text, length));
    assert_true(id != CHURN_CODE_MISSING && (missing || code != CHURN_CODE_MISSING));
    assert_int_equal(churn_dictionary_length(ids, id), length);
  }
  churn_dictionary_free(levels);
  churn_dictionary_free(ids);
}

static void columns_hold_the_values_of_their_texts(void **state)
{
  (void)state;
  static const char *const tokens[] = {"", "999", "2024-02-29", "web"};
  static const churn_format formats[] = {
      {.delimiter = 0},
      {.missing = tokens, .missing_count = 4},
      {.decimal = ',', .thousands = '.', .date_format = "%Y-%m-%d"},
      {.utc_offset_minutes = 600}};
  static made m;
  static uint32_t starts[TEXT_SIZE + 9];
  for (size_t seed = 1; seed <= 400; seed++) {
    random_state = seed;
    m.length = 0;
    for (size_t i = 0; i < 60; i++)
      put_value(&m);
    churn_value_rules rules = churn_value_rules_make(&formats[seed % 4]);
    char *exact = malloc(m.length);
    assert_non_null(exact);
    memcpy(exact, m.text, m.length);
    churn_rows rows = rows_of(exact, m.length, starts);
    check_values(&rows, &rules);
    free(exact);
  }
}

static void known_ids_are_found_in_batches_and_runs(void **state)
{
  (void)state;
  static made m;
  static uint32_t starts[TEXT_SIZE + 9], codes[TEXT_SIZE], found[TEXT_SIZE];
  churn_dictionary *ids = churn_dictionary_new();
  random_state = 99;
  for (size_t round = 0; round < 40; round++) {
    m.length = 0;
    for (size_t i = 0; i < 200; i++) {
      char text[40];
      int length =
          snprintf(text, sizeof text, "%.*s%zu\n", (int)draw(18), "a-long-enough-prefix", draw(90));
      for (size_t again = draw(5) == 0 ? 3 : 1; again > 0; again--)
        put(&m, text, (size_t)length);
    }
    churn_rows rows = rows_of(m.text, m.length, starts);
    churn_rows_known_ids(&rows, 0, ids, found);
    for (size_t row = 0; row < rows.count; row++) {
      size_t length;
      const char *text = churn_rows_field(&rows, row, 0, &length);
      assert_int_equal(found[row], churn_dictionary_find(ids, text, length));
    }
    if (draw(2))
      continue;
    assert_int_equal(churn_rows_ids(&rows, 0, ids, codes), CHURN_OK);
    churn_rows_known_ids(&rows, 0, ids, found);
    assert_memory_equal(codes, found, rows.count * sizeof *codes);
  }
  churn_dictionary_free(ids);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_splits_give_the_same_fields_faults_and_places),
      cmocka_unit_test(a_file_longer_than_a_block_is_split_the_same),
      cmocka_unit_test(columns_hold_the_values_of_their_texts),
      cmocka_unit_test(known_ids_are_found_in_batches_and_runs),
  };
  return cmocka_run_group_tests_name("two splits", tests, NULL, NULL);
}
