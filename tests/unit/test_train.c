/* Training, whole: what it refuses, what it says, what it writes down; and evaluation's own rules.
 *
 * The flat export: flag x; x = 0: 60 rows, 15 churners; x = 1: 40 rows, 25 churners. The logistic
 * fit of a 2 x 2 table is exact: intercept = log(15/45), coefficient = log(25/15) - log(15/45) =
 * log 5, standard errors sqrt(1/15 + 1/45) and sqrt(1/15 + 1/45 + 1/25 + 1/15).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "opened.h"

#include <churn/churn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows id,x,gone,same,copy with the table above, `times` over; gone is `positive` for churners. */
static void write_table(int times, const char *stayed)
{
  char *text = malloc((size_t)times * 100 * 40 + 100);
  size_t used = (size_t)sprintf(text, "id,x,gone,same,copy\n");
  for (int i = 0; i < 100 * times; i++) {
    int k = i % 100, x = k >= 60;
    bool gone = x ? k < 85 : k < 15;
    used +=
        (size_t)sprintf(text + used, "r%05d,%d,%s,7,%d\n", i, x, gone ? "1" : stayed, 3 - 2 * x);
  }
  scratch_write("customers.csv", text);
  free(text);
}

#define FLAT                                                                                       \
  "version: 1\ncustomers: {from: customers.csv, id: id}\n"                                         \
  "outcome: {column: gone, positive: \"1\"}\n"
static const churn_train_settings plain = {
    .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};

typedef struct made {
  churn_project *project;
  churn_model *model;
  churn_notes *notes;
  churn_status status;
  churn_error error;
} made;

static made train_with(const char *text, churn_train_settings settings)
{
  made m = {.project = project_of(text), .notes = churn_notes_new()};
  churn_run run = {.threads = 2, .notes = m.notes};
  m.status = churn_train(m.project, &settings, &run, &m.model, &m.error);
  return m;
}

static void done(made *m)
{
  churn_model_free(m->model);
  churn_notes_free(m->notes);
  churn_project_free(m->project);
}

static void a_two_by_two_table_is_fitted_exactly(void **state)
{
  (void)state;
  write_table(1, "0");
  made m = train_with(FLAT "features: {x: customers.x}\n", plain);
  assert_ok(m.status, &m.error);
  assert_true(isnan(m.model->features[0].spread)); /* one snapshot */
  const churn_model *o = m.model;
  assert_int_equal(o->column_count, 1);
  assert_string_equal(o->columns[0].name, "x");
  assert_string_equal(o->intercept.name, "(Intercept)");
  double error = sqrt(1 / 15.0 + 1 / 45.0 + 1 / 25.0 + 1 / 15.0), z = log(5) / error;
  assert_close(o->intercept.estimate, log(15 / 45.0), 1e-12, 0);
  assert_close(o->intercept.std_error, sqrt(1 / 15.0 + 1 / 45.0), 1e-12, 0);
  assert_close(o->columns[0].estimate, log(5), 1e-12, 0);
  assert_close(o->columns[0].std_error, error, 1e-12, 0);
  assert_close(o->columns[0].z, z, 1e-12, 0);
  assert_close(o->columns[0].p, 2 * (0.5 * erfc(z / sqrt(2))), 1e-11, 0); /* two-sided normal */
  assert_close(o->columns[0].lower, log(5) - 1.959963984540054 * error, 1e-12, 0);
  assert_close(o->columns[0].upper, log(5) + 1.959963984540054 * error, 1e-12, 0);
  assert_close(o->columns[0].mean, 0.4, 1e-14, 0);
  assert_close(o->columns[0].deviation, sqrt(0.4 * 0.6), 1e-14, 0);
  assert_close(o->covariance[3], error * error, 1e-12, 0);
  assert_close(o->covariance[1], -(1 / 15.0 + 1 / 45.0), 1e-11, 0);
  double fit = 15 * log(0.25) + 45 * log(0.75) + 25 * log(0.625) + 15 * log(0.375);
  assert_close(o->log_likelihood, fit, 1e-12, 0);
  assert_close(o->null_log_likelihood, 40 * log(0.4) + 60 * log(0.6), 1e-12, 0);
  assert_close(o->training.log_loss, -fit / 100, 1e-12, 0);
  assert_true(o->converged);
  assert_string_equal(o->penalty, "none");
  assert_string_equal(o->set, "all");
  assert_int_equal(o->rows, 100);
  assert_int_equal(o->churners, 40);
  assert_int_equal(o->customers, 100);
  assert_int_equal(o->first_as_of, CHURN_DAY_MISSING);
  assert_string_equal(o->validation_kind, "none");
  assert_int_equal(o->validation.rows, 0);
  done(&m);
}

