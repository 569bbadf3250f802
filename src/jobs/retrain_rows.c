/* The rows that judge a challenger, and what they say.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/memory.h"
#include "evaluate/auc.h"
#include "evaluate/evaluate.h"
#include "jobs/retrain_parts.h"

#include <math.h>
#include <stdlib.h>

/* The last as-of day whose label window is closed; MISSING = by the data alone. */
static churn_day newest_closed(const churn_pipeline *p, churn_day as_of)
{
  const churn_outcome_spec *outcome = &p->project->outcome;
  churn_day until =
      p->data->data_until == CHURN_DAY_MISSING ? CHURN_DAY_MISSING : p->data->data_until + 1;
  if (as_of != CHURN_DAY_MISSING && (until == CHURN_DAY_MISSING || as_of < until))
    until = as_of;
  return until == CHURN_DAY_MISSING ? until : until - outcome->gap_days - outcome->horizon_days;
}

static void count_rows(const churn_snapshots *rows, churn_judged_day *day)
{
  for (size_t i = 0; i < rows->count; i++) {
    day->churners += rows->rows[i].label == CHURN_LABEL_CHURNED;
    day->others += rows->rows[i].label == CHURN_LABEL_STAYED;
  }
}

/* The project's own last day and test_from are of a study; a job goes on to the newest day. */
static churn_status list_labelled(const churn_pipeline *p, churn_day as_of, const churn_run *run,
                                  churn_snapshots **all, churn_error *error)
{
  churn_day last = churn_snapshots_flat(p->project) ? CHURN_DAY_MISSING : newest_closed(p, as_of);
  churn_error fault;
  churn_status status = churn_pipeline_snapshots(p, CHURN_DAY_MISSING, last,
                                                 CHURN_SNAPSHOTS_LABELLED, run, all, &fault);
  if (status == CHURN_DEGENERATE) /* no day at all: found = false */
    return CHURN_OK;
  if (status != CHURN_OK && error != NULL)
    *error = fault;
  return status;
}

churn_status churn_judged_day_find(const churn_pipeline *pipeline, churn_day as_of,
                                   const churn_run *run, churn_judged_day *day,
                                   churn_snapshots **rows, churn_error *error)
{
  churn_snapshots *all = NULL;
  *day = (churn_judged_day){.as_of = CHURN_DAY_MISSING};
  *rows = NULL;
  churn_status status = list_labelled(pipeline, as_of, run, &all, error);
  if (status != CHURN_OK || all == NULL)
    return status;
  for (size_t i = 0; i < all->count; i++)
    if (all->rows[i].as_of > day->as_of)
      day->as_of = all->rows[i].as_of;
  churn_snapshots *training = NULL;
  day->split = churn_split_of(pipeline->project, day->as_of);
  status = churn_split_take(&day->split, pipeline->data, all, CHURN_PART_TEST, rows, error);
  if (status == CHURN_OK)
    status = churn_split_take(&day->split, pipeline->data, all, CHURN_PART_TRAIN, &training, error);
  day->training = status == CHURN_OK ? training->count : 0;
  churn_snapshots_free(training);
  churn_snapshots_free(all);
  if (status != CHURN_OK)
    return status;
  count_rows(*rows, day);
  day->found = (*rows)->count > 0;
  return CHURN_OK;
}

churn_status churn_judged_model_score(const churn_pipeline *pipeline, const churn_model *model,
                                      const churn_judged_day *day, const churn_snapshots *rows,
                                      const churn_run *run, churn_judged_model *judged,
                                      churn_error *error)
{
  churn_status status = churn_evaluate_logits(pipeline, model, rows, run, &judged->logits,
                                              &judged->evaluation, error);
  if (status != CHURN_OK)
    return status;
  judged->rows = rows->count;
  churn_evaluate_in_sample(pipeline, &day->split, model, &judged->evaluation);
  return CHURN_OK;
}

/* Rows of one customer stand together. */
static uint32_t number_customers(const churn_snapshots *rows, uint32_t *clusters)
{
  uint32_t number = 0;
  for (size_t i = 0; i < rows->count; i++) {
    number += i > 0 && rows->rows[i].customer != rows->rows[i - 1].customer;
    clusters[i] = number;
  }
  return rows->count > 0 ? number + 1 : 0;
}

static churn_status find_difference(const churn_judged *judged, const double *champion,
                                    const double *challenger, const churn_run *run,
                                    churn_registry_figures *figures, churn_error *error)
{
  double areas[2], covariance[4];
  churn_ordering orderings[2] = {{0}, {0}};
  churn_status status = churn_ordering_build(judged, champion, &orderings[0], error);
  if (status == CHURN_OK)
    status = churn_ordering_build(judged, challenger, &orderings[1], error);
  if (status == CHURN_OK)
    status = churn_auc_compare(judged, orderings, 2, run, areas, covariance, error);
  if (status == CHURN_OK) {
    churn_difference d = churn_auc_difference(areas, covariance, 2, 0, 1, 0.95);
    figures->champion_auc = areas[0];
    figures->challenger_auc = areas[1];
    figures->difference = d.difference;
    figures->lower = d.interval.low;
    figures->upper = d.interval.high;
  }
  churn_ordering_clear(&orderings[0]);
  churn_ordering_clear(&orderings[1]);
  return status;
}

static churn_status compare_pair(const churn_snapshots *rows, bool weighted,
                                 const churn_judged_model *champion,
                                 const churn_judged_model *challenger, const churn_run *run,
                                 churn_registry_figures *figures, churn_error *error)
{
  int8_t *labels = churn_snapshots_labels(rows);
  double *weights = weighted ? churn_snapshots_weights(rows) : NULL;
  uint32_t *clusters = churn_array_new(rows->count, sizeof *clusters);
  churn_status status = labels == NULL || clusters == NULL || (weighted && weights == NULL)
                            ? churn_error_no_memory(error)
                            : CHURN_OK;
  if (status == CHURN_OK && champion->rows != challenger->rows)
    status = churn_error_set(error, CHURN_INTERNAL, "the two models were scored on other rows");
  if (status == CHURN_OK) {
    churn_judged judged = {
        .rows = rows->count, .labels = labels, .weights = weights, .clusters = clusters};
    judged.cluster_count = number_customers(rows, clusters);
    status = find_difference(&judged, champion->logits, challenger->logits, run, figures, error);
  }
  free(labels);
  free(weights);
  free(clusters);
  return status;
}

churn_status churn_judged_compare(const churn_snapshots *rows, bool weighted,
                                  const churn_judged_day *day, const churn_judged_model *champion,
                                  const churn_judged_model *challenger, const churn_run *run,
                                  churn_retrain_report *report, churn_error *error)
{
  const churn_figures *figures = &challenger->evaluation.figures;
  report->figures =
      (churn_registry_figures){.as_of = day->as_of,
                               .rows = figures->rows,
                               .churners = figures->churners,
                               .champion_auc = NAN,
                               .challenger_auc = figures->auc,
                               .difference = NAN,
                               .lower = NAN,
                               .upper = NAN,
                               .champion_log_loss = NAN,
                               .challenger_log_loss = figures->log_loss,
                               .calibration_intercept = figures->calibration_intercept,
                               .calibration_slope = figures->calibration_slope};
  report->intercept_error = challenger->evaluation.intercept_error;
  report->slope_error = challenger->evaluation.slope_error;
  if (champion == NULL)
    return CHURN_OK;
  report->figures.champion_log_loss = champion->evaluation.figures.log_loss;
  churn_status status =
      compare_pair(rows, weighted, champion, challenger, run, &report->figures, error);
  report->compared = status == CHURN_OK;
  return status;
}
