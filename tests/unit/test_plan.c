/* The plan: the value expression, shared work, what it needs, skipped features, faults, conditions,
 * binding.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "support.h"

#include "base/error.h"
#include "feature/compiled.h"

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

static churn_expression feature(const char *name, const char *text)
{
  return (churn_expression){
      .name = name, .text = text, .place = {"p.yaml", 3, 5}, .rule = CHURN_EXPRESSION_FEATURE};
}

static churn_expression value_expression(const char *text)
{
  return (churn_expression){
      .name = "value", .text = text, .place = {"p.yaml", 2, 3}, .rule = CHURN_EXPRESSION_VALUE};
}

static void value_names_the_projects_value_expression(void **state)
{
  (void)state;
  churn_error error = {.status = CHURN_OK};
  churn_expression features[] = {feature("a", "value / 2"), feature("b", "value > 20")};
  churn_expression value = value_expression("size * 2 + last(minutes from calls)");
  churn_plan *plan = NULL;
  assert_ok(churn_plan_build(&w->schema, features, 2, &value, NULL, &plan, &error), &error);
  assert_ok(churn_plan_bind(plan, &w->data, &error), &error);
  churn_workspace *workspace = churn_workspace_new(plan);
  double values[2], at_risk = 0;
  assert_ok(churn_plan_evaluate(plan, workspace, 0, T, values, &at_risk), NULL);
  assert_close(at_risk, 33, 0, 0); /* 12.5 * 2 + 8 */
  assert_close(values[0], 16.5, 0, 0);
  assert_close(values[1], 1, 0, 0);
  assert_int_equal(churn_plan_history(plan, 0), 0);
  churn_workspace_free(workspace);
  churn_plan_free(plan);
}

static void the_value_expression_may_compare_texts(void **state)
{
  (void)state;
  const char *text = "value";
  churn_plan *plan = plan_of(w, &text, 1, "if(region in (\"west\", \"south\"), 5, 6.5)");
  churn_workspace *workspace = churn_workspace_new(plan);
  const double expected[] = {6.5, 5, 5};
  for (size_t spell = 0; spell < 3; spell++) {
    double value = 0;
    assert_ok(churn_plan_evaluate(plan, workspace, spell, T, &value, NULL), NULL);
    assert_close(value, expected[spell], 0, 0);
  }
  churn_workspace_free(workspace);
  churn_plan_free(plan);
}

static void without_a_value_expression_the_value_is_missing(void **state)
{
  (void)state;
  const char *text = "customers.size";
  churn_plan *plan = plan_of(w, &text, 1, NULL);
  churn_workspace *workspace = churn_workspace_new(plan);
  double result = 0, at_risk = 1;
  assert_ok(churn_plan_evaluate(plan, workspace, 0, T, &result, &at_risk), NULL);
  assert_close(at_risk, NAN, 0, 0);
  assert_int_equal(churn_plan_history(plan, 0), -1);
  churn_workspace_free(workspace);
  churn_plan_free(plan);
}

static void the_same_aggregate_is_computed_once_and_windows_share_their_rows(void **state)
{
  (void)state;
  const char *texts[] = {"count(calls where minutes > 3 over 30d)",
                         "count( calls where (minutes>3.0) over 30d ) + 1",
                         "count(calls where minutes > 3 over 90d)",
                         "count(calls where minutes > 4 over 90d)",
                         "mean(minutes from calls where minutes > 3)",
                         "max(minutes from calls where minutes > 3 over 30d)",
                         "count(calls where minutes > 3 over 30d lag 50d)"};
  churn_plan *plan = plan_of(w, texts, 7, NULL);
  assert_int_equal(plan->aggregate_count, 6);
  assert_int_equal(plan->set_count, 3);
  assert_int_equal(plan->column_count, 1);
  churn_workspace *workspace = churn_workspace_new(plan);
  double values[7];
  assert_ok(churn_plan_evaluate(plan, workspace, 0, T, values, NULL), NULL);
  const double expected[] = {1, 2, 2, 1, 6, 8, 1};
  for (size_t i = 0; i < 7; i++)
    assert_close(values[i], expected[i], 0, 0);
  churn_workspace_free(workspace);
  churn_plan_free(plan);
}

