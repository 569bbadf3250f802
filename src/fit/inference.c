/* Inference: each figure from the optimum, in the order they rest on each other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit/inference.h"

#include "base/error.h"
#include "base/memory.h"
#include "fit/cholesky.h"
#include "fit/firth.h"
#include "fit/moments.h"
#include "fit/objective.h"
#include "fit/profile.h"
#include "fit/ratio_test.h"
#include "fit/robust.h"
#include "fit/vif.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 97.5 % point of the standard normal distribution. */
static const double normal_975 = 1.959963984540054;

/* Multiply-adds that all refits together may take, at two passes over the rows each: some ten
 * seconds.
 */
static const double most_work = 2e11;

/* Firth's profiles: asked for, so they may take longer; two ends of a coefficient take some ten
 * fits of eight steps, two passes each. */
static const double most_profile_work = 2e12;
enum { FIRTH_PROFILE_PASSES = 160 };

const char *churn_covariance_name(churn_covariance kind)
{
  static const char *const names[] = {"model", "robust", "clustered"};
  return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

typedef struct worker {
  const churn_matrix *matrix;
  const churn_fit_result *result;
  const churn_fit_report *report;
  const churn_inference_settings *settings;
  const churn_run *run;
  churn_totals totals;
  churn_objective objective;
  churn_point best;
  churn_inference *out;
} worker;

/* The optimum on the standardised columns, evaluated. */
static churn_status find_optimum(worker *w, churn_error *error)
{
  size_t columns = w->matrix->columns;
  const churn_fit_result *f = w->result;
  churn_status status = churn_totals_read(w->matrix, w->run, &w->totals, error);
  w->objective = (churn_objective){.matrix = w->matrix,
                                   .kernel = churn_kernel_choose(NULL),
                                   .run = w->run,
                                   .total_weight = w->totals.weight,
                                   .ridge_lambda = w->settings->ridge_lambda,
                                   .ridge_factors = w->settings->ridge_factors};
  if (status == CHURN_OK)
    status = churn_objective_prepare(&w->objective, error);
  if (status == CHURN_OK)
    status = churn_point_prepare(&w->best, columns, error);
  if (status != CHURN_OK)
    return status;
  w->best.coefficients[0] = f->coefficients[0];
  for (size_t j = 0; j < columns; j++) {
    w->best.coefficients[j + 1] = f->coefficients[j + 1] * f->deviations[j];
    w->best.coefficients[0] += f->coefficients[j + 1] * f->means[j];
  }
  return churn_objective_evaluate(&w->objective, &w->best, error);
}

static churn_status count_rows(worker *w, churn_robust_counts counts, churn_error *error)
{
  size_t n = w->matrix->columns + 1;
  w->out->rows = counts.rows;
  w->out->clusters = counts.clusters;
  if (w->settings->covariance != CHURN_COVARIANCE_CLUSTERED)
    return CHURN_OK;
  if (counts.clusters < 2)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "all rows are of one customer: a covariance clustered by customer needs "
                           "two or more");
  if (counts.rows <= n)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "%zu rows for %zu coefficients: too few for a clustered covariance",
                           counts.rows, n);
  return CHURN_OK;
}

/* `inverse` [n^2] = inverse of the summed Hessian at the optimum; false, NaN all over, without one.
 */
static bool invert_hessian(const worker *w, double *inverse)
{
  size_t n = w->matrix->columns + 1, column;
  const double *hessian = w->best.sums + churn_kernel_hessian_start(n - 1);
  bool regular = isfinite(w->best.loss) && churn_cholesky_factor(hessian, n, 0, inverse, &column) &&
                 churn_cholesky_invert(inverse, n);
  for (size_t i = 0; i < n * n; i++)
    inverse[i] = regular ? inverse[i] / w->totals.weight : NAN;
  return regular;
}

static churn_status find_sandwich(worker *w, churn_error *error)
{
  size_t n = w->matrix->columns + 1;
  double *bread = churn_array_new(n * n, sizeof *bread);
  double *meat = churn_array_new(n * n, sizeof *meat);
  bool clustered = w->settings->covariance == CHURN_COVARIANCE_CLUSTERED;
  churn_robust_counts counts;
  churn_status status = bread == NULL || meat == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status =
        churn_robust_meat(w->matrix, clustered, w->best.coefficients, w->run, meat, &counts, error);
  if (status == CHURN_OK)
    status = count_rows(w, counts, error);
  if (status == CHURN_OK && invert_hessian(w, bread)) {
    status = churn_sandwich(bread, meat, n, clustered ? churn_robust_correction(counts, n) : 1,
                            w->out->covariance, error);
    churn_fit_unscale_covariance(w->out->covariance, w->result->means, w->result->deviations,
                                 n - 1);
  } else if (status == CHURN_OK)
    memcpy(w->out->covariance, bread, n * n * sizeof *bread);
  free(bread);
  free(meat);
  return status;
}

