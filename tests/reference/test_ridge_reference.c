/* Ridge against glmnet 4.1-6 (alpha 0, standardize = TRUE, thresh 1e-16) at five lambdas on the
 * Telco export (reference/README.md).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference_set.h"

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

enum { TERMS = sizeof terms / sizeof terms[0] };

static void every_coefficient_agrees_with_glmnet_at_five_lambdas(void **state)
{
  (void)state;
  static const double lambdas[] = {0.1, 0.03, 0.01, 0.003, 0.001};
  const char *data = shared_path("datasets/ibm_telco_churn/telco_churn.csv");
  const char *answers = shared_path("reference/telco_elastic_net_alpha_0.csv");
  if (data == NULL || answers == NULL) {
    print_message("the shared data sets are not there\n");
    skip();
  }
  table t = table_read(data), expected = table_read(answers);
  const term label = {.column = "Churn", .level = "Yes"};
  assert_int_equal(expected.rows, TERMS + 1);
  assert_int_equal(expected.columns, 6);
  for (size_t i = 0; i < sizeof lambdas / sizeof lambdas[0]; i++) {
    fitted f = fit_table(&t, &label, terms, TERMS, lambdas[i]);
    assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
    for (size_t j = 0; j < f.unknowns; j++)
      assert_close(f.coefficients[j], table_number(&expected, j, i + 1), 0, 1e-6);
  }
  table_free(&t);
  table_free(&expected);
}

/* The summary's log-likelihood is at the maximum: any penalty must cost some of it, and a larger
 * one more. */
static void a_larger_lambda_gives_up_more_likelihood(void **state)
{
  (void)state;
  const char *data = shared_path("datasets/ibm_telco_churn/telco_churn.csv");
  if (data == NULL) {
    print_message("the shared data sets are not there\n");
    skip();
  }
  table t = table_read(data);
  const term label = {.column = "Churn", .level = "Yes"};
  double last = -2978.23340403; /* reference/telco_summary.csv */
  for (double lambda = 0.001; lambda < 2; lambda *= 7) {
    fitted f = fit_table(&t, &label, terms, TERMS, lambda);
    assert_true(f.report.log_likelihood < last - 0.01);
    last = f.report.log_likelihood;
  }
  table_free(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_coefficient_agrees_with_glmnet_at_five_lambdas),
      cmocka_unit_test(a_larger_lambda_gives_up_more_likelihood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
