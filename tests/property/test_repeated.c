/* A row that stands for n equal rows, and those n rows: the same answer everywhere, to rounding.
 * Fits of every kind, paths, cross-validation, inference, figures of an evaluation, and a training
 * from files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/figures.h"
#include "fit/cross_validate.h"
#include "fit/firth.h"
#include "fit/inference.h"
#include "made_up.h"
#include "opened.h"

#include <churn/churn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1100, COLUMNS = 5, N = COLUMNS + 1, FOLDS = 4, CUSTOMERS = 3 };

/* 0 to 4 copies. */
static size_t copies_of(size_t row)
{
  return row * 7919 % 1009 % 5;
}

/* Both matrices, with the row of `once` that each row of `spread` is. A cluster is CUSTOMERS rows
 * of equal weight; its copies are clusters of their own. */
typedef struct pair {
  churn_matrix *once, *spread;
  size_t *from;
} pair;

static void copy_row(const pair *p, size_t to, size_t from)
{
  p->from[to] = from;
  p->spread->y[to] = p->once->y[from];
  p->spread->offset[to] = p->once->offset[from];
  for (size_t c = 0; c < COLUMNS; c++)
    *cell_of(p->spread, to, c) = *cell_of(p->once, from, c);
}

static pair pair_of(bool clustered)
{
  size_t rows = 0, to = 0, step = clustered ? CUSTOMERS : 1;
  uint32_t number = 0;
  churn_error error;
  pair p = {.once = made_up(ROWS - ROWS % CUSTOMERS, COLUMNS, 61)};
  offset_rows(p.once, 8);
  p.once->repeated = true;
  p.once->cluster = malloc(p.once->rows * sizeof *p.once->cluster);
  for (size_t r = 0; r < p.once->rows; r++) {
    p.once->cluster[r] = (uint32_t)(r / step);
    p.once->weight[r] = (double)copies_of(r / step);
    rows += copies_of(r / step);
  }
  p.spread = matrix_of(rows, COLUMNS);
  p.from = malloc(rows * sizeof *p.from);
  p.spread->cluster = malloc(rows * sizeof *p.spread->cluster);
  assert_ok(churn_matrix_add_offset(p.spread, &error), &error);
  for (size_t first = 0; first < p.once->rows; first += step)
    for (size_t i = 0; i < copies_of(first / step); i++, number++)
      for (size_t r = first; r < first + step; r++, to++) {
        copy_row(&p, to, r);
        p.spread->cluster[to] = number;
      }
  assert_int_equal(to, rows);
  return p;
}

static void pair_free(pair *p)
{
  churn_matrix_free(p->once);
  churn_matrix_free(p->spread);
  free(p->from);
}

typedef struct answer {
  churn_scaled scaled;
  churn_fit_report report;
  double coefficients[N], covariance[N * N], means[COLUMNS], deviations[COLUMNS];
} answer;

static churn_fit_result places_of(answer *a)
{
  return (churn_fit_result){a->coefficients, a->covariance, a->means, a->deviations};
}

static void check_same(const answer *a, const answer *b)
{
  for (size_t j = 0; j < N; j++)
    assert_close(a->coefficients[j], b->coefficients[j], 1e-10, 1e-13);
  for (size_t i = 0; i < N * N; i++)
    assert_close(a->covariance[i], b->covariance[i], 1e-9, 1e-12);
  for (size_t c = 0; c < COLUMNS; c++) {
    assert_close(a->means[c], b->means[c], 1e-13, 0);
    assert_close(a->deviations[c], b->deviations[c], 1e-13, 0);
  }
  assert_close(a->report.log_likelihood, b->report.log_likelihood, 1e-12, 0);
  assert_close(a->report.null_log_likelihood, b->report.null_log_likelihood, 1e-12, 0);
}

static answer fit_firth(const churn_matrix *m)
{
  answer a;
  churn_error error;
  churn_scaled data;
  churn_matrix *work = matrix_copy(m);
  churn_fit_result result = places_of(&a);
  assert_ok(churn_scaled_take(work, NULL, &data, &error), &error);
  assert_ok(churn_firth_fit(&data, NULL, &result, &a.report, &error), &error);
  churn_scaled_clear(&data);
  churn_matrix_free(work);
  return a;
}

