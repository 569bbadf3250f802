/* The scorer: logits, contributions and reasons by hand.
 *
 * A model made by hand over the numbers a, b and the category t of a flat world:
 *   logit = -1.3 + 0.7 a - 0.25 b + 0.9 [b missing] + 1.1 [t = y] - 0.4 [t other]
 * with training means a 2, b 5, b missing 0.125, t=y 0.25, t other 0.0625.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"
#include "score/recalibration.h"
#include "score/scorer.h"
#include "support.h"
#include "world.h"

#include <churn/score.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double means[] = {2, 5, 0.125, 0.25, 0.0625};
static const double estimates[] = {0.7, -0.25, 0.9, 1.1, -0.4};

static churn_model *model_new(void)
{
  static const char *const names[] = {"a", "b", "b?missing", "t=y", "t?other"};
  static const uint32_t features[] = {0, 1, 1, 2, 2};
  static const char *const feature_names[] = {"a", "b", "t"};
  churn_model *m = churn_model_new();
  m->feature_count = 3;
  m->features = calloc(3, sizeof *m->features);
  for (size_t f = 0; f < 3; f++)
    m->features[f] =
        (churn_model_feature){.name = strdup(feature_names[f]),
                              .missing_rule = strdup("mean"),
                              .expression = strdup("x"),
                              .kind = f == 2 ? CHURN_FEATURE_CATEGORY : CHURN_FEATURE_NUMBER,
                              .number_column = f == 2 ? -1 : (int32_t)f,
                              .missing_column = f == 1 ? 2 : -1,
                              .other_column = f == 2 ? 4 : -1,
                              .fill = 5};
  m->features[1].missing_rows = 100;
  m->features[2].levels = calloc(2, sizeof *m->features[2].levels);
  m->features[2].level_count = 2;
  m->features[2].levels[0] = (churn_model_level){strdup("x"), -1, 600, 10};
  m->features[2].levels[1] = (churn_model_level){strdup("y"), 3, 200, 10};
  m->column_count = 5;
  m->columns = calloc(5, sizeof *m->columns);
  for (size_t c = 0; c < 5; c++)
    m->columns[c] = (churn_model_column){.name = strdup(names[c]),
                                         .feature = features[c],
                                         .mean = means[c],
                                         .deviation = 1,
                                         .estimate = estimates[c]};
  m->intercept.estimate = -1.3;
  return m;
}

/* Rows "id a b t"; scored whole. */
typedef struct scored {
  world *w;
  churn_plan *plan;
  churn_model *model;
  churn_snapshots snapshots;
  double probabilities[8], logits[8], values[8], reason_values[24], contributions[24];
  uint32_t reasons[24];
  uint64_t unseen;
} scored;

static void score(scored *s, const char *rows, size_t count)
{
  static const char *const texts[] = {"customers.a", "customers.b", "customers.t"};
  char text[1024];
  snprintf(text, sizeof text, "source customers a:number b:number t:category\n%s", rows);
  *s = (scored){.w = world_read(text), .model = model_new()};
  s->plan = plan_of(s->w, texts, 3, "customers.a * 100");
  s->snapshots.rows = calloc(count, sizeof *s->snapshots.rows);
  s->snapshots.count = count;
  for (size_t i = 0; i < count; i++)
    s->snapshots.rows[i] =
        (churn_snapshot){(uint32_t)i, (uint32_t)i, CHURN_DAY_MISSING, -1, false, 1, 0};
  churn_scorer *scorer = NULL;
  churn_error error = {0};
  churn_scores scores = {.probabilities = s->probabilities,
                         .logits = s->logits,
                         .values = s->values,
                         .reasons = s->reasons,
                         .reason_values = s->reason_values,
                         .contributions = s->contributions};
  assert_ok(churn_scorer_new(s->model, s->plan, &scorer, &error), &error);
  assert_ok(churn_scorer_run(scorer, &s->snapshots, NULL, &scores, &s->unseen, &error), &error);
  churn_scorer_free(scorer);
}

