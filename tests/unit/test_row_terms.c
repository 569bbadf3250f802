/* Weights and offsets of rows, from files to fits and scores: what is refused and where, which
 * columns stop being features, which errors a weighted fit has, what scoring needs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 240 };

/* id,x,w,o,gone: w 1 to 3, o in hundredths; row `odd` (from 0) has other texts for w and o. Rows
 * stand from the last id to the first. */
static void write_rows(int odd, const char *w, const char *o)
{
  char text[ROWS * 40 + 40], weight[16], offset[16];
  size_t used = (size_t)sprintf(text, "id,x,w,o,gone\n");
  for (int r = 0; r < ROWS; r++) {
    snprintf(weight, sizeof weight, "%d", 1 + r % 3);
    snprintf(offset, sizeof offset, "%g", (r * 7 % 40) / 100.0);
    used += (size_t)snprintf(text + used, sizeof text - used, "r%03d,%d,%s,%s,%d\n", 999 - r,
                             r * 13 % 31, r == odd ? w : weight, r == odd ? o : offset,
                             r * 13 % 31 + r % 17 > 24);
  }
  scratch_write("rows.csv", text);
}

#define FLAT(CUSTOMERS, FIT)                                                                       \
  "version: 1\ncustomers: {from: rows.csv, id: id" CUSTOMERS "}\n"                                 \
  "outcome: {column: gone, positive: \"1\"}\nfit: {" FIT "}\n"

static const churn_train_settings plain = {
    .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};

static churn_status train(const char *text, churn_notes *notes, churn_model **model,
                          churn_error *error)
{
  churn_project *project = project_of(text);
  churn_run run = {.threads = 2, .notes = notes};
  churn_status status = churn_train(project, &plain, &run, model, error);
  churn_project_free(project);
  return status;
}

static churn_model *train_ok(const char *text)
{
  churn_model *model = NULL;
  churn_error error;
  assert_ok(train(text, NULL, &model, &error), &error);
  return model;
}

/* Line 102 is row 100; columns counted in bytes: r899,22, is 8 long. */
static void bad_weights_are_refused_with_their_place(void **state)
{
  (void)state;
  static const struct {
    const char *text, *w, *o, *message;
    uint64_t column;
  } cases[] = {
      {FLAT("", "weights: w"), "2.5", "0", "fit.weights is 2.5; expected a whole number", 9},
      {FLAT("", "weights: w"), "-1", "0", "fit.weights is -1; expected a whole number", 9},
      {FLAT("", "weights: w"), "", "0", "fit.weights is missing; expected a whole number", 9},
      {FLAT("", "weights: w"), "1e300", "0", "fit.weights is 1e+300; expected a whole number", 9},
      {FLAT(", weight: w", ""), "0", "0", "customers.weight is 0; expected a number above 0", 9},
      {FLAT(", weight: w", ""), "-3", "0", "customers.weight is -3; expected a number above 0", 9},
      {FLAT(", weight: w", ""), "", "0", "customers.weight is missing", 9},
      {FLAT(", weight: 1 / w", ""), "0", "0", "customers.weight is missing", 9},
      {FLAT("", "offset: o"), "1", "", "the offset is missing; expected a number", 11},
      {FLAT("", "offset: log1p(o)"), "1", "-1", "the offset is missing; expected a number", 11},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    churn_model *model = NULL;
    churn_error error = {0};
    write_rows(100, cases[i].w, cases[i].o);
    assert_int_equal(train(cases[i].text, NULL, &model, &error), CHURN_INCONSISTENT);
    if (strstr(error.message, cases[i].message) == NULL)
      print_error("case %zu: %s\n", i, error.message);
    assert_non_null(strstr(error.message, cases[i].message));
    assert_non_null(strstr(error.file, "rows.csv"));
    assert_int_equal(error.line, 102);
    assert_int_equal(error.column, cases[i].column);
  }
}

static void weights_that_leave_no_row_are_said_to(void **state)
{
  (void)state;
  churn_model *model = NULL;
  churn_error error = {0};
  write_rows(-1, "", "");
  assert_int_equal(train(FLAT("", "weights: 0 * w"), NULL, &model, &error), CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "or every fit.weights is 0"));
}

