/* The index of a block against a byte-by-byte one, in every instruction set that runs here.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "source/index.h"

#include "base/isa.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 300, TEXTS = 4000 };

/* Knuth's MMIX generator; the high bits. */
static uint64_t random_state = 42;

static size_t draw(size_t below)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)((random_state >> 33) % below);
}

static churn_index expect(const char *text, size_t length, char delimiter, uint32_t *starts)
{
  churn_index index = {.separators = 0};
  starts[0] = 0;
  for (size_t i = 0; i < length; i++) {
    bool before_line_end = i + 1 < length && text[i + 1] == '\n';
    if (text[i] == delimiter || text[i] == '\n')
      starts[++index.separators] = (uint32_t)i + 1;
    index.lines += text[i] == '\n';
    index.returns |= text[i] == '\r';
    index.special |= text[i] == '"' || text[i] == 0 || (text[i] == '\r' && !before_line_end);
    index.wide |= (text[i] & 0x80) != 0;
  }
  return index;
}

/* A copy that ends with the heap block, so that a sanitizer sees what is read past it. */
static void check(churn_index_fill *fill, const char *made, size_t length, char delimiter)
{
  static uint32_t starts[LONGEST + 17], expected_starts[LONGEST + 17];
  char *text = malloc(length + 1);
  assert_non_null(text);
  memcpy(text + 1, made, length);
  churn_index expected = expect(text + 1, length, delimiter, expected_starts);
  churn_index index = fill(text + 1, length, delimiter, starts);
  free(text);
  assert_int_equal(index.separators, expected.separators);
  assert_memory_equal(starts, expected_starts, (index.separators + 1) * sizeof *starts);
  assert_int_equal(index.lines, expected.lines);
  assert_int_equal(index.special, expected.special);
  assert_int_equal(index.wide, expected.wide);
  assert_int_equal(index.returns, expected.returns);
}

static void check_all(churn_index_fill *fill)
{
  static const char odd[] = {',', '\n', '\r', '"', 0, '\xE4', '\n', '\r', ';', '\x7F', '\x80'};
  static char text[LONGEST];
  for (size_t t = 0; t < TEXTS; t++) {
    size_t length = draw(LONGEST + 1), rate = 1 + draw(100), kinds = 1 + draw(sizeof odd);
    for (size_t i = 0; i < length; i++)
      text[i] = (char)(draw(rate) == 0 ? odd[draw(kinds)] : 'a' + (int)draw(3));
    check(fill, text, length, t % 3 == 0 ? ';' : ',');
  }
  for (size_t at = 0; at + 1 < LONGEST; at++) { /* a CR at every place of a word */
    memset(text, 'a', LONGEST);
    text[at] = '\r';
    check(fill, text, LONGEST, ',');
    text[at + 1] = '\n';
    check(fill, text, LONGEST, ',');
    check(fill, text, at + 1, ',');
  }
  memset(text, ',', LONGEST);
  check(fill, text, LONGEST, ',');
}

static void every_instruction_set_finds_what_is_there(void **state)
{
  (void)state;
  check_all(churn_index_fill_baseline);
#if defined(__x86_64__)
  if (churn_isa_runs(CHURN_ISA_AVX2))
    check_all(churn_index_fill_avx2);
  if (churn_isa_runs(CHURN_ISA_AVX512))
    check_all(churn_index_fill_avx512);
#endif
}

static void churn_isa_forces_an_index(void **state)
{
  (void)state;
  setenv("CHURN_ISA", "baseline", 1);
  assert_ptr_equal(churn_index_choose(), churn_index_fill_baseline);
  setenv("CHURN_ISA", "none such", 1);
  const char *ignored = NULL;
  churn_isa isa = churn_isa_choose(&ignored);
  assert_true(churn_isa_runs(isa));
  assert_string_equal(ignored, "none such");
  unsetenv("CHURN_ISA");
  assert_int_equal(churn_isa_choose(&ignored), isa); /* the widest there is */
  assert_null(ignored);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_instruction_set_finds_what_is_there),
      cmocka_unit_test(churn_isa_forces_an_index),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
