/* From a project and a list of features to a plan bound to data.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/pipeline.h"

#include "base/memory.h"
#include "design/drop.h"
#include "design/kinds.h"
#include "design/rep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void churn_pipeline_close(churn_pipeline *pipeline)
{
  if (pipeline == NULL)
    return;
  churn_plan_free(pipeline->plan);
  churn_plan_free(pipeline->rep);
  churn_plan_free(pipeline->kinds);
  churn_plan_free(pipeline->drop);
  churn_row_terms_clear(&pipeline->terms);
  churn_data_free(pipeline->data);
  churn_selection_free(pipeline->selection);
  churn_schema_free(pipeline->schema);
  free(pipeline);
}

static churn_status build_schema(churn_pipeline *p, const churn_model *model, const churn_run *run,
                                 churn_error *error)
{
  size_t count = model == NULL ? 0 : model->type_count;
  churn_known_type *known = churn_array_new(count, sizeof *known);
  if (known == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < count; i++)
    known[i] = (churn_known_type){model->types[i].source, model->types[i].column,
                                  churn_type_from_name(model->types[i].type)};
  churn_status status = churn_schema_build(p->project, known, count, run, &p->schema, error);
  free(known);
  return status;
}

/* Expressions of the features, then which rows of the outcome's history count. */
static churn_status list_expressions(churn_pipeline *p, const churn_model *model,
                                     churn_expression **expressions, size_t *count,
                                     churn_error *error)
{
  const churn_project *project = p->project;
  size_t features = model == NULL ? p->selection->count : model->feature_count;
  *expressions = churn_array_new(features + 1, sizeof **expressions);
  if (*expressions == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < features; i++) {
    if (model != NULL) {
      (*expressions)[i] = (churn_expression){.name = model->features[i].name,
                                             .text = model->features[i].expression};
      continue;
    }
    const churn_feature_spec *spec = &p->selection->features[i];
    (*expressions)[i] = (churn_expression){.name = spec->name.text,
                                           .text = spec->expression.text,
                                           .place = churn_project_place(project, &spec->expression),
                                           .optional = spec->is_default};
    if (spec->is_default)
      (*expressions)[i].place = CHURN_NOWHERE;
  }
  *count = features;
  p->condition_output = -1;
  if (project->outcome.kind == CHURN_OUTCOME_SILENT ||
      project->outcome.kind == CHURN_OUTCOME_EVENT) {
    p->condition_output = (int)features;
    (*expressions)[(*count)++] =
        (churn_expression){.name = "outcome",
                           .text = project->outcome.where.text,
                           .place = churn_project_place(project, &project->outcome.where),
                           .rule = CHURN_EXPRESSION_CONDITION,
                           .history = project->outcome.history.text};
  }
  p->feature_count = features;
  return CHURN_OK;
}

/* The user did not write a model's expressions, so the first that does not fit says enough. */
static churn_status explain_mismatch(churn_status status, churn_error *error)
{
  char message[CHURN_MESSAGE_SIZE];
  if (status != CHURN_BAD_PROJECT || error == NULL)
    return status;
  snprintf(message, sizeof message, "%s", error->message);
  return churn_error_set(
      error, status, "the model was trained on other columns than this project maps: %s", message);
}

churn_status churn_pipeline_plan(churn_pipeline *p, const churn_model *model, const churn_run *run,
                                 churn_plan **plan, churn_error *error)
{
  churn_run quiet = run == NULL ? (churn_run){0} : *run;
  if (model != NULL)
    quiet.notes = NULL;
  churn_expression *expressions = NULL;
  size_t count = 0;
  const churn_located *value = &p->project->value;
  churn_expression money = {.name = "value",
                            .text = value->text,
                            .place = churn_project_place(p->project, value),
                            .rule = CHURN_EXPRESSION_VALUE};
  churn_status status = list_expressions(p, model, &expressions, &count, error);
  if (status == CHURN_OK)
    status = churn_plan_build(p->schema, expressions, count, value->text == NULL ? NULL : &money,
                              &quiet, plan, error);
  for (size_t i = 0; status == CHURN_OK && i < p->feature_count; i++)
    if (churn_project_models_contact(p->project, expressions[i].name))
      churn_plan_set_contact(*plan, i);
  free(expressions);
  return model == NULL ? status : explain_mismatch(status, error);
}

/* Default features that the project does not map leave the selection, and the plan is built again
 * without them. */
static churn_status drop_skipped(churn_pipeline *p, const churn_run *run, churn_error *error)
{
  size_t kept = 0;
  if (p->selection == NULL)
    return CHURN_OK;
  for (size_t i = 0; i < p->selection->count; i++)
    if (!churn_plan_skipped(p->plan, i))
      p->selection->features[kept++] = p->selection->features[i];
  if (kept == p->selection->count)
    return CHURN_OK;
  if (kept * 2 < p->selection->count)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "few_features", CHURN_NOWHERE,
                    "only %zu of the %zu shipped features fit this project; write its own under "
                    "`features`",
                    kept, p->selection->count);
  p->selection->count = kept;
  churn_plan_free(p->plan);
  p->plan = NULL;
  return churn_pipeline_plan(p, NULL, run, &p->plan, error);
}