/* Before any row is kept: the place is in the project file. */
static void expressions_that_do_not_fit_are_refused_in_the_project(void **state)
{
  (void)state;
  static const struct {
    const char *text, *message;
    uint64_t line, column;
  } cases[] = {
      {FLAT("", "weights: wheight"), "fit.weights: ", 4, 16},
      {FLAT("", "weights: id2"), "fit.weights: ", 4, 16},
      {FLAT("", "offset: o > 1"), "fit.offset: the value must be a number", 4, 15},
      {FLAT(", weight: w and 1", ""), "customers.weight: ", 2, 45},
  };
  write_rows(-1, "", "");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    churn_model *model = NULL;
    churn_error error = {0};
    assert_int_equal(train(cases[i].text, NULL, &model, &error), CHURN_BAD_PROJECT);
    if (strstr(error.message, cases[i].message) == NULL || error.column != cases[i].column)
      print_error("case %zu: %s, column %u\n", i, error.message, (unsigned)error.column);
    assert_non_null(strstr(error.message, cases[i].message));
    assert_int_equal(error.line, cases[i].line);
    assert_int_equal(error.column, cases[i].column);
  }
}

static void columns_of_weights_and_offset_are_no_features(void **state)
{
  (void)state;
  write_rows(-1, "", "");
  static const struct {
    const char *text;
    size_t features;
  } cases[] = {{FLAT("", ""), 3},
               {FLAT("", "weights: w"), 2},
               {FLAT(", weight: 1 / w", ""), 2},
               {FLAT("", "weights: w, offset: log1p(o)"), 1},
               {FLAT("", "sampled: {churners: 1, others: 0.5}"), 3}};
  for (size_t i = 0; i < 5; i++) {
    churn_model *m = train_ok(cases[i].text);
    assert_int_equal(m->feature_count, cases[i].features);
    churn_model_free(m);
  }
}

/* weight 7 w and weight w are the same weights. */
static void inclusion_weights_count_by_their_ratios(void **state)
{
  (void)state;
  write_rows(-1, "", "");
  churn_model *a = train_ok(FLAT(", weight: w", "") "features: {x: customers.x}\n");
  churn_model *b = train_ok(FLAT(", weight: 7 * w", "") "features: {x: customers.x}\n");
  churn_model *c = train_ok(FLAT("", "weights: w") "features: {x: customers.x}\n");
  assert_close(a->columns[0].estimate, b->columns[0].estimate, 1e-12, 0);
  assert_close(a->columns[0].std_error, b->columns[0].std_error, 1e-12, 0);
  assert_close(a->columns[0].estimate, c->columns[0].estimate, 1e-12, 0);
  assert_true(a->columns[0].std_error > 1.1 * c->columns[0].std_error);
  assert_int_equal(a->rows, ROWS);
  assert_int_equal(c->rows, 2 * ROWS);
  assert_close(a->population, 2 * ROWS, 0, 1e-9);
  assert_close(b->population, 14 * ROWS, 0, 1e-9);
  assert_string_equal(a->test_kind, "wald");
  assert_string_equal(c->test_kind, "likelihood_ratio");
  churn_model_free(a);
  churn_model_free(b);
  churn_model_free(c);
}

static void model_errors_for_inclusion_weights_are_a_warning(void **state)
{
  (void)state;
  churn_notes *notes = churn_notes_new();
  churn_model *model = NULL;
  churn_error error;
  write_rows(-1, "", "");
  assert_ok(train(FLAT(", weight: w", "covariance: model"), notes, &model, &error), &error);
  assert_non_null(note_text(notes, "weighted_model_covariance"));
  assert_string_equal(model->covariance_kind, "model");
  churn_model_free(model);
  churn_notes_free(notes);
}

/* A row of frequency 0 is as if it were not there: not even its broken offset is looked at. */
static void rows_of_frequency_zero_are_not_there(void **state)
{
  (void)state;
  write_rows(100, "0", "");
  churn_model *m = train_ok(FLAT("", "weights: w, offset: o"));
  assert_int_equal(m->rows, 2 * ROWS - 2);
  churn_model_free(m);
}