static answer fit_newton(const churn_matrix *m, double lambda)
{
  answer a;
  churn_error error;
  churn_matrix *work = matrix_copy(m);
  churn_fit_settings settings = {.ridge_lambda = lambda};
  churn_fit_result result = places_of(&a);
  assert_ok(churn_fit_logistic(work, &settings, NULL, &result, &a.report, &error), &error);
  churn_matrix_free(work);
  return a;
}

/* Maximum likelihood, ridge, and Firth, whose penalty counts rows too. */
static void fits_are_those_of_the_repeated_rows(void **state)
{
  (void)state;
  pair p = pair_of(false);
  answer a = fit_newton(p.once, 0), b = fit_newton(p.spread, 0);
  check_same(&a, &b);
  a = fit_newton(p.once, 0.02);
  b = fit_newton(p.spread, 0.02);
  check_same(&a, &b);
  a = fit_firth(p.once);
  b = fit_firth(p.spread);
  check_same(&a, &b);
  pair_free(&p);
}

static void paths_and_cross_validation_are_those_of_the_repeated_rows(void **state)
{
  (void)state;
  pair p = pair_of(false);
  const churn_matrix *matrices[] = {p.once, p.spread};
  churn_path paths[2];
  churn_cross_table tables[2];
  churn_cross_report report;
  churn_error error;
  double *logits[2];
  churn_path_settings settings = {.penalised = {.alpha = 0.7}, .count = 20};
  for (int i = 0; i < 2; i++) {
    churn_matrix *work = matrix_copy(matrices[i]);
    uint32_t *fold = malloc(work->rows * sizeof *fold);
    churn_fold_map map = {fold, FOLDS};
    churn_penalised_settings ridge = {.lambda = 0.01};
    churn_scaled data;
    for (size_t r = 0; r < work->rows; r++)
      fold[r] = (uint32_t)((i == 0 ? r : p.from[r]) * 31 % 97 % FOLDS);
    logits[i] = malloc(work->rows * sizeof *logits[i]);
    assert_ok(churn_scaled_take(work, NULL, &data, &error), &error);
    assert_ok(churn_path_fit(&data, &settings, NULL, &paths[i], &error), &error);
    assert_ok(churn_cross_validate_path(&data, &map, &settings.penalised, &paths[i], NULL,
                                        &tables[i], &report, &error),
              &error);
    assert_ok(
        churn_cross_validate(&data, &map, &ridge, NULL, NULL, logits[i], NULL, &report, &error),
        &error);
    churn_scaled_clear(&data);
    churn_matrix_free(work);
    free(fold);
  }
  for (size_t k = 0; k < 20; k++) {
    assert_close(paths[0].lambdas[k], paths[1].lambdas[k], 1e-12, 0);
    assert_close(tables[0].deviances[k], tables[1].deviances[k], 1e-10, 0);
    assert_close(tables[0].std_errors[k], tables[1].std_errors[k], 1e-9, 0);
    for (size_t j = 0; j < N; j++)
      assert_close(paths[0].coefficients[k * N + j], paths[1].coefficients[k * N + j], 1e-8, 1e-9);
  }
  for (size_t r = 0; r < p.spread->rows; r++)
    assert_close(logits[1][r], logits[0][p.from[r]], 1e-9, 1e-9);
  for (int i = 0; i < 2; i++) {
    churn_path_clear(&paths[i]);
    churn_cross_table_clear(&tables[i]);
    free(logits[i]);
  }
  pair_free(&p);
}

typedef struct concluded {
  answer fit;
  churn_coefficient described[N];
  churn_group_test tests[COLUMNS];
  double covariance[N * N];
  churn_inference inference;
} concluded;

