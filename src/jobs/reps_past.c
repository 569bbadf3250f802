/* What became of the customers in the reps' books, against what was to be expected of them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "design/frame.h"
#include "design/split.h"
#include "jobs/matrix_terms.h"
#include "jobs/out_of_fold.h"
#include "jobs/reps_parts.h"
#include "score/recalibration.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

churn_status churn_reps_find(const churn_reps_job *job, churn_rep_rows *rows, churn_error *error)
{
  churn_frame *frame = NULL;
  size_t count = rows->rows->count;
  rows->codes = churn_array_new(count, sizeof *rows->codes);
  churn_status status = rows->codes == NULL ? churn_error_no_memory(error)
                                            : churn_frame_build(job->rep, rows->rows, 0, count, 1,
                                                                job->run, &frame, error);
  for (size_t i = 0; status == CHURN_OK && i < count; i++)
    rows->codes[i] = churn_frame_get(frame, i, 0);
  churn_frame_free(frame);
  return status;
}

/* Backwards, so that the newest window counts. A window is known once it closed by the day of the
 * scorecard. */
static churn_status pick_days(churn_reps_job *job, const churn_snapshots *all, churn_error *error)
{
  const churn_outcome_spec *outcome = &job->project->outcome;
  churn_day next = CHURN_DAY_MISSING;
  job->days = churn_array_new(all->day_count, sizeof *job->days);
  if (job->days == NULL)
    return churn_error_no_memory(error);
  for (size_t d = all->day_count; d-- > 0;) {
    const churn_snapshot_day *day = &all->days[d];
    bool dated = day->as_of != CHURN_DAY_MISSING;
    if (day->churned + day->stayed == 0 ||
        (dated && day->as_of + outcome->gap_days + outcome->horizon_days > job->as_of) ||
        (next != CHURN_DAY_MISSING && day->as_of + outcome->horizon_days > next))
      continue;
    next = day->as_of;
    job->days[job->day_count++] = day->as_of;
  }
  qsort(job->days, job->day_count, sizeof *job->days, churn_days_compare);
  return CHURN_OK;
}

static void keep_days(churn_reps_job *job, churn_snapshots *all)
{
  size_t kept = 0;
  for (size_t i = 0; i < all->count; i++)
    if (bsearch(&all->rows[i].as_of, job->days, job->day_count, sizeof *job->days,
                churn_days_compare) != NULL)
      all->rows[kept++] = all->rows[i];
  all->count = kept;
}

/* Who was counted as silent, and has not been heard of since, is in no book any more. */
static churn_status drop_silent(churn_reps_job *job, churn_snapshots *all, churn_error *error)
{
  const churn_pipeline *p = job->pipeline;
  uint32_t gone = UINT32_MAX;
  churn_day since = CHURN_DAY_MISSING;
  size_t kept = 0;
  if (job->project->outcome.kind != CHURN_OUTCOME_SILENT)
    return CHURN_OK;
  churn_workspace *workspace = churn_workspace_new(p->plan);
  churn_status status = workspace == NULL ? churn_error_no_memory(error) : CHURN_OK;
  for (size_t i = 0; i < all->count && status == CHURN_OK; i++) {
    churn_snapshot row = all->rows[i];
    bool back = row.customer != gone;
    if (!back && churn_plan_any_row(p->plan, workspace, (size_t)p->condition_output, row.customer,
                                    since, row.as_of, row.as_of, &back) != CHURN_OK)
      status = churn_error_no_memory(error);
    job->already += !back;
    if (!back)
      continue;
    gone = row.label == CHURN_LABEL_CHURNED ? row.customer : UINT32_MAX;
    since = row.as_of;
    all->rows[kept++] = row;
  }
  all->count = kept;
  churn_workspace_free(workspace);
  return status;
}

static churn_status take_rows(churn_reps_job *job, churn_error *error)
{
  const churn_reps_settings *s = job->settings;
  churn_snapshots *all = NULL;
  churn_status status = churn_pipeline_snapshots(job->pipeline, s->first, s->last,
                                                 CHURN_SNAPSHOTS_OBSERVED, job->run, &all, error);
  job->past.rows = all;
  if (status == CHURN_OK)
    status = pick_days(job, all, error);
  if (status != CHURN_OK)
    return status;
  keep_days(job, all);
  return drop_silent(job, all, error);
}

static churn_status deal_folds(const churn_reps_job *job, churn_judging_folds *folds,
                               churn_error *error)
{
  const churn_fit_spec *fit = &job->project->fit;
  churn_span span;
  churn_status status = churn_span_of(job->past.rows, &span, error);
  if (status != CHURN_OK)
    return status;
  /* two of each in every fold */
  uint64_t fewer = span.churned_customers < span.stayed_customers ? span.churned_customers
                                                                  : span.stayed_customers;
  uint64_t count = fewer / 2 < fit->folds ? fewer / 2 : fit->folds;
  if (count < 2)
    return churn_error_set(error, CHURN_DEGENERATE,
                           "of the customers in the books, %" PRIu64 " left and %" PRIu64
                           " stayed on the snapshots that count: too few to expect anything",
                           span.churned_customers, span.stayed_customers);
  return churn_judging_by_customer(job->pipeline, job->past.rows, (uint32_t)count, fit->seed, folds,
                                   error);
}

