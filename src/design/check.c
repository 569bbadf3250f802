/* `churn check`: everything read once, described, every fault named.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "design/check.h"
#include "base/memory.h"
#include "design/check_causes.h"
#include "design/check_files.h"
#include "design/check_values.h"
#include "design/drop.h"
#include "design/encoding.h"
#include "design/pipeline.h"
#include "design/split.h"
#include "design/warnings.h"

#include <churn/check.h>

#include <stdlib.h>
#include <string.h>

void churn_check_report_free(churn_check_report *report)
{
  if (report == NULL)
    return;
  for (size_t i = 0; report->sources != NULL && i < report->source_count; i++) {
    churn_check_source *source = &report->sources[i];
    for (size_t c = 0; source->columns != NULL && c < source->column_count; c++)
      free(source->columns[c].name);
    free(source->columns);
    free(source->name);
    free(source->path);
  }
  for (size_t i = 0; report->features != NULL && i < report->feature_count; i++)
    free(report->features[i]);
  free(report->features);
  free(report->causes);
  free(report->sources);
  free(report->snapshots);
  free(report);
}

static churn_status describe_column(const churn_schema_column *schema, const churn_column *column,
                                    churn_check_column *out, churn_error *error)
{
  out->type = churn_type_name(schema->type);
  out->missing = column->missing;
  out->levels = column->levels == NULL ? 0 : churn_dictionary_count(column->levels);
  return churn_text_set(&out->name, schema->name, error);
}

static churn_status describe_columns(const churn_schema_source *schema, const churn_column *columns,
                                     churn_check_source *out, churn_error *error)
{
  out->columns = churn_array_new(schema->column_count, sizeof *out->columns);
  if (out->columns == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (size_t c = 0; columns != NULL && c < schema->column_count && status == CHURN_OK; c++)
    if (columns[c].present)
      status = describe_column(&schema->columns[c], &columns[c], &out->columns[out->column_count++],
                               error);
  return status;
}

static const churn_input *find_input(const churn_data *data, const char *name)
{
  for (size_t i = 0; i < data->input_count; i++)
    if (strcmp(data->inputs[i].name, name) == 0)
      return &data->inputs[i];
  return NULL;
}

static churn_status describe_source(const churn_pipeline *p, size_t s, churn_check_source *out,
                                    churn_error *error)
{
  const churn_schema_source *schema = &p->schema->sources[s];
  const churn_source_spec *spec = s == 0 ? &p->project->customers : &p->project->histories[s - 1];
  const churn_history *h = s == 0 ? NULL : &p->data->histories[s - 1];
  const churn_input *input = find_input(p->data, schema->name);
  *out = (churn_check_source){.first_day = CHURN_DAY_MISSING, .last_day = CHURN_DAY_MISSING};
  out->read = s == 0 || h->loaded;
  out->rows = input == NULL ? p->data->customers.spell_count : input->rows;
  out->rejected = input == NULL ? 0 : input->rejected;
  out->customers = s == 0 ? p->data->customers.count : h->customers_matched;
  if (h != NULL) {
    out->unmatched = h->rows_unmatched;
    out->dayless = h->rows_dayless;
    out->first_day = h->first_day;
    out->last_day = h->last_day;
    out->before_joining = churn_count_before_joining(p, s);
  }
  churn_status status = churn_text_set(&out->name, schema->name, error);
  if (status == CHURN_OK)
    status = churn_text_set(&out->path, spec->path == NULL ? "" : spec->path, error);
  if (status == CHURN_OK)
    status = describe_columns(schema, s == 0 ? p->data->customers.columns : h->columns, out, error);
  return status;
}

static churn_status describe_sources(const churn_pipeline *p, const churn_run *run,
                                     churn_check_report *report, churn_error *error)
{
  report->sources = churn_array_new(p->schema->source_count, sizeof *report->sources);
  report->features = churn_array_new(p->feature_count, sizeof *report->features);
  if (report->sources == NULL || report->features == NULL)
    return churn_error_no_memory(error);
  churn_status status = CHURN_OK;
  for (; report->source_count < p->schema->source_count && status == CHURN_OK;
       report->source_count++)
    status =
        describe_source(p, report->source_count, &report->sources[report->source_count], error);
  for (; report->feature_count < p->feature_count && status == CHURN_OK; report->feature_count++)
    status = churn_text_set(&report->features[report->feature_count],
                            p->selection->features[report->feature_count].name.text, error);
  if (status == CHURN_OK)
    status = churn_check_causes(p, run, report, error);
  report->customers = p->data->customers.count;
  report->data_until = p->data->data_until;
  return status;
}

/* What training would refuse of these rows: a reference that does not occur, missing values where
 * none may be. */
