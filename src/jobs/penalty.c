/* The fit of a training, with the project's penalty.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/penalty.h"

#include "base/memory.h"
#include "fit/cross_validate.h"
#include "fit/firth.h"
#include "project/pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const penalty_names[] = {"none", "ridge", "lasso", "elastic_net", "firth"};
static const char *const rule_names[] = {"given", "cv", "cv_min"};

typedef struct choice {
  churn_penalty penalty;
  double lambda;
  uint32_t folds;
  double deviance;
  double std_error;
} choice;

/* The last pattern that fits counts. */
static double factor_of(const churn_fit_spec *fit, const char *feature)
{
  double factor = 1;
  for (size_t i = 0; i < fit->factor_count; i++)
    if (churn_pattern_matches(fit->factors[i].pattern.text, feature))
      factor = fit->factors[i].factor;
  return factor;
}

static double *factors_new(const churn_fit_spec *fit, const churn_model *model)
{
  double *factors = churn_array_new(model->column_count, sizeof *factors);
  for (size_t c = 0; factors != NULL && c < model->column_count; c++)
    factors[c] = factor_of(fit, model->features[model->columns[c].feature].name);
  return factors;
}

static churn_status record(const churn_fit_spec *fit, const choice *chosen, const double *factors,
                           churn_model *model, churn_error *error)
{
  bool none = chosen->penalty == CHURN_PENALTY_NONE || chosen->penalty == CHURN_PENALTY_FIRTH;
  model->lambda = chosen->lambda;
  model->alpha = fit->alpha;
  model->folds = chosen->folds;
  model->cv_deviance = chosen->deviance;
  model->cv_std_error = chosen->std_error;
  for (size_t c = 0; c < model->column_count; c++)
    model->columns[c].penalty_factor = none ? 0 : factors[c];
  churn_status status = churn_text_set(&model->penalty, penalty_names[chosen->penalty], error);
  return status == CHURN_OK
             ? churn_text_set(&model->lambda_rule, rule_names[fit->lambda_source], error)
             : status;
}

static void warn_about_choice(const churn_path *path, size_t chosen, double alpha,
                              const churn_cross_report *report, const churn_run *run)
{
  if (chosen + 1 == path->count)
    churn_notes_add(run->notes, CHURN_WARNING, "lambda_at_end", CHURN_NOWHERE,
                    "the chosen lambda, %g, is the smallest that was tried: out of sample no "
                    "penalty is as good%s",
                    path->lambdas[chosen],
                    alpha > 0 ? "; `penalty: none` would give standard errors" : "");
  if (report->separated > 0)
    churn_notes_add(run->notes, CHURN_WARNING, "folds_separated", CHURN_NOWHERE,
                    "%u of the cross-validation's fits have no maximum: a column that is not "
                    "penalised, or hardly, sets churners and stayers of the training folds apart "
                    "without error; they count as far as their likelihood still rose",
                    report->separated);
  if (report->not_converged > 0)
    churn_notes_add(run->notes, CHURN_WARNING, "folds_not_converged", CHURN_NOWHERE,
                    "%u of the cross-validation's fits did not converge", report->not_converged);
}

/* Lambda by cross-validation; start [columns + 1] = the fit there. */
static churn_status choose(const churn_penalty_input *input, const churn_scaled *data,
                           const churn_penalised_settings *settings, const churn_run *run,
                           choice *chosen, double *start, churn_error *error)
{
  const churn_fit_spec *fit = &input->project->fit;
  churn_path_settings path_settings = {.penalised = *settings};
  churn_path path = {0};
  churn_cross_table table = {0};
  churn_cross_report report;
  uint32_t *fold = churn_array_new(input->rows->count, sizeof *fold);
  churn_fold_map map = {fold, fit->folds};
  churn_status status =
      fold == NULL ? churn_error_no_memory(error)
                   : churn_folds_deal(input->rows, input->ids, fit->folds, fit->seed, fold, error);
  if (status == CHURN_OK)
    status = churn_path_fit(data, &path_settings, run, &path, error);
  if (status == CHURN_OK)
    status = churn_cross_validate_path(data, &map, settings, &path, run, &table, &report, error);
  if (status == CHURN_OK) {
    size_t k =
        churn_cross_choose(&table, fit->lambda_source == CHURN_LAMBDA_CV ? CHURN_LAMBDA_ONE_ERROR
                                                                         : CHURN_LAMBDA_MINIMUM);
    size_t n = path.columns + 1;
    *chosen = (choice){fit->penalty, path.lambdas[k], fit->folds, table.deviances[k],
                       table.std_errors[k]};
    memcpy(start, path.coefficients + k * n, n * sizeof *start);
    warn_about_choice(&path, k, fit->alpha, &report, run);
  }
  churn_path_clear(&path);
  churn_cross_table_clear(&table);
  free(fold);
  return status;
}

