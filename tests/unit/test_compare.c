/* Comparing feature sets the whole way, from files to verdicts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "judged.h"
#include "opened.h"
#include "support.h"

#include <churn/churn.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static churn_comparison *compare(const churn_project *project, churn_compare_settings settings,
                                 int threads)
{
  churn_comparison *comparison = NULL;
  churn_error error = {0};
  churn_run run = {.threads = threads};
  settings.first = settings.last = settings.test_from = CHURN_DAY_MISSING;
  settings.draws = settings.draws == 0 ? 50 : settings.draws;
  assert_ok(churn_compare(project, &settings, &run, &comparison, &error), &error);
  return comparison;
}

static churn_project *sample(void)
{
  churn_project *project = NULL;
  churn_error error = {0};
  assert_ok(churn_project_read(CHURN_SOURCE "/datasets/sample/churn.yaml", NULL, 0, NULL, &project,
                               &error),
            &error);
  return project;
}

/* Two routes: `churn train` on the snapshots whose label window had closed by the day, `churn
 * evaluate` on the day. */
static double area_by_train_and_evaluate(const churn_project *project, const char *set,
                                         churn_day as_of, churn_figures *figures)
{
  churn_model *model = NULL;
  churn_error error = {0};
  churn_evaluation evaluation = {0};
  churn_train_settings training = {
      .set = set, .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = as_of};
  churn_evaluate_settings judging = {as_of, as_of, as_of, NULL, 0};
  assert_ok(churn_train(project, &training, NULL, &model, &error), &error);
  assert_ok(churn_evaluate(project, model, &judging, NULL, &evaluation, &error), &error);
  *figures = evaluation.figures;
  churn_model_free(model);
  return evaluation.figures.auc;
}

static void a_fold_by_time_is_what_train_and_evaluate_would_have_said(void **state)
{
  (void)state;
  churn_project *project = sample();
  churn_comparison *c =
      compare(project, (churn_compare_settings){.sets = "payments,engagement"}, 2);
  assert_int_equal(c->rule, CHURN_FOLDS_TIME);
  assert_true(c->fold_count >= 3);
  double losses[2] = {0, 0};
  for (size_t f = 0; f < c->fold_count; f++)
    for (size_t s = 0; s < 2; s++) {
      churn_figures figures;
      assert_close(
          c->sets[s].fold_aucs[f],
          area_by_train_and_evaluate(project, c->sets[s].name, c->folds[f].as_of, &figures), 1e-9,
          0);
      assert_int_equal(figures.rows, c->folds[f].rows);
      assert_int_equal(figures.churners, c->folds[f].churners);
      losses[s] += figures.log_loss * (double)figures.rows / (double)c->rows;
    }
  for (size_t s = 0; s < 2; s++) {
    double area = 0;
    for (size_t f = 0; f < c->fold_count; f++)
      area += c->sets[s].fold_aucs[f] * (double)c->folds[f].churners / (double)c->churners;
    assert_close(c->sets[s].auc.value, area, 1e-12, 0);
    assert_close(c->sets[s].log_loss.value, losses[s], 1e-9, 0);
    /* Capacity is a tenth, and so is point 20 of the gain curve. */
    assert_close(c->sets[s].gain[20].captured, c->sets[s].captured.value, 1e-12, 0);
    double rows = 0;
    for (size_t b = 0; b < c->sets[s].calibration_count; b++)
      rows += c->sets[s].calibration[b].rows;
    assert_close(rows, (double)c->rows, 1e-12, 0);
  }
  churn_comparison_free(c);
  churn_project_free(project);
}

static char *json_of(const churn_comparison *comparison)
{
  churn_error error = {0};
  const char *path = scratch_path("comparison.json");
  assert_ok(churn_comparison_write(comparison, path, &error), &error);
  char *text = file_read(path, NULL);
  /* Costs are times: the one thing that may differ. */
  for (char *cost = strstr(text, "\"cost\""); cost != NULL; cost = strstr(cost + 1, "\"cost\"")) {
    char *end = strchr(cost, '}');
    memmove(cost + 6, end, strlen(end) + 1);
  }
  return text;
}

static void threads_do_not_change_a_byte(void **state)
{
  (void)state;
  churn_project *project = sample();
  scratch_make();
  churn_compare_settings settings = {.sets = "full,complaints + region", .all_pairs = true};
  churn_comparison *one = compare(project, settings, 1), *three = compare(project, settings, 3);
  char *texts[] = {json_of(one), json_of(three)};
  assert_string_equal(texts[0], texts[1]);
  assert_non_null(strstr(texts[0], "\"fold_rule\": \"time\""));
  free(texts[0]);
  free(texts[1]);
  churn_comparison_free(one);
  churn_comparison_free(three);
  churn_project_free(project);
  scratch_remove();
}