/* The model's offset, with whatever the project says; weights are not needed. */
static void scores_hold_the_offset(void **state)
{
  (void)state;
  write_rows(-1, "", "");
  churn_model *m = train_ok(FLAT("", "weights: w, offset: 2 * o") "features: {x: customers.x}\n");
  churn_project *project = project_of("version: 1\ncustomers: {from: new.csv, id: id}\n"
                                      "features: {x: customers.x}\n");
  churn_score_settings settings = {.as_of = CHURN_DAY_MISSING};
  churn_ranking *ranking = NULL;
  churn_error error = {0};
  scratch_write("new.csv", "id,x,o\na,12,0.5\nb,12,-1.25\nc,12,0\n");
  assert_ok(churn_score(project, m, &settings, NULL, &ranking, NULL, &error), &error);
  double plain_logit = m->intercept.estimate + 12 * m->columns[0].estimate;
  static const double offsets[] = {1, 0, -2.5};
  for (size_t i = 0; i < 3; i++) {
    churn_ranked line;
    churn_ranking_get(ranking, i, &line);
    assert_close(line.logit, plain_logit + offsets[i], 1e-12, 1e-12);
    assert_close(line.probability, 1 / (1 + exp(-line.logit)), 1e-13, 0);
  }
  churn_ranking_free(ranking);
  scratch_write("new.csv", "id,x,o\na,12,0.5\nb,12,\n");
  assert_int_equal(churn_score(project, m, &settings, NULL, &ranking, NULL, &error),
                   CHURN_INCONSISTENT);
  assert_int_equal(error.line, 3);
  assert_int_equal(error.column, 6);
  scratch_write("new.csv", "id,x\na,12\n");
  assert_int_equal(churn_score(project, m, &settings, NULL, &ranking, NULL, &error),
                   CHURN_BAD_PROJECT);
  assert_non_null(strstr(error.message, "the model's offset: "));
  churn_project_free(project);
  churn_model_free(m);
}

/* Dated rows: a customer has several, with one weight; clustered then, and counted as rows. */
static void weights_of_customers_with_several_rows_are_clustered(void **state)
{
  (void)state;
  char text[ROWS * 60 + 60];
  size_t used = (size_t)sprintf(text, "id,joined,left,x,chance\n");
  for (int r = 0; r < ROWS; r++)
    used += (size_t)snprintf(text + used, sizeof text - used, "r%03d,2023-01-01,%s,%d,%g\n", r,
                             r % 5 == 0   ? "2024-04-10"
                             : r % 7 == 2 ? "2024-05-20"
                                          : "",
                             r * 13 % 31, r % 2 == 0 ? 0.25 : 1);
  scratch_write("rows.csv", text);
  const char *project =
      "version: 1\ncustomers: {from: rows.csv, id: id, joined: joined, left: left,\n"
      "  weight: 1 / chance}\ndata_until: 2024-12-31\noutcome: {horizon: 90d}\n"
      "snapshots: {first: 2024-01-01, last: 2024-06-01, every: 1 month}\n"
      "features: {x: customers.x}\n";
  churn_model *m = train_ok(project);
  assert_string_equal(m->covariance_kind, "clustered");
  assert_string_equal(m->test_kind, "wald");
  assert_true(isnan(m->aic));
  assert_true(m->rows > 4 * ROWS && m->customers == ROWS);
  assert_true(m->population > 2 * (double)m->rows && m->population < 3 * (double)m->rows);
  churn_model_free(m);
  const char *aggregate =
      "version: 1\ncustomers: {from: rows.csv, id: id, weight: count(calls)}\n"
      "histories: {calls: {from: rows.csv, id: id, day: joined}}\ndata_until: 2024-12-31\n"
      "outcome: {silent: calls, horizon: 90d}\nsnapshots: {first: 2024-01-01}\n"
      "features: {x: customers.x}\n";
  churn_error error = {0};
  churn_model *none = NULL;
  assert_int_equal(train(aggregate, NULL, &none, &error), CHURN_BAD_PROJECT);
  assert_non_null(strstr(error.message, "customers.weight reads a history"));
  assert_int_equal(error.line, 2);
}

