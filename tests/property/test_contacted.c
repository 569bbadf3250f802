/* A contact on T or later changes nothing that is said as of T, also where contacts are modelled:
 * the list, and what the model is judged by, have the same bits with the whole log and with the log
 * cut at T, while the fit sees who was contacted.
 *
 * Who leaves is not called in their last 70 days here, so that a look ahead would be plain to see.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 400, WORLDS = 6 };

#define PROJECT(FILE)                                                                              \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: gone}\n"             \
  "histories:\n  calls: {from: calls.csv, id: id, day: on}\n"                                      \
  "  told: {from: " FILE ", id: id, day: on}\n"                                                    \
  "outcome: {horizon: 60d, gap: 5d}\ndata_until: 2024-12-31\n"                                     \
  "snapshots: {first: 2024-02-01, last: 2024-08-01, every: 1 month}\n"                             \
  "features: {n: count(calls over 60d), told: count(told over 90d)}\n"                             \
  "fit: {penalty: ridge, lambda: 0.01}\ncontacts: {history: told, contacted: model}\n"

typedef struct log_row {
  int customer;
  churn_day on;
} log_row;

static log_row told[CUSTOMERS * 8];
static size_t told_count;

static double unit(churn_random *random)
{
  return (double)(churn_random_next(random) >> 11) * 0x1p-53;
}

static void write_world(uint64_t seed)
{
  static char people[CUSTOMERS * 40], calls[CUSTOMERS * 12 * 24];
  churn_random random = churn_random_stream(seed, 1);
  size_t p = (size_t)sprintf(people, "id,joined,gone\n"), c = (size_t)sprintf(calls, "id,on\n");
  churn_day begin = day("2024-01-01");
  told_count = 0;
  for (int i = 0; i < CUSTOMERS; i++) {
    int rows = (int)churn_random_below(&random, 12);
    bool leaves = unit(&random) < 0.6 - 0.04 * rows;
    churn_day left = begin + 40 + (churn_day)churn_random_below(&random, 300);
    char text[CHURN_DAY_TEXT_SIZE] = "";
    if (leaves)
      churn_day_format(left, text);
    p += (size_t)sprintf(people + p, "c%03d,2022-05-01,%s\n", i, text);
    for (int k = 0; k < rows; k++) {
      churn_day_format(begin + (churn_day)churn_random_below(&random, 360), text);
      c += (size_t)sprintf(calls + c, "c%03d,%s\n", i, text);
    }
    for (int k = 0; k < 6; k++) {
      churn_day on = begin + (churn_day)churn_random_below(&random, 360);
      if (!leaves || on < left - 70)
        told[told_count++] = (log_row){i, on};
    }
  }
  scratch_write("customers.csv", people);
  scratch_write("calls.csv", calls);
}

/* The rows of the log before `cut`. Returns how many that leaves out. */
static size_t write_log(const char *name, churn_day cut)
{
  static char text[CUSTOMERS * 8 * 24];
  size_t used = (size_t)sprintf(text, "id,on\n"), out = 0;
  for (size_t i = 0; i < told_count; i++) {
    char on[CHURN_DAY_TEXT_SIZE];
    churn_day_format(told[i].on, on);
    out += told[i].on >= cut;
    if (told[i].on < cut)
      used += (size_t)sprintf(text + used, "c%03d,%s\n", told[i].customer, on);
  }
  scratch_write(name, text);
  return out;
}

static churn_model *train(const char *text)
{
  const churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = project_of(text);
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  churn_project_free(project);
  return model;
}

static char *list_as_of(const char *text, const churn_model *model, churn_day as_of)
{
  const churn_score_settings settings = {.as_of = as_of};
  churn_project *project = project_of(text);
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, NULL, &error), &error);
  assert_ok(churn_ranking_write(ranking, scratch_path("list.csv"), &error), &error);
  churn_ranking_free(ranking);
  churn_project_free(project);
  return file_read(scratch_path("list.csv"), NULL);
}

static churn_evaluation judge(const char *text, const churn_model *model, churn_day as_of)
{
  const churn_evaluate_settings settings = {as_of, as_of, CHURN_DAY_MISSING, NULL, 0};
  churn_project *project = project_of(text);
  churn_evaluation evaluation;
  churn_error error = {0};
  assert_ok(churn_evaluate(project, model, &settings, NULL, &evaluation, &error), &error);
  churn_project_free(project);
  return evaluation;
}

static void a_later_contact_changes_nothing_that_is_said_as_of_a_day(void **state)
{
  (void)state;
  for (uint64_t w = 0; w < WORLDS; w++) {
    churn_day as_of = day("2024-04-01") + (churn_day)(w * 31);
    write_world(100 + w);
    write_log("told.csv", CHURN_DAY_LAST);
    assert_true(write_log("cut.csv", as_of) > 200);
    churn_model *model = train(PROJECT("told.csv"));
    assert_true(model->contacted_rows > 300);
    assert_true(model->features[2].number_column >= 0 &&
                model->columns[model->features[2].number_column].estimate < -0.5);
    char *whole = list_as_of(PROJECT("told.csv"), model, as_of);
    char *cut = list_as_of(PROJECT("cut.csv"), model, as_of);
    assert_string_equal(whole, cut);
    churn_evaluation a = judge(PROJECT("told.csv"), model, as_of);
    churn_evaluation b = judge(PROJECT("cut.csv"), model, as_of);
    assert_true(a.figures.auc == b.figures.auc && a.figures.log_loss == b.figures.log_loss);
    assert_int_equal(a.figures.rows, b.figures.rows);
    free(whole);
    free(cut);
    churn_model_free(model);
  }
}

/* The feature that reads the log does see what came before. */
static void an_earlier_contact_is_seen(void **state)
{
  (void)state;
  write_world(7);
  write_log("told.csv", CHURN_DAY_LAST);
  churn_day as_of = day("2024-07-01");
  assert_true(write_log("cut.csv", as_of - 60) > 0);
  churn_model *model = train(PROJECT("told.csv"));
  char *whole = list_as_of(PROJECT("told.csv"), model, as_of);
  char *cut = list_as_of(PROJECT("cut.csv"), model, as_of);
  assert_string_not_equal(whole, cut);
  free(whole);
  free(cut);
  churn_model_free(model);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_later_contact_changes_nothing_that_is_said_as_of_a_day),
      cmocka_unit_test(an_earlier_contact_is_seen),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
