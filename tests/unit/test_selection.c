/* Which features a verb works with: sets, patterns, the columns of a flat export, the shipped list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/pipeline.h"
#include "design/selection.h"
#include "opened.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make(void **state)
{
  (void)state;
  scratch_make();
  scratch_write("customers.csv",
                "id,joined,left,region,staff count,fee,since,odd?,odd=er,tick`s,Churn\n"
                "a,2024-01-05,,north,12,9.5,2020-02-03,1,2,3,No\n"
                "b,2024-01-05,,south,11,8.5,2020-02-04,2,3,4,Yes\n");
  scratch_write("calls.csv", "id,on,minutes\na,2024-03-04,7\nb,2024-03-09,2.385\n");
  return 0;
}

typedef struct selected {
  churn_project *project;
  churn_schema *schema;
  churn_selection *selection;
  churn_notes *notes;
  churn_status status;
  churn_error error;
} selected;

static selected choose(const char *text, const char *set)
{
  selected s = {.project = project_of(text), .notes = churn_notes_new()};
  churn_run run = {.notes = s.notes};
  assert_ok(churn_schema_build(s.project, NULL, 0, NULL, &s.schema, &s.error), &s.error);
  s.status = churn_selection_build(s.project, s.schema, set, NULL, &run, &s.selection, &s.error);
  return s;
}

static void done(selected *s)
{
  churn_selection_free(s->selection);
  churn_schema_free(s->schema);
  churn_notes_free(s->notes);
  churn_project_free(s->project);
}

/* Names of the features chosen, blank separated. */
static void assert_chosen(const char *text, const char *set, const char *expected)
{
  selected s = choose(text, set);
  assert_ok(s.status, &s.error);
  char names[512] = "";
  for (size_t i = 0; i < s.selection->count; i++)
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i == 0 ? "" : " ",
             s.selection->features[i].name.text);
  assert_string_equal(names, expected);
  assert_string_equal(s.selection->set, set == NULL ? "all" : set);
  done(&s);
}

#define DATED                                                                                      \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: left}\n"             \
  "histories:\n  calls: {from: calls.csv, id: id, day: on}\noutcome: {horizon: 30d}\n"

static const char with_sets[] =
    DATED "features:\n  calls_30d: count(calls over 30d)\n  tenure: as_of - joined\n"
          "  calls_90d: count(calls over 90d)\n  a[b]: customers.fee\n  ab: customers.fee\n"
          "  minutes: sum(minutes from calls)\n"
          "feature_sets:\n  calls: [\"calls_*\"]\n  two: [tenure, calls_?0d, tenure]\n"
          "  plain: [\"a[b]\"]\n  full: [\"*\"]\n";

static void a_set_takes_matching_features_in_project_order(void **state)
{
  (void)state;
  assert_chosen(with_sets, NULL, "calls_30d tenure calls_90d a[b] ab minutes");
  assert_chosen(with_sets, "full", "calls_30d tenure calls_90d a[b] ab minutes");
  assert_chosen(with_sets, "calls", "calls_30d calls_90d");
  assert_chosen(with_sets, "two", "calls_30d tenure calls_90d");
}

static void brackets_in_a_pattern_are_themselves(void **state)
{
  (void)state;
  assert_chosen(with_sets, "plain", "a[b]");
}

static void an_unknown_set_is_a_wrong_call_that_lists_the_sets(void **state)
{
  (void)state;
  selected s = choose(with_sets, "cals");
  assert_int_equal(s.status, CHURN_USAGE);
  assert_null(s.selection);
  assert_non_null(strstr(s.error.message, "calls, two, plain, full"));
  done(&s);
}

#define FLAT "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: left"

static void all_columns_leave_out_what_is_not_a_feature(void **state)
{
  (void)state;
  static const char text[] =
      FLAT ", value: fee}\noutcome: {column: Churn, positive: \"Yes\"}\nfeatures: customers.*\n";
  assert_chosen(text, NULL, "region staff count tick`s");
  selected s = choose(text, NULL);
  size_t notes = 0;
  for (size_t i = 0; i < churn_notes_count(s.notes); i++)
    notes += strcmp(churn_notes_get(s.notes, i)->code, "column_left_out") == 0;
  assert_int_equal(notes, 3); /* since is a day; odd? and odd=er have marks of column names */
  assert_non_null(strstr(churn_notes_get(s.notes, 0)->text, "\"since\""));
  assert_string_equal(s.selection->features[1].expression.text, "customers.`staff count`");
  assert_string_equal(s.selection->features[2].expression.text, "customers.`tick``s`");
  done(&s);
}