/* The log-loss out of fold of one set. */
static double compared_loss(const char *text)
{
  static const churn_compare_settings settings = {.sets = "all,all - y",
                                                  .draws = 3,
                                                  .first = CHURN_DAY_MISSING,
                                                  .last = CHURN_DAY_MISSING,
                                                  .test_from = CHURN_DAY_MISSING};
  char whole[1024];
  snprintf(whole, sizeof whole,
           "%sfeatures: {x: customers.x, y: abs(customers.x - 12)}\nfeature_sets: {all: [x, y]}\n",
           text);
  churn_project *project = project_of(whole);
  churn_comparison *comparison = NULL;
  churn_error error = {0};
  assert_ok(churn_compare(project, &settings, NULL, &comparison, &error), &error);
  double loss = comparison->sets[0].log_loss.value;
  churn_comparison_free(comparison);
  churn_project_free(project);
  return loss;
}

static void a_comparison_counts_rows_by_their_weights(void **state)
{
  (void)state;
  write_rows(-1, "", "");
  double plainly = compared_loss(FLAT("", ""));
  assert_close(compared_loss(FLAT("", "weights: w * 0 + 2")), plainly, 1e-9, 0);
  assert_close(compared_loss(FLAT(", weight: w * 0 + 3", "")), plainly, 1e-9, 0);
  assert_true(fabs(compared_loss(FLAT("", "weights: w")) - plainly) > 1e-4);
  assert_true(fabs(compared_loss(FLAT(", weight: w", "")) - plainly) > 1e-4);
  assert_true(fabs(compared_loss(FLAT("", "offset: o")) - plainly) > 1e-6);
  assert_true(fabs(compared_loss(FLAT("", "sampled: {churners: 1, others: 0.5}")) - plainly) >
              1e-4);
}

/* Two routes: the features of the best set by a comparison, and `churn train`. */
static void a_comparison_reports_the_weighted_fit_of_train(void **state)
{
  (void)state;
  static const char *const cases[] = {
      FLAT(", weight: w", ""), FLAT("", "weights: w"), FLAT("", "offset: o"),
      FLAT("", "sampled: {churners: 1, others: 0.5}"), FLAT("", "")};
  static const churn_compare_settings settings = {.draws = 5,
                                                  .first = CHURN_DAY_MISSING,
                                                  .last = CHURN_DAY_MISSING,
                                                  .test_from = CHURN_DAY_MISSING};
  write_rows(-1, "", "");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    churn_project *project = project_of(cases[i]);
    churn_model *model = train_ok(cases[i]);
    churn_comparison *c = NULL;
    churn_error error = {0};
    assert_ok(churn_compare(project, &settings, NULL, &c, &error), &error);
    assert_int_equal(c->column_count, model->column_count);
    assert_true(c->best_features[0].drop.value > 0.05);
    for (size_t k = 0; k < c->column_count; k++) {
      assert_string_equal(c->columns[k].name, model->columns[k].name);
      assert_close(c->columns[k].estimate, model->columns[k].estimate, 1e-9, 0);
      assert_close(c->columns[k].low, model->columns[k].lower, 1e-8, 0);
      assert_close(c->columns[k].high, model->columns[k].upper, 1e-8, 0);
    }
    churn_comparison_free(c);
    churn_model_free(model);
    churn_project_free(project);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_weights_are_refused_with_their_place),
      cmocka_unit_test(weights_that_leave_no_row_are_said_to),
      cmocka_unit_test(expressions_that_do_not_fit_are_refused_in_the_project),
      cmocka_unit_test(columns_of_weights_and_offset_are_no_features),
      cmocka_unit_test(inclusion_weights_count_by_their_ratios),
      cmocka_unit_test(model_errors_for_inclusion_weights_are_a_warning),
      cmocka_unit_test(rows_of_frequency_zero_are_not_there),
      cmocka_unit_test(scores_hold_the_offset),
      cmocka_unit_test(a_comparison_counts_rows_by_their_weights),
      cmocka_unit_test(a_comparison_reports_the_weighted_fit_of_train),
      cmocka_unit_test(weights_of_customers_with_several_rows_are_clustered),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
