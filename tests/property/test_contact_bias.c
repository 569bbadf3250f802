/* Contacts that do nothing change nothing: calls of customers drawn by lot, for as long as they are
 * customers, leave what is learned where it was, whatever becomes of the rows of who was called.
 *
 * Who leaves early in a label window has less time to be called in it. A window of contacts that
 * reached into it would drop more stayers than leavers, and make a call look as if it helped
 * (immortal time bias: Suissa 2008, Am J Epidemiol 167:492); in these worlds by more than ten of
 * the standard errors that the limits below are made of.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/random.h"
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>

enum { CUSTOMERS = 2500, DAYS = 400, WORLDS = 3 };

#define PROJECT(RULE)                                                                              \
  "version: 1\ncustomers: {from: customers.csv, id: id, joined: joined, left: gone}\n"             \
  "histories:\n  visits: {from: visits.csv, id: id, day: on}\n"                                    \
  "  told: {from: told.csv, id: id, day: on}\n"                                                    \
  "outcome: {horizon: 60d, gap: 5d}\ndata_until: 2025-01-31\n"                                     \
  "snapshots: {first: 2024-03-01, last: 2024-11-01, every: 2 months}\n"                            \
  "features: {n: count(visits over 60d)}\nfit: {penalty: none}\n"                                  \
  "contacts: {history: told, contacted: " RULE "}\n"

static double unit(churn_random *random)
{
  return (double)(churn_random_next(random) >> 11) * 0x1p-53;
}

/* Days of a history of one a `mean_days`, from the first day of the year to the leaving day. */
static size_t add_days(churn_random *random, char *to, int customer, churn_day begin, churn_day end,
                       double mean_days)
{
  size_t used = 0;
  double at = begin;
  while ((at += -mean_days * log(1 - unit(random))) < end) {
    char on[CHURN_DAY_TEXT_SIZE];
    churn_day_format((churn_day)at, on);
    used += (size_t)sprintf(to + used, "c%04d,%s\n", customer, on);
  }
  return used;
}

static void write_world(uint64_t seed)
{
  static char people[CUSTOMERS * 40], visits[CUSTOMERS * 60 * 24], told[CUSTOMERS * 30 * 24];
  churn_random random = churn_random_stream(seed, 2);
  churn_day begin = day("2024-01-01");
  size_t p = (size_t)sprintf(people, "id,joined,gone\n");
  size_t v = (size_t)sprintf(visits, "id,on\n"), t = (size_t)sprintf(told, "id,on\n");
  for (int i = 0; i < CUSTOMERS; i++) {
    double every = 20 + 40 * unit(&random); /* who visits seldom leaves sooner */
    churn_day left = begin + 40 + (churn_day)(-40000 / every * log(1 - unit(&random)));
    char text[CHURN_DAY_TEXT_SIZE] = "";
    if (left < begin + DAYS)
      churn_day_format(left, text);
    p += (size_t)sprintf(people + p, "c%04d,2022-05-01,%s\n", i, text);
    churn_day end = left < begin + DAYS ? left : begin + DAYS;
    v += add_days(&random, visits + v, i, begin, end, every);
    t += add_days(&random, told + t, i, begin, end, 120);
  }
  scratch_write("customers.csv", people);
  scratch_write("visits.csv", visits);
  scratch_write("told.csv", told);
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

static void calls_by_lot_without_effect_change_nothing(void **state)
{
  (void)state;
  double drift = 0, effect = 0;
  for (uint64_t w = 0; w < WORLDS; w++) {
    write_world(40 + w);
    churn_model *keep = train(PROJECT("keep")), *drop = train(PROJECT("drop"));
    churn_model *model = train(PROJECT("model"));
    const churn_model_column *called = &model->columns[model->features[1].number_column];
    double moved = drop->intercept.estimate - keep->intercept.estimate;
    assert_true((double)drop->rows < 0.75 * (double)keep->rows && model->rows == keep->rows);
    assert_true(fabs(moved) < 2.5 * drop->intercept.std_error);
    assert_true(fabs(model->intercept.estimate - keep->intercept.estimate) <
                2.5 * model->intercept.std_error);
    assert_true(fabs(called->estimate) < 2.5 * called->std_error);
    drift += moved / drop->intercept.std_error;
    effect += called->estimate / called->std_error;
    churn_model_free(keep);
    churn_model_free(drop);
    churn_model_free(model);
  }
  /* the mean of three: 95 % of it lies within 1.96 / sqrt(3) */
  assert_true(fabs(drift / WORLDS) < 1.14 && fabs(effect / WORLDS) < 1.14);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_by_lot_without_effect_change_nothing),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
