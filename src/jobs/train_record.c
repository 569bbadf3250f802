/* What a model remembers of its training.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/kinds.h"
#include "evaluate/evaluate.h"
#include "jobs/train_parts.h"

#include <string.h>

/* Types of all columns of the sources that were read, so that scoring infers nothing. */
static churn_status record_types(churn_training *t, churn_error *error)
{
  const churn_schema *schema = t->pipeline->schema;
  size_t count = 0;
  for (size_t s = 0; s < schema->source_count; s++)
    count += schema->sources[s].column_count;
  t->model->types = churn_array_new(count, sizeof *t->model->types);
  if (t->model->types == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t s = 0; s < schema->source_count && status == CHURN_OK; s++)
    for (size_t c = 0; c < schema->sources[s].column_count && status == CHURN_OK; c++) {
      const churn_schema_column *column = &schema->sources[s].columns[c];
      churn_model_type *type = &t->model->types[t->model->type_count++];
      status = churn_text_set(&type->source, schema->sources[s].name, error);
      if (status == CHURN_OK)
        status = churn_text_set(&type->column, column->name, error);
      if (status == CHURN_OK)
        status = churn_text_set(&type->type, churn_type_name(column->type), error);
    }
  return status;
}

static churn_status record_inputs(churn_training *t, churn_error *error)
{
  const churn_data *data = t->pipeline->data;
  t->model->inputs = churn_array_new(data->input_count, sizeof *t->model->inputs);
  if (t->model->inputs == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < data->input_count && status == CHURN_OK; i++) {
    churn_model_input *input = &t->model->inputs[t->model->input_count++];
    input->rows = data->inputs[i].rows;
    status = churn_text_set(&input->source, data->inputs[i].name, error);
    if (status == CHURN_OK)
      status = churn_text_set(&input->fingerprint, data->inputs[i].fingerprint, error);
  }
  return status;
}

/* Remarks about the data's own files (they have a place) stay out: they would make the model depend
 * on where rows stand. */
static churn_status record_notes(churn_training *t, churn_error *error)
{
  size_t count = churn_notes_count(t->run->notes);
  if (churn_notes_lost(t->run->notes) > 0)
    return churn_error_no_memory(error);
  t->model->notes = churn_array_new(count, sizeof *t->model->notes);
  if (t->model->notes == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < count && status == CHURN_OK; i++) {
    const churn_note *note = churn_notes_get(t->run->notes, i);
    if (note->file[0] == '\0' && strcmp(note->code, "isa_ignored") != 0)
      status = churn_text_set(&t->model->notes[t->model->note_count++], note->text, error);
  }
  return status;
}

static churn_status record_weighting(churn_training *t, const churn_span *span, churn_error *error)
{
  static const char *const names[] = {"none", "frequency", "inclusion", "sampled"};
  const churn_fit_spec *fit = &t->project->fit;
  churn_model *model = t->model;
  model->sampled_churners = fit->sampled.churners;
  model->sampled_others = fit->sampled.others;
  model->population = span->population;
  model->population_churners = span->population_churners;
  churn_status status = churn_text_set(&model->weighting, names[fit->weighting], error);
  if (status == CHURN_OK && fit->weight.text != NULL)
    status = churn_text_set(&model->weight, fit->weight.text, error);
  if (status == CHURN_OK && fit->offset.text != NULL)
    status = churn_text_set(&model->offset, fit->offset.text, error);
  return status;
}

static churn_status record_contacts(churn_training *t, churn_error *error)
{
  const churn_contacts_spec *contacts = &t->project->contacts;
  if (contacts->history.text == NULL)
    return CHURN_OK;
  t->model->contacted_rows = (double)t->contacted;
  t->model->contacted_churned = (double)t->contacted_churned;
  return churn_text_set(&t->model->contacted_rule, churn_contacted_name(contacts->rule), error);
}

static churn_status record_window(churn_training *t, churn_error *error)
{
  churn_span span;
  churn_status status = churn_span_of(t->train, &span, error);
  if (status != CHURN_OK)
    return status;
  churn_model *model = t->model;
  model->first_as_of = span.first;
  model->last_as_of = span.last;
  model->snapshot_count = span.days;
  model->horizon_days = t->project->outcome.horizon_days;
  model->gap_days = t->project->outcome.gap_days;
  model->test_share = t->split.kind == CHURN_SPLIT_CUSTOMERS ? t->split.test_share : 0.0;
  model->rows = span.rows;
  model->churners = span.churners;
  model->customers = span.customers;
  status = record_weighting(t, &span, error);
  if (status == CHURN_OK)
    status = record_contacts(t, error);
  if (status == CHURN_OK && t->project->outcome.excludes &&
      (model->excluded = churn_kinds_excluded(t->project)) == NULL)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK && t->project->outcome_name != NULL)
    status = churn_text_set(&model->outcome, t->project->outcome_name, error);
  if (status == CHURN_OK)
    status = churn_text_set(&model->outcome_kind, churn_outcome_kind_name(t->project->outcome.kind),
                            error);
  if (status == CHURN_OK)
    status = churn_text_set(&model->program, "churn " CHURN_VERSION, error);
  return status == CHURN_OK ? churn_text_set(&model->set, t->set, error) : status;
}

static churn_status record_figures(churn_training *t, churn_error *error)
{
  static const char *const kinds[] = {"none", "held_out_customers", "later_snapshots"};
  churn_evaluation evaluation = {0};
  /* The ranking of all rows takes as much room as the matrix, which has served. */
  churn_matrix_free(t->matrix);
  t->matrix = NULL;
  churn_status status =
      churn_evaluate_rows(t->pipeline, t->model, t->train, NULL, 0, t->run, &evaluation, error);
  if (status != CHURN_OK)
    return status;
  t->model->training = evaluation.figures;
  bool held_out = t->test->count > 0;
  if (held_out) {
    status =
        churn_evaluate_rows(t->pipeline, t->model, t->test, NULL, 0, t->run, &evaluation, error);
    t->model->validation = evaluation.figures;
  }
  if (!held_out)
    t->model->validation = (churn_figures){0};
  return status == CHURN_OK ? churn_text_set(&t->model->validation_kind,
                                             kinds[held_out ? t->split.kind : 0], error)
                            : status;
}

churn_status churn_training_record(churn_training *t, churn_error *error)
{
  churn_status (*const steps[])(churn_training *, churn_error *) = {
      record_window, record_types, record_inputs, record_figures, record_notes};
  churn_status status = CHURN_OK;
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CHURN_OK; i++)
    status = steps[i](t, error);
  return status;
}
