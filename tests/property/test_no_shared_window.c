/* Training and evaluation never share a label window unless the evaluation says so: random
 * projects, random days of the test.
 *
 * A snapshot T looks at [T + gap, T + gap + horizon); two of them share a window when their days
 * differ by less than the horizon.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/pipeline.h"
#include "design/split.h"
#include "made_up.h"
#include "opened.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 160, FIRST = 19000, DAYS = 720, ROUNDS = 24 };

static int between(uint64_t *seed, int low, int high)
{
  return low + (int)(uniform(seed) * (high - low + 1));
}

/* Customers who come and go (about one in ten a month), and calls that tell of it a little. */
static void write_world(uint64_t *seed)
{
  char *people = malloc(PEOPLE * 60), *calls = malloc(PEOPLE * 12 * 40);
  size_t p = (size_t)sprintf(people, "id,joined,left\n"), c = (size_t)sprintf(calls, "id,on\n");
  for (int i = 0; i < PEOPLE; i++) {
    char joined[CHURN_DAY_TEXT_SIZE], left[CHURN_DAY_TEXT_SIZE] = "";
    int begin = between(seed, 0, DAYS / 2), end = begin + between(seed, 20, 700);
    churn_day_format(FIRST + begin, joined);
    if (end < DAYS)
      churn_day_format(FIRST + end, left);
    p += (size_t)sprintf(people + p, "c%03d,%s,%s\n", i, joined, left);
    for (int k = between(seed, 0, 9); k > 0; k--) {
      churn_day_format(FIRST + between(seed, begin, end < DAYS ? end : DAYS - 1), joined);
      c += (size_t)sprintf(calls + c, "c%03d,%s\n", i, joined);
    }
  }
  scratch_write("people.csv", people);
  scratch_write("calls.csv", calls);
  free(people);
  free(calls);
}

typedef struct drawn {
  int gap, horizon;
  churn_day train_from, judge_from; /* test_from of training and of the evaluation */
  churn_project *project;
} drawn;

static drawn draw(uint64_t *seed)
{
  char text[1024], first[CHURN_DAY_TEXT_SIZE], until[CHURN_DAY_TEXT_SIZE];
  drawn d = {.gap = between(seed, 0, 3) * 7, .horizon = between(seed, 10, 60)};
  static const char *const kinds[] = {"", "silent: calls, ", "event: calls, "};
  int kind = between(seed, 0, 2);
  char outcome[64];
  if (kind == 1) { /* silence has no gap */
    d.gap = 0;
    snprintf(outcome, sizeof outcome, "{%shorizon: %dd}", kinds[kind], d.horizon);
  } else {
    snprintf(outcome, sizeof outcome, "{%shorizon: %dd, gap: %dd}", kinds[kind], d.horizon, d.gap);
  }
  churn_day_format(FIRST + between(seed, 100, 200), first);
  churn_day_format(FIRST + DAYS - 1, until);
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: people.csv, id: id, joined: joined, left: left}\n"
           "histories:\n  calls: {from: calls.csv, id: id, day: on}\noutcome: %s\n"
           "data_until: %s\nfit: {penalty: ridge, lambda: 0.1}\n"
           "snapshots: {first: %s, every: %d days}\n"
           "features: {tenure: as_of - joined, calls_90d: count(calls over 90d)}\n",
           outcome, until, first, between(seed, 5, 45));
  d.project = project_of(text);
  d.train_from = FIRST + between(seed, 250, 600);
  d.judge_from = between(seed, 0, 1) == 0 ? d.train_from : d.train_from + between(seed, -150, 60);
  return d;
}

/* As-of days of one part, each once; returns how many. */
static size_t days_of(const churn_pipeline *p, churn_day test_from, churn_split_part part,
                      churn_day *days)
{
  churn_snapshots *all = NULL, *rows = NULL;
  churn_error error = {0};
  churn_split split = churn_split_of(p->project, test_from);
  size_t count = 0;
  assert_ok(churn_pipeline_snapshots(p, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                     CHURN_SNAPSHOTS_LABELLED, &(churn_run){.threads = 1}, &all,
                                     &error),
            &error);
  assert_ok(churn_split_take(&split, p->data, all, part, &rows, &error), &error);
  for (size_t i = 0; i < rows->count; i++) {
    size_t k = 0;
    while (k < count && days[k] != rows->rows[i].as_of)
      k++;
    if (k == count)
      days[count++] = rows->rows[i].as_of;
  }
  churn_snapshots_free(all);
  churn_snapshots_free(rows);
  return count;
}

/* Do any two of the days look at one window, or is a row of the evaluation before the end of a
 * training window (then what was learned was not known yet)? */
