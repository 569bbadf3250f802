/* Exports that hold only some of the customers: probabilities must be the population's.
 *
 * A population with a known logistic truth; one in ten of those who stayed is kept, by a hash of
 * the id. Trained on what is left, `sampled` or weighted by 1 / chance, and judged on everybody.
 * And customers with dated histories, kept by a chance that depends on who they are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"
#include "opened.h"

#include "base/hash.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CUSTOMERS = 200000, LINE = 64 };

static const char *const plans[] = {"basic", "plus", "pro"};

/* id, age, plan, usage (some missing), gone and w, 1 / chance to be kept: all of them, and the
 * thinned export. About 3 % churn. */
static void write_population(void)
{
  static const double of_plan[] = {0.5, 0, -0.6};
  char *all = malloc((size_t)CUSTOMERS * LINE + 100),
       *thin = malloc((size_t)CUSTOMERS * LINE + 100);
  size_t used = (size_t)sprintf(all, "id,age,plan,usage,w,gone\n");
  size_t kept = (size_t)sprintf(thin, "id,age,plan,usage,w,gone\n");
  uint64_t stream = 2024;
  for (int i = 0; i < CUSTOMERS; i++) {
    char id[16], usage[16] = "";
    double age = 40 + 30 * (uniform(&stream) - 0.5), use = -log(1 - uniform(&stream));
    int plan = (int)(3 * uniform(&stream));
    double eta = -3.1 - 0.03 * (age - 40) + of_plan[plan] - 0.5 * use;
    bool gone = uniform(&stream) < 1 / (1 + exp(-eta));
    sprintf(id, "c%06d", i);
    if (uniform(&stream) > 0.05)
      sprintf(usage, "%.4f", use);
    size_t length = (size_t)sprintf(all + used, "%s,%.2f,%s,%s,%d,%d\n", id, age, plans[plan],
                                    usage, gone ? 1 : 10, gone);
    if (gone || churn_hash_unit(id, strlen(id), 99) < 0.1) {
      memcpy(thin + kept, all + used, length + 1);
      kept += length;
    }
    used += length;
  }
  scratch_write("all.csv", all);
  scratch_write("thin.csv", thin);
  free(all);
  free(thin);
}

#define FEATURES                                                                                   \
  "features: {age: customers.age, plan: {is: customers.plan, reference: plus}, usage: "            \
  "customers.usage}\n"

static churn_project *project_on(const char *file, const char *customers, const char *fit)
{
  char text[512];
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: %s, id: id%s}\noutcome: {column: gone, positive: \"1\"}\n"
           "fit: {%s}\n" FEATURES,
           file, customers, fit);
  return project_of(text);
}

static churn_model *train_on(const char *file, const char *customers, const char *fit)
{
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = project_on(file, customers, fit);
  churn_model *model = NULL;
  churn_run run = {.threads = 2};
  churn_error error;
  assert_ok(churn_train(project, &settings, &run, &model, &error), &error);
  churn_project_free(project);
  return model;
}

static churn_evaluation judge(const churn_model *model, const char *file, const char *customers,
                              const char *fit)
{
  churn_evaluate_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                      0};
  churn_project *project = project_on(file, customers, fit);
  churn_evaluation e;
  churn_run run = {.threads = 2};
  churn_error error;
  assert_ok(churn_evaluate(project, model, &settings, &run, &e, &error), &error);
  churn_project_free(project);
  return e;
}

/* Slope within 0.05 of 1, mean within 2 %. */
static void check_calibrated(const churn_evaluation *e)
{
  assert_close(e->figures.calibration_slope, 1, 0, 0.05);
  assert_close(e->mean_probability, e->observed_rate, 0.02, 0);
}

