/* What the fit lets one conclude, into the model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/explain.h"

#include "base/error.h"
#include "base/memory.h"
#include "design/split.h"
#include "jobs/matrix_terms.h"
#include "jobs/population.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The rule of ten: fewer churners than this for each coefficient are a warning (Peduzzi and others,
 * Journal of Clinical Epidemiology 49, 1996). */
enum { CHURNERS_PER_COEFFICIENT = 10 };

/* Multiply-adds, on one core. */
static const double work_per_minute = 1.2e12;

/* A model file holds no infinity. */
static double known(double value)
{
  return isfinite(value) ? value : NAN;
}

static churn_covariance choose_covariance(const churn_explanation *e, const churn_span *span)
{
  bool possible = span->customers > 1 && span->rows > e->matrix->columns + 1;
  bool dependent = span->customers < span->rows;
  switch (e->spec->covariance) {
  case CHURN_CHOOSE_MODEL:
    return CHURN_COVARIANCE_MODEL;
  case CHURN_CHOOSE_ROBUST:
    return CHURN_COVARIANCE_ROBUST;
  case CHURN_CHOOSE_CLUSTERED:
    return CHURN_COVARIANCE_CLUSTERED;
  default:
    break;
  }
  if (dependent && possible)
    return CHURN_COVARIANCE_CLUSTERED;
  return e->spec->weighting == CHURN_WEIGHTING_INCLUSION ? CHURN_COVARIANCE_ROBUST
                                                         : CHURN_COVARIANCE_MODEL;
}

static void warn(const churn_explanation *e, const churn_span *span, churn_covariance kind,
                 const churn_inference *found, bool penalised, const churn_run *run)
{
  bool dependent = span->customers < span->rows;
  uint64_t churners = dependent ? span->churned_customers : span->churners;
  size_t coefficients = e->matrix->columns + 1;
  if (churners < CHURNERS_PER_COEFFICIENT * coefficients)
    churn_notes_add(run->notes, CHURN_WARNING, "few_churners", CHURN_NOWHERE,
                    "%" PRIu64
                    " %s for %zu coefficients: below 10 for each, estimates are unstable",
                    churners, dependent ? "distinct customers churned" : "churners", coefficients);
  if (dependent && kind != CHURN_COVARIANCE_CLUSTERED)
    churn_notes_add(run->notes, CHURN_WARNING, "dependent_rows", CHURN_NOWHERE,
                    "%" PRIu64 " customers have %" PRIu64
                    " rows, but the covariance (%s) takes rows for "
                    "independent: standard errors, p values and intervals are too small",
                    span->customers, span->rows, churn_covariance_name(kind));
  if (e->spec->weighting == CHURN_WEIGHTING_INCLUSION && kind == CHURN_COVARIANCE_MODEL)
    churn_notes_add(
        run->notes, CHURN_WARNING, "weighted_model_covariance", CHURN_NOWHERE,
        "the covariance (model) takes a weight for so many rows, but customers.weight "
        "is 1 / a chance: standard errors, p values and intervals do not hold; accepted "
        "for them: fit: {covariance: robust}, or clustered");
  if (kind == CHURN_COVARIANCE_MODEL && !penalised && e->report->converged && !found->ratio_tests)
    churn_notes_add(run->notes, CHURN_NOTE, "wald_tests", CHURN_NOWHERE,
                    "features are tested by Wald's chi-square: for %zu rows and %zu columns, fits "
                    "without each feature would take minutes",
                    e->snapshots->count, e->matrix->columns);
  if (found->profile_work > 0)
    churn_notes_add(run->notes, CHURN_WARNING, "wald_intervals", CHURN_NOWHERE,
                    "intervals are Wald's: profiles of Firth's likelihood for %zu rows and %zu "
                    "columns would take some %.0f minutes; accepted to wait for them: fit: "
                    "{intervals: profile_always}",
                    e->snapshots->count, e->matrix->columns,
                    ceil(found->profile_work / work_per_minute));
  else if (e->spec->profile_intervals && !found->profile_intervals)
    churn_notes_add(run->notes, CHURN_WARNING, "wald_intervals", CHURN_NOWHERE,
                    "intervals are Wald's: profile-likelihood intervals need independent rows, the "
                    "model's covariance, no penalty but Firth's and a fit that converged");
}

