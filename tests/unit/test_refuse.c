/* Fits that are refused, by the program: exit code, and a message that names the cause and says
 * what to do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"
#include "program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 600 };

/* Customers with a plan of three levels, of which "gold" (60 rows) leaves always, and a usage that
 * tells a little. */
static void write_plans(void)
{
  char *text = malloc(ROWS * 48), *at = text;
  uint64_t stream = 31;
  assert_non_null(text);
  at += sprintf(at, "id,usage,plan,churned\n");
  for (int r = 0; r < ROWS; r++) {
    const char *plan = r % 10 == 3 ? "gold" : r % 3 == 1 ? "silver" : "basic";
    double usage = uniform(&stream);
    bool churned = plan[0] == 'g' || uniform(&stream) < 0.1 + 0.3 * usage;
    at += sprintf(at, "c%05d,%.6f,%s,%s\n", r, usage, plan, churned ? "Yes" : "No");
  }
  scratch_write("export.csv", text);
  free(text);
}

/* `churners` of 200 customers leave; five numbers that tell little. */
static void write_few(int churners, bool turned)
{
  char *text = malloc(200 * 96), *at = text;
  uint64_t stream = 17;
  assert_non_null(text);
  at += sprintf(at, "id,a,b,c,d,e,churned\n");
  for (int r = 0; r < 200; r++) {
    at += sprintf(at, "c%05d", r);
    for (int k = 0; k < 5; k++)
      at += sprintf(at, ",%.6f", uniform(&stream));
    at += sprintf(at, ",%s\n", (r * 31 % 200 < churners) != turned ? "Yes" : "No");
  }
  scratch_write("export.csv", text);
  free(text);
}

static program_result train(const char *rest)
{
  char text[1024];
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: export.csv, id: id}\noutcome: {column: churned, "
           "positive: \"Yes\"}\n%s",
           rest);
  const char *const arguments[] = {"train", scratch_write("churn.yaml", text), "-o",
                                   scratch_path("model.json"), NULL};
  return program_run(CHURN_PROGRAM, arguments, false);
}

static void assert_refused(const char *rest, const char *const *texts, size_t count)
{
  program_result result = train(rest);
  assert_int_equal(result.code, 65);
  for (size_t i = 0; i < count; i++)
    if (strstr(result.errors, texts[i]) == NULL)
      fail_msg("the message lacks \"%s\": %s", texts[i], result.errors);
  assert_null(file_read(scratch_path("model.json"), NULL));
  program_result_clear(&result);
}

static void assert_trained(const char *rest)
{
  program_result result = train(rest);
  if (result.code != 0)
    fail_msg("exit code %d: %s", result.code, result.errors);
  program_result_clear(&result);
}

#define REFUSED(REST, ...)                                                                         \
  do {                                                                                             \
    const char *const texts[] = {__VA_ARGS__};                                                     \
    assert_refused(REST, texts, sizeof texts / sizeof texts[0]);                                   \
  } while (0)

static void a_level_that_separates_is_named_and_the_ways_out_too(void **state)
{
  (void)state;
  write_plans();
  REFUSED("features: customers.*\npool: 0\n", "the likelihood has no maximum", "column plan=gold ",
          "all 60 rows of level \"gold\" churned", "leave the feature out", "{separation: firth}",
          "{penalty: ridge, lambda: 0.01}");
}

/* By default a level without a stayer is pooled, with a note that names it: nothing separates. */
static void a_level_that_would_separate_is_pooled_and_named(void **state)
{
  (void)state;
  write_plans();
  program_result result = train("features: customers.*\n");
  assert_int_equal(result.code, 0);
  assert_non_null(strstr(result.errors, "plan=gold is pooled into the reference level"));
  assert_non_null(strstr(result.errors, "for all its 60 rows churned"));
  program_result_clear(&result);
}

static void a_reference_that_separates_is_named(void **state)
{
  (void)state;
  write_plans();
  REFUSED("features: {plan: {is: customers.plan, reference: gold}}\npool: 0\n",
          "column plan=", "against the reference: all 60 rows of level \"gold\" churned");
}

static void the_ways_out_of_separation_lead_out(void **state)
{
  (void)state;
  write_plans();
  assert_trained("features: customers.*\nfit: {separation: firth}\n");
  assert_trained("features: customers.*\nfit: {penalty: ridge, lambda: 0.01}\n");
}

/* Five numbers and the intercept are six coefficients. */
static void fewer_churners_than_coefficients_are_refused(void **state)
{
  (void)state;
  write_few(5, false);
  REFUSED("features: customers.*\n", "5 churners for 6 coefficients", "fewer features",
          "{penalty: ridge, lambda: cv}", "{penalty: firth}");
  write_few(5, true);
  REFUSED("features: customers.*\n", "5 stayers for 6 coefficients");
}

static void as_many_churners_as_coefficients_are_not(void **state)
{
  (void)state;
  write_few(6, false);
  assert_trained("features: customers.*\n");
  write_few(5, false);
  assert_trained("features: {a: customers.a, b: customers.b, c: customers.c, d: customers.d}\n");
}

static void penalties_and_firth_fit_fewer_churners(void **state)
{
  (void)state;
  write_few(5, false);
  assert_trained("features: customers.*\nfit: {penalty: ridge, lambda: 0.1}\n");
  assert_trained("features: customers.*\nfit: {penalty: lasso, lambda: 0.01}\n");
  assert_trained("features: customers.*\nfit: {penalty: firth}\n");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_level_that_separates_is_named_and_the_ways_out_too,
                                      scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_level_that_would_separate_is_pooled_and_named,
                                      scratch_setup, scratch_teardown),
      cmocka_unit_test_setup_teardown(a_reference_that_separates_is_named, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(the_ways_out_of_separation_lead_out, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(fewer_churners_than_coefficients_are_refused, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(as_many_churners_as_coefficients_are_not, scratch_setup,
                                      scratch_teardown),
      cmocka_unit_test_setup_teardown(penalties_and_firth_fit_fewer_churners, scratch_setup,
                                      scratch_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
