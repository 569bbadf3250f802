/* The sets, rows and folds of a comparison.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/compare_parts.h"

#include "base/memory.h"
#include "design/split.h"

static churn_status check_outcome(const churn_project *project, churn_error *error)
{
  if (project->outcome.kind != CHURN_OUTCOME_NONE)
    return CHURN_OK;
  return churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){project->path, 0, 0},
                            "the project has no `outcome`, so there is nothing to compare on");
}

/* Only what some set holds is read and extracted. */
static churn_status narrow_sets(churn_comparing *c, size_t features, churn_error *error)
{
  c->wanted = churn_array_new(features, sizeof *c->wanted);
  if (c->wanted == NULL)
    return churn_error_no_memory(error);
  churn_feature_sets_union(&c->sets, features, c->wanted);
  churn_feature_sets_narrow(&c->sets, features, c->wanted);
  return CHURN_OK;
}

churn_status churn_compare_open_sets(churn_comparing *c, churn_error *error)
{
  churn_pipeline_settings opening = {.with_labels = true, .weighted = true, .no_data = true};
  churn_pipeline *checked = NULL;
  churn_status status = check_outcome(c->project, error);
  if (status != CHURN_OK || churn_project_reads_standard_input(c->project))
    return status;
  status = churn_pipeline_open(c->project, &opening, c->run, &checked, error);
  if (status == CHURN_OK)
    status = churn_feature_sets_build(checked, c->settings, &c->sets, error);
  if (status == CHURN_OK)
    status = narrow_sets(c, checked->feature_count, error);
  churn_pipeline_close(checked);
  return status;
}

/* The rows to train on; without a split all of them, which are then not copied. */
static churn_status take_part(churn_comparing *c, const churn_split *split, churn_snapshots **all,
                              churn_error *error)
{
  if (split->kind != CHURN_SPLIT_NONE || split->asked != CHURN_DAY_MISSING)
    return churn_split_take(split, c->pipeline->data, *all, CHURN_PART_TRAIN, &c->rows, error);
  c->rows = *all;
  *all = NULL;
  return CHURN_OK;
}

/* Rows that `test_from` or `split` leaves. */
static churn_status take_rows(churn_comparing *c, churn_error *error)
{
  churn_snapshots *all = NULL;
  churn_split split = churn_split_of(c->project, c->settings->test_from);
  size_t count = 0;
  churn_status status = churn_pipeline_snapshots(c->pipeline, c->settings->first, c->settings->last,
                                                 CHURN_SNAPSHOTS_LABELLED, c->run, &all, error);
  if (status == CHURN_OK) {
    count = all->count;
    status = take_part(c, &split, &all, error);
  }
  if (status == CHURN_OK && c->rows->count == 0)
    status = churn_error_set(error, CHURN_DEGENERATE,
                             "no labelled row to compare on: every label window is still open, or "
                             "`test_from` or `split` keeps all rows back");
  if (status == CHURN_OK)
    c->kept_back = count - c->rows->count;
  churn_snapshots_free(all);
  return status;
}

churn_status churn_compare_open_rows(churn_comparing *c, churn_error *error)
{
  churn_pipeline_settings opening = {.with_labels = true, .weighted = true, .wanted = c->wanted};
  churn_status status = churn_pipeline_open(c->project, &opening, c->run, &c->pipeline, error);
  if (status == CHURN_OK && c->sets.count == 0)
    status = churn_feature_sets_build(c->pipeline, c->settings, &c->sets, error);
  if (status != CHURN_OK)
    return status;
  churn_data_let_index_go(c->pipeline->data);
  churn_memory_give_back();
  return take_rows(c, error);
}

churn_status churn_compare_choose_folds(churn_comparing *c, churn_error *error)
{
  const churn_compare_settings *s = c->settings;
  churn_status status = CHURN_OK;
  if (s->folds == 0)
    status = churn_judging_by_time(c->pipeline, c->rows, s->window_days, c->run, &c->folds, error);
  if (status != CHURN_OK || c->folds.count > 0)
    return status;
  churn_judging_folds_clear(&c->folds);
  if (s->window_days > 0)
    return churn_error_set(
        error, CHURN_USAGE,
        "a sliding window takes folds by time: leave out the number of folds, on "
        "a project that has snapshots enough");
  return churn_judging_by_customer(c->pipeline, c->rows,
                                   s->folds == 0 ? CHURN_COMPARE_FOLDS : s->folds, s->seed,
                                   &c->folds, error);
}
