/* How sure the figures of one set of predictions are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evaluate/uncertainty.h"

#include "evaluate/auc.h"
#include "fit/logit_line.h"

#include <math.h>

static const double level = 0.95;

static churn_status add_area(const churn_judged *judged, const double *scores, const churn_run *run,
                             churn_figures *figures, churn_error *error)
{
  churn_ordering ordering = {0};
  double area = NAN, variance = NAN;
  churn_status status = churn_ordering_build(judged, scores, &ordering, error);
  if (status == CHURN_OK)
    status = churn_auc_compare(judged, &ordering, 1, run, &area, &variance, error);
  if (status == CHURN_OK) {
    churn_interval interval = churn_auc_interval(area, variance, level);
    if (judged->folds != NULL)
      figures->auc = area;
    figures->auc_lower = interval.low;
    figures->auc_upper = interval.high;
  }
  churn_ordering_clear(&ordering);
  return status;
}

static churn_status cluster_errors(const churn_judged *judged, const double *logits,
                                   const churn_run *run, churn_evaluation *e, churn_error *error)
{
  churn_logit_rows rows = {.rows = judged->rows,
                           .logits = logits,
                           .labels = judged->labels,
                           .weights = judged->weights,
                           .repeated = judged->repeated,
                           .clusters = judged->clusters};
  churn_logit_line line;
  churn_status status = churn_logit_line_fit(&rows, run, &line, error);
  if (status != CHURN_OK)
    return status;
  e->error_kind = "clustered";
  e->slope_error = line.slope_error;
  e->intercept_error = isnan(e->figures.calibration_intercept)
                           ? NAN
                           : churn_logit_level_error(&rows, e->figures.calibration_intercept);
  return CHURN_OK;
}

churn_status churn_uncertainty_add(const churn_judged *judged, const double *scores,
                                   const double *logits, const churn_run *run,
                                   churn_evaluation *evaluation, churn_error *error)
{
  churn_status status = add_area(judged, scores, run, &evaluation->figures, error);
  return status == CHURN_OK && judged->clusters != NULL
             ? cluster_errors(judged, logits, run, evaluation, error)
             : status;
}
