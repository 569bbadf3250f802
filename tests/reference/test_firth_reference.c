/* Firth's penalised likelihood against logistf's two sets, recomputed in R to 12 digits
 * (logit_reference/expected_coefficients.csv), from the fit and from a project file; and against
 * the modified score by independent code.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/firth.h"
#include "made_up.h"
#include "reference_set.h"

#include <churn/churn.h>
#include <stdio.h>

#define FOLDER "datasets/logit_reference/"

enum { MOST = 8 };

typedef struct set {
  const char *name;
  term label;
  size_t count;
  term terms[MOST - 1];
} set;

static const set sets[] = {
    {"sex2",
     {.column = "case"},
     6,
     {{.column = "age"},
      {.column = "oc"},
      {.column = "vic"},
      {.column = "vicl"},
      {.column = "vis"},
      {.column = "dia"}}},
    {"endometrial", {.column = "HG"}, 3, {{.column = "NV"}, {.column = "PI"}, {.column = "EH"}}},
};

static bool data_is_here(void)
{
  if (shared_path(FOLDER "expected_coefficients.csv") != NULL)
    return true;
  print_message("the shared data sets are not there\n");
  return false;
}

/* Of `m`, which is standardised on return. */
static fitted fit_firth(churn_matrix *m, int threads)
{
  fitted f = {.unknowns = m->columns + 1};
  churn_error error;
  churn_run run = {.threads = threads};
  churn_scaled data = {0};
  churn_fit_result result = {f.coefficients, f.covariance, f.means, f.deviations};
  assert_ok(churn_scaled_take(m, &run, &data, &error), &error);
  assert_ok(churn_firth_fit(&data, &run, &result, &f.report, &error), &error);
  churn_scaled_clear(&data);
  return f;
}

static table read_set(const set *s)
{
  char path[128];
  snprintf(path, sizeof path, FOLDER "%s.csv", s->name);
  return table_read(shared_path(path));
}

static void every_firth_set_agrees_with_r(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  table expected = table_read(shared_path(FOLDER "expected_coefficients.csv"));
  size_t seen = 0, rows = 0;
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
    table t = read_set(&sets[i]);
    churn_matrix *m = design(&t, &sets[i].label, sets[i].terms, sets[i].count);
    fitted f = fit_firth(m, 2);
    assert_int_equal(f.report.stopped_by, CHURN_STOP_GRADIENT);
    assert_true(f.report.converged);
    size_t j = 0;
    for (size_t r = 0; r < expected.rows; r++) {
      if (strcmp(table_text(&expected, r, 0), sets[i].name) != 0)
        continue;
      assert_string_equal(table_text(&expected, r, 2), "firth");
      assert_close(f.coefficients[j], table_number(&expected, r, 7), 1e-8, 0);
      assert_close(std_error(&f, j), table_number(&expected, r, 8), 1e-8, 0);
      assert_close(f.report.log_likelihood, table_number(&expected, r, 10), 1e-9, 0);
      j++;
    }
    assert_int_equal(j, f.unknowns);
    seen += j;
    churn_matrix_free(m);
    table_free(&t);
  }
  for (size_t r = 0; r < expected.rows; r++)
    rows += strcmp(table_text(&expected, r, 2), "firth") == 0;
  assert_int_equal(seen, rows); /* no set of the file was left out */
  table_free(&expected);
}

/* Published by logistf (logit_reference/README.md): intercept first, then in the order of `sets`.
 */
static const double published[2][MOST][2] = {{{-0.8185591, 1.07315122},
                                              {-1.9737884, -0.30742514},
                                              {-0.9414363, 0.78920202},
                                              {1.2730216, 3.43543273},
                                              {-3.2608611, -1.11773495},
                                              {-1.6080879, 0.01518468},
                                              {0.7745682, 8.03029352}},
                                             {{1.0825371, 7.2092805},
                                              {0.6097244, 7.85463171},
                                              {-0.1244587, 0.04045547},
                                              {-4.3651832, -1.23272106}}};

static void profile_intervals_are_those_of_logistf(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
    table t = read_set(&sets[i]);
    churn_matrix *m = design(&t, &sets[i].label, sets[i].terms, sets[i].count);
    fitted f = fit_firth(m, 2);
    churn_fit_result fit = {f.coefficients, f.covariance, f.means, f.deviations};
    churn_error error;
    churn_totals totals;
    assert_ok(churn_totals_read(m, NULL, &totals, &error), &error);
    for (size_t j = 0; j < f.unknowns; j++) {
      double lower = NAN, upper = NAN;
      assert_ok(churn_firth_interval(m, &totals, &fit, j, 1.959963984540054, NULL, &lower, &upper,
                                     &error),
                &error);
      assert_close(lower, published[i][j][0], 0, 2e-6); /* logistf stops at 1e-5 of the score */
      assert_close(upper, published[i][j][1], 0, 2e-6);
    }
    churn_matrix_free(m);
    table_free(&t);
  }
}