static void set_column(churn_model_column *column, const churn_coefficient *from)
{
  column->estimate = from->estimate;
  column->std_error = known(from->std_error);
  column->z = known(from->z);
  column->p = known(from->p);
  column->lower = known(from->lower);
  column->upper = known(from->upper);
  column->odds_ratio = known(from->odds_ratio);
  column->odds_lower = known(from->odds_lower);
  column->odds_upper = known(from->odds_upper);
  column->sd_effect = known(from->sd_effect);
}

static churn_status set_columns(const churn_explanation *e, const churn_inference *found,
                                churn_model *model, churn_error *error)
{
  model->intercept = (churn_model_column){.mean = 1.0, .deviation = 1.0};
  set_column(&model->intercept, &found->coefficients[0]);
  churn_status status = churn_text_set(&model->intercept.name, "(Intercept)", error);
  for (size_t c = 0; c < model->column_count && status == CHURN_OK; c++) {
    churn_model_column *column = &model->columns[c];
    column->mean = e->result->means[c];
    column->deviation = e->result->deviations[c];
    set_column(column, &found->coefficients[c + 1]);
    status = churn_text_set(&column->condition,
                            churn_condition_name(found->coefficients[c + 1].condition), error);
  }
  return status;
}

static churn_status set_fit(const churn_explanation *e, const churn_span *span,
                            churn_covariance kind, const churn_inference *found, churn_model *model,
                            churn_error *error)
{
  for (size_t f = 0; f < model->feature_count; f++) {
    const churn_group_test *t = &found->tests[f];
    model->features[f].test = (churn_model_test){(uint32_t)t->df, known(t->chi2), known(t->p),
                                                 known(t->gvif), known(t->scaled_gvif)};
  }
  bool likelihood = e->spec->weighting != CHURN_WEIGHTING_INCLUSION;
  model->dependent_rows = span->customers < span->rows;
  model->churned_customers = span->churned_customers;
  model->aic = likelihood ? known(found->aic) : NAN;
  model->bic = likelihood ? known(found->bic) : NAN;
  model->mcfadden_r2 = known(found->mcfadden_r2);
  churn_status status = churn_text_set(&model->covariance_kind, churn_covariance_name(kind), error);
  if (status == CHURN_OK)
    status =
        churn_text_set(&model->test_kind, found->ratio_tests ? "likelihood_ratio" : "wald", error);
  if (status == CHURN_OK)
    status =
        churn_text_set(&model->interval_kind, found->profile_intervals ? "profile" : "wald", error);
  return status;
}

/* `group` and `factors` [columns], and the arrays of `found`, are there. */
static churn_status conclude(const churn_explanation *e, uint32_t *group, double *factors,
                             churn_inference *found, const churn_run *run, churn_model *model,
                             churn_error *error)
{
  churn_span span;
  churn_status status = churn_span_of(e->snapshots, &span, error);
  if (status == CHURN_OK)
    status = churn_matrix_set_clusters(e->snapshots, e->matrix, error);
  if (status != CHURN_OK)
    return status;
  for (size_t c = 0; c < model->column_count; c++) {
    group[c] = model->columns[c].feature;
    factors[c] = model->columns[c].penalty_factor;
  }
  churn_inference_settings settings = {.covariance = choose_covariance(e, &span),
                                       .profile = e->spec->profile_intervals &&
                                                  span.customers == span.rows,
                                       .group = group,
                                       .group_count = model->feature_count,
                                       .ridge_lambda = model->lambda * (1 - model->alpha),
                                       .ridge_factors = factors,
                                       .firth = strcmp(model->penalty, "firth") == 0,
                                       .most_work = e->spec->profile_always ? INFINITY : 0};
  status = churn_infer(e->matrix, e->result, e->report, &settings, run, found, error);
  if (status == CHURN_OK)
    status = set_columns(e, found, model, error);
  if (status == CHURN_OK)
    status = set_fit(e, &span, settings.covariance, found, model, error);
  if (status == CHURN_OK)
    warn(e, &span, settings.covariance, found, settings.ridge_lambda > 0 || settings.firth, run);
  return status;
}

