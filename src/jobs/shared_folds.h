/* The fits that can share one set of tiles. Place in the flow: tiles, sets, folds -> most fits; the
 * rest goes to own_folds.h.
 *
 * A set's fit of a fold is made here where the fold agrees with the tiles on all its features
 * (shared_tiles.h).
 *
 * Cost: fit/set_fits.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_SHARED_FOLDS_H
#define CHURN_JOBS_SHARED_FOLDS_H

#include "jobs/out_of_fold.h"

/* Makes those fits `wanted` [folds][sets] that it can, on the input's tiles, and takes them off;
 * otherwise as churn_out_of_fold. Adds to outcomes [sets]. */
CHURN_MUST_USE churn_status churn_shared_folds(const churn_out_of_fold_input *input, bool *wanted,
                                               const char *stage, const churn_run *run,
                                               churn_predictions *predictions,
                                               churn_set_outcome *outcomes, churn_error *error);

#endif
