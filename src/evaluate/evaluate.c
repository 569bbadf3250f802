/* Evaluating a model on the project's labelled rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/evaluate.h"

#include "base/memory.h"
#include "design/kinds.h"
#include "design/split.h"
#include "evaluate/figures.h"
#include "evaluate/uncertainty.h"
#include "score/recalibration.h"
#include "score/scorer.h"
#include "score/suitable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* K: ten, a hundred, a thousand and a tenth of the rows, those that are smaller than the number of
 * rows. */
static size_t default_captures(size_t rows, uint64_t counts[CHURN_MOST_CAPTURES])
{
  const uint64_t wanted[] = {10, 100, 1000, (rows + 9) / 10};
  size_t count = 0;
  for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
    if (wanted[i] == 0 || wanted[i] >= rows)
      continue;
    size_t at = count;
    while (at > 0 && counts[at - 1] > wanted[i])
      at--;
    if (at > 0 && counts[at - 1] == wanted[i])
      continue;
    memmove(&counts[at + 1], &counts[at], (count - at) * sizeof *counts);
    counts[at] = wanted[i];
    count++;
  }
  return count;
}

/* What a recalibrated probability claims is its own logit; the list breaks its ties by the logit
 * that it was made from. */
static churn_status recalibrate(const churn_model *model, churn_scored *scored, double **own,
                                churn_error *error)
{
  if (!churn_recalibrates(&model->recalibration))
    return CHURN_OK;
  double *logits = churn_array_new(scored->rows, sizeof *logits);
  if (logits == NULL)
    return churn_error_no_memory(error);
  for (size_t i = 0; i < scored->rows; i++)
    logits[i] = churn_recalibrated_logit(&model->recalibration, scored->logits[i]);
  scored->order = scored->logits;
  scored->logits = *own = logits;
  return CHURN_OK;
}

static churn_status find_uncertainty(const churn_snapshots *snapshots, const churn_scored *scored,
                                     bool dependent, const churn_run *run,
                                     churn_evaluation *evaluation, churn_error *error)
{
  uint32_t count = 0;
  uint32_t *clusters = dependent ? churn_snapshots_clusters(snapshots, &count) : NULL;
  if (dependent && clusters == NULL)
    return churn_error_no_memory(error);
  churn_judged judged = {.rows = scored->rows,
                         .labels = scored->labels,
                         .weights = scored->weights,
                         .repeated = scored->repeated,
                         .clusters = clusters,
                         .cluster_count = count};
  const double *scores = scored->order == NULL ? scored->probabilities : scored->order;
  churn_status status =
      churn_uncertainty_add(&judged, scores, scored->logits, run, evaluation, error);
  free(clusters);
  return status;
}

static churn_status compute(const churn_model *model, const churn_snapshots *snapshots,
                            const churn_scores *scores, const int8_t *labels, const double *weights,
                            const uint64_t *captures, size_t capture_count, const churn_run *run,
                            churn_evaluation *evaluation, churn_error *error)
{
  uint64_t chosen[CHURN_MOST_CAPTURES];
  double population = 0;
  for (size_t i = 0; i < snapshots->count; i++)
    population += snapshots->rows[i].weight;
  if (captures == NULL) {
    capture_count = default_captures((size_t)population, chosen);
    captures = chosen;
  }
  churn_scored scored = {.rows = snapshots->count,
                         .labels = labels,
                         .probabilities = scores->probabilities,
                         .logits = scores->logits,
                         .values = scores->values,
                         .weights = weights,
                         .repeated = snapshots->repeated};
  double *own = NULL;
  churn_span span;
  churn_status status = recalibrate(model, &scored, &own, error);
  if (status == CHURN_OK)
    status = churn_figures_compute(&scored, captures, capture_count, run, evaluation, error);
  if (status == CHURN_OK)
    status = churn_span_of(snapshots, &span, error);
  if (status == CHURN_OK)
    status =
        find_uncertainty(snapshots, &scored, span.customers < span.rows, run, evaluation, error);
  free(own);
  if (status != CHURN_OK)
    return status;
  evaluation->first_as_of = span.first;
  evaluation->last_as_of = span.last;
  evaluation->snapshot_count = span.days;
  return CHURN_OK;
}