/* Features that nobody asked for leave the selection too. */
static churn_status keep_wanted(churn_pipeline *p, const bool *wanted, const churn_run *run,
                                churn_error *error)
{
  size_t kept = 0;
  for (size_t i = 0; i < p->selection->count; i++)
    if (wanted[i])
      p->selection->features[kept++] = p->selection->features[i];
  if (kept == p->selection->count)
    return CHURN_OK;
  p->selection->count = kept;
  churn_plan_free(p->plan);
  p->plan = NULL;
  return churn_pipeline_plan(p, NULL, run, &p->plan, error);
}

/* Which columns of customers the weights and the offset read: those are no features. */
static churn_status select_features(churn_pipeline *p, const churn_pipeline_settings *settings,
                                    const churn_run *run, churn_error *error)
{
  churn_needs *taken = churn_needs_new(p->schema);
  if (taken == NULL)
    return churn_error_no_memory(error);
  churn_row_terms_add_needs(&p->terms, true, taken);
  churn_status status = churn_selection_build(p->project, p->schema, settings->set,
                                              taken->wanted[0], run, &p->selection, error);
  churn_needs_free(taken);
  return status;
}

/* Who looks after a customer, where that limits whom to contact. */
static churn_status plan_rep(churn_pipeline *p, const churn_run *run, churn_error *error)
{
  return p->project->capacity.each_rep == UINT64_MAX
             ? CHURN_OK
             : churn_rep_plan(p->project, p->schema, run, &p->rep, NULL, error);
}

static churn_status make_plan(churn_pipeline *p, const churn_pipeline_settings *settings,
                              const churn_run *run, churn_error *error)
{
  churn_status status =
      churn_row_terms_build(p->project, p->schema, settings->model,
                            p->weighted || settings->model == NULL, run, &p->terms, error);
  if (status == CHURN_OK && settings->model != NULL)
    status = plan_rep(p, run, error);
  if (status == CHURN_OK && p->project->outcome.kind == CHURN_OUTCOME_DROP)
    status = churn_drop_plan(p->project, p->schema, run, &p->drop, error);
  if (status == CHURN_OK && settings->model == NULL)
    status = select_features(p, settings, run, error);
  if (status == CHURN_OK)
    status = churn_pipeline_plan(p, settings->model, run, &p->plan, error);
  if (status == CHURN_OK)
    status = drop_skipped(p, run, error);
  if (status == CHURN_OK && settings->wanted != NULL)
    status = keep_wanted(p, settings->wanted, run, error);
  if (status == CHURN_OK)
    status = churn_kinds_check_features(p->project, p->plan, p->feature_count, error);
  if (status == CHURN_OK && settings->with_labels && p->project->outcome.excludes)
    status = churn_kinds_plan(p->project, p->schema, run, &p->kinds, error);
  if (status == CHURN_OK && p->feature_count == 0)
    status = churn_error_set(
        error, CHURN_DEGENERATE,
        "no feature is left to work with: the project maps none of the columns that they "
        "need, or only days, which are no features by themselves");
  return status;
}

churn_needs *churn_pipeline_needs(const churn_pipeline *p)
{
  churn_needs *needs = churn_needs_new(p->schema);
  if (needs != NULL && p->plan != NULL)
    churn_plan_add_needs(p->plan, needs);
  if (needs != NULL && p->drop != NULL)
    churn_plan_add_needs(p->drop, needs);
  if (needs != NULL && p->with_terms)
    churn_row_terms_add_needs(&p->terms, p->weighted, needs);
  if (needs != NULL && p->rep != NULL)
    churn_plan_add_needs(p->rep, needs);
  if (needs != NULL && p->kinds != NULL)
    churn_plan_add_needs(p->kinds, needs);
  for (size_t i = 0; needs != NULL && i < CHURN_PLANS_BESIDE; i++)
    if (p->beside[i] != NULL)
      churn_plan_add_needs(p->beside[i], needs);
  return needs;
}

static churn_status read_data(churn_pipeline *p, const churn_pipeline_settings *settings,
                              const churn_run *run, churn_error *error)
{
  churn_needs *needs = churn_pipeline_needs(p);
  if (needs == NULL)
    return churn_error_no_memory(error);
  if (settings->all_columns)
    churn_needs_all(needs, p->schema);
  churn_needs_days(needs, p->schema);
  if (p->project->contacts.history.text != NULL)
    needs->source[1 + churn_project_find_history(p->project, p->project->contacts.history.text)] =
        true;
  churn_data_settings reading = {settings->collect_all, settings->with_labels, settings->before};
  churn_status status = churn_data_read(p->schema, needs, &reading, run, &p->data, error);
  churn_needs_free(needs);
  return status;
}

