/* What the fit lets one conclude, into the model. Place in the flow: fitted matrix -> model.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_EXPLAIN_H
#define CHURN_JOBS_EXPLAIN_H

#include "design/snapshots.h"
#include "fit/inference.h"
#include "project/project.h"

#include <churn/model.h>

/* What there is to conclude from: `snapshots` are the matrix's rows, result and report what
 * churn_penalty_fit left. */
typedef struct churn_explanation {
  const churn_fit_spec *spec;
  const churn_snapshots *snapshots;
  const double *weights; /* of the population, by row; NULL = all 1 */
  churn_matrix *matrix;  /* gets its cluster numbers where customers have several rows */
  const churn_fit_result *result;
  const churn_fit_report *report;
} churn_explanation;

/* Takes the penalty from the model, where churn_penalty_fit recorded it. Fills the model's columns
 * (but name, feature, kind), intercept, covariance, features' tests and the kinds and criteria of
 * its fit. Warns of few churners for the coefficients (distinct customers where rows are
 * dependent), of a likelihood asked for that does not hold, and of intervals asked for that could
 * not be had. Without a covariance of the fit (NaN: a penalty on absolute values, or no curvature)
 * the kinds are "none", the conditions "not_judged", and of all figures only estimates, odds
 * ratios, degrees of freedom and McFadden's R2 are there; a note says so where the project asks for
 * more. */
CHURN_MUST_USE churn_status churn_explain(const churn_explanation *explanation,
                                          const churn_run *run, churn_model *model,
                                          churn_error *error);

#endif
