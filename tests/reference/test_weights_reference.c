/* Weights and offsets against R, from files: twenty rows written out here.
 *
 * Expected: R 4.2.2, glm.control(epsilon = 1e-15, maxit = 100), binomial. Frequencies and offset:
 * glm(y ~ x + g, weights = w, offset = o): coef, sqrt(diag(vcov)), -deviance / 2 and
 * -null.deviance / 2 (of 0/1 rows with whole weights those are the log-likelihoods of the repeated
 * rows). Inclusion weights: glm(y ~ x + g, weights = h) and sandwich::sandwich 3.0.2
 * (survey::svyglm gives the same estimates).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"
#include "support.h"

#include <churn/churn.h>
#include <stdio.h>

static const struct {
  double x;
  char g;
  int y, w;
  double o, h;
} rows[] = {
    {0.31, 'a', 1, 3, 0.2, 1.25},  {-1.2, 'b', 0, 1, -0.5, 3.5},  {2.05, 'c', 1, 2, 0.1, 2},
    {0.4, 'a', 0, 5, 0.7, 7.75},   {-0.77, 'b', 0, 4, -0.3, 1},   {1.3, 'a', 1, 1, 0, 4.5},
    {0.05, 'b', 1, 2, 0.4, 2.25},  {-2.1, 'c', 0, 3, -0.2, 1.5},  {0.9, 'a', 0, 1, 0.9, 9},
    {1.75, 'b', 1, 6, -0.6, 1.75}, {-0.35, 'a', 0, 2, 0.3, 3},    {0.6, 'b', 1, 1, 0.15, 2.5},
    {-1.6, 'c', 0, 4, -0.8, 6.25}, {2.4, 'a', 1, 2, 0.05, 1},     {-0.15, 'b', 1, 3, 0.5, 2.75},
    {1.05, 'a', 0, 1, -0.1, 5.5},  {0.2, 'b', 0, 2, 0.25, 1.2},   {-0.9, 'c', 1, 5, -0.45, 8},
    {1.5, 'a', 1, 1, 0.6, 2.4},    {-0.5, 'b', 0, 2, -0.35, 3.3},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static int make(void **state)
{
  (void)state;
  scratch_make();
  char text[2048];
  size_t used = (size_t)sprintf(text, "x,g,y,w,o,h\n");
  for (size_t r = 0; r < ROWS; r++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%g,%c,%d,%d,%g,%g\n", rows[r].x,
                             rows[r].g, rows[r].y, rows[r].w, rows[r].o, rows[r].h);
  scratch_write("rows.csv", text);
  return 0;
}

static churn_model *train(const char *customers, const char *fit)
{
  char text[512];
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_model *model = NULL;
  churn_error error;
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: rows.csv%s}\noutcome: {column: y, positive: \"1\"}\n"
           "fit: {%s}\npool: 0\nfeatures: {x: customers.x, g: {is: customers.g, reference: a}}\n",
           customers, fit);
  churn_project *project = project_of(text);
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  churn_project_free(project);
  return model;
}

static void check_columns(const churn_model *m, const double expected[4][2])
{
  static const char *const names[] = {"(Intercept)", "x", "g=b", "g=c"};
  assert_int_equal(m->column_count, 3);
  for (size_t j = 0; j < 4; j++) {
    const churn_model_column *c = j == 0 ? &m->intercept : &m->columns[j - 1];
    assert_string_equal(c->name, names[j]);
    assert_close(c->estimate, expected[j][0], 1e-9, 0);
    assert_close(c->std_error, expected[j][1], 1e-9, 0);
  }
}

static void frequencies_and_an_offset_agree_with_glm(void **state)
{
  (void)state;
  static const double expected[4][2] = {{-3.04368456801148, 0.931953380584161},
                                        {3.50537638587165, 1.044257409065209},
                                        {3.28182167002453, 1.231487961560484},
                                        {8.03882860856810, 2.253905819215439}};
  churn_model *m = train("", "weights: w, offset: o");
  check_columns(m, expected);
  assert_close(m->log_likelihood, -18.2869349987617, 1e-12, 0);
  assert_close(m->null_log_likelihood, -37.3047625637204, 1e-12, 0);
  assert_int_equal(m->rows, 51); /* sum of w */
  churn_model_free(m);
}

static void inclusion_weights_agree_with_glm_and_sandwich(void **state)
{
  (void)state;
  static const double expected[4][2] = {{-7.96405254531072, 3.98871672668928},
                                        {6.76094637732137, 3.30193915414394},
                                        {9.29718520747165, 4.98210321976275},
                                        {16.54536809668555, 8.11293343944423}};
  churn_model *m = train(", weight: h", "");
  assert_string_equal(m->covariance_kind, "robust");
  check_columns(m, expected);
  assert_int_equal(m->rows, ROWS);
  churn_model_free(m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frequencies_and_an_offset_agree_with_glm),
      cmocka_unit_test(inclusion_weights_agree_with_glm_and_sandwich),
  };
  return cmocka_run_group_tests(tests, make, scratch_teardown);
}
