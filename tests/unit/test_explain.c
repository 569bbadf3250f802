/* From a project to what its model lets one conclude: which covariance, which tests, which
 * intervals, and which warnings, for one row a customer and for several.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "made_up.h"

#include <churn/churn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CUSTOMERS = 400 };

static churn_notes *notes;
static churn_model *model;

/* A flat line for each customer; labels on `days` days, of which a churner has 1 on the last two.
 */
static void write_world(int days)
{
  char *customers = malloc(1 << 20), *labels = malloc(1 << 20), *c = customers, *l = labels;
  uint64_t stream = 20;
  c += sprintf(c, "id,size,plan\n");
  l += sprintf(l, "id,day,churned\n");
  for (int i = 0; i < CUSTOMERS; i++) {
    double size = uniform(&stream) * 40, draw = uniform(&stream);
    int plan = (int)(uniform(&stream) * 3);
    bool leaves = draw < 1 / (1 + exp(1.3 - 0.03 * size - 0.4 * plan));
    c += sprintf(c, "%d,%.3f,%c\n", i, size, "abc"[plan]);
    for (int d = 0; d < days; d++)
      l += sprintf(l, "%d,2024-0%d-01,%d\n", i, 1 + d, leaves && d >= days - 2);
  }
  scratch_write("customers.csv", customers);
  scratch_write("labels.csv", labels);
  free(customers);
  free(labels);
}

static void train(int days, const char *fit)
{
  static const char project_text[] =
      "version: 1\n"
      "customers: {from: customers.csv, id: id, columns: {size: {type: number, static: true}, "
      "plan: "
      "{type: category, static: true}}}\n"
      "outcome: {from: labels.csv, id: id, day: day, churned: churned, horizon: 90d}\n"
      "features: {size: customers.size, plan: {is: customers.plan, reference: a}}\n"
      "fit: %s\n";
  char text[1024];
  churn_project *project = NULL;
  churn_error error = {0};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  notes = churn_notes_new();
  churn_run run = {.notes = notes};
  scratch_make();
  write_world(days);
  snprintf(text, sizeof text, project_text, fit);
  assert_ok(churn_project_read(scratch_write("churn.yaml", text), NULL, 0, NULL, &project, &error),
            &error);
  assert_ok(churn_train(project, &settings, &run, &model, &error), &error);
  churn_project_free(project);
  scratch_remove();
}

static int clear(void **state)
{
  (void)state;
  churn_model_free(model);
  churn_notes_free(notes);
  model = NULL;
  notes = NULL;
  return 0;
}

static const char *note_text(const char *code)
{
  for (size_t i = 0; i < churn_notes_count(notes); i++)
    if (strcmp(churn_notes_get(notes, i)->code, code) == 0)
      return churn_notes_get(notes, i)->text;
  return NULL;
}

static double std_error_of_size(void)
{
  assert_string_equal(model->columns[0].name, "size");
  return model->columns[0].std_error;
}

static void several_rows_of_a_customer_are_clustered(void **state)
{
  (void)state;
  train(3, "{covariance: auto}");
  assert_int_equal(model->rows, 3 * CUSTOMERS);
  assert_string_equal(model->covariance_kind, "clustered");
  assert_string_equal(model->test_kind, "wald");
  assert_string_equal(model->interval_kind, "wald");
  assert_true(model->dependent_rows);
  assert_int_equal(model->churners, 2 * model->churned_customers);
  assert_close(sqrt(model->covariance[1 * 4 + 1]), std_error_of_size(), 1e-15, 0);
  assert_int_equal(model->features[0].test.df, 1);
  assert_close(model->features[0].test.chi2, model->columns[0].z * model->columns[0].z, 1e-12, 0);
  assert_int_equal(model->features[1].test.df, 2);
  assert_true(model->features[1].test.p > 0 && model->features[1].test.p < 1);
  assert_null(note_text("dependent_rows"));
}