static void the_value_column_is_found_however_it_is_written(void **state)
{
  (void)state;
  static const char *const values[] = {"fee", "customers.fee", "\"`fee`\"", "customers.`fee`"};
  char text[512];
  for (size_t i = 0; i < 4; i++) {
    snprintf(text, sizeof text, FLAT ", value: %s}\noutcome: {column: Churn, positive: \"Yes\"}\n",
             values[i]);
    assert_chosen(text, NULL, "region staff count tick`s");
  }
  assert_chosen(FLAT ", value: \"customers.`tick``s`\"}\noutcome: {column: Churn, positive: "
                     "\"Yes\"}\n",
                NULL, "region staff count fee");
  /* a formula names no column: its columns stay */
  assert_chosen(FLAT ", value: fee * 12}\noutcome: {column: Churn, positive: \"Yes\"}\n", NULL,
                "region staff count fee tick`s");
}

static void declared_id_and_joined_are_no_features_of_all_columns(void **state)
{
  (void)state;
  assert_chosen("version: 1\ncustomers:\n  from: customers.csv\n  id: id\n  joined: joined\n"
                "  left: left\n  columns: {who: {from: id, type: category}, "
                "begun: {from: joined, type: category}, region: category}\n"
                "outcome: {column: Churn, positive: \"Yes\"}\nfeatures: customers.*\n",
                NULL, "region");
}

static void patterns_over_columns_are_checked_when_they_are_known(void **state)
{
  (void)state;
  static const char text[] =
      FLAT "}\noutcome: {column: Churn, positive: \"Yes\"}\nfeatures: customers.*\n"
           "feature_sets:\n  money: [\"f*\"]\n  none: [fe, fees]\n";
  assert_chosen(text, "money", "fee");
  selected s = choose(text, "none");
  assert_int_equal(s.status, CHURN_BAD_PROJECT);
  assert_int_equal(s.error.line, 7);
  assert_int_equal(s.error.column, 10);
  done(&s);
}

static churn_status open_pipeline(const char *text, const char *set, churn_notes *notes,
                                  churn_project **project, churn_pipeline **pipeline,
                                  churn_error *error)
{
  churn_run run = {.notes = notes};
  churn_pipeline_settings settings = {.set = set};
  *project = project_of(text);
  return churn_pipeline_open(*project, &settings, &run, pipeline, error);
}

static void shipped_features_that_the_project_does_not_map_are_skipped_with_a_note(void **state)
{
  (void)state;
  scratch_write("prices.csv", "id,on,tier\na,2024-03-04,x\n");
  churn_notes *notes = churn_notes_new();
  churn_project *project = NULL;
  churn_pipeline *p = NULL;
  churn_error error = {0};
  assert_ok(open_pipeline("version: 1\ncustomers: {from: customers.csv, id: id, joined: joined}\n"
                          "histories:\n  prices: {from: prices.csv, id: id, day: on, columns: "
                          "{tier: category}}\n",
                          NULL, notes, &project, &p, &error),
            &error);
  assert_int_equal(p->feature_count, 2);
  assert_int_equal(p->selection->count, 2);
  assert_string_equal(p->selection->features[0].name.text, "price_tier");
  assert_string_equal(p->selection->features[1].name.text, "tenure_days");
  assert_int_equal(churn_plan_count(p->plan), 2);
  assert_int_equal(churn_plan_type(p->plan, 0), CHURN_VALUE_TEXT);
  size_t skipped = 0;
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    if (strstr(churn_notes_get(notes, i)->code, "skipped") != NULL) {
      skipped++; /* 11 of the 13 in models/features.yaml, in one note */
      assert_non_null(strstr(churn_notes_get(notes, i)->text, "11 shipped features are skipped"));
      assert_non_null(strstr(churn_notes_get(notes, i)->text, "engagement_trend, days_since_eng"));
    }
  assert_int_equal(skipped, 1);
  churn_pipeline_close(p);
  churn_project_free(project);
  churn_notes_free(notes);
}

static void a_project_that_maps_nothing_has_no_feature_left(void **state)
{
  (void)state;
  churn_project *project = NULL;
  churn_pipeline *p = NULL;
  churn_error error = {0};
  assert_int_equal(open_pipeline("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                                 "histories:\n  calls: {from: calls.csv, id: id, day: on}\n",
                                 NULL, NULL, &project, &p, &error),
                   CHURN_DEGENERATE);
  assert_null(p);
  churn_project_free(project);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_set_takes_matching_features_in_project_order),
      cmocka_unit_test(brackets_in_a_pattern_are_themselves),
      cmocka_unit_test(an_unknown_set_is_a_wrong_call_that_lists_the_sets),
      cmocka_unit_test(all_columns_leave_out_what_is_not_a_feature),
      cmocka_unit_test(the_value_column_is_found_however_it_is_written),
      cmocka_unit_test(declared_id_and_joined_are_no_features_of_all_columns),
      cmocka_unit_test(patterns_over_columns_are_checked_when_they_are_known),
      cmocka_unit_test(shipped_features_that_the_project_does_not_map_are_skipped_with_a_note),
      cmocka_unit_test(a_project_that_maps_nothing_has_no_feature_left),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