static void customers_are_dealt_whole_when_folds_are_asked_for(void **state)
{
  (void)state;
  churn_project *project = sample();
  churn_comparison *c =
      compare(project, (churn_compare_settings){.sets = "payments", .folds = 4, .seed = 3}, 2);
  uint64_t rows = 0;
  assert_int_equal(c->rule, CHURN_FOLDS_CUSTOMERS);
  assert_int_equal(c->fold_count, 4);
  assert_int_equal(c->pair_count, 0);
  for (size_t f = 0; f < 4; f++) {
    rows += c->folds[f].rows;
    assert_true(c->folds[f].as_of == CHURN_DAY_MISSING);
    assert_int_equal(c->folds[f].training_rows + c->folds[f].rows, c->rows);
  }
  assert_int_equal(rows, c->rows);
  assert_true(!isnan(c->sets[0].random_auc));
  churn_comparison_free(c);
  churn_project_free(project);
}

/* Within the window as many rows or fewer, and the last day known is always there: the sample's
 * snapshots are months apart. */
static void a_sliding_window_trains_on_the_latest_days_alone(void **state)
{
  (void)state;
  churn_project *project = sample();
  churn_comparison *all = compare(project, (churn_compare_settings){.sets = "payments"}, 2);
  churn_comparison *last =
      compare(project, (churn_compare_settings){.sets = "payments", .window_days = 40}, 2);
  size_t f = all->fold_count - 1, l = last->fold_count - 1;
  assert_int_equal(last->window_days, 40);
  assert_int_equal(all->folds[f].as_of, last->folds[l].as_of);
  assert_true(last->folds[l].training_rows > 0);
  assert_true(last->folds[l].training_rows < all->folds[f].training_rows);
  churn_comparison_free(all);
  churn_comparison_free(last);
  churn_project_free(project);
}

enum { ROWS = 240, NOISE = 3 };

/* A flat export: x tells something of churn, z more (by `effect`), noise_* nothing. */
static churn_project *flat(uint64_t seed, double effect)
{
  static char text[ROWS * 160];
  churn_random random = churn_random_stream(seed, 99);
  size_t used = (size_t)snprintf(text, sizeof text, "id,churned,x,z,noise_a,noise_b,noise_c\n");
  for (int i = 0; i < ROWS; i++) {
    double x = draw_normal(&random), z = draw_normal(&random);
    bool churned = draw_unit(&random) < 1 / (1 + exp(0.9 - 0.8 * x - effect * z));
    used += (size_t)snprintf(text + used, sizeof text - used, "c%d,%s,%.6f,%.6f", i,
                             churned ? "Yes" : "No", x, z);
    for (int n = 0; n < NOISE; n++)
      used += (size_t)snprintf(text + used, sizeof text - used, ",%.6f", draw_normal(&random));
    used += (size_t)snprintf(text + used, sizeof text - used, "\n");
  }
  scratch_write("flat.csv", text);
  return project_of("version: 1\ncustomers: {from: flat.csv, id: id}\n"
                    "outcome: {column: churned, positive: \"Yes\"}\nfeatures: customers.*\n");
}

static void noise_is_not_called_better(void **state)
{
  (void)state;
  enum { SEEDS = 200 };
  int better = 0;
  scratch_make();
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    churn_project *project = flat(seed, 0);
    churn_comparison *c = compare(
        project, (churn_compare_settings){.sets = "x,x + noise*", .seed = seed, .draws = 2}, 1);
    better += strstr(c->pairs[0].verdict, "beats") != NULL;
    assert_true(isnan(c->sets[0].random_auc));
    churn_comparison_free(c);
    churn_project_free(project);
  }
  print_message("noise called better in %d of %d seeds\n", better, SEEDS);
  assert_true(better <= SEEDS / 20);
  scratch_remove();
}

static void a_planted_feature_is_found(void **state)
{
  (void)state;
  int found = 0;
  scratch_make();
  for (uint64_t seed = 0; seed < 20; seed++) {
    churn_project *project = flat(seed, 1.2);
    churn_comparison *c = compare(
        project, (churn_compare_settings){.sets = "x,x + z", .seed = seed, .draws = 200}, 1);
    found += strstr(c->pairs[0].verdict, "x + z beats x by ") == c->pairs[0].verdict;
    assert_true(c->pairs[0].log_loss.value < 0);
    churn_comparison_free(c);
    churn_project_free(project);
  }
  assert_true(found >= 18);
  scratch_remove();
}