static churn_status try_encoding(const churn_pipeline *p, const churn_snapshots *s,
                                 const churn_run *run, churn_error *error)
{
  churn_run quiet = *run;
  quiet.notes = NULL;
  churn_frame *frame = NULL;
  churn_model *model = churn_model_new();
  int8_t *labels = churn_snapshots_labels(s);
  churn_encoding_feature *features = churn_array_new(p->feature_count, sizeof *features);
  churn_status status =
      model == NULL || labels == NULL || features == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t f = 0; status == CHURN_OK && f < p->feature_count; f++)
    features[f] = (churn_encoding_feature){&p->selection->features[f], f};
  if (status == CHURN_OK)
    status = churn_frame_build(p->plan, s, 0, s->count, p->feature_count, &quiet, &frame, error);
  if (status == CHURN_OK)
    status = churn_encoding_learn(p->plan, &(churn_encoding_rows){.frame = frame, .labels = labels},
                                  features, p->feature_count, p->project->pool_rows, &quiet, model,
                                  error);
  churn_frame_free(frame);
  free(features);
  free(labels);
  churn_model_free(model);
  return churn_notes_take_fault(run->notes, status, error);
}

static churn_status describe_snapshots(const churn_pipeline *p, const churn_run *run,
                                       churn_check_report *report, churn_snapshots **snapshots,
                                       churn_error *error)
{
  churn_snapshots *s = NULL;
  churn_status status = churn_pipeline_snapshots(p, CHURN_DAY_MISSING, CHURN_DAY_MISSING,
                                                 CHURN_SNAPSHOTS_LABELLED, run, &s, error);
  if (status != CHURN_OK)
    return churn_notes_take_fault(run->notes, status, error);
  report->snapshots = churn_array_new(s->day_count, sizeof *report->snapshots);
  if (report->snapshots == NULL)
    status = churn_error_no_memory(error);
  for (size_t d = 0; d < s->day_count && status == CHURN_OK; d++) {
    const churn_snapshot_day *day = &s->days[d];
    report->snapshots[report->snapshot_count++] = (churn_check_snapshot){
        day->as_of, day->closed, day->base, day->inactive, day->dropped, day->churned, day->stayed};
  }
  if (status == CHURN_OK && s->count > 0)
    status = try_encoding(p, s, run, error);
  if (status == CHURN_OK)
    *snapshots = s;
  else
    churn_snapshots_free(s);
  return status;
}

/* Without it, everybody who ever appeared stays in the base, and ranking them is easy and of no
 * use. */
static void warn_about_silence(const churn_pipeline *p, const churn_run *run)
{
  const churn_outcome_spec *outcome = &p->project->outcome;
  if (outcome->kind == CHURN_OUTCOME_SILENT && outcome->active_within_days == 0)
    churn_notes_add(
        run->notes, CHURN_WARNING, "no_active_within", CHURN_NOWHERE,
        "the outcome is silence, and without `active_within` who went silent long ago stays in the "
        "base: figures "
        "look better than they are, and the list begins with who is gone; try `active_within: %dd`",
        2 * (int)outcome->horizon_days);
}

/* Who has cancelled cannot cancel again: easy stayers. */
static void warn_about_event(const churn_pipeline *p, const churn_run *run)
{
  const churn_outcome_spec *outcome = &p->project->outcome;
  if (outcome->kind == CHURN_OUTCOME_EVENT && !outcome->terminal_given)
    churn_notes_add(run->notes, CHURN_WARNING, "event_stays", CHURN_NOWHERE,
                    "who had the event of the outcome stays in the base, in training and on the "
                    "list; expected `terminal: yes` in the outcome where the event ends a "
                    "customer, `terminal: no` where it can come again");
}

