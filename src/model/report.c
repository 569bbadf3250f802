/* What `churn train --json` prints: the fit for other programs, without the encodings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/report.h"

#include "base/error.h"
#include "base/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void churn_json_key(churn_json_text *text, int indent, const char *key, bool first)
{
  if (!first)
    churn_json_append(text, ",");
  churn_json_line(text, indent);
  churn_json_quote(text, key);
  churn_json_append(text, ": ");
}

void churn_json_number_or_null(churn_json_text *text, double value)
{
  if (isfinite(value))
    churn_json_number(text, value);
  else
    churn_json_append(text, "null");
}

void churn_json_text_or_null(churn_json_text *text, const char *value)
{
  if (value == NULL)
    churn_json_append(text, "null");
  else
    churn_json_quote(text, value);
}

void churn_json_numbers(churn_json_text *text, const churn_json_pair *pairs, size_t count,
                        bool first)
{
  for (size_t i = 0; i < count; i++) {
    if (!first || i > 0)
      churn_json_append(text, ", ");
    churn_json_quote(text, pairs[i].key);
    churn_json_append(text, ": ");
    churn_json_number_or_null(text, pairs[i].value);
  }
}

churn_status churn_json_save(churn_json_text *text, const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status =
      text->failed ? churn_error_no_memory(error) : churn_output_open(path, &output, error);
  if (status == CHURN_OK) {
    churn_output_write(output, text->bytes, text->length);
    status = churn_output_commit(output, error);
  }
  free(text->bytes);
  return status;
}

/* The intercept has none of them. */
static void append_effects(churn_json_text *text, const churn_model_column *column)
{
  bool intercept = column->condition == NULL;
  const churn_json_pair pairs[] = {{"odds_ratio", intercept ? NAN : column->odds_ratio},
                                   {"odds_lower", intercept ? NAN : column->odds_lower},
                                   {"odds_upper", intercept ? NAN : column->odds_upper},
                                   {"sd_effect", intercept ? NAN : column->sd_effect}};
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, ", \"condition\": ");
  churn_json_quote(text, intercept ? "ok" : column->condition);
}

static void append_column(churn_json_text *text, const churn_model_column *column)
{
  const churn_json_pair pairs[] = {{"estimate", column->estimate},
                                   {"std_error", column->std_error},
                                   {"z", column->z},
                                   {"p", column->p},
                                   {"lower", column->lower},
                                   {"upper", column->upper},
                                   {"penalty_factor", column->penalty_factor}};
  churn_json_append(text, "{\"name\": ");
  churn_json_quote(text, column->name);
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  append_effects(text, column);
  churn_json_append(text, "}");
}

void churn_report_figures(churn_json_text *text, const churn_figures *figures)
{
  const churn_json_pair pairs[] = {{"auc", figures->auc},
                                   {"log_loss", figures->log_loss},
                                   {"brier", figures->brier},
                                   {"calibration_intercept", figures->calibration_intercept},
                                   {"calibration_slope", figures->calibration_slope},
                                   {"top_decile_lift", figures->top_decile_lift}};
  churn_json_append(text, "{\"rows\": ");
  churn_json_whole(text, figures->rows);
  churn_json_append(text, ", \"churners\": ");
  churn_json_whole(text, figures->churners);
  churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
  churn_json_append(text, "}");
}

static void append_fit(churn_json_text *text, const churn_model *model)
{
  churn_json_key(text, 2, "rows", false);
  churn_json_whole(text, model->rows);
  churn_json_key(text, 2, "churners", false);
  churn_json_whole(text, model->churners);
  churn_json_key(text, 2, "log_likelihood", false);
  churn_json_number_or_null(text, model->log_likelihood);
  churn_json_key(text, 2, "null_log_likelihood", false);
  churn_json_number_or_null(text, model->null_log_likelihood);
  churn_json_key(text, 2, "iterations", false);
  churn_json_whole(text, model->iterations);
  churn_json_key(text, 2, "max_gradient", false);
  churn_json_number_or_null(text, model->max_gradient);
  churn_json_key(text, 2, "stopped_by", false);
  churn_json_quote(text, model->stopped_by);
  churn_json_key(text, 2, "converged", false);
  churn_json_append(text, model->converged ? "true" : "false");
  churn_json_key(text, 2, "penalty", false);
  churn_json_quote(text, model->penalty);
  churn_json_key(text, 2, "lambda", false);
  churn_json_number_or_null(text, model->lambda);
  churn_json_key(text, 2, "alpha", false);
  churn_json_number_or_null(text, model->alpha);
  churn_json_key(text, 2, "lambda_rule", false);
  churn_json_quote(text, model->lambda_rule);
  churn_json_key(text, 2, "folds", false);
  churn_json_whole(text, model->folds);
  churn_json_key(text, 2, "cv_deviance", false);
  churn_json_number_or_null(text, model->cv_deviance);
  churn_json_key(text, 2, "cv_std_error", false);
  churn_json_number_or_null(text, model->cv_std_error);
  churn_json_key(text, 2, "covariance", false);
  churn_json_quote(text, model->covariance_kind);
}