static churn_status fit_penalised(const churn_penalty_input *input, const double *factors,
                                  const churn_run *run, churn_fit_result *result,
                                  churn_fit_report *report, choice *chosen, churn_error *error)
{
  const churn_fit_spec *fit = &input->project->fit;
  churn_penalised_settings settings = {
      .lambda = fit->lambda, .alpha = fit->alpha, .factors = factors};
  bool choosing = fit->lambda_source != CHURN_LAMBDA_GIVEN;
  churn_scaled data = {0};
  double *start = churn_array_new(input->matrix->columns + 1, sizeof *start);
  churn_status status = start == NULL ? churn_error_no_memory(error)
                                      : churn_scaled_take(input->matrix, run, &data, error);
  if (status == CHURN_OK && choosing)
    status = choose(input, &data, &settings, run, chosen, start, error);
  settings.lambda = chosen->lambda;
  if (status == CHURN_OK)
    status =
        churn_penalised_fit(&data, &settings, choosing ? start : NULL, run, result, report, error);
  churn_scaled_clear(&data);
  free(start);
  return status;
}

static churn_status fit_firth(const churn_penalty_input *input, const churn_run *run,
                              churn_fit_result *result, churn_fit_report *report,
                              churn_error *error)
{
  churn_scaled data = {0};
  churn_status status = churn_scaled_take(input->matrix, run, &data, error);
  if (status == CHURN_OK)
    status = churn_firth_fit(&data, run, result, report, error);
  churn_scaled_clear(&data);
  return status;
}

/* Maximum likelihood, or Firth's where that has no maximum and the project asks for it. */
static churn_status fit_likelihood(const churn_penalty_input *input, const churn_run *run,
                                   churn_fit_result *result, churn_fit_report *report,
                                   const churn_model *model, choice *chosen, churn_error *error)
{
  churn_scaled data = {0};
  churn_status status = churn_fit_logistic(input->matrix, NULL, run, result, report, error);
  if (status != CHURN_OK || report->stopped_by != CHURN_STOP_SEPARATION ||
      !input->project->fit.firth_where_separated)
    return status;
  const char *column = model->columns[report->separating_column].name;
  status = churn_scaled_after(input->matrix, result->means, result->deviations, run, &data, error);
  if (status == CHURN_OK)
    status = churn_firth_fit(&data, run, result, report, error);
  if (status == CHURN_OK) {
    chosen->penalty = CHURN_PENALTY_FIRTH;
    churn_notes_add(run->notes, CHURN_WARNING, "firth", CHURN_NOWHERE,
                    "the likelihood has no maximum: column %s tells some churners and stayers "
                    "apart without error; fitted by Firth's penalised likelihood instead",
                    column);
  }
  churn_scaled_clear(&data);
  return status;
}

churn_status churn_penalty_fit(const churn_penalty_input *input, const churn_run *run,
                               churn_fit_result *result, churn_fit_report *report,
                               churn_model *model, churn_error *error)
{
  const churn_fit_spec *fit = &input->project->fit;
  choice chosen = {fit->penalty, fit->lambda, 0, NAN, NAN};
  double *factors = factors_new(fit, model);
  churn_status status = factors == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK && fit->penalty == CHURN_PENALTY_NONE)
    status = fit_likelihood(input, run, result, report, model, &chosen, error);
  else if (status == CHURN_OK && fit->penalty == CHURN_PENALTY_FIRTH)
    status = fit_firth(input, run, result, report, error);
  else if (status == CHURN_OK)
    status = fit_penalised(input, factors, run, result, report, &chosen, error);
  if (status == CHURN_OK)
    status = record(fit, &chosen, factors, model, error);
  free(factors);
  return status;
}
