/* Sets of features put together on the fly.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "support.h"

#include "jobs/feature_sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static churn_project *project;
static churn_pipeline *pipeline;

static int setup(void **state)
{
  (void)state;
  scratch_make();
  scratch_write("customers.csv", "id,joined,left,region\na,2024-01-01,,north\n");
  scratch_write("calls.csv", "id,day,minutes\na,2024-02-01,3.5\n");
  scratch_write("bills.csv", "id,day,amount\na,2024-02-01,7.25\n");
  project = project_of("version: 1\n"
                       "customers: {from: customers.csv, id: id, joined: joined, left: left,\n"
                       "  columns: {region: {type: category, static: true}}}\n"
                       "histories:\n"
                       "  calls: {from: calls.csv, id: id, day: day, columns: {minutes: number}}\n"
                       "  bills: {from: bills.csv, id: id, day: day, columns: {amount: number}}\n"
                       "outcome: {horizon: 30d}\n"
                       "features:\n"
                       "  calls_30d: count(calls over 30d)\n"
                       "  calls_90d: count(calls over 90d)\n"
                       "  amount: sum(amount from bills)\n"
                       "  region: customers.region\n"
                       "feature_sets:\n"
                       "  money: [amount]\n"
                       "  full: [\"*\"]\n"
                       "  odd - name: [region]\n");
  churn_error error = {0};
  churn_pipeline_settings settings = {.no_data = true};
  assert_ok(churn_pipeline_open(project, &settings, NULL, &pipeline, &error), &error);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  churn_pipeline_close(pipeline);
  churn_project_free(project);
  scratch_remove();
  return 0;
}

/* "NAME: FEATURES; NAME: …" of what was made, or the error's message. */
static const char *made(const churn_compare_settings *settings)
{
  static char text[2048];
  churn_feature_sets sets = {0};
  churn_error error = {0};
  text[0] = '\0';
  if (churn_feature_sets_build(pipeline, settings, &sets, &error) != CHURN_OK) {
    assert_int_equal(error.status, CHURN_USAGE);
    strcat(text, error.message);
    return text;
  }
  for (size_t s = 0; s < sets.count; s++) {
    strcat(strcat(text, s == 0 ? "" : "; "), sets.sets[s].name);
    for (size_t f = 0; f < pipeline->feature_count; f++)
      if (sets.sets[s].holds[f])
        strcat(strcat(text, " "), pipeline->selection->features[f].name.text);
  }
  churn_feature_sets_clear(&sets);
  return text;
}

static const char *made_of(const char *sets)
{
  churn_compare_settings settings = {.sets = sets};
  return made(&settings);
}

static void sets_are_put_together(void **state)
{
  (void)state;
  assert_string_equal(made_of(NULL),
                      "money amount; full calls_30d calls_90d amount region; odd - name region");
  assert_string_equal(made_of("full,full - calls*, money + region"),
                      "full calls_30d calls_90d amount region; full - calls* amount region; money "
                      "+ region amount region");
  assert_string_equal(made_of("calls"), "calls calls_30d calls_90d");
  assert_string_equal(made_of("all - calls"), "all - calls amount region");
  assert_string_equal(made_of("calls_?0d"), "calls_?0d calls_30d calls_90d");
  assert_string_equal(made_of("odd - name"), "odd - name region");
  assert_string_equal(made_of("`odd - name` + money"), "`odd - name` + money amount region");
  assert_string_equal(made_of("full - full + amount"), "full - full + amount amount");
}

static void faults_are_named(void **state)
{
  (void)state;
  assert_string_equal(
      made_of("ful"),
      "sets: \"ful\" is no feature set, feature or history; did you mean \"full\"?");
  assert_string_equal(made_of("full - call_30d"),
                      "sets: \"call_30d\" is no feature set, feature or history; did you mean "
                      "\"calls_30d\"?");
  assert_string_equal(made_of("xyz*"), "sets: \"xyz*\" is no feature set, feature or history");
  assert_string_equal(made_of("full -"),
                      "sets: \"full -\" lacks a name; expected NAME or NAME + NAME - NAME");
  assert_string_equal(made_of(""), "sets: \"\" lacks a name; expected NAME or NAME + NAME - NAME");
  assert_string_equal(made_of("money,,full"),
                      "sets: \"\" lacks a name; expected NAME or NAME + NAME - NAME");
  assert_string_equal(made_of("full amount"),
                      "sets: expected + or - between blanks, or a comma, before \"amount\"");
  assert_string_equal(made_of("full,money,full"), "sets: \"full\" is there twice");
  assert_string_equal(made_of("money - amount"), "sets: \"money - amount\" holds no feature");
}

static void parts_are_left_out_and_kept_alone(void **state)
{
  (void)state;
  churn_compare_settings settings = {.leave_one_out = CHURN_PARTS_FAMILY};
  assert_string_equal(made(&settings),
                      "all calls_30d calls_90d amount region; all - calls amount region; all - "
                      "bills calls_30d calls_90d region; all - customers calls_30d calls_90d "
                      "amount");
  settings = (churn_compare_settings){.sets = "full - region", .only_one = CHURN_PARTS_FEATURE};
  assert_string_equal(made(&settings),
                      "full - region calls_30d calls_90d amount; only calls_30d calls_30d; only "
                      "calls_90d calls_90d; only amount amount");
  settings = (churn_compare_settings){.sets = "calls", .leave_one_out = CHURN_PARTS_FAMILY};
  assert_string_equal(made(&settings), "calls calls_30d calls_90d");
}

/* "FEATURE FEATURE …" that training would take, or the error's message. */
static const char *wanted_of(const char *text)
{
  static char names[1024];
  bool *wanted = NULL;
  churn_error error = {0};
  names[0] = '\0';
  if (churn_feature_set_wanted(project, text, NULL, &wanted, &error) != CHURN_OK) {
    assert_int_equal(error.status, CHURN_USAGE);
    snprintf(names, sizeof names, "%s", error.message);
    return names;
  }
  for (size_t i = 0; i < pipeline->feature_count; i++)
    if (wanted[i])
      snprintf(names + strlen(names), sizeof names - strlen(names), "%s ",
               pipeline->selection->features[i].name.text);
  free(wanted);
  return names;
}

static void training_takes_one_set_put_together_alike(void **state)
{
  (void)state;
  assert_string_equal(wanted_of("full - calls*"), "amount region ");
  assert_string_equal(wanted_of("calls + region"), "calls_30d calls_90d region ");
  assert_string_equal(wanted_of("amount"), "amount ");
  assert_string_equal(
      wanted_of("money, full"),
      "sets: \"money, full\" is more than one set; expected one, such as \"money\"");
  assert_non_null(strstr(wanted_of("full - cals"), "did you mean"));
  churn_source_spec *calls = &project->histories[0];
  char *path = calls->path, input[] = "-";
  calls->path = input;
  assert_non_null(strstr(wanted_of("full - calls"), "not standard input"));
  calls->path = path;
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(training_takes_one_set_put_together_alike),
                                     cmocka_unit_test(sets_are_put_together),
                                     cmocka_unit_test(faults_are_named),
                                     cmocka_unit_test(parts_are_left_out_and_kept_alone)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
