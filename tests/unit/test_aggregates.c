/* Every aggregate of the catalogue by hand: in the language, with windows at their borders, ties,
 * missing values, nothing at all. A row of the catalogue without a case here fails.
 *
 * The history `h` of customer a, T = 200 unless a case says otherwise. Days 100 and 170 hold two
 * rows each, in an order that is not that of their values.
 *
 *   day   90    100    100    120   130    170    170    199    200   230
 *   x     2.5   7.25   4.125  -     4.125  9      1.5    6.75   50    60
 *   c     b     c      a      a     -      b      b      d      z     z
 *   d     95    -      180    260   205    -      200    230    210   -      (scheduled)
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "support.h"

#include "feature/catalogue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* bc: scale=20; sqrt(14.8125), sqrt(199/12) */
#define SQRT_14_8125 3.84870107958516339
#define SQRT_199_12 4.07226390762353875

enum { T = 200 };

static const char world_text[] = "source customers region:category\n"
                                 "source h day=on x:number c:category d:scheduled f:flag\n"
                                 "row customers a 50 - north\n"
                                 "row customers none 50 - south\n"
                                 "row h a 90 2.5 b 95 1\n"
                                 "row h a 100 7.25 c - 0\n"
                                 "row h a 100 4.125 a 180 1\n"
                                 "row h a 120 - a 260 -\n"
                                 "row h a 130 4.125 - 205 0\n"
                                 "row h a 170 9 b - 1\n"
                                 "row h a 170 1.5 b 200 0\n"
                                 "row h a 199 6.75 d 230 1\n"
                                 "row h a 200 50 z 210 1\n"
                                 "row h a 230 60 z - 0\n";

/* A case: the aggregate it is for, an expression, the value expected. NAN = missing. */
typedef struct hand_case {
  const char *aggregate;
  const char *text;
  double expected;
} hand_case;