static churn_status bind(churn_pipeline *p, churn_error *error)
{
  churn_status status = churn_plan_bind(p->plan, p->data, error);
  if (status == CHURN_OK && p->rep != NULL)
    status = churn_plan_bind(p->rep, p->data, error);
  for (size_t i = 0; status == CHURN_OK && i < CHURN_PLANS_BESIDE; i++)
    if (p->beside[i] != NULL)
      status = churn_plan_bind(p->beside[i], p->data, error);
  if (status == CHURN_OK && p->kinds != NULL)
    status = churn_plan_bind(p->kinds, p->data, error);
  if (status == CHURN_OK && p->drop != NULL)
    status = churn_plan_bind(p->drop, p->data, error);
  return status == CHURN_OK && p->with_terms
             ? churn_row_terms_bind(&p->terms, p->weighted, p->data, error)
             : status;
}

static churn_status load(churn_pipeline *p, const churn_pipeline_settings *settings,
                         const churn_run *run, churn_error *error)
{
  churn_status status = read_data(p, settings, run, error);
  return status == CHURN_OK && !p->data->incomplete ? bind(p, error) : status;
}

churn_status churn_pipeline_load(churn_pipeline *pipeline, const churn_run *run, churn_error *error)
{
  const churn_pipeline_settings plainly = {.with_labels = pipeline->with_labels,
                                           .before = pipeline->before};
  return load(pipeline, &plainly, run, error);
}

churn_status churn_pipeline_open(const churn_project *project,
                                 const churn_pipeline_settings *settings, const churn_run *run,
                                 churn_pipeline **pipeline, churn_error *error)
{
  churn_pipeline *p = calloc(1, sizeof *p);
  if (p == NULL)
    return churn_error_no_memory(error);
  p->project = project;
  p->weighted = settings->weighted;
  p->with_labels = settings->with_labels;
  p->before = settings->before;
  p->with_terms = settings->weighted || settings->model != NULL;
  churn_status status = build_schema(p, settings->model, run, error);
  if (status == CHURN_OK)
    status = make_plan(p, settings, run, error);
  if (status == CHURN_OK && !settings->no_data)
    status = load(p, settings, run, error);
  if (status == CHURN_OK)
    *pipeline = p;
  else
    churn_pipeline_close(p);
  return status;
}

churn_labelling churn_pipeline_labelling(const churn_pipeline *p)
{
  return (churn_labelling){p->drop == NULL ? p->plan : p->drop,
                           p->drop == NULL ? p->condition_output : 0, p->kinds, NULL};
}

/* Snapshots of these days with their weights and offsets. */
static churn_status build_snapshots(const churn_pipeline *p, const churn_day *days, size_t count,
                                    churn_snapshot_use use, const churn_run *run,
                                    churn_snapshots **snapshots, churn_error *error)
{
  churn_snapshots *made = NULL;
  const churn_labelling labelling = churn_pipeline_labelling(p);
  churn_status status =
      churn_snapshots_build(p->project, p->data, &labelling, days, count, use, run, &made, error);
  if (status == CHURN_OK && p->with_terms)
    status = churn_row_terms_apply(&p->terms, p->data, p->weighted, run, made, error);
  if (status == CHURN_OK)
    *snapshots = made;
  else
    churn_snapshots_free(made);
  return status;
}

churn_status churn_pipeline_snapshots(const churn_pipeline *pipeline, churn_day first,
                                      churn_day last, churn_snapshot_use use, const churn_run *run,
                                      churn_snapshots **snapshots, churn_error *error)
{
  churn_day *days = NULL;
  size_t count = 0;
  churn_status status =
      churn_snapshot_days(pipeline->project, pipeline->data, first, last, &days, &count, error);
  if (status == CHURN_OK)
    status = build_snapshots(pipeline, days, count, use, run, snapshots, error);
  free(days);
  return status;
}

churn_status churn_pipeline_give(const churn_pipeline *pipeline, churn_day first, churn_day last,
                                 churn_snapshot_use use, const churn_snapshot_taker *taker,
                                 const churn_run *run, size_t *day_count, churn_error *error)
{
  const churn_labelling labelling = churn_pipeline_labelling(pipeline);
  churn_day *days = NULL;
  size_t count = 0;
  churn_status status =
      churn_snapshot_days(pipeline->project, pipeline->data, first, last, &days, &count, error);
  if (status == CHURN_OK)
    status = churn_snapshots_give(pipeline->project, pipeline->data, &labelling, days, count, use,
                                  taker, run, error);
  free(days);
  if (status == CHURN_OK)
    *day_count = count;
  return status;
}

churn_status churn_pipeline_base(const churn_pipeline *pipeline, churn_day as_of,
                                 const churn_run *run, churn_snapshots **snapshots,
                                 churn_error *error)
{
  return build_snapshots(pipeline, &as_of, 1, CHURN_SNAPSHOTS_AT_RISK, run, snapshots, error);
}

churn_status churn_pipeline_label(const churn_pipeline *pipeline, churn_day as_of, const bool *only,
                                  const churn_run *run, churn_snapshots **snapshots,
                                  churn_error *error)
{
  churn_labelling labelling = churn_pipeline_labelling(pipeline);
  labelling.only = only;
  return churn_snapshots_build(pipeline->project, pipeline->data, &labelling, &as_of, 1,
                               CHURN_SNAPSHOTS_AT_RISK, run, snapshots, error);
}
