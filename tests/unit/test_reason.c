/* Values in words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "support.h"

#include "feature/reason.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char world_text[] =
    "source customers region:category employees:number vip:flag\n"
    "source complaints day=opened_at severity:number closed_at:day due:scheduled\n"
    "source engagements day=date channel:category\n"
    "source prices day=since tier:category monthly_fee:number\n"
    "source entries day=at x:number\n"
    "source status day=seen x:number\n"
    "row customers a 1 - north 35 1\n"
    "row prices a 5 basic 3\n"
    "row engagements a 5 phone\n";

static world *w;

static int make_world(void **state)
{
  (void)state;
  w = world_read(world_text);
  return 0;
}

static int free_world(void **state)
{
  (void)state;
  world_free(w);
  return 0;
}

static void assert_words(const char *expression, const char *label, double value,
                         const char *expected)
{
  char text[256];
  churn_plan *plan = plan_of(w, &expression, 1, NULL);
  churn_reason_text(plan, 0, label, value, text, sizeof text);
  assert_string_equal(text, expected);
  churn_plan_free(plan);
}

/* The words for the value that the expression has for the only customer on day 10. */
static void assert_own_words(const char *expression, const char *label, const char *expected)
{
  assert_words(expression, label, evaluated(w, expression, 0, 10), expected);
}

static void a_count_names_its_rows_condition_and_window(void **state)
{
  (void)state;
  assert_words("count(complaints where severity >= 3 over 90d)", NULL, 3,
               "3 complaints with severity >= 3 in 90 days");
  assert_words("count(complaints)", NULL, 12, "12 complaints");
  assert_words("count(complaints over 30d lag 60d)", NULL, 0,
               "0 complaints in 30 days up to 60 days ago");
  assert_words("count(complaints where missing(closed_at)\n and severity > 1)", NULL, 2,
               "2 complaints not closed and with severity > 1");
  assert_words("count(complaints where (severity > 1))", NULL, 2, "2 complaints with severity > 1");
}