static const hand_case cases[] = {
    /* Eight rows lie before 200; 200 itself does not count. */
    {"count", "count(h)", 8},
    {"count", "count(h over 1d)", 1},           /* [199, 200) */
    {"count", "count(h over 30d)", 3},          /* [170, 200): the border day is in */
    {"count", "count(h over 29d)", 1},          /* [171, 200) */
    {"count", "count(h over 100d)", 7},         /* [100, 200) */
    {"count", "count(h over 30d lag 70d)", 3},  /* [100, 130): 100, 100, 120; 130 is out */
    {"count", "count(h over 31d lag 69d)", 4},  /* [100, 131) */
    {"count", "count(h over 10d lag 40d)", 0},  /* [150, 160) */
    {"count", "count(x from h)", 7},            /* the missing one is not counted */
    {"count", "count(h where x > 4)", 5},       /* 7.25, 4.125, 4.125, 9, 6.75 */
    {"count", "count(h where x < 100)", 7},     /* missing is not true */
    {"count", "count(h where not x < 100)", 0}, /* nor is not missing */
    {"count", "count(h where missing(x))", 1},
    {"count", "count(c from h where x > 4)", 4}, /* c a b d; 130 has none */
    {"sum", "sum(x from h)", 35.25},             /* 2.5+7.25+4.125+4.125+9+1.5+6.75 */
    {"sum", "sum(x from h over 30d)", 17.25},
    {"sum", "sum(x from h over 5d lag 60d)", 0},
    {"sum", "sum(x from h where c = \"q\")", 0},
    {"sum", "sum(f from h)", 4},
    {"mean", "mean(x from h over 30d)", 5.75},           /* 17.25 / 3 */
    {"mean", "mean(x from h over 30d lag 70d)", 5.6875}, /* (7.25+4.125)/2, missing skipped */
    {"mean", "mean(x from h)", 35.25 / 7},
    {"mean", "mean(x from h over 5d lag 60d)", NAN},
    {"min", "min(x from h)", 1.5},
    {"min", "min(x from h over 1d)", 6.75},
    {"min", "min(x from h over 5d lag 60d)", NAN},
    {"min", "as_of - min(on from h)", 110},
    {"max", "max(x from h)", 9},
    {"max", "max(-x from h)", -1.5},
    {"max", "max(x from h over 5d lag 60d)", NAN},
    {"max", "as_of - max(d from h)", -60}, /* 260 */
    /* 9, 1.5, 6.75: mean 5.75, squares 10.5625+18.0625+1 = 29.625, / 2 */
    {"std", "std(x from h over 30d)", SQRT_14_8125},
    /* 2.5, 9, 1.5: squares 89.5 - 13^2/3 = 199/6, / 2 */
    {"std", "std(x from h where c = \"b\")", SQRT_199_12},
    {"std", "std(x from h over 1d)", NAN}, /* one row */
    {"std", "std(x from h over 5d lag 60d)", NAN},
    /* x sorted: 1.5 2.5 4.125 4.125 6.75 7.25 9 */
    {"quantile", "quantile(0.9, x from h)", 7.95},    /* place 6 * 0.9 = 5.4: 7.25 + 0.4 * 1.75 */
    {"quantile", "quantile(0.25, x from h)", 3.3125}, /* place 1.5: between 2.5 and 4.125 */
    {"quantile", "quantile(0, x from h)", 1.5},
    {"quantile", "quantile(1, x from h)", 9},
    {"quantile", "quantile(0.75, x from h over 30d)", 7.875},      /* 1.5 6.75 9, place 1.5 */
    {"quantile", "quantile(0.75, x from h over 1d)", 6.75},        /* one row */
    {"quantile", "quantile(0.75, -x from h where c = \"b\")", -2}, /* -9 -2.5 -1.5, place 1.5 */
    {"quantile", "quantile(0.9, x from h over 5d lag 60d)", NAN},
    {"median", "median(x from h)", 4.125},
    {"median", "median(x from h over 30d lag 70d)", 5.6875}, /* 4.125 and 7.25 */
    {"median", "median(x from h over 5d lag 60d)", NAN},
    {"share", "share(x > 4 from h)", 5.0 / 7},                 /* the missing one is not counted */
    {"share", "share(f from h over 100d)", 0.5},               /* 0 1 - 0 1 0 1 */
    {"share", "share(x > 4 from h where c = \"b\")", 1.0 / 3}, /* 2.5 9 1.5 */
    {"share", "share(x > 9 from h)", 0},
    {"share", "share(missing(x) from h)", 0.125}, /* missing(x) itself never is */
    {"share", "share(x > 4 from h over 5d lag 60d)", NAN},
    {"share", "share(x > 4 from h over 20d lag 75d)",
     NAN},                                                /* [105, 125) has only the missing one */
    {"distinct_days", "distinct_days(h)", 6},             /* 90 100 120 130 170 199 */
    {"distinct_days", "distinct_days(h over 30d)", 2},    /* 170 twice, 199 */
    {"distinct_days", "distinct_days(h where x > 4)", 4}, /* 100 130 170 199 */
    {"distinct_days", "distinct_days(h over 5d lag 60d)", 0},
    {"longest_gap", "longest_gap(h)", 40},                  /* 10 0 20 10 40 0 29; not 1 up to T */
    {"longest_gap", "longest_gap(h over 30d)", 29},         /* not the 40 that begins before it */
    {"longest_gap", "longest_gap(h where x > 7)", 70},      /* 100, 170 */
    {"longest_gap", "longest_gap(h over 60d lag 30d)", 10}, /* [110, 170): 120, 130 */
    {"longest_gap", "longest_gap(h over 20d lag 11d)", 0},  /* two rows, one day */
    {"longest_gap", "longest_gap(h over 1d)", NAN},         /* one row */
    {"longest_gap", "longest_gap(h over 5d lag 60d)", NAN},
    {"distinct", "distinct(x from h)", 6}, /* 4.125 twice */
    {"distinct", "distinct(c from h)", 4}, /* a b c d */
    {"distinct", "distinct(c from h over 30d)", 2},
    {"distinct", "distinct(d from h)", 6},
    {"distinct", "distinct(c from h over 5d lag 60d)", NAN},
    {"first", "first(x from h)", 2.5},
    {"first", "first(x from h over 100d)", 4.125}, /* the smaller of day 100 */
    {"first", "first(x from h over 80d)", 4.125},  /* 120 is missing: 130 */
    {"first", "first(x from h over 5d lag 60d)", NAN},
    {"last", "last(x from h)", 6.75},
    {"last", "last(x from h over 40d lag 10d)", 9},   /* the larger of day 170 */
    {"last", "last(x from h over 20d lag 75d)", NAN}, /* [105, 125) has only the missing one */
    {"last", "last(x from h over 5d lag 60d)", NAN},
    {"change", "change(x from h over 1d)", -2.25},  /* 6.75 - 9 */
    {"change", "change(x from h over 30d)", 2.625}, /* 6.75 - 4.125: day 170 is in the window */
    {"change", "change(x from h over 29d)", -2.25},
    {"change", "change(x from h over 100d)", 4.25},         /* 6.75 - 2.5 */
    {"change", "change(x from h over 110d)", NAN},          /* nothing before day 90 */
    {"change", "change(x from h over 10d lag 40d)", 0},     /* no row in [150, 160) */
    {"change", "change(x from h over 30d lag 20d)", 4.875}, /* 9 - 4.125 */
    {"change", "change(x from h over 10d lag 105d)", NAN},  /* [85, 95): 2.5 has none before */
    /* order of x: 2.5 4.125 7.25 4.125 1.5 9 6.75 */
    {"changes", "changes(x from h)", 6},
    {"changes", "changes(x from h over 30d)", 3}, /* 1.5, 9, 6.75 */
    {"changes", "changes(x from h over 1d)", 1},  /* 6.75 against 9 before the window */
    /* order of c: b a c a b b d */
    {"changes", "changes(c from h)", 5},
    {"changes", "changes(c from h over 30d)", 2}, /* b against a on day 120, d */
    {"changes", "changes(c from h over 5d lag 20d)", 0},
    {"changes", "changes(x from h over 10d lag 105d)", 0},   /* a first row is no change */
    {"changes", "changes(x from h over 10d lag 150d)", NAN}, /* nothing is known by day 50 */
    /* (170, 1.5) (170, 9) (199, 6.75): days 0 0 29, mean 29/3, squares 2 * (29/3)^2 + (58/3)^2 =
     * 5046/9; products: (29/3) * ((5.75 - 1.5) + (5.75 - 9)) + (58/3) * 1 = 29; 29 / (5046/9) */
    {"slope", "slope(x from h over 30d)", 29.0 * 9 / 5046},
    {"slope", "slope(x from h over 1d)", NAN},
    {"slope", "slope(x from h over 20d lag 11d)", NAN}, /* two rows, one day */
    {"slope", "slope(on - joined from h)", 1},          /* a line by itself, also with ties */
    {"days_since", "days_since(h)", 1},
    {"days_since", "days_since(h over 60d lag 30d)", 70}, /* [110, 170): 130 */
    {"days_since", "days_since(h where x > 7)", 30},
    {"days_since", "days_since(h over 5d lag 60d)", NAN},
    {"days_since_change", "days_since_change(x from h)", 1},
    {"days_since_change", "days_since_change(c from h where x < 6)", 30},      /* b a b: day 170 */
    {"days_since_change", "days_since_change(c from h over 20d lag 20d)", 30}, /* b after a */
    {"days_since_change", "days_since_change(c from h over 5d lag 60d)", NAN},
    {"days_since_change", "days_since_change(x from h over 10d lag 105d)", NAN},
    {"days_until", "days_until(d from h)", 0},                     /* 200 itself: on or after T */
    {"days_until", "days_until(d from h where x != 1.5)", 5},      /* 205 */
    {"days_until", "days_until(d from h over 1d)", 30},            /* 230 */
    {"days_until", "days_until(d from h over 11d lag 105d)", NAN}, /* only 95 */
};

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