static void constant_and_collinear_columns_leave_with_a_warning(void **state)
{
  (void)state;
  write_table(1, "0");
  made m = train_with(FLAT "features: customers.*\n", plain);
  assert_ok(m.status, &m.error);
  assert_int_equal(m.model->column_count, 1);
  assert_int_equal(m.model->dropped_count, 2);
  assert_string_equal(m.model->dropped[0].name, "same");
  assert_string_equal(m.model->dropped[1].name, "copy");
  assert_non_null(strstr(m.model->dropped[1].reason, "collinear with x"));
  assert_int_equal(m.model->note_count, churn_notes_count(m.notes));
  size_t warned = 0;
  for (size_t i = 0; i < churn_notes_count(m.notes); i++)
    warned += churn_notes_get(m.notes, i)->severity == CHURN_WARNING &&
              strcmp(churn_notes_get(m.notes, i)->code, "dropped_column") == 0;
  assert_int_equal(warned, 2);
  assert_close(m.model->columns[0].estimate, log(5), 1e-12, 0);
  done(&m);
}

static void the_model_tells_types_inputs_and_the_set(void **state)
{
  (void)state;
  write_table(1, "0");
  made m = train_with(FLAT "features: {x: customers.x, same: customers.same}\n"
                           "feature_sets: {one: [x]}\n",
                      (churn_train_settings){.set = "one",
                                             .first = CHURN_DAY_MISSING,
                                             .last = CHURN_DAY_MISSING,
                                             .test_from = CHURN_DAY_MISSING});
  assert_ok(m.status, &m.error);
  assert_string_equal(m.model->set, "one");
  assert_int_equal(m.model->feature_count, 1);
  assert_int_equal(m.model->type_count, 3);
  assert_string_equal(m.model->types[0].source, "customers");
  assert_string_equal(m.model->types[0].column, "x");
  assert_string_equal(m.model->types[0].type, "number");
  assert_int_equal(m.model->input_count, 1);
  assert_int_equal(m.model->inputs[0].rows, 100);
  assert_int_equal(strlen(m.model->inputs[0].fingerprint), 32);
  done(&m);
}

static void assert_refused(const char *text, churn_train_settings settings, churn_status status,
                           const char *what)
{
  made m = train_with(text, settings);
  assert_int_equal(m.status, status);
  assert_null(m.model);
  if (strstr(m.error.message, what) == NULL)
    fail_msg("\"%s\" does not hold \"%s\"", m.error.message, what);
  done(&m);
}

#define DATED                                                                                      \
  "version: 1\ncustomers: {from: dated.csv, id: id, joined: since, left: until}\n"                 \
  "outcome: {horizon: 30d, gap: 5d}\nfeatures: {tenure: as_of - joined}\n"

static void what_cannot_be_trained_is_refused(void **state)
{
  (void)state;
  write_table(1, "0");
  assert_refused("version: 1\ncustomers: {from: customers.csv, id: id}\n", plain, CHURN_BAD_PROJECT,
                 "no `outcome`");
  assert_refused(FLAT "features: {same: customers.same}\n", plain, CHURN_DEGENERATE, "constant");
  write_table(1, "1");
  assert_refused(FLAT "features: {x: customers.x}\n", plain, CHURN_DEGENERATE, "same outcome");
  write_table(1, "");
  assert_refused(FLAT "features: {x: customers.x}\n", plain, CHURN_DEGENERATE, "churned");
  scratch_write("dated.csv", "id,since,until\na,2024-01-01,\nb,2024-01-01,2024-03-20\n");
  assert_refused(DATED "data_until: 2024-03-31\nsnapshots: {first: 2024-03-01}\n", plain,
                 CHURN_DEGENERATE, "still open");
  /* 2024-03-01 + 35 d = 2024-04-05: closed on 04-04, but not before 04-04 */
  churn_train_settings late = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = day("2024-04-04")};
  assert_refused(DATED "data_until: 2024-04-04\nsnapshots: {first: 2024-03-01}\n", late,
                 CHURN_DEGENERATE, "test_from");
}

/* The stability index of one snapshot's tenures against the model's bins, from the file's own rule
 * below: half a row in an empty bin. */
