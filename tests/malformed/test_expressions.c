/* Wrong expressions: each is refused at the exact column with a message that says what was
 * expected; no bytes whatever crash the parser.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "support.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEATURE CHURN_EXPRESSION_FEATURE
#define VALUE CHURN_EXPRESSION_VALUE
#define CONDITION CHURN_EXPRESSION_CONDITION

/* Expressions stand at line 7, column 20: column 20 is their first character. */
static const struct {
  churn_expression_rule rule;
  const char *text;
  uint64_t column;
  const char *message;
} wrong[] = {
    {FEATURE, "", 20, "the expression is empty"},
    {FEATURE, "   ", 20, "the expression is empty"},
    {FEATURE, "1 +", 23, "expected a value (a number, a name, a \"text\", an aggregate, "},
    {FEATURE, "1 + * 2", 24, "expected a value (a number, a name, a \"text\", an aggregate, "},
    {FEATURE, "(1 + 2", 26, "expected an operator or a closing bracket, but the expressio"},
    {FEATURE, "1 + 2)", 25, "expected an operator or the end of the expression, found ')'"},
    {FEATURE, "1 2", 22, "expected an operator or the end of the expression, found '2'"},
    {FEATURE, "== 1", 20, "'==' is not part of the language: equal is written ="},
    {FEATURE, "1 == 1", 22, "'==' is not part of the language: equal is written ="},
    {FEATURE, "1 <> 1", 22, "'<>' is not part of the language: not equal is written !="},
    {FEATURE, "1 = 1 && 2 = 2", 26, "'&&' is not part of the language: write 'and'"},
    {FEATURE, "'north'", 20, "''' is not part of the language: a text stands in double quotes"},
    {FEATURE, "\"north", 20, "the closing double quote is missing; in YAML an expression w"},
    {FEATURE, "\"a\\nb\"", 22,
     "in a text a backslash stands before \" or \\ only; write \\\\ for one"},
    {FEATURE, "`region", 20, "the closing backtick is missing; in YAML an expression with "},
    {FEATURE, "``", 20, "the name is empty"},
    {FEATURE, "90d", 20, "90d stands only after 'over' and 'lag'; elsewhere days are p"},
    {FEATURE, "3x + 1", 20, "'3x' is neither a number (90) nor a number of days (90d); a "},
    {FEATURE, "1e999", 20, "the number is too large"},
    {FEATURE, "#1", 20, "'#' is not part of the language"},
    {FEATURE, "5 % 2", 22, "'%' is not part of the language: a share is written as a num"},
    {FEATURE, "1 < 2 < 3", 26, "a comparison does not chain: write a < b and b < c"},
    {FEATURE, "not", 23, "expected a value (a number, a name, a \"text\", an aggregate, "},
    {FEATURE, "customers.", 30, "expected the name of a column after the point, but the expre"},
    {FEATURE, "customers.in", 30, "expected the name of a column after the point, found 'in'"},
    {FEATURE, "customers.sise", 30,
     "customers has no column 'sise'; did you mean 'customers.size'?"},
    {FEATURE, "customers.left", 30, "'left' is what is predicted: it cannot be read"},
    {FEATURE, "left", 20, "'left' is what is predicted: it cannot be read"},
    {FEATURE, "customers.joined", 20, "'joined' is written bare, without customers."},
    {FEATURE, "size", 20, "'size' is a customers' column: write customers.size"},
    {FEATURE, "minutes", 20, "'minutes' is a column of the history calls: only an aggregat"},
    {FEATURE, "calls", 20, "'calls' is a history: only an aggregate reads it, as in count(calls)"},
    {FEATURE, "value", 20, "the project does not say what 'value' is"},
    {FEATURE, "nowhere", 20, "there is no value 'nowhere'; outside of aggregates there are"},
    {FEATURE, "calls.minutes", 20, "a column of a history is read in an aggregate, as in last(mi"},
    {FEATURE, "count(calls.minutes)", 39, "expected 'from' and the name of a history, found ')'"},
    {FEATURE, "sum(calls.minutes from calls)", 24,
     "a bare name is a column of calls here: write minutes"},
    {FEATURE, "count()", 26, "expected an expression or the name of a history, found ')'"},
    {FEATURE, "count(cals)", 26, "there is no history 'cals'; did you mean 'calls'?"},
    {FEATURE, "count(customers)", 26,
     "customers is not a history: a column of it is read as customers.NAME"},
    {FEATURE, "count(minutes)", 26, "'minutes' is a column of calls, not a history: write minutes"},
    {FEATURE, "count(calls over 90)", 37,
     "expected a number of days such as 90d after 'over', found '90'"},
    {FEATURE, "count(calls over 0d)", 37, "expected 1d to 1000000d after 'over'"},
    {FEATURE, "count(calls over 2000000d)", 37, "expected 1d to 1000000d after 'over'"},
    {FEATURE, "count(calls lag 3d)", 32, "'lag' needs a window before it, as in over 90d lag 30d"},
    {FEATURE, "count(calls over 3d lag 4)", 44,
     "expected a number of days such as 90d after 'lag', found '4'"},
    {FEATURE, "count(calls over 3d where answered)", 40, "'where' stands before 'over'"},
    {FEATURE, "count(calls where minutes)", 38,
     "expected a condition, found a number; compare it, as in x > 0"},
    {FEATURE, "count(calls where agent)", 38, "expected a condition, found text"},
    {FEATURE, "count(calls where agent = 3)", 44,
     "cannot compare text with a number; a text stands in double q"},
    {FEATURE, "count(calls where minutes > \"3\")", 46,
     "cannot compare a number with text; a number stands without quotes"},
    {FEATURE, "count(calls where agen = \"x\")", 38,
     "calls has no column 'agen'; did you mean 'agent'?"},
    {FEATURE, "count(calls where region = \"x\")", 38,
     "calls has no column 'region'; the customers' one is customers.region"},
    {FEATURE, "count(calls) over 90d", 33,
     "'over' stands inside the brackets of an aggregate, as in cou"},
    {FEATURE, "sum(calls)", 20, "sum needs an expression and 'from' before the history, as in"},
    {FEATURE, "sum(agent from calls)", 24, "sum needs a number, found text"},
    {FEATURE, "sum(on from calls)", 24, "sum needs a number, found a day"},
    {FEATURE, "days_since(on from calls)", 31,
     "days_since takes a history only, as in days_since(engagement"},
    {FEATURE, "days_until(minutes from calls)", 31, "days_until needs a day, found a number"},
    {FEATURE, "min(agent from calls)", 24, "min needs a number or a day, found text"},
    {FEATURE, "change(minutes from calls)", 20,
     "change needs a window, as in change(monthly_fee from prices "},
    {FEATURE, "medain(minutes from calls)", 20,
     "there is no function or aggregate 'medain'; did you mean 'median'?"},
    {FEATURE, "quantile(minutes from calls)", 29,
     "expected a number from 0 to 1 and a comma, as in quantile(0.9, amount from payments), found "
     "'minutes'"},
    {FEATURE, "quantile(90, minutes from calls)", 29,
     "expected a number from 0 to 1 and a comma, as in quantile(0.9, amount from payments), found "
     "'90'"},
    {FEATURE, "quantile(-0.5, minutes from calls)", 29,
     "expected a number from 0 to 1 and a comma, as in quantile(0.9, amount from payments), found "
     "'-'"},
    {FEATURE, "quantile(0.5 minutes from calls)", 33,
     "expected a comma, as in quantile(0.9, amount from payments), found 'minutes'"},
    {FEATURE, "quantile(0.5)", 32,
     "expected a comma, as in quantile(0.9, amount from payments), found ')'"},
    {FEATURE, "quantile(0.5", 32,
     "expected a comma, as in quantile(0.9, amount from payments), but the expression ends here"},
    {FEATURE, "quantile(0.5, calls)", 20,
     "quantile needs an expression and 'from' before the history, as in quantile(0.9, amount from "
     "payments)"},
    {FEATURE, "quantile(0.5, agent from calls)", 34, "quantile needs a number, found text"},
    {FEATURE, "quantile(0.5, 0.5, minutes from calls)", 37,
     "expected 'from' and the name of a history, found ','"},
    {FEATURE, "median(0.5, minutes from calls)", 30,
     "expected 'from' and the name of a history, found ','"},
    {FEATURE, "median(on from calls)", 27, "median needs a number, found a day"},
    {FEATURE, "share(minutes from calls)", 26, "share needs a condition or flag, found a number"},
    {FEATURE, "share(calls)", 20,
     "share needs an expression and 'from' before the history, as in share(severity >= 3 from"},
    {FEATURE, "distinct_days(on from calls)", 34,
     "distinct_days takes a history only, as in distinct_days(engagements over 30d)"},
    {FEATURE, "longest_gap(on from calls)", 32,
     "longest_gap takes a history only, as in longest_gap(engagements over 365d)"},
    {FEATURE, "meen(minutes from calls)", 20,
     "there is no function or aggregate 'meen'; did you mean 'mean'?"},
    {FEATURE, "sum(minutes, agent)", 31,
     "expected 'where', 'over' or a closing bracket, found ','"},
    {FEATURE, "sum(minutes from)", 36, "expected the name of a history, found ')'"},
    {FEATURE, "sum(count(calls) from calls)", 24, "an aggregate cannot stand inside another one"},
    {FEATURE, "min(3)", 20, "min takes two or more expressions, or one from a history, as"},
    {FEATURE, "missing(1, 2)", 20, "missing takes 1 expression, not 2"},
    {FEATURE, "coalesce(1)", 20, "coalesce takes at least 2 expressions, not 1"},
    {FEATURE, "if(1 = 1, 2)", 20, "if takes 3 expressions, not 2"},
    {FEATURE, "if(1, 2, 3)", 23, "expected a condition, found a number; compare it, as in x > 0"},
    {FEATURE, "if(1 = 1, 2, \"x\")", 33, "expected a number, found text"},
    {FEATURE, "coalesce(1, as_of)", 32, "expected a number, found a day"},
    {FEATURE, "min(customers.region, 3)", 24, "expected a number or a day, found text"},
    {FEATURE, "abs(as_of)", 24, "expected a number, found a day"},
    {FEATURE, "-customers.region", 21, "expected a number, found text"},
    {FEATURE, "as_of + joined", 26, "two days cannot be added; day - day is a number of days"},
    {FEATURE, "3 - as_of", 22, "a day cannot be subtracted from a number"},
    {FEATURE, "as_of * 2", 20, "expected a number, found a day"},
    {FEATURE, "as_of", 20, "a feature cannot be a day: subtract as_of to get a number of days"},
    {FEATURE, "as_of = \"2024-01-01\"", 26,
     "cannot compare a day with text; a day is compared with as_of"},
    {FEATURE, "as_of > 3", 26, "cannot compare a day with a number; day - day is a number of days"},
    {FEATURE, "customers.region in (1, 2)", 41,
     "cannot compare text with a number; a text stands in double q"},
    {FEATURE, "3 in (2, customers.size)", 29,
     "expected a number or a text in double quotes, found 'customers'"},
    {FEATURE, "3 in 2", 25, "expected an opening bracket and the values to look for, found '2'"},
    {FEATURE, "3 not 2", 26, "expected 'in' after 'not', found '2'"},
    {FEATURE, "+3", 20, "a value takes no + before it"},
    {FEATURE, "1 and 2", 20, "expected a condition, found a number; compare it, as in x > 0"},
    {FEATURE, "1.", 21, "expected an operator or the end of the expression, found '.'"},
    {FEATURE, "1..2", 21, "expected an operator or the end of the expression, found '.'"},
    {FEATURE, "\"a\" + 1", 20, "expected a number or a day, found text"},
    {VALUE, "customers.region", 20, "the value must be a number, found text"},
    {VALUE, "1 = 1", 20, "the value must be a number, found true or false"},
    {VALUE, "value", 20, "customers has no column 'value'; there is customers.region, "},
    {VALUE, "sizes", 20, "customers has no column 'sizes'; did you mean 'customers.size'?"},
    {CONDITION, "minutes", 20, "expected a condition, found a number"},
    {CONDITION, "count(calls) > 1", 20, "a condition on rows cannot hold an aggregate"},
    {CONDITION, "customers.size > 1", 20, "a condition on rows cannot read customers' columns"},
    {CONDITION, "joined < as_of", 20,
     "calls has no column 'joined'; there is on, minutes, agent, a"},
    {CONDITION, "minute > 1", 20, "calls has no column 'minute'; did you mean 'minutes'?"},
    {FEATURE, "count(calls where größe > 3) + nope", 38,
     "calls has no column 'größe'; there is on, minutes, agent, an"},
    {FEATURE, "数量 + 价格 + customers.xyz", 20,
     "there is no value '数量'; outside of aggregates there are as_o"},
    {FEATURE,
     "customers.size + customers.size + customers.size + customers.size + customers.size + "
     "customers.sizzle + customers.size + customers.size + customers.size",
     115, "customers has no column 'sizzle'; did you mean 'customers.size'?"},
    {FEATURE, "count(calls where not (minutes > 3 and \"x\" = minutes) or agent < 4)", 63,
     "cannot compare text with a number; a number stands without quotes"},
    {FEATURE, "count(calls where minutes > 3 over 90d", 58,
     "expected a closing bracket, but the expression ends here; in"},
    {FEATURE, "sum(minutes calls)", 32,
     "expected 'where', 'over' or a closing bracket, found 'calls'"},
    {FEATURE, "count(calls where minutes over 90d)", 38,
     "expected a condition, found a number; compare it, as in x > 0"},
    {FEATURE, "1 + from", 24, "expected a value, found the reserved word 'from'; as a name "},
};