static bool shares(const drawn *d, const churn_day *train, size_t train_count,
                   const churn_day *judge, size_t judge_count)
{
  bool any = false;
  for (size_t i = 0; i < train_count; i++)
    for (size_t k = 0; k < judge_count; k++)
      any =
          any || abs(train[i] - judge[k]) < d->horizon || judge[k] < train[i] + d->gap + d->horizon;
  return any;
}

typedef struct tally {
  int clean, shared, same_day;
} tally;

static void check(const drawn *d, tally *seen)
{
  churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = d->train_from};
  churn_evaluate_settings judging = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, d->judge_from, NULL, 0};
  churn_pipeline_settings opening = {.with_labels = true};
  churn_model *model = NULL;
  churn_pipeline *p = NULL;
  churn_evaluation evaluation;
  churn_run run = {.threads = 1};
  churn_error error = {0};
  churn_day train[DAYS], judge[DAYS];
  if (churn_train(d->project, &training, &run, &model, &error) != CHURN_OK)
    return; /* one outcome only */
  assert_ok(churn_pipeline_open(d->project, &opening, &run, &p, &error), &error);
  size_t trained = days_of(p, d->train_from, CHURN_PART_TRAIN, train);
  size_t judged = days_of(p, d->judge_from, CHURN_PART_TEST, judge);
  assert_int_equal(trained, model->snapshot_count);
  bool shared = shares(d, train, trained, judge, judged);
  if (churn_evaluate(d->project, model, &judging, &run, &evaluation, &error) == CHURN_OK) {
    assert_int_equal(evaluation.in_sample, shared);
    assert_int_equal(evaluation.in_sample, evaluation.in_sample_reason[0] != '\0');
    assert_int_equal(evaluation.snapshot_count, judged);
    seen->clean += !shared;
    seen->shared += shared;
    if (d->judge_from == d->train_from) {
      assert_false(shared);
      seen->same_day++;
    }
  }
  churn_pipeline_close(p);
  churn_model_free(model);
}

static void windows_are_shared_only_where_the_evaluation_says_so(void **state)
{
  (void)state;
  uint64_t seed = 20;
  tally counts = {0};
  for (int round = 0; round < ROUNDS; round++) {
    write_world(&seed);
    drawn d = draw(&seed);
    check(&d, &counts);
    churn_project_free(d.project);
  }
  assert_true(counts.clean >= 5);
  assert_true(counts.shared >= 5);
  assert_true(counts.same_day >= 5);
}

/* With a split by customers no customer is on both sides; a model trained without it says so. */
static void customers_are_shared_only_where_the_evaluation_says_so(void **state)
{
  (void)state;
  uint64_t seed = 9;
  write_world(&seed);
#define HEAD                                                                                       \
  "version: 1\ncustomers: {from: people.csv, id: id, joined: joined, left: left}\n"                \
  "outcome: {horizon: 60d}\ndata_until: 2023-12-21\nfit: {penalty: ridge, lambda: 0.1}\n"          \
  "snapshots: {first: 2022-08-01, every: 60 days}\nfeatures: {tenure: as_of - joined}\n"
  churn_project *held = project_of(HEAD "split: {test: 0.4}\n");
  churn_project *whole = project_of(HEAD);
  churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_evaluate_settings judging = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                     0};
  churn_model *models[2];
  churn_evaluation evaluation;
  churn_error error = {0};
  assert_ok(churn_train(held, &training, NULL, &models[0], &error), &error);
  assert_ok(churn_train(whole, &training, NULL, &models[1], &error), &error);
  assert_string_equal(models[0]->validation_kind, "held_out_customers");
  assert_string_equal(models[1]->validation_kind, "none");
  assert_ok(churn_evaluate(held, models[0], &judging, NULL, &evaluation, &error), &error);
  assert_false(evaluation.in_sample);
  assert_int_equal(evaluation.figures.rows + models[0]->rows, models[1]->rows);
  assert_int_equal(evaluation.figures.rows, models[0]->validation.rows);
  assert_true(evaluation.figures.auc == models[0]->validation.auc);
  assert_ok(churn_evaluate(held, models[1], &judging, NULL, &evaluation, &error), &error);
  assert_true(evaluation.in_sample);
  assert_ok(churn_evaluate(whole, models[1], &judging, NULL, &evaluation, &error), &error);
  assert_true(evaluation.in_sample);
  assert_true(evaluation.figures.auc == models[1]->training.auc);
  churn_model_free(models[0]);
  churn_model_free(models[1]);
  churn_project_free(held);
  churn_project_free(whole);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_are_shared_only_where_the_evaluation_says_so),
      cmocka_unit_test(customers_are_shared_only_where_the_evaluation_says_so),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