/* Of more than 4096 customers there are no draws unless they are asked for; the two ways differ by
 * the noise of 2000 draws: their ends, 2.5 % quantiles, by some 4 % of the reach. */
static void many_customers_have_linearised_intervals(void **state)
{
  (void)state;
  enum { MANY = 6000 };
  static char text[MANY * 40];
  churn_comparison *c[2];
  churn_error error = {0};
  churn_random random = churn_random_stream(41, 99);
  size_t used = (size_t)snprintf(text, sizeof text, "id,churned,x,z\n");
  scratch_make();
  for (int i = 0; i < MANY; i++) {
    double x = draw_normal(&random), z = draw_normal(&random);
    bool churned = draw_unit(&random) < 1 / (1 + exp(1.4 - 0.8 * x - 0.4 * z));
    used += (size_t)snprintf(text + used, sizeof text - used, "c%d,%s,%.4f,%.4f\n", i,
                             churned ? "Yes" : "No", x, z);
  }
  scratch_write("flat.csv", text);
  churn_project *project =
      project_of("version: 1\ncustomers: {from: flat.csv, id: id}\n"
                 "outcome: {column: churned, positive: \"Yes\"}\nfeatures: customers.*\n");
  for (uint32_t i = 0; i < 2; i++) {
    churn_compare_settings settings = {.sets = "x,x + z",
                                       .brief = true,
                                       .draws = 2000 * i,
                                       .first = CHURN_DAY_MISSING,
                                       .last = CHURN_DAY_MISSING,
                                       .test_from = CHURN_DAY_MISSING};
    assert_ok(churn_compare(project, &settings, NULL, &c[i], &error), &error);
    assert_int_equal(c[i]->draws, 2000 * i);
  }
  for (int k = 0; k < 4; k++) {
    const churn_estimate *e[2];
    for (int i = 0; i < 2; i++)
      e[i] = k == 0   ? &c[i]->sets[1].log_loss
             : k == 1 ? &c[i]->sets[1].captured
             : k == 2 ? &c[i]->pairs[0].log_loss
                      : &c[i]->pairs[0].captured;
    double width = e[1]->high - e[1]->low;
    assert_true(e[0]->value == e[1]->value);
    assert_close(e[0]->low, e[1]->low, 0, 0.1 * width);
    assert_close(e[0]->high, e[1]->high, 0, 0.1 * width);
  }
  churn_comparison_free(c[0]);
  churn_comparison_free(c[1]);
  churn_project_free(project);
  scratch_remove();
}

/* Few customers, many snapshots, columns that are the customer's alone and know nothing: rows dealt
 * at random let the fit learn customers by heart. */
static void the_optimism_of_random_folds_is_shown(void **state)
{
  (void)state;
  enum { CUSTOMERS = 80, SNAPSHOTS = 10, COLUMNS = 12 };
  static char text[CUSTOMERS * SNAPSHOTS * 64];
  churn_random random = churn_random_stream(5, 5);
  scratch_make();
  size_t used = (size_t)snprintf(text, sizeof text, "id");
  for (int n = 0; n < COLUMNS; n++)
    used += (size_t)snprintf(text + used, sizeof text - used, ",n%d", n);
  for (int i = 0; i < CUSTOMERS; i++) {
    used += (size_t)snprintf(text + used, sizeof text - used, "\nc%d", i);
    for (int n = 0; n < COLUMNS; n++)
      used += (size_t)snprintf(text + used, sizeof text - used, ",%.4f", draw_normal(&random));
  }
  scratch_write("customers.csv", text);
  used = (size_t)snprintf(text, sizeof text, "id,day,churned\n");
  for (int i = 0; i < CUSTOMERS; i++) {
    double leaning = draw_unit(&random) < 0.5 ? 0.9 : 0.1;
    for (int s = 0; s < SNAPSHOTS; s++)
      used += (size_t)snprintf(text + used, sizeof text - used, "c%d,2024-%02d-01,%d\n", i, s + 1,
                               draw_unit(&random) < leaning);
  }
  scratch_write("labels.csv", text);
  churn_project *project =
      project_of("version: 1\ncustomers: {from: customers.csv, id: id}\ndata_until: 2025-12-31\n"
                 "outcome: {from: labels.csv, id: id, day: day, churned: churned, horizon: 20d}\n"
                 "features: customers.*\n");
  churn_comparison *c = compare(project, (churn_compare_settings){.folds = 5, .seed = 1}, 2);
  print_message("AUC %.3f; random folds of rows claim %.3f\n", c->sets[0].auc.value,
                c->sets[0].random_auc);
  assert_true(c->sets[0].auc.value < 0.6);
  assert_true(c->sets[0].random_auc > c->sets[0].auc.value + 0.1);
  churn_comparison_free(c);
  churn_project_free(project);
  scratch_remove();
}

