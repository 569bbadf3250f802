/* Flat exports against R: telco, bank and subscription, from the CSV to coefficients, standard
 * errors and probabilities.
 *
 * Expected numbers: R 4.2.2, glm(family = binomial), epsilon 1e-14, no row dropped; reference level
 * of a category = the most frequent (the data sets' reference/README). Skips where the public data
 * are not there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows.h"
#include "support.h"

#include <churn/churn.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct flat_case {
  const char *project;
  const char *data;
  const char *prefix;
  const char *id; /* heading of the id */
} flat_case;

static const flat_case telco = {"telco.yaml", "datasets/ibm_telco_churn/telco_churn.csv", "telco",
                                "customerID"};
static const flat_case bank = {"bank.yaml", "datasets/bank_churn_modelling/Churn_Modelling.csv",
                               "bank", "CustomerId"};
static const flat_case subscription = {"subscription.yaml",
                                       "datasets/subscription_usage_churn/subscription_churn.csv",
                                       "subscription", "CustomerID"};

/* R writes VARIABLELEVEL with the heading's blanks, we write name=LEVEL: both become lower-case
 * letters and digits. */
static void plain_name(const char *name, char *plain)
{
  for (; *name != '\0'; name++)
    if (isalnum((unsigned char)*name) || *name == '(')
      *plain++ = (char)tolower((unsigned char)*name);
  *plain = '\0';
}

static const churn_model_column *find_column(const churn_model *model, const char *r_name)
{
  char wanted[128], name[128];
  plain_name(r_name, wanted);
  plain_name(model->intercept.name, name);
  if (strcmp(wanted, name) == 0)
    return &model->intercept;
  for (size_t i = 0; i < model->column_count; i++) {
    plain_name(model->columns[i].name, name);
    if (strcmp(wanted, name) == 0)
      return &model->columns[i];
  }
  fail_msg("no column for R's %s", r_name);
  return NULL;
}

static double summary_value(const rows *summary, const char *name)
{
  for (size_t i = 0; i < summary->count; i++)
    if (strcmp(rows_text(summary, i, 0), name) == 0)
      return strtod(rows_text(summary, i, 1), NULL);
  fail_msg("no %s in the summary", name);
  return 0;
}

static rows read_reference(const flat_case *c, const char *what)
{
  char name[128];
  snprintf(name, sizeof name, "reference/%s_%s.csv", c->prefix, what);
  return rows_read(shared_path(name));
}

static void check_summary(const flat_case *c, const churn_model *model)
{
  rows summary = read_reference(c, "summary");
  assert_int_equal(model->rows, (uint64_t)summary_value(&summary, "rows"));
  assert_int_equal(model->churners, (uint64_t)summary_value(&summary, "churners"));
  assert_close(model->log_likelihood, summary_value(&summary, "log_likelihood"), 1e-9, 0);
  assert_close(-2 * model->null_log_likelihood, summary_value(&summary, "null_deviance"), 1e-9, 0);
  assert_close(model->training.auc, summary_value(&summary, "auc_in_sample"), 0, 1e-9);
  rows_free(&summary);
}

static void check_coefficients(const flat_case *c, const churn_model *model)
{
  rows expected = read_reference(c, "coefficients");
  assert_int_equal(expected.count - 1, model->column_count + 1);
  for (size_t i = 1; i < expected.count; i++) {
    const churn_model_column *column = find_column(model, rows_text(&expected, i, 0));
    assert_close(column->estimate, rows_number(&expected, i, 1), 1e-7, 0);
    assert_close(column->std_error, rows_number(&expected, i, 2), 1e-7, 0);
    assert_close(column->z, rows_number(&expected, i, 3), 1e-6, 1e-8);
    assert_close(column->p, rows_number(&expected, i, 4), 1e-4, 1e-12);
  }
  rows_free(&expected);
}

static double probability_of(const churn_ranking *ranking, const char *id)
{
  churn_ranked line;
  for (size_t i = 0; i < churn_ranking_count(ranking); i++) {
    churn_ranking_get(ranking, i, &line);
    if (strcmp(line.customer_id, id) == 0)
      return line.probability;
  }
  fail_msg("%s is not on the list", id);
  return 0;
}

static void check_probabilities(const flat_case *c, const churn_project *project,
                                const churn_model *model, const char *data_path)
{
  rows expected = read_reference(c, "first20"), data = rows_read(data_path);
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  assert_ok(churn_score(project, model, &settings, NULL, &ranking, NULL, &error), &error);
  size_t id = rows_column(&data, c->id);
  for (size_t i = 1; i < expected.count; i++)
    assert_close(probability_of(ranking, rows_text(&data, i, id)), rows_number(&expected, i, 1), 0,
                 1e-9);
  churn_ranking_free(ranking);
  rows_free(&expected);
  rows_free(&data);
}

static void check_flat(void **state)
{
  const flat_case *c = *state;
  const char *data_path = shared_path(c->data);
  if (data_path == NULL) {
    print_message("%s is not there: skipped\n", c->data);
    skip();
  }
  char project_path[1024];
  snprintf(project_path, sizeof project_path, "%s/datasets/%s", CHURN_SOURCE, c->project);
  churn_source_override override = {"customers", data_path};
  churn_project *project = NULL;
  churn_model *model = NULL;
  churn_error error = {0};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_ok(churn_project_read(project_path, &override, 1, NULL, &project, &error), &error);
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  assert_true(model->converged);
  check_summary(c, model);
  check_coefficients(c, model);
  check_probabilities(c, project, model, data_path);
  churn_model_free(model);
  churn_project_free(project);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      {"telco equals R", check_flat, NULL, NULL, (void *)(uintptr_t)&telco},
      {"bank equals R", check_flat, NULL, NULL, (void *)(uintptr_t)&bank},
      {"subscription equals R", check_flat, NULL, NULL, (void *)(uintptr_t)&subscription},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