static void done(scored *s)
{
  churn_plan_free(s->plan);
  churn_model_free(s->model);
  free(s->snapshots.rows);
  world_free(s->w);
}

static void logits_are_the_sum_over_columns(void **state)
{
  (void)state;
  scored s;
  score(&s,
        "row customers a - - 3 1 y\nrow customers b - - 0.5 - x\nrow customers c - - 2 5 zz\n"
        "row customers d - - - 5 -\n",
        4);
  /* -1.3 + 2.1 - 0.25 + 1.1; -1.3 + 0.35 - 1.25 + 0.9; -1.3 + 1.4 - 1.25 - 0.4 (unseen zz);
   * a missing: 5; t missing, never seen in training: other */
  const double logits[] = {1.65, -1.3, -1.55, -1.3 + 3.5 - 1.25 - 0.4};
  for (size_t i = 0; i < 4; i++) {
    assert_close(s.logits[i], logits[i], 1e-12, 0);
    assert_close(s.probabilities[i], 1 / (1 + exp(-logits[i])), 1e-12, 0);
  }
  assert_int_equal(s.unseen, 2);
  const double values[] = {300, 50, 200, NAN};
  for (size_t i = 0; i < 4; i++)
    assert_close(s.values[i], values[i], 1e-15, 0);
  done(&s);
}