static churn_status find_covariance(worker *w, churn_error *error)
{
  size_t n = w->matrix->columns + 1;
  if (w->settings->covariance != CHURN_COVARIANCE_MODEL)
    return find_sandwich(w, error);
  memcpy(w->out->covariance, w->result->covariance, n * n * sizeof(double));
  churn_robust_counts counts = {0};
  for (size_t r = 0; r < w->matrix->rows; r++)
    counts.rows += w->matrix->repeated ? (size_t)w->matrix->weight[r] : w->matrix->weight[r] > 0;
  counts.clusters = counts.rows;
  return count_rows(w, counts, error);
}

static void describe(worker *w, size_t j)
{
  size_t n = w->matrix->columns + 1;
  churn_coefficient *c = &w->out->coefficients[j];
  double curvature = w->best.sums[churn_kernel_hessian_start(n - 1)];
  *c = (churn_coefficient){.estimate = w->result->coefficients[j]};
  c->std_error = sqrt(w->out->covariance[j * n + j]);
  c->z = c->estimate / c->std_error;
  c->p = erfc(fabs(c->z) / sqrt(2.0));
  c->lower = c->estimate - normal_975 * c->std_error;
  c->upper = c->estimate + normal_975 * c->std_error;
  c->sd_effect = j == 0 ? NAN : 100 * curvature * c->estimate * w->result->deviations[j - 1];
}

/* b_0 = beta_0 - sum beta_j mean_j / deviation_j, b_j = beta_j / deviation_j. */
static void set_function(const worker *w, size_t j, double *function)
{
  size_t n = w->matrix->columns + 1;
  const churn_fit_result *f = w->result;
  for (size_t i = 1; i < n; i++)
    function[i] = j == 0   ? -f->means[i - 1] / f->deviations[i - 1]
                  : i == j ? 1 / f->deviations[i - 1]
                           : 0;
  function[0] = j == 0;
}

static churn_status find_profiles(worker *w, churn_error *error)
{
  size_t n = w->matrix->columns + 1;
  double *function = churn_array_new(n, sizeof *function);
  churn_status status = function == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t j = 0; j < n && status == CHURN_OK; j++) {
    churn_coefficient *c = &w->out->coefficients[j];
    set_function(w, j, function);
    if (w->settings->firth)
      status = churn_firth_interval(w->matrix, &w->totals, w->result, j, normal_975, w->run,
                                    &c->lower, &c->upper, error);
    else
      status = churn_profile_interval(&w->objective, &w->best, function, normal_975, &c->lower,
                                      &c->upper, error);
  }
  free(function);
  return status;
}

static churn_status describe_all(worker *w, churn_error *error)
{
  size_t n = w->matrix->columns + 1;
  churn_status status = CHURN_OK;
  for (size_t j = 0; j < n; j++)
    describe(w, j);
  if (w->out->profile_intervals)
    status = find_profiles(w, error);
  for (size_t j = 0; j < n && status == CHURN_OK; j++) {
    churn_coefficient *c = &w->out->coefficients[j];
    c->odds_ratio = exp(c->estimate);
    c->odds_lower = exp(c->lower);
    c->odds_upper = exp(c->upper);
  }
  return status;
}

/* Chance of a chi-square above `chi2`. */
static double upper_tail(double chi2, size_t df)
{
  if (!(chi2 >= 0))
    return NAN;
  gsl_error_handler_t *handler = gsl_set_error_handler_off();
  double p = gsl_cdf_chisq_Q(chi2, (double)df);
  gsl_set_error_handler(handler);
  return p;
}

/* chosen [columns] is scratch. */
static churn_status test_group(worker *w, size_t g, size_t *chosen, churn_error *error)
{
  churn_group_test *test = &w->out->tests[g];
  double gvif = test->gvif, ratio = test->chi2;
  size_t columns = w->matrix->columns, df = 0;
  for (size_t c = 0; c < columns; c++)
    if (w->settings->group[c] == g)
      chosen[df++] = c;
  *test = (churn_group_test){df, NAN, NAN, gvif, NAN};
  if (df == 0)
    return CHURN_OK;
  churn_status status = CHURN_OK;
  if (w->out->ratio_tests)
    test->chi2 = ratio;
  else
    status = churn_wald_test(w->result->coefficients, w->out->covariance, columns, chosen, df,
                             &test->chi2, error);
  test->p = upper_tail(test->chi2, df);
  test->scaled_gvif = pow(gvif, 1 / (2 * (double)df));
  return status;
}

static churn_status test_groups(worker *w, churn_error *error)
{
  size_t columns = w->matrix->columns, groups = w->settings->group_count;
  size_t *chosen = churn_array_new(columns, sizeof *chosen);
  double *gvif = churn_array_new(groups, sizeof *gvif);
  double *ratios = churn_array_new(groups, sizeof *ratios);
  churn_status status =
      chosen == NULL || gvif == NULL || ratios == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_vif(w->result->covariance, columns, w->settings->group, groups, gvif, error);
  if (status == CHURN_OK && w->out->ratio_tests)
    status = churn_ratio_tests(&w->objective, &w->best, w->settings->group, groups, ratios, error);
  for (size_t g = 0; g < groups && status == CHURN_OK; g++) {
    w->out->tests[g].gvif = gvif[g];
    w->out->tests[g].chi2 = ratios[g];
    status = test_group(w, g, chosen, error);
  }
  free(chosen);
  free(gvif);
  free(ratios);
  return status;
}