bool churn_reps_same(const churn_plan *plan, const churn_plan *rep, const churn_frame *frame,
                     const double *codes, size_t feature, bool *known)
{
  bool text = churn_plan_type(rep, 0) == CHURN_VALUE_TEXT,
       same = churn_plan_type(plan, feature) == churn_plan_type(rep, 0);
  for (size_t i = 0; same && i < frame->rows; i++) {
    double own = churn_frame_get(frame, i, feature);
    *known = *known || !isnan(codes[i]);
    if (isnan(own) || isnan(codes[i]))
      same = isnan(own) && isnan(codes[i]);
    else
      same = text ? strcmp(churn_plan_text(plan, own), churn_plan_text(rep, codes[i])) == 0
                  : own == codes[i];
  }
  return same;
}

static churn_status choose_features(const churn_reps_job *job, const churn_frame *frame,
                                    churn_feature_set *set, churn_error *error)
{
  size_t features = job->pipeline->feature_count;
  set->holds = churn_array_new(features, sizeof *set->holds);
  if (set->holds == NULL)
    return churn_error_no_memory(error);
  for (size_t f = 0; f < features; f++) {
    bool known = false;
    set->holds[f] =
        !churn_reps_same(job->pipeline->plan, job->rep, frame, job->past.codes, f, &known) ||
        !known;
    set->count += set->holds[f];
    if (!set->holds[f])
      churn_notes_add(churn_run_notes(job->run), CHURN_NOTE, "rep_is_feature", CHURN_NOWHERE,
                      "feature %s tells the rep, and is left out of what is expected: it would "
                      "excuse everybody",
                      job->model->features[f].name);
  }
  return CHURN_OK;
}

static void warn(const churn_reps_job *job, const churn_set_outcome *fits, uint32_t folds)
{
  if (fits->separated + fits->not_converged > 0)
    churn_notes_add(churn_run_notes(job->run), CHURN_WARNING, "folds_not_converged", CHURN_NOWHERE,
                    "fits for what is expected: of %" PRIu32 ", %" PRIu32
                    " without a maximum and %" PRIu32 " not converged",
                    folds, fits->separated, fits->not_converged);
}

/* In the sample that the rows are: thinning by outcome shifts every logit. */
static churn_status to_expected(churn_reps_job *job, churn_predictions *predictions,
                                churn_error *error)
{
  double shift = churn_sampling_shift(&job->project->fit);
  churn_status status = churn_predictions_make(predictions, 0, 1, job->run, job->expected, error);
  for (size_t i = 0; status == CHURN_OK && i < job->past.rows->count; i++)
    job->expected[i] = churn_probability(job->expected[i] + shift);
  return status;
}

static churn_status expect(churn_reps_job *job, const churn_frame *frame, churn_error *error)
{
  churn_judging_folds folds = {.count = 0};
  churn_feature_set set = {.count = 0};
  const churn_feature_sets sets = {.sets = &set, .count = 1};
  churn_predictions predictions = {.rows = NULL};
  churn_set_outcome fits;
  uint32_t finished = 0;
  job->expected = churn_array_new(job->past.rows->count, sizeof *job->expected);
  churn_status status = job->expected == NULL ? churn_error_no_memory(error)
                                              : choose_features(job, frame, &set, error);
  if (status == CHURN_OK)
    status = deal_folds(job, &folds, error);
  if (status == CHURN_OK)
    status = churn_predictions_open(job->past.rows, &folds, 1, &predictions, error);
  const churn_out_of_fold_input input = {.pipeline = job->pipeline,
                                         .rows = job->past.rows,
                                         .frame = frame,
                                         .sets = &sets,
                                         .folds = &folds};
  if (status == CHURN_OK)
    status = churn_out_of_fold(&input, "expected churn", job->run, &predictions, &fits, &finished,
                               error);
  if (status == CHURN_OK) {
    warn(job, &fits, folds.count);
    status = to_expected(job, &predictions, error);
  }
  churn_predictions_clear(&predictions);
  churn_judging_folds_clear(&folds);
  free(set.holds);
  return status;
}

churn_status churn_reps_look_back(churn_reps_job *job, churn_error *error)
{
  churn_frame *frame = NULL;
  churn_status status = take_rows(job, error);
  if (status == CHURN_OK)
    status = churn_reps_find(job, &job->past, error);
  if (status == CHURN_OK)
    status = churn_frame_build(job->pipeline->plan, job->past.rows, 0, job->past.rows->count,
                               job->pipeline->feature_count, job->run, &frame, error);
  if (status == CHURN_OK)
    status = expect(job, frame, error);
  churn_frame_free(frame);
  return status;
}
