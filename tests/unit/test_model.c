/* The model file: what is written is read back, bit for bit.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"
#include "model/file.h"
#include "rich_model.h"
#include "support.h"

#include <fcntl.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_up(void **state)
{
  *state = NULL;
  scratch_make();
  return 0;
}

static churn_model *read_back(const char *path)
{
  churn_error error = {0};
  churn_model *model = NULL;
  assert_ok(churn_model_read(path, &model, &error), &error);
  return model;
}

static void write_to(churn_model *model, const char *path)
{
  churn_error error = {0};
  assert_ok(churn_model_write(model, path, &error), &error);
}

/* Equal bits, but that every NaN is the same. */
static void same(double left, double right)
{
  if (isnan(left) && isnan(right))
    return;
  assert_memory_equal(&left, &right, sizeof left);
}

static void same_text(const char *left, const char *right)
{
  if (left == NULL || right == NULL)
    assert_ptr_equal(left, right);
  else
    assert_string_equal(left, right);
}

static void same_feature(const churn_model_feature *a, const churn_model_feature *b)
{
  same_text(a->name, b->name);
  same_text(a->expression, b->expression);
  same_text(a->label, b->label);
  assert_int_equal(a->kind, b->kind);
  same_text(a->missing_rule, b->missing_rule);
  same(a->fill, b->fill);
  assert_int_equal(a->number_column, b->number_column);
  assert_int_equal(a->missing_column, b->missing_column);
  assert_int_equal(a->other_column, b->other_column);
  same_text(a->reference, b->reference);
  assert_int_equal(a->missing_rows, b->missing_rows);
  assert_int_equal(a->level_count, b->level_count);
  for (size_t i = 0; i < a->level_count; i++) {
    same_text(a->levels[i].text, b->levels[i].text);
    assert_int_equal(a->levels[i].column, b->levels[i].column);
    assert_int_equal(a->levels[i].rows, b->levels[i].rows);
    assert_int_equal(a->levels[i].churners, b->levels[i].churners);
  }
  assert_int_equal(a->bound_count, b->bound_count);
  for (size_t i = 0; i < a->bound_count; i++)
    same(a->bounds[i], b->bounds[i]);
  for (size_t i = 0; a->bin_rows != NULL && i <= a->bound_count; i++)
    assert_int_equal(a->bin_rows[i], b->bin_rows[i]);
  same(a->spread, b->spread);
  assert_int_equal(a->test.df, b->test.df);
  same(a->test.chi2, b->test.chi2);
  same(a->test.p, b->test.p);
  same(a->test.gvif, b->test.gvif);
  same(a->test.scaled_gvif, b->test.scaled_gvif);
}

static void same_column(const churn_model_column *a, const churn_model_column *b)
{
  same_text(a->name, b->name);
  assert_int_equal(a->feature, b->feature);
  assert_int_equal(a->kind, b->kind);
  same(a->mean, b->mean);
  same(a->deviation, b->deviation);
  same(a->estimate, b->estimate);
  same(a->std_error, b->std_error);
  same(a->z, b->z);
  same(a->p, b->p);
  same(a->lower, b->lower);
  same(a->upper, b->upper);
  same(a->odds_ratio, b->odds_ratio);
  same(a->odds_lower, b->odds_lower);
  same(a->odds_upper, b->odds_upper);
  same(a->sd_effect, b->sd_effect);
  same_text(a->condition, b->condition);
  same(a->penalty_factor, b->penalty_factor);
}

static void same_design(const churn_model *a, const churn_model *b)
{
  assert_int_equal(a->feature_count, b->feature_count);
  for (size_t i = 0; i < a->feature_count; i++)
    same_feature(&a->features[i], &b->features[i]);
  assert_int_equal(a->column_count, b->column_count);
  for (size_t i = 0; i < a->column_count; i++)
    same_column(&a->columns[i], &b->columns[i]);
  same_column(&a->intercept, &b->intercept);
  for (size_t i = 0; i < (a->column_count + 1) * (a->column_count + 1); i++)
    same(a->covariance[i], b->covariance[i]);
}