static void conclude(const churn_matrix *m, churn_covariance kind, concluded *c)
{
  static const uint32_t group[COLUMNS] = {0, 1, 1, 2, 3};
  churn_error error;
  churn_matrix *work = matrix_copy(m);
  churn_fit_result result = places_of(&c->fit);
  churn_inference_settings settings = {
      .covariance = kind, .profile = true, .group = group, .group_count = 4};
  work->cluster = malloc(m->rows * sizeof *work->cluster);
  memcpy(work->cluster, m->cluster, m->rows * sizeof *work->cluster);
  c->inference = (churn_inference){
      .coefficients = c->described, .tests = c->tests, .covariance = c->covariance};
  assert_ok(churn_fit_logistic(work, NULL, NULL, &result, &c->fit.report, &error), &error);
  assert_ok(churn_infer(work, &result, &c->fit.report, &settings, NULL, &c->inference, &error),
            &error);
  churn_matrix_free(work);
}

/* Every covariance, tests, intervals, conditions and criteria. */
static void inference_is_that_of_the_repeated_rows(void **state)
{
  (void)state;
  static const churn_covariance kinds[] = {CHURN_COVARIANCE_MODEL, CHURN_COVARIANCE_ROBUST,
                                           CHURN_COVARIANCE_CLUSTERED};
  for (int k = 0; k < 3; k++) {
    pair p = pair_of(kinds[k] == CHURN_COVARIANCE_CLUSTERED);
    concluded a, b;
    conclude(p.once, kinds[k], &a);
    conclude(p.spread, kinds[k], &b);
    assert_int_equal(a.inference.rows, b.inference.rows);
    assert_int_equal(a.inference.rows, p.spread->rows);
    assert_int_equal(a.inference.clusters, b.inference.clusters);
    for (size_t i = 0; i < N * N; i++)
      assert_close(a.covariance[i], b.covariance[i], 1e-9, 1e-12);
    for (size_t j = 0; j < N; j++) {
      assert_close(a.described[j].lower, b.described[j].lower, 1e-7, 1e-9);
      assert_close(a.described[j].upper, b.described[j].upper, 1e-7, 1e-9);
      assert_close(a.described[j].sd_effect, b.described[j].sd_effect, 1e-9, 0);
      assert_int_equal(a.described[j].condition, b.described[j].condition);
    }
    for (size_t g = 0; g < 4; g++) {
      assert_close(a.tests[g].chi2, b.tests[g].chi2, 1e-8, 1e-8);
      assert_close(a.tests[g].gvif, b.tests[g].gvif, 1e-9, 0);
    }
    assert_close(a.inference.aic, b.inference.aic, 1e-12, 0);
    assert_close(a.inference.bic, b.inference.bic, 1e-12, 0);
    pair_free(&p);
  }
}

/* Five rows of ten copies each: enough of either label at either value only as they are repeated.
 */
static void few_rows_are_counted_as_often_as_they_are(void **state)
{
  (void)state;
  churn_matrix *m = made_up(400, 2, 3);
  uint64_t fewest[2];
  double means[2] = {0, 0}, deviations[2] = {1, 1};
  churn_error error;
  for (size_t r = 0; r < 400; r++) {
    *cell_of(m, r, 0) = r < 5;
    m->y[r] = r % 2 == 0;
    m->weight[r] = r < 5 ? 10 : 1;
  }
  assert_ok(churn_condition_rows(m, means, deviations, NULL, fewest, &error), &error);
  assert_int_equal(fewest[0], 2);
  m->repeated = true;
  assert_ok(churn_condition_rows(m, means, deviations, NULL, fewest, &error), &error);
  assert_int_equal(fewest[0], 20);
  churn_matrix_free(m);
}