static churn_status judge(worker *w, churn_error *error)
{
  size_t columns = w->matrix->columns;
  const double *hessian = w->best.sums + churn_kernel_hessian_start(columns);
  uint64_t *fewest = churn_array_new(columns, sizeof *fewest);
  churn_status status = fewest == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_condition_rows(w->matrix, w->result->means, w->result->deviations, w->run,
                                  fewest, error);
  w->out->coefficients[0].condition = CHURN_CONDITION_OK;
  for (size_t j = 1; j <= columns && status == CHURN_OK; j++) {
    const double *row = hessian + j * (j + 1) / 2;
    double factor = w->settings->ridge_factors == NULL ? 1 : w->settings->ridge_factors[j - 1];
    double bend = row[j] - w->settings->ridge_lambda * factor - row[0] * row[0] / hessian[0];
    churn_condition_facts facts = {.scaled_gvif =
                                       w->out->tests[w->settings->group[j - 1]].scaled_gvif,
                                   .curvature = bend / w->totals.null_curvature,
                                   .fewest_rows = fewest[j - 1],
                                   .separates = w->report->stopped_by == CHURN_STOP_SEPARATION &&
                                                w->report->separating_column == j - 1};
    w->out->coefficients[j].condition = churn_condition_of(&facts);
  }
  free(fewest);
  return status;
}

static void find_criteria(worker *w)
{
  double coefficients = (double)(w->matrix->columns + 1), l = w->report->log_likelihood;
  bool largest = w->settings->ridge_lambda == 0 && !w->settings->firth && w->report->converged;
  w->out->aic = largest ? 2 * coefficients - 2 * l : NAN;
  w->out->bic = largest ? coefficients * log((double)w->out->rows) - 2 * l : NAN;
  w->out->mcfadden_r2 = 1 - l / w->report->null_log_likelihood;
}

/* A sandwich's error of a column near separation is far too small (condition.h). */
static void blank_incredible(worker *w)
{
  if (w->settings->covariance == CHURN_COVARIANCE_MODEL)
    return;
  for (size_t j = 1; j <= w->matrix->columns; j++) {
    churn_coefficient *c = &w->out->coefficients[j];
    churn_group_test *test = &w->out->tests[w->settings->group[j - 1]];
    if (c->condition != CHURN_CONDITION_NEAR_SEPARATION &&
        c->condition != CHURN_CONDITION_SEPARATION)
      continue;
    c->z = c->p = c->lower = c->upper = c->odds_lower = c->odds_upper = NAN;
    test->chi2 = test->p = NAN;
  }
}

/* By sizes alone, as affordable() below. */
static double firth_profile_work(const churn_matrix *matrix)
{
  double n = (double)(matrix->columns + 1);
  return (double)matrix->rows * n * n / 2 * n * FIRTH_PROFILE_PASSES;
}

/* Are refits without each feature affordable? By sizes alone, so that the answer is the same
 * everywhere. */
static bool affordable(const churn_matrix *matrix, const churn_inference_settings *settings)
{
  double n = (double)(matrix->columns + 1), refits = 0;
  for (size_t c = 0; c < matrix->columns; c++) {
    size_t first = 0;
    while (settings->group[first] != settings->group[c])
      first++;
    refits += first == c;
  }
  return (double)matrix->rows * n * n / 2 * 2 * refits <= most_work;
}

churn_status churn_infer(churn_matrix *matrix, const churn_fit_result *result,
                         const churn_fit_report *report, const churn_inference_settings *settings,
                         const churn_run *run, churn_inference *inference, churn_error *error)
{
  worker w = {.matrix = matrix,
              .result = result,
              .report = report,
              .settings = settings,
              .run = run,
              .out = inference};
  bool likelihood = settings->covariance == CHURN_COVARIANCE_MODEL && settings->ridge_lambda == 0 &&
                    report->converged;
  inference->ratio_tests = likelihood && !settings->firth && affordable(matrix, settings);
  inference->profile_intervals = likelihood && settings->profile;
  inference->profile_work = 0;
  double most = settings->most_work > 0 ? settings->most_work : most_profile_work;
  if (inference->profile_intervals && settings->firth && firth_profile_work(matrix) > most) {
    inference->profile_intervals = false;
    inference->profile_work = firth_profile_work(matrix);
  }
  churn_status (*const steps[])(worker *, churn_error *) = {find_optimum, find_covariance,
                                                            describe_all, test_groups, judge};
  churn_status status = churn_matrix_settle(matrix, result->means, result->deviations, run, error);
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CHURN_OK; i++)
    status = steps[i](&w, error);
  if (status == CHURN_OK) {
    blank_incredible(&w);
    find_criteria(&w);
  }
  churn_point_clear(&w.best);
  churn_objective_clear(&w.objective);
  return status;
}