static void same_remarks(const churn_model *a, const churn_model *b)
{
  assert_int_equal(a->dropped_count, b->dropped_count);
  for (size_t i = 0; i < a->dropped_count; i++) {
    same_text(a->dropped[i].name, b->dropped[i].name);
    same_text(a->dropped[i].reason, b->dropped[i].reason);
  }
  assert_int_equal(a->type_count, b->type_count);
  for (size_t i = 0; i < a->type_count; i++) {
    same_text(a->types[i].source, b->types[i].source);
    same_text(a->types[i].column, b->types[i].column);
    same_text(a->types[i].type, b->types[i].type);
  }
  assert_int_equal(a->input_count, b->input_count);
  for (size_t i = 0; i < a->input_count; i++) {
    same_text(a->inputs[i].source, b->inputs[i].source);
    same_text(a->inputs[i].fingerprint, b->inputs[i].fingerprint);
    assert_int_equal(a->inputs[i].rows, b->inputs[i].rows);
  }
  assert_int_equal(a->note_count, b->note_count);
  for (size_t i = 0; i < a->note_count; i++)
    same_text(a->notes[i], b->notes[i]);
}

static void same_figures(const churn_figures *a, const churn_figures *b)
{
  assert_int_equal(a->rows, b->rows);
  assert_int_equal(a->churners, b->churners);
  same(a->auc, b->auc);
  same(a->log_loss, b->log_loss);
  same(a->brier, b->brier);
  same(a->calibration_intercept, b->calibration_intercept);
  same(a->calibration_slope, b->calibration_slope);
  same(a->top_decile_lift, b->top_decile_lift);
}

static void same_fit(const churn_model *a, const churn_model *b)
{
  assert_int_equal(a->first_as_of, b->first_as_of);
  assert_int_equal(a->last_as_of, b->last_as_of);
  assert_int_equal(a->snapshot_count, b->snapshot_count);
  assert_int_equal(a->horizon_days, b->horizon_days);
  assert_int_equal(a->gap_days, b->gap_days);
  assert_int_equal(a->rows, b->rows);
  assert_int_equal(a->churners, b->churners);
  assert_int_equal(a->customers, b->customers);
  same_text(a->penalty, b->penalty);
  same(a->lambda, b->lambda);
  same(a->alpha, b->alpha);
  same_text(a->lambda_rule, b->lambda_rule);
  assert_int_equal(a->folds, b->folds);
  same(a->cv_deviance, b->cv_deviance);
  same(a->cv_std_error, b->cv_std_error);
  same_text(a->covariance_kind, b->covariance_kind);
  same_text(a->test_kind, b->test_kind);
  same_text(a->interval_kind, b->interval_kind);
  assert_int_equal(a->dependent_rows, b->dependent_rows);
  assert_int_equal(a->churned_customers, b->churned_customers);
  same(a->aic, b->aic);
  same(a->bic, b->bic);
  same(a->mcfadden_r2, b->mcfadden_r2);
  same(a->log_likelihood, b->log_likelihood);
  same(a->null_log_likelihood, b->null_log_likelihood);
  same(a->penalised_objective, b->penalised_objective);
  assert_int_equal(a->iterations, b->iterations);
  same(a->max_gradient, b->max_gradient);
  same_text(a->stopped_by, b->stopped_by);
  assert_int_equal(a->converged, b->converged);
  same_figures(&a->training, &b->training);
  same_figures(&a->validation, &b->validation);
  same_text(a->validation_kind, b->validation_kind);
}