static world *w;

static int make_world(void **state)
{
  (void)state;
  w = world_read("source customers region:category size:number urgent:flag signed:day\n"
                 "source calls day=on minutes:number agent:category answered:flag due:scheduled\n"
                 "source bills day=issued amount:number\n"
                 "row customers anna 1 - north 2 1 -\n"
                 "row calls anna 3 2.5 kim 1 40\n");
  return 0;
}

static int free_world(void **state)
{
  (void)state;
  world_free(w);
  return 0;
}

static void every_wrong_expression_is_refused_at_its_place(void **state)
{
  (void)state;
  int misplaced = 0;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    const churn_error *error = fault_of(w, wrong[i].rule, wrong[i].text);
    if (error->line == 7 && error->column == wrong[i].column &&
        strstr(error->message, wrong[i].message) != NULL &&
        strcmp(error->file, "project.yaml") == 0)
      continue;
    print_error("%s\n  gave %d:%d %s\n  expected column %d, %s\n", wrong[i].text, (int)error->line,
                (int)error->column, error->message, (int)wrong[i].column, wrong[i].message);
    misplaced++;
  }
  assert_int_equal(misplaced, 0);
  assert_true(sizeof wrong / sizeof wrong[0] >= 40);
}

static void the_message_shows_the_expression_and_a_caret(void **state)
{
  (void)state;
  assert_string_equal(fault_of(w, FEATURE, "1 + customers.sise")->message,
                      "tested: customers has no column 'sise'; did you mean 'customers.size'?\n"
                      "  1 + customers.sise\n"
                      "                ^");
}