static void check_evaluations(const churn_evaluation *a, const churn_evaluation *b)
{
  const double *of_a = &a->figures.auc, *of_b = &b->figures.auc;
  assert_int_equal(a->figures.rows, b->figures.rows);
  assert_int_equal(a->figures.churners, b->figures.churners);
  for (size_t i = 0; i < 10; i++)
    assert_close(of_a[i], of_b[i], 1e-11, 1e-13);
  assert_close(a->intercept_error, b->intercept_error, 1e-9, 0);
  assert_close(a->slope_error, b->slope_error, 1e-9, 0);
  assert_close(a->mean_probability, b->mean_probability, 1e-12, 0);
  assert_close(a->observed_rate, b->observed_rate, 1e-12, 0);
  assert_close(a->population, b->population, 0, 0);
  for (size_t d = 0; d < CHURN_DECILES; d++) {
    assert_close(a->deciles[d].rows, b->deciles[d].rows, 1e-12, 0);
    assert_close(a->deciles[d].churners, b->deciles[d].churners, 1e-10, 1e-10);
    assert_close(a->deciles[d].mean_probability, b->deciles[d].mean_probability, 1e-10, 0);
    assert_close(a->deciles[d].lift, b->deciles[d].lift, 1e-10, 1e-12);
  }
  for (size_t i = 0; i < a->capture_count; i++) {
    assert_int_equal(a->captures[i].count, b->captures[i].count);
    assert_close(a->captures[i].precision, b->captures[i].precision, 1e-10, 0);
    assert_close(a->captures[i].captured, b->captures[i].captured, 1e-10, 0);
    assert_close(a->captures[i].captured_value, b->captures[i].captured_value, 1e-10, 0);
  }
}

/* With ties, which deciles and captures share out. */
static void figures_are_those_of_the_repeated_rows(void **state)
{
  (void)state;
  enum { MOST = ROWS * 4 };
  static int8_t labels[2][MOST];
  static double probabilities[2][MOST], logits[2][MOST], values[2][MOST], weights[ROWS];
  static const uint64_t tops[] = {1, 77, 500, 100000};
  size_t count[2] = {0, 0};
  uint64_t stream = 5;
  for (size_t r = 0; r < ROWS; r++) {
    double logit = 5 * uniform(&stream) - 3.5, value = 100 * uniform(&stream);
    size_t copies = copies_of(r);
    if (r % 3 == 0)
      logit = round(2 * logit) / 2;
    int8_t label = uniform(&stream) < 1 / (1 + exp(0.2 - 0.7 * logit));
    weights[count[0]] = (double)copies;
    for (size_t i = 0; i < copies + (copies > 0); i++) {
      int which = i > 0;
      size_t at = count[which]++;
      labels[which][at] = label;
      logits[which][at] = logit;
      probabilities[which][at] = 1 / (1 + exp(-logit));
      values[which][at] = value;
    }
  }
  churn_evaluation made[2];
  for (int i = 0; i < 2; i++) {
    churn_error error;
    churn_scored scored = {count[i],  labels[i], probabilities[i],
                           logits[i], values[i], i == 0 ? weights : NULL,
                           i == 0,    NULL};
    assert_ok(churn_figures_compute(&scored, tops, 4, NULL, &made[i], &error), &error);
  }
  assert_int_equal(made[0].figures.rows, count[1]);
  check_evaluations(&made[0], &made[1]);
}

/* A weight that is no count: the estimates are those of repeated rows, standard errors the
 * sandwich's, which for one row a customer and equal weights are about the model's. */