static void every_aggregate_gives_what_hand_calculation_gives(void **state)
{
  (void)state;
  int wrong = 0;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double value = evaluated(w, cases[i].text, 0, T);
    if (fabs(value - cases[i].expected) <= 1e-14 * fabs(cases[i].expected) ||
        (isnan(value) && isnan(cases[i].expected)))
      continue;
    print_error("%s = %.17g, expected %.17g\n", cases[i].text, value, cases[i].expected);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

static void every_row_of_the_catalogue_has_cases_with_and_without_a_window(void **state)
{
  (void)state;
  for (size_t row = 0; row < churn_aggregate_total; row++) {
    int with = 0, without = 0, empty = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
      if (strcmp(cases[i].aggregate, churn_aggregates[row].name) != 0)
        continue;
      assert_non_null(strstr(cases[i].text, churn_aggregates[row].name));
      bool window = strstr(cases[i].text, " over ") != NULL;
      with += window;
      without += !window;
      empty += isnan(cases[i].expected) || cases[i].expected == 0;
    }
    if (with == 0 || empty == 0 || (without == 0 && !churn_aggregates[row].needs_over))
      fail_msg("%s lacks a case", churn_aggregates[row].name);
  }
}

static void every_row_of_the_catalogue_is_described(void **state)
{
  (void)state;
  for (size_t row = 0; row < churn_aggregate_total; row++) {
    const churn_aggregate *a = &churn_aggregates[row];
    assert_ptr_equal(churn_aggregate_find(a->name), a);
    assert_true(strlen(a->unit) > 0 && strlen(a->describe) > 0 && strlen(a->formula) > 0);
    assert_true(strncmp(a->example, a->name, strlen(a->name)) == 0);
    for (size_t other = 0; other < row; other++)
      assert_ptr_not_equal(churn_aggregates[other].function, a->function);
  }
  assert_null(churn_aggregate_find("mode"));
}

