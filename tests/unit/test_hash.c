/* The sum of lines: the number of them, and of their hashes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"
#include "support.h"

#include <string.h>

static churn_line_sum sum_of(const char *text)
{
  churn_line_sum sum = {0, 0};
  churn_line_sum_add(&sum, text, strlen(text));
  return sum;
}

static void assert_same(churn_line_sum a, churn_line_sum b)
{
  assert_int_equal(a.low, b.low);
  assert_int_equal(a.high, b.high);
}

/* XXH3-64 of "" is left out; those of the lines by `printf abc | xxhsum -H3`: 78af5f94892f3950. */
static void it_is_the_number_of_lines_and_the_sum_of_their_hashes(void **state)
{
  (void)state;
  assert_same(sum_of("abc\n"), (churn_line_sum){UINT64_C(0x78af5f94892f3950), 1});
  assert_same(sum_of("\n\r\nabc\rabc"), (churn_line_sum){2 * UINT64_C(0x78af5f94892f3950), 2});
  char text[CHURN_HASH_TEXT_SIZE];
  churn_line_sum sum = sum_of("abc");
  churn_line_sum_text(&sum, text);
  assert_string_equal(text, "000000000000000178af5f94892f3950");
}

static void it_knows_neither_the_order_nor_the_ends_of_lines(void **state)
{
  (void)state;
  churn_line_sum all = sum_of("id,n\n7,2.385\n8,\n"), one = sum_of("8,\r\n"),
                 rest = sum_of("7,2.385\rid,n");
  churn_line_sum_join(&one, &rest);
  assert_same(one, all);
}

static void a_byte_or_a_line_more_or_twice_changes_it(void **state)
{
  (void)state;
  churn_line_sum all = sum_of("id,n\n7,2.385\n8,\n");
  const char *const others[] = {"id,n\n7,2.386\n8,\n", "id,n\n7,2.385\n", "id,n\n7,2.385\n8,\n8,\n",
                                "id,n\n7,2.385\n8, \n", "id,n\n8,2.385\n7,\n"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
    assert_true(sum_of(others[i]).low != all.low);
}

static void lines_that_are_known_add_up_to_the_same(void **state)
{
  (void)state;
  const char text[] = "id,n\r\n7,2.385\n\r\n8,\r\n";
  churn_line_sum sum = {0, 0}, every_second = {0, 0};
  churn_line_sum_add_lines(&sum, text, (uint32_t[]){0, 6, 14, 16, 20}, 1, 4, true);
  assert_same(sum, sum_of(text));
  churn_line_sum_add_lines(&every_second, text, (uint32_t[]){0, 3, 6, 8, 14}, 2, 2, true);
  assert_same(every_second, sum_of("id,n\n7,2.385\n"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_is_the_number_of_lines_and_the_sum_of_their_hashes),
      cmocka_unit_test(it_knows_neither_the_order_nor_the_ends_of_lines),
      cmocka_unit_test(a_byte_or_a_line_more_or_twice_changes_it),
      cmocka_unit_test(lines_that_are_known_add_up_to_the_same),
  };
  return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
