/* Predictions of the fits that can share one set of tiles. Place in the flow: frame, sets, folds ->
 * logits of most fits; the rest goes to own_folds.h.
 *
 * Without a penalty, the value that fills in beside a flag and the choice of a reference level are
 * only another way to write the same model (design/encoding.h, churn_encoding_agrees). So where a
 * fold's encoding makes the same columns of a set's features as that of all rows, its fit on the
 * tiles of all rows predicts what its fit on its own tiles would, and nothing of the judged rows
 * goes into it but that.
 *
 * Cost: one encoding, a look at the frame a fold, and fit/set_fits.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_SHARED_FOLDS_H
#define CHURN_JOBS_SHARED_FOLDS_H

#include "jobs/out_of_fold.h"

/* Makes those fits `wanted` [folds][sets] that it can and takes them off; otherwise as
 * churn_out_of_fold. Adds to outcomes [sets]. */
CHURN_MUST_USE churn_status churn_shared_folds(const churn_out_of_fold_input *input, bool *wanted,
                                               const char *stage, const churn_run *run,
                                               double *logits, churn_set_outcome *outcomes,
                                               churn_error *error);

#endif