/* What the rows stand for. */
static void append_weighting(churn_json_text *text, const churn_model *model)
{
  const churn_json_pair rates[] = {{"churners", model->sampled_churners},
                                   {"others", model->sampled_others}};
  churn_json_key(text, 2, "weighting", false);
  churn_json_quote(text, model->weighting);
  churn_json_key(text, 2, "weight", false);
  churn_json_text_or_null(text, model->weight);
  churn_json_key(text, 2, "sampled", false);
  if (strcmp(model->weighting, "sampled") == 0) {
    churn_json_append(text, "{");
    churn_json_numbers(text, rates, 2, true);
    churn_json_append(text, "}");
  } else {
    churn_json_append(text, "null");
  }
  churn_json_key(text, 2, "population", false);
  churn_json_number_or_null(text, model->population);
  churn_json_key(text, 2, "population_churners", false);
  churn_json_number_or_null(text, model->population_churners);
  churn_json_key(text, 2, "offset", false);
  churn_json_text_or_null(text, model->offset);
}

static void append_criteria(churn_json_text *text, const churn_model *model)
{
  bool valid = !model->dependent_rows && model->converged && strcmp(model->penalty, "none") == 0 &&
               strcmp(model->weighting, "inclusion") != 0;
  const churn_json_pair criteria[] = {
      {"aic", model->aic}, {"bic", model->bic}, {"mcfadden_r2", model->mcfadden_r2}};
  churn_json_key(text, 2, "tests", false);
  churn_json_quote(text, model->test_kind);
  churn_json_key(text, 2, "intervals", false);
  churn_json_quote(text, model->interval_kind);
  churn_json_key(text, 2, "dependent_rows", false);
  churn_json_append(text, model->dependent_rows ? "true" : "false");
  churn_json_key(text, 2, "likelihood_valid", false);
  churn_json_append(text, valid ? "true" : "false");
  churn_json_key(text, 2, "churned_customers", false);
  churn_json_whole(text, model->churned_customers);
  for (size_t i = 0; i < sizeof criteria / sizeof criteria[0]; i++) {
    churn_json_key(text, 2, criteria[i].key, false);
    churn_json_number_or_null(text, criteria[i].value);
  }
}

static void append_features(churn_json_text *text, const churn_model *model)
{
  churn_json_key(text, 2, "features", false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < model->feature_count; i++) {
    const churn_model_test *test = &model->features[i].test;
    const churn_json_pair pairs[] = {{"chi2", test->chi2},
                                     {"p", test->p},
                                     {"gvif", test->gvif},
                                     {"scaled_gvif", test->scaled_gvif}};
    churn_json_append(text, i == 0 ? "" : ",");
    churn_json_line(text, 4);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, model->features[i].name);
    churn_json_append(text, ", \"df\": ");
    churn_json_whole(text, test->df);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    churn_json_append(text, "}");
  }
  churn_json_line(text, 2);
  churn_json_append(text, "]");
}

static void append_coefficients(churn_json_text *text, const churn_model *model)
{
  churn_json_key(text, 2, "coefficients", false);
  churn_json_append(text, "[");
  churn_json_line(text, 4);
  append_column(text, &model->intercept);
  for (size_t i = 0; i < model->column_count; i++) {
    churn_json_append(text, ",");
    churn_json_line(text, 4);
    append_column(text, &model->columns[i]);
  }
  churn_json_line(text, 2);
  churn_json_append(text, "]");
}

static void append_dropped(churn_json_text *text, const churn_model *model)
{
  churn_json_key(text, 2, "dropped", false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < model->dropped_count; i++) {
    churn_json_append(text, i == 0 ? "" : ",");
    churn_json_line(text, 4);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, model->dropped[i].name);
    churn_json_append(text, ", \"reason\": ");
    churn_json_quote(text, model->dropped[i].reason);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
  churn_json_key(text, 2, "warnings", false);
  churn_json_append(text, "[");
  for (size_t i = 0; i < model->note_count; i++) {
    churn_json_append(text, i == 0 ? "" : ",");
    churn_json_line(text, 4);
    churn_json_quote(text, model->notes[i]);
  }
  churn_json_append(text, "]");
}

churn_status churn_model_write_report(const churn_model *model, const char *path,
                                      churn_error *error)
{
  churn_json_text text = {0};
  churn_json_append(&text, "{");
  churn_json_key(&text, 2, "model", true);
  churn_json_quote(&text, model->id);
  append_fit(&text, model);
  append_weighting(&text, model);
  append_criteria(&text, model);
  append_coefficients(&text, model);
  append_features(&text, model);
  churn_json_key(&text, 2, "training", false);
  churn_report_figures(&text, &model->training);
  churn_json_key(&text, 2, "validation", false);
  if (model->validation.rows > 0)
    churn_report_figures(&text, &model->validation);
  else
    churn_json_append(&text, "null");
  churn_report_calibration(&text, model);
  append_dropped(&text, model);
  churn_json_append(&text, "\n}\n");
  return churn_json_save(&text, path, error);
}
