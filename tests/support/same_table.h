/* Two reads of one file must give the same: status, words, rows, rejects, fingerprint, notes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHURN_TEST_SAME_TABLE_H
#define CHURN_TEST_SAME_TABLE_H

#include "source/table.h"
#include "support.h"

/* What a read gave, and how it was asked. */
typedef struct read_outcome {
  churn_status status;
  churn_error error;
  churn_table *table;
  churn_notes *notes;
} read_outcome;

read_outcome read_outcome_of(const char *path, const churn_format *format,
                             const churn_column_request *requests, size_t count,
                             const churn_table_settings *settings, int threads);
void read_outcome_clear(read_outcome *outcome);

/* Notes whose code begins with "cache_" do not count. */
void assert_same_outcome(const read_outcome *a, const read_outcome *b);

/* How many notes have the code. */
size_t count_notes(const churn_notes *notes, const char *code);

#endif
