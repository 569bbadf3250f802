/* From a project and a list of features to a plan bound to data: the one path that training,
 * evaluation, scoring and the feature table share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_DESIGN_PIPELINE_H
#define CHURN_DESIGN_PIPELINE_H

#include "design/row_terms.h"
#include "design/selection.h"
#include "design/snapshots.h"
#include "feature/plan.h"

#include <churn/model.h>

enum { CHURN_PLANS_BESIDE = 2 };

typedef struct churn_pipeline {
  const churn_project *project; /* borrowed */
  churn_schema *schema;
  churn_selection *selection; /* NULL when the features come from a model */
  churn_plan *plan;
  churn_row_terms terms; /* weights and offset of the rows */
  churn_plan *drop;      /* the level of an outcome `drop`, else NULL */
  churn_data *data;
  size_t feature_count; /* the plan's first outputs are the features */
  int condition_output; /* output of the event's condition, or -1 */
  bool weighted;        /* as in the settings */
  bool with_terms;      /* snapshots get what row_terms.h gives */
  churn_plan *rep;      /* of one output: who looks after the customer; NULL unless the project's
                           capacity is by rep and there is a model */
  bool with_labels;     /* as in the settings, and so is the next */
  churn_day before;
  churn_plan *kinds;                      /* tells which losses the outcome excludes; NULL = none */
  churn_plan *beside[CHURN_PLANS_BESIDE]; /* other plans on the schema, that are read and bound with
                         the data; set between opening without data and loading, borrowed; NULL =
                         none */
} churn_pipeline;

/* What to open. `model` NULL: the features of `set` of the project, skipped ones taken out of the
 * selection, so that output i = selection feature i. Else the model's features in the model's
 * order, with the column types of training. `with_labels`: what the outcome needs is read too.
 * `all_columns`: every column of every source (for `check`). `collect_all`: as churn_data_settings;
 * where data->incomplete then says so, the plan is not bound and there are no snapshots. */
typedef struct churn_pipeline_settings {
  const char *set;
  const bool *wanted; /* [features that the same would select without it]: those to work with; NULL
                         = all */
  const churn_model *model;
  bool with_labels;
  bool weighted; /* labelled snapshots get the project's weights */
  bool all_columns;
  churn_day before; /* as churn_data_settings */
  bool collect_all;
  bool no_data; /* stop once the expressions are checked: no data is read, the plan is not bound */
} churn_pipeline_settings;

/* Errors of the stages that it runs; DEGENERATE when no feature is left. A model's feature that
 * does not fit the project is BAD_PROJECT and names model and feature. */
CHURN_MUST_USE churn_status churn_pipeline_open(const churn_project *project,
                                                const churn_pipeline_settings *settings,
                                                const churn_run *run, churn_pipeline **pipeline,
                                                churn_error *error);
void churn_pipeline_close(churn_pipeline *pipeline);

/* Reads the data of a pipeline that was opened with `no_data`. */
CHURN_MUST_USE churn_status churn_pipeline_load(churn_pipeline *pipeline, const churn_run *run,
                                                churn_error *error);

/* Another plan like pipeline->plan, not bound, for a model's features (`model` as in the settings);
 * the caller frees it before the pipeline. */
CHURN_MUST_USE churn_status churn_pipeline_plan(churn_pipeline *pipeline, const churn_model *model,
                                                const churn_run *run, churn_plan **plan,
                                                churn_error *error);

/* What plan and row terms read; NULL when memory ran out. The caller frees. */
churn_needs *churn_pipeline_needs(const churn_pipeline *pipeline);

/* What the pipeline's labels go by, once its data are there. Borrowed from it. */
churn_labelling churn_pipeline_labelling(const churn_pipeline *pipeline);

/* Snapshots of the pipeline on the project's days, or on first..last where given, with weights and
 * offsets (row_terms.h) as the settings ask for. */
CHURN_MUST_USE churn_status churn_pipeline_snapshots(const churn_pipeline *pipeline,
                                                     churn_day first, churn_day last,
                                                     churn_snapshot_use use, const churn_run *run,
                                                     churn_snapshots **snapshots,
                                                     churn_error *error);

/* The same to a taker, without weights and offsets; *day_count gets the number of as-of days. */
CHURN_MUST_USE churn_status churn_pipeline_give(const churn_pipeline *pipeline, churn_day first,
                                                churn_day last, churn_snapshot_use use,
                                                const churn_snapshot_taker *taker,
                                                const churn_run *run, size_t *day_count,
                                                churn_error *error);

/* One day's snapshots of everybody in the base whom the outcome can befall, with offsets: for
 * scoring. */
CHURN_MUST_USE churn_status churn_pipeline_base(const churn_pipeline *pipeline, churn_day as_of,
                                                const churn_run *run, churn_snapshots **snapshots,
                                                churn_error *error);

/* The same without weights and offsets, of the customers that `only` [customers] marks: for labels.
 */
CHURN_MUST_USE churn_status churn_pipeline_label(const churn_pipeline *pipeline, churn_day as_of,
                                                 const bool *only, const churn_run *run,
                                                 churn_snapshots **snapshots, churn_error *error);

#endif