static void the_caret_stands_under_wide_characters(void **state)
{
  (void)state;
  /* Two characters of three bytes each, shown two columns wide each. */
  const churn_error *error = fault_of(w, FEATURE, "\"数量\" = \"x\" +");
  assert_int_equal(error->column, 20 + 12);
  assert_non_null(strstr(error->message, "\n                ^")); /* 2 + 12 + 2 */
}

static void a_long_expression_is_shown_round_the_fault(void **state)
{
  (void)state;
  char text[1200] = "1";
  for (int i = 0; i < 100; i++)
    strcat(text, i == 60 ? " + nonesuch" : " + 1");
  const churn_error *error = fault_of(w, FEATURE, text);
  assert_int_equal(error->column, 20 + 1 + 60 * 4 + 3);
  const char *shown = strchr(error->message, '\n') + 1;
  const char *caret = strchr(shown, '\n') + 1;
  assert_int_equal(caret - shown - 1, 82);
  assert_int_equal(shown[strlen(caret) - 1], 'n');
  assert_memory_equal(shown + strlen(caret) - 1, "nonesuch", 8);
}

static void line_ends_are_counted(void **state)
{
  (void)state;
  const churn_error *error = fault_of(w, FEATURE, "count(calls\n  where minutes > 3\n  ower 90d)");
  assert_int_equal(error->line, 9);
  assert_int_equal(error->column, 3);
  assert_non_null(strstr(error->message, "\n    ower 90d)\n    ^"));
}