static void an_aggregate_of_a_customer_without_rows_is_missing_but_counts_and_sum(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    double expected;
  } nothing[] = {{"count(h)", 0},
                 {"count(x from h)", 0},
                 {"count(h over 30d)", 0},
                 {"sum(x from h)", 0},
                 {"sum(x from h over 30d)", 0},
                 {"mean(x from h)", NAN},
                 {"min(x from h)", NAN},
                 {"max(x from h)", NAN},
                 {"std(x from h)", NAN},
                 {"distinct(x from h)", NAN},
                 {"first(x from h)", NAN},
                 {"last(x from h)", NAN},
                 {"change(x from h over 30d)", NAN},
                 {"changes(x from h)", NAN},
                 {"slope(x from h)", NAN},
                 {"quantile(0.9, x from h)", NAN},
                 {"median(x from h)", NAN},
                 {"share(f from h)", NAN},
                 {"distinct_days(h)", 0},
                 {"longest_gap(h)", NAN},
                 {"days_since(h)", NAN},
                 {"days_since(h over 30d)", NAN},
                 {"days_since_change(x from h)", NAN},
                 {"days_until(d from h)", NAN}};
  for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
    assert_close(evaluated(w, nothing[i].text, 1, T), nothing[i].expected, 0, 0);
}

static void text_aggregates_order_bytewise(void **state)
{
  (void)state;
  assert_string_equal(evaluated_text(w, "first(c from h over 100d)", 0, T), "a");
  assert_string_equal(evaluated_text(w, "last(c from h over 10d lag 91d)", 0, T), "c");
  assert_string_equal(evaluated_text(w, "last(c from h)", 0, T), "d");
  assert_string_equal(evaluated_text(w, "last(c from h over 5d lag 60d)", 0, T), "(missing)");
}

static void sums_that_overflow_are_missing(void **state)
{
  (void)state;
  world *large = world_read("source h day=on x:number\n"
                            "source customers\n"
                            "row customers a - -\n"
                            "row h a 10 1.7e308\nrow h a 11 1.7e308\n");
  assert_close(evaluated(large, "sum(x from h)", 0, 20), NAN, 0, 0);
  assert_close(evaluated(large, "mean(x from h)", 0, 20), NAN, 0, 0);
  assert_close(evaluated(large, "std(x from h)", 0, 20), NAN, 0, 0);
  assert_close(evaluated(large, "max(x from h)", 0, 20), 1.7e308, 0, 0);
  world_free(large);
}