static void set_estimate(churn_model_column *column, double estimate)
{
  column->estimate = estimate;
  column->std_error = column->z = column->p = column->lower = column->upper = NAN;
  column->odds_ratio = known(exp(estimate));
  column->odds_lower = column->odds_upper = column->sd_effect = NAN;
}

static churn_status set_estimates(const churn_explanation *e, churn_model *model,
                                  churn_error *error)
{
  model->intercept = (churn_model_column){.mean = 1.0, .deviation = 1.0};
  set_estimate(&model->intercept, e->result->coefficients[0]);
  churn_status status = churn_text_set(&model->intercept.name, "(Intercept)", error);
  for (size_t f = 0; f < model->feature_count; f++)
    model->features[f].test = (churn_model_test){0, NAN, NAN, NAN, NAN};
  for (size_t c = 0; c < model->column_count && status == CHURN_OK; c++) {
    churn_model_column *column = &model->columns[c];
    column->mean = e->result->means[c];
    column->deviation = e->result->deviations[c];
    set_estimate(column, e->result->coefficients[c + 1]);
    model->features[column->feature].test.df++;
    status = churn_text_set(&column->condition, "not_judged", error);
  }
  return status;
}

/* No covariance, and nothing that rests on one. */
static churn_status describe_only(const churn_explanation *e, const churn_run *run,
                                  churn_model *model, churn_error *error)
{
  char **const kinds[] = {&model->covariance_kind, &model->test_kind, &model->interval_kind};
  churn_span span;
  churn_status status = churn_span_of(e->snapshots, &span, error);
  if (status != CHURN_OK)
    return status;
  model->dependent_rows = span.customers < span.rows;
  model->churned_customers = span.churned_customers;
  model->aic = model->bic = NAN;
  model->mcfadden_r2 = known(1 - e->report->log_likelihood / e->report->null_log_likelihood);
  status = set_estimates(e, model, error);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == CHURN_OK; i++)
    status = churn_text_set(kinds[i], "none", error);
  if (status == CHURN_OK &&
      (e->spec->covariance != CHURN_CHOOSE_AUTO || e->spec->profile_intervals))
    churn_notes_add(run->notes, CHURN_NOTE, "no_standard_errors", CHURN_NOWHERE,
                    "fit.covariance and fit.intervals have no effect: standard errors are not "
                    "defined for this fit");
  return status;
}

static churn_status explain_covariance(const churn_explanation *explanation, const churn_run *run,
                                       churn_model *model, churn_error *error)
{
  size_t size = model->column_count + 1;
  uint32_t *group = churn_array_new(model->column_count, sizeof *group);
  double *factors = churn_array_new(model->column_count, sizeof *factors);
  churn_inference found = {.coefficients = churn_array_new(size, sizeof *found.coefficients),
                           .tests = churn_array_new(model->feature_count, sizeof *found.tests),
                           .covariance = churn_array_new(size * size, sizeof *found.covariance)};
  churn_status status = group == NULL || factors == NULL || found.coefficients == NULL ||
                                found.tests == NULL || found.covariance == NULL
                            ? churn_error_no_memory(error)
                            : conclude(explanation, group, factors, &found, run, model, error);
  if (status == CHURN_OK) {
    model->covariance = found.covariance;
    found.covariance = NULL;
  }
  free(group);
  free(factors);
  free(found.coefficients);
  free(found.tests);
  free(found.covariance);
  return status;
}

churn_status churn_explain(const churn_explanation *explanation, const churn_run *run,
                           churn_model *model, churn_error *error)
{
  const churn_explanation *e = explanation;
  const churn_sampled_spec *sampled = &e->spec->sampled;
  churn_status status = isnan(e->result->covariance[0]) ? describe_only(e, run, model, error)
                                                        : explain_covariance(e, run, model, error);
  if (status == CHURN_OK && e->spec->weighting == CHURN_WEIGHTING_SAMPLED)
    status =
        churn_population_describe(e->matrix, e->weights, log(sampled->churners / sampled->others),
                                  e->result, run, model, error);
  return status;
}