static void warn_about_leavers(const churn_pipeline *p, const churn_check_report *report,
                               const churn_run *run)
{
  uint64_t churned = 0, labelled = 0;
  for (size_t d = 0; d < report->snapshot_count; d++) {
    churned += report->snapshots[d].churned;
    labelled += report->snapshots[d].churned + report->snapshots[d].stayed;
  }
  if (labelled > 0 && churned == 0)
    churn_notes_add(
        run->notes, CHURN_WARNING, "no_leavers", CHURN_NOWHERE,
        "nobody churned in any snapshot: does the export hold only customers who are still there "
        "(survivorship)?");
  if (p->project->outcome.kind != CHURN_OUTCOME_NONE && labelled == 0)
    churn_notes_add(run->notes, CHURN_WARNING, "no_labels", CHURN_NOWHERE,
                    "no snapshot has a closed label window, so there is nothing to train on yet");
}

static churn_status describe(const churn_pipeline *p, const churn_run *run,
                             churn_check_report *report, churn_snapshots **snapshots,
                             churn_error *error)
{
  churn_status status = describe_sources(p, run, report, error);
  if (status != CHURN_OK)
    return status;
  churn_warn_columns(p, run);
  churn_warn_before_joining(p, run);
  if (p->data->incomplete)
    return CHURN_OK;
  status = churn_check_values(p, run, error);
  if (status == CHURN_OK)
    status = churn_check_kinds(p, run, error);
  if (status != CHURN_OK)
    return status;
  status = describe_snapshots(p, run, report, snapshots, error);
  if (status != CHURN_OK)
    return status;
  if (report->snapshot_count > 0)
    churn_warn_windows(p, report->snapshots[0].as_of, run);
  warn_about_silence(p, run);
  warn_about_event(p, run);
  if (p->drop != NULL)
    churn_drop_warn(p->project, p->drop, p->schema, run);
  warn_about_leavers(p, report, run);
  return CHURN_OK;
}

void churn_checked_clear(churn_checked *checked)
{
  churn_snapshots_free(checked->snapshots);
  churn_pipeline_close(checked->pipeline);
  *checked = (churn_checked){NULL, NULL};
}

churn_status churn_check(const churn_project *project, const churn_run *run,
                         churn_check_report **report, churn_error *error)
{
  churn_checked checked = {NULL, NULL};
  churn_status status = churn_check_keep(project, run, report, &checked, error);
  churn_checked_clear(&checked);
  return status;
}

churn_status churn_check_keep(const churn_project *project, const churn_run *run,
                              churn_check_report **report, churn_checked *checked,
                              churn_error *error)
{
  churn_check_report *made = calloc(1, sizeof *made);
  churn_checked kept = {NULL, NULL};
  churn_error local = {0};
  if (error == NULL)
    error = &local;
  if (made == NULL)
    return churn_error_no_memory(error);
  made->data_until = CHURN_DAY_MISSING;
  churn_status status = churn_check_files(project, run, error);
  size_t before = churn_notes_count_of(run->notes, CHURN_FAULT);
  churn_pipeline_settings opening = {.with_labels = true,
                                     .weighted = true,
                                     .all_columns = true,
                                     .collect_all = true,
                                     .no_data = before > 0};
  if (status == CHURN_OK) {
    status = churn_pipeline_open(project, &opening, run, &kept.pipeline, error);
    if (status == CHURN_OK && !opening.no_data)
      status = describe(kept.pipeline, run, made, &kept.snapshots, error);
    else if (churn_notes_count_of(run->notes, CHURN_FAULT) == before && !opening.no_data)
      status = churn_notes_take_fault(run->notes, status, error);
    else if (status != CHURN_NO_MEMORY && status != CHURN_INTERNAL)
      status = CHURN_OK;
  }
  made->faults = churn_notes_count_of(run->notes, CHURN_FAULT);
  if (status == CHURN_OK && churn_notes_lost(run->notes) > 0)
    status = churn_error_no_memory(error);
  if (status == CHURN_OK) {
    *report = made;
    *checked = kept;
  } else {
    churn_check_report_free(made);
    churn_checked_clear(&kept);
  }
  return status;
}