static void other_weights_have_the_sandwich_errors(void **state)
{
  (void)state;
  static int8_t labels[ROWS];
  static double probabilities[ROWS], logits[ROWS], weights[ROWS];
  uint64_t stream = 9;
  for (size_t r = 0; r < ROWS; r++) {
    logits[r] = 4 * uniform(&stream) - 2.5;
    probabilities[r] = 1 / (1 + exp(-logits[r]));
    labels[r] = uniform(&stream) < 1 / (1 + exp(0.1 - 0.8 * logits[r]));
    weights[r] = 0.5 + 4 * uniform(&stream);
  }
  churn_scored scored = {ROWS, labels, probabilities, logits, NULL, weights, false, NULL};
  churn_evaluation e;
  churn_error error;
  assert_ok(churn_figures_compute(&scored, NULL, 0, NULL, &e, &error), &error);
  /* inverse(H) M inverse(H) of the recalibration, H and M in long double at its own estimates; the
   * intercept of the two-parameter curve follows from the slope by the first score's zero */
  long double a = 0, slope = e.figures.calibration_slope;
  for (int i = 0; i < 60; i++) {
    long double score = 0, weight = 0;
    for (size_t r = 0; r < ROWS; r++) {
      long double p = 1 / (1 + expl(-a - slope * logits[r]));
      score += weights[r] * (labels[r] - p);
      weight += weights[r] * p * (1 - p);
    }
    a += score / weight;
  }
  long double h[3] = {0}, m[3] = {0}, score = 0, size = 0, large[2] = {0};
  for (size_t r = 0; r < ROWS; r++) {
    long double t = logits[r], p = 1 / (1 + expl(-a - slope * t)), w = weights[r];
    long double u = w * (labels[r] - p), q = w * p * (1 - p);
    long double shifted = 1 / (1 + expl(-e.figures.calibration_intercept - t));
    const long double powers[] = {1, t, t * t};
    for (int k = 0; k < 3; k++) {
      h[k] += q * powers[k];
      m[k] += u * u * powers[k];
    }
    score += u * t;
    size += fabsl(u * t);
    large[0] += w * shifted * (1 - shifted);
    large[1] += w * w * (labels[r] - shifted) * (labels[r] - shifted);
  }
  assert_close((double)(score / size), 0, 0, 1e-10);
  long double det = h[0] * h[2] - h[1] * h[1];
  long double row[] = {-h[1] / det, h[0] / det}; /* of the inverse, the slope's */
  long double variance =
      row[0] * row[0] * m[0] + 2 * row[0] * row[1] * m[1] + row[1] * row[1] * m[2];
  assert_close(e.slope_error, (double)sqrtl(variance), 1e-9, 0);
  assert_close(e.intercept_error, (double)(sqrtl(large[1]) / large[0]), 1e-9, 0);
}

static const char *const plans[] = {"basic", "plus", "pro", "trial", ""};

/* id, age (may be missing), plan (rare ones are pooled), usage, exposure, n, gone; each row n
 * times, or once. */
static void write_export(const char *name, bool repeat)
{
  size_t room = (size_t)ROWS * 5 * 80 + 100, used;
  char *text = malloc(room);
  uint64_t stream = 77;
  used = (size_t)snprintf(text, room, "id,age,plan,usage,exposure,n,gone\n");
  for (size_t r = 0; r < ROWS; r++) {
    double age = 20 + 50 * uniform(&stream), usage = -log(1 - uniform(&stream));
    double exposure = uniform(&stream) - 0.5, u = uniform(&stream);
    int plan = u < 0.5 ? 0 : u < 0.8 ? 1 : u < 0.97 ? 2 : u < 0.98 ? 3 : 4;
    char shown[16] = "";
    if (uniform(&stream) > 0.1)
      snprintf(shown, sizeof shown, "%.3f", age);
    bool gone = uniform(&stream) < 1 / (1 + exp(1.5 + 0.02 * (age - 40) + 0.5 * usage - exposure));
    size_t copies = copies_of(r);
    for (size_t i = 0; i < (repeat ? copies : 1); i++)
      used += (size_t)snprintf(text + used, room - used, "c%04zu_%zu,%s,%s,%.4f,%.4f,%zu,%d\n", r,
                               i, shown, plans[plan], usage, exposure, copies, gone);
  }
  scratch_write(name, text);
  free(text);
}

static churn_model *train(const char *file, const char *fit, const char *features,
                          churn_evaluation *evaluation)
{
  char text[512];
  churn_train_settings settings = {
      .first = CHURN_DAY_MISSING, .last = CHURN_DAY_MISSING, .test_from = CHURN_DAY_MISSING};
  churn_evaluate_settings judging = {CHURN_DAY_MISSING, CHURN_DAY_MISSING, CHURN_DAY_MISSING, NULL,
                                     0};
  churn_model *model = NULL;
  churn_error error;
  snprintf(text, sizeof text,
           "version: 1\ncustomers: {from: %s, id: id}\noutcome: {column: gone, positive: \"1\"}\n"
           "fit: {%s}\nfeatures: %s\n",
           file, fit, features);
  churn_project *project = project_of(text);
  assert_ok(churn_train(project, &settings, NULL, &model, &error), &error);
  assert_ok(churn_evaluate(project, model, &judging, NULL, evaluation, &error), &error);
  churn_project_free(project);
  return model;
}

