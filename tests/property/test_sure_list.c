/* What a list says of how sure it is, from a project and a trained model on, against a simulation
 * that ranks everybody in each draw of the coefficients: membership in the list, which customers
 * are borderline, on the list and behind it; intervals against the quadratic form.
 *
 * A flat export of 500: logit = -1 + x + y + z / 2 with x normal and two flags; values normal, so
 * that some are below 0.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "judged.h"
#include "opened.h"
#include "score/recalibration.h"

#include <churn/churn.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 500, COLUMNS = 3, SIZE = COLUMNS + 1, DRAWS = 6000 };

static double x[ROWS][SIZE], values[ROWS];

static void write_export(void)
{
  static char text[ROWS * 80];
  churn_random random = churn_random_stream(31, 4);
  size_t used = (size_t)sprintf(text, "id,x,y,z,money,gone\n");
  for (int i = 0; i < ROWS; i++) {
    double row[SIZE] = {1, round(draw_normal(&random) * 1e3) / 1e3, draw_unit(&random) < 0.3,
                        draw_unit(&random) < 0.1};
    memcpy(x[i], row, sizeof row);
    values[i] = round(draw_normal(&random) * 1e5) / 1e3;
    bool gone = draw_unit(&random) < 1 / (1 + exp(1 - row[1] - row[2] - row[3] / 2));
    used += (size_t)sprintf(text + used, "k%03d,%.3f,%.0f,%.0f,%.3f,%d\n", i, row[1], row[2],
                            row[3], values[i], gone);
  }
  scratch_write("flat.csv", text);
}

static const char project_text[] = "version: 1\ncustomers: {from: flat.csv, id: id, value: money,\n"
                                   "  columns: {x: number, y: number, z: number, money: number}}\n"
                                   "outcome: {column: gone, positive: 1}\npool: 0\n"
                                   "features: {x: customers.x, y: customers.y, z: customers.z}\n";

/* Half as steep, and lower. */
static churn_model *train(void)
{
  const churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = project_of(project_text);
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  assert_int_equal(model->column_count, COLUMNS);
  free(model->recalibration.method);
  model->recalibration.method = strdup("platt");
  model->recalibration.intercept = -0.4;
  model->recalibration.slope = 0.5;
  churn_project_free(project);
  return model;
}

typedef struct placed {
  double score;
  size_t row;
} placed;

static int compare(const void *left, const void *right)
{
  const placed *a = left, *b = right;
  return a->score != b->score ? (a->score < b->score ? 1 : -1)
                              : (a->row > b->row) - (a->row < b->row);
}

static double score_of(const churn_model *model, const double *b, size_t row, churn_rank_by by)
{
  double logit = 0;
  for (size_t i = 0; i < SIZE; i++)
    logit += b[i] * x[row][i];
  return by == CHURN_BY_PROBABILITY
             ? logit
             : churn_recalibrated(&model->recalibration, logit) * values[row];
}

static void simulate(const churn_model *model, churn_rank_by by, size_t top, double *shares)
{
  gsl_rng *rng = gsl_rng_alloc(gsl_rng_ranlxs0);
  gsl_matrix_view covariance = gsl_matrix_view_array(model->covariance, SIZE, SIZE);
  gsl_matrix *factor = gsl_matrix_alloc(SIZE, SIZE);
  gsl_vector *mean = gsl_vector_alloc(SIZE), *b = gsl_vector_alloc(SIZE);
  gsl_matrix_memcpy(factor, &covariance.matrix);
  assert_int_equal(gsl_linalg_cholesky_decomp1(factor), 0);
  gsl_vector_set(mean, 0, model->intercept.estimate);
  for (size_t c = 0; c < COLUMNS; c++)
    gsl_vector_set(mean, c + 1, model->columns[c].estimate);
  memset(shares, 0, ROWS * sizeof *shares);
  for (int draw = 0; draw < DRAWS; draw++) {
    placed order[ROWS];
    gsl_ran_multivariate_gaussian(rng, mean, factor, b);
    for (size_t r = 0; r < ROWS; r++)
      order[r] = (placed){score_of(model, b->data, r, by), r};
    qsort(order, ROWS, sizeof *order, compare);
    for (size_t k = 0; k < top; k++)
      shares[order[k].row] += 1.0 / DRAWS;
  }
  gsl_rng_free(rng);
  gsl_matrix_free(factor);
  gsl_vector_free(mean);
  gsl_vector_free(b);
}

static double error_of(const churn_model *model, const double *row)
{
  double sum = 0;
  for (size_t i = 0; i < SIZE; i++)
    for (size_t j = 0; j < SIZE; j++)
      sum += row[i] * model->covariance[i * SIZE + j] * row[j];
  return sqrt(sum);
}

static void check_list(const churn_model *model, churn_rank_by by, size_t top)
{
  const churn_score_settings settings = {
      .as_of = CHURN_DAY_MISSING, .by = by, .top = top, .intervals = true};
  churn_project *project = project_of(project_text);
  churn_ranking *ranking = NULL;
  churn_score_report report;
  churn_error error = {0};
  double shares[ROWS];
  uint64_t flagged = 0, unsure = 0, behind = 0;
  bool listed[ROWS] = {false};
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, &report, &error), &error);
  simulate(model, by, top, shares);
  assert_int_equal(churn_ranking_count(ranking), top);
  for (size_t i = 0; i < top; i++) {
    churn_ranked line;
    churn_ranking_get(ranking, i, &line);
    size_t row = (size_t)atoi(line.customer_id + 1);
    double p = fmin(fmax(shares[row], 1e-3), 0.999), se = error_of(model, x[row]);
    assert_close(line.top_probability, shares[row], 0,
                 5 * sqrt(p * (1 - p) * (1e-3 + 1.0 / DRAWS)));
    assert_int_equal(line.borderline, line.top_probability >= 0.05 && line.top_probability <= 0.95);
    assert_close(line.probability_low,
                 churn_recalibrated(&model->recalibration, line.logit - 1.959963984540054 * se),
                 1e-9, 0);
    assert_close(line.probability_high,
                 churn_recalibrated(&model->recalibration, line.logit + 1.959963984540054 * se),
                 1e-9, 0);
    flagged += line.borderline;
    listed[row] = true;
  }
  for (size_t r = 0; r < ROWS; r++)
    if (shares[r] > 0.08 && shares[r] < 0.92)
      *(listed[r] ? &unsure : &behind) += 1;
  assert_int_equal(report.borderline_listed, flagged);
  assert_true(unsure >= 3 && behind >= 3);
  assert_true(report.borderline_listed >= unsure && report.borderline_unlisted >= behind);
  assert_true(report.borderline_unlisted < behind + 25);
  churn_ranking_free(ranking);
  churn_project_free(project);
}

static void membership_is_that_of_a_simulation_of_the_whole_list(void **state)
{
  (void)state;
  write_export();
  churn_model *model = train();
  check_list(model, CHURN_BY_PROBABILITY, 60);
  check_list(model, CHURN_BY_PROBABILITY, 333);
  check_list(model, CHURN_BY_EXPECTED_LOSS, 40);
  /* the cut lies among values below 0, where a higher probability is a lower rank */
  check_list(model, CHURN_BY_EXPECTED_LOSS, 400);
  churn_model_free(model);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(membership_is_that_of_a_simulation_of_the_whole_list),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