static void a_deviation_keeps_its_digits_far_from_zero(void **state)
{
  (void)state;
  /* 1e9 + (1, 2, 4): mean 1e9 + 7/3, squares 14/3, / 2; sqrt(7/3). */
  world *far_off =
      world_read("source h day=on x:number\n"
                 "source customers\n"
                 "row customers a - -\n"
                 "row h a 10 1000000001\nrow h a 11 1000000002\nrow h a 13 1000000004\n");
  assert_close(evaluated(far_off, "std(x from h)", 0, 20), 1.5275252316519468, 1e-12, 0);
  /* days 0 1 3 against 1 2 4: slope 1. */
  assert_close(evaluated(far_off, "slope(x from h)", 0, 20), 1, 1e-12, 0);
  world_free(far_off);
}

static void a_window_compares_with_the_same_one_a_year_before(void **state)
{
  (void)state;
  /* T = 1000: [970, 1000) has 971 and 999; [605, 635) has 605, 620 and 634, not 604 and 635. */
  world *seasons = world_read("source h day=on\n"
                              "source customers\n"
                              "row customers a - -\n"
                              "row h a 604\nrow h a 605\nrow h a 620\nrow h a 634\nrow h a 635\n"
                              "row h a 971\nrow h a 999\nrow h a 1000\n");
  assert_close(evaluated(seasons, "count(h over 30d) - count(h over 30d lag 365d)", 0, 1000), -1, 0,
               0);
  assert_close(evaluated(seasons, "count(h over 30d) / count(h over 30d lag 365d)", 0, 1000),
               2.0 / 3, 1e-15, 0);
  world_free(seasons);
}

static void quantiles_over_one_set_of_rows_keep_apart(void **state)
{
  (void)state;
  const char *const texts[] = {"quantile(0.25, x from h) + 100 * quantile(0.75, x from h)",
                               "quantile(0.25, x from h)"};
  /* places 1.5 and 4.5: 3.3125 and 7 */
  assert_close(evaluated(w, texts[0], 0, T), 703.3125, 1e-14, 0);
  assert_close(evaluated(w, texts[1], 0, T), 3.3125, 1e-14, 0);
}

static int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void sorting_agrees_with_the_c_library_for_every_length(void **state)
{
  (void)state;
  enum { MOST = 300 };
  double ours[MOST], theirs[MOST];
  uint32_t seed = 12345;
  for (size_t count = 0; count < MOST; count++) {
    for (size_t i = 0; i < count; i++) {
      seed = seed * 1664525u + 1013904223u;
      ours[i] = theirs[i] = (double)(seed >> 24) / 8 - 7;
    }
    churn_values_sort(ours, count);
    qsort(theirs, count, sizeof(double), compare_doubles);
    assert_memory_equal(ours, theirs, count * sizeof(double));
  }
}

static void a_day_is_found_at_its_first_row(void **state)
{
  (void)state;
  const churn_day days[] = {3, 5, 5, 5, 9};
  assert_int_equal(churn_days_find(days, 5, 2), 0);
  assert_int_equal(churn_days_find(days, 5, 3), 0);
  assert_int_equal(churn_days_find(days, 5, 4), 1);
  assert_int_equal(churn_days_find(days, 5, 5), 1);
  assert_int_equal(churn_days_find(days, 5, 6), 4);
  assert_int_equal(churn_days_find(days, 5, 10), 5);
  assert_int_equal(churn_days_find(days, 0, 3), 0);
  assert_int_equal(churn_days_find(days, 5, -4000000000), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_aggregate_gives_what_hand_calculation_gives),
      cmocka_unit_test(every_row_of_the_catalogue_has_cases_with_and_without_a_window),
      cmocka_unit_test(every_row_of_the_catalogue_is_described),
      cmocka_unit_test(an_aggregate_of_a_customer_without_rows_is_missing_but_counts_and_sum),
      cmocka_unit_test(text_aggregates_order_bytewise),
      cmocka_unit_test(sums_that_overflow_are_missing),
      cmocka_unit_test(a_deviation_keeps_its_digits_far_from_zero),
      cmocka_unit_test(a_window_compares_with_the_same_one_a_year_before),
      cmocka_unit_test(quantiles_over_one_set_of_rows_keep_apart),
      cmocka_unit_test(sorting_agrees_with_the_c_library_for_every_length),
      cmocka_unit_test(a_day_is_found_at_its_first_row),
  };
  return cmocka_run_group_tests(tests, make_world, free_world);
}