/* By Gauss and Jordan; a [n][n] becomes its inverse. */
static void invert(long double a[MOST][MOST], size_t n)
{
  for (size_t k = 0; k < n; k++) {
    long double pivot = a[k][k];
    a[k][k] = 1;
    for (size_t j = 0; j < n; j++)
      a[k][j] /= pivot;
    for (size_t i = 0; i < n; i++) {
      long double share = a[i][k];
      if (i == k)
        continue;
      a[i][k] = 0;
      for (size_t j = 0; j < n; j++)
        a[i][j] -= share * a[k][j];
    }
  }
}

static long double cell(const churn_matrix *m, size_t r, size_t j)
{
  return j == 0 ? 1 : *cell_of(m, r, j - 1);
}

static long double chance(const churn_matrix *m, const double *b, size_t r)
{
  long double eta = offset_of(m, r);
  for (size_t j = 0; j <= m->columns; j++)
    eta += b[j] * cell(m, r, j);
  return 1 / (1 + expl(-eta));
}

/* Inverse information at b on the columns as they came. */
static void information(const churn_matrix *m, const double *b, long double a[MOST][MOST])
{
  size_t n = m->columns + 1;
  memset(a, 0, MOST * sizeof *a);
  for (size_t r = 0; r < m->rows; r++) {
    long double p = chance(m, b, r);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++)
        a[i][j] += m->weight[r] * p * (1 - p) * cell(m, r, i) * cell(m, r, j);
  }
  invert(a, n);
}

/* |sum of (w (y - p) + h (1/2 - p)) x_j| as a share of the sum of |w (y - p) x_j|, the largest. */
static long double score_left(const churn_matrix *m, const double *b, long double a[MOST][MOST])
{
  long double worst = 0;
  size_t n = m->columns + 1;
  for (size_t k = 0; k < n; k++) {
    long double sum = 0, size = 0;
    for (size_t r = 0; r < m->rows; r++) {
      long double p = chance(m, b, r), hat = 0, w = m->weight[r];
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
          hat += w * p * (1 - p) * cell(m, r, i) * a[i][j] * cell(m, r, j);
      sum += (w * (m->y[r] - p) + hat * (0.5L - p)) * cell(m, r, k);
      size += fabsl(w * (m->y[r] - p) * cell(m, r, k));
    }
    worst = fmaxl(worst, fabsl(sum) / size);
  }
  return worst;
}

static void the_modified_score_is_zero_and_the_covariance_the_inverse_information(void **state)
{
  (void)state;
  static const struct {
    size_t rows, columns;
  } sizes[] = {{23, 2}, {97, 5}, {256, 3}, {1301, 7}};
  for (uint64_t seed = 0; seed < 24; seed++) {
    long double inverse[MOST][MOST];
    churn_matrix *m = made_up(sizes[seed % 4].rows, sizes[seed % 4].columns, 41 + seed);
    for (size_t r = 0; seed % 3 == 0 && r < m->rows; r++)
      m->weight[r] = (double)(r % 4);
    if (seed % 2 == 1)
      offset_rows(m, seed);
    churn_matrix *work = matrix_copy(m);
    fitted f = fit_firth(work, 1);
    assert_true(f.report.converged);
    information(m, f.coefficients, inverse);
    assert_true(score_left(m, f.coefficients, inverse) < 1e-9L);
    for (size_t i = 0; i < f.unknowns * f.unknowns; i++)
      assert_close(f.covariance[i], (double)inverse[i / f.unknowns][i % f.unknowns], 1e-8, 1e-12);
    churn_matrix_free(work);
    churn_matrix_free(m);
  }
}

/* A table of two by two: Firth's estimates are those with half a case added to each cell (Heinze
 * and Schemper 2002, section 2): here 0 of 7 and 5 of 11 churned. */
static void a_two_by_two_table_gets_half_a_case_in_each_cell(void **state)
{
  (void)state;
  churn_matrix *m = matrix_of(18, 1);
  for (size_t r = 0; r < 18; r++) {
    *cell_of(m, r, 0) = r >= 7;
    m->y[r] = r >= 13;
  }
  fitted f = fit_firth(m, 1);
  assert_close(f.coefficients[0], log(0.5 / 7.5), 1e-8, 0);
  assert_close(f.coefficients[1], log(5.5 / 6.5) - log(0.5 / 7.5), 1e-8, 0);
  churn_matrix_free(m);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
  (void)state;
  fitted first = {0};
  for (int threads = 1; threads <= 5; threads++) {
    churn_matrix *m = made_up(20011, 6, 5);
    fitted f = fit_firth(m, threads);
    if (threads == 1)
      first = f;
    assert_memory_equal(f.coefficients, first.coefficients, sizeof f.coefficients);
    assert_memory_equal(f.covariance, first.covariance, sizeof f.covariance);
    assert_memory_equal(&f.report.objective, &first.report.objective, sizeof(double));
    churn_matrix_free(m);
  }
}