static void check_columns(const churn_model_column *a, const churn_model_column *b)
{
  assert_string_equal(a->name, b->name);
  assert_close(a->estimate, b->estimate, 1e-9, 1e-12);
  assert_close(a->std_error, b->std_error, 1e-9, 0);
  assert_close(a->p, b->p, 1e-7, 1e-300);
  assert_close(a->mean, b->mean, 1e-12, 0);
  assert_close(a->deviation, b->deviation, 1e-12, 0);
}

static void check_features(const churn_model_feature *a, const churn_model_feature *b)
{
  assert_string_equal(a->name, b->name);
  assert_int_equal(a->missing_rows, b->missing_rows);
  assert_close(a->fill, b->fill, 1e-13, 0);
  assert_close(a->test.chi2, b->test.chi2, 1e-8, 1e-8);
  assert_int_equal(a->bound_count, b->bound_count);
  for (size_t i = 0; i < a->bound_count; i++)
    assert_true(a->bounds[i] == b->bounds[i] && a->bin_rows[i] == b->bin_rows[i]);
  assert_int_equal(a->level_count, b->level_count);
  for (size_t i = 0; i < a->level_count; i++) {
    assert_int_equal(a->levels[i].rows, b->levels[i].rows);
    assert_int_equal(a->levels[i].churners, b->levels[i].churners);
    assert_int_equal(a->levels[i].column, b->levels[i].column);
  }
}

/* From files: means that fill in, pools, counts, coefficients, tests, figures. */
static void a_training_is_that_of_the_repeated_rows(void **state)
{
  (void)state;
  churn_evaluation judged[2];
  write_export("once.csv", false);
  write_export("spread.csv", true);
  churn_model *a = train("once.csv", "weights: n, offset: exposure", "customers.*", &judged[0]);
  churn_model *b =
      train("spread.csv", "offset: exposure",
            "{age: customers.age, plan: customers.plan, usage: customers.usage}", &judged[1]);
  assert_string_equal(a->weighting, "frequency");
  assert_string_equal(a->weight, "n");
  assert_string_equal(a->offset, "exposure");
  assert_string_equal(b->weighting, "none");
  assert_int_equal(a->rows, b->rows);
  assert_int_equal(a->churners, b->churners);
  assert_int_equal(a->customers, b->customers);
  assert_true(a->population == (double)b->rows);
  /* columns that weights and offset read are no features */
  assert_int_equal(a->feature_count, 3);
  assert_int_equal(a->column_count, b->column_count);
  assert_true(a->column_count >= 5);
  check_columns(&a->intercept, &b->intercept);
  for (size_t c = 0; c < a->column_count; c++)
    check_columns(&a->columns[c], &b->columns[c]);
  for (size_t f = 0; f < 3; f++)
    check_features(&a->features[f], &b->features[f]);
  assert_close(a->log_likelihood, b->log_likelihood, 1e-12, 0);
  assert_close(a->null_log_likelihood, b->null_log_likelihood, 1e-12, 0);
  assert_close(a->bic, b->bic, 1e-12, 0);
  check_evaluations(&judged[0], &judged[1]);
  churn_model_free(a);
  churn_model_free(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fits_are_those_of_the_repeated_rows),
      cmocka_unit_test(paths_and_cross_validation_are_those_of_the_repeated_rows),
      cmocka_unit_test(inference_is_that_of_the_repeated_rows),
      cmocka_unit_test(few_rows_are_counted_as_often_as_they_are),
      cmocka_unit_test(figures_are_those_of_the_repeated_rows),
      cmocka_unit_test(other_weights_have_the_sandwich_errors),
      cmocka_unit_test(a_training_is_that_of_the_repeated_rows),
  };
  return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