static double index_of_day(const churn_model_feature *f, churn_day as_of)
{
  double now[16] = {0}, rows = 0, trained = 0, index = 0, all = 0;
  for (int i = 0; i < 100; i++) {
    char joined[24];
    snprintf(joined, sizeof joined, "2023-%02d-15", i % 12 + 1);
    churn_day left = i % 3 == 0 ? day("2024-01-10") + i * 2 : day("2999-01-01");
    double tenure = as_of - day(joined);
    size_t bin = 0;
    if (left < as_of + 5) /* gone, or leaves inside the gap */
      continue;
    while (bin < f->bound_count && tenure >= f->bounds[bin])
      bin++;
    now[bin]++;
    rows++;
  }
  for (size_t k = 0; k <= f->bound_count; k++) {
    trained += (double)f->bin_rows[k];
    all += now[k] > 0 ? 0 : 0.5;
  }
  for (size_t k = 0; k <= f->bound_count; k++) {
    double p = (double)f->bin_rows[k] / trained;
    double q = (now[k] > 0 ? now[k] : 0.5) / (rows + all);
    index += (q - p) * log(q / p);
  }
  return index;
}

static void the_training_window_and_the_rows_kept_back_are_told(void **state)
{
  (void)state;
  char text[100 * 40 + 100];
  size_t used = (size_t)sprintf(text, "id,since,until\n");
  for (int i = 0; i < 100; i++) {
    char left[CHURN_DAY_TEXT_SIZE] = "";
    if (i % 3 == 0)
      churn_day_format(day("2024-01-10") + i * 2, left);
    used += (size_t)sprintf(text + used, "p%02d,2023-%02d-15,%s\n", i, i % 12 + 1, left);
  }
  scratch_write("dated.csv", text);
  made m = train_with(DATED "data_until: 2024-12-31\nsnapshots: {first: 2024-01-01, last: "
                            "2024-06-01, every: 1 month, test_from: 2024-04-10}\n",
                      plain);
  assert_ok(m.status, &m.error);
  /* closed before 04-10: 03-01 + 35 d = 04-05 is, 04-01 + 35 d = 05-06 is not */
  assert_int_equal(m.model->first_as_of, day("2024-01-01"));
  assert_int_equal(m.model->last_as_of, day("2024-03-01"));
  assert_int_equal(m.model->snapshot_count, 3);
  double farthest = 0;
  const char *const days[] = {"2024-01-01", "2024-02-01", "2024-03-01"};
  for (int d = 0; d < 3; d++)
    farthest = fmax(farthest, index_of_day(&m.model->features[0], day(days[d])));
  assert_true(farthest > 0.01);
  assert_close(m.model->features[0].spread, farthest, 1e-12, 0);
  assert_int_equal(m.model->horizon_days, 30);
  assert_int_equal(m.model->gap_days, 5);
  assert_string_equal(m.model->validation_kind, "later_snapshots");
  churn_evaluation e;
  churn_error error = {0};
  churn_evaluate_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                      0};
  assert_ok(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error), &error);
  assert_int_equal(e.first_as_of, day("2024-05-01"));
  assert_int_equal(e.last_as_of, day("2024-06-01"));
  assert_int_equal(e.snapshot_count, 2);
  assert_false(e.in_sample);
  assert_int_equal(e.figures.rows, m.model->validation.rows);
  assert_true(e.figures.log_loss == m.model->validation.log_loss);
  /* an earlier day of the test reaches into the training windows */
  settings.test_from = day("2024-04-04");
  assert_ok(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error), &error);
  assert_false(e.in_sample); /* the first row is still 05-01 */
  settings.test_from = day("2024-03-01");
  assert_ok(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error), &error);
  assert_true(e.in_sample);
  assert_int_equal(e.first_as_of, day("2024-03-01"));
  settings.test_from = day("2024-06-02");
  assert_int_equal(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error),
                   CHURN_DEGENERATE);
  assert_non_null(strstr(error.message, "2024-06-02"));
  done(&m);
}

static void separation_is_named_by_column(void **state)
{
  (void)state;
  char text[40 * 30 + 100];
  size_t used = (size_t)sprintf(text, "id,x,z,gone\n");
  for (int i = 0; i < 40; i++)
    used += (size_t)sprintf(text + used, "r%02d,%d,%d,%d\n", i, i % 3, i, i >= 17);
  scratch_write("customers.csv", text);
  made m = train_with(FLAT "features: customers.*\n", plain);
  assert_int_equal(m.status, CHURN_DEGENERATE);
  assert_non_null(strstr(m.error.message, "column z "));
  assert_non_null(strstr(m.error.message, "penalty: ridge"));
  done(&m);
}