static void a_history_longer_than_a_batch_is_read_whole(void **state)
{
  (void)state;
  size_t size = 1 << 20, used = 0;
  char *text = malloc(size);
  used += (size_t)snprintf(text, size,
                           "source customers\nsource h day=on x:number\n"
                           "row customers a - -\nrow customers b - -\n");
  for (int i = 0; i < 3000; i++) { /* many on one day, so that a long day is sorted too */
    int x = i * 7919 % 3001;
    used += (size_t)snprintf(text + used, size - used, "row h a %d %d\n", i / 1000, x);
  }
  world *long_one = world_read(text);
  free(text);
  assert_close(evaluated(long_one, "count(h where x >= 0)", 0, 3), 3000, 0, 0);
  assert_close(evaluated(long_one, "distinct(x from h)", 0, 3), 3000, 0, 0);
  /* Days 0 and 1 hold i = 0..1999, the largest x of day 1 is found by trying all. */
  double most = 0;
  for (int i = 1000; i < 2000; i++)
    most = i * 7919 % 3001 > most ? i * 7919 % 3001 : most;
  assert_close(evaluated(long_one, "last(x from h)", 0, 2), most, 0, 0);
  double all = 0;
  for (int i = 0; i < 3000; i++)
    all += i * 7919 % 3001;
  assert_close(evaluated(long_one, "sum(x from h)", 0, 3), all, 0, 0);
  assert_close(evaluated(long_one, "count(h where x >= 0)", 1, 3), 0, 0, 0);
  world_free(long_one);
}

static void a_plan_says_what_it_needs(void **state)
{
  (void)state;
  const char *texts[] = {"count(calls where grade = \"good\")", "customers.score", "count(bills)"};
  churn_plan *plan = plan_of(w, texts, 3, NULL);
  bool customers[7] = {false}, calls[6] = {false}, bills[3] = {false}, sources[3] = {false};
  bool *wanted[] = {customers, calls, bills};
  churn_needs needs = {wanted, sources, 3};
  churn_plan_add_needs(plan, &needs);
  assert_true(sources[1] && sources[2]);
  const bool want_customers[] = {false, false, false, false, true, true, false};
  const bool want_calls[] = {false, false, false, false, true, true}; /* on minutes back due … */
  const bool want_bills[] = {false, true, false};                     /* issued booked amount */
  assert_memory_equal(customers, want_customers, sizeof customers);
  assert_memory_equal(calls, want_calls, sizeof calls);
  assert_memory_equal(bills, want_bills, sizeof bills);
  churn_plan_free(plan);
}

static void a_plan_says_how_far_back_it_looks(void **state)
{
  (void)state;
  const char *texts[] = {"count(calls over 30d lag 25d)", "count(calls over 50d) + count(bills)"};
  churn_plan *plan = plan_of(w, texts, 2, NULL);
  assert_int_equal(churn_plan_longest_window(plan, 1), 55);
  assert_int_equal(churn_plan_longest_window(plan, 2), 0);
  assert_int_equal(churn_plan_history(plan, 1), 0);
  churn_plan_free(plan);
}

static void a_plan_says_what_tells_only_passing_time(void **state)
{
  (void)state;
  const char *texts[] = {"as_of - joined", "(as_of - joined) / 365 > 2", "customers.score",
                         "as_of - joined + count(calls)", "count(calls where due < as_of)"};
  churn_plan *plan = plan_of(w, texts, 5, NULL);
  const bool expected[] = {true, true, false, false, false};
  for (size_t i = 0; i < 5; i++)
    assert_int_equal(churn_plan_tells_time(plan, i), expected[i]);
  churn_plan_free(plan);
}

static void collect_name(void *context, const char *column)
{
  char *names = context;
  strcat(names, column);
  strcat(names, " ");
}

static void undated_columns_are_named_once(void **state)
{
  (void)state;
  const char *texts[] = {"customers.size + customers.size * value", "customers.region",
                         "customers.score", "count(calls where minutes > customers.size)"};
  churn_plan *plan = plan_of(w, texts, 4, "if(vip, 5, 6)");
  char names[4][64] = {"", "", "", ""};
  for (size_t i = 0; i < 4; i++)
    churn_plan_undated(plan, i, false, collect_name, names[i]);
  assert_string_equal(names[0], "vip size ");
  assert_string_equal(names[1], "");
  assert_string_equal(names[2], "");
  assert_string_equal(names[3], "size ");
  churn_plan_free(plan);
}

/* Builds one optional feature beside a good one; gives the notes. */
static churn_status build_optional(const char *text, churn_notes *notes, churn_plan **plan)
{
  churn_expression features[] = {feature("optional", text), feature("good", "count(calls)")};
  features[0].optional = true;
  churn_run run = {.notes = notes};
  return churn_plan_build(&w->schema, features, 2, NULL, &run, plan, NULL);
}