static void a_place_that_is_not_known_stays_so(void **state)
{
  (void)state;
  churn_expression expression = {.name = "f", .text = "1 +", .rule = FEATURE};
  churn_error error = {.status = CHURN_OK};
  churn_plan *plan = NULL;
  assert_int_equal(churn_plan_build(&w->schema, &expression, 1, NULL, NULL, &plan, &error),
                   CHURN_BAD_PROJECT);
  assert_int_equal(error.line, 0);
  assert_int_equal(error.column, 0);
  assert_string_equal(error.file, "");
}

static void a_feature_named_in_a_feature_is_explained(void **state)
{
  (void)state;
  churn_expression features[] = {{.name = "a", .text = "b + 1", .rule = FEATURE},
                                 {.name = "b", .text = "1", .rule = FEATURE}};
  churn_error error = {.status = CHURN_OK};
  churn_plan *plan = NULL;
  assert_int_equal(churn_plan_build(&w->schema, features, 2, NULL, NULL, &plan, &error),
                   CHURN_BAD_PROJECT);
  assert_non_null(strstr(error.message, "features do not read each other"));
}

static char *repeated(const char *before, const char *what, size_t count, const char *after)
{
  char *text = malloc(strlen(before) + strlen(what) * count + strlen(after) + 1);
  strcpy(text, before);
  for (size_t i = 0, at = strlen(before); i < count; i++, at += strlen(what))
    strcpy(text + at, what);
  strcat(text, after);
  return text;
}

