/* What can be seen as of a day, and what missing values do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 200 };

static const char world_text[] =
    "source customers region:category,static size:number signed:day ends:scheduled "
    "score:number,known_at=scored scored:day vip:flag\n"
    "source calls day=on minutes:number back:day due:scheduled grade:category,known_at=graded "
    "graded:day\n"
    "source bills day=issued known_at=booked booked:day amount:number\n"
    "row customers anna 100 - north 12.5 150 400 7.5 190 1\n"
    "row customers bob 110 150 south - 200 - 3.5 200 -\n"
    "row customers bob 180 - west 4 250 170 2 - 0\n"
    "row calls anna 120 2.5 130 500 good 125\n"
    "row calls anna 140 4 200 300 poor 200\n"
    "row calls anna 199 8 250 210 good -\n"
    "row calls anna 200 16 - - good 150\n"
    "row calls bob 120 32 - - - -\n"
    "row bills anna 150 155 10.5\n"
    "row bills anna 160 199 20.25\n"
    "row bills anna 170 200 40\n"
    "row bills anna 180 - 80\n"
    "row bills anna 150 201 160\n";

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

/* Spells: 0 anna, 1 bob's first, 2 bob's second. */
static void assert_at(const char *text, size_t spell, churn_day as_of, double expected)
{
  double value = evaluated(w, text, spell, as_of);
  if (!(value == expected || (isnan(value) && isnan(expected))))
    print_error("in %s as of %d:\n", text, (int)as_of);
  assert_close(value, expected, 0, 0);
}

static void rows_are_seen_from_the_day_after_their_own(void **state)
{
  (void)state;
  assert_at("count(calls)", 0, 120, 0);
  assert_at("count(calls)", 0, 121, 1);
  assert_at("count(calls)", 0, 200, 3);
  assert_at("count(calls)", 0, 201, 4);
  assert_at("sum(minutes from calls)", 0, 200, 14.5);
}

static void a_day_is_missing_while_it_lies_on_or_after_the_as_of_day(void **state)
{
  (void)state;
  assert_at("count(calls where missing(back))", 0, 200, 2);
  assert_at("count(calls where missing(back))", 0, 201, 2); /* 140 is back, 200 is new */
  assert_at("sum(back - on from calls)", 0, 200, 10);
  assert_at("sum(back - on from calls)", 0, 201, 70);
  assert_at("as_of - customers.signed", 0, 150, NAN);
  assert_at("as_of - customers.signed", 0, 151, 1);
  assert_at("missing(customers.signed)", 1, 200, 1);
  assert_at("missing(customers.signed)", 1, 201, 0);
}

static void a_scheduled_date_is_seen_from_its_rows_day(void **state)
{
  (void)state;
  assert_at("max(due - as_of from calls)", 0, 121, 379);
  assert_at("days_until(due from calls)", 0, 200, 10);
  assert_at("customers.ends - as_of", 0, 200, 200);
  assert_at("customers.ends - as_of", 0, 101, 299);
}

static void a_column_with_known_at_is_seen_after_that_day(void **state)
{
  (void)state;
  assert_at("count(calls where grade = \"good\")", 0, 125, 0);
  assert_at("count(calls where grade = \"good\")", 0, 126, 1);
  assert_at("count(calls where grade = \"poor\")", 0, 200, 0);
  assert_at("count(calls where grade = \"poor\")", 0, 201, 1);
  assert_at("count(calls where grade = \"good\")", 0, 10000, 2); /* never known: never seen */
  assert_at("customers.score", 0, 190, NAN);
  assert_at("customers.score", 0, 191, 7.5);
  assert_at("customers.score", 2, 10000, NAN);
}

static void a_row_with_known_at_is_seen_after_that_day(void **state)
{
  (void)state;
  assert_at("sum(amount from bills)", 0, 155, 0);
  assert_at("sum(amount from bills)", 0, 156, 10.5);
  assert_at("count(bills)", 0, 199, 1);
  assert_at("count(bills)", 0, 200, 2);
  assert_at("count(bills over 40d)", 0, 200, 1);
  assert_at("days_since(bills)", 0, 200, 40);
  assert_at("sum(amount from bills)", 0, 10000, 230.75); /* all but the one never booked */
}

