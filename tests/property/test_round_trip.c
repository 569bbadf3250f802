/* A model scores what it was fitted on: after a round trip through its file, without the outcome at
 * hand, and whatever the unit of a column.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"
#include "opened.h"
#include "rows.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const churn_train_settings training = {
    .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};

static churn_model *trained(const churn_project *project)
{
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(churn_train(project, &training, NULL, &model, &error), &error);
  return model;
}

/* The ranked list as bytes; the caller frees. */
static char *ranked(const churn_project *project, const churn_model *model,
                    churn_score_report *report)
{
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, report, &error), &error);
  assert_ok(churn_ranking_write(ranking, scratch_path("ranked.csv"), &error), &error);
  churn_ranking_free(ranking);
  return file_read(scratch_path("ranked.csv"), NULL);
}

/* Writes the model, reads it, and wants the same ranked list of both, and the same file again. */
static void check_round_trip(const churn_project *project)
{
  churn_model *model = trained(project), *read = NULL;
  churn_error error = {0};
  assert_ok(churn_model_write(model, scratch_path("model.json"), &error), &error);
  assert_ok(churn_model_read(scratch_path("model.json"), &read, &error), &error);
  char *before = ranked(project, model, NULL), *after = ranked(project, read, NULL);
  assert_true(strlen(before) > 1000);
  assert_string_equal(before, after);
  assert_ok(churn_model_write(read, scratch_path("again.json"), &error), &error);
  char *first = file_read(scratch_path("model.json"), NULL);
  char *second = file_read(scratch_path("again.json"), NULL);
  assert_string_equal(first, second);
  free(first);
  free(second);
  free(before);
  free(after);
  churn_model_free(model);
  churn_model_free(read);
}

static void a_made_up_world_survives_the_round_trip(void **state)
{
  (void)state;
  churn_simulate_settings settings = {
      .customers = 700, .months = 24, .seed = 5, .truth_customers = 1};
  churn_error error = {0};
  char path[1100];
  assert_ok(churn_simulate(scratch_path("world"), &settings, NULL, NULL, &error), &error);
  snprintf(path, sizeof path, "%s/churn.yaml", scratch_path("world"));
  churn_project *project = NULL;
  assert_ok(churn_project_read(path, NULL, 0, NULL, &project, &error), &error);
  check_round_trip(project);
  churn_project_free(project);
}

enum { PEOPLE = 1500 };

static double chance(uint64_t *seed)
{
  return uniform(seed);
}

/* id,n,m,region,grade,gone: n has odd texts as numbers and missing values, m is missing where
 * region is, region has rare levels; `scale` multiplies n; `with_outcome` false leaves `gone` out.
 */
static void write_flat(double scale, bool with_outcome)
{
  uint64_t seed = 77;
  char *text = malloc(PEOPLE * 160);
  static const char *const regions[] = {"north", "south", "\"ea,st\"", "w=st", "rare", "rarer"};
  size_t used = (size_t)sprintf(text, "id,n,m,region,grade%s\n", with_outcome ? ",gone" : "");
  for (int i = 0; i < PEOPLE; i++) {
    double n = 10 * chance(&seed) - 3, m = -log(1 - chance(&seed));
    double pick = chance(&seed), eta = 0.4 * n - 0.8 * m - 1.1;
    int region = pick < 0.4 ? 0 : pick < 0.7 ? 1 : pick < 0.85 ? 2 : pick < 0.98 ? 3 : 4 + i % 2;
    bool no_region = chance(&seed) < 0.05, no_n = chance(&seed) < 0.07;
    eta += region == 2 ? 0.9 : 0;
    bool gone = chance(&seed) < 1 / (1 + exp(-eta));
    used += (size_t)sprintf(text + used, "u%04d,", (i * 733) % PEOPLE);
    if (!no_n)
      used += (size_t)sprintf(text + used, "%.17g", n * scale);
    used += no_region ? (size_t)sprintf(text + used, ",,,")
                      : (size_t)sprintf(text + used, ",%.6f,%s,", m, regions[region]);
    used += (size_t)sprintf(text + used, "%d", i % 4);
    used += (size_t)sprintf(text + used, with_outcome ? ",%s\n" : "\n", gone ? "yes" : "no");
  }
  scratch_write("customers.csv", text);
  free(text);
}

static const char flat[] = "version: 1\ncustomers: {from: customers.csv, id: id, value: m,\n"
                           "  columns: {n: number, m: number, region: category, grade: category}}\n"
                           "outcome: {column: gone, positive: \"yes\"}\n"
                           "features:\n  n: {is: customers.n, missing: zero}\n  m: customers.m\n  "
                           "region: customers.region\n"
                           "  grade: customers.grade\n  both: customers.n * customers.m\n";

static void a_flat_export_survives_the_round_trip(void **state)
{
  (void)state;
  write_flat(1, true);
  churn_project *project = project_of(flat);
  check_round_trip(project);
  churn_project_free(project);
}

/* With maximum likelihood and an intercept the probabilities of the training rows add up to the
 * churners; scoring encodes as training did, or this fails. */
static void scoring_the_training_rows_gives_back_the_number_of_churners(void **state)
{
  (void)state;
  write_flat(1, true);
  churn_project *project = project_of(flat);
  churn_model *model = trained(project);
  churn_score_report report;
  free(ranked(project, model, &report));
  assert_int_equal(model->rows, PEOPLE);
  assert_true(model->churners > 100);
  assert_close(report.expected_churners, (double)model->churners, 1e-9, 0);
  assert_int_equal(report.unseen_levels, 0);
  churn_model_free(model);
  churn_project_free(project);
}