/* Three rows that say the same, taken for independent, look like more evidence than they are. */
static void the_models_covariance_on_dependent_rows_is_smaller_and_warned_of(void **state)
{
  (void)state;
  train(3, "{covariance: clustered}");
  double clustered = std_error_of_size();
  clear(NULL);
  train(3, "{covariance: robust}");
  double robust = std_error_of_size();
  assert_string_equal(model->covariance_kind, "robust");
  assert_non_null(strstr(note_text("dependent_rows"), "400 customers have 1200 rows"));
  clear(NULL);
  train(3, "{covariance: model}");
  assert_string_equal(model->covariance_kind, "model");
  assert_string_equal(model->test_kind, "likelihood_ratio");
  assert_true(model->dependent_rows);
  assert_non_null(strstr(note_text("dependent_rows"), "the covariance (model)"));
  assert_true(clustered > 1.2 * std_error_of_size());
  assert_true(clustered > 1.2 * robust);
}

static void one_row_a_customer_has_the_models_covariance_and_ratio_tests(void **state)
{
  (void)state;
  train(1, "{covariance: auto}");
  assert_string_equal(model->covariance_kind, "model");
  assert_string_equal(model->test_kind, "likelihood_ratio");
  assert_false(model->dependent_rows);
  assert_int_equal(model->churned_customers, model->churners);
  assert_close(model->aic, 2 * 4 - 2 * model->log_likelihood, 1e-14, 0);
  assert_close(model->bic, 4 * log(CUSTOMERS) - 2 * model->log_likelihood, 1e-14, 0);
  assert_string_equal(model->columns[0].condition, "ok");
  assert_close(model->columns[0].odds_ratio, exp(model->columns[0].estimate), 1e-14, 0);
}

static void profile_intervals_come_on_request(void **state)
{
  (void)state;
  train(1, "{intervals: profile}");
  const churn_model_column *size = &model->columns[0];
  assert_string_equal(model->interval_kind, "profile");
  assert_true(fabs(size->lower + size->upper - 2 * size->estimate) > 1e-3 * size->std_error);
  assert_close(size->upper - size->lower, 2 * 1.96 * size->std_error, 0.02, 0);
  assert_null(note_text("wald_intervals"));
}

static void profile_intervals_of_dependent_rows_are_refused_in_words(void **state)
{
  (void)state;
  train(3, "{intervals: profile}");
  assert_string_equal(model->interval_kind, "wald");
  assert_non_null(strstr(note_text("wald_intervals"), "independent rows"));
  clear(NULL);
  train(3, "{intervals: profile, covariance: model}");
  assert_string_equal(model->interval_kind, "wald");
}

/* Few rows: waiting for them takes no override. */
static void firths_profiles_can_be_had_whatever_they_take(void **state)
{
  (void)state;
  train(1, "{penalty: firth, intervals: profile_always, out_of_fold: no}");
  assert_string_equal(model->interval_kind, "profile");
  double upper = model->columns[0].upper;
  clear(NULL);
  train(1, "{penalty: firth, intervals: profile, out_of_fold: no}");
  assert_close(model->columns[0].upper, upper, 0, 0);
  assert_null(note_text("wald_intervals"));
}

static void without_a_covariance_there_are_estimates_alone(void **state)
{
  (void)state;
  train(3, "{penalty: lasso, lambda: 0.002, covariance: clustered, intervals: profile}");
  assert_string_equal(model->covariance_kind, "none");
  assert_string_equal(model->test_kind, "none");
  assert_string_equal(model->interval_kind, "none");
  assert_non_null(strstr(note_text("no_standard_errors"), "fit.covariance and fit.intervals"));
  assert_null(model->covariance);
  assert_true(model->dependent_rows);
  assert_true(model->churned_customers > 40 && model->churned_customers < CUSTOMERS);
  assert_true(isnan(model->aic) && isnan(model->bic));
  assert_close(model->mcfadden_r2, 1 - model->log_likelihood / model->null_log_likelihood, 1e-15,
               0);
  for (size_t c = 0; c < model->column_count; c++) {
    const churn_model_column *column = &model->columns[c];
    assert_true(column->estimate != 0);
    assert_close(column->odds_ratio, exp(column->estimate), 1e-15, 0);
    assert_true(isnan(column->std_error) && isnan(column->odds_upper) && isnan(column->sd_effect));
    assert_string_equal(column->condition, "not_judged");
  }
  assert_int_equal(model->features[0].test.df, 1);
  assert_int_equal(model->features[1].test.df, 2); /* plans b and c */
  assert_true(isnan(model->features[1].test.chi2) && isnan(model->features[1].test.gvif));
  clear(NULL);
  train(3, "{penalty: lasso, lambda: 0.002}");
  assert_null(note_text("no_standard_errors"));
}

