/* The grammar: what binds tighter, how names and texts are written, what types come out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = 200 };

static world *w;

static int make_world(void **state)
{
  (void)state;
  w = world_read(
      "source customers region:category size:number urgent:flag signed:day ends:scheduled "
      "größe:number count:number where:number 2nd:number\n"
      "source calls day=on minutes:number agent:category answered:flag back:day\n"
      "row customers anna 100 - north 12.5 1 150 400 7 3 4 5\n"
      "row customers bob 110 - - - - - - - - - -\n"
      "row calls anna 120 2.5 kim 1 130\n"
      "row calls anna 140 4 lee 0 -\n"
      "row calls anna 190 - - - 205\n");
  return 0;
}

static int free_world(void **state)
{
  (void)state;
  world_free(w);
  return 0;
}

static void assert_value(const char *text, double expected)
{
  double value = evaluated(w, text, 0, T);
  if (!(value == expected || (isnan(value) && isnan(expected))))
    print_error("in %s:\n", text);
  assert_close(value, expected, 0, 0);
}

static void multiplication_binds_tighter_than_addition(void **state)
{
  (void)state;
  assert_value("2 + 3 * 4", 14);
  assert_value("(2 + 3) * 4", 20);
  assert_value("2 * 3 + 4", 10);
  assert_value("20 - 8 / 4", 18);
}

static void equal_operators_group_from_the_left(void **state)
{
  (void)state;
  assert_value("20 - 8 - 4", 8);
  assert_value("64 / 4 / 2", 8);
  assert_value("7 - 2 + 3", 8);
  assert_value("12 / 3 * 2", 8);
}

static void a_sign_binds_tighter_than_multiplication(void **state)
{
  (void)state;
  assert_value("-2 * 3", -6);
  assert_value("2 * -3", -6);
  assert_value("--5", 5);
  assert_value("-(2 + 3)", -5);
  assert_value("7--2", 9);
}

static void and_binds_tighter_than_or_and_not_tighter_than_and(void **state)
{
  (void)state;
  assert_value("1 = 1 or 1 = 1 and 1 = 2", 1);
  assert_value("(1 = 1 or 1 = 1) and 1 = 2", 0);
  assert_value("not 1 = 2 and 1 = 2", 0);
  assert_value("not (1 = 2 and 1 = 2)", 1);
  assert_value("not 1 = 1 or 1 = 1", 1);
  assert_value("not not 1 = 1", 1);
}

static void comparison_binds_weaker_than_arithmetic(void **state)
{
  (void)state;
  assert_value("1 + 2 = 3", 1);
  assert_value("2 * 3 != 5 + 1", 0);
  assert_value("1 < 2", 1);
  assert_value("2 <= 1", 0);
  assert_value("2 > 1", 1);
  assert_value("1 >= 2", 0);
}

static void in_takes_numbers_signs_and_texts(void **state)
{
  (void)state;
  assert_value("3 in (1, 2, 3)", 1);
  assert_value("-3 in (1, 2, 3)", 0);
  assert_value("-3 in (1, -3)", 1);
  assert_value("3 not in (1, 2)", 1);
  assert_value("not 3 in (1, 2)", 1);
  assert_value("customers.region in (\"south\", \"north\")", 1);
  assert_value("customers.region in (\"south\")", 0);
  assert_value("1 + 2 in (3)", 1);
}

static void numbers_are_read_as_written(void **state)
{
  (void)state;
  assert_value("0.125", 0.125);
  assert_value("1e3", 1000);
  assert_value("2.5E-1", 0.25);
  assert_value("1e+2", 100);
  assert_value("007", 7);
}

static void names_take_any_script_and_backticks_take_anything(void **state)
{
  (void)state;
  assert_value("customers.größe", 7);
  assert_value("customers.`größe`", 7);
  assert_value("customers.count", 3);
  assert_value("customers.`where`", 4);
  assert_value("customers.`2nd`", 5);
  assert_value("`customers`.size", 12.5);
  assert_value("count(`calls`)", 3);
}

static void texts_escape_quotes_and_backslashes(void **state)
{
  (void)state;
  assert_string_equal(evaluated_text(w, "if(1 = 1, \"a\\\"b\\\\c\", \"\")", 0, T), "a\"b\\c");
  assert_string_equal(evaluated_text(w, "coalesce(customers.region, \"\")", 0, T), "north");
  assert_string_equal(evaluated_text(w, "coalesce(customers.region, \"\")", 1, T), "");
}

static void a_backtick_is_doubled_inside_backticks(void **state)
{
  (void)state;
  world *odd = world_read("source customers a`b:number\nrow customers x 1 - 6.5\n");
  assert_close(evaluated(odd, "customers.`a``b`", 0, T), 6.5, 0, 0);
  world_free(odd);
}

static void blanks_tabs_and_line_ends_separate(void **state)
{
  (void)state;
  assert_value(" \t1\n+\r\n2 ", 3);
  assert_value("count(calls\n  where minutes>1\n  over 90d)", 2);
  assert_value("1+2*3", 7);
}

static void min_and_max_are_functions_without_a_history(void **state)
{
  (void)state;
  assert_value("min(3, 1, 2)", 1);
  assert_value("max(3, 1, 2)", 3);
  assert_value("min(minutes from calls)", 2.5);
  assert_value("max(max(minutes, 3) from calls)", 4);
}

static void a_row_expression_and_an_outer_one_share_the_grammar(void **state)
{
  (void)state;
  assert_value("sum(minutes * 2 + 1 from calls where agent in (\"kim\", \"lee\") over 90d)", 15);
  assert_value("count(calls where not answered and minutes > 1)", 1);
  assert_value("count(calls where missing(agent) or answered)", 2);
  assert_value("mean(as_of - on from calls)", 50);
  assert_value("count(calls where on - joined > 30 and customers.size > 12)", 2);
}

static churn_value_type type_of(const char *text)
{
  churn_plan *plan = plan_of(w, &text, 1, NULL);
  churn_value_type type = churn_plan_type(plan, 0);
  churn_plan_free(plan);
  return type;
}

static void types_come_out_as_declared(void **state)
{
  (void)state;
  assert_int_equal(type_of("1 + 1"), CHURN_VALUE_NUMBER);
  assert_int_equal(type_of("customers.urgent"), CHURN_VALUE_TRUTH);
  assert_int_equal(type_of("customers.urgent + 1"), CHURN_VALUE_NUMBER);
  assert_int_equal(type_of("coalesce(customers.urgent, 2)"), CHURN_VALUE_NUMBER);
  assert_int_equal(type_of("if(customers.urgent, 1 = 1, customers.urgent)"), CHURN_VALUE_TRUTH);
  assert_int_equal(type_of("customers.region"), CHURN_VALUE_TEXT);
  assert_int_equal(type_of("last(agent from calls)"), CHURN_VALUE_TEXT);
  assert_int_equal(type_of("distinct(agent from calls)"), CHURN_VALUE_NUMBER);
  assert_int_equal(type_of("max(answered from calls)"), CHURN_VALUE_TRUTH);
  assert_int_equal(type_of("sum(answered from calls)"), CHURN_VALUE_NUMBER);
  assert_int_equal(type_of("as_of - joined"), CHURN_VALUE_NUMBER);
  assert_int_equal(type_of("as_of - 10 < joined + 5"), CHURN_VALUE_TRUTH);
  assert_int_equal(type_of("as_of - min(on from calls)"), CHURN_VALUE_NUMBER);
}

static void flags_stand_for_numbers_and_for_conditions(void **state)
{
  (void)state;
  assert_value("customers.urgent * 5", 5);
  assert_value("if(customers.urgent, 7, 8)", 7);
  assert_value("customers.urgent = 1", 1);
  assert_value("(1 < 2) + (2 < 1) + (3 < 4)", 2);
  assert_value("max(answered from calls) and customers.urgent", 1);
}

static void two_hundred_terms_are_no_trouble(void **state)
{
  (void)state;
  char text[2048] = "1";
  for (int i = 1; i < 200; i++)
    strcat(text, " + 1");
  assert_value(text, 200);
}

static void brackets_nest_ninety_deep(void **state)
{
  (void)state;
  char text[512] = "";
  for (int i = 0; i < 90; i++)
    strcat(text, "(");
  strcat(text, "4");
  for (int i = 0; i < 90; i++)
    strcat(text, ")");
  assert_value(text, 4);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(multiplication_binds_tighter_than_addition),
      cmocka_unit_test(equal_operators_group_from_the_left),
      cmocka_unit_test(a_sign_binds_tighter_than_multiplication),
      cmocka_unit_test(and_binds_tighter_than_or_and_not_tighter_than_and),
      cmocka_unit_test(comparison_binds_weaker_than_arithmetic),
      cmocka_unit_test(in_takes_numbers_signs_and_texts),
      cmocka_unit_test(numbers_are_read_as_written),
      cmocka_unit_test(names_take_any_script_and_backticks_take_anything),
      cmocka_unit_test(texts_escape_quotes_and_backslashes),
      cmocka_unit_test(a_backtick_is_doubled_inside_backticks),
      cmocka_unit_test(blanks_tabs_and_line_ends_separate),
      cmocka_unit_test(min_and_max_are_functions_without_a_history),
      cmocka_unit_test(a_row_expression_and_an_outer_one_share_the_grammar),
      cmocka_unit_test(types_come_out_as_declared),
      cmocka_unit_test(flags_stand_for_numbers_and_for_conditions),
      cmocka_unit_test(two_hundred_terms_are_no_trouble),
      cmocka_unit_test(brackets_nest_ninety_deep),
  };
  return cmocka_run_group_tests(tests, make_world, free_world);
}
