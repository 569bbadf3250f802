/* Ridge, elastic net and lasso against glmnet 4.1-6 (alpha 0, 0.5, 1; standardize = TRUE, thresh
 * 1e-16) at five lambdas on the Telco export (reference/README.md): the fit at one lambda, the
 * path, and the whole way from a project file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/penalised.h"
#include "reference_set.h"

#include <churn/churn.h>
#include <stdio.h>

/* In the order of the file's rows. */
static const term terms[] = {{.column = "tenure"},
                             {.column = "MonthlyCharges"},
                             {.column = "SeniorCitizen"},
                             {.column = "Partner", .level = "Yes"},
                             {.column = "Dependents", .level = "Yes"},
                             {.column = "Contract", .level = "One year"},
                             {.column = "Contract", .level = "Two year"},
                             {.column = "PaperlessBilling", .level = "No"},
                             {.column = "PaymentMethod", .level = "Bank transfer (automatic)"},
                             {.column = "PaymentMethod", .level = "Credit card (automatic)"},
                             {.column = "PaymentMethod", .level = "Mailed check"},
                             {.column = "InternetService", .level = "DSL"},
                             {.column = "InternetService", .level = "No"}};

enum { TERMS = sizeof terms / sizeof terms[0], LAMBDAS = 5 };

static const double lambdas[LAMBDAS] = {0.1, 0.03, 0.01, 0.003, 0.001};

typedef struct net {
  const char *answers;
  double alpha;
  const char *penalty; /* in the project file */
} net;

static const net nets[] = {
    {"reference/telco_elastic_net_alpha_0.csv", 0, "penalty: ridge"},
    {"reference/telco_elastic_net_alpha_0.5.csv", 0.5, "penalty: elastic_net, alpha: 0.5"},
    {"reference/telco_elastic_net_alpha_1.csv", 1, "penalty: lasso"}};

enum { NETS = sizeof nets / sizeof nets[0] };

/* False, and said why, where the public data are not there. */
static bool find_data(const char **data)
{
  static char path[1024]; /* shared_path keeps only the last few */
  const char *found = shared_path("datasets/ibm_telco_churn/telco_churn.csv");
  bool there = found != NULL;
  snprintf(path, sizeof path, "%s", there ? found : "");
  *data = path;
  for (size_t i = 0; i < NETS; i++)
    there = there && shared_path(nets[i].answers) != NULL;
  if (!there)
    print_message("the shared data sets are not there\n");
  return there;
}

static table read_answers(const net *n)
{
  table expected = table_read(shared_path(n->answers));
  assert_int_equal(expected.rows, TERMS + 1);
  assert_int_equal(expected.columns, LAMBDAS + 1);
  return expected;
}

static churn_scaled scaled_telco(const char *data)
{
  const term label = {.column = "Churn", .level = "Yes"};
  table t = table_read(data);
  churn_scaled scaled;
  churn_error error;
  assert_ok(churn_scaled_take(design(&t, &label, terms, TERMS), NULL, &scaled, &error), &error);
  table_free(&t);
  return scaled;
}

static void free_scaled(churn_scaled *scaled)
{
  churn_matrix_free(scaled->matrix);
  churn_scaled_clear(scaled);
}

/* glmnet writes an exact 0 as 0.00000000000: ours must be one too, and only then. */
static void check_coefficients(const double *coefficients, const table *expected, size_t lambda)
{
  for (size_t j = 0; j <= TERMS; j++) {
    double answer = table_number(expected, j, lambda + 1);
    assert_close(coefficients[j], answer, 0, 1e-6);
    assert_int_equal(coefficients[j] == 0, answer == 0);
  }
}