/* Lambda 0.3 times a factor of 0.5 is lambda 0.15, in the sandwich and the conditions, too. */
static void the_factors_of_a_ridge_count_in_the_inference(void **state)
{
  (void)state;
  double errors[3], effects[3], chi2;
  train(3, "{penalty: ridge, lambda: 0.15}");
  assert_string_equal(model->covariance_kind, "clustered");
  for (size_t c = 0; c < 3; c++) {
    errors[c] = model->columns[c].std_error;
    effects[c] = model->columns[c].sd_effect;
  }
  chi2 = model->features[1].test.chi2;
  assert_true(isnan(model->aic));
  clear(NULL);
  train(3, "{penalty: ridge, lambda: 0.3, factors: {\"*\": 0.5}}");
  for (size_t c = 0; c < 3; c++) {
    assert_close(model->columns[c].std_error, errors[c], 1e-9, 0);
    assert_close(model->columns[c].sd_effect, effects[c], 1e-9, 0);
    assert_string_equal(model->columns[c].condition, "ok");
  }
  assert_close(model->features[1].test.chi2, chi2, 1e-8, 0);
  clear(NULL);
  train(3, "{penalty: ridge, lambda: 0.3}");
  assert_true(std_error_of_size() < 0.9 * errors[0]);
}

/* 12 churners of 2 rows each are 12, not 24: below 10 for each of two coefficients. */
static void churners_are_counted_as_distinct_customers(void **state)
{
  (void)state;
  train(3, "{covariance: auto}");
  uint64_t customers = model->churned_customers;
  assert_true(customers > 4 * 10);
  assert_null(note_text("few_churners"));
  clear(NULL);
  char text[16384], *t = text;
  t += sprintf(t, "id,day,churned\n");
  for (int i = 0; i < CUSTOMERS; i++)
    for (int d = 1; d <= 2; d++)
      t += sprintf(t, "%d,2024-0%d-01,%d\n", i, d, i % 36 == 0);
  scratch_make();
  char size[16384], *s = size;
  s += sprintf(s, "id,size\n");
  for (int i = 0; i < CUSTOMERS; i++)
    s += sprintf(s, "%d,%d\n", i, i * 37 % 101);
  scratch_write("labels.csv", text);
  scratch_write("customers.csv", size);
  churn_project *project = NULL;
  churn_error error = {0};
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  notes = churn_notes_new();
  churn_run run = {.notes = notes};
  const char *path = scratch_write(
      "churn.yaml",
      "version: 1\n"
      "customers: {from: customers.csv, id: id, columns: {size: {type: number, static: true}}}\n"
      "outcome: {from: labels.csv, id: id, day: day, churned: churned, horizon: 90d}\n"
      "features: {size: customers.size}\n");
  assert_ok(churn_project_read(path, NULL, 0, NULL, &project, &error), &error);
  assert_ok(churn_train(project, &settings, &run, &model, &error), &error);
  assert_int_equal(model->churners, 24);
  assert_int_equal(model->churned_customers, 12);
  assert_non_null(strstr(note_text("few_churners"), "12 distinct customers churned for 2 coeff"));
  churn_project_free(project);
  scratch_remove();
}

#ifdef CHURN_PROGRAM
/* Places a line takes on a terminal; the text below has no wide letters. */
static size_t line_width(const char *line)
{
  size_t width = 0;
  for (; *line != '\0' && *line != '\n'; line++)
    width += ((unsigned char)*line & 0xC0) != 0x80;
  return width;
}

