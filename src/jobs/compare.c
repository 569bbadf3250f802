/* Comparing feature sets, whole: read, snapshots, sets, folds, predictions, figures.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "jobs/compare_parts.h"
#include "jobs/drift.h"
#include "jobs/extraction_cost.h"
#include "jobs/nested.h"

#include <math.h>
#include <stdlib.h>

static void clear(churn_comparing *c)
{
  churn_comparison_free(c->comparison);
  churn_predictions_clear(&c->predictions);
  churn_shared_tiles_clear(&c->tiles);
  churn_learning_folds_clear(&c->learning);
  churn_judging_folds_clear(&c->folds);
  churn_judging_folds_clear(&c->random_folds);
  churn_feature_sets_clear(&c->sets);
  churn_frame_free(c->frame);
  free(c->values);
  free(c->drifts);
  free(c->agrees);
  free(c->random_agrees);
  free(c->learning_agrees);
  churn_snapshots_free(c->rows);
  churn_pipeline_close(c->pipeline);
  free(c->wanted);
}

/* Rows of folds that were not finished are not judged, but go on training the others. */
static void keep_folds(churn_comparing *c, uint32_t finished)
{
  for (size_t i = 0; i < c->rows->count; i++)
    if (c->folds.fold[i] != CHURN_NOT_JUDGED && c->folds.fold[i] >= finished)
      c->folds.fold[i] = CHURN_NOT_JUDGED;
  c->folds.count = finished;
  c->comparison->fold_count = finished;
}

static bool is_asked(const churn_comparing *c)
{
  return c->run != NULL && c->run->stop != NULL && c->run->stop->asked;
}

static size_t find_best(const churn_comparison *c)
{
  size_t best = 0;
  for (size_t s = 1; s < c->set_count; s++)
    if (c->sets[s].auc.value > c->sets[best].auc.value)
      best = s;
  return best;
}

static bool is_weighted(const churn_comparing *c)
{
  return c->project->fit.weighting != CHURN_WEIGHTING_NONE;
}

/* Whether single rows dealt at random would be other folds than ours: some customer has several
 * rows, or ours are by time. */
static bool random_differs(const churn_comparing *c)
{
  bool differs = c->folds.by_time;
  for (size_t i = 1; !differs && i < c->rows->count; i++)
    differs = c->rows->rows[i].customer == c->rows->rows[i - 1].customer;
  return differs;
}

static churn_status deal_random(churn_comparing *c, churn_error *error)
{
  return random_differs(c) ? churn_judging_by_row(c->rows, CHURN_COMPARE_FOLDS, c->settings->seed,
                                                  &c->random_folds, error)
                           : CHURN_OK;
}

/* What is asked of the raw values, before they go. */
static churn_status keep_values(churn_comparing *c, churn_error *error)
{
  if (c->project->value.text != NULL) {
    c->values = c->frame->values;
    c->frame->values = NULL;
  }
  if (c->settings->brief)
    return CHURN_OK;
  c->drifts = churn_array_new(c->pipeline->feature_count, sizeof *c->drifts);
  return c->drifts == NULL
             ? churn_error_no_memory(error)
             : churn_drift_measure(c->pipeline, c->rows, c->frame, c->run, c->drifts, error);
}

static churn_status deal_learning(churn_comparing *c, churn_error *error)
{
  return c->settings->brief
             ? CHURN_OK
             : churn_learning_deal(c->rows, c->pipeline->data->customers.ids, &c->folds,
                                   c->settings->seed, &c->learning, error);
}

/* What they cost is known: nothing else reads the sources. */
static churn_status extract(churn_comparing *c, churn_error *error)
{
  churn_pipeline *p = c->pipeline;
  churn_status status =
      churn_frame_move(p->plan, c->rows, p->feature_count, p->data, c->run, &c->frame, error);
  churn_data_let_go(p->data);
  /* a penalty deals customers into folds again and again */
  if (c->project->fit.penalty == CHURN_PENALTY_NONE)
    churn_data_let_ids_go(p->data);
  churn_memory_give_back();
  return status;
}

static churn_out_of_fold_input input_of(const churn_comparing *c, const churn_feature_sets *sets,
                                        const churn_judging_folds *folds, const bool *agrees)
{
  return (churn_out_of_fold_input){.pipeline = c->pipeline,
                                   .rows = c->rows,
                                   .frame = c->frame,
                                   .sets = sets,
                                   .folds = folds,
                                   .tiles = c->has_tiles ? &c->tiles : NULL,
                                   .agrees = agrees};
}