static void same_calibration(const churn_model *a, const churn_model *b)
{
  const churn_model_out_of_fold *o = &a->out_of_fold, *p = &b->out_of_fold;
  const churn_recalibration *r = &a->recalibration, *q = &b->recalibration;
  assert_int_equal(o->folds, p->folds);
  same_figures(&o->figures, &p->figures);
  same_text(o->error_kind, p->error_kind);
  same(o->intercept_error, p->intercept_error);
  same(o->intercept_lower, p->intercept_lower);
  same(o->intercept_upper, p->intercept_upper);
  same(o->slope_error, p->slope_error);
  same(o->slope_lower, p->slope_lower);
  same(o->slope_upper, p->slope_upper);
  assert_int_equal(o->bin_count, p->bin_count);
  for (size_t i = 0; i < o->bin_count; i++) {
    assert_int_equal(o->bins[i].rows, p->bins[i].rows);
    assert_int_equal(o->bins[i].churners, p->bins[i].churners);
    same(o->bins[i].mean_predicted, p->bins[i].mean_predicted);
    same(o->bins[i].observed, p->bins[i].observed);
    same(o->bins[i].lower, p->bins[i].lower);
    same(o->bins[i].upper, p->bins[i].upper);
  }
  same_text(r->asked, q->asked);
  same_text(r->method, q->method);
  same(r->intercept, q->intercept);
  same(r->slope, q->slope);
  same(r->log_loss_before, q->log_loss_before);
  same(r->log_loss_after, q->log_loss_after);
  assert_int_equal(r->knot_count, q->knot_count);
  for (size_t i = 0; i < r->knot_count; i++) {
    same(r->knots[i].logit, q->knots[i].logit);
    same(r->knots[i].probability, q->knots[i].probability);
  }
}

static void same_model(const churn_model *a, const churn_model *b)
{
  assert_int_equal(a->schema_version, b->schema_version);
  assert_string_equal(a->id, b->id);
  same_text(a->program, b->program);
  same_text(a->set, b->set);
  same_design(a, b);
  same_remarks(a, b);
  same_fit(a, b);
  same_calibration(a, b);
}

static void every_field_survives_the_file(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  const char *path = scratch_path("model.json");
  write_to(model, path);
  churn_model *back = read_back(path);
  assert_int_equal(strlen(back->id), 32);
  same_model(model, back);
  churn_model_free(back);
  churn_model_free(model);
}

/* A flat export's model has no days; a failed validation has no figures; nothing need be listed. */
static void a_model_with_nothing_optional_survives_the_file(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  model->first_as_of = model->last_as_of = CHURN_DAY_MISSING;
  model->converged = false;
  for (size_t i = 0; i < model->feature_count; i++) {
    model->features[i].number_column = model->features[i].missing_column = -1;
    model->features[i].other_column = -1;
    for (size_t l = 0; l < model->features[i].level_count; l++)
      model->features[i].levels[l].column = -1;
  }
  size_t columns = model->column_count;
  model->column_count = 0;
  size_t notes = model->note_count;
  model->note_count = 0;
  model->training.auc = NAN;
  const char *path = scratch_path("model.json");
  write_to(model, path);
  churn_model *back = read_back(path);
  same_model(model, back);
  churn_model_free(back);
  model->column_count = columns;
  model->note_count = notes;
  churn_model_free(model);
}

static void assert_same_files(const char *left, const char *right)
{
  size_t left_length, right_length;
  char *a = file_read(left, &left_length), *b = file_read(right, &right_length);
  assert_non_null(a);
  assert_non_null(b);
  assert_int_equal(left_length, right_length);
  assert_memory_equal(a, b, left_length);
  free(a);
  free(b);
}

static void the_same_model_gives_the_same_bytes(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  write_to(model, scratch_path("one.json"));
  write_to(model, scratch_path("two.json"));
  assert_same_files(scratch_path("one.json"), scratch_path("two.json"));
  churn_model_free(model);
}

static void a_model_read_and_written_again_has_the_same_bytes(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  write_to(model, scratch_path("one.json"));
  churn_model *back = read_back(scratch_path("one.json"));
  write_to(back, scratch_path("two.json"));
  assert_same_files(scratch_path("one.json"), scratch_path("two.json"));
  churn_model_free(back);
  churn_model_free(model);
}

static void one_changed_bit_of_a_coefficient_changes_the_id(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  char before[33];
  write_to(model, scratch_path("model.json"));
  memcpy(before, model->id, sizeof before);
  model->columns[1].estimate = nextafter(model->columns[1].estimate, INFINITY);
  write_to(model, scratch_path("model.json"));
  assert_string_not_equal(before, model->id);
  churn_model_free(model);
}