typedef struct printed {
  size_t widest, cut; /* of indented lines: places of the widest, how many hold an ellipsis */
} printed;

static printed read_table(FILE *output)
{
  char line[512];
  printed found = {0, 0};
  while (fgets(line, sizeof line, output) != NULL) {
    line[strcspn(line, "\r\n")] = '\0'; /* a terminal has both */
    size_t length = strlen(line);
    if (line[0] != ' ')
      continue;
    found.widest = line_width(line) > found.widest ? line_width(line) : found.widest;
    found.cut += strstr(line, "\342\200\246") != NULL;
    assert_int_not_equal(line[length - 1], ' ');
  }
  return found;
}

/* A pseudo-terminal, or -1 where the machine has none (a bare chroot). */
static int open_terminal(void)
{
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0)
    return terminal;
  if (terminal >= 0)
    close(terminal);
  return -1;
}

/* What the command prints into a pipe, or on a terminal. */
static printed run_printed(const char *command, bool on_terminal)
{
  char whole[2200];
  int terminal = on_terminal ? open_terminal() : -1;
  assert_true(!on_terminal || terminal >= 0);
  snprintf(whole, sizeof whole, on_terminal ? "%s > %s" : "%s", command,
           on_terminal ? ptsname(terminal) : "");
  FILE *output = popen(whole, "r"), *screen = on_terminal ? fdopen(terminal, "r") : NULL;
  assert_non_null(output);
  printed found = read_table(on_terminal ? screen : output);
  assert_int_equal(pclose(output), 0);
  if (screen != NULL)
    fclose(screen);
  return found;
}

static void the_table_fits_a_hundred_columns_of_a_terminal(void **state)
{
  (void)state;
  char command[2048];
  int terminal = open_terminal();
  if (terminal < 0) {
    print_message("no pseudo-terminal can be had here\n");
    skip();
  }
  close(terminal);
  scratch_make();
  write_world(3);
  const char *path = scratch_write(
      "churn.yaml",
      "version: 1\n"
      "customers: {from: customers.csv, id: id, columns: {size: {type: number, static: true}, "
      "plan: "
      "{type: category, static: true}}}\n"
      "outcome: {from: labels.csv, id: id, day: day, churned: churned, horizon: 90d}\n"
      "features:\n"
      "  a_feature_whose_name_goes_on_and_on_and_on_till_nobody_reads_it_any_more_and_then_some: "
      "customers.size * 1e-9\n"
      "  gr\303\266\303\237e_in_vielen_\303\274berlangen_w\303\266rtern_und_noch_einem_mehr: "
      "customers.plan\n");
  snprintf(command, sizeof command, CHURN_PROGRAM " train %s -o %s", path, scratch_path("m.json"));
  printed on_terminal = run_printed(command, true), in_pipe = run_printed(command, false);
  assert_int_equal(on_terminal.widest, 100);
  assert_int_equal(on_terminal.cut, 3 + 1); /* three columns; of the features only the first is */
  assert_true(in_pipe.widest > 140);
  assert_int_equal(in_pipe.cut, 0);
  scratch_remove();
}
#endif

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(several_rows_of_a_customer_are_clustered, clear),
      cmocka_unit_test_teardown(the_models_covariance_on_dependent_rows_is_smaller_and_warned_of,
                                clear),
      cmocka_unit_test_teardown(one_row_a_customer_has_the_models_covariance_and_ratio_tests,
                                clear),
      cmocka_unit_test_teardown(profile_intervals_come_on_request, clear),
      cmocka_unit_test_teardown(profile_intervals_of_dependent_rows_are_refused_in_words, clear),
      cmocka_unit_test_teardown(firths_profiles_can_be_had_whatever_they_take, clear),
      cmocka_unit_test_teardown(without_a_covariance_there_are_estimates_alone, clear),
      cmocka_unit_test_teardown(the_factors_of_a_ridge_count_in_the_inference, clear),
      cmocka_unit_test_teardown(churners_are_counted_as_distinct_customers, clear),
#ifdef CHURN_PROGRAM
      cmocka_unit_test(the_table_fits_a_hundred_columns_of_a_terminal),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