static void a_customers_row_with_known_at_is_seen_after_that_day(void **state)
{
  (void)state;
  world *late = world_read("source customers known_at=booked size:number booked:day\n"
                           "row customers a 1 - 2.5 50\nrow customers b 1 - 2.5 -\n");
  assert_close(evaluated(late, "customers.size", 0, 50), NAN, 0, 0);
  assert_close(evaluated(late, "customers.size", 0, 51), 2.5, 0, 0);
  assert_close(evaluated(late, "customers.size", 1, 10000), NAN, 0, 0);
  world_free(late);
}

static void a_lagged_window_knows_what_is_known_as_of_the_as_of_day(void **state)
{
  (void)state;
  /* The call of day 140 lies in [110, 150) as of 201; it was called back on day 200. */
  assert_at("sum(back - on from calls over 40d lag 51d)", 0, 201, 70);
  /* The second bill of day 150 was booked on day 201. */
  assert_at("count(bills over 10d lag 44d)", 0, 201, 1);
  assert_at("count(bills over 10d lag 45d)", 0, 202, 2);
}

static void the_histories_own_day_can_be_read(void **state)
{
  (void)state;
  assert_at("sum(as_of - on from calls)", 0, 200, 141);
  assert_at("last(on - joined from calls)", 0, 200, 99);
}

static void joined_is_the_spells(void **state)
{
  (void)state;
  assert_at("as_of - joined", 0, T, 100);
  assert_at("as_of - joined", 1, T, 90);
  assert_at("as_of - joined", 2, T, 20);
  assert_at("as_of - joined", 2, 180, NAN); /* joining has not happened yet */
  assert_at("count(calls where on < joined)", 1, T, 0);
  assert_at("count(calls where on < joined)", 2, T, 1);
}

static void spells_of_a_customer_share_the_history_and_not_the_columns(void **state)
{
  (void)state;
  assert_at("sum(minutes from calls)", 1, T, 32);
  assert_at("sum(minutes from calls)", 2, T, 32);
  assert_string_equal(evaluated_text(w, "customers.region", 1, T), "south");
  assert_string_equal(evaluated_text(w, "customers.region", 2, T), "west");
}

static void a_flat_export_has_no_as_of_day_and_no_dated_facts(void **state)
{
  (void)state;
  assert_at("customers.size * 2", 0, CHURN_DAY_MISSING, 25);
  assert_at("count(calls)", 0, CHURN_DAY_MISSING, NAN);
  assert_at("as_of - joined", 0, CHURN_DAY_MISSING, NAN);
  assert_at("missing(as_of)", 0, CHURN_DAY_MISSING, 1);
  assert_at("customers.ends - joined", 0, CHURN_DAY_MISSING, 300);
  assert_at("missing(customers.signed)", 0, CHURN_DAY_MISSING, 1);
  assert_at("missing(customers.score)", 0, CHURN_DAY_MISSING, 1);
}

static void missing_values_pass_through_arithmetic_and_comparisons(void **state)
{
  (void)state;
  assert_at("customers.size + 1", 1, T, NAN);
  assert_at("-customers.size", 1, T, NAN);
  assert_at("abs(customers.size)", 1, T, NAN);
  assert_at("customers.size = 1", 1, T, NAN);
  assert_at("customers.size != 1", 1, T, NAN);
  assert_at("customers.size in (1, 2)", 1, T, NAN);
  assert_at("customers.size not in (1, 2)", 1, T, NAN);
  assert_at("missing(customers.size)", 1, T, 1);
  assert_at("missing(customers.size)", 0, T, 0);
}

static void division_by_zero_and_overflow_are_missing(void **state)
{
  (void)state;
  assert_at("1 / 0", 0, T, NAN);
  assert_at("0 / 0", 0, T, NAN);
  assert_at("1 / (0 * -1)", 0, T, NAN);
  assert_at("1e308 * 10", 0, T, NAN);
  assert_at("1e308 + 1e308", 0, T, NAN);
  assert_at("-1e308 - 1e308", 0, T, NAN);
  assert_at("1e308 / 1e-10", 0, T, NAN);
  assert_at("count(calls over 5d) / (count(calls over 5d lag 60d) / 3)", 0, 206, NAN);
}