static void conditions_read_as_english(void **state)
{
  (void)state;
  static const char *const cases[][2] = {
      {"missing(closed_at)", "not closed"},
      {"not missing(closed_at)", "closed"},
      {"missing(due)", "without due"},
      {"not missing(severity)", "with severity"},
      {"customers.vip", "with vip"},
      {"not customers.vip", "without vip"},
      {"customers.region = \"north\"", "with region north"},
      {"customers.region != \"north\"", "with region not north"},
      {"customers.region in (\"north\", \"far east\")", "with region north or far east"},
      {"severity in (1, 3)", "with severity in (1, 3)"},
      {"severity > 1 and severity <= 4 and missing(closed_at)",
       "with severity > 1 and severity <= 4 and not closed"},
      {"severity = 3 or customers.vip", "with severity = 3 or vip"},
      {"not customers.vip and customers.region = \"x\"", "without vip and with region x"},
      {"severity > 1 and (missing(due) or severity > 4)",
       "with severity > 1 and (missing(due) or severity > 4)"},
      {"not (severity > 1)", "with not (severity > 1)"},
      {"severity * 2 > 7.5", "with severity * 2 > 7.5"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char expression[256], expected[256];
    snprintf(expression, sizeof expression, "count(complaints where %s over 30d)", cases[i][0]);
    snprintf(expected, sizeof expected, "2 complaints %s in 30 days", cases[i][1]);
    assert_words(expression, NULL, 2, expected);
  }
}

static void figures_name_what_they_are_of(void **state)
{
  (void)state;
  assert_words("sum(severity from complaints)", NULL, 9, "total severity of complaints: 9");
  assert_words("mean(severity from complaints over 180d)", NULL, 2.385,
               "mean severity of complaints in 180 days: 2.385");
  assert_words("min(monthly_fee from prices)", NULL, 7.5, "lowest monthly fee of prices: 7.5");
  assert_words("max(severity * 2 from complaints where missing(closed_at))", NULL, 6,
               "highest severity * 2 of complaints not closed: 6");
  assert_words("as_of - joined", NULL, 28, "28 days a customer");
  assert_words("as_of - joined", NULL, 1, "1 day a customer");
}

static void the_first_word_of_a_label_is_counted(void **state)
{
  (void)state;
  const char *expression = "count(complaints)";
  assert_words(expression, "tickets still open", 1, "1 ticket still open");
  assert_words(expression, "tickets still open", 2, "2 tickets still open");
  assert_words(expression, "deliveries", 1, "1 delivery");
  assert_words(expression, "money overdue", 1, "1 money overdue");
  assert_words(expression, "未办结投诉", 1, "1 未办结投诉");
  /* the fast way tells whether 1 has words of its own */
  const char *plain = "customers.employees";
  char before[64], after[64];
  churn_plan *plan = plan_of(w, &plain, 1, NULL);
  bool but_one = false;
  assert_true(
      churn_reason_around(plan, 0, "tickets still open", sizeof after, before, after, &but_one));
  assert_true(but_one);
  assert_string_equal(after, " tickets still open");
  assert_true(churn_reason_around(plan, 0, "money overdue", sizeof after, before, after, &but_one));
  assert_false(but_one);
  churn_plan_free(plan);
}

static void one_of_something_is_singular(void **state)
{
  (void)state;
  assert_words("count(complaints over 1d)", NULL, 1, "1 complaint in 1 day");
  assert_words("count(entries)", NULL, 1, "1 entry");
  assert_words("count(status)", NULL, 1, "1 status");
  assert_words("days_since(engagements)", NULL, 1, "1 day since the last of engagements");
  assert_words("changes(tier from prices over 30d)", NULL, 1, "1 change of tier in 30 days");
}

static void days_since_names_the_history(void **state)
{
  (void)state;
  assert_words("days_since(engagements)", NULL, 41, "41 days since the last of engagements");
  assert_words("days_since(complaints where severity > 2)", NULL, 7,
               "7 days since the last of complaints with severity > 2");
}

static void last_and_columns_read_as_name_and_value(void **state)
{
  (void)state;
  assert_own_words("last(tier from prices)", NULL, "tier: basic");
  assert_own_words("last(monthly_fee from prices)", NULL, "monthly fee: 3");
  assert_own_words("last(tier from prices over 30d)", NULL,
                   "last tier of prices in 30 days: basic");
  assert_own_words("first(tier from prices)", NULL, "first tier: basic");
  assert_own_words("last(monthly_fee * 2 from prices)", NULL, "monthly_fee * 2: 6");
  assert_own_words("customers.region", NULL, "region: north");
  assert_own_words("customers.employees", NULL, "employees: 35");
  assert_own_words("customers.vip", NULL, "vip: yes");
}

static void changes_read_as_english(void **state)
{
  (void)state;
  assert_words("change(monthly_fee from prices over 180d)", NULL, 12.5,
               "monthly fee up 12.5 in 180 days");
  assert_words("change(monthly_fee from prices over 180d)", NULL, -3,
               "monthly fee down 3 in 180 days");
  assert_words("change(monthly_fee from prices over 180d)", NULL, 0,
               "monthly fee unchanged in 180 days");
  assert_words("changes(tier from prices over 365d)", NULL, 2, "2 changes of tier in 365 days");
  assert_words("days_since_change(tier from prices)", NULL, 19,
               "19 days since the last change of tier");
  assert_words("days_until(due from complaints)", NULL, 6, "6 days until due");
}

static void active_days_gaps_and_shares_read_as_english(void **state)
{
  (void)state;
  assert_words("distinct_days(engagements over 30d)", NULL, 12,
               "12 days with engagements in 30 days");
  assert_words("distinct_days(complaints where severity > 2)", NULL, 1,
               "1 day with complaints with severity > 2");
  assert_words("longest_gap(engagements over 365d)", NULL, 41,
               "up to 41 days between engagements in 365 days");
  assert_words("share(severity >= 3 from complaints)", NULL, 0.25,
               "severity >= 3 in 25 % of complaints");
  assert_words("share(channel = \"phone\" from engagements over 90d)", NULL, 1.0 / 3,
               "channel = \"phone\" in 33.33 % of engagements in 90 days");
  assert_words("quantile(0.9, severity from complaints)", NULL, 4.5, "tested = 4.5");
}

static void anything_else_is_name_equals_value(void **state)
{
  (void)state;
  assert_words("count(engagements over 30d) / (count(engagements over 90d) / 3)", NULL, 0.3456789,
               "tested = 0.3457");
  assert_words("std(severity from complaints)", NULL, 9, "tested = 9");
  assert_words("count(severity from complaints)", NULL, 9, "tested = 9");
  assert_words("customers.employees > 3", NULL, 0, "tested = no");
  assert_own_words("coalesce(customers.region, \"x\")", NULL, "tested = north");
}

static void a_label_replaces_the_words(void **state)
{
  (void)state;
  assert_words("sum(severity from complaints)", "money overdue", 120.5, "120.5 money overdue");
  assert_own_words("last(tier from prices)", "price tier", "price tier: basic");
  assert_own_words("customers.vip", "very important", "very important: yes");
}

static void a_missing_value_says_so(void **state)
{
  (void)state;
  assert_words("last(tier from prices)", NULL, NAN, "no value: tested");
  assert_words("sum(severity from complaints)", "money overdue", NAN, "no value: tested");
}

static void numbers_have_at_most_four_significant_digits(void **state)
{
  (void)state;
  static const struct {
    double value;
    const char *expected;
  } cases[] = {{0, "tested = 0"},
               {3, "tested = 3"},
               {0.1, "tested = 0.1"},
               {1.0 / 3, "tested = 0.3333"},
               {-2.0 / 3, "tested = -0.6667"},
               {1234.5, "tested = 1234"}, /* half to even, as the C library prints */
               {1235.5, "tested = 1236"},
               {12345.6, "tested = 12350"},
               {99999, "tested = 100000"},
               {1e20 / 3, "tested = 3.333e+19"},
               {1.23456e-7, "tested = 1.235e-07"},
               {1e300, "tested = 1e+300"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_words("std(severity from complaints)", NULL, cases[i].value, cases[i].expected);
}

static void text_is_cut_at_a_character_and_terminated(void **state)
{
  (void)state;
  const char *expression = "sum(severity from complaints)", *label = "größe";
  const char *const expected[] = {"", "7", "7 ", "7 g", "7 gr", "7 gr", "7 grö", "7 größ"};
  churn_plan *plan = plan_of(w, &expression, 1, NULL);
  char text[32];
  const size_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 9};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    memset(text, 'x', sizeof text);
    churn_reason_text(plan, 0, label, 7, text, sizes[i]);
    assert_string_equal(text, expected[i]);
    assert_int_equal(text[sizes[i]], 'x');
  }
  text[0] = 'y';
  churn_reason_text(plan, 0, label, 7, text, 0);
  assert_int_equal(text[0], 'y');
  churn_plan_free(plan);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_count_names_its_rows_condition_and_window),
      cmocka_unit_test(conditions_read_as_english),
      cmocka_unit_test(figures_name_what_they_are_of),
      cmocka_unit_test(the_first_word_of_a_label_is_counted),
      cmocka_unit_test(one_of_something_is_singular),
      cmocka_unit_test(days_since_names_the_history),
      cmocka_unit_test(last_and_columns_read_as_name_and_value),
      cmocka_unit_test(changes_read_as_english),
      cmocka_unit_test(active_days_gaps_and_shares_read_as_english),
      cmocka_unit_test(anything_else_is_name_equals_value),
      cmocka_unit_test(a_label_replaces_the_words),
      cmocka_unit_test(a_missing_value_says_so),
      cmocka_unit_test(numbers_have_at_most_four_significant_digits),
      cmocka_unit_test(text_is_cut_at_a_character_and_terminated),
  };
  return cmocka_run_group_tests(tests, make_world, free_world);
}