static void nesting_without_end_is_refused_and_not_followed(void **state)
{
  (void)state;
  static const struct {
    const char *unit, *after, *message;
  } deep[] = {{"(", "1", "nested more than 100 deep"},
              {"not ", "1 = 1", "nested more than 100 deep"},
              {"-", "1", "nested more than 100 deep"},
              {"abs(", "1", "nested more than 100 deep"},
              {"if(1 = 1, 2, ", "1", "nested more than 100 deep"},
              {"count(calls where ", "1", "nested more than 100 deep"},
              {"1 + ", "1", "more than 500 operations"},
              {"1 = 1 and ", "1 = 1", "more than 500 operations"}};
  for (size_t i = 0; i < sizeof deep / sizeof deep[0]; i++) {
    char *text = repeated("", deep[i].unit, 100000, deep[i].after);
    assert_non_null(strstr(fault_of(w, FEATURE, text)->message, deep[i].message));
    free(text);
  }
}

static void very_long_names_texts_and_numbers_are_fine(void **state)
{
  (void)state;
  char *text = repeated("customers.", "x", 200000, "");
  assert_non_null(strstr(fault_of(w, FEATURE, text)->message, "has no column 'xxxx"));
  free(text);
  text = repeated("\"", "y", 200000, "\" + 1");
  assert_non_null(strstr(fault_of(w, FEATURE, text)->message, "found text"));
  free(text);
  text = repeated("1", "0", 200000, "");
  assert_non_null(strstr(fault_of(w, FEATURE, text)->message, "too large"));
  free(text);
  text = repeated("count(calls over 1", "0", 200000, "d)");
  assert_non_null(strstr(fault_of(w, FEATURE, text)->message, "expected 1d to"));
  free(text);
}

/* Compiles, and evaluates what compiles; whatever comes out is fine as long as it comes out. */
static void try_text(const char *text, size_t *good)
{
  churn_expression expression = {
      .name = "f", .text = text, .place = {"project.yaml", 7, 20}, .rule = FEATURE};
  churn_error error = {.status = CHURN_OK};
  churn_plan *plan = NULL;
  churn_status status = churn_plan_build(&w->schema, &expression, 1, NULL, NULL, &plan, &error);
  if (status != CHURN_OK) {
    assert_int_equal(status, CHURN_BAD_PROJECT);
    assert_int_equal(error.status, CHURN_BAD_PROJECT);
    assert_true(strlen(error.message) > 0);
    assert_true(error.line >= 7 && error.column >= 1);
    assert_null(plan);
    return;
  }
  double value = 0;
  (*good)++;
  assert_ok(churn_plan_bind(plan, &w->data, &error), &error);
  churn_workspace *workspace = churn_workspace_new(plan);
  assert_ok(churn_plan_evaluate(plan, workspace, 0, 10, &value, NULL), NULL);
  churn_workspace_free(workspace);
  churn_plan_free(plan);
}

