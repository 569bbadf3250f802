/* What `churn train --json` prints: the fit for other programs, without the encodings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
                                   {"auc_lower", figures->auc_lower},
                                   {"auc_upper", figures->auc_upper},
                                   {"log_loss", figures->log_loss},
                                   {"null_log_loss", figures->null_log_loss},
                                   {"brier", figures->brier},
                                   {"null_brier", figures->null_brier},
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
  churn_json_whole_at(text, 2, "rows", model->rows);
  churn_json_whole_at(text, 2, "churners", model->churners);
  churn_json_number_at(text, 2, "log_likelihood", model->log_likelihood);
  churn_json_number_at(text, 2, "null_log_likelihood", model->null_log_likelihood);
  churn_json_whole_at(text, 2, "iterations", model->iterations);
  churn_json_number_at(text, 2, "max_gradient", model->max_gradient);
  churn_json_text_at(text, 2, "stopped_by", model->stopped_by);
  churn_json_truth_at(text, 2, "converged", model->converged);
  churn_json_text_at(text, 2, "penalty", model->penalty);
  churn_json_number_at(text, 2, "lambda", model->lambda);
  churn_json_number_at(text, 2, "alpha", model->alpha);
  churn_json_text_at(text, 2, "lambda_rule", model->lambda_rule);
  churn_json_whole_at(text, 2, "folds", model->folds);
  churn_json_number_at(text, 2, "cv_deviance", model->cv_deviance);
  churn_json_number_at(text, 2, "cv_std_error", model->cv_std_error);
  churn_json_text_at(text, 2, "covariance", model->covariance_kind);
}

/* What the rows stand for. */
static void append_weighting(churn_json_text *text, const churn_model *model)
{
  const churn_json_pair rates[] = {{"churners", model->sampled_churners},
                                   {"others", model->sampled_others}};
  churn_json_text_at(text, 2, "weighting", model->weighting);
  churn_json_text_at(text, 2, "weight", model->weight);
  churn_json_key(text, 2, "sampled", false);
  if (strcmp(model->weighting, "sampled") == 0) {
    churn_json_append(text, "{");
    churn_json_numbers(text, rates, 2, true);
    churn_json_append(text, "}");
  } else {
    churn_json_append(text, "null");
  }
  churn_json_number_at(text, 2, "population", model->population);
  churn_json_number_at(text, 2, "population_churners", model->population_churners);
  churn_json_text_at(text, 2, "offset", model->offset);
  if (model->excluded != NULL)
    churn_json_text_at(text, 2, "excluded", model->excluded);
}

/* Rows of customers who were contacted; null without a log. */
static void append_contacts(churn_json_text *text, const churn_model *model)
{
  const churn_json_pair counts[] = {{"rows", model->contacted_rows},
                                    {"churned", model->contacted_churned}};
  churn_json_key(text, 2, "contacted", false);
  if (model->contacted_rule == NULL) {
    churn_json_append(text, "null");
    return;
  }
  churn_json_append(text, "{\"rule\": ");
  churn_json_quote(text, model->contacted_rule);
  churn_json_numbers(text, counts, 2, false);
  churn_json_append(text, "}");
}

static void append_criteria(churn_json_text *text, const churn_model *model)
{
  bool valid = !model->dependent_rows && model->converged && strcmp(model->penalty, "none") == 0 &&
               strcmp(model->weighting, "inclusion") != 0;
  const churn_json_pair criteria[] = {
      {"aic", model->aic}, {"bic", model->bic}, {"mcfadden_r2", model->mcfadden_r2}};
  churn_json_text_at(text, 2, "tests", model->test_kind);
  churn_json_text_at(text, 2, "intervals", model->interval_kind);
  churn_json_truth_at(text, 2, "dependent_rows", model->dependent_rows);
  churn_json_truth_at(text, 2, "likelihood_valid", valid);
  churn_json_whole_at(text, 2, "churned_customers", model->churned_customers);
  for (size_t i = 0; i < sizeof criteria / sizeof criteria[0]; i++) {
    churn_json_number_at(text, 2, criteria[i].key, criteria[i].value);
  }
}

static void append_features(churn_json_text *text, const churn_model *model)
{
  churn_json_list_open(text, 2, "features");
  for (size_t i = 0; i < model->feature_count; i++) {
    const churn_model_test *test = &model->features[i].test;
    const churn_json_pair pairs[] = {{"chi2", test->chi2},
                                     {"p", test->p},
                                     {"gvif", test->gvif},
                                     {"scaled_gvif", test->scaled_gvif}};
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, model->features[i].name);
    churn_json_append(text, ", \"df\": ");
    churn_json_whole(text, test->df);
    churn_json_numbers(text, pairs, sizeof pairs / sizeof pairs[0], false);
    churn_json_append(text, "}");
  }
  churn_json_list_close(text, 2);
}

static void append_coefficients(churn_json_text *text, const churn_model *model)
{
  churn_json_list_open(text, 2, "coefficients");
  churn_json_line(text, 4);
  append_column(text, &model->intercept);
  for (size_t i = 0; i < model->column_count; i++) {
    churn_json_append(text, ",");
    churn_json_line(text, 4);
    append_column(text, &model->columns[i]);
  }
  churn_json_list_close(text, 2);
}

static void append_dropped(churn_json_text *text, const churn_model *model)
{
  churn_json_list_open(text, 2, "dropped");
  for (size_t i = 0; i < model->dropped_count; i++) {
    churn_json_item(text, 4, i == 0);
    churn_json_append(text, "{\"name\": ");
    churn_json_quote(text, model->dropped[i].name);
    churn_json_append(text, ", \"reason\": ");
    churn_json_quote(text, model->dropped[i].reason);
    churn_json_append(text, "}");
  }
  churn_json_append(text, "]");
  churn_json_list_open(text, 2, "warnings");
  for (size_t i = 0; i < model->note_count; i++) {
    churn_json_item(text, 4, i == 0);
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
  append_contacts(&text, model);
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
