/* Maximum likelihood against the classic sets: R 4.2.2 glm with epsilon 1e-14, 12 digits
 * (logit_reference/expected_coefficients.csv), and R's glm on three public churn exports.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference_set.h"

#include <stdio.h>

/* R's glm takes the standard errors from the weights before its last step, so they are a few 1e-8
 * off the maximum's own (see the_standard_errors_are_those_at_the_maximum). */
#define R_STD_ERROR 1e-7

typedef struct set {
  const char *name; /* in expected_coefficients.csv */
  const char *file;
  term label;
  size_t count;
  term terms[SET_TERMS];
} set;

/* Factor coding by hand, in the order of the expected terms. */
static const set sets[] = {
    {"ucla_admit",
     "ucla_admit.csv",
     {.column = "admit"},
     5,
     {{.column = "gre"},
      {.column = "gpa"},
      {.column = "rank", .level = "2"},
      {.column = "rank", .level = "3"},
      {.column = "rank", .level = "4"}}},
    {"spector_mazzeo",
     "spector_mazzeo.csv",
     {.column = "GRADE"},
     3,
     {{.column = "GPA"}, {.column = "TUCE"}, {.column = "PSI"}}},
    {"challenger_orings",
     "challenger_orings.csv",
     {.column = "Total", .level = ">=", .from = 1},
     1,
     {{.column = "Temperature"}}},
    {"chdage", "chdage.csv", {.column = "CHD"}, 1, {{.column = "AGE"}}},
    {"lbw_stata",
     "lbw_stata.csv",
     {.column = "low"},
     8,
     {{.column = "age"},
      {.column = "lwt"},
      {.column = "race", .level = "black"},
      {.column = "race", .level = "other"},
      {.column = "smoke"},
      {.column = "ptl"},
      {.column = "ht"},
      {.column = "ui"}}},
    {"birthwt",
     "birthwt_mass.csv",
     {.column = "low"},
     10,
     {{.column = "age"},
      {.column = "lwt"},
      {.column = "race", .level = "2"},
      {.column = "race", .level = "3"},
      {.column = "smoke"},
      {.column = "ptl", .level = ">=", .from = 1},
      {.column = "ht"},
      {.column = "ui"},
      {.column = "ftv", .level = "1"},
      {.column = "ftv", .level = ">=", .from = 2}}},
};

static void check_set(const set *s, const table *expected)
{
  char path[128];
  snprintf(path, sizeof path, "datasets/logit_reference/%s", s->file);
  table t = table_read(shared_path(path));
  fitted f = fit_table(&t, &s->label, s->terms, s->count, 0);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
  assert_true(f.report.converged);
  assert_true(f.report.max_gradient <= 1e-13);
  size_t found = 0;
  for (size_t r = 0; r < expected->rows; r++) {
    if (strcmp(table_text(expected, r, 0), s->name) != 0)
      continue;
    assert_string_equal(table_text(expected, r, 2), "ml");
    assert_true(found < f.unknowns);
    assert_close(f.coefficients[found], table_number(expected, r, 7), 1e-9, 0);
    assert_close(std_error(&f, found), table_number(expected, r, 8), R_STD_ERROR, 0);
    assert_close(f.report.log_likelihood, table_number(expected, r, 10), 1e-11, 0);
    assert_close(-2 * f.report.null_log_likelihood, table_number(expected, r, 12), 1e-11, 0);
    assert_close(f.report.objective * (double)t.rows, -f.report.log_likelihood, 1e-14, 0);
    found++;
  }
  assert_int_equal(found, f.unknowns);
  table_free(&t);
}

static bool data_is_here(void)
{
  if (shared_path("datasets/logit_reference/expected_coefficients.csv") != NULL)
    return true;
  print_message("the shared data sets are not there\n");
  return false;
}

static void every_maximum_likelihood_set_agrees_with_r(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  table expected = table_read(shared_path("datasets/logit_reference/expected_coefficients.csv"));
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
    check_set(&sets[i], &expected);
  size_t rows = 0, ours = 0;
  for (size_t r = 0; r < expected.rows; r++)
    rows += strcmp(table_text(&expected, r, 2), "ml") == 0;
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
    ours += sets[i].count + 1;
  assert_int_equal(rows, ours); /* no set of the file was left out */
  table_free(&expected);
}

/* Newton in 40 decimal digits (Python's decimal module) on ucla_admit, 12 steps from 0. */
static void the_standard_errors_are_those_at_the_maximum(void **state)
{
  (void)state;
  static const double coefficients[] = {-3.9899790733310496, 0.0022644257861791604,
                                        0.8040375492802257,  -0.675442927963562,
                                        -1.3402039164678905, -1.5514636769180707};
  static const double std_errors[] = {1.1399509620475465,  0.0010939976579644006,
                                      0.33181930456481246, 0.31648966326582795,
                                      0.34530642336123046, 0.41783163747215263};
  if (!data_is_here())
    skip();
  table t = table_read(shared_path("datasets/logit_reference/ucla_admit.csv"));
  fitted f = fit_table(&t, &sets[0].label, sets[0].terms, sets[0].count, 0);
  for (size_t j = 0; j < f.unknowns; j++) {
    assert_close(f.coefficients[j], coefficients[j], 1e-12, 0);
    assert_close(std_error(&f, j), std_errors[j], 1e-12, 0);
  }
  table_free(&t);
}

/* NV = 1 only with HG = 1: quasi-complete separation. The finite limits of the other coefficients
 * are from the set's README. */
