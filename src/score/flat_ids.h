/* Whether an id of a flat export is there twice. Private to score/flat_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_FLAT_IDS_H
#define CHURN_SCORE_FLAT_IDS_H

#include "score/flat_rows.h"

/* True when no two hashes of ids are the same, so that no id is there twice; frees the hashes. */
CHURN_MUST_USE churn_status churn_flat_ids_differ(churn_flat_rows_kept *kept, const churn_run *run,
                                                  bool *differ, churn_error *error);

#endif