static void truth_has_three_values(void **state)
{
  (void)state;
  /* Spell 1 has no vip: customers.vip is missing. */
  assert_at("customers.vip and 1 = 2", 1, T, 0);
  assert_at("1 = 2 and customers.vip", 1, T, 0);
  assert_at("customers.vip and 1 = 1", 1, T, NAN);
  assert_at("customers.vip or 1 = 1", 1, T, 1);
  assert_at("1 = 1 or customers.vip", 1, T, 1);
  assert_at("customers.vip or 1 = 2", 1, T, NAN);
  assert_at("not customers.vip", 1, T, NAN);
  assert_at("customers.vip or customers.vip", 1, T, NAN);
  assert_at("not customers.vip", 0, T, 0);
  assert_at("not customers.vip", 2, T, 1);
}

static void functions_treat_missing_as_documented(void **state)
{
  (void)state;
  assert_at("coalesce(customers.size, 3)", 1, T, 3);
  assert_at("coalesce(customers.size, customers.score, 3)", 1, T, 3);
  assert_at("coalesce(customers.size, 3)", 0, T, 12.5);
  assert_at("min(customers.size, 3)", 1, T, NAN);
  assert_at("max(3, 4, customers.size)", 1, T, NAN);
  assert_at("if(customers.size > 3, 7, 8)", 0, T, 7);
  assert_at("if(customers.size > 30, 7, 8)", 0, T, 8);
  assert_at("if(customers.size > 3, 7, 8)", 1, T, 8); /* missing: as SQL's CASE */
  assert_at("if(1 = 1, customers.size, 8)", 1, T, NAN);
  assert_at("abs(-2.25)", 0, T, 2.25);
  assert_at("log1p(0)", 0, T, 0);
  assert_at("log1p(-1)", 0, T, NAN);
  assert_at("log1p(-2)", 0, T, NAN);
  assert_close(evaluated(w, "log1p(1)", 0, T), 0.69314718055994531, 1e-15, 0);
}

static void texts_compare_by_their_bytes(void **state)
{
  (void)state;
  assert_at("customers.region = \"north\"", 0, T, 1);
  assert_at("customers.region = \"nowhere\"", 0, T, 0);
  assert_at("customers.region != \"nowhere\"", 0, T, 1);
  assert_at("customers.region < \"nz\"", 0, T, 1);
  assert_at("customers.region > \"North\"", 0, T, 1);
  assert_at("customers.region >= \"north\"", 0, T, 1);
  assert_at("last(grade from calls) = customers.region", 0, T, 0);
  assert_at("last(grade from calls) = \"poor\"", 0, 201, 0);
  assert_string_equal(evaluated_text(w, "if(1 = 2, \"a\", customers.region)", 0, T), "north");
  assert_string_equal(evaluated_text(w, "coalesce(last(grade from calls), \"none\")", 1, T),
                      "none");
}

static void zero_has_no_sign(void **state)
{
  (void)state;
  assert_false(signbit(evaluated(w, "0 * -1", 0, T)));
  assert_false(signbit(evaluated(w, "min(minutes * 0 * -1 from calls)", 0, T)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_are_seen_from_the_day_after_their_own),
      cmocka_unit_test(a_day_is_missing_while_it_lies_on_or_after_the_as_of_day),
      cmocka_unit_test(a_scheduled_date_is_seen_from_its_rows_day),
      cmocka_unit_test(a_column_with_known_at_is_seen_after_that_day),
      cmocka_unit_test(a_row_with_known_at_is_seen_after_that_day),
      cmocka_unit_test(a_customers_row_with_known_at_is_seen_after_that_day),
      cmocka_unit_test(a_lagged_window_knows_what_is_known_as_of_the_as_of_day),
      cmocka_unit_test(the_histories_own_day_can_be_read),
      cmocka_unit_test(joined_is_the_spells),
      cmocka_unit_test(spells_of_a_customer_share_the_history_and_not_the_columns),
      cmocka_unit_test(a_flat_export_has_no_as_of_day_and_no_dated_facts),
      cmocka_unit_test(missing_values_pass_through_arithmetic_and_comparisons),
      cmocka_unit_test(division_by_zero_and_overflow_are_missing),
      cmocka_unit_test(truth_has_three_values),
      cmocka_unit_test(functions_treat_missing_as_documented),
      cmocka_unit_test(texts_compare_by_their_bytes),
      cmocka_unit_test(zero_has_no_sign),
  };
  return cmocka_run_group_tests(tests, make_world, free_world);
}