static void endometrial_is_separated_by_nv(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  table t = table_read(shared_path("datasets/logit_reference/endometrial.csv"));
  const term label = {.column = "HG"};
  const term terms[] = {{.column = "PI"}, {.column = "NV"}, {.column = "EH"}};
  fitted f = fit_table(&t, &label, terms, 3, 0);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_SEPARATION);
  assert_false(f.report.converged);
  assert_int_equal(f.report.separating_column, 1);
  assert_true(f.report.iterations < 40);
  assert_close(f.coefficients[0], 4.304518, 0, 1e-6);
  assert_close(f.coefficients[1], -0.042183, 0, 1e-6);
  assert_close(f.coefficients[3], -2.902606, 0, 1e-6);
  f = fit_table(&t, &label, terms, 3, 0.01);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
  table_free(&t);
}

/* All 7 rows with dia = 1 are cases, so no finite maximum exists here either; without dia it does.
 */
static void sex2_is_separated_by_dia_and_by_nothing_else(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  table t = table_read(shared_path("datasets/logit_reference/sex2.csv"));
  const term label = {.column = "case"};
  const term terms[] = {{.column = "age"},  {.column = "oc"},  {.column = "vic"},
                        {.column = "vicl"}, {.column = "vis"}, {.column = "dia"}};
  size_t column = table_column(&t, "dia"), with = 0, cases = 0;
  for (size_t r = 0; r < t.rows; r++) {
    with += table_number(&t, r, column) > 0;
    cases += table_number(&t, r, column) > 0 && table_number(&t, r, 0) > 0;
  }
  assert_int_equal(with, 7);
  assert_int_equal(cases, 7);
  fitted f = fit_table(&t, &label, terms, 6, 0);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_SEPARATION);
  assert_int_equal(f.report.separating_column, 5);
  f = fit_table(&t, &label, terms, 5, 0);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
  assert_true(f.report.converged);
  table_free(&t);
}

typedef struct export
{
  const char *data;
  const char *answers; /* reference/ANSWERS_coefficients.csv and _summary.csv */
  term label;
  size_t count;
  term terms[SET_TERMS];
}
export;

static const export exports[] = {
    {"datasets/ibm_telco_churn/telco_churn.csv",
     "telco",
     {.column = "Churn", .level = "Yes"},
     13,
     {{.column = "tenure"},
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
      {.column = "InternetService", .level = "No"}}},
    {"datasets/bank_churn_modelling/Churn_Modelling.csv",
     "bank",
     {.column = "Exited"},
     11,
     {{.column = "CreditScore"},
      {.column = "Geography", .level = "Germany"},
      {.column = "Geography", .level = "Spain"},
      {.column = "Gender", .level = "Female"},
      {.column = "Age"},
      {.column = "Tenure"},
      {.column = "Balance"},
      {.column = "NumOfProducts"},
      {.column = "HasCrCard"},
      {.column = "IsActiveMember"},
      {.column = "EstimatedSalary"}}},
    {"datasets/subscription_usage_churn/subscription_churn.csv",
     "subscription",
     {.column = "Churn"},
     12,
     {{.column = "Age"},
      {.column = "Gender", .level = "Male"},
      {.column = "Tenure"},
      {.column = "Usage Frequency"},
      {.column = "Support Calls"},
      {.column = "Payment Delay"},
      {.column = "Subscription Type", .level = "Basic"},
      {.column = "Subscription Type", .level = "Premium"},
      {.column = "Contract Length", .level = "Annual"},
      {.column = "Contract Length", .level = "Quarterly"},
      {.column = "Total Spend"},
      {.column = "Last Interaction"}}},
};

static table read_answers(const export *e, const char *what)
{
  char path[128];
  snprintf(path, sizeof path, "reference/%s_%s.csv", e->answers, what);
  return table_read(shared_path(path));
}

/* The summary is two columns, name and value, under the heading "rows,N". */
static double summary_value(const table *summary, const char *name)
{
  for (size_t r = 0; r < summary->rows; r++)
    if (strcmp(table_text(summary, r, 0), name) == 0)
      return table_number(summary, r, 1);
  fail();
  return 0;
}

static void check_export(const export *e)
{
  table t = table_read(shared_path(e->data));
  table answers = read_answers(e, "coefficients"), summary = read_answers(e, "summary");
  fitted f = fit_table(&t, &e->label, e->terms, e->count, 0);
  assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
  assert_int_equal(answers.rows, f.unknowns);
  for (size_t j = 0; j < f.unknowns; j++) {
    assert_close(f.coefficients[j], table_number(&answers, j, 1), 1e-9, 0);
    assert_close(std_error(&f, j), table_number(&answers, j, 2), R_STD_ERROR, 0);
  }
  assert_close(f.report.log_likelihood, summary_value(&summary, "log_likelihood"), 1e-11, 0);
  assert_close(-2 * f.report.null_log_likelihood, summary_value(&summary, "null_deviance"), 1e-11,
               0);
  table_free(&t);
  table_free(&answers);
  table_free(&summary);
}

static void three_public_exports_agree_with_r(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++)
    check_export(&exports[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_maximum_likelihood_set_agrees_with_r),
      cmocka_unit_test(the_standard_errors_are_those_at_the_maximum),
      cmocka_unit_test(endometrial_is_separated_by_nv),
      cmocka_unit_test(sex2_is_separated_by_dia_and_by_nothing_else),
      cmocka_unit_test(three_public_exports_agree_with_r),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