/* The recipe that file.h gives: the hash of everything after the third line. */
static void the_id_is_the_hash_of_what_follows_its_line(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  write_to(model, scratch_path("model.json"));
  size_t length;
  char *bytes = file_read(scratch_path("model.json"), &length), *rest = bytes, expected[33];
  for (int line = 0; line < 3; line++)
    rest = strchr(rest, '\n') + 1;
  churn_hash_text(rest, length - (size_t)(rest - bytes), expected);
  assert_string_equal(model->id, expected);
  free(bytes);
  churn_model_free(model);
}

static void the_file_is_laid_out_for_people_and_diff(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  write_to(model, scratch_path("model.json"));
  char *text = file_read(scratch_path("model.json"), NULL);
  assert_non_null(
      strstr(text, "\n    {\"name\": \"trend\", \"feature\": 1, \"kind\": \"number\", "));
  assert_non_null(strstr(text, "\n        {\"text\": \"a=b\", \"column\": -1, \"rows\": 97, "
                               "\"churners\": 12},\n"));
  assert_non_null(strstr(text, "\"text\": \"\\u0001\\n\\r\\b\\f\\u007f\\\"\""));
  assert_non_null(strstr(text, "\"label\": \"R\303\251gion\\t(Land)\""));
  assert_non_null(strstr(text, "\"first_as_of\": \"2024-01-01\",\n"));
  assert_non_null(strstr(text, "\"fill\": -0.0,\n"));
  assert_non_null(strstr(text, "\"calibration_slope\": null,\n"));
  assert_non_null(strstr(text, "\"calibration_slope\": 0.9999999999999999,\n"));
  size_t length = strlen(text);
  assert_string_equal(text + length - 8, "]\n  ]\n}\n");
  free(text);
  churn_model_free(model);
}

