/* "Did you mean …?"
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/suggest.h"
#include "support.h"

#include <string.h>

static const char *const names[] = {"count",      "sum",     "mean", "distinct", "days_since",
                                    "days_until", "horizon", "gap",  "customers"};
enum { NAMES = sizeof names / sizeof names[0] };

static void one_edit_of_each_kind_is_found(void **state)
{
  (void)state;
  assert_string_equal(churn_suggest("counts", names, NAMES), "count"); /* insert */
  assert_string_equal(churn_suggest("cont", names, NAMES), "count");   /* delete */
  assert_string_equal(churn_suggest("coumt", names, NAMES), "count");  /* replace */
  assert_string_equal(churn_suggest("ocunt", names, NAMES), "count");  /* swap */
  assert_string_equal(churn_suggest("gpa", names, NAMES), "gap");
  assert_string_equal(churn_suggest("count", names, NAMES), "count");
}

static void case_is_no_edit(void **state)
{
  (void)state;
  assert_string_equal(churn_suggest("HORIZON", names, NAMES), "horizon");
  assert_string_equal(churn_suggest("Custmoers", names, NAMES), "customers");
}

/* A third of the word's length: 3 edits of 9 bytes, 2 of 8. */
static void distance_is_limited_by_length(void **state)
{
  (void)state;
  assert_string_equal(churn_suggest("cxstxmexs", names, NAMES), "customers");
  assert_null(churn_suggest("cxxtxmexs", names, NAMES));
  assert_string_equal(churn_suggest("distxxct", names, NAMES), "distinct");
  assert_null(churn_suggest("disxxxct", names, NAMES));
  assert_null(churn_suggest("sxx", names, NAMES));
  assert_null(churn_suggest("purchases", names, NAMES));
}

static void the_nearest_wins_and_the_first_of_equals(void **state)
{
  static const char *const near[] = {"days_until", "days_since", "days_sinc"};
  static const char *const equal[] = {"cat", "bat"};
  (void)state;
  assert_ptr_equal(churn_suggest("days_sincx", near, 3), near[1]);
  assert_ptr_equal(churn_suggest("rat", equal, 2), equal[0]);
}

static void nothing_to_choose_from_gives_nothing(void **state)
{
  char word[200];
  (void)state;
  memset(word, 'a', sizeof word);
  word[sizeof word - 1] = '\0';
  const char *const same[] = {word};
  assert_null(churn_suggest("count", NULL, 0));
  assert_null(churn_suggest(word, same, 1)); /* past the longest text that is compared */
  assert_null(churn_suggest("aaaa", same, 1));
  assert_ptr_equal(churn_suggest(word + 135, (const char *const[]){word + 136}, 1), word + 136);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_edit_of_each_kind_is_found),
                                     cmocka_unit_test(case_is_no_edit),
                                     cmocka_unit_test(distance_is_limited_by_length),
                                     cmocka_unit_test(the_nearest_wins_and_the_first_of_equals),
                                     cmocka_unit_test(nothing_to_choose_from_gives_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