/* Figures of the thinned rows, weighted, are estimates of the population's. */
static void check_estimates(const churn_evaluation *thin, const churn_evaluation *all)
{
  assert_true(thin->figures.rows < all->figures.rows / 5);
  assert_close(thin->population, all->population, 0.02, 0);
  assert_close(thin->population_churners, all->population_churners, 0, 1e-6);
  assert_close(thin->observed_rate, all->observed_rate, 0.02, 0);
  assert_close(thin->figures.auc, all->figures.auc, 0, 0.01);
  assert_close(thin->figures.log_loss, all->figures.log_loss, 0.02, 0);
  assert_close(thin->figures.brier, all->figures.brier, 0.02, 0);
  assert_close(thin->deciles[0].lift, all->deciles[0].lift, 0.05, 0);
  assert_close(thin->deciles[0].mean_probability, all->deciles[0].mean_probability, 0.03, 0);
}

/* Both estimates of the same: means, deviations and effects are the population's. */
static void check_population_means(const churn_model *model, const churn_model *full)
{
  assert_int_equal(model->column_count, full->column_count);
  for (size_t c = 0; c < full->column_count; c++) {
    const churn_model_column *a = &model->columns[c], *b = &full->columns[c];
    double error = b->deviation / sqrt((double)model->rows);
    assert_string_equal(a->name, b->name);
    assert_close(a->mean, b->mean, 0, 5 * error);
    assert_close(a->deviation, b->deviation, 0.05, 0);
    assert_close(a->estimate, b->estimate, 0, 3 * a->std_error);
    assert_close(a->sd_effect, b->sd_effect, 0.02, 3 * fabs(b->sd_effect / b->z));
  }
  for (size_t f = 0; f < full->feature_count; f++)
    assert_close(model->features[f].fill, full->features[f].fill, 0.03, 0);
}

static void an_export_thinned_by_outcome_gives_the_populations_probabilities(void **state)
{
  (void)state;
  static const char *const ways[][2] = {{"", "sampled: {churners: 1.0, others: 0.1}"},
                                        {", weight: w", ""}};
  write_population();
  churn_model *full = train_on("all.csv", "", "");
  for (int i = 0; i < 2; i++) {
    churn_model *model = train_on("thin.csv", ways[i][0], ways[i][1]);
    churn_evaluation all = judge(model, "all.csv", "", "");
    churn_evaluation thin = judge(model, "thin.csv", ways[i][0], ways[i][1]);
    assert_string_equal(model->weighting, i == 0 ? "sampled" : "inclusion");
    assert_string_equal(model->covariance_kind, i == 0 ? "model" : "robust");
    assert_true(isnan(model->aic) == (i == 1));
    check_calibrated(&all);
    check_calibrated(&thin);
    check_estimates(&thin, &all);
    check_population_means(model, full);
    churn_model_free(model);
  }
  churn_model_free(full);
}

/* What the keys are for: without them the mean is far off, and the intercept ln 10 too high; all
 * other coefficients are the same bits or nearly so. */
static void without_the_rates_the_sample_is_taken_for_the_population(void **state)
{
  (void)state;
  write_population();
  churn_model *naive = train_on("thin.csv", "", "");
  churn_model *sampled = train_on("thin.csv", "", "sampled: {churners: 1.0, others: 0.1}");
  churn_evaluation e = judge(naive, "all.csv", "", "");
  assert_true(e.mean_probability > 4 * e.observed_rate);
  assert_close(naive->log_likelihood, sampled->log_likelihood, 1e-4, 0);
  for (size_t c = 0; c < naive->column_count; c++)
    if (strncmp(naive->columns[c].name, "plan", 4) == 0)
      assert_close(naive->columns[c].estimate, sampled->columns[c].estimate, 1e-9, 0);
  churn_model_free(naive);
  churn_model_free(sampled);
}

/* id, joined, left, x, w: leaves some month with a chance that x decides; kept by a chance that x
 * decides too, so that the file holds more of one kind of customer. */