static int compare_numbers(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

/* Edges, and doubles of random bits (xorshift64), ascending and each once. */
static size_t make_numbers(double *numbers, size_t count)
{
  static const double edges[] = {0.0,     1e15,     999999999999999.0,      1e17,
                                 1e-5,    DBL_MIN,  9007199254740993.0,     9223372036854775808.0,
                                 DBL_MAX, -DBL_MAX, 18446744073709551616.0, 5e-324,
                                 1e21,    1e23,     123456789012345678.0,   -1e15};
  uint64_t bits = 88172645463325252u;
  size_t used = sizeof edges / sizeof edges[0], kept = 1;
  memcpy(numbers, edges, sizeof edges);
  while (used < count) {
    bits ^= bits << 13;
    bits ^= bits >> 7;
    bits ^= bits << 17;
    memcpy(&numbers[used], &bits, sizeof bits);
    used += isfinite(numbers[used]);
  }
  qsort(numbers, count, sizeof *numbers, compare_numbers);
  for (size_t i = 1; i < count; i++)
    if (numbers[i] != numbers[kept - 1])
      numbers[kept++] = numbers[i];
  return kept;
}

static void every_double_reads_back_to_the_same_bits(void **state)
{
  (void)state;
  enum { NUMBERS = 20000 };
  churn_model *model = rich_model_new();
  churn_model_feature *f = &model->features[0];
  free(f->bounds);
  free(f->bin_rows);
  f->bounds = calloc(NUMBERS, sizeof *f->bounds);
  f->bin_rows = calloc(NUMBERS + 1, sizeof *f->bin_rows);
  f->bound_count = make_numbers(f->bounds, NUMBERS);
  f->bin_rows[0] = model->rows;
  write_to(model, scratch_path("model.json"));
  churn_model *back = read_back(scratch_path("model.json"));
  same_feature(f, &back->features[0]);
  churn_model_free(back);
  churn_model_free(model);
}

/* Switches to a locale with a decimal comma: an installed one, or one made for the occasion. */
static bool use_decimal_comma(void)
{
  char command[2048];
  if (setlocale(LC_ALL, "de_DE.UTF-8") != NULL)
    return true;
  snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 '%s' >/dev/null 2>&1",
           scratch_path("de_DE.UTF-8"));
  if (system(command) != 0 || setenv("LOCPATH", scratch_path("."), 1) != 0)
    return false;
  return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static void a_locale_with_a_decimal_comma_changes_nothing(void **state)
{
  (void)state;
  if (!use_decimal_comma()) {
    print_message("there is no locale with a decimal comma\n");
    skip();
  }
  char comma[8];
  snprintf(comma, sizeof comma, "%.1f", 0.5);
  assert_string_equal(comma, "0,5");
  churn_model *model = rich_model_new();
  write_to(model, scratch_path("comma.json"));
  churn_model *back = read_back(scratch_path("comma.json"));
  setlocale(LC_ALL, "C");
  write_to(model, scratch_path("point.json"));
  assert_same_files(scratch_path("comma.json"), scratch_path("point.json"));
  same_model(model, back);
  churn_model_free(back);
  churn_model_free(model);
}

static void forget_inference(churn_model_column *column)
{
  column->std_error = column->z = column->p = column->lower = column->upper = NAN;
}

/* What a lasso leaves: no standard errors, no covariance. */
static churn_model *lasso_model_new(void)
{
  churn_model *model = rich_model_new();
  free(model->covariance);
  model->covariance = NULL;
  strcpy(model->covariance_kind, "none");
  forget_inference(&model->intercept);
  for (size_t c = 0; c < model->column_count; c++)
    forget_inference(&model->columns[c]);
  return model;
}

static void a_model_without_standard_errors_is_read_back(void **state)
{
  (void)state;
  churn_model *model = lasso_model_new();
  write_to(model, scratch_path("lasso.json"));
  churn_model *back = read_back(scratch_path("lasso.json"));
  assert_null(back->covariance);
  same_column(&back->intercept, &model->intercept);
  assert_true(isnan(back->columns[3].std_error) && isnan(back->columns[3].upper));
  for (size_t c = 0; c < model->column_count; c++)
    same_column(&back->columns[c], &model->columns[c]);
  same_fit(back, model);
  churn_model_free(model);
  churn_model_free(back);
}

/* Writes a broken model over a good file: refused by name, and the good file stays. */
static void refuses(churn_model *model, const char *message)
{
  churn_error error = {0};
  char id[33];
  memcpy(id, model->id, sizeof id);
  const char *path = scratch_write("model.json", "what stood here before");
  assert_int_equal(churn_model_write(model, path, &error), CHURN_INTERNAL);
  if (strstr(error.message, message) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", error.message, message);
  assert_non_null(strstr(error.message, "the model cannot be written: "));
  assert_string_equal(model->id, id);
  char *text = file_read(path, NULL);
  assert_string_equal(text, "what stood here before");
  free(text);
}

static void a_model_that_could_not_be_read_is_not_written(void **state)
{
  (void)state;
  churn_model *m = rich_model_new();
#define WITH(place, wrong, message)                                                                \
  do {                                                                                             \
    __typeof__(place) right = (place);                                                             \
    (place) = (wrong);                                                                             \
    refuses(m, message);                                                                           \
    (place) = right;                                                                               \
  } while (0)
  char not_utf8[] = "caf\351", surrogate[] = "\355\240\200", overlong[] = "\300\257";
  WITH(m->columns[2].estimate, NAN, "columns[2].estimate is nan; expected a finite number");
  WITH(m->covariance[10], INFINITY, "covariance[1][1] is inf; expected a finite number");
  WITH(m->columns[0].deviation, 0.0, "columns[0].deviation is 0; expected more than 0");
  WITH(m->set, NULL, "set is not set; expected a text");
  WITH(m->covariance, NULL,
       "covariance must be an array where fit.covariance_kind is \"clustered\"");
  WITH(m->columns[1].std_error, NAN, "std_error must be a number where fit.covariance_kind is");
  WITH(m->intercept.upper, INFINITY, "intercept.upper is inf; expected a finite number");
  WITH(m->notes[1], not_utf8, "notes[1] is not UTF-8");
  WITH(m->notes[0], surrogate, "notes[0] is not UTF-8");
  WITH(m->features[3].label, overlong, "features[3].label is not UTF-8");
  WITH(m->features[1].bin_rows, NULL, "features[1].bin_rows is not set; expected 4 elements");
  WITH(m->rows, (uint64_t)INT64_MAX + 1, "training.rows is above 2^63 - 1");
  WITH(m->first_as_of, CHURN_DAY_LAST + 1, "training.first_as_of is day number 2932897");
  WITH(m->gap_days, -1, "training.gap_days is -1; expected 0 or more");
  WITH(m->features[3].kind, (churn_feature_kind)7, "features[3].kind is 7, which is no kind");
  WITH(m->features[3].levels[2].column, 99,
       "features[3].levels[2].column is 99; expected -1 or a column number below 8");
  WITH(m->columns[3].feature, 5, "columns[3].feature is 5; expected a feature number below 5");
#undef WITH
  write_to(m, scratch_path("model.json"));
  churn_model_free(m);
}

static void writing_to_a_full_disk_is_an_error(void **state)
{
  (void)state;
  if (access("/dev/full", W_OK) != 0) {
    print_message("there is no /dev/full\n");
    skip();
  }
  churn_error error = {0};
  churn_model *model = rich_model_new();
  assert_int_equal(churn_model_write(model, "/dev/full", &error), CHURN_IO);
  assert_non_null(strstr(error.message, "No space left on device"));
  assert_string_equal(model->id, "");
  assert_int_equal(model->schema_version, 0);
  churn_model_free(model);
}

static void writing_into_a_missing_folder_is_an_error(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = rich_model_new();
  const char *path = scratch_path("nowhere/model.json");
  assert_int_equal(churn_model_write(model, path, &error), CHURN_CANNOT_CREATE);
  assert_string_equal(error.file, path);
  churn_model_free(model);
}

static void a_missing_file_and_a_folder_are_told_apart(void **state)
{
  (void)state;
  churn_error error = {0};
  churn_model *model = NULL;
  assert_int_equal(churn_model_read(scratch_path("none.json"), &model, &error), CHURN_NO_INPUT);
  assert_int_equal(churn_model_read(scratch_path("."), &model, &error), CHURN_IO);
  assert_null(model);
}

static void a_dash_reads_standard_input(void **state)
{
  (void)state;
  churn_model *model = rich_model_new();
  write_to(model, scratch_path("model.json"));
  int before = dup(STDIN_FILENO), file = open(scratch_path("model.json"), O_RDONLY);
  assert_true(before >= 0 && file >= 0 && dup2(file, STDIN_FILENO) == STDIN_FILENO);
  churn_model *back = read_back("-");
  assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
  close(before);
  close(file);
  same_model(model, back);
  churn_model_free(back);
  churn_model_free(model);
}

static void freeing_nothing_and_an_empty_model_is_fine(void **state)
{
  (void)state;
  churn_model_free(NULL);
  churn_model *model = churn_model_new();
  assert_non_null(model);
  model->feature_count = model->column_count = model->note_count = 3;
  churn_model_free(model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
  const struct CMUnitTest tests[] = {
      TEST(every_field_survives_the_file),
      TEST(a_model_with_nothing_optional_survives_the_file),
      TEST(the_same_model_gives_the_same_bytes),
      TEST(a_model_read_and_written_again_has_the_same_bytes),
      TEST(one_changed_bit_of_a_coefficient_changes_the_id),
      TEST(the_id_is_the_hash_of_what_follows_its_line),
      TEST(the_file_is_laid_out_for_people_and_diff),
      TEST(every_double_reads_back_to_the_same_bits),
      TEST(a_locale_with_a_decimal_comma_changes_nothing),
      TEST(a_model_without_standard_errors_is_read_back),
      TEST(a_model_that_could_not_be_read_is_not_written),
      TEST(writing_to_a_full_disk_is_an_error),
      TEST(writing_into_a_missing_folder_is_an_error),
      TEST(a_missing_file_and_a_folder_are_told_apart),
      TEST(a_dash_reads_standard_input),
      TEST(freeing_nothing_and_an_empty_model_is_fine),
  };
  return cmocka_run_group_tests_name("model file", tests, NULL, NULL);
}