/* Static text, which outlives the model. */
static const char *name_recalibration(const churn_recalibration *recalibration)
{
  return !churn_recalibrates(recalibration)            ? "none"
         : strcmp(recalibration->method, "platt") == 0 ? "platt"
                                                       : "isotonic";
}

static void free_scores(churn_scores *scores)
{
  free(scores->probabilities);
  free(scores->logits);
  free(scores->values);
}

static churn_status evaluate_scored(const churn_pipeline *pipeline, const churn_model *model,
                                    const churn_snapshots *snapshots,
                                    const uint64_t *capture_counts, size_t capture_count,
                                    const churn_run *run, churn_scores *scores,
                                    churn_evaluation *evaluation, churn_error *error)
{
  size_t rows = snapshots->count;
  churn_scorer *scorer = NULL;
  uint64_t unseen = 0;
  int8_t *labels = churn_snapshots_labels(snapshots);
  double *weights = churn_snapshots_weights(snapshots);
  scores->probabilities = churn_array_new(rows, sizeof(double));
  scores->logits = churn_array_new(rows, sizeof(double));
  scores->values = churn_array_new(rows, sizeof(double));
  churn_status status = labels == NULL || weights == NULL || scores->probabilities == NULL ||
                                scores->logits == NULL || scores->values == NULL
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  if (status == CHURN_OK)
    status = churn_scorer_new(model, pipeline->plan, &scorer, error);
  if (status == CHURN_OK)
    status = churn_scorer_run(scorer, snapshots, run, scores, &unseen, error);
  if (status == CHURN_OK)
    status = compute(model, snapshots, scores, labels, weights, capture_counts, capture_count, run,
                     evaluation, error);
  if (status == CHURN_OK) {
    evaluation->unseen_levels = unseen;
    evaluation->recalibration = name_recalibration(&model->recalibration);
  }
  churn_scorer_free(scorer);
  free(labels);
  free(weights);
  return status;
}

churn_status churn_evaluate_rows(const churn_pipeline *pipeline, const churn_model *model,
                                 const churn_snapshots *snapshots, const uint64_t *capture_counts,
                                 size_t capture_count, const churn_run *run,
                                 churn_evaluation *evaluation, churn_error *error)
{
  churn_scores scores = {0};
  churn_status status = evaluate_scored(pipeline, model, snapshots, capture_counts, capture_count,
                                        run, &scores, evaluation, error);
  free_scores(&scores);
  return status;
}

churn_status churn_evaluate_logits(const churn_pipeline *pipeline, const churn_model *model,
                                   const churn_snapshots *snapshots, const churn_run *run,
                                   double **logits, churn_evaluation *evaluation,
                                   churn_error *error)
{
  churn_scores scores = {0};
  churn_status status =
      evaluate_scored(pipeline, model, snapshots, NULL, 0, run, &scores, evaluation, error);
  if (status == CHURN_OK) {
    *logits = scores.logits;
    scores.logits = NULL;
  }
  free_scores(&scores);
  return status;
}

/* A flat export with other bytes than the one that trained: a test file kept apart. */
static bool is_other_export(const churn_pipeline *pipeline, const churn_model *model)
{
  for (size_t i = 0; i < model->input_count; i++)
    for (size_t k = 0; k < pipeline->data->input_count; k++)
      if (strcmp(model->inputs[i].source, pipeline->data->inputs[k].name) == 0 &&
          strcmp(model->inputs[i].fingerprint, pipeline->data->inputs[k].fingerprint) == 0)
        return false;
  return model->last_as_of == CHURN_DAY_MISSING;
}

void churn_evaluate_in_sample(const churn_pipeline *pipeline, const churn_split *split,
                              const churn_model *model, churn_evaluation *evaluation)
{
  const char *why = "";
  evaluation->in_sample = true;
  if (split->kind == CHURN_SPLIT_NONE && !is_other_export(pipeline, model))
    why = "the project sets neither test_from nor split, so these rows trained the model";
  else if (split->kind == CHURN_SPLIT_CUSTOMERS && model->test_share < split->test_share)
    why = "training did not hold all of these customers out";
  else if (split->kind == CHURN_SPLIT_TIME && model->last_as_of == CHURN_DAY_MISSING)
    why = "the model was trained on rows without a day, so their label windows are not known";
  else if (split->kind == CHURN_SPLIT_TIME &&
           evaluation->first_as_of < model->last_as_of + model->gap_days + model->horizon_days)
    why = "the label windows of training reach into these snapshots";
  else
    evaluation->in_sample = false;
  evaluation->in_sample_known = evaluation->in_sample || split->kind != CHURN_SPLIT_NONE;
  if (!evaluation->in_sample_known)
    why = "another export than the one that trained; whether customers are in both is not known";
  snprintf(evaluation->in_sample_reason, sizeof evaluation->in_sample_reason, "%s", why);
}

