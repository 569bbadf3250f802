/* Whether an id of a flat export is there twice. Where each batch of rows has its ids in order, and
 * no two batches overlap, none is, and nothing is kept of an id; else hashes of all are compared.
 * Private to score/flat_*.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_SCORE_FLAT_IDS_H
#define CHURN_SCORE_FLAT_IDS_H

#include "score/flat_rows.h"

/* Notes a batch's ids: by their range or, with hash_ids, by their hashes. *ordered false: they are
 * in no order, and nothing was noted. False when memory ran out. */
bool churn_flat_ids_note(const churn_flat_rows_kept *kept, const churn_flat_rows *rows,
                         churn_flat_part *part, bool *ordered);

/* True when no two ranges overlap; frees them. */
CHURN_MUST_USE churn_status churn_flat_ids_apart(churn_flat_rows_kept *kept, bool *apart,
                                                 churn_error *error);

/* True when no two hashes of ids are the same, so that no id is there twice; frees the hashes. */
CHURN_MUST_USE churn_status churn_flat_ids_differ(churn_flat_rows_kept *kept, const churn_run *run,
                                                  bool *differ, churn_error *error);

#endif