static void an_optional_feature_with_unknown_names_is_skipped_with_a_note(void **state)
{
  (void)state;
  static const char *const texts[] = {"count(visits)", "mean(hours from calls)", "customers.colour",
                                      "value * 2", "count(calls where weight > 3) / count(visits)"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    churn_notes *notes = churn_notes_new();
    churn_plan *plan = NULL;
    assert_ok(build_optional(texts[i], notes, &plan), NULL);
    assert_int_equal(churn_notes_count(notes), 1);
    const churn_note *note = churn_notes_get(notes, 0);
    assert_int_equal(note->severity, CHURN_NOTE);
    assert_string_equal(note->code, "skipped_feature");
    assert_non_null(strstr(note->text, "optional is skipped"));
    assert_true(churn_plan_skipped(plan, 0));
    assert_false(churn_plan_skipped(plan, 1));
    assert_ok(churn_plan_bind(plan, &w->data, NULL), NULL);
    churn_workspace *workspace = churn_workspace_new(plan);
    double values[2];
    assert_ok(churn_plan_evaluate(plan, workspace, 0, T, values, NULL), NULL);
    assert_close(values[0], NAN, 0, 0);
    assert_close(values[1], 3, 0, 0);
    churn_workspace_free(workspace);
    churn_plan_free(plan);
    churn_notes_free(notes);
  }
}

static void many_skipped_features_are_one_note(void **state)
{
  (void)state;
  churn_notes *notes = churn_notes_new();
  churn_plan *plan = NULL;
  churn_run run = {.notes = notes};
  churn_expression features[] = {feature("visits_30d", "count(visits over 30d)"),
                                 feature("good", "count(calls)"),
                                 feature("colour", "customers.colour")};
  features[0].optional = features[2].optional = true;
  assert_ok(churn_plan_build(&w->schema, features, 3, NULL, &run, &plan, NULL), NULL);
  assert_int_equal(churn_notes_count(notes), 1);
  const churn_note *note = churn_notes_get(notes, 0);
  assert_string_equal(note->code, "skipped_feature");
  assert_non_null(strstr(note->text, "2 shipped features are skipped"));
  assert_non_null(strstr(note->text, "read: visits_30d, colour; the first: visits_30d is skipped"));
  churn_plan_free(plan);
  churn_notes_free(notes);
}

/* Shipped expressions are right, so a fault of type means that the project maps a column of another
 * type. */
static void an_optional_feature_whose_column_has_another_type_is_skipped(void **state)
{
  (void)state;
  static const char *const texts[] = {"count(calls where grade > 3)",
                                      "count(visits) + count(calls where grade > 3)"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    churn_notes *notes = churn_notes_new();
    churn_plan *plan = NULL;
    assert_ok(build_optional(texts[i], notes, &plan), NULL);
    assert_true(churn_plan_skipped(plan, 0));
    assert_int_equal(churn_notes_count_of(notes, CHURN_FAULT), 0);
    churn_plan_free(plan);
    churn_notes_free(notes);
  }
}

static void all_faults_of_all_expressions_are_noted_in_order(void **state)
{
  (void)state;
  churn_expression features[] = {feature("one", "customers.sise + count(cals)"),
                                 feature("two", "count(calls)"),
                                 feature("three", "customers.region + 1")};
  churn_notes *notes = churn_notes_new();
  churn_run run = {.notes = notes};
  churn_error error = {.status = CHURN_OK};
  churn_plan *plan = NULL;
  assert_int_equal(churn_plan_build(&w->schema, features, 3, NULL, &run, &plan, &error),
                   CHURN_BAD_PROJECT);
  assert_int_equal(churn_notes_count_of(notes, CHURN_FAULT), 3);
  assert_non_null(strstr(churn_notes_get(notes, 0)->text, "customers.size"));
  assert_int_equal(churn_notes_get(notes, 0)->column, 15);
  assert_non_null(strstr(churn_notes_get(notes, 1)->text, "did you mean 'calls'"));
  assert_int_equal(churn_notes_get(notes, 1)->column, 28);
  assert_non_null(strstr(churn_notes_get(notes, 2)->text, "three: "));
  assert_string_equal(error.message, churn_notes_get(notes, 0)->text);
  churn_notes_free(notes);
}

/* A plan of one condition on `calls` or `bills`, bound. */
static churn_plan *condition_plan(const char *history, const char *text)
{
  churn_expression condition = {.name = "event",
                                .text = text,
                                .place = {"p.yaml", 1, 1},
                                .rule = CHURN_EXPRESSION_CONDITION,
                                .history = history};
  churn_plan *plan = NULL;
  churn_error error = {.status = CHURN_OK};
  assert_ok(churn_plan_build(&w->schema, &condition, 1, NULL, NULL, &plan, &error), &error);
  assert_ok(churn_plan_bind(plan, &w->data, &error), &error);
  return plan;
}

static void assert_any(const char *history, const char *text, size_t customer, churn_day first,
                       churn_day last, bool expected)
{
  churn_plan *plan = condition_plan(history, text);
  churn_workspace *workspace = churn_workspace_new(plan);
  bool any = !expected;
  assert_ok(churn_plan_any_row(plan, workspace, 0, customer, first, last, last, &any), NULL);
  assert_int_equal(any, expected);
  double value = 0;
  assert_ok(churn_plan_evaluate(plan, workspace, 0, T, &value, NULL), NULL);
  assert_close(value, NAN, 0, 0);
  churn_workspace_free(workspace);
  churn_plan_free(plan);
}

