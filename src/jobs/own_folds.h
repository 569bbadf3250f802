/* Predictions by fits on tiles of the fold's own: the encoding learnt from the fold's training
 * rows, once for the features of all sets, each set a copy of its columns without those that are
 * collinear in it, fitted as the project says. That is what `churn train` would have made of the
 * same rows. Place in the flow: for what shared tiles cannot answer (shared_folds.h).
 *
 * Cost: a copy and an encoding of the rows a fold, and a fit a fold and set.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_OWN_FOLDS_H
#define CHURN_JOBS_OWN_FOLDS_H

#include "jobs/out_of_fold.h"

/* For the fits `wanted` [folds][sets], from the input's frame; otherwise as churn_out_of_fold. Adds
 * to outcomes [sets]. own [sets]: [rows] each, NULL for sets of which no fit is wanted. */
CHURN_MUST_USE churn_status churn_own_folds(const churn_out_of_fold_input *input,
                                            const bool *wanted, const char *stage,
                                            const churn_run *run, double *const *own,
                                            churn_set_outcome *outcomes, uint32_t *finished,
                                            churn_error *error);

#endif
