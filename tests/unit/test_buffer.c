/* Text that grows in memory.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buffer.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void assert_holds(churn_buffer *buffer, const char *expected)
{
  assert_false(buffer->failed);
  assert_int_equal(buffer->used, strlen(expected));
  assert_memory_equal(buffer->bytes, expected, buffer->used);
  buffer->used = 0;
}

static void pieces_follow_each_other(void **state)
{
  (void)state;
  churn_buffer buffer = {0};
  churn_buffer_write(&buffer, "", 0);
  churn_buffer_write(&buffer, "ab", 2);
  churn_buffer_number(&buffer, -2.385);
  churn_buffer_number(&buffer, NAN);
  churn_buffer_number(&buffer, 41);
  assert_holds(&buffer, "ab-2.38541");
  for (int i = 0; i < 100000; i++)
    churn_buffer_write(&buffer, "xyz", 3);
  assert_int_equal(buffer.used, 300000);
  assert_memory_equal(buffer.bytes + 299997, "xyz", 3);
  churn_buffer_clear(&buffer);
  assert_null(buffer.bytes);
  assert_int_equal(buffer.used, 0);
}

/* RFC 4180, 2.5 to 2.7; blanks round a field would be dropped by readers. */
static void fields_are_quoted_where_they_must_be(void **state)
{
  static const struct {
    const char *field, *expected;
  } cases[] = {{"", ""},           {"plain", "plain"},     {"a b", "a b"},
               {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""}, {"a\nb", "\"a\nb\""},
               {"a\r", "\"a\r\""}, {" a", "\" a\""},       {"a\t", "\"a\t\""},
               {"\"", "\"\"\"\""}, {"Zürich", "Zürich"}};
  (void)state;
  churn_buffer buffer = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    churn_buffer_csv(&buffer, cases[i].field, strlen(cases[i].field));
    assert_holds(&buffer, cases[i].expected);
  }
  churn_buffer_clear(&buffer);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_follow_each_other),
      cmocka_unit_test(fields_are_quoted_where_they_must_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