static void a_penalty_is_told_and_shrinks(void **state)
{
  (void)state;
  write_table(1, "0");
  made m =
      train_with(FLAT "features: {x: customers.x}\nfit: {penalty: ridge, lambda: 0.05}\n", plain);
  assert_ok(m.status, &m.error);
  assert_string_equal(m.model->penalty, "ridge");
  assert_true(m.model->lambda == 0.05);
  double b = m.model->columns[0].estimate, a = m.model->intercept.estimate;
  assert_true(b > 0.3 && b < log(5) - 0.1);
  /* at the optimum the gradient of the mean loss is -lambda * deviation^2 * b, 0 for the intercept
   */
  double at_0 = 60 / (1 + exp(-a)) - 15, at_1 = 40 / (1 + exp(-a - b)) - 25;
  assert_close((at_0 + at_1) / 100, 0, 0, 1e-10);
  assert_close(at_1 / 100 + 0.05 * 0.24 * b, 0, 0, 1e-10);
  done(&m);
}

static void evaluation_reports_the_counts_below_its_rows(void **state)
{
  (void)state;
  write_table(3, "0");
  made m = train_with(FLAT "features: {x: customers.x}\n", plain);
  assert_ok(m.status, &m.error);
  churn_evaluation e;
  churn_error error = {0};
  churn_evaluate_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                      0};
  assert_ok(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error), &error);
  assert_true(e.in_sample);
  assert_int_equal(e.capture_count, 3); /* 10, a tenth of 300, 100; 1000 is more than there are */
  assert_int_equal(e.captures[0].count, 10);
  assert_int_equal(e.captures[1].count, 30);
  assert_int_equal(e.captures[2].count, 100);
  /* the riskiest 120 rows have x = 1 and 75 churners among them, 120 churners in all */
  assert_close(e.captures[2].precision, 75 / 120.0, 1e-12, 0);
  assert_close(e.captures[2].captured, 100 * (75 / 120.0) / 120, 1e-12, 0);
  assert_close(e.figures.auc, (75 * 135 + 0.5 * (75 * 45 + 45 * 135)) / (120 * 180.0), 1e-12, 0);
  assert_close(e.observed_rate, 0.4, 1e-14, 0);
  assert_close(e.mean_probability, 0.4, 1e-10, 0);
  assert_int_equal(e.unseen_levels, 0);
  const uint64_t counts[] = {7, 250};
  settings.capture_counts = counts;
  settings.capture_count = 2;
  assert_ok(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error), &error);
  assert_int_equal(e.capture_count, 2);
  assert_int_equal(e.captures[1].count, 250);
  scratch_write("customers.csv", "id,x,gone,same,copy\na,1,,1,1\n");
  assert_int_equal(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error),
                   CHURN_DEGENERATE);
  done(&m);
}

#define SPLIT(share) FLAT "features: {x: customers.x}\nsplit: {test: " share "}\n"

/* A model that held out less than is judged has seen some of the rows; another export is not known.
 */
static void in_sample_goes_by_the_share_that_was_held_out(void **state)
{
  (void)state;
  write_table(3, "0");
  made m = train_with(SPLIT("0.2"), plain);
  assert_ok(m.status, &m.error);
  assert_close(m.model->test_share, 0.2, 0, 0);
  churn_evaluation e;
  churn_error error = {0};
  churn_evaluate_settings settings = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                      0};
  static const struct {
    const char *text;
    bool in_sample;
  } cases[] = {{SPLIT("0.2"), false}, {SPLIT("0.1"), false}, {SPLIT("0.5"), true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    churn_project *project = project_of(cases[i].text);
    assert_ok(churn_evaluate(project, m.model, &settings, NULL, &e, &error), &error);
    assert_int_equal(e.in_sample, cases[i].in_sample);
    assert_true(e.in_sample_known);
    churn_project_free(project);
  }
  write_table(2, "0");
  assert_ok(churn_evaluate(m.project, m.model, &settings, NULL, &e, &error), &error);
  assert_false(e.in_sample);
  assert_false(e.in_sample_known);
  assert_int_equal(e.figures.rows, 200); /* a test file is judged whole */
  done(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_two_by_two_table_is_fitted_exactly),
      cmocka_unit_test(constant_and_collinear_columns_leave_with_a_warning),
      cmocka_unit_test(the_model_tells_types_inputs_and_the_set),
      cmocka_unit_test(what_cannot_be_trained_is_refused),
      cmocka_unit_test(the_training_window_and_the_rows_kept_back_are_told),
      cmocka_unit_test(separation_is_named_by_column),
      cmocka_unit_test(a_penalty_is_told_and_shrinks),
      cmocka_unit_test(evaluation_reports_the_counts_below_its_rows),
      cmocka_unit_test(in_sample_goes_by_the_share_that_was_held_out),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
