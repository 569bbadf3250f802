/* The model card: a walk over the model, section by section.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/card_text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void write_purpose(churn_output *output, const churn_model *model)
{
  churn_output_printf(output, "# Model card: %s\n\n", model->id);
  churn_output_text(output, "Made by ");
  churn_card_words(output, model->program);
  churn_output_text(output, " with the feature set ");
  churn_card_code(output, model->set);
  churn_output_text(output, ".\n\n## Purpose\n\n");
  if (model->horizon_days > 0)
    churn_output_printf(output,
                        "The probability that a current customer leaves within %d days%s, to rank "
                        "customers for a call and to say why each is on the list.\n",
                        (int)model->horizon_days, model->gap_days > 0 ? " after a gap" : "");
  else
    churn_output_text(output, "The probability that a customer of the export churns, to rank "
                              "customers for a call and to say why each is on the list.\n");
  if (model->gap_days > 0)
    churn_output_printf(output,
                        "The gap: who leaves in the first %d days does not count, as "
                        "there would be no time to call.\n",
                        (int)model->gap_days);
  churn_output_text(output, "It is not made to decide about a customer's credit, price or "
                            "rights.\n");
}

static void write_weighting(churn_output *output, const churn_model *model)
{
  if (strcmp(model->weighting, "none") == 0)
    return;
  churn_output_printf(output, "| population that the rows stand for | %.1f, %.1f churned (%s",
                      model->population, model->population_churners, model->weighting);
  if (model->weight != NULL) {
    churn_output_text(output, " weights ");
    churn_card_code(output, model->weight);
  }
  churn_output_text(output, ") |\n");
}

static void write_contacts(churn_output *output, const churn_model *model)
{
  if (model->contacted_rule != NULL)
    churn_output_printf(
        output,
        "| rows of customers contacted shortly before the as-of day or in the gap | %.0f, "
        "%.0f churned (%s) |\n",
        model->contacted_rows, model->contacted_churned,
        strcmp(model->contacted_rule, "drop") == 0   ? "left out"
        : strcmp(model->contacted_rule, "keep") == 0 ? "kept"
                                                     : "modelled");
}

static void write_data(churn_output *output, const churn_model *model)
{
  char first[CHURN_DAY_TEXT_SIZE], last[CHURN_DAY_TEXT_SIZE];
  churn_day_format(model->first_as_of, first);
  churn_day_format(model->last_as_of, last);
  churn_output_text(output, "\n## Data\n\n| | |\n| --- | --- |\n");
  if (model->last_as_of != CHURN_DAY_MISSING)
    churn_output_printf(output,
                        "| as-of days | %s to %s, %" PRIu32 " |\n| label window | %d days, after "
                        "a gap of %d |\n",
                        first, last, model->snapshot_count, (int)model->horizon_days,
                        (int)model->gap_days);
  churn_output_printf(output,
                      "| training rows | %" PRIu64 " |\n| customers | %" PRIu64 " |\n"
                      "| churners | %" PRIu64 " (%.2f %%) |\n",
                      model->rows, model->customers, model->churners,
                      model->rows == 0 ? 0.0 : 100 * (double)model->churners / (double)model->rows);
  if (model->test_share > 0)
    churn_output_printf(output, "| held out | %.0f %% of the customers, by a hash of the id |\n",
                        100 * model->test_share);
  write_weighting(output, model);
  write_contacts(output, model);
  churn_output_text(output, "\n| source | rows | fingerprint |\n| --- | ---: | --- |\n");
  for (size_t i = 0; i < model->input_count; i++) {
    const churn_model_input *input = &model->inputs[i];
    churn_output_text(output, "| ");
    churn_card_code(output, input->source);
    churn_output_printf(output, " | %" PRIu64 " | `%s` |\n", input->rows, input->fingerprint);
  }
}

static void write_feature(churn_output *output, const churn_model_feature *feature)
{
  churn_output_text(output, "| ");
  churn_card_code(output, feature->name);
  churn_output_text(output, " | ");
  churn_card_words(output, feature->label == NULL ? "" : feature->label);
  churn_output_text(output, " | ");
  churn_card_code(output, feature->expression);
  churn_output_printf(output, " | %" PRIu64 " (%s) |", feature->missing_rows,
                      feature->kind == CHURN_FEATURE_CATEGORY ? "a level" : feature->missing_rule);
  if (isnan(feature->test.p))
    churn_output_text(output, " – |\n");
  else
    churn_output_printf(output, " %.3g |\n", feature->test.p);
}

static void write_column(churn_output *output, const churn_model_column *column)
{
  churn_output_text(output, "| ");
  churn_card_code(output, column->name);
  churn_output_printf(output, " | %.5g | ", column->estimate);
  churn_card_interval(output, column->odds_ratio, column->odds_lower, column->odds_upper, 3);
  churn_output_text(output, " |");
  churn_card_cell(output, column->sd_effect, 2);
  churn_output_text(output, "\n");
}

static void write_features(churn_output *output, const churn_model *model)
{
  churn_output_text(output, "\n## Features\n\n"
                            "| feature | in words | definition | missing rows (rule) | p |\n"
                            "| --- | --- | --- | ---: | ---: |\n");
  for (size_t f = 0; f < model->feature_count; f++)
    write_feature(output, &model->features[f]);
  churn_output_printf(
      output,
      "\np: how likely so strong a relation is where the feature tells nothing (%s test).\n\n"
      "| column | coefficient | odds ratio (95 %%) | points of probability for one "
      "standard deviation |\n| --- | ---: | --- | ---: |\n"
      "| (intercept) | %.5g | | |\n",
      model->test_kind, model->intercept.estimate);
  for (size_t c = 0; c < model->column_count; c++)
    write_column(output, &model->columns[c]);
  churn_output_printf(output, "\nPenalty: %s", model->penalty);
  if (model->lambda > 0)
    churn_output_printf(output, ", lambda %.6g (%s)", model->lambda, model->lambda_rule);
  churn_output_printf(output, ". Standard errors: %s.\n", model->covariance_kind);
}

static void write_use(churn_output *output, const churn_model *model)
{
  churn_output_printf(
      output,
      "\n## How to use it\n\n```\n"
      "churn models promote PROJECT %.8s      take it into use\n"
      "churn score PROJECT -m models/%s.json\n"
      "churn evaluate PROJECT -m models/%s.json\n```\n\n"
      "Scoring replays the definitions, encodings and coefficients above, which the "
      "model carries. A level that training never saw counts as `?other`, or as the "
      "reference. Look at the realised figures each time a label window closes, and "
      "retrain (`churn retrain PROJECT`).\n",
      model->id, model->id, model->id);
}

churn_status churn_card_write(const churn_model *model, const char *path, churn_error *error)
{
  churn_output *output = NULL;
  churn_status status = churn_output_open(path, &output, error);
  if (status != CHURN_OK)
    return status;
  void (*const sections[])(churn_output *, const churn_model *) = {
      write_purpose,          write_data,        write_features, churn_card_figures,
      churn_card_calibration, churn_card_limits, write_use};
  for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
    sections[i](output, model);
  return churn_output_commit(output, error);
}
