/* The ledger of outcomes as lines. Inside jobs/ only.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_JOBS_OUTCOME_LINES_H
#define CHURN_JOBS_OUTCOME_LINES_H

#include "base/journal.h"

#include <churn/nightly.h>

extern const char churn_outcomes_file[]; /* "outcomes.jsonl" */

/* Everything that the journal held when it was opened; a line that is no outcome gets a warning.
 * NO_MEMORY. The caller frees outcomes->items. */
CHURN_MUST_USE churn_status churn_outcome_lines_read(const churn_journal *journal,
                                                     const churn_run *run, churn_outcomes *outcomes,
                                                     churn_error *error);

CHURN_MUST_USE churn_status churn_outcome_line_append(churn_journal *journal,
                                                      const churn_outcome *outcome,
                                                      churn_error *error);

#endif
