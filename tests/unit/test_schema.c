/* The schema: which columns exist, of what type, and what features may not read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "history/schema.h"
#include "opened.h"

#include <stdio.h>
#include <string.h>

static int make(void **state)
{
  (void)state;
  scratch_make();
  scratch_write("customers.csv", "id,signup,end,region,staff count,vip,since,Churn\n"
                                 "a,2024-01-05,,north,12,yes,2020-02-03,No\n"
                                 "b,2024-02-07,2024-08-09,south,3.5,no,,Yes\n");
  scratch_write("calls.csv", "who,on,minutes,logged,topic\n"
                             "a,2024-03-04,7,2024-03-06,billing\n"
                             "b,2024-03-09,2.385,,\n");
  return 0;
}

/* Builds the schema only. */
static churn_status build(const char *text, const churn_known_type *known, size_t count,
                          churn_project **project, churn_schema **schema, churn_error *error)
{
  *project = project_of(text);
  *schema = NULL;
  return churn_schema_build(*project, known, count, NULL, schema, error);
}

static void drop(churn_project *project, churn_schema *schema)
{
  churn_schema_free(schema);
  churn_project_free(project);
}

static void assert_column(const churn_schema_source *source, size_t index, const char *name,
                          const char *heading, churn_type type)
{
  assert_true(index < source->column_count);
  assert_string_equal(source->columns[index].name, name);
  assert_string_equal(source->columns[index].heading, heading);
  assert_int_equal(source->columns[index].type, type);
}

static const char inferred[] =
    "version: 1\n"
    "customers: {from: customers.csv, id: id, joined: signup, left: end}\n"
    "histories:\n  calls: {from: calls.csv, id: who, day: on}\n"
    "outcome: {horizon: 30d}\nfeatures: {n: count(calls)}\n";

static void headings_become_columns_without_id_joined_and_left(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  assert_ok(build(inferred, NULL, 0, &project, &schema, &error), &error);
  assert_int_equal(schema->source_count, 2);
  const churn_schema_source *customers = &schema->sources[0], *calls = &schema->sources[1];
  assert_string_equal(customers->name, "customers");
  assert_int_equal(customers->column_count, 5);
  assert_column(customers, 0, "region", "region", CHURN_TYPE_CATEGORY);
  assert_column(customers, 1, "staff count", "staff count", CHURN_TYPE_NUMBER);
  assert_column(customers, 2, "vip", "vip", CHURN_TYPE_FLAG);
  assert_column(customers, 3, "since", "since", CHURN_TYPE_DAY);
  assert_column(customers, 4, "Churn", "Churn", CHURN_TYPE_FLAG); /* Yes and No */
  assert_int_equal(customers->day, -1);
  assert_int_equal(calls->column_count, 4); /* who is the id */
  assert_column(calls, 0, "on", "on", CHURN_TYPE_DAY);
  assert_column(calls, 1, "minutes", "minutes", CHURN_TYPE_NUMBER);
  assert_column(calls, 2, "logged", "logged", CHURN_TYPE_DAY);
  assert_column(calls, 3, "topic", "topic", CHURN_TYPE_CATEGORY);
  assert_int_equal(calls->day, 0);
  assert_int_equal(calls->known_at, -1);
  assert_int_equal(churn_schema_find_source(schema, "calls"), 1);
  assert_int_equal(churn_schema_find_source(schema, "call"), -1);
  assert_int_equal(churn_schema_find_column(calls, "topic"), 3);
  assert_int_equal(churn_schema_find_column(calls, "who"), -1);
  drop(project, schema);
}