enum { SLOPE_CUSTOMERS = 240 };

/* The same rows as of so many days: nothing is new in the second, and nothing in the third. */
static double slope_error_of_days(int days, double *slope)
{
  static char customers[SLOPE_CUSTOMERS * 40], labels[SLOPE_CUSTOMERS * 4 * 40];
  churn_random random = churn_random_stream(7, 2385);
  size_t used = (size_t)snprintf(customers, sizeof customers, "id,joined,x\n");
  size_t labelled = (size_t)snprintf(labels, sizeof labels, "id,day,churned\n");
  for (int i = 0; i < SLOPE_CUSTOMERS; i++) {
    double x = draw_normal(&random);
    bool churned = draw_unit(&random) < 1 / (1 + exp(0.7 - 0.9 * x));
    used +=
        (size_t)snprintf(customers + used, sizeof customers - used, "c%d,2024-01-01,%.4f\n", i, x);
    for (int d = 0; d < days; d++)
      labelled += (size_t)snprintf(labels + labelled, sizeof labels - labelled,
                                   "c%d,2024-0%d-01,%d\n", i, d + 3, churned);
  }
  scratch_write("customers.csv", customers);
  scratch_write("labels.csv", labels);
  churn_project *project =
      project_of("version: 1\ndata_until: 2025-01-31\ncustomers: {from: customers.csv, id: id, "
                 "joined: joined}\n"
                 "outcome: {from: labels.csv, id: id, day: day, churned: churned, horizon: 20d}\n"
                 "features: {x: customers.x}\n");
  churn_comparison *c =
      compare(project, (churn_compare_settings){.sets = "all", .folds = 4, .brief = true}, 2);
  assert_int_equal(c->rows, SLOPE_CUSTOMERS * days);
  *slope = c->sets[0].calibration_slope;
  double error = c->sets[0].calibration_slope_error;
  churn_comparison_free(c);
  churn_project_free(project);
  return error;
}

/* Of clusters of equal rows the sandwich is that of one row each, whatever their number, but for
 * its correction (n - 1)/(n - 2) of n rows; an error from the model, or one that takes rows for
 * independent, would shrink by the root of that number. One row a customer has the model's, which
 * is close by where the model is true. */
static void the_error_of_a_slope_is_clustered_by_customer(void **state)
{
  (void)state;
  double slopes[3], errors[3];
  scratch_make();
  for (int i = 0; i < 3; i++) {
    double rows = SLOPE_CUSTOMERS * (i + 1.0);
    errors[i] = slope_error_of_days(i + 1, &slopes[i]) / sqrt((rows - 1) / (rows - 2));
  }
  assert_close(slopes[1], slopes[0], 1e-9, 0);
  assert_close(slopes[2], slopes[0], 1e-9, 0);
  assert_close(errors[2], errors[1], 1e-9, 0);
  assert_close(errors[1], errors[0], 0.15, 0);
  scratch_remove();
}

static void what_cannot_be_compared_is_said(void **state)
{
  (void)state;
  churn_project *project = sample();
  churn_comparison *comparison = NULL;
  churn_error error = {0};
  churn_compare_settings settings = {.sets = "paymints",
                                     .first = CHURN_DAY_MISSING,
                                     .last = CHURN_DAY_MISSING,
                                     .test_from = CHURN_DAY_MISSING};
  assert_int_equal(churn_compare(project, &settings, NULL, &comparison, &error), CHURN_USAGE);
  assert_non_null(strstr(error.message, "did you mean \"payments\"?"));
  settings.sets = NULL;
  settings.folds = 300;
  assert_int_equal(churn_compare(project, &settings, NULL, &comparison, &error), CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "too few to compare on"));
  assert_null(comparison);
  churn_project_free(project);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_fold_by_time_is_what_train_and_evaluate_would_have_said),
      cmocka_unit_test(threads_do_not_change_a_byte),
      cmocka_unit_test(customers_are_dealt_whole_when_folds_are_asked_for),
      cmocka_unit_test(a_sliding_window_trains_on_the_latest_days_alone),
      cmocka_unit_test(noise_is_not_called_better),
      cmocka_unit_test(a_planted_feature_is_found),
      cmocka_unit_test(many_customers_have_linearised_intervals),
      cmocka_unit_test(the_optimism_of_random_folds_is_shown),
      cmocka_unit_test(the_error_of_a_slope_is_clustered_by_customer),
      cmocka_unit_test(what_cannot_be_compared_is_said)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