static churn_status no_rows(const churn_split *split, churn_error *error)
{
  if (split->kind != CHURN_SPLIT_TIME)
    return churn_error_set(error, CHURN_DEGENERATE, "there is no labelled row to evaluate on");
  char day[CHURN_DAY_TEXT_SIZE];
  churn_day_format(split->test_from, day);
  return churn_error_set(
      error, CHURN_DEGENERATE,
      "there is no labelled snapshot on or after %s (test_from) whose label window is closed", day);
}

static churn_status warn_about_kinds(const churn_project *project, const churn_model *model,
                                     const churn_run *run, churn_error *error)
{
  const char *before = model->excluded == NULL ? "" : model->excluded;
  char *now = churn_kinds_excluded(project);
  if (now == NULL)
    return churn_error_no_memory(error);
  if (strcmp(before, now) != 0)
    churn_notes_add(churn_run_notes(run), CHURN_WARNING, "other_kinds", CHURN_NOWHERE,
                    "the model was trained without customers who were lost so: %s; it is judged "
                    "without: %s",
                    before[0] == '\0' ? "(all count)" : before,
                    now[0] == '\0' ? "(all count)" : now);
  free(now);
  return CHURN_OK;
}

churn_status churn_evaluate(const churn_project *project, const churn_model *model,
                            const churn_evaluate_settings *settings, const churn_run *run,
                            churn_evaluation *evaluation, churn_error *error)
{
  /* Days asked for by hand override the project's test_from; whether training saw them is told. */
  churn_day from = settings->test_from == CHURN_DAY_MISSING ? settings->first : settings->test_from;
  churn_split split = churn_split_of(project, from);
  churn_pipeline_settings opening = {.model = model, .with_labels = true, .weighted = true};
  churn_pipeline *p = NULL;
  churn_snapshots *all = NULL, *rows = NULL;
  churn_evaluation made = {0};
  churn_status status = CHURN_OK;
  if (project->outcome.kind == CHURN_OUTCOME_NONE)
    status = churn_error_set_at(error, CHURN_BAD_PROJECT, (churn_place){project->path, 0, 0},
                                "the project has no `outcome`, so nobody knows who churned");
  if (status == CHURN_OK)
    status = churn_score_check_judged(project, model, run, error);
  if (status == CHURN_OK)
    status = churn_pipeline_open(project, &opening, run, &p, error);
  if (status == CHURN_OK)
    status = churn_pipeline_snapshots(p, settings->first, settings->last, CHURN_SNAPSHOTS_LABELLED,
                                      run, &all, error);
  /* A test file kept apart is judged whole, not by the share that training would hold out of it. */
  if (status == CHURN_OK && split.kind == CHURN_SPLIT_CUSTOMERS && is_other_export(p, model))
    split.kind = CHURN_SPLIT_NONE;
  if (status == CHURN_OK)
    status = churn_split_take(&split, p->data, all,
                              split.kind == CHURN_SPLIT_NONE ? CHURN_PART_TRAIN : CHURN_PART_TEST,
                              &rows, error);
  if (status == CHURN_OK && rows->count == 0)
    status = no_rows(&split, error);
  if (status == CHURN_OK)
    status = churn_evaluate_rows(p, model, rows, settings->capture_counts, settings->capture_count,
                                 run, &made, error);
  if (status == CHURN_OK)
    status = warn_about_kinds(project, model, run, error);
  if (status == CHURN_OK) {
    churn_evaluate_in_sample(p, &split, model, &made);
    *evaluation = made;
  }
  churn_snapshots_free(rows);
  churn_snapshots_free(all);
  churn_pipeline_close(p);
  return status;
}