static void any_row_looks_in_its_half_open_window(void **state)
{
  (void)state;
  assert_any("calls", "minutes > 3", 0, 121, 140, false);
  assert_any("calls", "minutes > 3", 0, 121, 141, true);
  assert_any("calls", "minutes > 3", 0, 140, 141, true);
  assert_any("calls", "minutes > 3", 0, 141, 199, false);
  assert_any("calls", "minutes > 30", 1, 100, 200, true);
  assert_any("calls", "minutes > 30", 0, 100, 300, false);
  assert_any("calls", NULL, 0, 121, 140, false);
  assert_any("calls", NULL, 0, 120, 140, true);
  assert_any("calls", "", 0, 120, 121, true);
  assert_any("calls", NULL, 1, 121, 10000, false);
}

static void any_row_knows_what_is_known_at_its_windows_end(void **state)
{
  (void)state;
  assert_any("calls", "grade = \"good\"", 0, 120, 125, false);
  assert_any("calls", "grade = \"good\"", 0, 120, 126, true);
  assert_any("calls", "as_of - on = 5", 0, 120, 125, true);
  assert_any("bills", NULL, 0, 160, 199, false);
  assert_any("bills", NULL, 0, 160, 200, true);
}

static void a_plan_binds_once_and_only_to_data_that_was_read(void **state)
{
  (void)state;
  const char *text = "count(calls where minutes > 1)";
  churn_plan *plan = plan_of(w, &text, 1, NULL);
  churn_error error = {.status = CHURN_OK};
  assert_int_equal(churn_plan_bind(plan, &w->data, &error), CHURN_INTERNAL);
  churn_plan_free(plan);
  churn_expression unread = feature("unread", text);
  assert_ok(churn_plan_build(&w->schema, &unread, 1, NULL, NULL, &plan, &error), &error);
  w->data.histories[0].columns[1].present = false;
  assert_int_equal(churn_plan_bind(plan, &w->data, &error), CHURN_INTERNAL);
  assert_non_null(strstr(error.message, "minutes of calls"));
  w->data.histories[0].columns[1].present = true;
  w->data.histories[0].loaded = false;
  assert_int_equal(churn_plan_bind(plan, &w->data, &error), CHURN_INTERNAL);
  w->data.histories[0].loaded = true;
  assert_ok(churn_plan_bind(plan, &w->data, &error), &error);
  churn_plan_free(plan);
}

static void the_text_pool_holds_levels_and_literals_in_byte_order(void **state)
{
  (void)state;
  const char *texts[] = {"customers.region", "if(1 = 1, \"zebra\", \"apple\")"};
  churn_plan *plan = plan_of(w, texts, 2, NULL);
  assert_int_equal(churn_plan_text_count(plan), 5);
  static const char *const expected[] = {"apple", "north", "south", "west", "zebra"};
  for (size_t i = 0; i < 5; i++)
    assert_string_equal(churn_plan_text(plan, (double)i), expected[i]);
  assert_null(churn_plan_text(plan, NAN));
  assert_null(churn_plan_text(plan, 5));
  churn_plan_free(plan);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(value_names_the_projects_value_expression),
      cmocka_unit_test(the_value_expression_may_compare_texts),
      cmocka_unit_test(without_a_value_expression_the_value_is_missing),
      cmocka_unit_test(the_same_aggregate_is_computed_once_and_windows_share_their_rows),
      cmocka_unit_test(a_history_longer_than_a_batch_is_read_whole),
      cmocka_unit_test(a_plan_says_what_it_needs),
      cmocka_unit_test(a_plan_says_how_far_back_it_looks),
      cmocka_unit_test(a_plan_says_what_tells_only_passing_time),
      cmocka_unit_test(undated_columns_are_named_once),
      cmocka_unit_test(an_optional_feature_with_unknown_names_is_skipped_with_a_note),
      cmocka_unit_test(many_skipped_features_are_one_note),
      cmocka_unit_test(an_optional_feature_whose_column_has_another_type_is_skipped),
      cmocka_unit_test(all_faults_of_all_expressions_are_noted_in_order),
      cmocka_unit_test(any_row_looks_in_its_half_open_window),
      cmocka_unit_test(any_row_knows_what_is_known_at_its_windows_end),
      cmocka_unit_test(a_plan_binds_once_and_only_to_data_that_was_read),
      cmocka_unit_test(the_text_pool_holds_levels_and_literals_in_byte_order),
  };
  return cmocka_run_group_tests(tests, make_world, free_world);
}