static void write_histories(void)
{
  enum { PEOPLE = 30000, MONTHS = 18 };
  char *all = malloc((size_t)PEOPLE * LINE + 100), *thin = malloc((size_t)PEOPLE * LINE + 100);
  size_t used = (size_t)sprintf(all, "id,joined,left,x,w\n");
  size_t kept = (size_t)sprintf(thin, "id,joined,left,x,w\n");
  uint64_t stream = 77;
  for (int i = 0; i < PEOPLE; i++) {
    char id[16], left[16] = "";
    double x = 4 * uniform(&stream) - 2, chance = x > 0 ? 0.1 : 0.5;
    churn_day at = day("2023-03-01");
    for (int month = 0; month < MONTHS && left[0] == '\0'; month++, at += 30)
      if (uniform(&stream) < 1 / (1 + exp(4.4 - 0.7 * x)))
        churn_day_format(at + (churn_day)(30 * uniform(&stream)), left);
    sprintf(id, "p%05d", i);
    size_t length =
        (size_t)sprintf(all + used, "%s,2023-01-15,%s,%.4f,%g\n", id, left, x, 1 / chance);
    if (churn_hash_unit(id, strlen(id), 5) < chance) {
      memcpy(thin + kept, all + used, length + 1);
      kept += length;
    }
    used += length;
  }
  scratch_write("all.csv", all);
  scratch_write("thin.csv", thin);
  free(all);
  free(thin);
}

static churn_project *dated_project(const char *file, const char *weight, const char *feature)
{
  char text[512];
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: %s, id: id, joined: joined, left: left%s}\n"
           "data_until: 2024-08-31\noutcome: {horizon: 60d}\n"
           "snapshots: {first: 2023-06-01, last: 2024-06-01, every: 3 months}\n"
           "features: {f: \"%s\"}\n",
           file, weight, feature);
  return project_of(text);
}

/* The feature is blind to x but for its size, so the truth is no logistic curve in it, and what the
 * fit is closest to depends on how many there are of each kind: only weights can mend that. */
static void customers_drawn_with_known_chances_are_weighted_back(void **state)
{
  (void)state;
  static const char *const weights[] = {"", ", weight: w", ""};
  static const char *const files[] = {"all.csv", "thin.csv", "thin.csv"};
  static const char feature[] = "abs(customers.x)";
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_evaluate_settings judging = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                     0};
  churn_model *models[3] = {NULL};
  churn_evaluation judged[3];
  churn_error error;
  write_histories();
  for (int i = 0; i < 3; i++) {
    churn_project *project = dated_project(files[i], weights[i], feature);
    assert_ok(churn_train(project, &settings, NULL, &models[i], &error), &error);
    assert_string_equal(models[i]->covariance_kind, "clustered");
    churn_project_free(project);
    project = dated_project("all.csv", "", feature);
    assert_ok(churn_evaluate(project, models[i], &judging, NULL, &judged[i], &error), &error);
    churn_project_free(project);
  }
  const churn_model_column *full = models[0]->columns, *drawn = models[1]->columns;
  assert_close(drawn->estimate, full->estimate, 0, 3 * drawn->std_error);
  assert_close(drawn->mean, full->mean, 0.02, 0);
  assert_close(judged[1].mean_probability, judged[1].observed_rate, 0.05, 0);
  assert_close(models[1]->population, (double)models[0]->rows, 0.02, 0);
  /* fewer customers, and of unequal weight: less is known */
  assert_true(drawn->std_error > 1.5 * full->std_error);
  /* unweighted, it is another answer */
  assert_true(fabs(judged[2].mean_probability / judged[2].observed_rate - 1) > 0.15);
  for (int i = 0; i < 3; i++)
    churn_model_free(models[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_export_thinned_by_outcome_gives_the_populations_probabilities),
      cmocka_unit_test(customers_drawn_with_known_chances_are_weighted_back),
      cmocka_unit_test(without_the_rates_the_sample_is_taken_for_the_population),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
