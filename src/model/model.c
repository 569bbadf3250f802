/* A fitted model as plain data: making an empty one, freeing any.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <churn/model.h>

#include <math.h>
#include <stdlib.h>

churn_model *churn_model_new(void)
{
  churn_model *made = calloc(1, sizeof *made);
  if (made != NULL)
    made->contacted_rows = made->contacted_churned = NAN;
  return made;
}

static void free_feature(churn_model_feature *feature)
{
  for (size_t i = 0; feature->levels != NULL && i < feature->level_count; i++)
    free(feature->levels[i].text);
  free(feature->levels);
  free(feature->name);
  free(feature->expression);
  free(feature->label);
  free(feature->missing_rule);
  free(feature->reference);
  free(feature->bounds);
  free(feature->bin_rows);
}

static void free_column(churn_model_column *column)
{
  free(column->name);
  free(column->condition);
}

static void free_design(churn_model *model)
{
  for (size_t i = 0; model->features != NULL && i < model->feature_count; i++)
    free_feature(&model->features[i]);
  free(model->features);
  for (size_t i = 0; model->columns != NULL && i < model->column_count; i++)
    free_column(&model->columns[i]);
  free(model->columns);
  free_column(&model->intercept);
  free(model->covariance);
}

static void free_remarks(churn_model *model)
{
  for (size_t i = 0; model->dropped != NULL && i < model->dropped_count; i++) {
    free(model->dropped[i].name);
    free(model->dropped[i].reason);
  }
  free(model->dropped);
  for (size_t i = 0; model->notes != NULL && i < model->note_count; i++)
    free(model->notes[i]);
  free(model->notes);
}

static void free_sources(churn_model *model)
{
  for (size_t i = 0; model->types != NULL && i < model->type_count; i++) {
    free(model->types[i].source);
    free(model->types[i].column);
    free(model->types[i].type);
  }
  free(model->types);
  for (size_t i = 0; model->inputs != NULL && i < model->input_count; i++) {
    free(model->inputs[i].source);
    free(model->inputs[i].fingerprint);
  }
  free(model->inputs);
}

void churn_model_free(churn_model *model)
{
  if (model == NULL)
    return;
  free_design(model);
  free_remarks(model);
  free_sources(model);
  free(model->program);
  free(model->set);
  free(model->weighting);
  free(model->weight);
  free(model->offset);
  free(model->excluded);
  free(model->outcome);
  free(model->outcome_kind);
  free(model->contacted_rule);
  free(model->penalty);
  free(model->lambda_rule);
  free(model->covariance_kind);
  free(model->test_kind);
  free(model->interval_kind);
  free(model->stopped_by);
  free(model->validation_kind);
  free(model->out_of_fold.error_kind);
  free(model->out_of_fold.bins);
  free(model->recalibration.asked);
  free(model->recalibration.method);
  free(model->recalibration.knots);
  free(model);
}