static void reasons_are_the_three_largest_positive_contributions(void **state)
{
  (void)state;
  scored s;
  score(&s, "row customers a - - 3 1 y\nrow customers b - - 0.5 - x\nrow customers c - - 1 9 x\n",
        3);
  /* contributions (x - mean) * estimate, summed by feature:
   *   a: a 0.7; b -4 * -0.25 - 0.125 * 0.9 = 0.8875; t 0.75 * 1.1 + 0.0625 * 0.4 = 0.85
   *   b: a -1.05; b (filled 5) 0.875 * 0.9 = 0.7875; t -0.25 * 1.1 + 0.025 = -0.25
   *   c: a -0.7; b -1 - 0.1125; t -0.25 */
  const uint32_t reasons[] = {1,          2,          0,          1,         UINT32_MAX,
                              UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
  const double contributions[] = {0.8875, 0.85, 0.7, 0.7875, 0, 0, 0, 0, 0};
  for (size_t i = 0; i < 9; i++) {
    assert_int_equal(s.reasons[i], reasons[i]);
    assert_close(s.contributions[i], contributions[i], 1e-12, 0);
  }
  assert_true(s.reason_values[0] == 1);
  assert_true(s.reason_values[2] == 3);
  assert_true(isnan(s.reason_values[3])); /* b is missing: the raw value, not the fill */
  assert_true(isnan(s.reason_values[4]));
  assert_string_equal(churn_plan_text(s.plan, s.reason_values[1]), "y");
  done(&s);
}

static void equal_contributions_come_in_the_order_of_features(void **state)
{
  (void)state;
  scored s;
  /* both 0.75: a = 2 + 0.75 / 0.75, b = 5 - 0.75 / 0.25 with the flag's share taken away */
  churn_model *m = model_new();
  m->columns[0].estimate = 0.75;
  m->columns[2].estimate = 0;
  m->columns[3].estimate = 0.75 / 0.75;
  m->columns[4].estimate = 0;
  const double x[] = {3, 2, 0, 1, 0};
  double contributions[3];
  churn_scorer_explain(m, x, contributions);
  assert_true(contributions[0] == 0.75 && contributions[1] == 0.75 && contributions[2] == 0.75);
  score(&s, "row customers a - - 3 2 y\n", 1);
  churn_model_free(s.model);
  s.model = m;
  churn_scorer *scorer = NULL;
  churn_error error = {0};
  churn_scores scores = {.probabilities = s.probabilities,
                         .logits = s.logits,
                         .values = s.values,
                         .reasons = s.reasons,
                         .reason_values = s.reason_values,
                         .contributions = s.contributions};
  assert_ok(churn_scorer_new(m, s.plan, &scorer, &error), &error);
  assert_ok(churn_scorer_run(scorer, &s.snapshots, NULL, &scores, NULL, &error), &error);
  for (uint32_t k = 0; k < 3; k++)
    assert_int_equal(s.reasons[k], k);
  churn_scorer_free(scorer);
  done(&s);
}

static void contributions_add_up_to_the_distance_from_the_average_row(void **state)
{
  (void)state;
  churn_model *m = model_new();
  const double rows[][5] = {{3, 1, 0, 1, 0}, {0.5, 5, 1, 0, 0}, {-17.25, 1e6, 0, 0, 1}};
  double average = -1.3;
  for (size_t c = 0; c < 5; c++)
    average += means[c] * estimates[c];
  for (size_t i = 0; i < 3; i++) {
    double contributions[3];
    double logit = churn_scorer_explain(m, rows[i], contributions);
    double sum = contributions[0] + contributions[1] + contributions[2];
    assert_close(sum, logit - average, 1e-12, 1e-12);
  }
  churn_model_free(m);
}

static void probabilities_are_stable_for_extreme_logits(void **state)
{
  (void)state;
  /* exp(-40) = 4.248354255291589e-18, exp(-700) = 9.859676543759770e-305 (bc -l) */
  assert_close(churn_probability(-40), 4.248354255291589e-18, 1e-15, 0);
  assert_close(churn_probability(-700), 9.859676543759770e-305, 1e-14, 0);
  assert_true(churn_probability(-800) >= 0 && churn_probability(-800) < 1e-300);
  assert_true(churn_probability(-1e308) == 0);
  assert_true(churn_probability(0) == 0.5);
  assert_true(churn_probability(40) <= 1 && churn_probability(40) > 0.999999);
  assert_true(churn_probability(1e308) == 1);
  assert_close(churn_probability(2.385), 1 - churn_probability(-2.385), 1e-15, 0);
}

/* Header: an array that is not wanted is NULL. */
static void arrays_that_are_not_wanted_may_be_null(void **state)
{
  (void)state;
  scored s;
  score(&s, "row customers a - - 3 1 y\n", 1);
  churn_scorer *scorer = NULL;
  churn_error error = {0};
  double logit = 0, probability = 0;
  churn_scores wanted[] = {{.logits = &logit}, {.probabilities = &probability}, {0}};
  assert_ok(churn_scorer_new(s.model, s.plan, &scorer, &error), &error);
  for (int i = 0; i < 3; i++)
    assert_ok(churn_scorer_run(scorer, &s.snapshots, NULL, &wanted[i], NULL, &error), &error);
  assert_true(logit == s.logits[0] && probability == s.probabilities[0]);
  churn_scorer_free(scorer);
  done(&s);
}

static void a_feature_of_another_type_than_in_training_is_refused(void **state)
{
  (void)state;
  static const char *const texts[] = {"customers.a", "customers.t", "customers.t"};
  world *w = world_read("source customers a:number t:category\nrow customers a - - 3 y\n");
  churn_plan *plan = plan_of(w, texts, 3, NULL);
  churn_model *m = model_new();
  churn_scorer *scorer = NULL;
  churn_error error = {0};
  assert_int_equal(churn_scorer_new(m, plan, &scorer, &error), CHURN_BAD_PROJECT);
  assert_non_null(strstr(error.message, "feature b is a number in the model and a category"));
  assert_null(scorer);
  churn_model_free(m);
  churn_plan_free(plan);
  world_free(w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logits_are_the_sum_over_columns),
      cmocka_unit_test(reasons_are_the_three_largest_positive_contributions),
      cmocka_unit_test(equal_contributions_come_in_the_order_of_features),
      cmocka_unit_test(contributions_add_up_to_the_distance_from_the_average_row),
      cmocka_unit_test(probabilities_are_stable_for_extreme_logits),
      cmocka_unit_test(arrays_that_are_not_wanted_may_be_null),
      cmocka_unit_test(a_feature_of_another_type_than_in_training_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
