/* Known truth: on a simulated world the fitted model ranks nearly as well as the true
 * probabilities, is calibrated, and has every sign right that it is sure of.
 *
 * The truth is truth.csv, the mean over seeded continuations of the world, and truth.json, the
 * coefficients of the daily hazard. The issue asks for 50,000 customers, an AUC within 0.01 of the
 * truth's, a calibration slope within 0.1 of 1, and right signs wherever |z| > 3. Under sanitizers
 * or coverage the world is smaller, and so are the demands.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"
#include "support.h"

#include "evaluate/auc.h"

#include <churn/churn.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
enum { CUSTOMERS = 5000, TRUTH = 300 };
static const double auc_tolerance = 0.03, slope_tolerance = 0.25;
#else
enum { CUSTOMERS = 50000, TRUTH = 3000 };
static const double auc_tolerance = 0.01, slope_tolerance = 0.1;
#endif

enum { PATH_SIZE = 1024 };

static char world[PATH_SIZE];

static const char *in_world(const char *name)
{
  static char path[PATH_SIZE + 64];
  snprintf(path, sizeof path, "%s/%s", world, name);
  return path;
}

/* A ranked day by id. */
typedef struct scored {
  char *id;
  double probability;
} scored;

static int compare_scored(const void *left, const void *right)
{
  return strcmp(((const scored *)left)->id, ((const scored *)right)->id);
}

static scored *score_day(const churn_project *project, const churn_model *model, churn_day as_of,
                         size_t *count)
{
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  churn_score_settings settings = {.as_of = as_of};
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, NULL, &error), &error);
  *count = churn_ranking_count(ranking);
  scored *all = malloc(*count * sizeof *all);
  for (size_t i = 0; i < *count; i++) {
    churn_ranked line;
    churn_ranking_get(ranking, i, &line);
    all[i] = (scored){strdup(line.customer_id), line.probability};
  }
  churn_ranking_free(ranking);
  qsort(all, *count, sizeof *all, compare_scored);
  return all;
}

static int compare_ids(const void *key, const void *element)
{
  return strcmp(key, ((const scored *)element)->id);
}

/* What happened to a customer (ids are row numbers): 1 left in the window, 0 stayed, -1 left in the
 * gap. */
static int outcome(const rows *customers, const char *id, churn_day as_of)
{
  size_t row = (size_t)strtoul(id + 1, NULL, 10);
  assert_string_equal(rows_text(customers, row, 0), id);
  const char *left = rows_text(customers, row, 2);
  churn_day day = left[0] == '\0' ? CHURN_DAY_MISSING : churn_day_parse(left, strlen(left));
  if (day == CHURN_DAY_MISSING || day >= as_of + 104)
    return 0;
  return day >= as_of + 14 ? 1 : -1;
}

typedef struct pairs {
  double *truth, *model;
  int8_t *labels;
  size_t count;
} pairs;

/* Truth rows of one day joined with the model's probabilities of that day. */
static void join_day(const rows *truth, const rows *customers, const scored *list, size_t listed,
                     churn_day as_of, pairs *out)
{
  for (size_t i = 1; i < truth->count; i++) {
    const char *id = rows_text(truth, i, 0);
    if (churn_day_parse(rows_text(truth, i, 1), 10) != as_of)
      continue;
    int label = outcome(customers, id, as_of);
    const scored *found = bsearch(id, list, listed, sizeof *list, compare_ids);
    assert_non_null(found);
    if (label < 0)
      continue;
    out->truth[out->count] = rows_number(truth, i, 2);
    out->model[out->count] = found->probability;
    out->labels[out->count++] = (int8_t)label;
  }
}

static void check_ranking(const churn_project *project, const churn_model *model)
{
  rows truth = rows_read(in_world("truth.csv")), customers = rows_read(in_world("customers.csv"));
  pairs p = {calloc(truth.count, sizeof(double)), calloc(truth.count, sizeof(double)),
             calloc(truth.count, 1), 0};
  for (int month = 4; month <= 9; month++) {
    churn_day as_of = churn_day_from_civil(2025, month, 1);
    size_t listed = 0;
    scored *list = score_day(project, model, as_of, &listed);
    join_day(&truth, &customers, list, listed, as_of, &p);
    for (size_t i = 0; i < listed; i++)
      free(list[i].id);
    free(list);
  }
  double best = 0, ours = 0;
  assert_ok(churn_auc(p.labels, p.truth, p.count, &best, NULL), NULL);
  assert_ok(churn_auc(p.labels, p.model, p.count, &ours, NULL), NULL);
  print_message("%zu rows: AUC of the truth %.4f, of the model %.4f\n", p.count, best, ours);
  assert_true(best > 0.65);
  assert_true(fabs(best - ours) <= auc_tolerance);
  free(p.truth);
  free(p.model);
  free(p.labels);
  rows_free(&truth);
  rows_free(&customers);
}

static double coefficient_of(const json_t *effects, const char *name)
{
  for (size_t i = 0; i < json_array_size(effects); i++) {
    const json_t *effect = json_array_get(effects, i);
    if (strcmp(json_string_value(json_object_get(effect, "name")), name) == 0)
      return json_number_value(json_object_get(effect, "coefficient"));
  }
  return NAN;
}

/* Numbers only: a category's and a missing value's sign depend on what they are held against. */
static void check_signs(const churn_model *model)
{
  json_error_t error;
  json_t *truth = json_load_file(in_world("truth.json"), 0, &error);
  const json_t *effects = json_object_get(json_object_get(truth, "hazard"), "effects");
  size_t checked = 0;
  for (size_t i = 0; i < model->column_count; i++) {
    const churn_model_column *column = &model->columns[i];
    double expected = coefficient_of(effects, column->name);
    if (isnan(expected) || fabs(column->z) <= 3)
      continue;
    if ((column->estimate > 0) != (expected > 0))
      fail_msg("%s is %g (z %.1f), the truth is %g", column->name, column->estimate, column->z,
               expected);
    checked++;
  }
  print_message("%zu signs right\n", checked);
  assert_true(checked >= 4);
  json_decref(truth);
}

static void test_known_truth(void **state)
{
  (void)state;
  churn_simulate_settings settings = {.customers = CUSTOMERS, .truth_customers = TRUTH};
  churn_train_settings training = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  scratch_make();
  snprintf(world, sizeof world, "%s", scratch_path("world"));
  assert_ok(churn_simulate(world, &settings, NULL, NULL, &error), &error);
  assert_ok(churn_project_read(in_world("churn.yaml"), NULL, 0, NULL, &project, &error), &error);
  assert_ok(churn_train(project, &training, NULL, &model, &error), &error);
  print_message("later snapshots: AUC %.4f, calibration slope %.3f\n", model->validation.auc,
                model->validation.calibration_slope);
  assert_true(fabs(model->validation.calibration_slope - 1) <= slope_tolerance);
  check_signs(model);
  check_ranking(project, model);
  churn_model_free(model);
  churn_project_free(project);
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"the model comes as near to the truth as it can", test_known_truth, NULL, NULL, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