static uint32_t random_state = 2463534242u;

static uint32_t random_below(uint32_t limit)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % limit;
}

static const char *const valid[] = {
    "count(calls where minutes > 3 and agent in (\"kim\", \"lee\") over 90d lag 3d)",
    "if(missing(customers.region), 1, 2.5e1) * (as_of - joined)",
    "slope(minutes * 2 - 1 from calls where not answered) / max(1, customers.size)",
    "coalesce(last(agent from calls), \"a\\\"b\")",
    "change(minutes from calls over 30d) + days_until(due from calls)",
    "quantile(0.25, minutes from calls where answered over 9d) - share(answered from calls)",
    "`customers`.`size` not in (1, -2) or customers.urgent"};

static const char *const words[] = {
    "(",       ")",     ",",     ".",          "+",     "-",      "*",        "/",     "=",
    "!=",      "<",     "<=",    ">",          ">=",    "and",    "or",       "not",   "in",
    "where",   "over",  "lag",   "from",       "as_of", "joined", "value",    "calls", "customers",
    "minutes", "agent", "count", "sum",        "min",   "if",     "missing",  "90d",   "1",
    "\"x\"",   "`a`",   "due",   "days_until", "last",  "2.5",    "\xc3\xbc", "\xff",  "answered"};

static void random_bytes_never_crash(void **state)
{
  (void)state;
  char text[64];
  size_t good = 0;
  for (int round = 0; round < 20000; round++) {
    size_t length = random_below(sizeof text - 1);
    for (size_t i = 0; i < length; i++)
      text[i] = (char)(1 + random_below(255));
    text[length] = '\0';
    try_text(text, &good);
  }
}

static void random_words_never_crash(void **state)
{
  (void)state;
  char text[512];
  size_t good = 0;
  for (int round = 0; round < 20000; round++) {
    text[0] = '\0';
    for (uint32_t count = 1 + random_below(12); count > 0; count--) {
      strcat(text, words[random_below(sizeof words / sizeof words[0])]);
      strcat(text, " ");
    }
    try_text(text, &good);
  }
  assert_true(good > 0);
}

static void mutated_valid_expressions_never_crash(void **state)
{
  (void)state;
  char text[256];
  size_t good = 0;
  for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
    try_text(valid[i], &good);
  assert_int_equal(good, sizeof valid / sizeof valid[0]);
  for (int round = 0; round < 20000; round++) {
    snprintf(text, sizeof text, "%s", valid[random_below(sizeof valid / sizeof valid[0])]);
    for (uint32_t edits = 1 + random_below(3); edits > 0 && text[0] != '\0'; edits--) {
      size_t length = strlen(text), at = random_below((uint32_t)length);
      switch (random_below(4)) {
      case 0:
        memmove(text + at, text + at + 1, length - at);
        break;
      case 1:
        text[at] = (char)(1 + random_below(255));
        break;
      case 2:
        text[at] = '\0';
        break;
      default:
        text[at] = "()\"`,.dabc0 "[random_below(12)];
      }
    }
    try_text(text, &good);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_wrong_expression_is_refused_at_its_place),
      cmocka_unit_test(the_message_shows_the_expression_and_a_caret),
      cmocka_unit_test(the_caret_stands_under_wide_characters),
      cmocka_unit_test(a_long_expression_is_shown_round_the_fault),
      cmocka_unit_test(line_ends_are_counted),
      cmocka_unit_test(a_place_that_is_not_known_stays_so),
      cmocka_unit_test(a_feature_named_in_a_feature_is_explained),
      cmocka_unit_test(nesting_without_end_is_refused_and_not_followed),
      cmocka_unit_test(very_long_names_texts_and_numbers_are_fine),
      cmocka_unit_test(random_bytes_never_crash),
      cmocka_unit_test(random_words_never_crash),
      cmocka_unit_test(mutated_valid_expressions_never_crash),
  };
  return cmocka_run_group_tests(tests, make_world, free_world);
}