static void the_column_of_the_outcome_may_be_absent_when_scoring(void **state)
{
  (void)state;
  write_flat(1, true);
  churn_project *project = project_of(flat);
  churn_model *model = trained(project);
  char *with = ranked(project, model, NULL);
  write_flat(1, false);
  char *without = ranked(project, model, NULL);
  assert_string_equal(with, without);
  free(with);
  free(without);
  churn_model_free(model);
  churn_project_free(project);
}

/* Dated customers, two calls each; labels by a rule of the id. */
static void write_labelled(void)
{
  char *calls = malloc(PEOPLE * 80), *labels = malloc(PEOPLE * 40), *people = malloc(PEOPLE * 40);
  size_t c = (size_t)sprintf(calls, "id,on\n"), l = (size_t)sprintf(labels, "id,at,gone\n");
  size_t p = (size_t)sprintf(people, "id,since,until\n");
  uint64_t seed = 3;
  for (int i = 0; i < PEOPLE; i++) {
    char first[CHURN_DAY_TEXT_SIZE], second[CHURN_DAY_TEXT_SIZE];
    double pace = chance(&seed);
    churn_day_format(19500 + (churn_day)(200 * pace), first);
    churn_day_format(19500 + (churn_day)(230 * chance(&seed)), second);
    c += (size_t)sprintf(calls + c, "k%04d,%s\nk%04d,%s\n", i, first, i, second);
    p += (size_t)sprintf(people + p, "k%04d,2023-01-%02d,\n", i, i % 28 + 1);
    l += (size_t)sprintf(labels + l, "k%04d,2024-01-15,%d\n", i, chance(&seed) < 0.6 - 0.4 * pace);
  }
  scratch_write("calls.csv", calls);
  scratch_write("people.csv", people);
  scratch_write("labels.csv", labels);
  free(calls);
  free(labels);
  free(people);
}

static void a_label_file_and_left_may_be_absent_when_scoring(void **state)
{
  (void)state;
  write_labelled();
  churn_project *project =
      project_of("version: 1\ncustomers: {from: people.csv, id: id, joined: since, left: until}\n"
                 "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"
                 "outcome: {from: labels.csv, id: id, day: at, churned: gone, horizon: 30d}\n"
                 "features:\n  tenure: as_of - joined\n  last_call: days_since(calls)\n");
  churn_model *model = trained(project);
  assert_true(model->rows > PEOPLE / 2);
  char *with = ranked(project, model, NULL);
  remove(scratch_path("labels.csv"));
  char *text = file_read(scratch_path("people.csv"), NULL), *out = text;
  for (char *at = text; *at != '\0'; at++) { /* the last column goes */
    bool last = *at == ',' && (at[1] == '\n' || strncmp(at, ",until", 6) == 0);
    if (last && at[1] == 'u')
      at += 5;
    else if (!last)
      *out++ = *at;
  }
  *out = '\0';
  assert_int_equal(strncmp(text, "id,since\nk0000,2023-01-01\n", 26), 0);
  scratch_write("people.csv", text);
  char *without = ranked(project, model, NULL);
  assert_string_equal(with, without);
  free(text);
  free(with);
  free(without);
  churn_model_free(model);
  churn_project_free(project);
}

/* Ids in order of rank and their probabilities, from a model of its own with n in units of 1/scale.
 */
static rows scaled(double scale)
{
  write_flat(scale, true);
  churn_project *project = project_of(flat);
  churn_model *model = trained(project);
  assert_true(model->converged);
  free(ranked(project, model, NULL));
  churn_model_free(model);
  churn_project_free(project);
  return rows_read(scratch_path("ranked.csv"));
}

static void the_unit_of_a_column_changes_no_probability_and_no_rank(void **state)
{
  (void)state;
  rows one = scaled(1);
  size_t id = rows_column(&one, "customer_id"), p = rows_column(&one, "probability");
  const double scales[] = {0x1p12, 0x1p-9, 0x1p40};
  for (int k = 0; k < 3; k++) {
    rows other = scaled(scales[k]);
    assert_int_equal(one.count, PEOPLE + 1);
    assert_int_equal(other.count, one.count);
    for (size_t i = 1; i < one.count; i++) {
      assert_close(rows_number(&other, i, p), rows_number(&one, i, p), 1e-12, 1e-12);
      /* equal rows of one unit differ by rounding only, so neighbours may not be told apart */
      if (i > 1 && fabs(rows_number(&one, i, p) - rows_number(&one, i - 1, p)) > 1e-11 &&
          i + 1 < one.count && fabs(rows_number(&one, i, p) - rows_number(&one, i + 1, p)) > 1e-11)
        assert_string_equal(rows_text(&other, i, id), rows_text(&one, i, id));
    }
    rows_free(&other);
  }
  rows_free(&one);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_made_up_world_survives_the_round_trip),
      cmocka_unit_test(a_flat_export_survives_the_round_trip),
      cmocka_unit_test(scoring_the_training_rows_gives_back_the_number_of_churners),
      cmocka_unit_test(the_column_of_the_outcome_may_be_absent_when_scoring),
      cmocka_unit_test(a_label_file_and_left_may_be_absent_when_scoring),
      cmocka_unit_test(the_unit_of_a_column_changes_no_probability_and_no_rank),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
