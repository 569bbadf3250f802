/* Several outcomes in a project: which one is worked with, and what stands apart for it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/schema.h"
#include "opened.h"
#include "project/project.h"

#include <churn/project.h>
#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
  "version: 1\ncustomers: {from: customers.csv, id: id, left: gone}\n"                             \
  "histories: {calls: {from: calls.csv, id: id, day: on}}\n"
#define NAMED                                                                                      \
  "outcomes:\n  leaving: {horizon: 90d, gap: 14d}\n"                                               \
  "  quiet: {silent: calls, horizon: 45d}\n"                                                       \
  "  told: {from: labels.csv, id: id, day: at, churned: y, horizon: 7d}\n"

static const char *ending(const char *path, const char *name)
{
  size_t length = strlen(path), wanted = strlen(name);
  return length < wanted ? path : path + length - wanted;
}

static void the_first_named_outcome_is_the_default(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD NAMED);
  assert_string_equal(churn_project_outcome(p), "leaving");
  assert_int_equal(p->outcome.kind, CHURN_OUTCOME_LEFT);
  assert_int_equal(p->outcome.gap_days, 14);
  assert_string_equal(ending(p->registry, "/models"), "/models");
  churn_project_free(p);
}

static void the_key_outcome_is_the_default_beside_named_ones(void **state)
{
  (void)state;
  churn_project *p = project_of(HEAD NAMED "outcome: {event: calls, horizon: 11d}\n");
  assert_null(churn_project_outcome(p));
  assert_int_equal(p->outcome.kind, CHURN_OUTCOME_EVENT);
  assert_int_equal(p->outcome.horizon_days, 11);
  churn_project_free(p);
}

static void another_outcome_has_folders_and_a_table_of_its_own(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_project *p = project_of(HEAD NAMED "scores: {to: sqlite:scores.db}\n");
  assert_ok(churn_project_choose_outcome(p, "leaving", &error), &error);
  assert_string_equal(ending(p->registry, "/models"), "/models");
  assert_null(p->scores_table);
  assert_ok(churn_project_choose_outcome(p, "quiet", &error), &error);
  assert_string_equal(churn_project_outcome(p), "quiet");
  assert_int_equal(p->outcome.kind, CHURN_OUTCOME_SILENT);
  assert_int_equal(p->outcome.horizon_days, 45);
  assert_string_equal(ending(p->registry, "/models-quiet"), "/models-quiet");
  assert_string_equal(ending(p->nightly.output, "/runs-quiet"), "/runs-quiet");
  assert_string_equal(p->scores_table, "churn_scores_quiet");
  churn_project_free(p);
}

static void an_outcome_that_is_not_there_is_refused_with_the_nearest(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_project *p = project_of(HEAD NAMED);
  assert_int_equal(churn_project_choose_outcome(p, "quite", &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "did you mean \"quiet\"?"));
  assert_non_null(strstr(error.message, "leaving, quiet, told"));
  assert_string_equal(churn_project_outcome(p), "leaving");
  churn_project_free(p);
  p = project_of(HEAD "outcome: {horizon: 9d}\n");
  assert_int_equal(churn_project_choose_outcome(p, "quiet", &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "the project has no `outcomes`"));
  churn_project_free(p);
}

static void a_label_file_is_pointed_elsewhere_by_its_outcomes_name(void **state)
{
  (void)state;
  const churn_source_override override = {"told", "elsewhere.csv"};
  churn_project *p = NULL;
  churn_error error = {0};
  assert_ok(
      churn_project_read(scratch_write("project.yaml", HEAD NAMED), &override, 1, NULL, &p, &error),
      &error);
  assert_ok(churn_project_choose_outcome(p, "told", &error), &error);
  assert_string_equal(p->outcome.labels.path, "elsewhere.csv");
  churn_project_free(p);
}

static void no_outcomes_column_is_a_feature(void **state)
{
  (void)state;
  scratch_write("customers.csv", "id,age,moved,died\n1,33,no,no\n2,51,yes,no\n");
  opened o = opened_ok("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                       "outcomes:\n  moving: {column: moved, positive: \"yes\"}\n"
                       "  dying: {column: died, positive: \"yes\"}\n"
                       "features: customers.*\n");
  assert_int_equal(o.schema->sources[0].column_count, 1);
  assert_string_equal(o.schema->sources[0].columns[0].name, "age");
  opened_close(&o);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_named_outcome_is_the_default),
      cmocka_unit_test(the_key_outcome_is_the_default_beside_named_ones),
      cmocka_unit_test(another_outcome_has_folders_and_a_table_of_its_own),
      cmocka_unit_test(an_outcome_that_is_not_there_is_refused_with_the_nearest),
      cmocka_unit_test(a_label_file_is_pointed_elsewhere_by_its_outcomes_name),
      cmocka_unit_test(no_outcomes_column_is_a_feature),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
