/* How sure the figures of one set of predictions are. Place in the flow: figures (figures.h) -> the
 * same with an interval for the AUC, the area within folds where there are several, and errors that
 * know whose rows belong together.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_EVALUATE_UNCERTAINTY_H
#define CHURN_EVALUATE_UNCERTAINTY_H

#include "evaluate/judged.h"

#include <churn/evaluate.h>
#include <churn/run.h>

/* To the evaluation of the same rows it adds the 95 % interval of the AUC (auc.h). With folds the
 * AUC becomes the one within them: the rates of the folds' training rows differ the other way from
 * those of the folds, so that ranks across folds would show even a constant model as worse than
 * guessing. With clusters the standard errors of calibration intercept and slope become clustered
 * ones (fit/logit_line.h), and error_kind says so; rows of a cluster stand together. scores [rows]:
 * what ranks; logits [rows]: what the probabilities claim, finite. Rows in another order give the
 * same to rounding; threads change no bit. NO_MEMORY. Cost: a sort, and some ten sweeps with
 * clusters. */
CHURN_MUST_USE churn_status churn_uncertainty_add(const churn_judged *judged, const double *scores,
                                                  const double *logits, const churn_run *run,
                                                  churn_evaluation *evaluation, churn_error *error);

#endif