static churn_status judge(churn_comparing *c, churn_error *error)
{
  churn_out_of_fold_input input = input_of(c, &c->sets, &c->folds, c->agrees);
  uint32_t finished = 0;
  bool *nested = churn_array_new(c->sets.count, sizeof *nested);
  churn_set_outcome *fits = churn_array_new(c->sets.count, sizeof *fits);
  churn_status status = fits == NULL || nested == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    churn_nested_mark(&c->sets, c->pipeline->feature_count, c->comparison, nested);
  input.whole = nested;
  if (status == CHURN_OK)
    status = churn_predictions_open(c->rows, &c->folds, c->sets.count, &c->predictions, error);
  if (status == CHURN_OK)
    status =
        churn_out_of_fold(&input, "comparison", c->run, &c->predictions, fits, &finished, error);
  if (status == CHURN_OK)
    keep_folds(c, finished);
  churn_judge_input judging = {c->rows, c->values, &c->folds, &c->predictions, is_weighted(c)};
  if (status == CHURN_OK) {
    churn_compare_describe_fits(c, fits);
    status = churn_judge(&judging, c->run, c->comparison, error);
    c->comparison->best = find_best(c->comparison);
  }
  free(nested);
  free(fits);
  return status;
}

/* What the same sets seem worth when rows are dealt at random: rows of one customer, and label
 * windows, on both sides. */
static churn_status judge_random(churn_comparing *c, churn_error *error)
{
  size_t sets = c->sets.count;
  if (c->random_folds.count == 0 || is_asked(c))
    return CHURN_OK;
  churn_out_of_fold_input input = input_of(c, &c->sets, &c->random_folds, c->random_agrees);
  churn_predictions predictions = {0};
  uint32_t finished = 0;
  double *areas = churn_array_new(sets, sizeof *areas);
  churn_set_outcome *fits = churn_array_new(sets, sizeof *fits);
  churn_status status = areas == NULL || fits == NULL ? churn_error_no_memory(error) : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_predictions_open(c->rows, &c->random_folds, sets, &predictions, error);
  if (status == CHURN_OK)
    status =
        churn_out_of_fold(&input, "random folds", c->run, &predictions, fits, &finished, error);
  /* the same rows, ranked in the same lists, so that the difference is optimism alone */
  churn_judge_input judging = {c->rows, c->values, &c->folds, &predictions, is_weighted(c)};
  bool whole = finished == c->random_folds.count;
  if (status == CHURN_OK && whole)
    status = churn_judge_predicted(&judging, c->run, areas, error);
  for (size_t s = 0; status == CHURN_OK && whole && s < sets; s++)
    c->comparison->sets[s].random_auc = areas[s];
  churn_predictions_clear(&predictions);
  free(areas);
  free(fits);
  return status;
}

static churn_status test_nested(churn_comparing *c, churn_error *error)
{
  churn_out_of_fold_input input = input_of(c, &c->sets, &c->folds, c->agrees);
  return is_asked(c) ? CHURN_OK
                     : churn_nested_test(&input, &c->predictions, c->run, c->comparison, error);
}

static churn_status measure_cost(churn_comparing *c, churn_error *error)
{
  churn_status status = CHURN_OK;
  for (size_t s = 0; s < c->sets.count; s++)
    c->comparison->sets[s].extraction_ms = NAN;
  for (size_t s = 0; status == CHURN_OK && s < c->sets.count && !is_asked(c); s++)
    status = churn_extraction_cost(c->pipeline, c->rows, &c->sets.sets[s],
                                   &c->comparison->sets[s].extraction_ms, error);
  return status;
}

static churn_status report_best(churn_comparing *c, churn_error *error)
{
  if (c->settings->brief || is_asked(c))
    return CHURN_OK;
  churn_feature_sets one = {.sets = &c->sets.sets[c->comparison->best], .count = 1};
  churn_best_set best = {.input = input_of(c, &one, &c->folds, c->agrees),
                         .values = c->values,
                         .predictions = &c->predictions,
                         .tiles = c->has_tiles ? &c->tiles : NULL,
                         .learning = &c->learning,
                         .learning_agrees = c->learning_agrees,
                         .drifts = c->drifts};
  churn_status status = churn_best_set_learn(&best, c->run, c->comparison, error);
  return status == CHURN_OK ? churn_best_set_explain(&best, c->run, c->comparison, error) : status;
}

static churn_status conclude(churn_comparing *c, churn_error *error)
{
  (void)error;
  c->comparison->partial = is_asked(c);
  return CHURN_OK;
}

churn_status churn_compare(const churn_project *project, const churn_compare_settings *settings,
                           const churn_run *run, churn_comparison **comparison, churn_error *error)
{
  churn_comparing c = {.project = project, .settings = settings, .run = run};
  churn_status status = CHURN_OK;
  churn_status (*const steps[])(churn_comparing *, churn_error *) = {churn_compare_open_sets,
                                                                     churn_compare_open_rows,
                                                                     churn_compare_choose_folds,
                                                                     churn_compare_describe,
                                                                     deal_random,
                                                                     deal_learning,
                                                                     measure_cost,
                                                                     extract,
                                                                     keep_values,
                                                                     churn_compare_make_tiles,
                                                                     judge,
                                                                     judge_random,
                                                                     test_nested,
                                                                     report_best,
                                                                     conclude};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CHURN_OK; i++)
    status = steps[i](&c, error);
  if (status == CHURN_OK) {
    *comparison = c.comparison;
    c.comparison = NULL;
  }
  clear(&c);
  return status;
}