static void the_outcome_column_of_a_flat_export_is_no_column(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  assert_ok(build("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                  "outcome: {column: Churn, positive: \"Yes\"}\nfeatures: customers.*\n",
                  NULL, 0, &project, &schema, &error),
            &error);
  assert_int_equal(churn_schema_find_column(&schema->sources[0], "Churn"), -1);
  assert_int_equal(churn_schema_find_column(&schema->sources[0], "id"), -1);
  assert_true(churn_schema_find_column(&schema->sources[0], "end") >= 0); /* not mapped as left */
  drop(project, schema);
}

static void declared_columns_have_their_names_and_the_day_column_is_added(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  assert_ok(build("version: 1\ncustomers:\n  from: customers.csv\n  id: id\n  joined: signup\n"
                  "  left: end\n  columns:\n    staff: {from: staff count, type: number, static: "
                  "true}\n"
                  "    area: {from: region}\n"
                  "histories:\n  calls:\n    from: calls.csv\n    id: who\n    day: on\n"
                  "    columns: {minutes: number}\n"
                  "outcome: {horizon: 30d}\nfeatures: {n: count(calls)}\n",
                  NULL, 0, &project, &schema, &error),
            &error);
  const churn_schema_source *customers = &schema->sources[0], *calls = &schema->sources[1];
  assert_int_equal(customers->column_count, 2);
  assert_column(customers, 0, "staff", "staff count", CHURN_TYPE_NUMBER);
  assert_column(customers, 1, "area", "region", CHURN_TYPE_CATEGORY); /* type inferred */
  assert_true(customers->columns[0].is_static);
  assert_false(customers->columns[1].is_static);
  assert_int_equal(customers->columns[0].place.line, 8);
  assert_int_equal(calls->column_count, 2);
  assert_column(calls, 0, "minutes", "minutes", CHURN_TYPE_NUMBER);
  assert_column(calls, 1, "on", "on", CHURN_TYPE_DAY);
  assert_int_equal(calls->day, 1);
  drop(project, schema);
}

static void assert_unreadable(const char *text, const char *what, uint64_t line, uint64_t column)
{
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  assert_int_equal(build(text, NULL, 0, &project, &schema, &error), CHURN_BAD_PROJECT);
  assert_null(schema);
  assert_non_null(strstr(error.message, what));
  assert_int_equal(error.line, line);
  assert_int_equal(error.column, column);
  assert_non_null(strstr(error.file, "project.yaml"));
  drop(project, schema);
}

static void left_and_the_outcome_may_not_be_mapped_for_features(void **state)
{
  (void)state;
  assert_unreadable("version: 1\n"
                    "customers: {from: customers.csv, id: id, joined: signup, left: end,\n"
                    "  columns: {gone: {from: end, type: day}}}\n"
                    "outcome: {horizon: 30d}\nfeatures: {n: as_of - joined}\n",
                    "left", 3, 13);
  assert_unreadable("version: 1\n"
                    "customers: {from: customers.csv, id: id,\n"
                    "  columns: {region: category, answer: {from: Churn, type: flag}}}\n"
                    "outcome: {column: Churn, positive: \"Yes\"}\nfeatures: customers.*\n",
                    "outcome", 3, 31);
}

static void types_of_a_model_stand_in_for_inferring_but_not_for_declaring(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  churn_known_type known[] = {{"customers", "staff count", CHURN_TYPE_CATEGORY},
                              {"calls", "minutes", CHURN_TYPE_CATEGORY},
                              {"calls", "gone", CHURN_TYPE_NUMBER},
                              {"other", "vip", CHURN_TYPE_CATEGORY}};
  assert_ok(build(inferred, known, 4, &project, &schema, &error), &error);
  assert_column(&schema->sources[0], 1, "staff count", "staff count", CHURN_TYPE_CATEGORY);
  assert_column(&schema->sources[0], 2, "vip", "vip", CHURN_TYPE_FLAG); /* still inferred */
  assert_column(&schema->sources[1], 1, "minutes", "minutes", CHURN_TYPE_CATEGORY);
  drop(project, schema);
  assert_ok(build("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                  "histories:\n  calls: {from: calls.csv, id: who, day: on, columns: {minutes: "
                  "number}}\nfeatures: {n: count(calls)}\n",
                  known, 4, &project, &schema, &error),
            &error);
  assert_column(&schema->sources[1], 0, "minutes", "minutes", CHURN_TYPE_NUMBER);
  drop(project, schema);
}

static void a_base_from_a_history_still_has_customers_without_columns(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  assert_ok(build("version: 1\ncustomers: {from_history: calls}\n"
                  "histories:\n  calls: {from: calls.csv, id: who, day: on}\n"
                  "outcome: {silent: calls, horizon: 30d}\nfeatures: {n: count(calls)}\n",
                  NULL, 0, &project, &schema, &error),
            &error);
  assert_int_equal(schema->source_count, 2);
  assert_string_equal(schema->sources[0].name, "customers");
  assert_int_equal(schema->sources[0].column_count, 0);
  assert_string_equal(schema->sources[1].name, "calls");
  drop(project, schema);
}

static void known_at_is_found_by_the_name_of_its_column(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  assert_ok(build("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                  "histories:\n  calls:\n    from: calls.csv\n    id: who\n    day: on\n"
                  "    known_at: told\n    columns:\n"
                  "      minutes: {type: number, known_at: told}\n"
                  "      topic: {type: category, known_at: on}\n"
                  "      told: {from: logged, type: day}\n"
                  "features: {n: count(calls)}\n",
                  NULL, 0, &project, &schema, &error),
            &error);
  const churn_schema_source *calls = &schema->sources[1];
  int told = churn_schema_find_column(calls, "told");
  assert_int_equal(told, 2);
  assert_int_equal(calls->known_at, told);
  assert_int_equal(calls->columns[0].known_at, told);
  assert_int_equal(calls->columns[1].known_at, calls->day);
  assert_int_equal(calls->columns[2].known_at, -1);
  drop(project, schema);
}

static void known_at_of_an_inferred_source_must_name_a_day(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  static const char head[] = "version: 1\ncustomers: {from: customers.csv, id: id}\n"
                             "histories:\n  calls: {from: calls.csv, id: who, day: on, known_at: ";
  char text[512];
  const char *names[] = {"topic", "nothing"};
  for (int i = 0; i < 2; i++) {
    snprintf(text, sizeof text, "%s%s}\nfeatures: {n: count(calls)}\n", head, names[i]);
    error = (churn_error){0};
    assert_int_equal(build(text, NULL, 0, &project, &schema, &error), CHURN_BAD_PROJECT);
    assert_int_equal(error.line, 4);
    assert_int_equal(error.column, 56);
    assert_non_null(strstr(error.message, names[i]));
    drop(project, schema);
  }
  snprintf(text, sizeof text, "%slogged}\nfeatures: {n: count(calls)}\n", head);
  assert_ok(build(text, NULL, 0, &project, &schema, &error), &error);
  assert_int_equal(schema->sources[1].known_at, 2);
  drop(project, schema);
}

/* A column without any value is inferred as a number; that may not turn an export in which nothing
 * is known yet into a fault of the project. */
static void known_at_may_name_a_column_without_any_value(void **state)
{
  (void)state;
  churn_project *project;
  churn_schema *schema;
  churn_error error = {0};
  scratch_write("silent.csv", "who,on,logged\na,2024-03-04,\n");
  assert_ok(build("version: 1\ncustomers: {from: customers.csv, id: id}\n"
                  "histories:\n  calls: {from: silent.csv, id: who, day: on, known_at: logged}\n"
                  "features: {n: count(calls)}\n",
                  NULL, 0, &project, &schema, &error),
            &error);
  assert_int_equal(schema->sources[1].known_at, 1);
  assert_column(&schema->sources[1], 1, "logged", "logged", CHURN_TYPE_DAY);
  drop(project, schema);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(headings_become_columns_without_id_joined_and_left),
      cmocka_unit_test(the_outcome_column_of_a_flat_export_is_no_column),
      cmocka_unit_test(declared_columns_have_their_names_and_the_day_column_is_added),
      cmocka_unit_test(left_and_the_outcome_may_not_be_mapped_for_features),
      cmocka_unit_test(types_of_a_model_stand_in_for_inferring_but_not_for_declaring),
      cmocka_unit_test(a_base_from_a_history_still_has_customers_without_columns),
      cmocka_unit_test(known_at_is_found_by_the_name_of_its_column),
      cmocka_unit_test(known_at_of_an_inferred_source_must_name_a_day),
      cmocka_unit_test(known_at_may_name_a_column_without_any_value),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