static void each_lambda_agrees_with_glmnet(void **state)
{
  (void)state;
  const char *data;
  if (!find_data(&data))
    skip();
  churn_scaled scaled = scaled_telco(data);
  for (size_t i = 0; i < NETS; i++) {
    table expected = read_answers(&nets[i]);
    for (size_t l = 0; l < LAMBDAS; l++) {
      churn_penalised_settings settings = {.lambda = lambdas[l], .alpha = nets[i].alpha};
      double coefficients[TERMS + 1];
      churn_fit_result result = {.coefficients = coefficients};
      churn_fit_report report;
      churn_error error;
      assert_ok(churn_penalised_fit(&scaled, &settings, NULL, NULL, &result, &report, &error),
                &error);
      assert_int_equal(report.stopped_by, CHURN_STOP_GRADIENT);
      assert_true(report.max_gradient <= 1e-10);
      check_coefficients(coefficients, &expected, l);
    }
    table_free(&expected);
  }
  free_scaled(&scaled);
}

static void the_path_agrees_with_glmnet(void **state)
{
  (void)state;
  const char *data;
  if (!find_data(&data))
    skip();
  churn_scaled scaled = scaled_telco(data);
  for (size_t i = 0; i < NETS; i++) {
    table expected = read_answers(&nets[i]);
    churn_path_settings settings = {
        .penalised = {.alpha = nets[i].alpha}, .lambdas = lambdas, .count = LAMBDAS};
    churn_path path;
    churn_error error;
    assert_ok(churn_path_fit(&scaled, &settings, NULL, &path, &error), &error);
    for (size_t l = 0; l < LAMBDAS; l++) {
      double coefficients[TERMS + 1];
      churn_fit_unscale(path.coefficients + l * (TERMS + 1), scaled.means, scaled.deviations, TERMS,
                        coefficients);
      check_coefficients(coefficients, &expected, l);
    }
    churn_path_clear(&path);
    table_free(&expected);
  }
  free_scaled(&scaled);
}

/* The project of datasets/telco.yaml with a penalty added. */
static churn_model *train_telco(const char *data, const net *n, double lambda)
{
  char path[1024], text[8192];
  size_t length = 0;
  snprintf(path, sizeof path, "%s/datasets/telco.yaml", CHURN_SOURCE);
  char *base = file_read(path, &length);
  assert_non_null(base);
  snprintf(text, sizeof text, "%s\nfit: {%s, lambda: %g}\n", base, n->penalty, lambda);
  free(base);
  churn_source_override override = {"customers", data};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  assert_ok(
      churn_project_read(scratch_write("telco.yaml", text), &override, 1, NULL, &project, &error),
      &error);
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  churn_project_free(project);
  return model;
}

/* Model columns are in another order and named FEATURE=LEVEL. */
static double estimate_of(const churn_model *model, const term *what)
{
  char name[128];
  snprintf(name, sizeof name, "%s%s%s", what->column, what->level == NULL ? "" : "=",
           what->level == NULL ? "" : what->level);
  for (size_t c = 0; c < model->column_count; c++)
    if (strcmp(model->columns[c].name, name) == 0)
      return model->columns[c].estimate;
  fail_msg("the model has no column %s", name);
  return NAN;
}

static void a_project_file_gives_what_glmnet_gives(void **state)
{
  (void)state;
  const char *data;
  if (!find_data(&data))
    skip();
  scratch_make();
  for (size_t i = 0; i < NETS; i++) {
    table expected = read_answers(&nets[i]);
    for (size_t l = 0; l < LAMBDAS; l += 2) {
      churn_model *model = train_telco(data, &nets[i], lambdas[l]);
      double coefficients[TERMS + 1] = {model->intercept.estimate};
      for (size_t t = 0; t < TERMS; t++)
        coefficients[t + 1] = estimate_of(model, &terms[t]);
      check_coefficients(coefficients, &expected, l);
      assert_int_equal(model->column_count, TERMS);
      assert_true(model->converged);
      assert_close(model->alpha, nets[i].alpha, 0, 0);
      assert_close(model->lambda, lambdas[l], 0, 0);
      churn_model_free(model);
    }
    table_free(&expected);
  }
  scratch_remove();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_lambda_agrees_with_glmnet),
      cmocka_unit_test(the_path_agrees_with_glmnet),
      cmocka_unit_test(a_project_file_gives_what_glmnet_gives),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
