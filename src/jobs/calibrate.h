/* Out-of-fold predictions of the training rows, what they say about the model's probabilities, and
 * the recalibration that they teach. Place in the flow: fitted matrix -> model.
 *
 * The folds are those of the project's cross-validation (customers whole, stratified, seeded),
 * fewer where there are fewer customers of one kind. Each is fitted at the model's penalty and
 * lambda; lambda is not chosen anew, and encodings are those of all training rows. Cost: about
 * three times that of a fit (Firth's method: a fit for each fold), and a few sorts of the rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_CALIBRATE_H
#define CHURN_JOBS_CALIBRATE_H

#include "design/snapshots.h"
#include "fit/logistic.h"
#include "project/project.h"

#include <churn/model.h>

typedef struct churn_calibrate_input {
  const churn_fit_spec *spec;
  const churn_snapshots *rows; /* of the matrix */
  const char *const *ids;      /* by customer number */
  const int8_t *labels;        /* of the rows */
  const double *weights;       /* of the rows in the population; NULL = all 1 */
  double shift;                /* what the matrix's offsets hold that the population's have not */
  churn_matrix *matrix;        /* as churn_penalty_fit left it */
  const churn_fit_result *result;
} churn_calibrate_input;

/* Fills the model's out_of_fold and recalibration; its penalty and columns are filled before. Where
 * there can be no out-of-fold predictions (too few customers of one kind, a fold without an answer)
 * a note "no_out_of_fold" says why; folds without a maximum are warned of ("folds_not_converged").
 * A recalibration that the project asks for is judged cross-fitted, by the mean log-loss of each
 * fold's rows recalibrated by what the other folds teach; where that is not below the log-loss
 * without it, the model goes without, and the warning "not_recalibrated" gives both. */
CHURN_MUST_USE churn_status churn_calibrate(const churn_calibrate_input *input,
                                            const churn_run *run, churn_model *model,
                                            churn_error *error);

#endif