static churn_status train_with(const char *fit, churn_notes *notes, churn_model **model,
                               churn_error *error)
{
  table t = read_set(&sets[1]);
  char *data = malloc(t.rows * 128), *at = data, text[512];
  churn_project *project = NULL;
  churn_run run = {.threads = 2, .notes = notes};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  assert_non_null(data);
  at += sprintf(at, "id,NV,PI,EH,HG\n");
  for (size_t r = 0; r < t.rows; r++)
    at += sprintf(at, "p%zu,%s,%s,%s,%s\n", r, table_text(&t, r, 0), table_text(&t, r, 1),
                  table_text(&t, r, 2), table_text(&t, r, 3));
  scratch_write("endometrial.csv", data);
  free(data);
  table_free(&t);
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: endometrial.csv, id: id}\noutcome: {column: HG, "
           "positive: \"1\"}\nfeatures: customers.*\nfit: {%s}\n",
           fit);
  assert_ok(churn_project_read(scratch_write("project.yaml", text), NULL, 0, NULL, &project, error),
            error);
  churn_status status = churn_train(project, &settings, &run, model, error);
  churn_project_free(project);
  return status;
}

static bool has_note(const churn_notes *notes, const char *code, const char *part)
{
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    if (strcmp(churn_notes_get(notes, i)->code, code) == 0)
      return strstr(churn_notes_get(notes, i)->text, part) != NULL;
  return false;
}

static const churn_model_column *find(const churn_model *model, const char *name)
{
  for (size_t c = 0; c < model->column_count; c++)
    if (strstr(model->columns[c].name, name) != NULL)
      return &model->columns[c];
  return &model->intercept;
}

static void check_endometrial(const churn_model *model)
{
  table expected = table_read(shared_path(FOLDER "expected_coefficients.csv"));
  assert_int_equal(model->rows, 79);
  assert_int_equal(model->column_count, 3);
  for (size_t r = 0; r < expected.rows; r++) {
    if (strcmp(table_text(&expected, r, 0), "endometrial") != 0)
      continue;
    const churn_model_column *column = find(model, table_text(&expected, r, 4));
    double estimate = table_number(&expected, r, 7), deviation = table_number(&expected, r, 8);
    assert_close(column->estimate, estimate, 1e-6, 0);
    assert_close(column->std_error, deviation, 1e-6, 0);
    if (strcmp(model->interval_kind, "wald") == 0)
      assert_close(column->upper, estimate + 1.959963984540054 * deviation, 1e-6, 0);
    else if (column == find(model, "NV"))
      assert_close(column->upper, published[1][1][1], 0, 2e-6);
    assert_close(model->log_likelihood, table_number(&expected, r, 10), 1e-8, 0);
  }
  assert_string_equal(model->penalty, "firth");
  assert_string_equal(model->test_kind, "wald");
  assert_string_equal(model->covariance_kind, "model");
  assert_true(isnan(model->aic) && isnan(model->bic));
  assert_true(model->lambda == 0 && model->columns[0].penalty_factor == 0);
  table_free(&expected);
}

static void a_project_with_penalty_firth_trains(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  churn_model *model = NULL, *again = NULL;
  churn_error error = {0};
  churn_notes *notes = churn_notes_new();
  assert_ok(train_with("penalty: firth, intervals: profile", notes, &model, &error), &error);
  check_endometrial(model);
  assert_string_equal(model->interval_kind, "profile");
  assert_close(find(model, "NV")->odds_lower, exp(published[1][1][0]), 2e-6, 0);
  assert_false(has_note(notes, "firth", ""));
  const char *path = scratch_path("model.json");
  assert_ok(churn_model_write(model, path, &error), &error);
  assert_ok(churn_model_read(path, &again, &error), &error);
  check_endometrial(again);
  churn_model_free(model);
  churn_model_free(again);
  churn_notes_free(notes);
}

static void separation_stops_and_offers_firth_or_takes_it(void **state)
{
  (void)state;
  if (!data_is_here())
    skip();
  churn_model *model = NULL;
  churn_error error = {0};
  churn_notes *notes = churn_notes_new();
  assert_int_equal(train_with("separation: stop", NULL, &model, &error), CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "fit: {separation: firth}"));
  assert_non_null(strstr(error.message, "NV"));
  assert_ok(train_with("separation: firth", notes, &model, &error), &error);
  check_endometrial(model);
  assert_string_equal(model->interval_kind, "wald");
  assert_true(has_note(notes, "firth", "NV"));
  churn_model_free(model);
  churn_notes_free(notes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_firth_set_agrees_with_r),
      cmocka_unit_test(profile_intervals_are_those_of_logistf),
      cmocka_unit_test(the_modified_score_is_zero_and_the_covariance_the_inverse_information),
      cmocka_unit_test(a_two_by_two_table_gets_half_a_case_in_each_cell),
      cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
      cmocka_unit_test(a_project_with_penalty_firth_trains),
      cmocka_unit_test(separation_stops_and_offers_firth_or_takes_it),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
